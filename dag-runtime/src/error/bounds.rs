//! The bounds on the errors of tasks, which a block asks for where a run or a body needs them.

use std::fmt;
use std::marker::PhantomData;

use super::ErrorSource;
#[cfg(doc)]
use super::TaskError;

/// An error that a task may look at which catches it as a `Result<_, TaskError>`.
#[diagnostic::on_unimplemented(
    message = "`TaskError` cannot keep the error `{Self}`, which is not `Into<Box<dyn Error + Send + Sync>>`",
    label = "can fail with `{Self}`",
    note = "take an `Option`, which asks nothing of the error; or implement `std::error::Error` for `{Self}` if it is yours, \
            or write `Box<dyn Error + Send + Sync>` for `Box<dyn Error>`"
)]
#[doc(hidden)]
pub trait CaughtError {
    /// Returns what [`TaskError`] has as its source.
    fn into_source(self) -> ErrorSource;
}

#[diagnostic::do_not_recommend]
impl<E: Into<ErrorSource>> CaughtError for E {
    fn into_source(self) -> ErrorSource {
        self.into()
    }
}

/// Puts a bound on `T` off until somebody asks for it: with a lifetime that is bound in the bound, as in
/// `where for<'x> Defer<'x, T>: IntoTaskError`, a block compiles whose `T` does not meet it.
pub struct Defer<'x, T>(T, PhantomData<&'x ()>);

impl<T> Defer<'_, T> {
    /// Wraps a value for the impl that was asked for.
    pub fn new(value: T) -> Self {
        Self(value, PhantomData)
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// An error `E` that a run can keep. The number distinguishes two names of one type, as that of [`DeferDebug`] does.
#[diagnostic::on_unimplemented(
    message = "a run cannot keep the error `{E}` of the task below",
    label = "`.run()` needs errors that are `Into<Box<dyn Error + Send + Sync>>`",
    note = "implement `std::error::Error` for `{E}` if it is yours, or write `Box<dyn Error + Send + Sync>` for \
            `Box<dyn Error>`; or await the task on the object itself"
)]
pub trait IntoTaskError<E, const NUMBER: usize = 0> {
    /// Returns what [`TaskError`] has as its source.
    fn into_source(self) -> ErrorSource;
}

#[diagnostic::do_not_recommend]
impl<E: Into<ErrorSource>, const NUMBER: usize> IntoTaskError<E, NUMBER> for Defer<'_, E> {
    fn into_source(self) -> ErrorSource {
        self.0.into()
    }
}

/// Defers the check that a result is `Debug`, as [`Defer`] defers others. The number distinguishes two names of one type:
/// two equal bounds with a lifetime bound in each are ambiguous to rustc.
pub struct DeferDebug<'x, const NUMBER: usize, T>(T, PhantomData<&'x ()>);

impl<const NUMBER: usize, T> DeferDebug<'_, NUMBER, T> {
    /// Wraps a result to be printed.
    pub fn new(value: T) -> Self {
        Self(value, PhantomData)
    }
}

impl<const NUMBER: usize, T: fmt::Debug> fmt::Debug for DeferDebug<'_, NUMBER, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
