//! The parts of a graph that an engine needs to store results: its tasks as data, and runs that continue from stored
//! results.

mod causes;
mod current;
mod deferral;
mod element;
mod elements;
mod inside;
mod keeper;
mod keeping;
mod line;
mod ordered;
mod past;
mod seeds;
mod stored;
mod too_large;
mod versions;

use std::sync::Arc;
use std::time::Duration;

use crate::attempt::Retry;
use crate::error::TaskError;
use crate::graph::EdgeKind;
use crate::observe::observer::Observer;

use causes::DecidedCauses;
pub use current::{Current, current, in_current_place};
pub use deferral::Deferral;
pub(crate) use element::element_name;
pub use element::{element_of, whole_of};
pub use elements::StoredElements;
pub(crate) use elements::no_elements;
pub use inside::{GraphInside, NotDurable, ProbeInside};
pub use keeper::{Keeper, Keeps};
pub use keeping::{Keeping, Settled, keeping, settled};
pub(crate) use keeping::{Kept, KeptTask};
pub use ordered::{Ordered, require_ordered};
pub use past::{Past, PastEnd};
pub(crate) use seeds::{Seeds, count_in};
pub use stored::{NotStorable, Storable, Stored, require_storable, stored_failure};
pub use too_large::TooLarge;

/// A graph whose results can be stored, so that a run continues from them in another process, or on another machine.
///
/// `#[dag(durable)]` implements this trait, and knows no engine. `adagio-restate` serves every such graph on Restate;
/// an engine of your own needs only this trait.
///
/// An implementation by hand must keep the promise of a run: each task runs at most once, no matter how often its result is
/// awaited.
#[diagnostic::on_unimplemented(
    message = "the results of `{Self}` cannot be stored: its tasks are in no `#[dag(durable)]` block",
    label = "no `#[dag(durable)]` block of this type",
    note = "write `#[dag(durable)]` on its `impl` block, and derive `serde::Serialize` and `serde::Deserialize` for the results"
)]
pub trait Durable: Send + Sync {
    /// The tasks of the block.
    const GRAPH: DurableGraph;

    /// The graphs inside the block: one for each of its tasks with `#[task(graph)]` whose tasks the block needs.
    const INSIDE: &'static [GraphInside] = &[];

    /// The dependencies that are not plain. Of a task that runs once for each element of a collection, that on the
    /// collection, or on the task that it follows, is one: `EdgeKind::In`.
    const EDGES: &'static [DurableEdge] = &[];

    /// The places of the tasks that run once for each element of a collection. The result for an element has a name such
    /// as `pages[3]`, and that of the task is the number of these results.
    const WIDE: &'static [usize] = &[];

    /// The type of a run, which owns its object.
    type Run: DurableRun + 'static;

    /// Reads the stored collection of a task with `#[task(remote)]` that runs once for each of its elements, and returns how
    /// many there are. `task` is the place of that task, and `stored` is the result of its dependency with `EdgeKind::In`. If
    /// that dependency is such a task itself, this is the array of all its results.
    ///
    /// An engine that makes a call for each element asks this once, and has [`DurableRun::only`] run them.
    ///
    /// # Errors
    /// If the bytes are not such a collection, or if the task does not run for each element, or is not `remote`.
    fn elements(task: usize, stored: &[u8]) -> Result<StoredElements, TaskError> {
        _ = stored;
        Err(Self::GRAPH.no_elements(task))
    }

    /// Returns a new run, of which nothing has started.
    fn durable_run(self: &Arc<Self>) -> Self::Run;
}

/// A run of a [`Durable`] graph. Its results are read and written as bytes, in JSON.
pub trait DurableRun: Send + Sync + Sized {
    /// Uses a stored result as the result of a task. Neither the task nor tasks needed only by it will run.
    ///
    /// A task of an inner graph has the name with which the keeper got its result, such as `pricing.total`. Its bytes are
    /// read when the task would start; if the task is gone, or its block is not durable, they are ignored.
    ///
    /// The result for an element of a collection has a name such as `pages[3]`. If its task does not run for each element
    /// any more, it is ignored in a block in which another task does ([`Durable::WIDE`]).
    ///
    /// # Errors
    /// If the bytes are not a result of this task.
    ///
    /// # Panics
    /// If no task has this name, if it has a result already, or if a result has been awaited.
    #[track_caller]
    fn seed(self, task: &str, stored: &[u8]) -> Result<Self, TaskError>;

    /// Waits for the result of a task, and returns it as bytes.
    ///
    /// # Errors
    /// If the task, or one that it needs, failed, or if the result cannot be stored, such as a map whose keys are not
    /// strings.
    ///
    /// # Panics
    /// If no task has this name, or if a task of the run panics.
    ///
    /// # Cancel safety
    /// Dropping the future loses and repeats nothing, as with every run.
    #[track_caller]
    fn result(&self, task: &str) -> impl Future<Output = Result<Vec<u8>, TaskError>> + Send;

    /// Leaves further attempts to an engine: each task is tried once, and the `Deferral` tells which failed tasks are
    /// worth another attempt.
    ///
    /// # Panics
    /// If a result has been awaited.
    #[must_use]
    #[track_caller]
    fn defer_retries(self, deferral: &Deferral) -> Self;

    /// Adds an observer.
    ///
    /// # Panics
    /// If a result has been awaited.
    #[must_use]
    #[track_caller]
    fn observe(self, observer: impl Observer + 'static) -> Self;

    /// Adds a keeper, which receives every result before it is published.
    ///
    /// # Panics
    /// If a result has been awaited.
    #[must_use]
    #[track_caller]
    fn keep(self, keeper: impl Keeper + 'static) -> Self;

    /// Uses a stored failure as the outcome of a task: neither the task nor the tasks that need it will run. `error` may
    /// name another task, one that this task needs.
    ///
    /// # Panics
    /// If no task has this name, or if a result has been awaited.
    #[must_use]
    #[track_caller]
    fn seed_failure(self, task: &str, error: TaskError) -> Self;

    /// Runs the body for one element only, of a task with `#[task(remote)]` that runs once for each element of a collection:
    /// the body that a whole run has for the element with this index. Its [`result`](Self::result) is then an array with the
    /// result of this body alone. The [`Keeper`] gets that under a name such as `pages[3]`, and no number of results.
    ///
    /// The collection is [seeded](Self::seed): as a whole, or with only this element if it can be
    /// [cut](StoredElements::can_be_cut). Other tasks that the task needs are seeded, too, or they run. If the collection has
    /// no such element, or the task follows another one whose results are not seeded, the task fails. Await the result of no
    /// other task: those that need this one would see the results of one body as all of them.
    ///
    /// # Panics
    /// If no task with `#[task(remote)]` that runs for each element has this name, or if a result has been awaited.
    #[must_use]
    #[track_caller]
    fn only(self, task: &str, index: usize) -> Self {
        _ = index;
        no_elements(task)
    }

    /// Runs every task that can run, whatever fails. Returns the failures in topological order, without the tasks that
    /// could not run because of them.
    ///
    /// # Panics
    /// If a task of the run panics.
    ///
    /// # Cancel safety
    /// Dropping the future loses and repeats nothing: all tasks stay wanted.
    fn settle(&self) -> impl Future<Output = Vec<TaskError>> + Send;

    /// Runs every task that the run needs and that can run, whatever fails: the tasks that no other task needs, and all
    /// tasks that lead to them, but a `lazy` dependency only if a body asks for it. Returns the failures that keep a task
    /// that no other needs from its result, in topological order. A failure that a task has caught is none of them.
    ///
    /// An engine calls it to run a run to its end. In a block without `catch` and `lazy`, it does the same as
    /// [`settle`](Self::settle).
    ///
    /// # Panics
    /// If a task of the run panics.
    ///
    /// # Cancel safety
    /// Dropping the future loses and repeats nothing: the tasks stay wanted.
    fn complete(&self) -> impl Future<Output = Vec<TaskError>> + Send {
        self.settle()
    }

    /// Forgets all failures: a task that failed runs again when a result that needs it is awaited again.
    fn retry_failed(&self);

    /// Drops the tasks that are under way, no matter which future drives the run, and starts no other: every task that has
    /// no result fails with an error that says that it was aborted. The body of a `blocking` task cannot be dropped, but
    /// its result is.
    fn stop(&self);
}

/// The tasks of a [`Durable`] graph.
#[derive(Clone, Copy, Debug)]
pub struct DurableGraph {
    /// The name of the type.
    pub name: &'static str,
    /// The tasks in topological order: repeatedly the first task in source order whose dependencies all come before it.
    pub tasks: &'static [DurableTask],
    /// How many tasks of a run may be under way at once.
    pub max_concurrency: Option<usize>,
}

impl DurableGraph {
    /// Returns the place of a task.
    #[must_use]
    pub fn position(&self, task: &str) -> Option<usize> {
        self.tasks.iter().position(|other| other.name == task)
    }
}

/// A dependency with `catch`, `lazy` or `in` in a [`DurableGraph`]. The places are those of its tasks; a task of a graph inside is
/// part of the task that returns the object of that graph.
#[derive(Clone, Copy, Debug)]
pub struct DurableEdge {
    /// The place of the task that depends.
    pub task: usize,
    /// The place of the task that it depends on.
    pub dependency: usize,
    /// `Catch`, `Lazy` or `In`.
    pub kind: EdgeKind,
}

impl DurableEdge {
    /// Returns how a task depends on another, both by their places; `edges` are the dependencies that are not plain.
    #[must_use]
    pub fn kind_of(edges: &[Self], task: usize, dependency: usize) -> EdgeKind {
        let edge = edges.iter().find(|edge| (edge.task, edge.dependency) == (task, dependency));
        edge.map_or(EdgeKind::Plain, |edge| edge.kind)
    }
}

/// A task of a [`DurableGraph`].
#[derive(Clone, Copy, Debug)]
pub struct DurableTask {
    /// The name; raw identifiers have no `r#`.
    pub name: &'static str,
    /// The places of the tasks that it depends on, in the order of `#[depends(..)]`.
    pub dependencies: &'static [usize],
    /// Whether it is `pub`, or `pub(crate)` or the like: somebody may ask for its result.
    pub is_public: bool,
    /// Whether it is a plain `fn`, which computes and waits for nothing.
    pub is_computation: bool,
    /// Whether it has `#[task(remote)]`.
    pub is_remote: bool,
    /// How it may be tried again; `None` for a task with `catch`, whose last `Err` is a value.
    pub retry: Option<Retry>,
    /// How long an attempt may take. The run enforces it.
    pub timeout: Option<Duration>,
    /// How many bodies may be under way at once, if it runs once for each element of a collection.
    pub max_concurrency: Option<usize>,
    /// The number in `#[task(version = 2)]`, or 1: stored results of another version are not used.
    pub version: u32,
}
