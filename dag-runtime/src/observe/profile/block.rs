//! What is known of all runs of a graph with one goal.

use std::collections::HashMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::recorder::Steps;
use super::sample::Samples;
use super::{Nanos, duration};

/// At most this many tasks are told apart by name; all others count as one.
const MOST_TASKS: usize = 200;
pub(super) const OTHERS: &str = "(others)";

#[derive(Clone)]
pub(super) struct Block {
    pub(super) graph: &'static str,
    pub(super) goal: String,
    pub(super) runs: u64,
    /// In how many a task failed.
    pub(super) failed: u64,
    pub(super) total: Times,
    /// Places stay: a recorder remembers those of its tasks.
    pub(super) tasks: Vec<Task>,
    /// From one task to another, and how often that decided when the other could start. Places stay here, too.
    pub(super) edges: Vec<Edge>,
    pub(super) samples: Samples,
    task_places: HashMap<String, usize>,
    edge_places: HashMap<(usize, usize), usize>,
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
    /// The part of `took` for which the call has waited; zero in runs in which the task is not on the path.
    pub(super) own: Times,
    waited_for_slot: Nanos,
    paused: Nanos,
}

#[derive(Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) on_path: u64,
}

/// Times in nanoseconds, of which quantiles are at most 1 % off.
#[derive(Clone)]
pub(super) struct Times {
    histogram: Histogram<u32>,
    sum: Nanos,
}

impl Times {
    fn new() -> Self {
        // It fails only for more digits than there are.
        let histogram = Histogram::new(2).expect("two digits are kept");
        Self { histogram, sum: 0 }
    }

    fn add(&mut self, time: Nanos) {
        // It fails only where the memory for larger times cannot be had.
        _ = self.histogram.record(time);
        self.sum += time;
    }

    fn merge(&mut self, other: &Self) {
        _ = self.histogram.add(&other.histogram);
        self.sum += other.sum;
    }

    /// Returns the time that a share of all times does not exceed.
    pub(super) fn quantile(&self, share: f64) -> Duration {
        duration(self.histogram.value_at_quantile(share))
    }

    pub(super) fn sum(&self) -> Duration {
        duration(self.sum)
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
            task_places: HashMap::new(),
            edge_places: HashMap::new(),
        }
    }

    pub(super) fn is_of(&self, graph: &str, goal: &str) -> bool {
        self.graph == graph && self.goal == goal
    }

    /// Adds a run.
    pub(super) fn add(&mut self, run: &mut Steps) {
        self.runs += 1;
        if run.is_dropped() {
            return;
        }
        self.failed += u64::from(run.has_failed);
        self.total.add(run.total);
        self.find_places(run);
        for &id in &run.order {
            let step = &run.all[id];
            let (Some(place), told) = (step.task, &step.told) else { continue };
            let task = &mut self.tasks[place];
            if told.own.is_some() {
                task.on_path += 1;
                if let Some(Some(edge)) = told.last_input.and_then(|input| step.edges.get(input)) {
                    self.edges[*edge].on_path += 1;
                }
            }
            let (Some(started), Some(ended)) = (told.started, told.ended) else { continue };
            task.count += 1;
            task.took.add(ended.saturating_sub(started));
            task.own.add(told.own.unwrap_or(0));
            task.failures += u64::from(told.failures);
            task.retries += u64::from(told.attempts.saturating_sub(1));
            task.waited_for_slot += started.saturating_sub(told.released);
            task.paused += told.paused;
        }
        if !run.has_failed {
            self.samples.add(run);
        }
    }

    /// Notes the places of tasks and edges that the run does not know from an earlier one.
    fn find_places(&mut self, run: &mut Steps) {
        for &id in &run.order {
            let step = &mut run.all[id];
            if step.task.is_none() {
                let place = self.place(&step.name);
                step.task = Some(place);
                step.is_other = self.tasks[place].name != step.name;
            }
        }
        for &id in &run.order {
            let (inputs, known) = (run.all[id].inputs.len(), &run.all[id].edges);
            if known.len() == inputs && known.iter().all(Option::is_some) {
                continue;
            }
            let task = run.all[id].task;
            let edge = |input: &u64| Some(self.edge(run.step(*input)?.task?, task?));
            let edges = run.all[id].inputs.iter().map(edge).collect();
            run.all[id].edges = edges;
        }
    }

    /// Finds the task of a name, or adds it.
    fn place(&mut self, name: &str) -> usize {
        if let Some(&place) = self.task_places.get(name) {
            return place;
        }
        let name = if self.tasks.len() < MOST_TASKS { name } else { OTHERS };
        *self.task_places.entry(name.to_owned()).or_insert_with(|| {
            self.tasks.push(Task::new(name));
            self.tasks.len() - 1
        })
    }

    fn edge(&mut self, from: usize, to: usize) -> usize {
        *self.edge_places.entry((from, to)).or_insert_with(|| {
            self.edges.push(Edge { from, to, on_path: 0 });
            self.edges.len() - 1
        })
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
            let own = self.edge(places[edge.from], places[edge.to]);
            self.edges[own].on_path += edge.on_path;
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
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            count: 0,
            on_path: 0,
            failures: 0,
            retries: 0,
            took: Times::new(),
            own: Times::new(),
            waited_for_slot: 0,
            paused: 0,
        }
    }

    /// Returns the time from the end of the last input to the start, of all runs.
    pub(super) fn waited_for_slot(&self) -> Duration {
        duration(self.waited_for_slot)
    }

    /// Returns the time in which it waited for permits, and for other tasks that it awaits, of all runs.
    pub(super) fn paused(&self) -> Duration {
        duration(self.paused)
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
