//! Blocks with dependencies that are not plain. Their drivers ask more of a scheduler, which is [`ScheduleEdges`]; the
//! schedulers of runs and of inner graphs are made for [`PlainEdges`] or for [`MixedEdges`], so that a block without
//! such dependencies pays nothing for them.
//!
//! Two sets tell what a task may wait for: a task that is *blocked* has failed, or needs one that has without catching
//! it, and it is not *open*. So a task that catches waits, as any other, until none of its dependencies is open. What
//! only serves a blocked task is not open, either, unless it has started: then it is driven on, and nobody waits for it.

mod causes;
mod terminal;

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{ErrorSource, TaskError};
use crate::graph::{EdgeKind, Graph};
use crate::schedule::{Ledger, Limited, Schedule, Scheduler};
use crate::task_set::TaskSet;

pub use causes::Causes;
pub use terminal::EdgeScheduler;

/// What a driver asks of a scheduler in a block with dependencies that are not plain. Nothing here has a default: one that
/// does nothing would let an inner graph wait for ever.
pub trait ScheduleEdges: Schedule {
    /// A set of nodes.
    type Nodes: AsRef<[u64]> + Copy + Send + Sync;

    /// Returns the nodes whose failures go to the terminal or run: some way from them to what is wanted has no `catch`.
    fn fatal(&self) -> Self::Nodes;

    /// Tells whether the failure of a task goes to the terminal or run.
    fn is_fatal(&self, task: usize) -> bool;

    /// Notes the failure of a task that all who are wanted catch, with its error if one of them looks at it.
    fn catch(&mut self, task: usize, source: Option<ErrorSource>);

    /// Puts the causes of failures where bodies find them.
    fn note_causes(&mut self, causes: &Causes);

    /// Tells whether a task has failed so far.
    fn has_failed(&self) -> bool;
}

/// What a scheduler knows of the kinds of dependencies in its block.
pub trait Edges<const WORDS: usize>: Default {
    /// Whether there are others than plain ones.
    const ARE_MIXED: bool;

    /// Returns what the goals need that can still be reached, and what has started.
    #[doc(hidden)]
    fn open(ledger: &Ledger<WORDS>, graph: &Graph) -> TaskSet<WORDS>;

    /// Returns what some goals need that is not done.
    #[doc(hidden)]
    fn needed(ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS>;

    /// Notes that some tasks failed; returns them and all that cannot run for that.
    #[doc(hidden)]
    fn block(
        &mut self,
        ledger: &mut Ledger<WORDS>,
        graph: &Graph,
        failed: &TaskSet<WORDS>,
        error: Option<&TaskError>,
    ) -> TaskSet<WORDS>;
}

/// Those of a block in which all dependencies are plain.
#[derive(Default)]
pub struct PlainEdges;

impl<const WORDS: usize> Edges<WORDS> for PlainEdges {
    const ARE_MIXED: bool = false;

    fn open(ledger: &Ledger<WORDS>, graph: &Graph) -> TaskSet<WORDS> {
        ledger.open(graph.nodes())
    }

    fn needed(ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        ledger.needed(graph.nodes(), goals)
    }

    fn block(
        &mut self,
        ledger: &mut Ledger<WORDS>,
        graph: &Graph,
        failed: &TaskSet<WORDS>,
        _error: Option<&TaskError>,
    ) -> TaskSet<WORDS> {
        ledger.block(graph.nodes(), failed)
    }
}

/// Those of a block in which some are not.
#[derive(Default)]
pub struct MixedEdges {
    /// The causes that no body can see yet.
    unseen: BTreeMap<usize, TaskError>,
    has_failed: bool,
}

impl MixedEdges {
    /// Puts the causes of failures where bodies find them.
    pub(crate) fn note_causes(&mut self, causes: &Causes) {
        if !self.unseen.is_empty() {
            causes.add(&mut self.unseen);
        }
    }

    /// Tells whether a task has failed so far.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Goes back from some goals, no further than to what is done, what has started, and what `stops` it.
    fn back_from<const WORDS: usize>(
        ledger: &Ledger<WORDS>,
        graph: &Graph,
        goals: TaskSet<WORDS>,
        stops: &TaskSet<WORDS>,
    ) -> TaskSet<WORDS> {
        let mut needed = goals;
        needed.remove_all(&ledger.done);
        needed.remove_all(stops);
        let nodes = graph.nodes();
        // Dependencies have lower numbers: from the highest down, each task is met after all that need it.
        for task in (0..nodes.len()).rev() {
            // One that has started has all it waited for, or goes on without.
            if needed.contains(task) && !ledger.started.contains(task) {
                let open = |&task: &usize| !ledger.done.contains(task) && !stops.contains(task);
                nodes[task].dependencies().filter(open).for_each(|dependency| needed.insert(dependency));
            }
        }
        needed
    }
}

impl<const WORDS: usize> Edges<WORDS> for MixedEdges {
    const ARE_MIXED: bool = true;

    fn open(ledger: &Ledger<WORDS>, graph: &Graph) -> TaskSet<WORDS> {
        let mut open = Self::back_from(ledger, graph, ledger.wanted, &ledger.blocked);
        open.extend(&ledger.started);
        open
    }

    fn needed(ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        Self::back_from(ledger, graph, goals, &TaskSet::EMPTY)
    }

    fn block(
        &mut self,
        ledger: &mut Ledger<WORDS>,
        graph: &Graph,
        failed: &TaskSet<WORDS>,
        error: Option<&TaskError>,
    ) -> TaskSet<WORDS> {
        let mut blocked = *failed;
        for (task, node) in graph.nodes().iter().enumerate() {
            if ledger.done.contains(task) || ledger.started.contains(task) {
                continue;
            }
            let edges = graph.edges_of(task);
            let is_plain = |dependency| !edges.iter().any(|edge| edge.dependency == dependency);
            if node.dependencies().any(|dependency| blocked.contains(dependency) && is_plain(dependency)) {
                blocked.insert(task);
            }
        }
        // The first failure that reached a task counts.
        let mut fresh = blocked;
        fresh.remove_all(&ledger.blocked);
        if let Some(error) = error {
            self.unseen.extend(fresh.tasks().map(|task| (task, error.clone())));
        }
        self.has_failed = true;
        ledger.blocked.extend(&blocked);
        blocked
    }
}

/// Returns the nodes from which some way to one of some goals has no `catch`.
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

/// A plain scheduler serves the terminals of a block that need no dependency but plain ones: there each failure is the end.
impl<const WORDS: usize> ScheduleEdges for Scheduler<WORDS> {
    type Nodes = TaskSet<WORDS>;

    fn fatal(&self) -> Self::Nodes {
        TaskSet([u64::MAX; WORDS])
    }

    #[inline]
    fn is_fatal(&self, _task: usize) -> bool {
        true
    }

    fn catch(&mut self, task: usize, _source: Option<ErrorSource>) {
        unreachable!("nobody catches the failure of task {task}");
    }

    #[inline]
    fn note_causes(&mut self, _causes: &Causes) {}

    #[inline]
    fn has_failed(&self) -> bool {
        false
    }
}

/// As [`Scheduler`].
impl<const WORDS: usize> ScheduleEdges for Limited<WORDS> {
    type Nodes = TaskSet<WORDS>;

    fn fatal(&self) -> Self::Nodes {
        self.tasks.fatal()
    }

    #[inline]
    fn is_fatal(&self, task: usize) -> bool {
        self.tasks.is_fatal(task)
    }

    fn catch(&mut self, task: usize, source: Option<ErrorSource>) {
        self.tasks.catch(task, source);
    }

    #[inline]
    fn note_causes(&mut self, _causes: &Causes) {}

    #[inline]
    fn has_failed(&self) -> bool {
        false
    }
}

impl<S: ScheduleEdges> ScheduleEdges for &mut S {
    type Nodes = S::Nodes;

    fn fatal(&self) -> Self::Nodes {
        (**self).fatal()
    }

    fn is_fatal(&self, task: usize) -> bool {
        (**self).is_fatal(task)
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
}

/// Returns the source of an error that nobody looks at.
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
