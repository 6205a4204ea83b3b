//! In: what happened to each task. Out: what that means for the whole: the end, the chain that decided it, the work.

use std::collections::HashMap;
use std::time::Duration;

use super::log::{TimelineAttempt, TimelineTask};
use crate::observe::observer::Outcome;

/// A run as it stands at one moment.
pub(super) struct Recording {
    /// In the order of their first events: inputs stand before what needs them.
    pub(super) tasks: Vec<TimelineTask>,
    /// From the first event to the last, or until now.
    pub(super) wall_time: Duration,
    positions: HashMap<u64, usize>,
}

impl Recording {
    pub(super) fn new(mut tasks: Vec<TimelineTask>, first: Duration, now: Duration) -> Self {
        let now = now.saturating_sub(first);
        let mut wall_time = Duration::ZERO;
        for attempt in tasks.iter_mut().flat_map(|task| &mut task.attempts) {
            attempt.started = attempt.started.saturating_sub(first);
            attempt.ended = attempt.ended.map(|ended| ended.saturating_sub(first));
            wall_time = wall_time.max(attempt.ended.unwrap_or(now));
        }
        let positions = tasks.iter().enumerate().map(|(position, task)| (task.id(), position)).collect();
        Self { tasks, wall_time, positions }
    }

    /// Tells when an attempt ended; one that is under way has come as far as the run.
    pub(super) fn end(&self, attempt: &TimelineAttempt) -> Duration {
        attempt.ended.unwrap_or(self.wall_time)
    }

    pub(super) fn length(&self, attempt: &TimelineAttempt) -> Duration {
        self.end(attempt).saturating_sub(attempt.started)
    }

    /// Gives the time that the attempts of a task take.
    pub(super) fn work(&self, task: &TimelineTask) -> Duration {
        task.attempts().iter().map(|attempt| self.length(attempt)).sum()
    }

    pub(super) fn total_work(&self) -> Duration {
        self.tasks.iter().map(|task| self.work(task)).sum()
    }

    pub(super) fn parallelism(&self) -> f64 {
        if self.wall_time.is_zero() { 0.0 } else { self.total_work().div_duration_f64(self.wall_time) }
    }

    /// Gives the positions of the inputs of a task that something is known of: one that was injected has no events.
    pub(super) fn inputs(&self, task: &TimelineTask) -> Vec<usize> {
        task.inputs().iter().filter_map(|id| self.positions.get(id).copied()).collect()
    }

    /// Gives the positions of the tasks that decided the end, the last one last.
    pub(super) fn critical_path(&self) -> Vec<usize> {
        let mut path = Vec::new();
        let mut is_met = vec![false; self.tasks.len()];
        let mut last = self.latest(0..self.tasks.len());
        while let Some(position) = last.filter(|&position| !std::mem::replace(&mut is_met[position], true)) {
            path.push(position);
            last = self.latest(self.inputs(&self.tasks[position]));
        }
        path.reverse();
        path
    }

    /// Tells of each task whether it is one of those that decided the end.
    pub(super) fn are_critical(&self) -> Vec<bool> {
        let mut are_critical = vec![false; self.tasks.len()];
        for position in self.critical_path() {
            are_critical[position] = true;
        }
        are_critical
    }

    /// Gives the one of some tasks that ended last; of several the last. What was cancelled did not end by itself: it
    /// counts if there is nothing else.
    fn latest(&self, positions: impl IntoIterator<Item = usize>) -> Option<usize> {
        let ends = positions.into_iter().filter_map(|position| {
            let attempt = self.tasks[position].attempts().last()?;
            let is_cancelled = matches!(attempt.outcome(), Some(Outcome::Cancelled));
            Some((!is_cancelled, self.end(attempt), position))
        });
        ends.max().map(|(.., position)| position)
    }
}
