//! The failure of a task, which many may look at.

mod bounds;
mod deferred;
mod fallible;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

pub use bounds::{CaughtError, Defer, DeferDebug, IntoTaskError};
pub use deferred::{ConvertFailure, Deferred, DeferredTerminal};
pub use fallible::{Fallible, ResultOf, reached, require_result, unknown_group, unknown_task, unneeded_failure};

/// The failure of a task, in a run or of a task made at run time: cheap to clone, and it names the task.
///
/// `Display` says which task failed and nothing else. The task's own error is the [`source`](Error::source), so that
/// reporters that print the chain say everything once. Tasks made at run time can also panic or be aborted.
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

/// Stands for the error of a task with `catch`, which is a value of any type.
pub(crate) const RETURNED_ERR: &str = "it returned an `Err`";

/// What becomes of a failure `F`: a run keeps its source, and it ends a terminal as it is.
pub type Kept<F> = Result<ErrorSource, F>;

struct Failed {
    task: &'static str,
    /// The name that a task made at run time was given.
    name: OnceLock<Arc<str>>,
    /// The element of a collection for which the task ran.
    index: Option<usize>,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Own(ErrorSource),
    Panic(String),
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "a run is dropped as a whole"))]
    Abort,
    #[cfg_attr(
        not(feature = "tokio"),
        expect(dead_code, reason = "only tasks made at run time have a runtime of their own")
    )]
    Lost,
}

/// The payload of the panic of a body whose other thread is gone with its runtime.
#[cfg(feature = "tokio")]
pub(crate) struct Lost;

impl TaskError {
    pub(crate) fn new(task: &'static str, source: ErrorSource) -> Self {
        match source.downcast() {
            Ok(named) => {
                let Named(error) = *named;
                error
            }
            Err(source) => match source.downcast() {
                Ok(at_index) => {
                    let AtIndex(index, source) = *at_index;
                    Self(Arc::new(Failed {
                        task,
                        name: OnceLock::new(),
                        index: Some(index),
                        cause: Cause::Own(source),
                    }))
                }
                Err(source) => Self::of(task, Cause::Own(source)),
            },
        }
    }

    fn of(task: &'static str, cause: Cause) -> Self {
        Self(Arc::new(Failed { task, name: OnceLock::new(), index: None, cause }))
    }

    /// Returns itself as a source that keeps its name: the run that fails with it has the same error.
    #[cfg(feature = "durable")]
    pub(crate) fn into_named(self) -> ErrorSource {
        Box::new(Named(self))
    }

    /// Returns the texts of the task's own error and of its sources, in one line: the form in which a failure is stored. A
    /// text that is too long for this is cut.
    #[cfg(feature = "durable")]
    #[doc(hidden)]
    #[must_use]
    pub fn causes(&self) -> String {
        let mut sources = std::iter::successors(self.source(), |&error| error.source());
        let Some(first) = sources.next() else { return self.to_string() };
        cut(sources.fold(first.to_string(), |text, error| format!("{text}: {error}")))
    }

    /// Returns the name under which an engine stores the failure: that of the task, or such as `pages[3]` for an element.
    /// [`DurableGraph::failure`](crate::DurableGraph::failure) makes the failure again from it.
    #[cfg(feature = "durable")]
    #[must_use]
    pub fn stored_name(&self) -> String {
        match self.index() {
            Some(index) => format!("{}[{index}]", self.task()),
            None => self.task().to_owned(),
        }
    }

    /// Adds the index of the element for which the task failed; to an error that nobody else has yet.
    #[cfg(feature = "durable")]
    pub(crate) fn at(mut self, index: usize) -> Self {
        if let Some(failed) = Arc::get_mut(&mut self.0) {
            failed.index = Some(index);
        }
        self
    }

    /// Names the task by its full path; of an error that nobody else has yet.
    pub(crate) fn rename(&mut self, task: &'static str) {
        if let Some(failed) = Arc::get_mut(&mut self.0) {
            failed.task = task;
        }
    }

    /// Sets the name that the task was given, for all who have the error. A name that is set does not change.
    #[cfg(feature = "tokio")]
    pub(crate) fn set_name(&self, name: &Arc<str>) {
        _ = self.0.name.set(Arc::clone(name));
    }

    /// Returns whether it is the same failure as another.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns a number that differs between failures that exist at the same time.
    #[cfg(feature = "tokio")]
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Creates the failure of a task that panicked, with the message of the panic.
    pub(crate) fn panicked(task: &'static str, payload: &(dyn Any + Send)) -> Self {
        #[cfg(feature = "tokio")]
        if payload.is::<Lost>() {
            return Self::lost(task);
        }
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref().map(String::as_str)).unwrap_or("the value is no text");
        Self::of(task, Cause::Panic(text.to_owned()))
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn aborted(task: &'static str) -> Self {
        Self::of(task, Cause::Abort)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn lost(task: &'static str) -> Self {
        Self::of(task, Cause::Lost)
    }

    /// Returns the name of the task that failed; raw identifiers have no `r#`. The name of a task of an inner graph is
    /// its full path, such as `level.texture`. For a task made at run time it is the name of its function; see
    /// [`name`](Self::name).
    #[must_use]
    pub fn task(&self) -> &'static str {
        self.0.task
    }

    /// Returns the name that the task was given by `#[task(name = "fetch {url}")]` or `Task::named`. It is the name that
    /// `Display` shows. Returns the same as [`task`](Self::task) if the task was given none.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// # #[cfg(not(feature = "tokio"))]
    /// # fn main() {}
    /// # #[cfg(feature = "tokio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = adagio::Task::<()>::try_spawn(async { Err("no file") }).named("load settings");
    /// let error = task.await.unwrap_err();
    /// assert_eq!((error.task(), error.name()), ("spawn", "load settings"));
    /// assert_eq!(error.to_string(), "task `load settings` failed");
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name.get().map_or(self.0.task, |name| name)
    }

    /// Returns the index of the element for which the task failed, if the task runs once for each element of a collection.
    /// `Display` shows it behind the name: ``task `pages[3]` failed``.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// fn failed_page(error: &adagio::TaskError) -> Option<usize> {
    ///     error.index().filter(|_| error.task() == "pages")
    /// }
    /// # let _ = failed_page;
    /// ```
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.0.index
    }

    /// Returns the task's own error if it is an `E`.
    ///
    /// An error that does not implement [`Error`], such as a `String`, was converted and cannot be returned.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        match &self.0.cause {
            Cause::Own(source) => source.downcast_ref(),
            Cause::Panic(_) | Cause::Abort | Cause::Lost => None,
        }
    }

    /// Whether the task panicked. Only tasks made at run time and closers fail with a panic: in a run, the panic of a task
    /// unwinds.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.0.cause, Cause::Panic(_))
    }

    /// Whether the task was aborted. Only tasks made at run time can be.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        matches!(self.0.cause, Cause::Abort)
    }

    /// Whether the task was lost because the runtime that was to run it has shut down. Only tasks made at run time can
    /// be.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self.0.cause, Cause::Lost)
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.name();
        match &self.0.cause {
            Cause::Own(_) => match self.0.index {
                Some(index) => write!(formatter, "task `{task}[{index}]` failed"),
                None => write!(formatter, "task `{task}` failed"),
            },
            Cause::Panic(text) => write!(formatter, "task `{task}` panicked: {text}"),
            Cause::Abort => write!(formatter, "task `{task}` was aborted"),
            Cause::Lost => write!(formatter, "task `{task}` is lost: its runtime has shut down"),
        }
    }
}

impl fmt::Debug for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = formatter.debug_struct("TaskError");
        text.field("task", &self.name());
        if let Some(index) = self.0.index {
            text.field("index", &index);
        }
        match &self.0.cause {
            Cause::Own(source) => text.field("source", source),
            other => text.field("cause", other),
        };
        text.finish()
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.cause {
            Cause::Own(source) => Some(&**source),
            Cause::Panic(_) | Cause::Abort | Cause::Lost => None,
        }
    }
}

/// The longest text with which a failure is stored. A message of an engine holds many, and no reader reads more.
#[cfg(feature = "durable")]
const LONGEST: usize = 64 << 10;

/// Shortens a text that is too long. Once shortened, it stays as it is.
#[cfg(feature = "durable")]
fn cut(mut text: String) -> String {
    const END: &str = " ...";
    if text.len() > LONGEST {
        let end = (0..=LONGEST - END.len()).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
        text.push_str(END);
    }
    text
}

/// An error that has its name already: that of the outermost graph, which knows all the others by.
#[derive(Debug)]
struct Named(TaskError);

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Error for Named {}

/// An error with the index of the element for which the task failed.
#[derive(Debug)]
struct AtIndex(usize, ErrorSource);

impl fmt::Display for AtIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.fmt(formatter)
    }
}

impl Error for AtIndex {}

/// Adds the index of the element for which a task failed.
#[must_use]
pub fn at_index(index: usize, source: ErrorSource) -> ErrorSource {
    match source.downcast::<Named>() {
        // The outermost graph has named it after this task.
        Ok(mut named) => {
            if let Some(failed) = Arc::get_mut(&mut named.0.0) {
                failed.index = Some(index);
            }
            named
        }
        Err(source) => Box::new(AtIndex(index, source)),
    }
}

/// Names the failure of an inner task after a task of the outer graph, unless the failure has a name already.
#[must_use]
pub fn named(task: &'static str, source: ErrorSource) -> ErrorSource {
    Box::new(Named(TaskError::new(task, source)))
}

const _: () = {
    const fn assert<T: Send + Sync + Unpin + Clone + Error>() {}
    assert::<TaskError>();
};

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "durable")]
    #[test]
    fn a_text_that_is_too_long_is_cut_once() {
        let cut = |text: String| TaskError::new("load", text.into()).causes();
        assert_eq!(cut("a".repeat(LONGEST)), "a".repeat(LONGEST));
        let text = cut("\u{1F980}".repeat(LONGEST));
        assert!(text.ends_with("\u{1F980} ...") && text.len() <= LONGEST && text.len() > LONGEST - 4);
        assert_eq!(cut(text.clone()), text);
    }

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
