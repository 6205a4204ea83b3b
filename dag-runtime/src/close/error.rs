//! The error of a run in which some results could not be closed.

use std::error::Error;
use std::fmt;

use crate::error::TaskError;

/// The error of `close()` of a run: some closers failed, panicked or ran out of time. All others have run.
///
/// `Display` names the tasks; the first failure is the [`source`](Error::source).
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{CloseError, TaskError};
///
/// fn leaks(error: &CloseError) -> Vec<&'static str> {
///     error.failures().iter().map(TaskError::task).collect()
/// }
/// # let _ = leaks;
/// ```
pub struct CloseError {
    /// Never empty.
    failures: Vec<TaskError>,
}

impl CloseError {
    pub(super) fn new(failures: Vec<TaskError>) -> Self {
        Self { failures }
    }

    /// Returns the failures in the order in which they happened. Each names its task; the source of a closer that ran out
    /// of time is a `TimedOut`, and [`is_panic`](TaskError::is_panic) tells whether a closer panicked.
    #[must_use]
    pub fn failures(&self) -> &[TaskError] {
        &self.failures
    }
}

impl fmt::Display for CloseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.failures.iter().map(|failure| format!("`{}`", failure.task())).collect();
        write!(formatter, "could not close {}", names.join(", "))
    }
}

impl fmt::Debug for CloseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.failures).finish()
    }
}

impl Error for CloseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failures.first().map(|failure| failure as &(dyn Error + 'static))
    }
}
