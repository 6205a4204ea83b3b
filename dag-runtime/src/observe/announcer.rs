//! In: what happens to the tasks of a run, on whatever thread. Out: the events for its observers, with the number of
//! the attempt, and one end for each attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

#[cfg(feature = "durable")]
use crate::durable::Deferral;
use crate::graph::Node;
use crate::graph::names::joined;
use crate::observe::observer::{Observers, Outcome, TaskEvent};

/// Set in an attempt's number while the attempt is under way.
const UNDER_WAY: u32 = 1;

/// Tells the observers of a run what its tasks do.
pub(crate) struct Announcer {
    observers: Arc<Observers>,
    nodes: &'static [Node],
    /// For each task of an inner graph what the observers of the outer one know it by.
    labels: Vec<Label>,
    /// Gives ids to tasks that have none in the outermost graph.
    next_id: Arc<AtomicU64>,
    /// For each task twice the number of its attempts, and `UNDER_WAY`.
    attempts: Vec<AtomicU32>,
    /// Takes the failures that an engine tries again.
    #[cfg(feature = "durable")]
    deferral: Option<Deferral>,
}

impl Announcer {
    pub(crate) fn new(observers: Observers, nodes: &'static [Node]) -> Self {
        let next_id = Arc::new(AtomicU64::new(nodes.len() as u64));
        Self {
            observers: Arc::new(observers),
            nodes,
            labels: Vec::new(),
            next_id,
            attempts: unstarted(nodes),
            #[cfg(feature = "durable")]
            deferral: None,
        }
    }

    /// Makes one for the graph inside of the object that a task gives; `known` are the inner tasks that have ids here.
    pub(crate) fn inside(&self, object: usize, nodes: &'static [Node], known: &[(usize, usize)]) -> Arc<Self> {
        let mut ids: Vec<Option<u64>> = vec![None; nodes.len()];
        for &(inner, outer) in known {
            ids[inner] = Some(self.id(outer));
        }
        let fresh = || self.next_id.fetch_add(1, Ordering::Relaxed);
        let ids: Vec<u64> = ids.into_iter().map(|id| id.unwrap_or_else(fresh)).collect();
        let label = |(task, node): (usize, &Node)| {
            let mut inputs: Vec<u64> = node.dependencies().map(|dependency| ids[dependency]).collect();
            if inputs.is_empty() {
                inputs.push(self.id(object));
            }
            Label { id: ids[task], name: joined(self.name(object), node.name), inputs }
        };
        let labels = nodes.iter().enumerate().map(label).collect();
        let (observers, next_id) = (Arc::clone(&self.observers), Arc::clone(&self.next_id));
        Arc::new(Self {
            observers,
            nodes,
            labels,
            next_id,
            attempts: unstarted(nodes),
            #[cfg(feature = "durable")]
            deferral: None,
        })
    }

    #[cfg(feature = "durable")]
    pub(crate) fn with_deferral(self, deferral: Option<Deferral>) -> Self {
        Self { deferral, ..self }
    }

    #[cfg(feature = "durable")]
    pub(crate) fn deferral(&self) -> Option<&Deferral> {
        self.deferral.as_ref()
    }

    /// Returns the name of a task.
    pub(crate) fn name(&self, task: usize) -> &'static str {
        self.labels.get(task).map_or(self.nodes[task].name, |label| label.name)
    }

    fn id(&self, task: usize) -> u64 {
        self.labels.get(task).map_or(task as u64, |label| label.id)
    }

    /// Tells that an attempt of a task starts.
    pub(crate) fn started(&self, task: usize) {
        let before = self.attempts[task].fetch_add(2 | UNDER_WAY, Ordering::Relaxed);
        let event = self.event(task, before / 2 + 1);
        self.observers.tell(|observer| observer.started(&event));
    }

    /// Tells how the attempt of a task ended, unless it has been told, or none was under way.
    pub(crate) fn finished(&self, task: usize, outcome: &Outcome) {
        let before = self.attempts[task].fetch_and(!UNDER_WAY, Ordering::Relaxed);
        if before & UNDER_WAY != 0 {
            let event = self.event(task, before / 2);
            self.observers.tell(|observer| observer.finished(&event, outcome));
        }
    }

    /// Tells that what is under way is dropped, perhaps because one of it panicked.
    pub(crate) fn cancel(&self, panicked: Option<usize>) {
        for task in 0..self.nodes.len() {
            let outcome = if Some(task) == panicked { Outcome::Panicked } else { Outcome::Cancelled };
            self.finished(task, &outcome);
        }
    }

    /// Tells that a task is not tried, because another failed.
    pub(crate) fn skipped(&self, task: usize, because: &'static str) {
        let event = self.event(task, self.attempts[task].load(Ordering::Relaxed) / 2 + 1);
        self.observers.tell(|observer| observer.finished(&event, &Outcome::Skipped { because }));
    }

    fn event(&self, task: usize, attempt: u32) -> TaskEvent<'_> {
        let inputs = self.labels.get(task).map_or(self.nodes[task].dependencies, |label| &label.inputs);
        TaskEvent { id: self.id(task), name: self.name(task), inputs, attempt, maker: None }
    }
}

/// A task of an inner graph, as a part of the outer one.
struct Label {
    id: u64,
    name: &'static str,
    inputs: Vec<u64>,
}

fn unstarted(nodes: &[Node]) -> Vec<AtomicU32> {
    nodes.iter().map(|_| AtomicU32::new(0)).collect()
}
