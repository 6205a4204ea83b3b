//! The causes why tasks have no result, for the tasks that catch these failures. The driver writes them; bodies on any
//! thread read them.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::error::{ErrorSource, TaskError};

/// The failures that reached tasks, one per task. It is stored among the cells, where a body also finds results.
pub struct Causes(Mutex<CauseList>);

impl Causes {
    /// Creates an empty set of failures.
    #[must_use]
    pub const fn none() -> Self {
        Self(Mutex::new(CauseList(Vec::new())))
    }

    /// Returns the failure that reached a task.
    ///
    /// # Panics
    /// If no failure has reached it.
    #[must_use]
    #[track_caller]
    pub fn of(&self, task: usize) -> TaskError {
        let causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        causes.get(task).cloned().expect("a task without a result has a cause")
    }

    /// Moves new failures in; a later failure of a task replaces an earlier one.
    pub(super) fn add(&self, new: &mut CauseList) {
        if new.0.is_empty() {
            return;
        }
        let mut causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if causes.0.is_empty() {
            std::mem::swap(&mut *causes, new);
            return;
        }
        // Dropping a replaced error runs foreign code, so it is dropped without the lock.
        let replaced: Vec<_> = new.0.drain(..).filter_map(|(task, error)| causes.insert(task, error)).collect();
        drop(causes);
        drop(replaced);
    }
}

/// The causes why tasks have no result, in ascending order of the tasks. A list suffices, because few tasks fail.
#[derive(Default)]
pub(super) struct CauseList(Vec<(usize, TaskError)>);

impl CauseList {
    pub(super) fn get(&self, task: usize) -> Option<&TaskError> {
        let place = self.0.binary_search_by_key(&task, |&(task, _)| task).ok()?;
        Some(&self.0[place].1)
    }

    /// Replaces each cause by the one that a function returns for it.
    #[cfg(feature = "durable")]
    pub(super) fn decide(&mut self, mut decide: impl FnMut(usize, TaskError) -> TaskError) {
        for (task, error) in &mut self.0 {
            *error = decide(*task, error.clone());
        }
    }

    /// Sets the cause of a task. Returns the cause that it replaces.
    pub(super) fn insert(&mut self, task: usize, error: TaskError) -> Option<TaskError> {
        match self.0.binary_search_by_key(&task, |&(task, _)| task) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, error)),
            Err(place) => {
                self.0.insert(place, (task, error));
                None
            }
        }
    }
}

/// Returns the source of an error that nothing reads.
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
