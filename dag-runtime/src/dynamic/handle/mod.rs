//! What a program holds: the handles of tasks, and the ways to make one.

mod all;
mod argument;
mod ending;
mod make;
mod task;
mod then;

pub use all::{After, All, TaskHandle, after, all};
pub use argument::{Given, Gives, Holds, Input, Lends, give, lend};
pub use ending::TaskFuture;
pub use make::{Edge, FailsWith, IfShareable, NewTask, NoTask, NotShareable, OwnError};
pub use task::{Shared, Task};
