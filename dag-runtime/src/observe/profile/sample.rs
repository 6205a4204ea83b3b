//! The latest runs with their exact edges, to reckon what would be if a task were faster.

use std::time::Duration;

use super::recorder::Steps;

/// At most this many runs are kept.
const MOST_RUNS: usize = 256;
/// A run of more tasks is not.
const MOST_STEPS: usize = 128;

#[derive(Clone, Default)]
pub(super) struct Samples {
    runs: Vec<Run>,
    /// Where the next run goes: the oldest makes room.
    next: usize,
}

/// A run; its steps stand behind their inputs.
#[derive(Clone, Default)]
struct Run {
    steps: Vec<Step>,
    /// Of all steps, one after another: places in `steps`.
    inputs: Vec<usize>,
    /// For each step as it was told, its place here.
    places: Vec<usize>,
}

#[derive(Clone)]
struct Step {
    task: usize,
    /// From the end of the last input to the start.
    lag: Duration,
    took: Duration,
    /// How many inputs it has.
    inputs: usize,
}

impl Samples {
    /// Keeps a run; `task_of` returns the task of a step.
    pub(super) fn add(&mut self, run: &Steps, begun: Duration, task_of: impl Fn(usize) -> usize) {
        if run.steps().len() > MOST_STEPS {
            return;
        }
        if self.runs.len() < MOST_RUNS {
            self.runs.push(Run::default());
            self.next = self.runs.len() - 1;
        }
        let kept = &mut self.runs[self.next];
        self.next = (self.next + 1) % MOST_RUNS;
        kept.steps.clear();
        kept.inputs.clear();
        kept.places.clear();
        kept.places.resize(run.steps().len(), usize::MAX);
        // Again and again those whose inputs are all placed: the order of their first events is not always one.
        let mut is_changed = true;
        while std::mem::take(&mut is_changed) {
            for (position, step) in run.steps().iter().enumerate() {
                let (Some(started), Some(ended)) = (step.started, step.ended) else { continue };
                let is_placed = |place: usize| run.steps()[place].ended.is_none() || kept.places[place] != usize::MAX;
                if kept.places[position] != usize::MAX || !run.inputs(position).all(is_placed) {
                    continue;
                }
                let before = kept.inputs.len();
                kept.inputs.extend(run.inputs(position).map(|input| kept.places[input]).filter(|&it| it != usize::MAX));
                kept.places[position] = kept.steps.len();
                kept.steps.push(Step {
                    task: task_of(position),
                    lag: started.saturating_sub(run.released(position, begun)),
                    took: ended.saturating_sub(started),
                    inputs: kept.inputs.len() - before,
                });
                is_changed = true;
            }
        }
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
    /// Returns how long the run would have taken.
    fn total(&self, task: usize, factor: f64) -> Duration {
        let mut ends: Vec<Duration> = Vec::with_capacity(self.steps.len());
        let mut inputs = self.inputs.iter();
        for step in &self.steps {
            let released = inputs.by_ref().take(step.inputs).map(|&input| ends[input]).max().unwrap_or_default();
            let took = if step.task == task { step.took.mul_f64(factor) } else { step.took };
            ends.push(released + step.lag + took);
        }
        ends.into_iter().max().unwrap_or_default()
    }
}
