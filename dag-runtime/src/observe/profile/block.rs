//! What is known of all runs of a graph with one goal.

use std::time::Duration;

use sketches_ddsketch::{Config, DDSketch};

#[cfg(feature = "metrics")]
use super::meters::{Meters, RunMeters};
use super::recorder::Steps;
use super::sample::Samples;

/// At most this many tasks are told apart by name; all others count as one.
const MOST_TASKS: usize = 200;
const OTHERS: &str = "(others)";

#[derive(Clone)]
pub(super) struct Block {
    pub(super) graph: &'static str,
    pub(super) goal: String,
    pub(super) runs: u64,
    /// In how many a task failed.
    pub(super) failed: u64,
    pub(super) total: Times,
    pub(super) tasks: Vec<Task>,
    /// From one task to another, and how often that decided when the other could start.
    pub(super) edges: Vec<Edge>,
    pub(super) samples: Samples,
    /// For each step of the run that is added its task, and whether it is on the critical path.
    places: Vec<(usize, bool)>,
    #[cfg(feature = "metrics")]
    meters: RunMeters,
}

#[derive(Clone)]
pub(super) struct Task {
    pub(super) name: String,
    pub(super) count: u64,
    pub(super) on_path: u64,
    pub(super) failures: u64,
    pub(super) retries: u64,
    /// From the first start to the last end.
    pub(super) took: Times,
    /// The part of the call that it decided, where it is on the path.
    pub(super) own: Times,
    /// From the end of the last input to the start.
    pub(super) waited_for_slot: Duration,
    /// In which it waited for other tasks that it awaits.
    pub(super) paused: Duration,
    #[cfg(feature = "metrics")]
    meters: Meters,
}

#[derive(Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) on_path: u64,
}

/// Times as a sketch: quantiles are at most 1 % off.
#[derive(Clone)]
pub(super) struct Times {
    sketch: DDSketch,
    pub(super) sum: Duration,
}

impl Times {
    fn new() -> Self {
        Self { sketch: DDSketch::new(Config::new(0.01, 1024, 1e-9)), sum: Duration::ZERO }
    }

    fn add(&mut self, time: Duration) {
        self.sketch.add(time.as_secs_f64());
        self.sum += time;
    }

    fn merge(&mut self, other: &Self) {
        // It fails only where the two are configured differently.
        _ = self.sketch.merge(&other.sketch);
        self.sum += other.sum;
    }

    /// Returns the time that a share of all times does not exceed.
    pub(super) fn quantile(&self, share: f64) -> Duration {
        let seconds = self.sketch.quantile(share).ok().flatten().unwrap_or(0.0);
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

impl Block {
    pub(super) fn new(graph: &'static str, goal: &str) -> Self {
        Self {
            graph,
            goal: goal.to_owned(),
            runs: 0,
            failed: 0,
            total: Times::new(),
            tasks: Vec::new(),
            edges: Vec::new(),
            samples: Samples::default(),
            places: Vec::new(),
            #[cfg(feature = "metrics")]
            meters: RunMeters::new(graph, goal),
        }
    }

    pub(super) fn is_of(&self, graph: &str, goal: &str) -> bool {
        self.graph == graph && self.goal == goal
    }

    /// Adds a run.
    pub(super) fn add(&mut self, run: &Steps) {
        self.runs += 1;
        if run.is_dropped() {
            return;
        }
        let has_failed = run.steps().iter().any(|step| step.has_failed);
        self.failed += u64::from(has_failed);
        let begun = run.begun();
        self.places.clear();
        for step in run.steps() {
            let place = self.place(&step.name);
            self.places.push((place, false));
        }
        let end = self.follow_path(run, begun);
        let total = end.saturating_sub(begun);
        self.total.add(total);
        #[cfg(feature = "metrics")]
        self.meters.add(total, has_failed);
        for (position, step) in run.steps().iter().enumerate() {
            let (Some(started), Some(ended)) = (step.started, step.ended) else { continue };
            let task = &mut self.tasks[self.places[position].0];
            let took = ended.saturating_sub(started);
            task.count += 1;
            task.took.add(took);
            task.failures += u64::from(step.failures);
            task.retries += u64::from(step.attempts.saturating_sub(1));
            task.waited_for_slot += started.saturating_sub(run.released(position, begun));
            task.paused += step.paused;
            #[cfg(feature = "metrics")]
            task.meters.add(took, step.failures);
        }
        if !has_failed {
            self.samples.add(run, begun, |position| self.places[position].0);
        }
    }

    /// Goes back from the task that ended last along the inputs that ended last, and returns its end.
    fn follow_path(&mut self, run: &Steps, begun: Duration) -> Duration {
        let steps = run.steps();
        let last = |places: &mut dyn Iterator<Item = usize>| {
            places.filter_map(|place| Some((steps[place].ended?, place))).max()
        };
        let mut next = last(&mut (0..steps.len()));
        let end = next.map_or(begun, |(ended, _)| ended);
        while let Some((ended, place)) = next {
            let (task, is_met) = &mut self.places[place];
            let task = *task;
            // What two runs tell in one may go in a circle.
            if std::mem::replace(is_met, true) {
                break;
            }
            next = last(&mut run.inputs(place));
            let own = ended.saturating_sub(next.map_or(begun, |(before, _)| before));
            self.tasks[task].on_path += 1;
            self.tasks[task].own.add(own);
            #[cfg(feature = "metrics")]
            self.tasks[task].meters.add_own(own);
            if let Some((_, before)) = next {
                let from = self.places[before].0;
                self.edge(from, task).on_path += 1;
            }
        }
        for place in 0..steps.len() {
            for input in run.inputs(place) {
                let (from, to) = (self.places[input].0, self.places[place].0);
                self.edge(from, to);
            }
        }
        end
    }

    /// Finds the task of a name, or adds it.
    fn place(&mut self, name: &str) -> usize {
        let known = |name: &str, tasks: &[Task]| tasks.iter().position(|task| task.name == name);
        if let Some(place) = known(name, &self.tasks) {
            return place;
        }
        let name = if self.tasks.len() < MOST_TASKS { name } else { OTHERS };
        known(name, &self.tasks).unwrap_or_else(|| {
            self.tasks.push(Task::new(self.graph, name));
            self.tasks.len() - 1
        })
    }

    fn edge(&mut self, from: usize, to: usize) -> &mut Edge {
        let known = self.edges.iter().position(|edge| (edge.from, edge.to) == (from, to));
        let place = known.unwrap_or_else(|| {
            self.edges.push(Edge { from, to, on_path: 0 });
            self.edges.len() - 1
        });
        &mut self.edges[place]
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let places: Vec<usize> = other.tasks.iter().map(|task| self.place(&task.name)).collect();
        self.runs += other.runs;
        self.failed += other.failed;
        self.total.merge(&other.total);
        for (task, &place) in other.tasks.iter().zip(&places) {
            self.tasks[place].merge(task);
        }
        for edge in &other.edges {
            self.edge(places[edge.from], places[edge.to]).on_path += edge.on_path;
        }
        self.samples.merge(&other.samples, &places);
    }

    /// Returns the tasks, those that decided most of the calls first.
    pub(super) fn ranked(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.tasks.len()).collect();
        places.sort_by_key(|&place| std::cmp::Reverse((self.tasks[place].own.sum, self.tasks[place].took.sum)));
        places
    }

    /// Returns in which share of the runs a task was on the critical path.
    pub(super) fn share(&self, on_path: u64) -> f64 {
        if self.runs == 0 { 0.0 } else { fraction(on_path) / fraction(self.runs) }
    }
}

impl Task {
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "a label of the metrics"))]
    fn new(graph: &'static str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            count: 0,
            on_path: 0,
            failures: 0,
            retries: 0,
            took: Times::new(),
            own: Times::new(),
            waited_for_slot: Duration::ZERO,
            paused: Duration::ZERO,
            #[cfg(feature = "metrics")]
            meters: Meters::new(graph, name),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.on_path += other.on_path;
        self.failures += other.failures;
        self.retries += other.retries;
        self.took.merge(&other.took);
        self.own.merge(&other.own);
        self.waited_for_slot += other.waited_for_slot;
        self.paused += other.paused;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
pub(super) fn fraction(count: u64) -> f64 {
    count as f64
}
