//! Support for blocks with dependencies that are not plain. Their drivers need more from a scheduler:
//! [`ScheduleEdges`]. The schedulers of runs and of inner graphs are generic over [`PlainEdges`] and [`MixedEdges`], so
//! that a block without such dependencies pays nothing for them.
//!
//! Two sets decide which tasks another task may wait for. A *blocked* task has failed, or needs a failed task without
//! catching its failure; it is not *open*. So a task that catches waits like any other task until none of its
//! dependencies is open. A task that only blocked tasks need is not open either, unless it has started: then it
//! continues, but no task waits for it.
//!
//! A lazy dependency alone does not open a task. At the end of a pass, if an ask has changed or a task became blocked,
//! the scheduler reads the asks: the tasks that bodies wait for, and everything these need, are open as if they were
//! wanted, and the pass continues with them. Before a pass starts tasks that waited for slots, it closes those that no
//! body waits for any more. A body that waits for a blocked task is *condemned*: its task becomes blocked too, and the
//! body is dropped when the driver visits it next.

mod askers;
mod causes;
mod groups;
mod mixed;
mod plain;
mod suspicion;
mod terminal;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::Slot;
use crate::each::Group;
use crate::error::{ErrorSource, TaskError};
use crate::graph::{EdgeKind, Graph};
use crate::lazy::AskList;
use crate::schedule::{Ledger, Schedule};
use crate::task_set::TaskSet;

pub(crate) use askers::AskerPoll;
#[cfg(feature = "tokio")]
pub(crate) use askers::AwayVisit;
pub use causes::{Causes, unseen_error};
pub use mixed::MixedEdges;
pub use plain::PlainEdges;
pub(crate) use suspicion::AskedEdges;
pub use terminal::EdgeScheduler;

/// The nodes of a graph whose failures go to its terminal or run.
pub trait FatalNodes {
    #[doc(hidden)]
    fn contains(&self, node: usize) -> bool;

    /// Tells the graph around this one which nodes a failure from further inside stops.
    #[doc(hidden)]
    fn tell(&self, stopped: impl FnOnce() -> Box<[usize]>);
}

impl<const WORDS: usize> FatalNodes for TaskSet<WORDS> {
    fn contains(&self, node: usize) -> bool {
        TaskSet::contains(self, node)
    }

    fn tell(&self, _stopped: impl FnOnce() -> Box<[usize]>) {}
}

/// The methods that a driver needs from a scheduler in a block with dependencies that are not plain. No method has a
/// default: a default that does nothing would let an inner graph wait forever.
pub trait ScheduleEdges: Schedule {
    /// A set of nodes.
    type Nodes: FatalNodes + Copy + Send + Sync;

    /// Returns the nodes whose failures go to the terminal or run: some path from them to a wanted task has no `catch`.
    fn fatal(&self) -> Self::Nodes;

    /// Returns whether the failure of a task goes to the terminal or run.
    fn is_fatal(&self, task: usize) -> bool;

    /// Returns whether a task that catches the failure of `task` may read its error.
    fn is_readable(&self, task: usize) -> bool;

    /// Notes a failure that is caught on every path to a wanted task, with its error if a task reads it.
    fn catch(&mut self, task: usize, source: Option<ErrorSource>);

    /// Moves the causes of failures to the place where bodies read them.
    fn note_causes(&mut self, causes: &Causes);

    /// Returns whether a task has failed so far.
    fn has_failed(&self) -> bool;

    /// [`next_group`](Schedule::next_group) in a block with lazy dependencies or permits: a pass continues with the tasks
    /// that were asked for during it.
    fn next_asked_group(&mut self, asks: AskList<'_>, cx: &mut Context<'_>) -> Option<usize>;

    /// Returns the waker of an asker. Code that finishes a task which this asker asked for need not wake it: the pass
    /// visits the asker.
    fn asker_waker<'w>(&'w self, asker: usize, cx: &'w Context<'_>) -> &'w Waker;

    /// [`poll`](Schedule::poll) for a task with lazy dependencies or with `permit`; `asks` are its asks and its door. The
    /// task lends its slot while it waits. Its body is dropped if a dependency that it waits for fails, or if the task is
    /// abandoned.
    fn poll_asker<T: Future>(
        &mut self,
        task: usize,
        asks: AskList<'_>,
        slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output>;

    /// [`poll_each`](Schedule::poll_each) for a task with lazy dependencies. While bodies wait, the task lends a slot. All
    /// bodies are dropped if a dependency fails for which one of them waits, or if the task is abandoned.
    fn poll_asking_each<G: Group, B>(
        &mut self,
        task: usize,
        asks: AskList<'_>,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>>;

    /// `depart` for a task with lazy dependencies or with `permit`. A task on another thread learns at its gate or door
    /// that it has a slot again, and at its gate that its body must be dropped.
    #[cfg(feature = "tokio")]
    fn depart_asker(&mut self, task: usize, asks: AskList<'_>) -> bool;

    /// Returns the reporter for the waits of a task with `permit`.
    #[cfg(feature = "tokio")]
    fn waits(&self, task: usize) -> Attempts;
}

/// The part of a scheduler that depends on the kinds of dependencies in its block.
pub trait Edges<const WORDS: usize>: Default {
    /// Whether some dependencies are not plain.
    const ARE_MIXED: bool;

    /// Returns the tasks that the reachable goals need, and the tasks that have started.
    #[doc(hidden)]
    fn open(&self, ledger: &Ledger<WORDS>, graph: &Graph) -> TaskSet<WORDS>;

    /// Returns the tasks that are asked for or that some goals need, without those that are done.
    #[doc(hidden)]
    fn needed(&self, ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS>;

    /// Notes that a task has left its other thread. Returns whether its slot must be given back, and whether its body
    /// was dropped.
    #[doc(hidden)]
    #[cfg(feature = "tokio")]
    fn arrive(&mut self, task: usize) -> Arrival;

    /// Returns the tasks that no task can ask for any more because a task has ended. Each is returned once.
    #[doc(hidden)]
    fn unasked(&mut self, ledger: &Ledger<WORDS>, graph: &Graph, asker: usize) -> TaskSet<WORDS>;

    /// Returns the lazy dependencies that bodies wait for.
    #[doc(hidden)]
    fn asked(&self, ledger: &Ledger<WORDS>, graph: &Graph) -> AskedEdges;

    /// Notes that a started task still waits for results of a task for whose elements it runs.
    #[doc(hidden)]
    fn note_follower(&mut self, task: usize);

    /// Notes that the next polls of some tasks are probes.
    #[doc(hidden)]
    fn suspect(&mut self, tasks: &TaskSet<WORDS>);

    /// Returns the tasks that some goals need and that are not done, from the beginning of a pass that drops all other tasks
    /// under way. What only those ask for is forgotten.
    #[doc(hidden)]
    fn keep(&mut self, ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS>;

    /// Cleans up after a pass that dropped tasks.
    #[doc(hidden)]
    fn end_dropping(&mut self);

    /// Notes that some tasks failed. Returns them and all tasks that cannot run because of that.
    #[doc(hidden)]
    fn block(
        &mut self,
        ledger: &mut Ledger<WORDS>,
        graph: &Graph,
        failed: &TaskSet<WORDS>,
        error: Option<&TaskError>,
    ) -> TaskSet<WORDS>;
}

/// How a task comes back from another thread.
#[cfg(feature = "tokio")]
pub struct Arrival {
    pub(crate) has_slot: bool,
    /// Its body was dropped because a task that it asked for failed.
    pub(crate) is_dropped: bool,
}

/// Returns the nodes from which some path to one of the goals has no `catch`.
pub(crate) fn fatal_for<const WORDS: usize>(graph: &Graph, goals: &TaskSet<WORDS>) -> TaskSet<WORDS> {
    let mut fatal = *goals;
    for (task, node) in graph.nodes().iter().enumerate().rev() {
        if fatal.contains(task) {
            let is_caught = |&dependency: &usize| graph.kind_of(task, dependency) == EdgeKind::Catch;
            node.dependencies().filter(|dependency| !is_caught(dependency)).for_each(|it| fatal.insert(it));
        }
    }
    fatal
}

impl<S: ScheduleEdges> ScheduleEdges for &mut S {
    type Nodes = S::Nodes;

    fn fatal(&self) -> Self::Nodes {
        (**self).fatal()
    }

    fn is_fatal(&self, task: usize) -> bool {
        (**self).is_fatal(task)
    }

    fn is_readable(&self, task: usize) -> bool {
        (**self).is_readable(task)
    }

    fn catch(&mut self, task: usize, source: Option<ErrorSource>) {
        (**self).catch(task, source);
    }

    fn note_causes(&mut self, causes: &Causes) {
        (**self).note_causes(causes);
    }

    fn has_failed(&self) -> bool {
        (**self).has_failed()
    }

    #[inline]
    fn next_asked_group(&mut self, asks: AskList<'_>, cx: &mut Context<'_>) -> Option<usize> {
        (**self).next_asked_group(asks, cx)
    }

    #[inline]
    fn asker_waker<'w>(&'w self, asker: usize, cx: &'w Context<'_>) -> &'w Waker {
        (**self).asker_waker(asker, cx)
    }

    #[inline]
    fn poll_asker<T: Future>(
        &mut self,
        task: usize,
        asks: AskList<'_>,
        slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        (**self).poll_asker(task, asks, slot, cx, start)
    }

    #[inline]
    fn poll_asking_each<G: Group, B>(
        &mut self,
        task: usize,
        asks: AskList<'_>,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        (**self).poll_asking_each(task, asks, slot, cx, start, sink)
    }

    #[cfg(feature = "tokio")]
    fn depart_asker(&mut self, task: usize, asks: AskList<'_>) -> bool {
        (**self).depart_asker(task, asks)
    }

    #[cfg(feature = "tokio")]
    fn waits(&self, task: usize) -> Attempts {
        (**self).waits(task)
    }
}
