//! A task of a timeline, and its attempts.

use std::time::Duration;

use crate::observe::observer::Outcome;

/// A task of a [`Timeline`](crate::Timeline), with what happened to it.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Timeline, TimelineTask};
///
/// fn slowest(timeline: &Timeline) -> Option<TimelineTask> {
///     timeline.tasks().into_iter().max_by_key(|task| Some(task.ended()? - task.started()?))
/// }
/// # assert!(slowest(&Timeline::new()).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct TimelineTask {
    pub(super) id: u64,
    pub(super) name: String,
    /// The name of its function, if it is another.
    pub(super) function: Option<String>,
    pub(super) inputs: Vec<u64>,
    pub(super) maker: Option<u64>,
    pub(super) index: Option<usize>,
    pub(super) attempts: Vec<TimelineAttempt>,
    pub(super) skipped: Option<Outcome>,
    /// The name of the task that it is skipped for, if it is known.
    pub(super) because: Option<String>,
}

/// An attempt of a task. Times count from the first event of the run.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Outcome, TimelineAttempt};
///
/// fn has_failed(attempt: &TimelineAttempt) -> bool {
///     matches!(attempt.outcome(), Some(Outcome::Failed(_)))
/// }
/// # let _ = has_failed;
/// ```
#[derive(Clone, Debug)]
pub struct TimelineAttempt {
    pub(super) number: u32,
    pub(super) started: Duration,
    pub(super) ended: Option<Duration>,
    pub(super) outcome: Option<Outcome>,
    /// When it waited for other tasks.
    pub(super) waits: Vec<Wait>,
}

/// A time in which a task waits for another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) from: Duration,
    /// None while it waits.
    pub(super) to: Option<Duration>,
}

impl TimelineTask {
    /// Returns the number of the task, unique in its run.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the name of the task, such as `fetch /a`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of the task's function, such as `fetch`, which is the same for all its tasks.
    #[must_use]
    pub fn function(&self) -> &str {
        self.function.as_deref().unwrap_or(&self.name)
    }

    /// Returns the ids of the tasks that it depends on.
    #[must_use]
    pub fn inputs(&self) -> &[u64] {
        &self.inputs
    }

    /// Returns the id of the task whose body created this one, if it belongs to the same scope.
    #[must_use]
    pub fn maker(&self) -> Option<u64> {
        self.maker
    }

    /// Returns the index of the element that this entry is about, if the task runs once for each element of a collection: see
    /// [`TaskEvent::index`](crate::TaskEvent::index).
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.index
    }

    /// Returns the attempts in the order of their starts; there are none if the task was skipped, or has not started.
    #[must_use]
    pub fn attempts(&self) -> &[TimelineAttempt] {
        &self.attempts
    }

    /// Returns how the task ended: as its last attempt did, or skipped. Returns `None` if it has not ended.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.skipped.as_ref().or_else(|| self.attempts.last()?.outcome())
    }

    pub(super) fn because(&self) -> Option<&str> {
        self.because.as_deref()
    }

    /// Returns when the first attempt started.
    #[must_use]
    pub fn started(&self) -> Option<Duration> {
        self.attempts.first().map(|attempt| attempt.started)
    }

    /// Returns when the last attempt ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<Duration> {
        self.attempts.last()?.ended
    }
}

impl TimelineAttempt {
    /// Returns the number of the attempt, from 1. It continues to count after a run forgets its failures.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns when it started.
    #[must_use]
    pub fn started(&self) -> Duration {
        self.started
    }

    /// Returns when it ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<Duration> {
        self.ended
    }

    /// Returns how it ended, if it has.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Returns how long the attempt has waited for its permit, for other tasks that it awaits, and for a slot to
    /// continue. Only waits that have ended count.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.waits.iter().filter_map(|wait| Some(wait.to?.saturating_sub(wait.from))).sum()
    }

    /// Ends the wait. Waits with hardly anything between them become one, so that a task that awaits many others does
    /// not keep one for each.
    pub(super) fn end_wait(&mut self, now: Duration) {
        let Some(wait) = self.waits.last_mut().filter(|wait| wait.to.is_none()) else { return };
        wait.to = Some(now);
        if let [.., before, last] = &mut self.waits[..] {
            let gap = before.to.map(|to| last.from.saturating_sub(to));
            if gap.is_some_and(|gap| gap < SHORTEST_GAP) {
                before.to = last.to;
                self.waits.pop();
            }
        }
    }
}

/// What a task does between two waits, and is not worth to be shown.
const SHORTEST_GAP: Duration = Duration::from_micros(50);
