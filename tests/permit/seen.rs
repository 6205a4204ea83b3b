//! What observers are told of tasks that wait for a permit.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::sync::Arc;
use std::time::Duration;

use adagio::{Observer, Outcome, TaskEvent, Timeline, dag};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::common::{Driven, Stage, deadline};

struct Office {
    stage: Stage,
    desk: Semaphore,
}

impl Office {
    fn with(desks: usize) -> Self {
        Self { stage: Stage::default(), desk: Semaphore::new(desks) }
    }
}

#[dag]
impl Office {
    #[task(permit = |this| &this.desk)]
    async fn a(&self) {
        self.stage.gate("a").await;
    }

    #[task(permit = |this| &this.desk)]
    async fn b(&self) {
        self.stage.gate("b").await;
    }

    #[depends(a, b)]
    async fn both(&self) {}
}

/// Writes down what it is told.
#[derive(Clone, Default)]
struct Told(Arc<Stage>);

impl Observer for Told {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.log(format!("start {}", task.name()));
    }

    fn paused(&self, task: &TaskEvent<'_>) {
        self.0.log(format!("pause {}", task.name()));
    }

    fn resumed(&self, task: &TaskEvent<'_>) {
        self.0.log(format!("resume {}", task.name()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        self.0.log(format!("{outcome:?} {}", task.name()));
    }
}

#[test]
fn a_task_that_waits_for_its_permit_is_paused() {
    let (office, told) = (Office::with(1), Told::default());
    let run = office.run().observe(told.clone());
    let mut goal = Driven::new(run.both());
    goal.settle();
    assert_eq!(told.0.events(), ["start a", "start b", "pause b"]);
    office.stage.open("b");
    office.stage.open("a");
    goal.run();
    assert_eq!(told.0.events(), ["Done a", "resume b", "Done b", "start both", "Done both"]);
}

#[test]
fn a_task_that_has_its_permit_and_no_slot_is_paused_until_it_has_both() {
    let (office, told) = (Office::with(2), Told::default());
    let run = office.run().max_concurrency(1).observe(told.clone());
    let mut goal = Driven::new(run.both());
    goal.settle();
    assert_eq!(told.0.events(), ["start a", "start b", "pause b"]);
    office.stage.open("b");
    office.stage.open("a");
    goal.run();
    assert_eq!(told.0.events(), ["Done a", "resume b", "Done b", "start both", "Done both"]);
}

#[test]
fn a_task_that_is_dropped_while_it_waits_for_its_permit_is_cancelled() {
    let (office, told) = (Office::with(0), Told::default());
    let run = office.run().observe(told.clone());
    let mut goal = Driven::new(run.a());
    goal.settle();
    drop(goal);
    drop(run);
    assert_eq!(told.0.events(), ["start a", "pause a", "Cancelled a"]);
}

struct Timed {
    desk: Semaphore,
}

#[dag]
impl Timed {
    #[task(permit = |this| &this.desk)]
    async fn a(&self) {
        sleep(Duration::from_millis(100)).await;
    }

    #[task(permit = |this| &this.desk)]
    async fn b(&self) {
        sleep(Duration::from_millis(100)).await;
    }

    #[depends(a, b)]
    fn both(&self) {}
}

#[tokio::test(start_paused = true)]
async fn a_timeline_counts_no_work_while_a_task_waits_for_its_permit() {
    let _deadline = deadline();
    let (timed, timeline) = (Timed { desk: Semaphore::new(1) }, Timeline::new());
    timed.run().observe(timeline.clone()).both().await;
    let tasks = timeline.tasks();
    let waited = |name: &str| tasks.iter().find(|task| task.name() == name).unwrap().attempts()[0].waited();
    assert!(waited("a").is_zero());
    assert!(!waited("b").is_zero());
}
