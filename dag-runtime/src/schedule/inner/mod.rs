//! One graph inside another: the interface through which tasks of one block are dependencies in another block, and how
//! the two drivers work together.

mod border;
mod poll;
mod scheduler;
mod verdict;

use std::convert::Infallible;

use crate::cell::TaskCell;
use crate::error::{Defer, ErrorSource, Kept};
use crate::graph::Graph;

pub(crate) use border::Retries;
pub use border::{Border, InnerGoal};
pub(crate) use poll::poll_in_run;
pub use scheduler::InnerScheduler;
pub use verdict::{
    AcrossThreads, AnyThread, BorrowedErrors, CanFail, CannotFail, Closes, DoesNotContainItself, Fails, InlineTasks,
    Never, OffThread, OneThread, OwnedErrors, require_across_threads, require_failing, require_finite,
    require_inline_tasks, require_owned_errors, require_unfailing,
};

/// The function with which an outer driver converts a failure of the inner graph.
pub type KeepInner<'k, F> = &'k (dyn Fn(F) -> Kept<F> + Sync);

/// An object with a `#[dag]` block, as the block of another type sees it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no graph: it has no `#[dag]` block",
    label = "no graph",
    note = "the value of a task with `#[task(graph)]` is an object whose type has a `#[dag]` block"
)]
#[doc(hidden)]
pub trait InnerObject {
    /// The failure type of its tasks.
    type Failure;
    /// A type with one method per task.
    type Tasks;
    /// Whether its tasks stay on one thread.
    type Place;

    /// Returns its tasks by name.
    fn tasks() -> Self::Tasks;

    /// Returns its tasks as data.
    fn inner_graph() -> &'static Graph;

    /// Returns the task that failed, if the failure comes from a graph inside this one.
    #[must_use]
    fn origin(_failure: &Self::Failure) -> Option<usize> {
        None
    }

    /// Makes the failure that of another task, if it comes from a graph inside this one and stops that task, too.
    fn blame(_failure: &mut Self::Failure, _task: usize) {}
}

/// A task of an inner graph: `C` are the cells of that graph, `V` is the result of the task, `F` is the failure of any
/// task of the graph, and `X` is the error it becomes: [`Fails`] with the error of the task's own terminal, or
/// [`Never`].
pub struct InnerTask<C, V, F, X> {
    id: usize,
    cell: fn(&C) -> &TaskCell<V, C>,
    into_error: fn(F) -> X,
}

impl<C, V, F, X> Clone for InnerTask<C, V, F, X> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, V, F, X> Copy for InnerTask<C, V, F, X> {}

impl<C, V, F, X> InnerTask<C, V, F, X> {
    /// Takes its id, the place of its result, and the function that turns a failure into its error.
    #[inline]
    #[must_use]
    pub fn new(id: usize, cell: fn(&C) -> &TaskCell<V, C>, into_error: fn(F) -> X) -> Self {
        Self { id, cell, into_error }
    }

    /// Returns its place among the tasks of its graph.
    #[inline]
    #[must_use]
    pub fn id(&self) -> usize {
        self.id
    }

    /// Returns whether it is done.
    #[inline]
    #[must_use]
    pub fn is_done(&self, cells: &C) -> bool {
        (self.cell)(cells).get().is_some()
    }

    /// Returns its result if it is there.
    #[inline]
    #[must_use]
    pub fn get<'c>(&self, cells: &'c C) -> Option<&'c V> {
        (self.cell)(cells).get()
    }

    /// Returns the place of its result.
    #[inline]
    #[must_use]
    pub fn cell<'c>(&self, cells: &'c C) -> &'c TaskCell<V, C> {
        (self.cell)(cells)
    }

    /// Lends its result.
    ///
    /// # Panics
    /// If it is not done.
    #[inline]
    #[must_use]
    pub fn ready<'c>(&self, cells: &'c C) -> &'c V {
        (self.cell)(cells).ready()
    }

    /// Returns the error of its terminal.
    #[inline]
    pub fn into_error(&self, failure: F) -> X {
        (self.into_error)(failure)
    }
}

impl<C, V, F> InnerTask<C, V, F, Never> {
    /// Takes its id and the place of its result; its terminal cannot fail.
    #[inline]
    #[must_use]
    pub fn unfailing(id: usize, cell: fn(&C) -> &TaskCell<V, C>) -> Self {
        Self::new(id, cell, |_| crate::unneeded_failure())
    }
}

/// A failure of an inner graph that a run can keep as the error of a task's terminal. `TASK` is computed from the name
/// of the task.
pub trait IntoInnerError<F, const TASK: u64> {
    /// Returns the source for a [`TaskError`](crate::TaskError).
    fn into_source(self) -> ErrorSource;
}

impl<const TASK: u64> IntoInnerError<Infallible, TASK> for Defer<'_, Infallible> {
    fn into_source(self) -> ErrorSource {
        crate::unneeded_failure()
    }
}

/// Takes the value out of its place.
///
/// # Panics
/// If the value was taken before.
#[inline]
pub fn once<T>(place: &mut Option<T>) -> T {
    place.take().expect("an inner graph starts once")
}
