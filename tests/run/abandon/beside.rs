//! Tasks that are dropped because of one waiter, beside another waiter.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;

use adagio::{Lazy, dag};

use super::Graph;
use crate::common::{Driven, Stage};

#[test]
fn the_last_waiter_that_gets_a_failure_drops_what_only_the_goal_needed() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned();
    let (mut first, mut second) = (Driven::new(run.needs_both()), Driven::new(run.needs_both()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    graph.stage.open("fails");
    assert!(first.poll().is_ready());
    assert_eq!(graph.stage.events(), ["start b", "start fails", "end fails"]);
    assert!(second.poll().is_ready());
    assert_eq!(graph.stage.events(), ["drop b"]);
}

/// Opens the gate `other` when it is dropped.
struct Opens<'s>(&'s Stage);

impl Drop for Opens<'_> {
    fn drop(&mut self) {
        self.0.open("other");
    }
}

#[derive(Default)]
struct Waking {
    stage: Stage,
}

#[dag]
impl Waking {
    async fn wakes_in_its_drop(&self) {
        let _opens = Opens(&self.stage);
        pending::<()>().await;
    }

    async fn other(&self) {
        self.stage.act("other").await;
    }
}

#[test]
fn a_task_that_is_woken_by_the_drop_of_another_wakes_its_waiter() {
    let waking = Waking::default();
    let run = waking.run().cancel_abandoned();
    let (mut dropped, mut other) = (Driven::new(run.wakes_in_its_drop()), Driven::new(run.other()));
    assert!(dropped.poll().is_pending() && other.poll().is_pending());
    let wakes = other.wakes();
    drop(dropped);
    assert_eq!(other.wakes(), wakes + 1);
    other.run();
}

#[derive(Default)]
struct Hurried {
    stage: Stage,
}

#[dag]
impl Hurried {
    async fn slow(&self) -> u8 {
        self.stage.act("slow").await;
        1
    }

    /// Asks for `slow`, and does not wait for it.
    #[depends(lazy slow)]
    async fn goal(&self, slow: Lazy<'_, u8>) {
        let mut slow = pin!(slow.into_future());
        let mut gate = pin!(self.stage.gate("goal"));
        poll_fn(|cx| match slow.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => gate.as_mut().poll(cx),
        })
        .await;
    }
}

#[test]
fn what_a_goal_has_asked_for_and_does_not_wait_for_is_dropped_with_it() {
    let hurried = Hurried::default();
    let run = hurried.run().cancel_abandoned();
    let mut goal = Driven::new(run.goal());
    goal.settle();
    assert_eq!(hurried.stage.events(), ["start slow"]);
    hurried.stage.open("goal");
    goal.run();
    assert_eq!(hurried.stage.events(), ["drop slow"]);
}
