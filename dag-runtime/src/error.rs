//! The failure of a task in a run, where many may look at it.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The error of a task, as a run keeps it: cheap to clone, and it names the task.
///
/// `Display` says which task failed and no more; what it failed with is the [`source`](Error::source), so that reporters
/// that print the chain say everything once.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use std::error::Error;
///
/// fn report(error: &adagio::TaskError) -> String {
///     match error.source() {
///         Some(source) => format!("{error}: {source}"),
///         None => error.to_string(),
///     }
/// }
/// # let _ = report;
/// ```
#[derive(Clone)]
pub struct TaskError(Arc<Failed>);

/// What a [`TaskError`] keeps of a task's own error.
pub type ErrorSource = Box<dyn Error + Send + Sync>;

struct Failed {
    task: &'static str,
    source: ErrorSource,
}

impl TaskError {
    pub(crate) fn new(task: &'static str, source: ErrorSource) -> Self {
        Self(Arc::new(Failed { task, source }))
    }

    /// Gives the name of the task that failed, raw identifiers without `r#`.
    #[must_use]
    pub fn task(&self) -> &'static str {
        self.0.task
    }

    /// Gives the task's own error if it is an `E`.
    ///
    /// An error that is no [`Error`], such as a `String`, was made into one and cannot be got back.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.source.downcast_ref()
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "task `{}` failed", self.task())
    }
}

impl fmt::Debug for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TaskError").field("task", &self.0.task).field("source", &self.0.source).finish()
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0.source)
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
}

/// An error `E` that a run can keep.
#[diagnostic::on_unimplemented(
    message = "a run cannot keep the error `{E}` of the task below",
    label = "`.run()` needs errors that are `Into<Box<dyn Error + Send + Sync>>`",
    note = "implement `std::error::Error` for `{E}`, or await the task on the object itself"
)]
pub trait IntoTaskError<E> {
    /// Gives what [`TaskError`] has as its source.
    fn into_source(self) -> ErrorSource;
}

#[diagnostic::do_not_recommend]
impl<E: Into<ErrorSource>> IntoTaskError<E> for Defer<'_, E> {
    fn into_source(self) -> ErrorSource {
        self.0.into()
    }
}

impl<T: fmt::Debug> fmt::Debug for Defer<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Unpin + Clone + Error>() {}
    assert::<TaskError>();
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_error_names_the_task_and_keeps_its_error() {
        let error = TaskError::new("user", Box::new(fmt::Error));
        assert_eq!(error.to_string(), "task `user` failed");
        assert_eq!(error.task(), "user");
        assert_eq!(error.source().map(ToString::to_string), Some(fmt::Error.to_string()));
        assert!(error.downcast_ref::<fmt::Error>().is_some());
        assert!(error.clone().downcast_ref::<std::io::Error>().is_none());
        assert_eq!(format!("{error:?}"), r#"TaskError { task: "user", source: Error }"#);
    }
}
