//! The tasks that a run needs as a whole, and the failures that keep it from its results.
//!
//! A run is for the tasks that no other task needs: its *ends*. It needs them and all that leads to them, but a lazy
//! dependency only if a body asks for it. A failure is caught if every end is reached in spite of it.

use super::Board;
use crate::error::TaskError;
use crate::graph::{EdgeKind, Graph};
use crate::run::notices::Notices;
use crate::task_set::TaskSet;

impl Graph {
    /// Returns the tasks of the block that no other task needs.
    fn ends<const WORDS: usize>(&self) -> TaskSet<WORDS> {
        let mut ends = self.own_tasks();
        for node in self.nodes() {
            node.dependencies().for_each(|dependency| ends.remove(dependency));
        }
        ends
    }

    /// Returns the tasks of the block without those that only lazy dependencies lead to.
    pub(crate) fn eager_tasks<const WORDS: usize>(&self) -> TaskSet<WORDS> {
        let own = self.own_tasks();
        if !self.has_lazy_edges() {
            return own;
        }
        let mut eager = self.ends();
        // Dependencies have lower numbers: from the highest down, each task is met after all that need it.
        for task in (0..self.nodes().len()).rev() {
            if eager.contains(task) {
                self.waits(task).for_each(|dependency| eager.insert(dependency));
            }
        }
        eager.retain(&own);
        eager
    }
}

impl<const WORDS: usize> Board<WORDS> {
    #[cold]
    #[inline(never)]
    pub(super) fn is_complete(&self, notices: &Notices<WORDS>) -> bool {
        self.have_ended(notices, &self.graph.eager_tasks())
    }

    pub(super) fn is_complete_wanted(&self, notices: &Notices<WORDS>) -> bool {
        let mut unwanted = self.graph.eager_tasks::<WORDS>();
        unwanted.remove_all(&notices.wanted);
        unwanted.is_empty()
    }

    /// Returns the failures that keep an end from its result, in topological order, if no task can run any more that the
    /// run needs.
    pub(crate) fn uncaught(&self) -> Option<Vec<TaskError>> {
        let notices = self.lock();
        if !self.is_complete(&notices) {
            return None;
        }
        let is_blocked = |task: usize| notices.blocked.contains(task) && !self.is_done(task);
        let cause = |task: usize| notices.causes.get(task).and_then(Option::as_ref);
        let mut reached = TaskSet::<WORDS>::EMPTY;
        self.graph.ends::<WORDS>().tasks().filter(|&end| is_blocked(end)).for_each(|end| reached.insert(end));
        let mut failures: Vec<&TaskError> = Vec::new();
        for task in (0..self.nodes().len()).rev() {
            let Some(error) = cause(task).filter(|_| reached.contains(task)) else { continue };
            if notices.failed.contains(task) {
                // One failure in an inner graph may stop several of its tasks that are named here.
                failures.retain(|known| !known.is_same(error));
                failures.push(error);
                continue;
            }
            for dependency in self.nodes()[task].dependencies().filter(|&dependency| is_blocked(dependency)) {
                let blocks = match self.graph.kind_of(task, dependency) {
                    EdgeKind::Plain | EdgeKind::In => true,
                    EdgeKind::Catch => false,
                    // Only a dependency that the body has asked for.
                    EdgeKind::Lazy => cause(dependency).is_some_and(|cause| cause.is_same(error)),
                };
                if blocks {
                    reached.insert(dependency);
                }
            }
        }
        Some(failures.into_iter().rev().cloned().collect())
    }
}
