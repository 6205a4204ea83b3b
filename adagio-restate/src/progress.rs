//! What a run tells of its tasks while it runs: when each started and ended, and the failures.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use adagio::{Observer, Outcome, TaskError, TaskEvent};

/// Looks at a run; its clones look at the same one.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// By the places of the tasks.
    attempts: Vec<Attempt>,
    /// In the order in which they happened.
    failures: Vec<TaskError>,
    panicked: Option<String>,
}

/// The last attempt of a task, in microseconds since 1970.
#[derive(Clone, Copy, Default)]
pub(crate) struct Attempt {
    pub(crate) started: u64,
    pub(crate) ended: u64,
    /// It is done or has failed. A task with `catch` that has failed has a result all the same.
    pub(crate) has_ended: bool,
}

impl Progress {
    pub(crate) fn attempt(&self, task: usize) -> Attempt {
        self.seen().attempts.get(task).copied().unwrap_or_default()
    }

    /// Returns the failures, in the order in which they happened.
    pub(crate) fn failures(&self) -> Vec<TaskError> {
        self.seen().failures.clone()
    }

    /// Returns the task that panicked.
    pub(crate) fn panicked(&self) -> Option<String> {
        self.seen().panicked.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, task: &TaskEvent<'_>, note: impl FnOnce(&mut Attempt)) {
        let Ok(task) = usize::try_from(task.id()) else { return };
        let attempts = &mut self.seen().attempts;
        if attempts.len() <= task {
            attempts.resize(task + 1, Attempt::default());
        }
        note(&mut attempts[task]);
    }
}

impl Observer for Progress {
    fn started(&self, task: &TaskEvent<'_>) {
        self.note(task, |attempt| attempt.started = now());
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        self.note(task, |attempt| {
            attempt.ended = now();
            attempt.has_ended = matches!(outcome, Outcome::Done | Outcome::Failed(_));
        });
        match outcome {
            Outcome::Failed(error) => self.seen().failures.push(error.clone()),
            Outcome::Panicked => self.seen().panicked = Some(task.name().to_owned()),
            _ => {}
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
