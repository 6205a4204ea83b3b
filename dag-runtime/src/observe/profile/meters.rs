//! What a profile counts, as metrics of the recorder that the program has installed.

use metrics::{Counter, Histogram, counter, histogram};

use super::block::OTHERS;
use super::recorder::Steps;
use super::{Nanos, duration};

/// Tells the recorder of metrics about a run that has been added: it is foreign code, so no lock is held.
pub(super) fn tell(run: &mut Steps) {
    if run.is_dropped() {
        return;
    }
    let graph = run.graph;
    let of_run = run.meters.take().unwrap_or_else(|| RunMeters::new(graph, run.goal()));
    of_run.add(run.total, run.has_failed);
    run.meters = Some(of_run);
    for &id in &run.order {
        let step = &mut run.all[id];
        let name = if step.is_other { OTHERS } else { &step.name };
        let meters = step.meters.get_or_insert_with(|| Meters::new(graph, name));
        if let Some(own) = step.told.own {
            meters.add_own(own);
        }
        if let (Some(started), Some(ended)) = (step.told.started, step.told.ended) {
            meters.add(ended.saturating_sub(started), step.told.failures);
        }
    }
}

/// Of all runs of a graph with one goal.
pub(super) struct RunMeters {
    took: Histogram,
    failed: Counter,
}

impl RunMeters {
    fn new(graph: &'static str, goal: &str) -> Self {
        let goal = goal.to_owned();
        Self {
            took: histogram!("adagio_run_seconds", "graph" => graph, "goal" => goal.clone()),
            failed: counter!("adagio_run_failures_total", "graph" => graph, "goal" => goal),
        }
    }

    fn add(&self, took: Nanos, has_failed: bool) {
        self.took.record(seconds(took));
        self.failed.increment(has_failed.into());
    }
}

/// Of a task.
pub(super) struct Meters {
    took: Histogram,
    own: Histogram,
    failures: Counter,
}

impl Meters {
    fn new(graph: &'static str, task: &str) -> Self {
        let task = task.to_owned();
        Self {
            took: histogram!("adagio_task_seconds", "graph" => graph, "task" => task.clone()),
            own: histogram!("adagio_critical_path_seconds", "graph" => graph, "task" => task.clone()),
            failures: counter!("adagio_task_failures_total", "graph" => graph, "task" => task),
        }
    }

    fn add(&self, took: Nanos, failures: u32) {
        self.took.record(seconds(took));
        self.failures.increment(failures.into());
    }

    /// Adds the part of a call that the task decided.
    fn add_own(&self, own: Nanos) {
        self.own.record(seconds(own));
    }
}

fn seconds(time: Nanos) -> f64 {
    duration(time).as_secs_f64()
}
