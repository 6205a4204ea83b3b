//! In: what happens to the tasks of a run, on whatever thread. Out: the events for its observers, with the number of the
//! attempt, and one end for each attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::node::Node;
use crate::observer::{Observers, Outcome, TaskEvent};

/// Set in an attempt's number while the attempt is under way.
const UNDER_WAY: u32 = 1;

/// Tells the observers of a run what its tasks do.
pub(crate) struct Announcer {
    observers: Observers,
    nodes: &'static [Node],
    /// For each task twice the number of its attempts, and `UNDER_WAY`.
    attempts: Vec<AtomicU32>,
}

impl Announcer {
    pub(crate) fn new(observers: Observers, nodes: &'static [Node]) -> Arc<Self> {
        let attempts = nodes.iter().map(|_| AtomicU32::new(0)).collect();
        Arc::new(Self { observers, nodes, attempts })
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

    #[cfg(feature = "tokio")]
    pub(crate) fn nodes(&self) -> &'static [Node] {
        self.nodes
    }

    fn event(&self, task: usize, attempt: u32) -> TaskEvent<'_> {
        let node = &self.nodes[task];
        TaskEvent { id: task as u64, name: node.name, inputs: node.dependencies, attempt }
    }
}
