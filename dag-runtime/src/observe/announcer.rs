//! In: what happens to the tasks of a run, on whatever thread. Out: the events for its observers, with the number of
//! the attempt, and one end for each attempt.

mod elements;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

#[cfg(feature = "durable")]
use crate::durable::{Deferral, Kept, Seeds};
#[cfg(feature = "durable")]
use crate::each::Only;
use crate::error::{RETURNED_ERR, TaskError};
#[cfg(feature = "durable")]
use crate::graph::EdgeKind;
use crate::graph::names::joined;
use crate::graph::{Graph, Node};
use crate::observe::observer::{Observers, Outcome, TaskEvent};
pub(crate) use elements::ElementOf;
use elements::Elements;

/// Set in an attempt's number while the attempt is under way.
const UNDER_WAY: u32 = 1;

/// Tells the observers of a run what its tasks do.
pub(crate) struct Announcer {
    audience: Arc<Audience>,
    graph: &'static Graph,
    /// For each task of an inner graph, its id, name and inputs in the outer graph; empty in an outermost graph.
    labels: Vec<Label>,
    /// For each task twice the number of its attempts, and `UNDER_WAY`.
    attempts: Box<[AtomicU32]>,
    /// The task that finished last.
    last: AtomicUsize,
    elements: Elements,
    /// Takes the failures that an engine tries again.
    #[cfg(feature = "durable")]
    deferral: Option<Deferral>,
    /// Takes the results before they are published.
    #[cfg(feature = "durable")]
    kept: Option<Arc<Kept>>,
    /// The stored outcomes of tasks of inner graphs.
    #[cfg(feature = "durable")]
    seeds: Option<Arc<Seeds>>,
}

/// What the announcers of a run and of the graphs inside share.
struct Audience {
    observers: Observers,
    /// Assigns ids to tasks that have none in the outermost graph.
    next_id: AtomicU64,
}

impl Announcer {
    pub(crate) fn new(observers: Observers, graph: &'static Graph) -> Self {
        let nodes = graph.nodes();
        let next_id = AtomicU64::new(nodes.len() as u64);
        Self {
            audience: Arc::new(Audience { observers, next_id }),
            graph,
            labels: Vec::new(),
            attempts: unstarted(nodes),
            last: AtomicUsize::new(usize::MAX),
            elements: Elements::default(),
            #[cfg(feature = "durable")]
            deferral: None,
            #[cfg(feature = "durable")]
            kept: None,
            #[cfg(feature = "durable")]
            seeds: None,
        }
    }

    /// Creates the announcer of the inner graph of the object that a task returns. `known` are the inner tasks that have ids
    /// here.
    pub(crate) fn inside(&self, object: usize, graph: &'static Graph, known: &[(usize, usize)]) -> Arc<Self> {
        let nodes = graph.nodes();
        let mut ids: Vec<Option<u64>> = vec![None; nodes.len()];
        for &(inner, outer) in known {
            ids[inner] = Some(self.id(outer));
        }
        let fresh = || self.audience.next_id.fetch_add(1, Ordering::Relaxed);
        let ids: Vec<u64> = ids.into_iter().map(|id| id.unwrap_or_else(fresh)).collect();
        let label = |(task, node): (usize, &Node)| {
            let mut inputs: Vec<u64> = node.dependencies().map(|dependency| ids[dependency]).collect();
            if inputs.is_empty() {
                inputs.push(self.id(object));
            }
            Label { id: ids[task], name: joined(self.name(object), node.name), inputs }
        };
        let labels = nodes.iter().enumerate().map(label).collect();
        Arc::new(Self {
            audience: Arc::clone(&self.audience),
            graph,
            labels,
            attempts: unstarted(nodes),
            last: AtomicUsize::new(usize::MAX),
            elements: Elements::default(),
            #[cfg(feature = "durable")]
            deferral: None,
            #[cfg(feature = "durable")]
            kept: self.kept.clone(),
            #[cfg(feature = "durable")]
            seeds: self.seeds.clone(),
        })
    }

    #[cfg(feature = "durable")]
    pub(crate) fn of_engine(
        self,
        deferral: Option<Deferral>,
        kept: Option<Arc<Kept>>,
        seeds: Option<Arc<Seeds>>,
    ) -> Self {
        Self { deferral, kept, seeds, ..self }
    }

    #[cfg(feature = "durable")]
    pub(crate) fn seeds(&self) -> Option<&Arc<Seeds>> {
        self.seeds.as_ref()
    }

    /// Returns whether the result for an element is stored, so that no body runs for it.
    #[cfg(feature = "durable")]
    pub(crate) fn has_stored(&self, task: usize, index: usize) -> bool {
        self.seeds.as_ref().is_some_and(|seeds| seeds.has_element(self.name(task), index))
    }

    /// Returns which elements of a wide task have bodies.
    #[cfg(feature = "durable")]
    pub(crate) fn only(&self, task: usize) -> Only {
        self.seeds.as_ref().map_or(Only::ALL, |seeds| seeds.only(self.name(task)))
    }

    #[cfg(feature = "durable")]
    pub(crate) fn kept(&self) -> Option<&Arc<Kept>> {
        self.kept.as_ref()
    }

    /// Returns the names of the tasks whose failures a task catches.
    #[cfg(feature = "durable")]
    pub(crate) fn caught_by(&self, task: usize) -> impl Iterator<Item = &'static str> {
        let caught = self.graph.edges_of(task).iter().filter(|edge| edge.kind == EdgeKind::Catch);
        caught.map(|edge| self.name(edge.dependency))
    }

    #[cfg(feature = "durable")]
    pub(crate) fn deferral(&self) -> Option<&Deferral> {
        self.deferral.as_ref()
    }

    /// Returns the name of a task.
    pub(crate) fn name(&self, task: usize) -> &'static str {
        self.labels.get(task).map_or(self.graph.nodes()[task].name, |label| label.name)
    }

    fn id(&self, task: usize) -> u64 {
        self.labels.get(task).map_or(task as u64, |label| label.id)
    }

    /// Tells that an attempt of a task starts.
    pub(crate) fn started(&self, task: usize) {
        self.started_after(task, None);
    }

    /// Tells that an attempt of a task starts; `polled` is the task that was polled last. If that one finished last, this
    /// one starts at once.
    pub(crate) fn started_after(&self, task: usize, polled: Option<usize>) {
        let before = self.attempts[task].fetch_add(2 | UNDER_WAY, Ordering::Relaxed);
        let is_at_once = polled.is_some_and(|polled| polled == self.last.load(Ordering::Relaxed));
        // What is told next comes after a poll of this one.
        self.last.store(usize::MAX, Ordering::Relaxed);
        let event = TaskEvent { is_at_once, ..self.event(task, before / 2 + 1) };
        self.audience.observers.tell(|observer| observer.started(&event));
    }

    /// Tells that the attempt of a task waits for a permit, or continues.
    #[cfg(feature = "tokio")]
    pub(crate) fn pause(&self, task: usize, is_paused: bool) {
        let event = self.event(task, self.attempts[task].load(Ordering::Relaxed) / 2);
        if is_paused {
            self.audience.observers.tell(|observer| observer.paused(&event));
        } else {
            self.audience.observers.tell(|observer| observer.resumed(&event));
        }
    }

    /// Tells how the attempt of a task ended, unless it has been told, or none was under way.
    pub(crate) fn finished(&self, task: usize, outcome: &Outcome) {
        if self.attempts[task].load(Ordering::Relaxed) & UNDER_WAY == 0 {
            return;
        }
        let before = self.attempts[task].fetch_and(!UNDER_WAY, Ordering::Relaxed);
        if before & UNDER_WAY != 0 {
            self.end_elements(task, outcome);
            let event = self.event(task, before / 2);
            self.last.store(task, Ordering::Relaxed);
            self.audience.observers.tell(|observer| observer.finished(&event, outcome));
        }
    }

    /// Tells that a task with `catch` has failed, whose result is a value all the same.
    pub(crate) fn note_err(&self, task: usize) {
        let error = TaskError::new(self.name(task), RETURNED_ERR.into());
        self.finished(task, &Outcome::Failed(error));
    }

    /// Tells that all tasks under way are dropped, perhaps because one of them panicked.
    pub(crate) fn cancel(&self, panicked: Option<usize>) {
        for task in 0..self.graph.nodes().len() {
            let outcome = if Some(task) == panicked { Outcome::Panicked } else { Outcome::Cancelled };
            self.finished(task, &outcome);
        }
    }

    /// Tells that the result of a task is being closed.
    pub(crate) fn closing(&self, task: usize) {
        let event = self.event(task, self.attempts[task].load(Ordering::Relaxed) / 2);
        self.audience.observers.tell(|observer| observer.closing(&event));
    }

    /// Tells how closing the result of a task ended.
    pub(crate) fn closed(&self, task: usize, outcome: &Outcome) {
        let event = self.event(task, self.attempts[task].load(Ordering::Relaxed) / 2);
        self.audience.observers.tell(|observer| observer.closed(&event, outcome));
    }

    /// Tells that a task will not start, because another one failed or ended.
    pub(crate) fn skipped(&self, task: usize, because: &'static str) {
        let event = self.event(task, self.attempts[task].load(Ordering::Relaxed) / 2 + 1);
        let event = TaskEvent { because: Some(because), ..event };
        self.audience.observers.tell(|observer| observer.finished(&event, &Outcome::Skipped { because }));
    }

    fn event(&self, task: usize, attempt: u32) -> TaskEvent<'_> {
        let inputs = self.labels.get(task).map_or(self.graph.nodes()[task].dependencies, |label| &label.inputs);
        TaskEvent::new(self.id(task), self.name(task), inputs, attempt)
    }
}

/// A task of an inner graph, as a part of the outer one.
struct Label {
    id: u64,
    name: &'static str,
    inputs: Vec<u64>,
}

fn unstarted(nodes: &[Node]) -> Box<[AtomicU32]> {
    nodes.iter().map(|_| AtomicU32::new(0)).collect()
}
