//! In: the events of one run. Out: what each of its tasks did, and in what order.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Profile;
use crate::observe::observer::{Observer, Outcome, TaskEvent, returns};

/// The memory of a larger run is not kept.
const MOST_KEPT: usize = 1024;

/// Is told about one run, and adds it to the profile when it is dropped.
pub(super) struct Recorder {
    profile: Profile,
    graph: &'static str,
    steps: Mutex<Steps>,
}

/// What the tasks of a run did, in the order of their first events.
#[derive(Default)]
pub(super) struct Steps {
    /// As many as `used` are of this run; the others keep their memory for another.
    all: Vec<Step>,
    used: usize,
    places: HashMap<u64, usize>,
    is_needed: Vec<bool>,
    goal: String,
}

#[derive(Default)]
pub(super) struct Step {
    pub(super) name: String,
    /// Ids at first; in the end the places of those that are known.
    inputs: Vec<u64>,
    pub(super) attempts: u32,
    /// How many attempts failed.
    pub(super) failures: u32,
    pub(super) has_failed: bool,
    is_cancelled: bool,
    pub(super) started: Option<Duration>,
    pub(super) ended: Option<Duration>,
    pub(super) paused: Duration,
    paused_since: Option<Duration>,
}

impl Recorder {
    pub(super) fn new(profile: Profile, graph: &'static str, steps: Steps) -> Self {
        Self { profile, graph, steps: Mutex::new(steps) }
    }

    fn with(&self, task: &TaskEvent<'_>, note: impl FnOnce(&mut Step, Duration)) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.profile.now();
        note(steps.of(task), now);
    }

    fn steps(&mut self) -> &mut Steps {
        self.steps.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recorder {
    fn made(&self, task: &TaskEvent<'_>) {
        self.with(task, |_, _| {});
    }

    fn started(&self, task: &TaskEvent<'_>) {
        self.with(task, |step, now| {
            step.attempts += 1;
            step.started.get_or_insert(now);
            step.ended = None;
        });
    }

    fn paused(&self, task: &TaskEvent<'_>) {
        self.with(task, |step, now| step.paused_since = Some(now));
    }

    fn resumed(&self, task: &TaskEvent<'_>) {
        self.with(task, |step, now| {
            if let Some(since) = step.paused_since.take() {
                step.paused += now.saturating_sub(since);
            }
        });
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        self.with(task, |step, now| {
            step.has_failed = matches!(outcome, Outcome::Failed(_) | Outcome::Panicked);
            step.failures += u32::from(step.has_failed);
            step.is_cancelled = matches!(outcome, Outcome::Cancelled);
            if !matches!(outcome, Outcome::Skipped { .. }) {
                step.ended = Some(now);
            }
        });
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let mut steps = std::mem::take(self.steps());
        steps.settle();
        // Meters are foreign code, and a run may be dropped by a panic.
        returns(|| self.profile.add(self.graph, steps));
    }
}

impl Steps {
    fn of(&mut self, task: &TaskEvent<'_>) -> &mut Step {
        let place = *self.places.entry(task.id()).or_insert(self.used);
        if place == self.used {
            if place == self.all.len() {
                self.all.push(Step::default());
            }
            self.used += 1;
            let step = &mut self.all[place];
            step.name.push_str(task.name());
            step.inputs.extend_from_slice(task.inputs());
        }
        &mut self.all[place]
    }

    /// Makes places of the ids of inputs, and finds the goal: the only task that no other needs.
    fn settle(&mut self) {
        self.is_needed.clear();
        self.is_needed.resize(self.used, false);
        for step in &mut self.all[..self.used] {
            let places = &self.places;
            step.inputs.retain_mut(|input| {
                let place = places.get(input);
                *input = place.map_or(0, |&place| place as u64);
                place.is_some()
            });
        }
        for place in 0..self.used {
            for input in 0..self.all[place].inputs.len() {
                let input = self.input(place, input);
                self.is_needed[input] = true;
            }
        }
        let steps = &self.all[..self.used];
        let mut goals = (0..self.used).filter(|&place| !self.is_needed[place]).map(|place| steps[place].name.as_str());
        let goal = if steps.iter().any(|step| step.is_cancelled) && !steps.iter().any(|step| step.has_failed) {
            // Nobody knows any more what else it would have done.
            "(dropped)"
        } else {
            match (goals.next(), goals.next()) {
                (Some(goal), None) => goal,
                _ => "(several)",
            }
        };
        self.goal.push_str(goal);
    }

    fn input(&self, step: usize, input: usize) -> usize {
        usize::try_from(self.all[step].inputs[input]).unwrap_or(usize::MAX)
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.all[..self.used]
    }

    /// Returns the places of the inputs of a step.
    pub(super) fn inputs(&self, step: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.all[step].inputs.len()).map(move |input| self.input(step, input))
    }

    pub(super) fn goal(&self) -> &str {
        &self.goal
    }

    /// Whether the run was dropped half-way.
    pub(super) fn is_dropped(&self) -> bool {
        self.goal == "(dropped)"
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(super) fn is_small(&self) -> bool {
        self.all.len() <= MOST_KEPT
    }

    pub(super) fn clear(&mut self) {
        for step in &mut self.all[..self.used] {
            let (mut name, mut inputs) = (std::mem::take(&mut step.name), std::mem::take(&mut step.inputs));
            name.clear();
            inputs.clear();
            *step = Step { name, inputs, ..Step::default() };
        }
        self.used = 0;
        self.places.clear();
        self.goal.clear();
    }

    /// Returns when the first task started.
    pub(super) fn begun(&self) -> Duration {
        self.steps().iter().filter_map(|step| step.started).min().unwrap_or_default()
    }

    /// Returns the end of the last input of a step, or the begin of the run.
    pub(super) fn released(&self, step: usize, begun: Duration) -> Duration {
        self.inputs(step).filter_map(|input| self.all[input].ended).max().unwrap_or(begun)
    }
}
