//! Why a task has no result, for those that catch its failure: written by the driver, read by bodies on any thread.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::TaskError;

/// The failures that reached tasks, one a task. It stands among the cells, so that a body finds it where it finds results.
pub struct Causes(Mutex<BTreeMap<usize, TaskError>>);

impl Causes {
    /// Begins without a failure.
    #[must_use]
    pub const fn none() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns the failure that reached a task.
    ///
    /// # Panics
    /// If none has.
    #[must_use]
    #[track_caller]
    pub fn of(&self, task: usize) -> TaskError {
        let causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        causes.get(&task).cloned().expect("a task without a result has a cause")
    }

    /// Takes failures over; a later failure of a task takes the place of an earlier one.
    pub(super) fn add(&self, new: &mut BTreeMap<usize, TaskError>) {
        let mut causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An error that is replaced is foreign code: it is dropped without the lock.
        let replaced: Vec<_> = new.keys().filter_map(|task| causes.remove(task)).collect();
        causes.append(new);
        drop(causes);
        drop(replaced);
    }
}
