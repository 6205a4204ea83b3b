//! The effect of dropping a terminal's future.

use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    async fn done(&self) -> Marked<'_> {
        self.stage.act("done").await;
        Marked(&self.stage)
    }

    async fn left(&self) {
        self.stage.act("left").await;
    }

    #[depends(done)]
    async fn right(&self) {
        self.stage.act("right").await;
    }

    #[depends(left, right, done)]
    async fn goal(&self) {
        self.stage.act("goal").await;
    }
}

/// Logs its drop.
struct Marked<'s>(&'s Stage);

impl Drop for Marked<'_> {
    fn drop(&mut self) {
        self.0.log("drop the result of done");
    }
}

#[test]
fn dropping_a_terminal_cancels_its_tasks() {
    let graph = Graph::default();
    let mut goal = Driven::new(graph.goal());
    graph.stage.open("done");
    assert_eq!(goal.poll(), Poll::Pending);
    assert_eq!(graph.stage.events(), ["start done", "end done", "start left", "start right"]);
    drop(goal);
    let mut events = graph.stage.events();
    events[..2].sort();
    // Tasks are dropped before the results that they borrow.
    assert_eq!(events, ["drop left", "drop right", "drop the result of done"]);
}

#[test]
fn dropping_one_terminal_leaves_another_alone() {
    let graph = Graph::default();
    let (mut first, mut second) = (Driven::new(graph.left()), Driven::new(graph.left()));
    assert_eq!((first.poll(), second.poll()), (Poll::Pending, Poll::Pending));
    drop(first);
    assert_eq!(graph.stage.events(), ["start left", "start left", "drop left"]);
    graph.stage.open("left");
    assert_eq!(second.poll(), Poll::Ready(()));
}

#[test]
fn a_terminal_works_anew_after_one_was_dropped() {
    let graph = Graph::default();
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Pending);
    drop(goal);
    graph.stage.events();
    for task in ["done", "left", "right", "goal"] {
        graph.stage.open(task);
    }
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Ready(()));
    assert_eq!(
        graph.stage.events(),
        [
            "start done",
            "end done",
            "start left",
            "end left",
            "start right",
            "end right",
            "start goal",
            "end goal",
            "drop the result of done"
        ]
    );
}

#[test]
fn a_waker_outlives_the_terminal_that_it_wakes() {
    let graph = Graph::default();
    let mut left = Driven::new(graph.left());
    assert_eq!(left.poll(), Poll::Pending);
    drop(left);
    graph.stage.open("left");
    assert_eq!(graph.stage.polls("left"), 1);
}
