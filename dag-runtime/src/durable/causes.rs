//! Why tasks have no results, as the bodies are told that catch these failures.
//!
//! If a dependency needs several tasks that fail, the failure that reached it first counts, and it depends on time which
//! one that is. The next life of the run knows in which order the tasks failed, and that is not enough: a failure inside of
//! another graph, or of a task that a body asks for, reaches the dependency later in that life than one that is known from
//! the start. So what a body is told is decided once for each dependency. The scheduler decides it before it starts the body,
//! and the body begins when the keeper has it (`keeping.rs`). In the next life the keeper knows it.
//!
//! The failure of the dependency itself needs no such note: it is stored as the outcome of that task.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Keeper, stored_failure};
use crate::error::TaskError;

/// The failures that bodies are told.
#[derive(Default)]
pub(super) struct DecidedCauses(Mutex<Decided>);

#[derive(Default)]
struct Decided {
    /// By the names of the tasks that have no results because of them.
    causes: BTreeMap<&'static str, Cause>,
    /// Failures were forgotten in this life: those of earlier lives count no more.
    is_anew: bool,
}

struct Cause {
    error: TaskError,
    /// The keeper has it.
    is_safe: bool,
}

impl DecidedCauses {
    fn lock(&self) -> MutexGuard<'_, Decided> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the failure because of which a task has no result; `error` is the one that reached it first in this life.
    pub(super) fn decide(&self, keeper: &dyn Keeper, task: &'static str, error: TaskError) -> TaskError {
        let decided = self.lock();
        if let Some(known) = decided.causes.get(task) {
            return known.error.clone();
        }
        let is_anew = decided.is_anew;
        drop(decided);
        let earlier = if is_anew { None } else { keeper.cause(task) };
        if earlier.is_none() && error.task() == task {
            return error;
        }
        let is_safe = earlier.is_some();
        let error = earlier.unwrap_or_else(|| stored_failure(&error));
        self.lock().causes.insert(task, Cause { error: error.clone(), is_safe });
        error
    }

    /// Returns those of some tasks that the keeper does not have yet.
    pub(super) fn unsafe_of(&self, tasks: impl Iterator<Item = &'static str>) -> Vec<(&'static str, TaskError)> {
        let decided = self.lock();
        let cause = |task| decided.causes.get(task).filter(|cause| !cause.is_safe).map(|it| (task, it.error.clone()));
        tasks.filter_map(cause).collect()
    }

    /// Notes that the keeper has that of a task.
    pub(super) fn note_safe(&self, task: &str) {
        if let Some(cause) = self.lock().causes.get_mut(task) {
            cause.is_safe = true;
        }
    }

    /// Forgets all: the tasks that failed are tried again.
    pub(super) fn forget(&self) {
        let mut decided = self.lock();
        decided.is_anew = true;
        let forgotten = std::mem::take(&mut decided.causes);
        drop(decided);
        // The drop of an error is foreign code, so it comes after the lock.
        drop(forgotten);
    }
}
