//! Which tasks failed in such a way that somebody else may try them again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::DurableGraph;

/// Tells which tasks of a run failed with an error that is worth another attempt.
///
/// # Examples
/// ```
/// # mod adagio { pub(crate) use dag_runtime::TaskError; pub(crate) mod durable { pub(crate) use dag_runtime::*; } }
/// use adagio::TaskError;
/// use adagio::durable::{Deferral, DurableRun};
///
/// # #[allow(dead_code)]
/// async fn is_to_be_tried_again(run: impl DurableRun, deferral: &Deferral) -> bool {
///     let run = run.defer_retries(deferral);
///     run.result("cart").await.is_err_and(|error: TaskError| deferral.has(error.task()))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Deferral(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    graph: DurableGraph,
    /// The places of tasks that the run tries again itself.
    others: Vec<usize>,
    tasks: Mutex<BTreeSet<usize>>,
}

impl Deferral {
    /// Begins with no task.
    #[must_use]
    pub fn new(graph: DurableGraph) -> Self {
        Self::except(graph, Vec::new())
    }

    /// Begins with no task, and leaves the attempts of some tasks, by their places, to the run itself: those whose
    /// failures a task would catch before the engine has made all attempts.
    #[must_use]
    pub fn except(graph: DurableGraph, others: Vec<usize>) -> Self {
        Self(Arc::new(Inner { graph, others, tasks: Mutex::default() }))
    }

    /// Whether a task failed, has attempts left, and its `retry_if` accepts the error.
    #[must_use]
    pub fn has(&self, task: &str) -> bool {
        self.0.graph.position(task).is_some_and(|task| self.tasks().contains(&task))
    }

    /// Takes a task that failed; false if only the run itself can try it again.
    pub(crate) fn take(&self, task: &str) -> bool {
        let is_ours = |task: &usize| self.0.graph.tasks[*task].retry.is_some() && !self.0.others.contains(task);
        let task = self.0.graph.position(task).filter(is_ours);
        if let Some(task) = task {
            self.tasks().insert(task);
        }
        task.is_some()
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, BTreeSet<usize>> {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
