//! Tasks made at run time: a task is a node that starts on the runtime when its inputs are done, and a handle.
//!
//! Each folder imports only from those before it: `members` (the tasks of a scope, as a number), `node` (one task),
//! `work` (the workers that run tasks, and the consequences of their ends), `handle` (the handles of a program, and the
//! functions that create tasks), `scope` (runs a future and waits for its tasks).

mod handle;
mod members;
mod node;
mod scope;
mod work;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::observe::observer::returns;

pub use handle::{
    After, All, Edge, FailsWith, FirstError, Given, Gives, Holds, IfShareable, InName, Input, Lends, NewTask, NoEdge,
    NoTask, NotShareable, Outcomes, OwnError, Shared, SharedByTask, TakeError, Task, TaskArgument, TaskFuture,
    TaskHandle, TaskResult, after, all, first, give, lend, outcomes, require_shared_by_task, require_task_argument,
    require_task_result,
};
pub use scope::{
    FailFast, IsFunction, IsFuture, KeepGoing, Scope, ScopeBody, ScopeEnded, ScopeHandle, scope, scope_with,
};
pub use work::blocking::blocking_here;

mod sealed {
    /// Keeps others from implementing a trait that has it in its signature.
    pub struct Token;
}

/// Locks a state that no foreign code can have left inconsistent: none runs under the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes a foreign waker. If it panics, that ends there: the caller may have others to wake, or be dropped in an unwind.
fn wake(waker: Waker) {
    returns(|| waker.wake());
}

/// Drops a foreign value. A panic in its drop ends there, because the caller still has others to tell.
fn drop_quietly<T>(foreign: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(foreign))) {
        // Its drop may panic in its turn.
        std::mem::forget(payload);
    }
}
