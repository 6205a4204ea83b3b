//! A panic in a task ends its run for all waiters, for good.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use adagio::dag;

use crate::common::{Driven, Stage, deadline, now};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[derive(Debug, PartialEq)]
struct Payload(u8);

#[dag]
impl Graph {
    async fn slow(&self) -> u8 {
        self.stage.act("slow").await;
        1
    }

    async fn panics(&self) -> u8 {
        self.stage.act("panics").await;
        panic_any(Payload(7))
    }

    fn panics_at_once(&self) -> u8 {
        panic_any(Payload(8))
    }

    #[depends(slow, panics)]
    async fn goal(&self) {
        self.stage.act("goal").await;
    }

    async fn clones(&self) -> NoClone {
        NoClone
    }

    #[depends(clones)]
    async fn takes(&self, clones: NoClone) {
        _ = clones;
    }
}

/// Panics when it is cloned.
struct NoClone;

impl Clone for NoClone {
    fn clone(&self) -> Self {
        panic_any(Payload(9))
    }
}

/// Returns the payload with which the poll of a future unwinds.
fn payload<T, P: 'static>(future: impl Future<Output = T>) -> P {
    let mut future = Driven::new(future);
    let unwound = catch_unwind(AssertUnwindSafe(|| future.poll().is_ready()));
    *unwound.expect_err("the poll panics").downcast().expect("a payload of this type")
}

fn ended(task: &str) -> String {
    format!("the run has ended: task `{task}` panicked")
}

#[test]
fn a_panic_unwinds_into_who_polled_with_its_own_payload() {
    let graph = Graph::default();
    let run = graph.run();
    let (mut slow, mut panics) = (Driven::new(run.slow()), Driven::new(run.panics()));
    assert!(slow.poll().is_pending() && panics.poll().is_pending());
    graph.stage.open("panics");
    // It does not matter which waiter waited for the task.
    assert_eq!(payload::<_, Payload>(std::future::poll_fn(|_| slow.poll())), Payload(7));
    assert_eq!(payload::<_, String>(std::future::poll_fn(|_| panics.poll())), ended("panics"));
}

#[test]
fn the_others_are_woken_and_panic_and_name_the_task() {
    let graph = Graph::default();
    let run = graph.run();
    let mut waiters = [Driven::new(run.panics()), Driven::new(run.panics()), Driven::new(run.panics())];
    for waiter in &mut waiters {
        assert!(waiter.poll().is_pending());
    }
    graph.stage.open("panics");
    let [first, others @ ..] = &mut waiters;
    assert_eq!(payload::<_, Payload>(std::future::poll_fn(|_| first.poll())), Payload(7));
    for other in others {
        assert_eq!(other.wakes(), 1);
        assert_eq!(payload::<_, String>(std::future::poll_fn(|_| other.poll())), ended("panics"));
    }
}

#[test]
fn who_waits_anew_after_the_event_is_woken_by_the_panic() {
    let graph = Graph::default();
    let run = graph.run();
    let (mut first, mut second) = (Driven::new(run.slow()), Driven::new(run.panics()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    graph.stage.open("slow");
    assert_eq!(first.poll(), Poll::Ready(&1));
    assert!(second.poll().is_pending(), "it has heard of the event, which was another's");
    graph.stage.open("panics");
    let mut third = Driven::new(run.goal());
    assert_eq!(payload::<_, Payload>(std::future::poll_fn(|_| third.poll())), Payload(7));
    assert_eq!(second.wakes(), 2);
    assert_eq!(payload::<_, String>(std::future::poll_fn(|_| second.poll())), ended("panics"));
}

#[test]
fn later_terminals_panic_too_for_good() {
    let graph = Graph::default();
    graph.stage.open("slow");
    let run = graph.run();
    assert_eq!(now(run.slow()), &1);
    assert_eq!(payload::<_, Payload>(run.panics_at_once()), Payload(8));
    for _ in 0..2 {
        assert_eq!(payload::<_, String>(run.slow()), ended("panics_at_once"));
        assert_eq!(payload::<_, String>(run.goal()), ended("panics_at_once"));
        assert_eq!(payload::<_, String>(run.all()), ended("panics_at_once"));
        run.retry_failed();
    }
    assert_eq!(graph.stage.events(), ["start slow", "end slow"]);
}

#[test]
fn a_panic_drops_what_is_under_way_before_the_caller_sees_it() {
    let graph = Graph::default();
    let run = graph.run();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    graph.stage.open("panics");
    assert_eq!(payload::<_, Payload>(std::future::poll_fn(|_| goal.poll())), Payload(7));
    assert_eq!(graph.stage.events(), ["start slow", "start panics", "end panics", "drop slow"]);
    graph.stage.open("slow");
    assert_eq!(graph.stage.polls("slow"), 2);
}

#[test]
fn results_outlive_a_panic() {
    let graph = Graph::default();
    graph.stage.open("slow");
    let run = graph.run();
    let slow = now(run.slow());
    assert_eq!(payload::<_, Payload>(run.panics_at_once()), Payload(8));
    assert_eq!(slow, &1);
}

#[test]
fn a_panic_while_an_argument_is_cloned_is_that_of_the_task() {
    let run = Graph::default();
    let run = run.run();
    assert_eq!(payload::<_, Payload>(run.takes()), Payload(9));
    assert_eq!(payload::<_, String>(run.clones()), ended("takes"));
}

#[test]
fn a_new_run_of_the_same_object_knows_nothing_of_it() {
    let graph = Graph::default();
    graph.stage.open("slow");
    let run = graph.run();
    assert_eq!(payload::<_, Payload>(run.panics_at_once()), Payload(8));
    assert_eq!(now(graph.run().slow()), &1);
}

#[test]
fn waiters_on_other_threads_do_not_hang() {
    let _deadline = deadline();
    let graph = Graph::default();
    let run = graph.run();
    let outcomes = thread::scope(|scope| {
        let waiters = [0, 1, 2]
            .map(|_| scope.spawn(|| catch_unwind(AssertUnwindSafe(|| futures::executor::block_on(run.panics())))));
        // All waiters may wait already, or some may arrive later: each must end.
        while graph.stage.polls("panics") == 0 {
            thread::yield_now();
        }
        graph.stage.open("panics");
        waiters.map(|waiter| waiter.join().unwrap().map(|_| ()).unwrap_err())
    });
    let originals = outcomes.iter().filter(|payload| payload.is::<Payload>()).count();
    let others = outcomes.iter().filter(|payload| payload.downcast_ref() == Some(&ended("panics"))).count();
    assert_eq!((originals, others), (1, 2));
}

/// Polls a run in its own drop, during an unrelated unwinding.
struct PollsInDrop<'r, 'g>(&'r GraphRun<'g>);

impl Drop for PollsInDrop<'_, '_> {
    fn drop(&mut self) {
        assert!(Driven::new(self.0.slow()).poll().is_pending());
    }
}

#[test]
fn a_run_that_is_polled_while_something_else_unwinds_goes_on() {
    let graph = Graph::default();
    let run = graph.run();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _polls = PollsInDrop(&run);
        resume_unwind(Box::new("elsewhere"));
    }));
    assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"elsewhere"));
    graph.stage.open("slow");
    assert_eq!(now(run.slow()), &1);
    assert_eq!(graph.stage.events(), ["start slow", "end slow"]);
}

#[test]
fn a_waiter_that_is_dropped_while_something_else_unwinds_harms_nothing() {
    let graph = Graph::default();
    let run = graph.run();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut goal = Driven::new(run.goal());
        assert!(goal.poll().is_pending());
        resume_unwind(Box::new("elsewhere"));
    }));
    assert!(unwound.is_err());
    graph.stage.open("slow");
    assert_eq!(now(run.slow()), &1);
}

/// Panics when it is woken.
struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic_any("a waker of bad manners");
    }
}

#[test]
fn a_waker_that_panics_too_hides_no_panic_of_a_task_and_keeps_nobody_asleep() {
    let graph = Graph::default();
    let run = graph.run();
    let mut first = Box::pin(run.slow());
    let broken = Waker::from(Arc::new(Broken));
    assert!(first.as_mut().poll(&mut Context::from_waker(&broken)).is_pending());
    let mut second = Driven::new(run.slow());
    assert!(second.poll().is_pending());
    let wakes = second.wakes();
    assert_eq!(payload::<_, Payload>(run.panics_at_once()), Payload(8));
    assert_eq!(second.wakes(), wakes + 1);
    assert_eq!(payload::<_, String>(run.slow()), ended("panics_at_once"));
}
