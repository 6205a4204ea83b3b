//! Tasks made at run time: a task is a node that starts on the runtime when its inputs are done, and a handle.

mod all;
mod any_node;
mod argument;
mod blocking;
mod consumers;
mod current;
mod ending;
mod head;
mod make;
mod members;
mod node;
mod scope;
mod settle;
mod task;
mod then;
mod watch;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use all::{After, All, TaskHandle, after, all};
pub use argument::{Given, Gives, Holds, Input, Lends, give, lend};
pub use blocking::blocking_here;
pub use ending::TaskFuture;
pub use make::{Edge, FailsWith, IfShareable, NewTask, NoTask, NotShareable, OwnError};
pub use scope::{Scope, scope};
pub use task::{Shared, Task};
pub(crate) use watch::Watch;

mod sealed {
    /// Keeps others from implementing a trait that has it in its signature.
    pub struct Token;
}

/// Locks what no foreign code can have left half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops what is foreign. A panic in its drop ends there: whoever drops has others to tell.
fn drop_quietly<T>(foreign: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(foreign))) {
        // Its drop may panic in its turn.
        std::mem::forget(payload);
    }
}
