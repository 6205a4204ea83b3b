//! In: events with their times. Out: what happened to each task.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use super::task::{TimelineAttempt, TimelineTask, Wait};
use crate::graph::Graph;
use crate::observe::observer::{Outcome, TaskEvent};

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
    /// That graph, unless the run was in another life of the program.
    pub(super) shape: Option<&'static Graph>,
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
            let (id, index, attempts) = (event.id(), event.index(), Vec::new());
            TimelineTask { id, name, function, inputs, maker, index, attempts, skipped: None, because: None }
        })
    }
}

/// Returns the name of a task, and the name of its function if it is another.
fn names(event: &TaskEvent<'_>) -> (String, Option<String>) {
    let function = Some(event.function()).filter(|function| *function != event.name());
    (event.name().to_owned(), function.map(str::to_owned))
}
