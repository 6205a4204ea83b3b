//! A body that waits under a limit.

use std::task::Poll;

use adagio::{Lazy, dag};

use super::either;
use crate::common::{Driven, Stage};

/// One task at a time.
#[derive(Default)]
struct Narrow(Stage);

#[dag(max_concurrency = 1)]
impl Narrow {
    async fn source(&self) -> u32 {
        self.0.act("source").await;
        2
    }

    #[depends(lazy source)]
    async fn first(&self, source: Lazy<'_, u32>) -> u32 {
        self.0.act("first").await;
        let value = *source.await;
        self.0.act("rest").await;
        value
    }

    async fn second(&self) -> u32 {
        self.0.act("second").await;
        1
    }

    #[depends(first, second)]
    fn sum(&self, first: u32, second: u32) -> u32 {
        first + second
    }
}

#[test]
fn under_a_limit_the_body_lends_its_slot_while_it_waits() {
    for is_run in [false, true] {
        let narrow = Narrow::default();
        let run = narrow.run();
        let mut sum: Driven<'_, u32> =
            if is_run { Driven::new(async { *run.sum().await }) } else { Driven::new(narrow.sum()) };
        assert!(sum.poll().is_pending());
        assert_eq!(narrow.0.events(), ["start first"]);
        narrow.0.open("first");
        assert!(sum.poll().is_pending());
        // It has lent its slot to the task that waited longer for one.
        assert_eq!(narrow.0.events(), ["end first", "start second"]);
        narrow.0.open("second");
        assert!(sum.poll().is_pending());
        assert_eq!(narrow.0.events(), ["end second", "start source"]);
        narrow.0.open("source");
        assert!(sum.poll().is_pending());
        assert_eq!(narrow.0.events(), ["end source", "start rest"]);
        narrow.0.open("rest");
        assert_eq!(sum.poll(), Poll::Ready(3));
    }
}

#[test]
fn under_a_limit_the_body_takes_a_slot_again_before_it_goes_on() {
    let narrow = Narrow::default();
    narrow.0.open("first");
    let run = narrow.run();
    let mut source = Driven::new(run.source());
    assert!(source.poll().is_pending());
    let mut first = Driven::new(run.first());
    assert!(first.poll().is_pending());
    let mut second = Driven::new(run.second());
    assert!(second.poll().is_pending());
    narrow.0.events();
    narrow.0.open("source");
    assert!(first.poll().is_pending() && second.poll().is_pending());
    // One of them at a time.
    let events = narrow.0.events();
    let starts = events.iter().filter(|event| event.starts_with("start")).count();
    let ends = events.iter().filter(|event| event.starts_with("end")).count();
    assert_eq!((starts, ends), (2, 2), "{events:?}");
}

/// One task at a time; `asker` stops to wait for `rates` before there is a slot for `rates`.
#[derive(Default)]
struct Withdrawn(Stage);

#[dag(max_concurrency = 1)]
impl Withdrawn {
    async fn rates(&self) -> u32 {
        self.0.act("rates").await;
        2
    }

    #[depends(lazy rates)]
    async fn asker(&self, rates: Lazy<'_, u32>) -> u32 {
        let asked = either(rates.into_future(), self.0.gate("hurry")).await;
        self.0.act("rest").await;
        asked.map_or(0, |rates| *rates)
    }

    async fn other(&self) -> u32 {
        self.0.act("other").await;
        1
    }

    #[depends(asker, other)]
    fn sum(&self, asker: u32, other: u32) -> u32 {
        asker + other
    }
}

#[test]
fn a_slot_that_becomes_free_in_the_pass_that_ends_a_wait_starts_no_task_for_it() {
    for is_run in [false, true] {
        let withdrawn = Withdrawn::default();
        let run = withdrawn.run();
        let mut sum: Driven<'_, u32> =
            if is_run { Driven::new(async { *run.sum().await }) } else { Driven::new(withdrawn.sum()) };
        assert!(sum.poll().is_pending());
        withdrawn.0.open("hurry");
        withdrawn.0.open("other");
        assert!(sum.poll().is_pending());
        assert_eq!(withdrawn.0.events(), ["start other", "start rest", "end other"]);
        withdrawn.0.open("rest");
        assert_eq!(sum.run(), 1);
    }
}
