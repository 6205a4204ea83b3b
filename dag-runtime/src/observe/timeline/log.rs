//! In: events with their times. Out: what happened to each task.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use crate::observe::observer::{Outcome, TaskEvent};

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
    id: u64,
    name: String,
    /// The name of its function, if it is another.
    function: Option<String>,
    inputs: Vec<u64>,
    maker: Option<u64>,
    pub(super) attempts: Vec<TimelineAttempt>,
    skipped: Option<Outcome>,
    /// The name of the task that it is skipped for, if it is known.
    because: Option<String>,
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
    number: u32,
    pub(super) started: Duration,
    pub(super) ended: Option<Duration>,
    outcome: Option<Outcome>,
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
    fn end_wait(&mut self, now: Duration) {
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

/// Returns the id under which the end of a task's result is noted. No task has such an id: they count from 0.
fn closing_id(task: u64) -> u64 {
    task | 1 << 52
}

/// The events of a run, by task.
///
/// Tasks are in the order of their first events. With a limit, a task is forgotten once there are more than that: the
/// one that ended first. What is under way is never forgotten.
#[derive(Default)]
pub(super) struct Log {
    /// By the number of its first event.
    tasks: BTreeMap<u64, TimelineTask>,
    numbers: HashMap<u64, u64>,
    next: u64,
    /// The time of the first event.
    first: Duration,
    limit: Option<usize>,
    /// The numbers of the tasks that have ended, in that order; only with a limit.
    ended: VecDeque<u64>,
    pub(super) about: About,
}

/// What is known of a run beside its tasks.
#[derive(Clone, Default)]
pub(super) struct About {
    /// The type whose graph runs.
    pub(super) graph: Option<&'static str>,
    /// The name of the run.
    pub(super) run: Option<String>,
    /// When the first event was told.
    pub(super) begun: Option<SystemTime>,
    /// How many tasks were forgotten.
    pub(super) forgotten: usize,
}

impl Log {
    /// Returns the tasks as they were told; their times are those of the clock.
    pub(super) fn tasks(&self) -> Vec<TimelineTask> {
        self.tasks.values().cloned().collect()
    }

    pub(super) fn first(&self) -> Duration {
        self.first
    }

    pub(super) fn keep_last(&mut self, limit: usize) {
        self.limit = Some(limit);
    }

    pub(super) fn made(&mut self, event: &TaskEvent<'_>, now: Duration) {
        self.task(event, now);
    }

    pub(super) fn named(&mut self, event: &TaskEvent<'_>, now: Duration) {
        let (name, function) = names(event);
        // A task that has been forgotten stays so.
        if self.numbers.contains_key(&event.id()) {
            let task = self.task(event, now);
            (task.name, task.function) = (name, function);
        }
    }

    pub(super) fn started(&mut self, event: &TaskEvent<'_>, now: Duration) {
        let task = self.task(event, now);
        task.skipped = None;
        let number = event.attempt();
        task.attempts.push(TimelineAttempt { number, started: now, ended: None, outcome: None, waits: Vec::new() });
    }

    pub(super) fn paused(&mut self, event: &TaskEvent<'_>, now: Duration) {
        if let Some(attempt) = self.task(event, now).attempts.last_mut().filter(|attempt| attempt.ended.is_none()) {
            attempt.waits.push(Wait { from: now, to: None });
        }
    }

    pub(super) fn resumed(&mut self, event: &TaskEvent<'_>, now: Duration) {
        if let Some(attempt) = self.task(event, now).attempts.last_mut() {
            attempt.end_wait(now);
        }
    }

    pub(super) fn finished(&mut self, event: &TaskEvent<'_>, outcome: &Outcome, now: Duration) {
        let task = self.task(event, now);
        let number = event.attempt();
        if let Outcome::Skipped { .. } = outcome {
            task.skipped = Some(outcome.clone());
            task.because = event.because().map(str::to_owned);
        } else if let Some(attempt) =
            task.attempts.iter_mut().rev().find(|it| it.ended.is_none() && it.number == number)
        {
            attempt.end_wait(now);
            attempt.ended = Some(now);
            attempt.outcome = Some(outcome.clone());
        } else {
            let (ended, outcome) = (Some(now), Some(outcome.clone()));
            task.attempts.push(TimelineAttempt { number, started: now, ended, outcome, waits: Vec::new() });
        }
        self.forget(event.id());
    }

    /// Notes the end of a result as a task of its own, which follows the ends of those that were made from the result.
    pub(super) fn closing(&mut self, event: &TaskEvent<'_>, now: Duration) {
        let dependents = self.tasks.values().filter(|task| task.inputs.contains(&event.id()));
        let closed = dependents.map(|task| closing_id(task.id)).filter(|id| self.numbers.contains_key(id));
        let mut inputs: Vec<u64> = closed.collect();
        if inputs.is_empty() {
            inputs.push(event.id());
        }
        let name = format!("close {}", event.name());
        self.started(
            &TaskEvent { id: closing_id(event.id()), name: &name, function: None, inputs: &inputs, ..*event },
            now,
        );
    }

    pub(super) fn closed(&mut self, event: &TaskEvent<'_>, outcome: &Outcome, now: Duration) {
        self.finished(&TaskEvent { id: closing_id(event.id()), ..*event }, outcome, now);
    }

    /// Forgets those that ended first, where there are too many.
    fn forget(&mut self, ended: u64) {
        let Some(limit) = self.limit else { return };
        self.ended.extend(self.numbers.get(&ended));
        while self.tasks.len() > limit {
            let Some(number) = self.ended.pop_front() else { return };
            // One that is tried again stands there, too.
            if self.tasks.get(&number).is_some_and(|task| task.outcome().is_some()) {
                if let Some(task) = self.tasks.remove(&number) {
                    self.numbers.remove(&task.id);
                    self.about.forgotten += 1;
                }
            }
        }
    }

    /// Finds a task, or notes that it exists.
    fn task(&mut self, event: &TaskEvent<'_>, now: Duration) -> &mut TimelineTask {
        if self.next == 0 {
            self.first = now;
            self.about.begun = Some(SystemTime::now());
        }
        let number = *self.numbers.entry(event.id()).or_insert(self.next);
        self.next = self.next.max(number + 1);
        self.tasks.entry(number).or_insert_with(|| {
            let (name, function) = names(event);
            let (inputs, maker) = (event.inputs().to_vec(), event.maker());
            let (id, attempts) = (event.id(), Vec::new());
            TimelineTask { id, name, function, inputs, maker, attempts, skipped: None, because: None }
        })
    }
}

/// Returns the name of a task, and the name of its function if it is another.
fn names(event: &TaskEvent<'_>) -> (String, Option<String>) {
    let function = Some(event.function()).filter(|function| *function != event.name());
    (event.name().to_owned(), function.map(str::to_owned))
}
