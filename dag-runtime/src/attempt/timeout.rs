//! Attempts that take no longer than they may.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::runtime::tokio_runtime;

/// The error of an attempt that took longer than the `timeout` of its task. The error type of such a task is
/// `From<TimedOut>`.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::TimedOut;
///
/// #[derive(Debug)]
/// enum ApiError {
///     TimedOut(TimedOut),
///     Refused,
/// }
///
/// impl From<TimedOut> for ApiError {
///     fn from(timed_out: TimedOut) -> Self {
///         Self::TimedOut(timed_out)
///     }
/// }
/// # let _ = ApiError::Refused;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    pub(crate) limit: Duration,
}

impl TimedOut {
    /// Returns the time limit of the attempt.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "timed out after {:?}", self.limit)
    }
}

impl Error for TimedOut {}

/// For tasks that return an `io::Result`.
impl From<TimedOut> for io::Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::new(io::ErrorKind::TimedOut, timed_out)
    }
}

/// The error of a task that has a `timeout`.
#[diagnostic::on_unimplemented(
    message = "a task with `timeout` can fail with `adagio::TimedOut`, which does not convert into `{Self}`",
    label = "`{Self}` is not `From<adagio::TimedOut>`",
    note = "if `{Self}` is yours, write `impl From<adagio::TimedOut> for {Self}`; else give the task an error type of your own"
)]
#[doc(hidden)]
pub trait FromTimedOut {
    /// Makes the task's error.
    fn from_timed_out(timed_out: TimedOut) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<TimedOut>> FromTimedOut for E {
    fn from_timed_out(timed_out: TimedOut) -> Self {
        Self::from(timed_out)
    }
}

/// Drops an attempt that is not done in time.
///
/// # Errors
/// Its own, or that it has timed out.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn timed<T, E>(
    limit: Duration,
    convert: fn(TimedOut) -> E,
    attempt: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio_runtime("a task with `timeout`");
    let in_time = tokio::time::timeout(limit, attempt).await;
    in_time.unwrap_or_else(|_| Err(convert(TimedOut { limit })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_io_error_keeps_that_it_was_a_timeout() {
        let error = io::Error::from(TimedOut { limit: Duration::from_millis(250) });
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::TimedOut, "timed out after 250ms"));
    }
}
