//! What a task's `Result` is made of.

/// The `Result` that a fallible task returns, under whatever alias it was written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `core::result::Result`",
    label = "a task whose return type is called `Result` is fallible",
    note = "give the type another name, or return `core::result::Result<T, E>`"
)]
pub trait Fallible {
    /// What the task's dependents get.
    type Ok;
    /// What stops the run.
    type Error;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Error = E;
}

/// A `Result` whose arguments are its `Ok` type and, if there is a second, its error.
#[diagnostic::on_unimplemented(
    message = "the arguments of `{Self}` are not its `Ok` type and its error",
    label = "write `core::result::Result<T, E>` here"
)]
pub trait ResultOf<T, E> {}

impl<T, E> ResultOf<T, E> for Result<T, E> {}

/// Compiles where the arguments of a `Result` mean what they mean in `core`.
pub fn require_result<R: ResultOf<T, E>, T, E>() {}

/// Compiles where nothing that a goal needs can fail.
///
/// # Panics
/// Never, then.
#[inline]
pub fn reached(goal: Result<(), crate::TaskError>) {
    if let Err(error) = goal {
        unreachable!("{error}, though nothing can fail");
    }
}

/// Is never called: a task failed that the terminal does not need.
///
/// # Panics
/// Always.
#[cold]
pub fn unneeded_failure() -> ! {
    unreachable!("a task failed that the terminal does not need")
}

/// Is never called: the scheduler asks for tasks that the block does not have.
///
/// # Panics
/// Always.
#[cold]
pub fn unknown_group(group: usize) -> ! {
    unreachable!("the block has no tasks of group {group}")
}

/// Is never called: a worker is given a task that is not spawned.
///
/// # Panics
/// Always.
#[cold]
pub fn unknown_task(task: usize) -> ! {
    unreachable!("the block does not spawn task {task}")
}
