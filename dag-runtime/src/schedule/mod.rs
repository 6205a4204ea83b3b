//! The decision which task is polled when. The driver of a block is generated code; it holds the slots with the futures
//! of the tasks and asks a [`Schedule`], which holds sets of bits.
//!
//! Tasks are numbered in topological order. A *pass* is one poll of the driver; it visits tasks in ascending order, so
//! that a task which becomes ready in a pass is polled in the same pass. Two sets decide:
//!
//! - `open`: the tasks that are needed and not done. If two tasks on one path are open, the second cannot start.
//! - `active`: the tasks to visit: those under way, and the dependents of the tasks that were just done.
//!
//! A task is due if it is active and open, and none of its dependencies is open. A pass ends when it has visited all
//! active tasks. Every needed task leads to the goal: if no task is active then, the goal is done.
//!
//! [`Scheduler`] does this for one call. [`Limited`] adds slots. `each` polls the bodies of a task that runs once for each
//! element of a collection. In a run, goals come and go, and a failure blocks only
//! the tasks that need the failed task: the [`Ledger`] has these sets. [`inner`] handles a graph inside another,
//! [`edges`] the dependencies that are not plain. `wakers` gives each task its own waker if many are under way. `abandon`
//! drops the tasks that nobody waits for any more, in a run that asks for it.

mod abandon;
pub(crate) mod each;
pub(crate) mod edges;
pub(crate) mod inner;
mod ledger;
pub(crate) mod limit;
mod poll;
mod terminal;
#[cfg(feature = "tokio")]
mod threads;
mod wakers;

use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::{Slot, Spare};
use crate::each::Group;
use crate::error::ErrorSource;
use crate::observe::elements::ElementWatch;
use crate::schedule::inner::Border;

pub(crate) use abandon::{begin_dropping, end_dropping};
pub(crate) use ledger::Ledger;
pub use limit::Limited;
pub use terminal::Scheduler;
pub(crate) use terminal::is_budget_spent;
#[cfg(feature = "tokio")]
pub use threads::ScheduleThreads;
pub(crate) use wakers::is_polled_with;

/// Decides which task is polled when.
///
/// In every poll, a driver begins a pass, visits the tasks of each group that it is given, and ends the pass. Tasks are
/// numbered in topological order. A task is given by its number, or by a word of 64 tasks and its bit in that word.
pub trait Schedule {
    /// Whether tasks that share a slot may be under way together: then their chain has spare chains.
    type Spare: Spare;

    /// Returns the kind of chains that the driver makes.
    fn spare(&self) -> Self::Spare;

    /// Begins to visit the tasks in ascending order. Dependents have higher numbers than their dependencies, so one
    /// pass reaches every task that becomes ready in it.
    fn begin_pass(&mut self, cx: &mut Context<'_>);

    /// Returns the next group with a task to visit, or `None` at the end of the pass.
    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize>;

    /// Returns whether a task must be polled: it is visited in this pass, needed and not done, and its dependencies are
    /// done. `task` is its bit, `waits` its bit and those of its dependencies in the same word.
    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool;

    /// Returns whether all given tasks are done: the dependencies of a task that are in another word.
    fn are_done(&self, word: usize, tasks: u64) -> bool;

    /// Polls a task that is due; `start` makes its future at the first poll, and it is dropped as soon as it is done.
    fn poll<T: Future>(
        &mut self,
        task: usize,
        slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output>;

    /// Calls a task that is a plain function and is due.
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T>;

    /// [`call`](Self::call) for a function that is called for each element of a collection, and tells of them.
    fn call_each<T>(&mut self, task: usize, body: impl FnOnce(&ElementWatch) -> T) -> Poll<T>;

    /// Polls the bodies of a task that runs once for each element of a collection. `start` makes the group at the first
    /// poll; `sink` gets each result, with the index of its element, and may refuse it. The group is dropped as soon as a
    /// result was refused or all results are there.
    fn poll_each<G: Group, B>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>>;

    /// Polls the driver of an inner graph, which writes the outcome to the border.
    fn poll_graph<T: Future>(
        &mut self,
        border: &Border<'_>,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output>;

    /// Returns the reporter for the attempts of a task that is tried again.
    #[cfg(feature = "tokio")]
    fn attempts(&self, _task: usize) -> Attempts {
        Attempts::UNOBSERVED
    }

    /// Tells observers that a task with `catch` has returned an `Err`, which is a value all the same.
    fn note_err(&mut self, task: usize);

    /// Returns whether the result of a task is of no use to anybody once the last task that reads it has started. A run
    /// remembers every result, a call only those that are wanted from outside. It has no default: with a wrong one, a
    /// result would be missing later.
    fn forgets(&self, task: usize) -> bool;

    /// Notes that a task is done.
    fn finish(&mut self, word: usize, task: u64);

    /// Lets the pass visit dependents of a task that was just done.
    fn visit(&mut self, word: usize, tasks: u64);

    /// Calls both for dependents in the same word as the task.
    #[inline]
    fn finish_for(&mut self, word: usize, task: u64, dependents: u64) {
        self.finish(word, task);
        self.visit(word, dependents);
    }

    /// Notes that a task has failed, if that does not end the driver.
    fn fail(&mut self, task: usize, source: ErrorSource);

    /// Ends a pass, and with it the driver if all is done.
    fn end_pass(&mut self) -> Poll<()>;
}

/// Forwards to a scheduler that stays in its place: a scheduler is many words long, and moving it costs as much as
/// several tasks.
impl<S: Schedule> Schedule for &mut S {
    type Spare = S::Spare;

    fn spare(&self) -> Self::Spare {
        (**self).spare()
    }

    #[inline]
    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        (**self).begin_pass(cx);
    }

    #[inline]
    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        (**self).next_group(cx)
    }

    #[inline]
    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        (**self).is_due(word, task, waits)
    }

    #[inline]
    fn are_done(&self, word: usize, tasks: u64) -> bool {
        (**self).are_done(word, tasks)
    }

    #[inline]
    fn poll<T: Future>(
        &mut self,
        task: usize,
        slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        (**self).poll(task, slot, cx, start)
    }

    #[inline]
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T> {
        (**self).call(task, body)
    }

    #[inline]
    fn call_each<T>(&mut self, task: usize, body: impl FnOnce(&ElementWatch) -> T) -> Poll<T> {
        (**self).call_each(task, body)
    }

    #[inline]
    fn poll_each<G: Group, B>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        (**self).poll_each(task, slot, cx, start, sink)
    }

    #[inline]
    fn poll_graph<T: Future>(
        &mut self,
        border: &Border<'_>,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        (**self).poll_graph(border, slot, cx, start)
    }

    #[cfg(feature = "tokio")]
    fn attempts(&self, task: usize) -> Attempts {
        (**self).attempts(task)
    }

    fn note_err(&mut self, task: usize) {
        (**self).note_err(task);
    }

    #[inline]
    fn forgets(&self, task: usize) -> bool {
        (**self).forgets(task)
    }

    #[inline]
    fn finish(&mut self, word: usize, task: u64) {
        (**self).finish(word, task);
    }

    #[inline]
    fn visit(&mut self, word: usize, tasks: u64) {
        (**self).visit(word, tasks);
    }

    fn fail(&mut self, task: usize, source: ErrorSource) {
        (**self).fail(task, source);
    }

    #[inline]
    fn end_pass(&mut self) -> Poll<()> {
        (**self).end_pass()
    }
}
