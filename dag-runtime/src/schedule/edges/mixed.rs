//! The edges of a block in which some dependencies are not plain: which tasks are open, and which ones a failure blocks.

#[cfg(feature = "durable")]
use std::sync::Arc;

#[cfg(feature = "tokio")]
use super::Arrival;
use super::causes::CauseList;
use super::suspicion::Suspicion;
use super::{AskedEdges, Causes, Edges};
use crate::error::TaskError;
use crate::graph::{Edge, EdgeKind, Graph};
#[cfg(feature = "durable")]
use crate::observe::announcer::Announcer;
use crate::schedule::Ledger;
use crate::task_set::TaskSet;

/// The edges of a block in which some dependencies are not plain.
pub struct MixedEdges<const WORDS: usize> {
    /// Created by the first error: a scheduler is moved and dropped with each call, and most calls keep no error.
    pub(super) kept: Option<Box<Kept>>,
    pub(super) has_failed: bool,
    /// The asks must be read again: a task was blocked, or what was asked for was forgotten.
    pub(super) are_asks_unread: bool,
    /// The tasks that bodies wait for.
    pub(super) asked: TaskSet<WORDS>,
    /// The tasks whose bodies must be dropped.
    pub(super) condemned: TaskSet<WORDS>,
    /// The tasks under way that have lent their slots.
    pub(super) lent: TaskSet<WORDS>,
    /// The tasks of which observers were told that they are never asked for.
    pub(super) unasked: TaskSet<WORDS>,
    /// The tasks under way, or earlier, that run for each result of another such task: what they follow may fail, or be
    /// needed again, although they have started.
    pub(super) followers: TaskSet<WORDS>,
    /// The current pass only drops tasks: it starts none that is asked for.
    pub(super) is_dropping: bool,
    /// Exists in a run in which a task may wait for itself.
    pub(super) suspicion: Option<Box<Suspicion>>,
}

/// The errors that bodies may read.
#[derive(Default)]
pub(super) struct Kept {
    /// The causes that bodies cannot read yet.
    pub(super) unseen: CauseList,
    /// Why tasks are blocked, for tasks that bodies may ask for.
    pub(super) causes: CauseList,
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
            followers: TaskSet::EMPTY,
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

    /// Decides with the keeper of the run, if there is one, which failures bodies are told that catch.
    #[cfg(feature = "durable")]
    pub(crate) fn decide_causes(&mut self, announcer: Option<&Arc<Announcer>>) {
        let announcer = announcer.and_then(|announcer| Some((announcer, announcer.kept()?)));
        if let (Some(own), Some((announcer, kept))) = (&mut self.kept, announcer) {
            own.unseen.decide(|task, error| kept.decide(announcer.name(task), error));
        }
    }

    /// Returns whether a task has failed so far.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Goes back from some goals and from the tasks that are asked for. The search stops at tasks that are done or have
    /// started, and where `stops` says so.
    pub(super) fn back_from(
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
            if needed.contains(task) && !self.has_all(ledger, task) {
                let edges = if has_lazy { graph.edges_of(task) } else { &[] };
                let open = |&task: &usize| !ledger.done.contains(task) && !stops.contains(task);
                let dependencies = nodes[task].dependencies().filter(open);
                dependencies.filter(|&it| !is_lazy(edges, it)).for_each(|dependency| needed.insert(dependency));
            }
        }
        needed
    }

    /// Returns whether a task has started and waits for nothing more.
    pub(super) fn has_all(&self, ledger: &Ledger<WORDS>, task: usize) -> bool {
        ledger.started.contains(task) && !self.followers.contains(task)
    }
}

pub(super) fn is_lazy(edges: &[Edge], dependency: usize) -> bool {
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

    fn note_follower(&mut self, task: usize) {
        self.followers.insert(task);
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
            if ledger.done.contains(task) || self.has_all(ledger, task) {
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
