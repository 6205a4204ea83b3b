//! A task that waits for its permit needs no slot.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::sync::Arc;

use adagio::{Lazy, dag};
use tokio::sync::Semaphore;

use crate::common::{Driven, Stage};

#[derive(Clone)]
struct Office {
    stage: Arc<Stage>,
    desk: Arc<Semaphore>,
}

impl Office {
    fn with(desks: usize) -> Self {
        Self { stage: Arc::default(), desk: Arc::new(Semaphore::new(desks)) }
    }
}

#[dag(max_concurrency = 1)]
impl Office {
    #[task(permit = |this| &this.desk)]
    async fn a(&self) {
        self.stage.act("a").await;
    }

    #[task(permit = |this| &this.desk)]
    async fn b(&self) {
        self.stage.act("b").await;
    }

    async fn free(&self) {
        self.stage.act("free").await;
    }

    #[depends(a, b, free)]
    async fn all_three(&self) {
        self.stage.act_at_once("all_three");
    }

    #[depends(lazy free)]
    #[task(permit = |this| &this.desk)]
    async fn asks(&self, free: Lazy<'_, ()>) {
        self.stage.log("asks");
        free.await;
        self.stage.act("asks").await;
    }

    #[task(permit = |this| &this.desk)]
    async fn last(&self) {
        self.stage.act("last").await;
    }

    #[depends(asks, last)]
    async fn asks_beside(&self) {}
}

#[test]
fn a_task_waits_for_its_permit_without_a_slot() {
    let office = Office::with(1);
    let taken = office.desk.try_acquire().unwrap();
    let mut call = Driven::new(office.all_three());
    call.settle();
    // `a` and `b` wait for a permit, so the only slot is for `free`.
    assert_eq!(office.stage.events(), ["start free"]);
    // `a` has the permit now and waits for the slot.
    drop(taken);
    call.settle();
    assert!(office.stage.events().is_empty());
    assert_eq!(office.desk.available_permits(), 0);
    office.stage.open("free");
    call.settle();
    assert_eq!(office.stage.events(), ["end free", "start a"]);
    office.stage.open("a");
    office.stage.open("b");
    call.run();
    assert_eq!(office.stage.events(), ["end a", "start b", "end b", "start all_three", "end all_three"]);
}

#[test]
fn in_a_run_a_task_waits_for_its_permit_without_a_slot() {
    let office = Office::with(1);
    let taken = office.desk.try_acquire().unwrap();
    let run = office.run();
    let mut goal = Driven::new(run.all_three());
    goal.settle();
    assert_eq!(office.stage.events(), ["start free"]);
    office.stage.open("free");
    goal.settle();
    assert_eq!(office.stage.events(), ["end free"]);
    office.stage.open("a");
    office.stage.open("b");
    drop(taken);
    goal.run();
    let rest = ["start a", "end a", "start b", "end b", "start all_three", "end all_three"];
    assert_eq!(office.stage.events(), rest);
}

#[test]
fn with_enough_permits_the_limit_alone_decides() {
    let office = Office::with(5);
    for task in ["a", "b", "free"] {
        office.stage.open(task);
    }
    let mut call = Driven::new(office.all_three());
    call.run();
    let events = office.stage.events();
    assert_eq!(events[..2], ["start a", "end a"]);
    assert_eq!(events.len(), 8);
    for pair in events.chunks(2) {
        assert_eq!(pair[0].strip_prefix("start"), pair[1].strip_prefix("end"));
    }
}

#[test]
fn a_body_keeps_its_permit_while_it_waits_for_a_lazy_dependency() {
    let office = Office::with(1);
    let mut call = Driven::new(office.asks_beside());
    call.settle();
    // The slot goes from `asks` to `free`; `last` has no permit.
    assert_eq!(office.stage.events(), ["asks", "start free"]);
    office.stage.open("free");
    office.stage.open("asks");
    call.settle();
    assert_eq!(office.stage.events(), ["end free", "start asks", "end asks", "start last"]);
    office.stage.open("last");
    call.run();
    assert_eq!(office.desk.available_permits(), 1);
}

struct Outer {
    office: Office,
}

#[dag(max_concurrency = 1)]
impl Outer {
    #[task(graph)]
    fn office(&self) -> Office {
        self.office.clone()
    }

    async fn beside(&self) {
        self.office.stage.act("beside").await;
    }

    #[depends(office.all_three, beside)]
    async fn end(&self) {}
}

#[test]
fn an_inner_task_waits_for_its_permit_without_a_slot_of_either_graph() {
    for is_run in [false, true] {
        let outer = Outer { office: Office::with(1) };
        let stage = &outer.office.stage;
        let taken = outer.office.desk.try_acquire().unwrap();
        let run = outer.run();
        let mut call: Driven<'_, ()> =
            if is_run { Driven::new(async { *run.end().await }) } else { Driven::new(outer.end()) };
        call.settle();
        assert_eq!(stage.events().len(), 1);
        stage.open("free");
        stage.open("beside");
        call.settle();
        assert_eq!(stage.events().len(), 3);
        stage.open("a");
        stage.open("b");
        drop(taken);
        call.run();
        assert_eq!(stage.events(), ["start a", "end a", "start b", "end b", "start all_three", "end all_three"]);
        assert_eq!(outer.office.desk.available_permits(), 1);
    }
}
