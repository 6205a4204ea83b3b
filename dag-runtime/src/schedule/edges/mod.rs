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
mod plain;
mod suspicion;
mod terminal;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::error::{ErrorSource, TaskError};
use crate::graph::{Edge, EdgeKind, Graph};
use crate::lazy::AskList;
use crate::schedule::{Ledger, Schedule};
use crate::task_set::TaskSet;

pub(crate) use askers::AskerPoll;
#[cfg(feature = "tokio")]
pub(crate) use askers::AwayVisit;
use causes::CauseList;
pub use causes::Causes;
pub use plain::PlainEdges;
pub(crate) use suspicion::AskedEdges;
use suspicion::Suspicion;
pub use terminal::EdgeScheduler;

/// The methods that a driver needs from a scheduler in a block with dependencies that are not plain. No method has a
/// default: a default that does nothing would let an inner graph wait for ever.
pub trait ScheduleEdges: Schedule {
    /// A set of nodes.
    type Nodes: AsRef<[u64]> + Copy + Send + Sync;

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

    /// [`next_group`](Schedule::next_group) in a block with lazy dependencies: a pass continues with the tasks that
    /// were asked for during it.
    fn next_asked_group(&mut self, asks: AskList<'_>, cx: &mut Context<'_>) -> Option<usize>;

    /// Returns the waker of an asker. Code that finishes a task which this asker asked for need not wake it: the pass
    /// visits the asker.
    fn asker_waker<'w>(&'w self, asker: usize, cx: &'w Context<'_>) -> &'w Waker;

    /// [`poll`](Schedule::poll) for a task with lazy dependencies; `asks` are its asks. The task lends its slot while
    /// it waits for a dependency, and its body is dropped if that dependency fails.
    fn poll_asker<T: Future>(
        &mut self,
        task: usize,
        asks: AskList<'_>,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output>;

    /// `depart` for a task with lazy dependencies. A task on another thread learns at its gate that
    /// it has a slot again, or that its body must be dropped.
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

    /// Notes that the next polls of some tasks are probes.
    #[doc(hidden)]
    fn suspect(&mut self, tasks: &TaskSet<WORDS>);

    /// Returns the tasks that some goals need and that are not done, from the beginning of a pass that drops all other tasks
    /// under way. What only those ask for is forgotten.
    #[doc(hidden)]
    fn keep(&mut self, ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS>;

    /// Ends the consequences of a pass that dropped tasks.
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

/// The edges of a block in which some dependencies are not plain.
pub struct MixedEdges<const WORDS: usize> {
    /// Created by the first error: a scheduler is moved and dropped with each call, and most calls keep no error.
    kept: Option<Box<Kept>>,
    has_failed: bool,
    /// The asks must be read again: a task was blocked, or what was asked for was forgotten.
    are_asks_unread: bool,
    /// The tasks that bodies wait for.
    asked: TaskSet<WORDS>,
    /// The tasks whose bodies must be dropped.
    condemned: TaskSet<WORDS>,
    /// The tasks under way that have lent their slots.
    lent: TaskSet<WORDS>,
    /// The tasks of which observers were told that they are never asked for.
    unasked: TaskSet<WORDS>,
    /// The current pass only drops tasks: it starts none that is asked for.
    is_dropping: bool,
    /// Exists in a run in which a task may wait for itself.
    suspicion: Option<Box<Suspicion>>,
}

/// The errors that bodies may read.
#[derive(Default)]
struct Kept {
    /// The causes that bodies cannot read yet.
    unseen: CauseList,
    /// Why tasks are blocked, for tasks that bodies may ask for.
    causes: CauseList,
}

impl<const WORDS: usize> Default for MixedEdges<WORDS> {
    #[inline]
    fn default() -> Self {
        Self {
            kept: None,
            has_failed: false,
            are_asks_unread: false,
            asked: TaskSet::EMPTY,
            condemned: TaskSet::EMPTY,
            lent: TaskSet::EMPTY,
            unasked: TaskSet::EMPTY,
            is_dropping: false,
            suspicion: None,
        }
    }
}

impl<const WORDS: usize> MixedEdges<WORDS> {
    /// Moves the causes of failures to the place where bodies read them.
    pub(crate) fn note_causes(&mut self, causes: &Causes) {
        if let Some(kept) = &mut self.kept {
            causes.add(&mut kept.unseen);
        }
    }

    /// Returns whether a task has failed so far.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Goes back from some goals and from the tasks that are asked for. The search stops at tasks that are done or have
    /// started, and where `stops` says so.
    fn back_from(
        &self,
        ledger: &Ledger<WORDS>,
        graph: &Graph,
        goals: TaskSet<WORDS>,
        stops: &TaskSet<WORDS>,
    ) -> TaskSet<WORDS> {
        let mut needed = goals;
        needed.extend(&self.asked);
        needed.remove_all(&ledger.done);
        needed.remove_all(stops);
        let (nodes, has_lazy) = (graph.nodes(), graph.has_lazy_edges());
        // Dependencies have lower numbers: from the highest down, each task is met after all that need it.
        for task in (0..nodes.len()).rev() {
            // A started task has all results that it waited for, or continues without them.
            if needed.contains(task) && !ledger.started.contains(task) {
                let edges = if has_lazy { graph.edges_of(task) } else { &[] };
                let open = |&task: &usize| !ledger.done.contains(task) && !stops.contains(task);
                let dependencies = nodes[task].dependencies().filter(open);
                dependencies.filter(|&it| !is_lazy(edges, it)).for_each(|dependency| needed.insert(dependency));
            }
        }
        needed
    }
}

fn is_lazy(edges: &[Edge], dependency: usize) -> bool {
    edges.iter().any(|edge| edge.dependency == dependency && edge.kind == EdgeKind::Lazy)
}

impl<const WORDS: usize> Edges<WORDS> for MixedEdges<WORDS> {
    const ARE_MIXED: bool = true;

    fn open(&self, ledger: &Ledger<WORDS>, graph: &Graph) -> TaskSet<WORDS> {
        let mut open = self.back_from(ledger, graph, ledger.wanted, &ledger.blocked);
        open.extend(&ledger.started);
        open
    }

    fn needed(&self, ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        self.back_from(ledger, graph, goals, &TaskSet::EMPTY)
    }

    #[cfg(feature = "tokio")]
    fn arrive(&mut self, task: usize) -> Arrival {
        let is_dropped = self.condemned.contains(task);
        Arrival { has_slot: self.take_arrival(task), is_dropped }
    }

    fn unasked(&mut self, ledger: &Ledger<WORDS>, graph: &Graph, asker: usize) -> TaskSet<WORDS> {
        if graph.edges_of(asker).iter().any(|edge| edge.kind == EdgeKind::Lazy) {
            self.never_asked(ledger, graph, asker)
        } else {
            TaskSet::EMPTY
        }
    }

    fn asked(&self, ledger: &Ledger<WORDS>, graph: &Graph) -> AskedEdges {
        self.asked_edges(ledger, graph)
    }

    fn suspect(&mut self, tasks: &TaskSet<WORDS>) {
        self.suspect_askers(tasks);
    }

    fn keep(&mut self, ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        self.is_dropping = true;
        self.keep_asked(ledger, graph, goals)
    }

    fn end_dropping(&mut self) {
        // A body on another thread may go on because it is needed again, and waits for what was forgotten.
        self.are_asks_unread |= std::mem::take(&mut self.is_dropping);
    }

    fn block(
        &mut self,
        ledger: &mut Ledger<WORDS>,
        graph: &Graph,
        failed: &TaskSet<WORDS>,
        error: Option<&TaskError>,
    ) -> TaskSet<WORDS> {
        let mut blocked = *failed;
        // Every task that needs a failed task has a higher number.
        let first = failed.tasks().next().unwrap_or(graph.nodes().len());
        for (task, node) in graph.nodes().iter().enumerate().skip(first + 1) {
            if ledger.done.contains(task) || ledger.started.contains(task) {
                continue;
            }
            let mut edges = None;
            let mut is_plain = |dependency| {
                let edges: &[Edge] = edges.get_or_insert_with(|| graph.edges_of(task));
                !edges.iter().any(|edge| edge.dependency == dependency)
            };
            if node.dependencies().any(|dependency| blocked.contains(dependency) && is_plain(dependency)) {
                blocked.insert(task);
            }
        }
        // The first failure that reached a task counts.
        let mut fresh = blocked;
        fresh.remove_all(&ledger.blocked);
        if let Some(error) = error {
            let kept = self.kept.get_or_insert_default();
            for task in fresh.tasks() {
                drop(kept.unseen.insert(task, error.clone()));
                if graph.has_lazy_edges() {
                    drop(kept.causes.insert(task, error.clone()));
                }
            }
        }
        self.has_failed = true;
        self.are_asks_unread = true;
        ledger.blocked.extend(&blocked);
        blocked
    }
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
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        (**self).poll_asker(task, asks, slot, cx, start)
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

/// Returns the source of an error that nothing reads.
#[must_use]
pub fn unseen_error() -> ErrorSource {
    Box::new(Unseen)
}

#[derive(Debug)]
struct Unseen;

impl fmt::Display for Unseen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an error that nobody looks at")
    }
}

impl std::error::Error for Unseen {}
