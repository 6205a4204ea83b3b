//! In: what happened to each task. Out: what that means for the whole: the end, the chain that decided it, the work.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::log::About;
use super::scale::{Time, Unit};
use super::task::{TimelineAttempt, TimelineTask};
use super::verdict;
use crate::observe::observer::Outcome;

/// A run as it stands at one moment.
pub(super) struct Recording {
    /// In the order of their first events. A task that is skipped may stand before what it needs.
    pub(super) tasks: Vec<TimelineTask>,
    /// From the first event to the last, or until now.
    pub(super) wall_time: Duration,
    pub(super) about: About,
    positions: HashMap<u64, usize>,
    /// The tasks that run once for each element of a collection, of which elements are known.
    wide: HashSet<u64>,
}

impl Recording {
    pub(super) fn new(mut tasks: Vec<TimelineTask>, about: About, first: Duration, now: Duration) -> Self {
        let now = now.saturating_sub(first);
        let mut wall_time = Duration::ZERO;
        for attempt in tasks.iter_mut().flat_map(|task| &mut task.attempts) {
            attempt.started = attempt.started.saturating_sub(first);
            attempt.ended = attempt.ended.map(|ended| ended.saturating_sub(first));
            for wait in &mut attempt.waits {
                wait.from = wait.from.saturating_sub(first);
                wait.to = wait.to.map(|to| to.saturating_sub(first));
            }
            wall_time = wall_time.max(attempt.ended.unwrap_or(now));
        }
        let positions = tasks.iter().enumerate().map(|(position, task)| (task.id(), position)).collect();
        let elements = tasks.iter().filter(|task| task.index.is_some());
        let wide = elements.filter_map(TimelineTask::maker).collect();
        Self { tasks, wall_time, about, positions, wide }
    }

    /// Returns a time as it is written: in the unit of the run, or in a smaller one.
    pub(super) fn time(&self, time: Duration) -> Time {
        Unit::of(self.wall_time).write_near(time)
    }

    /// Tells when an attempt ended; one that is under way has come as far as the run.
    pub(super) fn end(&self, attempt: &TimelineAttempt) -> Duration {
        attempt.ended.unwrap_or(self.wall_time)
    }

    pub(super) fn length(&self, attempt: &TimelineAttempt) -> Duration {
        self.end(attempt).saturating_sub(attempt.started)
    }

    /// Returns when the waits of an attempt for other tasks began and ended.
    pub(super) fn waits<'a>(&'a self, attempt: &'a TimelineAttempt) -> impl Iterator<Item = (Duration, Duration)> + 'a {
        attempt.waits.iter().map(|wait| (wait.from, wait.to.unwrap_or(self.wall_time)))
    }

    /// Returns the time from the start to the end of the attempts of a task.
    pub(super) fn took(&self, task: &TimelineTask) -> Duration {
        task.attempts().iter().map(|attempt| self.length(attempt)).sum()
    }

    /// Returns the time that a task waited for others that it awaits.
    pub(super) fn waited(&self, task: &TimelineTask) -> Duration {
        let waits = task.attempts().iter().flat_map(|attempt| self.waits(attempt));
        waits.map(|(from, to)| to.saturating_sub(from)).sum()
    }

    /// Returns whether elements of a task are known.
    pub(super) fn is_wide(&self, task: &TimelineTask) -> bool {
        self.wide.contains(&task.id())
    }

    /// Returns the position of the task that an element belongs to, or that of the task itself.
    pub(super) fn whole(&self, position: usize) -> usize {
        let task = &self.tasks[position];
        task.index.and_then(|_| self.maker(task)).unwrap_or(position)
    }

    /// Returns the time that the attempts of a task work. The work of a task that runs for each element is that of its
    /// elements.
    pub(super) fn work(&self, task: &TimelineTask) -> Duration {
        if self.is_wide(task) {
            return Duration::ZERO;
        }
        self.took(task).saturating_sub(self.waited(task))
    }

    pub(super) fn total_work(&self) -> Duration {
        self.tasks.iter().map(|task| self.work(task)).sum()
    }

    pub(super) fn parallelism(&self) -> f64 {
        if self.wall_time.is_zero() { 0.0 } else { self.total_work().div_duration_f64(self.wall_time) }
    }

    /// Returns the positions of the inputs of a task that something is known of: one that was injected has no events.
    pub(super) fn inputs(&self, task: &TimelineTask) -> Vec<usize> {
        task.inputs().iter().filter_map(|id| self.positions.get(id).copied()).collect()
    }

    /// Returns the position of the task that made a task.
    pub(super) fn maker(&self, task: &TimelineTask) -> Option<usize> {
        self.positions.get(&task.maker()?).copied()
    }

    /// Returns all positions in an order in which inputs, and who made a task, stand before it. Where events contradict
    /// each other, as those of two runs may, some do not.
    pub(super) fn order(&self) -> Vec<usize> {
        let before = |position: usize| {
            let task = &self.tasks[position];
            self.inputs(task).into_iter().chain(self.maker(task)).collect::<Vec<_>>()
        };
        let mut order = Vec::with_capacity(self.tasks.len());
        let mut is_met = vec![false; self.tasks.len()];
        for first in 0..self.tasks.len() {
            if std::mem::replace(&mut is_met[first], true) {
                continue;
            }
            let mut open = vec![(first, before(first))];
            while let Some((position, left)) = open.last_mut() {
                match left.pop() {
                    Some(next) if !std::mem::replace(&mut is_met[next], true) => open.push((next, before(next))),
                    Some(_) => {}
                    None => {
                        order.push(*position);
                        open.pop();
                    }
                }
            }
        }
        order
    }

    /// Returns for each task that failed the task that ran all the same, as one does that depends on it by `catch`.
    pub(super) fn caught_by(&self) -> Vec<Option<usize>> {
        let mut caught_by = vec![None; self.tasks.len()];
        for (position, task) in self.tasks.iter().enumerate() {
            let Some(last) = task.attempts().last() else { continue };
            for input in self.inputs(task) {
                let ended = self.tasks[input].attempts().last().filter(|it| verdict::is_failure(it.outcome()));
                if ended.is_some_and(|failed| self.end(failed) <= last.started()) {
                    caught_by[input].get_or_insert(position);
                }
            }
        }
        for position in 0..self.tasks.len() {
            let whole = self.whole(position);
            if whole != position && verdict::is_failure(self.tasks[position].outcome()) {
                // With the failure of its task; or its failure is a value of the task, which is done.
                let is_value = matches!(self.tasks[whole].outcome(), Some(Outcome::Done));
                caught_by[position] = caught_by[whole].or(is_value.then_some(whole));
            }
        }
        caught_by
    }

    /// Returns the task whose failure nothing caught: the first because of which a goal was skipped, or else the first. A
    /// failure that another task would have caught is not that of the goal.
    pub(super) fn first_failure(&self) -> Option<usize> {
        let caught_by = self.caught_by();
        let failed = (0..self.tasks.len()).filter(|&position| {
            let outcome = self.tasks[position].outcome();
            caught_by[position].is_none()
                && (verdict::is_failure(outcome) || matches!(outcome, Some(Outcome::Panicked)))
        });
        let skipped = self.goals().filter_map(|position| verdict::skipped_for(&self.tasks[position]));
        let reasons: HashSet<&str> = skipped.collect();
        failed.min_by_key(|&position| {
            let task = &self.tasks[position];
            (!reasons.contains(task.name()) && !reasons.contains(task.function()), task.ended())
        })
    }

    /// Returns the tasks that no other one needs.
    fn goals(&self) -> impl Iterator<Item = usize> {
        let mut is_needed = vec![false; self.tasks.len()];
        self.tasks.iter().flat_map(|task| self.inputs(task)).for_each(|input| is_needed[input] = true);
        let all = is_needed.into_iter().enumerate().filter(|(_, is_needed)| !is_needed).map(|(position, _)| position);
        all.filter(|&position| self.tasks[position].index.is_none())
    }

    /// Returns what ran: the type of the graph, and the only task that nothing else needs.
    pub(super) fn title(&self) -> String {
        let goals: Vec<&str> = self.goals().map(|position| self.tasks[position].name()).collect();
        // The tasks between a task that was dropped and the goal may not have been told of.
        let goal = match (&goals[..], self.about.shape) {
            (&[goal], _) => Some(goal),
            (_, Some(shape)) => shape.only_goal(&goals).map(|place| goals[place]),
            (_, None) => None,
        };
        match (self.about.graph, goal) {
            (Some(graph), Some(goal)) => format!("{graph}::{goal}"),
            (Some(graph), None) => graph.to_owned(),
            (None, _) => "Scope".to_owned(),
        }
    }

    /// Returns the positions of the tasks that decided the end, the last one last.
    pub(super) fn critical_path(&self) -> Vec<usize> {
        let mut path = Vec::new();
        let mut is_met = vec![false; self.tasks.len()];
        let mut last = self.fatal().or_else(|| self.latest(0..self.tasks.len()));
        while let Some(position) = last.filter(|&position| !std::mem::replace(&mut is_met[position], true)) {
            // Of a task that runs for each element, the element that ended last has decided.
            let element = if self.is_wide(&self.tasks[position]) { self.latest(self.elements(position)) } else { None };
            let position = element.unwrap_or(position);
            path.push(position);
            last = self.latest(self.deciding_inputs(position));
        }
        path.reverse();
        path
    }

    /// Returns the positions of the elements of a task.
    fn elements(&self, whole: usize) -> impl Iterator<Item = usize> {
        let id = self.tasks[whole].id();
        let is_own = move |task: &TimelineTask| task.index.is_some() && task.maker() == Some(id);
        (0..self.tasks.len()).filter(move |&position| is_own(&self.tasks[position]))
    }

    /// Returns the inputs of a task that can have decided when it started. A task that was skipped has no time of its own:
    /// those of its inputs that have no result stand for it.
    fn deciding_inputs(&self, position: usize) -> Vec<usize> {
        let (mut waiting, mut deciding) = (self.inputs(&self.tasks[position]), Vec::new());
        let mut skipped = HashSet::new();
        while let Some(input) = waiting.pop() {
            let task = &self.tasks[input];
            if !matches!(task.outcome(), Some(Outcome::Skipped { .. })) {
                deciding.push(input);
            } else if skipped.insert(input) {
                let is_done = |&input: &usize| matches!(self.tasks[input].outcome(), Some(Outcome::Done));
                waiting.extend(self.inputs(task).into_iter().filter(|input| !is_done(input)));
            }
        }
        deciding
    }

    /// Returns the task whose failure ended the run: others were dropped for it, and nothing started later. Another task
    /// may have ended a little later.
    fn fatal(&self) -> Option<usize> {
        let failed = self.first_failure()?;
        let ended = self.tasks[failed].ended();
        let is_dropped =
            |task: &TimelineTask| matches!(task.outcome(), Some(Outcome::Cancelled)) && task.ended() >= ended;
        let goes_on = |attempt: &TimelineAttempt| attempt.ended.is_none() || Some(attempt.started) > ended;
        let goes_on = self.tasks.iter().flat_map(TimelineTask::attempts).any(goes_on);
        (self.tasks.iter().any(is_dropped) && !goes_on).then_some(failed)
    }

    /// Tells of each task whether it is one of those that decided the end.
    pub(super) fn are_critical(&self) -> Vec<bool> {
        let mut are_critical = vec![false; self.tasks.len()];
        for position in self.critical_path() {
            are_critical[position] = true;
        }
        are_critical
    }

    /// Returns the one of some tasks that ended last; of several the last. What was cancelled did not end by itself: it
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
