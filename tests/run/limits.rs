//! The limit on the number of tasks of a run that are under way.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "some tasks here are done at once")]

use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage, now};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    async fn a(&self) {
        self.stage.act("a").await;
    }

    #[depends(a)]
    async fn after_a(&self) {
        self.stage.act("after_a").await;
    }

    async fn b(&self) {
        self.stage.act("b").await;
    }

    async fn c(&self) -> Result<(), &'static str> {
        self.stage.act("c").await;
        Err("c")
    }

    #[depends(c)]
    fn after_c(&self) {
        self.stage.act_at_once("after_c");
    }

    async fn d(&self) {
        self.stage.act("d").await;
    }

    #[depends(c, d)]
    fn both(&self) {
        self.stage.act_at_once("both");
    }

    #[depends(after_a, b, d)]
    fn goal(&self) {
        self.stage.act_at_once("goal");
    }
}

#[test]
fn no_more_than_the_limit_are_under_way() {
    let graph = Graph::default();
    let run = graph.run().max_concurrency(2);
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start a", "start b"]);
    graph.stage.open("b");
    assert!(goal.poll().is_pending());
    assert_eq!(graph.stage.events(), ["end b", "start d"]);
    graph.stage.open("d");
    assert!(goal.poll().is_pending());
    assert_eq!(graph.stage.events(), ["end d"]);
    for task in ["a", "after_a"] {
        graph.stage.open(task);
    }
    assert!(goal.poll().is_ready());
    assert_eq!(graph.stage.events(), ["end a", "start after_a", "end after_a", "start goal", "end goal"]);
}

#[test]
fn ready_tasks_start_in_topological_order_as_slots_free_up() {
    let graph = Graph::default();
    let run = graph.run().max_concurrency(1);
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    graph.stage.open("a");
    assert!(goal.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start a", "end a", "start after_a"]);
    graph.stage.open("after_a");
    assert!(goal.poll().is_pending());
    assert_eq!(graph.stage.events(), ["end after_a", "start b"]);
    graph.stage.open("d");
    graph.stage.open("b");
    assert!(goal.poll().is_ready());
    assert_eq!(graph.stage.events(), ["end b", "start d", "end d", "start goal", "end goal"]);
}

#[test]
fn a_slot_that_frees_up_behind_a_waiting_task_starts_it_in_the_same_poll() {
    let graph = Graph::default();
    let run = graph.run().max_concurrency(1);
    let (mut d, mut b, mut a) = (Driven::new(run.d()), Driven::new(run.b()), Driven::new(run.a()));
    assert!(d.poll().is_pending() && b.poll().is_pending() && a.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start d"]);
    graph.stage.open("a");
    graph.stage.open("d");
    assert!(d.poll().is_ready());
    assert_eq!(graph.stage.events(), ["end d", "start a", "end a", "start b"]);
    assert!(a.poll().is_ready());
}

#[test]
fn a_failure_gives_its_slot_back() {
    let graph = Graph::default();
    let run = graph.run().max_concurrency(1);
    let (mut c, mut d) = (Driven::new(run.after_c()), Driven::new(run.d()));
    assert!(c.poll().is_pending() && d.poll().is_pending());
    graph.stage.open("d");
    graph.stage.open("c");
    assert!(d.poll().is_ready());
    assert!(matches!(c.poll(), Poll::Ready(Err(_))));
    assert_eq!(graph.stage.events(), ["start c", "end c", "start d", "end d"]);
}

#[test]
fn a_task_that_waits_for_a_slot_does_not_start_for_a_goal_that_failed() {
    let graph = Graph::default();
    let run = graph.run().max_concurrency(1);
    let mut both = Driven::new(run.both());
    assert!(both.poll().is_pending());
    graph.stage.open("c");
    assert!(matches!(both.poll(), Poll::Ready(Err(_))));
    assert_eq!(graph.stage.events(), ["start c", "end c"]);
    graph.stage.open("b");
    now(run.b());
    assert_eq!(graph.stage.events(), ["start b", "end b"]);
}

#[test]
fn a_paused_run_keeps_its_slots() {
    let graph = Graph::default();
    let run = graph.run().max_concurrency(1);
    let mut a = Driven::new(run.a());
    assert!(a.poll().is_pending());
    drop(a);
    let mut b = Driven::new(run.b());
    assert!(b.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start a"]);
    graph.stage.open("a");
    assert!(b.poll().is_pending());
    assert_eq!(graph.stage.events(), ["end a", "start b"]);
}

#[test]
#[should_panic(expected = "`max_concurrency` is at least 1: with 0 nothing would ever run")]
fn a_limit_of_0_panics() {
    _ = Graph::default().run().max_concurrency(0);
}

#[test]
fn a_limit_beyond_the_tasks_limits_nothing() {
    for limit in [7, usize::MAX - 1, usize::MAX] {
        let graph = Graph::default();
        let run = graph.run().max_concurrency(limit);
        assert!(Driven::new(run.goal()).poll().is_pending());
        assert_eq!(graph.stage.events(), ["start a", "start b", "start d"]);
    }
}
