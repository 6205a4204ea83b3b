//! What a program holds: the handles of tasks, and the ways to make one.
//!
//! A handle holds the node alone, never its worker: dropping it stops nothing. An input in the body of another task holds
//! it too, so whoever comes last has the result itself, and all others clone it.

mod all;
mod argument;
mod ending;
mod first;
mod make;
mod name;
mod outcomes;
mod shared;
mod sharing;
mod task;
mod then;

pub use all::{After, All, TaskHandle, after, all};
pub use argument::{Given, Gives, Holds, Input, Lends, give, lend};
pub use ending::TaskFuture;
pub use first::{FirstError, first};
pub use make::{Edge, FailsWith, IfShareable, NewTask, NoTask, NotShareable, OwnError};
pub use name::InName;
pub use outcomes::{Outcomes, outcomes};
pub use shared::{Shared, TakeError};
pub use sharing::{
    NoEdge, SharedByTask, TaskArgument, TaskResult, require_shared_by_task, require_task_argument, require_task_result,
};
pub use task::Task;
