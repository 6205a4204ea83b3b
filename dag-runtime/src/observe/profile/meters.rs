//! What a profile counts, as metrics of the recorder that the program has installed.

use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};

/// Of all runs of a graph with one goal.
#[derive(Clone)]
pub(super) struct RunMeters {
    took: Histogram,
    failed: Counter,
}

impl RunMeters {
    pub(super) fn new(graph: &'static str, goal: &str) -> Self {
        let goal = goal.to_owned();
        Self {
            took: histogram!("adagio_run_seconds", "graph" => graph, "goal" => goal.clone()),
            failed: counter!("adagio_run_failures_total", "graph" => graph, "goal" => goal),
        }
    }

    pub(super) fn add(&self, took: Duration, has_failed: bool) {
        self.took.record(took.as_secs_f64());
        self.failed.increment(has_failed.into());
    }
}

/// Of a task.
#[derive(Clone)]
pub(super) struct Meters {
    took: Histogram,
    own: Histogram,
    failures: Counter,
}

impl Meters {
    pub(super) fn new(graph: &'static str, task: &str) -> Self {
        let task = task.to_owned();
        Self {
            took: histogram!("adagio_task_seconds", "graph" => graph, "task" => task.clone()),
            own: histogram!("adagio_critical_path_seconds", "graph" => graph, "task" => task.clone()),
            failures: counter!("adagio_task_failures_total", "graph" => graph, "task" => task),
        }
    }

    pub(super) fn add(&self, took: Duration, failures: u32) {
        self.took.record(took.as_secs_f64());
        self.failures.increment(failures.into());
    }

    /// Adds the part of a call that the task decided.
    pub(super) fn add_own(&self, own: Duration) {
        self.own.record(own.as_secs_f64());
    }
}
