//! Runs with their exact edges, to reckon what would be if a task were faster.

use std::time::Duration;

use super::recorder::Steps;
use super::{Nanos, duration};

/// At most this many runs are kept.
const MOST_RUNS: usize = 256;
/// Once there are that many, one in this many runs replaces the oldest.
const ONE_OF: usize = 8;
/// A run of more tasks is not kept.
const MOST_STEPS: usize = 128;

#[derive(Clone, Default)]
pub(super) struct Samples {
    runs: Vec<Run>,
    /// Where the next run goes: the oldest makes room.
    next: usize,
    /// How many runs were not kept since the last.
    passed: usize,
}

/// A run; its steps stand behind their inputs.
#[derive(Clone, Default)]
struct Run {
    steps: Vec<Step>,
    /// Of all steps, one after another: places in `steps`.
    inputs: Vec<usize>,
    /// For each id its place in `steps`.
    places: Vec<Option<usize>>,
}

#[derive(Clone)]
struct Step {
    task: usize,
    /// From the end of the last input to the start.
    lag: Nanos,
    took: Nanos,
    /// How many inputs it has.
    inputs: usize,
}

impl Samples {
    /// Keeps a run, or passes it over.
    pub(super) fn add(&mut self, run: &Steps) {
        if run.order.len() > MOST_STEPS {
            return;
        }
        if self.runs.len() < MOST_RUNS {
            self.next = self.runs.len();
            self.runs.push(Run::default());
        } else {
            self.passed = (self.passed + 1) % ONE_OF;
            if self.passed != 0 {
                return;
            }
        }
        self.runs[self.next].keep(run);
        self.next = (self.next + 1) % MOST_RUNS;
    }

    pub(super) fn merge(&mut self, other: &Self, places: &[usize]) {
        for run in &other.runs {
            let mut run = run.clone();
            run.steps.iter_mut().for_each(|step| step.task = places[step.task]);
            if self.runs.len() < MOST_RUNS {
                self.runs.push(run);
            } else {
                self.runs[self.next] = run;
            }
            self.next = (self.next + 1) % MOST_RUNS;
        }
    }

    /// Returns how much shorter the slowest in a hundred calls would be if a task took so much of its time.
    pub(super) fn saved(&self, task: usize, factor: f64) -> Duration {
        let quantile = |factor| {
            let mut totals: Vec<Duration> = self.runs.iter().map(|run| run.total(task, factor)).collect();
            totals.sort_unstable();
            totals.get((totals.len().saturating_sub(1)) * 99 / 100).copied().unwrap_or_default()
        };
        quantile(1.0_f64).saturating_sub(quantile(factor))
    }
}

impl Run {
    fn keep(&mut self, run: &Steps) {
        self.steps.clear();
        self.inputs.clear();
        self.places.clear();
        self.places.resize(run.all.len(), None);
        // Again and again those whose inputs are all placed: the order of their first events is not always one.
        let mut is_changed = true;
        while std::mem::take(&mut is_changed) {
            for &id in &run.order {
                let step = &run.all[id];
                let told = &step.told;
                let (Some(started), Some(ended), Some(task)) = (told.started, told.ended, step.task) else { continue };
                let place = |input: &u64| self.places.get(usize::try_from(*input).ok()?).copied().flatten();
                let is_open =
                    |input: &u64| run.step(*input).is_some_and(|it| it.told.ended.is_some()) && place(input).is_none();
                if self.places[id].is_some() || step.inputs.iter().any(is_open) {
                    continue;
                }
                let before = self.inputs.len();
                self.inputs.extend(step.inputs.iter().filter_map(place));
                self.places[id] = Some(self.steps.len());
                self.steps.push(Step {
                    task,
                    lag: started.saturating_sub(told.released),
                    took: ended.saturating_sub(started),
                    inputs: self.inputs.len() - before,
                });
                is_changed = true;
            }
        }
    }

    /// Returns how long the run would have taken.
    fn total(&self, task: usize, factor: f64) -> Duration {
        let mut ends: Vec<Duration> = Vec::with_capacity(self.steps.len());
        let mut inputs = self.inputs.iter();
        for step in &self.steps {
            let released = inputs.by_ref().take(step.inputs).map(|&input| ends[input]).max().unwrap_or_default();
            let took = if step.task == task { duration(step.took).mul_f64(factor) } else { duration(step.took) };
            ends.push(released + duration(step.lag) + took);
        }
        ends.into_iter().max().unwrap_or_default()
    }
}
