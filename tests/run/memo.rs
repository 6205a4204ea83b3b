//! A run is a memo: each of its tasks starts at most once, no matter which results are awaited.
#![allow(clippy::unused_async, reason = "many tasks here are done at once")]

use std::task::Poll;
use std::thread;

use adagio::dag;

use crate::common::{Driven, Stage, deadline, now, yield_once};

#[derive(Default)]
struct Checkout {
    stage: Stage,
}

/// Neither `Clone` nor `Copy`: it is lent.
#[derive(Debug, PartialEq)]
struct Text(&'static str);

#[dag]
impl Checkout {
    async fn user(&self) -> Text {
        self.stage.act("user").await;
        Text("user")
    }

    fn rates(&self) -> Text {
        self.stage.act_at_once("rates");
        Text("rates")
    }

    #[depends(user, rates)]
    async fn quote(&self) -> Text {
        self.stage.act("quote").await;
        Text("quote")
    }

    #[depends(user)]
    async fn offers(&self) -> Text {
        self.stage.act("offers").await;
        Text("offers")
    }

    async fn unneeded(&self) {
        self.stage.act("unneeded").await;
    }
}

impl Checkout {
    fn open() -> Self {
        let checkout = Self::default();
        for task in ["user", "quote", "offers", "unneeded"] {
            checkout.stage.open(task);
        }
        checkout
    }
}

#[test]
fn nothing_starts_before_the_first_await() {
    let checkout = Checkout::open();
    let run = checkout.run();
    let futures = (run.quote(), run.unneeded());
    assert!(checkout.stage.events().is_empty());
    drop(futures);
    drop(run);
    assert!(checkout.stage.events().is_empty());
}

#[test]
fn only_what_a_terminal_needs_runs() {
    let checkout = Checkout::open();
    let run = checkout.run();
    assert_eq!(now(run.offers()), &Text("offers"));
    assert_eq!(checkout.stage.events(), ["start user", "end user", "start offers", "end offers"]);
}

#[test]
fn terminals_one_after_another_share_their_tasks() {
    let checkout = Checkout::open();
    let run = checkout.run();
    let first = now(run.offers());
    checkout.stage.events();
    let quote = now(run.quote());
    assert_eq!(checkout.stage.events(), ["start rates", "end rates", "start quote", "end quote"]);
    assert_eq!((now(run.user()), now(run.rates())), (&Text("user"), &Text("rates")));
    let second = now(run.offers());
    assert!(checkout.stage.events().is_empty());
    assert!(std::ptr::eq(first, second), "the result is the one that stays in the run");
    assert_eq!((first, quote), (&Text("offers"), &Text("quote")));
}

#[test]
fn terminals_at_once_share_their_tasks() {
    let checkout = Checkout::default();
    let run = checkout.run();
    let (mut quote, mut offers) = (Driven::new(run.quote()), Driven::new(run.offers()));
    assert!(quote.poll().is_pending() && offers.poll().is_pending());
    assert_eq!(checkout.stage.events(), ["start user", "start rates", "end rates"]);
    for task in ["user", "quote", "offers"] {
        checkout.stage.open(task);
    }
    assert_eq!(quote.poll(), Poll::Ready(&Text("quote")));
    assert_eq!(checkout.stage.events(), ["end user", "start quote", "end quote", "start offers", "end offers"]);
    assert_eq!(offers.poll(), Poll::Ready(&Text("offers")));
    assert!(checkout.stage.events().is_empty());
}

#[test]
fn the_same_terminal_awaited_twice_at_once_runs_once() {
    let checkout = Checkout::default();
    let run = checkout.run();
    let (mut first, mut second) = (Driven::new(run.user()), Driven::new(run.user()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    checkout.stage.open("user");
    assert_eq!(second.poll(), Poll::Ready(&Text("user")));
    assert_eq!(first.poll(), Poll::Ready(&Text("user")));
    assert_eq!(checkout.stage.events(), ["start user", "end user"]);
}

#[test]
fn terminals_on_several_threads_share_their_tasks() {
    let _deadline = deadline();
    let checkout = Checkout::open();
    let run = checkout.run();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(futures::executor::block_on(run.quote()), &Text("quote")));
            scope.spawn(|| assert_eq!(futures::executor::block_on(run.offers()), &Text("offers")));
        }
    });
    let mut starts = checkout.stage.events();
    starts.retain(|event| event.starts_with("start"));
    starts.sort();
    assert_eq!(starts, ["start offers", "start quote", "start rates", "start user"]);
}

#[test]
fn two_runs_of_one_object_share_nothing() {
    let checkout = Checkout::open();
    let (first, second) = (checkout.run(), checkout.run());
    now(first.user());
    now(second.user());
    now(checkout.user());
    assert_eq!(checkout.stage.events(), ["start user", "end user"].repeat(3));
}

/// Logs its progress.
struct Yields(Stage);

#[dag]
impl Yields {
    async fn first(&self) -> u8 {
        yield_once().await;
        self.0.log("first");
        1
    }

    #[depends(first)]
    async fn second(&self, first: u8) -> u8 {
        yield_once().await;
        self.0.log("second");
        first + 1
    }
}

#[test]
fn a_poll_of_a_waiter_polls_the_tasks_once_however_often_they_wake() {
    let yields = Yields(Stage::default());
    let run = yields.run();
    let mut second = Driven::new(run.second());
    assert!(second.poll().is_pending());
    assert_eq!((second.wakes(), yields.0.events()), (1, vec![]));
    assert!(second.poll().is_pending());
    assert_eq!((second.wakes(), yields.0.events()), (2, vec!["first".to_owned()]));
    assert_eq!(second.poll(), Poll::Ready(&2));
    assert_eq!(second.wakes(), 2);
}

/// The drop of one task's result is logged.
#[derive(Default)]
struct Loud {
    stage: Stage,
}

struct Marked<'s>(&'s Stage);

impl Drop for Marked<'_> {
    fn drop(&mut self) {
        self.0.log("drop the result");
    }
}

#[dag]
impl Loud {
    async fn marked(&self) -> Marked<'_> {
        self.stage.act_at_once("marked");
        Marked(&self.stage)
    }

    #[depends(marked)]
    async fn slow(&self, marked: &Marked<'_>) -> bool {
        self.stage.act("slow").await;
        std::ptr::eq(marked.0, &raw const self.stage)
    }
}

#[test]
fn dropping_a_run_cancels_its_tasks_and_then_drops_its_results() {
    let loud = Loud::default();
    let run = loud.run();
    let mut slow = Driven::new(run.slow());
    assert!(slow.poll().is_pending());
    drop(slow);
    assert_eq!(loud.stage.events(), ["start marked", "end marked", "start slow"]);
    drop(run);
    assert_eq!(loud.stage.events(), ["drop slow", "drop the result"]);
}

#[test]
fn results_stay_until_the_run_is_dropped() {
    let loud = Loud::default();
    loud.stage.open("slow");
    let run = loud.run();
    assert!(*now(run.slow()));
    assert_eq!(loud.stage.events(), ["start marked", "end marked", "start slow", "end slow"]);
    now(run.marked());
    assert!(loud.stage.events().is_empty());
    drop(run);
    assert_eq!(loud.stage.events(), ["drop the result"]);
}

#[test]
fn a_waker_outlives_the_run_that_it_wakes() {
    let checkout = Checkout::default();
    let run = checkout.run();
    let mut user = Driven::new(run.user());
    assert!(user.poll().is_pending());
    drop(user);
    drop(run);
    checkout.stage.open("user");
    assert_eq!(checkout.stage.polls("user"), 1);
}
