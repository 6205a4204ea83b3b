//! In: events with their times. Out: what happened to each task.

use std::collections::HashMap;
use std::time::Duration;

use crate::observe::observer::{Outcome, TaskEvent};

/// What happened to a task, as a [`Timeline`](crate::Timeline) knows it.
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
    id: u64,
    name: String,
    inputs: Vec<u64>,
    pub(super) attempts: Vec<TimelineAttempt>,
    skipped: Option<Outcome>,
}

/// An attempt of a task; times count from the first event of the run.
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
    number: u32,
    pub(super) started: Duration,
    pub(super) ended: Option<Duration>,
    outcome: Option<Outcome>,
}

impl TimelineTask {
    /// Gives the number of the task, unique in its run.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Gives the name of the task.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the ids of the tasks that it depends on.
    #[must_use]
    pub fn inputs(&self) -> &[u64] {
        &self.inputs
    }

    /// Gives the attempts in the order of their starts; none if the task was skipped, or has not started.
    #[must_use]
    pub fn attempts(&self) -> &[TimelineAttempt] {
        &self.attempts
    }

    /// Tells how the task ended: as its last attempt, or skipped; nothing if it has not.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.skipped.as_ref().or_else(|| self.attempts.last()?.outcome())
    }

    /// Tells when the first attempt started.
    #[must_use]
    pub fn started(&self) -> Option<Duration> {
        self.attempts.first().map(|attempt| attempt.started)
    }

    /// Tells when the last attempt ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<Duration> {
        self.attempts.last()?.ended
    }
}

impl TimelineAttempt {
    /// Gives the number of the attempt, from 1. It counts on when a run forgets its failures.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Tells when it started.
    #[must_use]
    pub fn started(&self) -> Duration {
        self.started
    }

    /// Tells when it ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<Duration> {
        self.ended
    }

    /// Tells how it ended, if it has.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }
}

/// The events of a run, by task.
#[derive(Default)]
pub(super) struct Log {
    tasks: Vec<TimelineTask>,
    positions: HashMap<u64, usize>,
    /// The time of the first event.
    first: Duration,
}

impl Log {
    /// Gives the tasks as they were told; their times are those of the clock.
    pub(super) fn tasks(&self) -> Vec<TimelineTask> {
        self.tasks.clone()
    }

    pub(super) fn first(&self) -> Duration {
        self.first
    }

    pub(super) fn made(&mut self, event: &TaskEvent<'_>, now: Duration) {
        self.task(event, now);
    }

    pub(super) fn started(&mut self, event: &TaskEvent<'_>, now: Duration) {
        let task = self.task(event, now);
        task.skipped = None;
        task.attempts.push(TimelineAttempt { number: event.attempt(), started: now, ended: None, outcome: None });
    }

    pub(super) fn finished(&mut self, event: &TaskEvent<'_>, outcome: &Outcome, now: Duration) {
        let task = self.task(event, now);
        if let Outcome::Skipped { .. } = outcome {
            task.skipped = Some(outcome.clone());
            return;
        }
        let under_way = task.attempts.iter_mut().rev().find(|it| it.ended.is_none() && it.number == event.attempt());
        if let Some(attempt) = under_way {
            attempt.ended = Some(now);
            attempt.outcome = Some(outcome.clone());
        } else {
            let (ended, outcome) = (Some(now), Some(outcome.clone()));
            task.attempts.push(TimelineAttempt { number: event.attempt(), started: now, ended, outcome });
        }
    }

    /// Finds a task, or notes that it exists.
    fn task(&mut self, event: &TaskEvent<'_>, now: Duration) -> &mut TimelineTask {
        if self.tasks.is_empty() {
            self.first = now;
        }
        let position = *self.positions.entry(event.id()).or_insert(self.tasks.len());
        if position == self.tasks.len() {
            self.tasks.push(TimelineTask {
                id: event.id(),
                name: event.name().to_owned(),
                inputs: event.inputs().to_vec(),
                attempts: Vec::new(),
                skipped: None,
            });
        }
        &mut self.tasks[position]
    }
}
