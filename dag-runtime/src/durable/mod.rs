//! What an engine that stores results needs of a graph: its tasks as data, and runs that go on from stored results.

mod deferral;
mod past;
mod stored;

use std::sync::Arc;
use std::time::Duration;

use crate::attempt::Retry;
use crate::error::TaskError;
use crate::observe::observer::Observer;

pub use deferral::Deferral;
pub use past::{Past, PastEnd};
pub use stored::{NotStorable, Storable, Stored, require_storable};

/// A graph whose results can be stored, so that a run goes on from them: in another process, or on another machine.
///
/// `#[dag(durable)]` implements it, and knows no engine. `adagio-restate` serves every such graph on Restate; an engine
/// of your own needs no more than this trait.
///
/// Who implements it by hand keeps what a run promises: a task runs once at most, whoever asks for its result how
/// often.
#[diagnostic::on_unimplemented(
    message = "the results of `{Self}` cannot be stored: its tasks are in no `#[dag(durable)]` block",
    label = "no `#[dag(durable)]` block of this type"
)]
pub trait Durable: Send + Sync {
    /// The tasks, as the source says.
    const GRAPH: DurableGraph;

    /// Makes a run of which nothing has started.
    fn durable_run(self: &Arc<Self>) -> impl DurableRun;
}

/// A run of a [`Durable`] graph, whose results go in and out as bytes. They are JSON.
pub trait DurableRun: Send + Sync + Sized {
    /// Puts a stored result in the place of a task, which does not run then, nor does what only it needs.
    ///
    /// # Errors
    /// If the bytes are not of such a result.
    ///
    /// # Panics
    /// If no task has this name, if it has a result already, or if a result has been awaited.
    fn seed(self, task: &str, stored: &[u8]) -> Result<Self, TaskError>;

    /// Waits for the result of a task, to be stored.
    ///
    /// # Errors
    /// If something that the task needs has failed, or if the result cannot be stored after all, such as a map whose
    /// keys are no strings.
    ///
    /// # Panics
    /// If no task has this name, or if a task of the run panics.
    ///
    /// # Cancel safety
    /// Dropping the future loses and repeats nothing, as with every run.
    fn result(&self, task: &str) -> impl Future<Output = Result<Vec<u8>, TaskError>> + Send;

    /// Leaves it to an engine to try tasks again: each is tried once, and the `Deferral` tells which of those that
    /// failed are worth another attempt.
    ///
    /// # Panics
    /// If a result has been awaited.
    #[must_use]
    fn defer_retries(self, deferral: &Deferral) -> Self;

    /// Adds an observer.
    ///
    /// # Panics
    /// If a result has been awaited.
    #[must_use]
    fn observe(self, observer: impl Observer + 'static) -> Self;
}

/// The tasks of a [`Durable`] graph.
#[derive(Clone, Copy, Debug)]
pub struct DurableGraph {
    /// The name of the type.
    pub name: &'static str,
    /// In topological order, which is: again and again the first task in source order whose dependencies are all
    /// placed.
    pub tasks: &'static [DurableTask],
    /// How many tasks of a run may be under way.
    pub max_concurrency: Option<usize>,
}

impl DurableGraph {
    /// Returns the place of a task.
    #[must_use]
    pub fn position(&self, task: &str) -> Option<usize> {
        self.tasks.iter().position(|other| other.name == task)
    }
}

/// A task of a [`DurableGraph`].
#[derive(Clone, Copy, Debug)]
pub struct DurableTask {
    /// The name, raw identifiers without `r#`.
    pub name: &'static str,
    /// The places of the tasks that it depends on, in the order of `#[depends(..)]`.
    pub dependencies: &'static [usize],
    /// It is `pub`, be it `pub(crate)`: somebody may ask for its result.
    pub is_public: bool,
    /// It is a plain `fn`, which is a computation and waits for nothing.
    pub is_computation: bool,
    /// It has `#[task(remote)]`.
    pub is_remote: bool,
    /// How often it may be tried again; none where the last `Err` is a value, as it is with `catch`.
    pub retry: Option<Retry>,
    /// How long an attempt may take. The run sees to it.
    pub timeout: Option<Duration>,
}
