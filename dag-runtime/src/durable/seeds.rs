//! The stored outcomes of tasks of inner graphs.
//!
//! The cells of an inner graph exist only while its driver does, so a stored result cannot be put there before the run
//! starts, as it is for the tasks of the block itself. It waits here instead, by the full name of its task, and the
//! future of that task takes it when the task starts: then the body does not run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::TaskError;

/// A stored outcome: the bytes of a result, or a failure.
pub(crate) type Outcome = Result<Vec<u8>, TaskError>;

/// The outcomes by the names of their tasks, such as `pricing.total`.
#[derive(Default)]
pub(crate) struct Seeds(Mutex<BTreeMap<String, Outcome>>);

impl Seeds {
    pub(crate) fn put(&self, task: &str, outcome: Outcome) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(task.to_owned(), outcome);
    }

    /// Returns the outcome of a task once: a task that is tried again afterwards runs.
    pub(crate) fn take(&self, task: &str) -> Option<Outcome> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(task)
    }
}
