//! What the macro asks the compiler about a task's result: is it a `Result`, can it be shared, does its error convert.

use std::marker::PhantomData;

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

/// A result that several tasks may read at once, on any thread.
#[diagnostic::on_unimplemented(
    message = "the result of this task, `{Self}`, cannot be shared between threads",
    label = "the result of a task is `Send + Sync`",
    note = "for single-threaded values such as `Rc` use `#[dag(local)]`"
)]
pub trait Shareable {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> Shareable for T {}

/// Compiles where a task's result may be shared.
pub fn require_shareable<T: Shareable>() {}

/// Gives a task's future back, where it is `Send`.
#[inline]
pub fn require_send<T: Future + Send>(task: T) -> T {
    task
}

/// The error of a task that becomes the error of a terminal.
#[diagnostic::on_unimplemented(
    message = "the error of a dependency, `{Self}`, does not convert into `{E}`",
    label = "fails with `{Self}`",
    note = "write `impl From<{Self}> for {E}`"
)]
pub trait ConvertError<E> {
    /// Converts in one step, by `From`.
    fn convert_error(self) -> E;
}

#[diagnostic::do_not_recommend]
impl<F, E: From<F>> ConvertError<E> for F {
    #[inline]
    fn convert_error(self) -> E {
        E::from(self)
    }
}

/// Converts the error of a failed task into the terminal's.
#[inline]
pub fn convert_error<F: ConvertError<E>, E>(error: F) -> E {
    error.convert_error()
}

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

/// Finds a `Result` under another name: `Probe::<T>::kind()` is the inherent function for a `Result`, and that of
/// [`ProbeValue`] for everything else.
pub struct Probe<T>(PhantomData<T>);

/// What [`Probe::kind`] gives for a `Result`.
pub struct IsResult;

/// What [`ProbeValue::kind`] gives for any other type.
pub struct IsValue;

impl<T, E> Probe<Result<T, E>> {
    /// Tells that the type is a `Result`.
    #[must_use]
    pub fn kind() -> IsResult {
        IsResult
    }
}

/// Gives way to the inherent function of [`Probe`].
pub trait ProbeValue {
    /// Tells that the type is no `Result`.
    #[must_use]
    fn kind() -> IsValue {
        IsValue
    }
}

impl<T> ProbeValue for Probe<T> {}

/// The kind of a result that an infallible task may have; `Task` is a type of the task's name, for the message.
#[diagnostic::on_unimplemented(
    message = "task `{Task}` returns a `Result` under another name; write `Result<T, E>`, or `#[task(catch)]` to treat it as a value",
    label = "a `Result` under another name"
)]
pub trait ValueOf<Task> {}

impl<Task> ValueOf<Task> for IsValue {}

/// Compiles where the result of an infallible task is no `Result`.
pub fn require_value<Task, K: ValueOf<Task>>(_task: Task, _kind: K) {}
