//! Which task is polled when. The driver of a block is generated, and asks a [`Schedule`]: it has the slots with the futures
//! of the tasks, the scheduler has sets of bits.
//!
//! Tasks are numbered in topological order. A *pass* is one poll of the driver; it visits tasks in ascending order, so that
//! all that becomes ready in a pass is reached in the same one. Two sets decide:
//!
//! - `open`: the tasks that are needed and not done. Of two tasks of a path that are open, the second cannot start.
//! - `active`: the tasks to visit: those under way, and the dependents of what was just done.
//!
//! A task is due if it is active and open, and none of its dependencies is open. A pass ends when no active task is left
//! that it has not visited. All that is needed leads to the goal: if nothing is active then, the goal is done.
//!
//! [`Scheduler`] is that for one call. [`Limited`] adds slots. In a run goals come and go, and a failure only blocks what
//! needs it: the [`Ledger`] has these sets. [`inner`] is a graph inside another, [`edges`] are the dependencies that are not
//! plain. `wakers` gives each task a waker of its own where many are under way.

pub(crate) mod edges;
pub(crate) mod inner;
mod ledger;
pub(crate) mod limit;
mod terminal;
mod wakers;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::error::ErrorSource;
#[cfg(feature = "tokio")]
use crate::error::TaskError;
use crate::observe::announcer::Announcer;
use crate::schedule::inner::Border;

pub(crate) use ledger::Ledger;
pub use limit::Limited;
pub use terminal::Scheduler;

/// Decides which task is polled when.
///
/// A driver begins a pass with every poll, visits the tasks of each group it is given, and ends the pass. Tasks are
/// numbered in topological order, and named by their number or by a word of 64 tasks and bits in it.
pub trait Schedule {
    /// Begins to visit the tasks, in ascending order: dependents have higher numbers than their dependencies, so that
    /// one pass reaches all that becomes ready in it.
    fn begin_pass(&mut self, cx: &mut Context<'_>);

    /// Returns the next group with a task to visit; none when the pass has come to its end.
    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize>;

    /// Tells whether a task is to be polled: visited in this pass, needed, not done, and its dependencies done.
    /// `task` is its bit, `waits` its bit and those of its dependencies in the same word.
    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool;

    /// Tells whether all of some tasks are done, dependencies of a task in another word.
    fn are_done(&self, word: usize, tasks: u64) -> bool;

    /// Polls a task that is due; `start` makes its future at the first poll, and it is dropped as soon as it is done.
    fn poll<T: Future>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output>;

    /// Calls a task that is a plain function and is due.
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T>;

    /// Polls the driver of an inner graph, which has said at the border what came of it.
    fn poll_graph<T: Future>(
        &mut self,
        border: &Border<'_>,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output>;

    /// Takes a task that is due out of the passes, since another thread runs it; false if it has to wait for a slot.
    #[cfg(feature = "tokio")]
    fn depart(&mut self, task: usize) -> bool;

    /// Takes a task back that was on another thread, and has ended.
    #[cfg(feature = "tokio")]
    fn arrive(&mut self, task: usize);

    /// Returns which of 64 tasks are needed and not done.
    #[cfg(feature = "tokio")]
    fn open(&self, word: usize) -> u64;

    /// Returns which of 64 tasks somebody waits for, beside the goal of a terminal.
    #[cfg(feature = "tokio")]
    fn wanted(&self, _word: usize) -> u64 {
        0
    }

    /// Notes that a task on another thread has failed, where that is not the end.
    #[cfg(feature = "tokio")]
    fn fail_with(&mut self, task: usize, error: TaskError);

    /// Names the task whose panic is about to go on.
    #[cfg(feature = "tokio")]
    fn blame(&mut self, _task: usize) {}

    /// Returns what is told of the attempts of a task that is tried again.
    #[cfg(feature = "tokio")]
    fn attempts(&self, _task: usize) -> Attempts {
        Attempts::UNOBSERVED
    }

    /// Has the call counted as its workers count it, if it is counted.
    fn count_as(&mut self, _announcer: Option<&Arc<Announcer>>) {}

    /// Notes that a task is done.
    fn finish(&mut self, word: usize, task: u64);

    /// Lets the pass visit dependents of a task that was just done.
    fn visit(&mut self, word: usize, tasks: u64);

    /// Does both for dependents in the word of the task.
    #[inline]
    fn finish_for(&mut self, word: usize, task: u64, dependents: u64) {
        self.finish(word, task);
        self.visit(word, dependents);
    }

    /// Notes that a task has failed, where that is not the end.
    fn fail(&mut self, task: usize, source: ErrorSource);

    /// Ends a pass, and with it the driver if all is done.
    fn end_pass(&mut self) -> Poll<()>;
}

/// Drives what stands elsewhere: a scheduler is many words long, and to move one costs as much as some tasks.
impl<S: Schedule> Schedule for &mut S {
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
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        (**self).poll(task, slot, cx, start)
    }

    #[inline]
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T> {
        (**self).call(task, body)
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
    fn depart(&mut self, task: usize) -> bool {
        (**self).depart(task)
    }

    #[cfg(feature = "tokio")]
    fn arrive(&mut self, task: usize) {
        (**self).arrive(task);
    }

    #[cfg(feature = "tokio")]
    fn open(&self, word: usize) -> u64 {
        (**self).open(word)
    }

    #[cfg(feature = "tokio")]
    fn fail_with(&mut self, task: usize, error: TaskError) {
        (**self).fail_with(task, error);
    }

    #[cfg(feature = "tokio")]
    fn attempts(&self, task: usize) -> Attempts {
        (**self).attempts(task)
    }

    #[inline]
    fn count_as(&mut self, announcer: Option<&Arc<Announcer>>) {
        (**self).count_as(announcer);
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
