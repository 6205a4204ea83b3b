//! Failures that are caught in a run.

use std::task::Poll;

use adagio::TaskError;

use super::{Page, open_all};
use crate::common::{Driven, now};

#[test]
fn in_a_run_each_goal_decides_for_itself() {
    let page = Page::default();
    let run = page.run();
    let (mut price, mut coupon) = (Driven::new(run.price()), Driven::new(run.coupon()));
    assert!(price.poll().is_pending() && coupon.poll().is_pending());
    page.stage.open("account");
    assert!(price.poll().is_pending());
    let Poll::Ready(Err(error)) = coupon.poll() else { panic!("it is stopped") };
    assert_eq!(error.task(), "account");
    page.stage.open("cart");
    assert_eq!(price.poll(), Poll::Ready(&10));
}

#[test]
fn an_injected_value_is_there_to_be_caught() {
    let page = Page::default();
    page.stage.open("cart");
    let run = page.run().with_coupon("me: 3".to_owned());
    assert_eq!(*now(run.price()), 7);
    assert_eq!(page.stage.events(), ["start cart", "end cart", "start price", "end price"]);
}

#[test]
fn all_fails_with_the_first_failure_although_it_is_caught() {
    let page = Page::default();
    open_all(&page);
    assert_eq!(now(page.run().all()).unwrap_err().task(), "account");
}

#[test]
fn settle_runs_all_that_can_run_and_returns_the_failures() {
    let page = Page::default();
    open_all(&page);
    let run = page.run();
    let failures = now(run.settle());
    assert_eq!(failures.iter().map(TaskError::task).collect::<Vec<_>>(), ["account"]);
    let events = page.stage.events();
    assert!(events.contains(&"end price".to_owned()) && events.contains(&"end banner".to_owned()));
    assert!(!events.contains(&"start coupon".to_owned()));
    assert_eq!(now(run.settle()).len(), 1);
    assert!(page.stage.events().is_empty());
    run.retry_failed();
    assert_eq!(now(run.settle()).len(), 1);
    assert_eq!(page.stage.events(), ["start account", "end account"]);

    let page = Page::with_coupon();
    open_all(&page);
    assert!(now(page.run().settle()).is_empty());
}

#[test]
fn a_caught_failure_that_is_forgotten_wakes_the_waiter_whose_goal_catches_it() {
    let page = Page::default();
    let run = page.run();
    let mut price = Driven::new(run.price());
    assert!(price.poll().is_pending());
    page.stage.open("account");
    price.settle();
    assert_eq!(page.stage.events(), ["start cart", "start account", "end account"]);
    let wakes = price.wakes();
    run.retry_failed();
    assert_eq!(price.wakes(), wakes + 1);
    price.settle();
    assert_eq!(page.stage.events(), ["start account", "end account"], "its failure may be none the second time");
    page.stage.open("cart");
    assert_eq!(price.run(), &10);
}

#[test]
fn who_is_skipped_is_not_started_when_it_is_wanted_later() {
    let page = Page::default();
    open_all(&page);
    let run = page.run();
    assert_eq!(*now(run.price()), 10);
    page.stage.events();
    assert_eq!(now(run.offer()).unwrap_err().task(), "account");
    assert_eq!(now(run.receipt()).unwrap_err().task(), "account");
    assert_eq!(now(run.shown()).0, None);
    assert!(page.stage.events().is_empty());
}
