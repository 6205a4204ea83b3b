//! Whether the result of a task is a `Result` under another name: an inherent function wins over that of a trait.

use std::marker::PhantomData;

use crate::cell::TaskCell;

/// For a `Result` the inherent functions, for any other type those of [`ProbeValue`].
pub struct Probe<T>(PhantomData<T>);

/// The output of [`Probe::kind`] for a `Result`.
pub struct IsResult;

/// The output of [`ProbeValue::kind`] for any other type.
pub struct IsValue;

impl<T, E> Probe<Result<T, E>> {
    /// Tells that the type is a `Result`.
    #[must_use]
    pub fn kind() -> IsResult {
        IsResult
    }

    /// Whether a result is an `Err`.
    #[must_use]
    pub fn is_err(result: &Result<T, E>) -> bool {
        result.is_err()
    }

    /// Fits whatever a dependent takes: the error is at the task.
    ///
    /// # Panics
    /// Always; the build fails before.
    #[cold]
    pub fn lend<U: ?Sized>(_result: &Result<T, E>) -> &U {
        unreachable!("a `Result` under another name does not compile")
    }

    /// Fits whatever a dependent takes by value: the error is at the task.
    ///
    /// # Panics
    /// Always; the build fails before.
    #[cold]
    pub fn cell<U, C>(_cell: &TaskCell<Result<T, E>, C>) -> &TaskCell<U, C> {
        unreachable!("a `Result` under another name does not compile")
    }
}

/// Is used only where the inherent functions of [`Probe`] do not apply.
pub trait ProbeValue {
    /// The result of the task.
    type Value;

    /// Tells that the type is no `Result`.
    #[must_use]
    fn kind() -> IsValue {
        IsValue
    }

    /// Exists only to compile: a task with `catch` and no `Result` is an error.
    #[must_use]
    fn is_err(_result: &Self::Value) -> bool {
        false
    }

    /// Lends the result as it is.
    #[inline]
    fn lend(result: &Self::Value) -> &Self::Value {
        result
    }

    /// Returns the place of the result as it is.
    #[inline]
    fn cell<C>(cell: &TaskCell<Self::Value, C>) -> &TaskCell<Self::Value, C> {
        cell
    }
}

impl<T> ProbeValue for Probe<T> {
    type Value = T;
}

/// The kind of a result that an infallible task may have; `Task` is a type of the task's name, for the message.
#[diagnostic::on_unimplemented(
    message = "task `{Task}` returns a `Result` under another name; write `Result<T, E>`, or `#[task(catch)]` to treat it as a value",
    label = "a `Result` under another name"
)]
pub trait ValueOf<Task> {}

impl<Task> ValueOf<Task> for IsValue {}

/// Compiles where the result of an infallible task is no `Result`.
pub fn require_value<Task, K: ValueOf<Task>>(_kind: K) {}

/// The kind of a result that a task with `#[task(catch)]` may have.
#[diagnostic::on_unimplemented(
    message = "`catch` is for a task that returns a `Result`, and `{Task}` does not: take it away",
    label = "no `Result`"
)]
pub trait CaughtOf<Task> {}

impl<Task> CaughtOf<Task> for IsResult {}

/// Compiles where the result of a caught task is a `Result`.
pub fn require_caught<Task, K: CaughtOf<Task>>(_kind: K) {}

/// A result of which a dependent may have one of its own.
#[diagnostic::on_unimplemented(
    message = "a task may get a clone of a result that it takes by value, and `{Self}` is not `Clone`",
    label = "take `&{Self}` instead, or make `{Self}` `Clone`"
)]
#[doc(hidden)]
pub trait CloneResult {
    /// Clones the result.
    #[must_use]
    fn clone_result(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> CloneResult for T {
    #[inline]
    fn clone_result(&self) -> Self {
        self.clone()
    }
}

/// Clones the result of a dependency.
#[inline]
pub fn clone_result<T: CloneResult>(result: &T) -> T {
    result.clone_result()
}

/// The result of a function pointer: in its type `Guard` may stand for `Guard<'_>`, elsewhere that is an error.
pub trait Returns {
    /// The output of the function.
    type Output;
}

impl<A, T> Returns for fn(A) -> T {
    type Output = T;
}
