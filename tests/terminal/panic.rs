//! The effect of a task that panics.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::task::Poll;

use adagio::dag;

use crate::common::{Driven, Stage};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[derive(Debug, PartialEq)]
struct Payload(u8);

#[dag]
impl Graph {
    async fn slow(&self) -> Result<u8, Payload> {
        self.stage.act("slow").await;
        Ok(1)
    }

    async fn panics(&self) -> u8 {
        self.stage.act("panics").await;
        panic_any(Payload(7))
    }

    async fn other(&self) -> u8 {
        self.stage.act("other").await;
        1
    }

    #[depends(slow, panics, other)]
    async fn goal(&self) -> Result<u8, Payload> {
        self.stage.act("goal").await;
        Ok(1)
    }

    fn panics_at_once(&self) -> u8 {
        panic_any(Payload(8))
    }

    #[depends(other, panics_at_once)]
    async fn after_other(&self) {
        self.stage.act("after_other").await;
    }
}

/// Returns the payload of the panic in a poll.
fn payload<T>(future: &mut Driven<'_, T>) -> Payload {
    let unwound = catch_unwind(AssertUnwindSafe(|| future.poll().is_ready()));
    *unwound.expect_err("the poll panics").downcast().expect("it is the task's payload")
}

#[test]
fn a_panic_unwinds_into_the_caller_with_its_own_payload() {
    let graph = Graph::default();
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Pending);
    graph.stage.open("panics");
    assert_eq!(payload(&mut goal), Payload(7));
}

#[test]
fn a_panic_in_a_plain_fn_unwinds_alike() {
    let graph = Graph::default();
    let mut goal = Driven::new(graph.after_other());
    assert_eq!(payload(&mut goal), Payload(8));
    assert_eq!(graph.stage.events(), ["start other", "drop other"]);
}

#[test]
fn a_panic_drops_all_other_futures_before_the_caller_sees_it() {
    let graph = Graph::default();
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Pending);
    assert_eq!(graph.stage.events(), ["start slow", "start panics", "start other"]);
    graph.stage.open("panics");
    payload(&mut goal);
    let mut events = graph.stage.events();
    events[1..].sort();
    assert_eq!(events, ["end panics", "drop other", "drop slow"]);
    drop(goal);
    assert!(graph.stage.events().is_empty());
}

#[test]
fn a_panic_poisons_nothing() {
    let graph = Graph::default();
    graph.stage.open("panics");
    let mut goal = Driven::new(graph.goal());
    payload(&mut goal);
    graph.stage.events();
    graph.stage.open("slow");
    let mut slow = Driven::new(graph.slow());
    assert_eq!(slow.poll(), Poll::Ready(Ok(1)));
    assert_eq!(graph.stage.events(), ["start slow", "end slow"]);
}
