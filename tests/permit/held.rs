//! When a permit is taken, and when it is given back.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use adagio::dag;
use tokio::sync::Semaphore;

use crate::common::{Driven, Stage};

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
        self.stage.act("a").await;
    }

    #[task(permit = |this| &this.desk)]
    async fn b(&self) {
        self.stage.act("b").await;
    }

    async fn free(&self) {
        self.stage.act("free").await;
    }

    #[depends(free)]
    #[task(permit = |this| &this.desk)]
    async fn late(&self) {
        self.stage.act("late").await;
    }

    #[depends(a)]
    #[task(permit = |this| &this.desk)]
    fn after_a(&self) {
        self.stage.act_at_once("after_a");
    }

    #[task(permit = |this| &this.desk)]
    async fn fails(&self) -> Result<(), &'static str> {
        self.stage.act("fails").await;
        Err("no")
    }

    #[task(permit = |this| &this.desk)]
    async fn panics(&self) {
        self.stage.act("panics").await;
        panic!("oh");
    }

    #[depends(a, b)]
    async fn both(&self) {}

    #[depends(a, b, late)]
    async fn three(&self) {}

    #[task(permit = |this| &this.desk)]
    async fn last(&self) {
        self.stage.act("last").await;
    }

    #[depends(fails, last)]
    async fn fails_beside(&self) {}
}

#[test]
fn as_many_tasks_as_permits_are_under_way() {
    let office = Office::with(1);
    let mut both = Driven::new(office.both());
    both.settle();
    assert_eq!(office.stage.events(), ["start a"]);
    office.stage.open("b");
    both.settle();
    assert!(office.stage.events().is_empty());
    office.stage.open("a");
    both.run();
    assert_eq!(office.stage.events(), ["end a", "start b", "end b"]);
    assert_eq!(office.desk.available_permits(), 1);
}

#[test]
fn permits_go_to_tasks_in_the_order_in_which_they_became_ready() {
    let office = Office::with(1);
    let taken = office.desk.try_acquire().unwrap();
    let mut three = Driven::new(office.three());
    three.settle();
    office.stage.open("free");
    three.settle();
    assert_eq!(office.stage.events(), ["start free", "end free"]);
    for task in ["a", "b", "late"] {
        office.stage.open(task);
    }
    drop(taken);
    three.run();
    assert_eq!(office.stage.events(), ["start a", "end a", "start b", "end b", "start late", "end late"]);
}

#[test]
fn a_task_that_follows_another_takes_the_permit_that_it_gives_back() {
    let office = Office::with(1);
    office.stage.open("a");
    Driven::new(office.after_a()).run();
    assert_eq!(office.stage.events(), ["start a", "end a", "start after_a", "end after_a"]);
    assert_eq!(office.desk.available_permits(), 1);
}

#[test]
fn one_limit_holds_for_several_calls_and_runs() {
    let office = Office::with(1);
    let mut call = Driven::new(office.a());
    let run = office.run();
    let mut goal = Driven::new(run.b());
    call.settle();
    goal.settle();
    assert_eq!(office.stage.events(), ["start a"]);
    office.stage.open("a");
    office.stage.open("b");
    call.run();
    goal.run();
    assert_eq!(office.stage.events(), ["end a", "start b", "end b"]);
}

#[test]
fn a_failure_and_a_panic_give_the_permit_back() {
    let office = Office::with(1);
    office.stage.open("fails");
    assert_eq!(Driven::new(office.fails()).run(), Err("no"));
    assert_eq!(office.desk.available_permits(), 1);
    office.stage.open("panics");
    let mut call = Driven::new(office.panics());
    catch_unwind(AssertUnwindSafe(|| call.run())).unwrap_err();
    assert_eq!(office.desk.available_permits(), 1);
    let run = office.run();
    let mut goal = Driven::new(run.panics());
    catch_unwind(AssertUnwindSafe(|| goal.run())).unwrap_err();
    assert_eq!(office.desk.available_permits(), 1);
}

#[test]
fn a_failure_drops_the_tasks_that_wait_for_a_permit() {
    let office = Office::with(1);
    office.stage.open("fails");
    let taken = office.desk.try_acquire().unwrap();
    let mut call = Driven::new(office.fails_beside());
    call.settle();
    drop(taken);
    assert_eq!(call.run(), Err("no"));
    assert_eq!(office.stage.events(), ["start fails", "end fails"]);
    assert_eq!(office.desk.available_permits(), 1);
}

#[test]
fn a_call_that_is_dropped_at_any_poll_gives_its_permits_back() {
    let tasks = ["a", "b", "free", "late"];
    for polls in 0..=2 * tasks.len() {
        let office = Office::with(2);
        let mut call = Driven::new(office.three());
        for poll in 0..polls {
            if poll % 2 == 1 {
                office.stage.open(tasks[poll / 2]);
            }
            if call.poll() == Poll::Ready(()) {
                break;
            }
        }
        drop(call);
        assert_eq!(office.desk.available_permits(), 2, "after {polls} polls");
    }
}

#[test]
fn an_injected_task_takes_no_permit() {
    let office = Office::with(1);
    let taken = office.desk.try_acquire().unwrap();
    let run = office.run().with_a(());
    let mut goal = Driven::new(run.a());
    goal.run();
    drop(taken);
    office.stage.open("b");
    let mut both = Driven::new(run.both());
    both.run();
    assert_eq!(office.stage.events(), ["start b", "end b"]);
}

#[test]
fn dropping_a_run_gives_the_permits_of_its_tasks_back() {
    let office = Office::with(1);
    let run = office.run();
    let mut goal = Driven::new(run.both());
    goal.settle();
    assert_eq!(office.desk.available_permits(), 0);
    drop(goal);
    assert_eq!(office.desk.available_permits(), 0);
    drop(run);
    assert_eq!(office.desk.available_permits(), 1);
    assert_eq!(office.stage.events(), ["start a", "drop a"]);
}
