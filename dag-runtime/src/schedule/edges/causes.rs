//! The causes why tasks have no result, for the tasks that catch these failures. The driver writes them; bodies on any
//! thread read them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::TaskError;

/// The failures that reached tasks, one per task. It is stored among the cells, where a body also finds results.
pub struct Causes(Mutex<BTreeMap<usize, TaskError>>);

impl Causes {
    /// Creates an empty set of failures.
    #[must_use]
    pub const fn none() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns the failure that reached a task.
    ///
    /// # Panics
    /// If no failure has reached it.
    #[must_use]
    #[track_caller]
    pub fn of(&self, task: usize) -> TaskError {
        let causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        causes.get(&task).cloned().expect("a task without a result has a cause")
    }

    /// Moves new failures in; a later failure of a task replaces an earlier one.
    pub(super) fn add(&self, new: &mut BTreeMap<usize, TaskError>) {
        let mut causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Dropping a replaced error runs foreign code, so it is dropped without the lock.
        let replaced: Vec<_> = new.keys().filter_map(|task| causes.remove(task)).collect();
        causes.append(new);
        drop(causes);
        drop(replaced);
    }
}
