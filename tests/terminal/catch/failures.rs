//! Which failures end a call, and what continues after a failure that is caught.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::task::Poll;

use adagio::{TaskError, dag};

use super::{ApiError, Page};
use crate::common::{Driven, Stage, now};

#[test]
fn a_failure_that_some_way_does_not_catch_ends_the_call() {
    let page = Page::default();
    let mut receipt = Driven::new(page.receipt());
    assert!(receipt.poll().is_pending());
    page.stage.open("account");
    assert_eq!(receipt.poll(), Poll::Ready(Err(ApiError("account"))));
    assert_eq!(page.stage.events(), ["start cart", "start account", "end account", "drop cart"]);
}

#[test]
fn after_a_failure_all_else_goes_on() {
    let page = Page::default();
    let mut price = Driven::new(page.price());
    assert!(price.poll().is_pending());
    page.stage.open("account");
    assert!(price.poll().is_pending());
    assert_eq!(page.stage.events(), ["start cart", "start account", "end account"]);
    page.stage.open("cart");
    assert_eq!(price.poll(), Poll::Ready(10));
    assert_eq!(page.stage.events(), ["end cart", "start price", "end price"]);
}

#[test]
fn what_only_serves_what_cannot_run_is_driven_on_and_nobody_waits_for_it() {
    let page = Page::default();
    let mut shown = Driven::new(page.shown());
    assert!(shown.poll().is_pending());
    page.stage.open("account");
    assert!(shown.poll().is_pending());
    assert_eq!(page.stage.events(), ["start cart", "start account", "start banner", "end account"]);
    page.stage.open("banner");
    assert!(shown.poll().is_pending());
    assert_eq!(page.stage.events(), ["end banner"]);
    page.stage.open("cart");
    assert_eq!(shown.poll(), Poll::Ready((None, 10)));

    let page = Page::default();
    let mut shown = Driven::new(page.shown());
    assert!(shown.poll().is_pending());
    page.stage.open("account");
    page.stage.open("cart");
    assert_eq!(shown.poll(), Poll::Ready((None, 10)));
    drop(shown);
    let end = page.stage.events();
    assert_eq!(end[3..], ["end cart", "end account", "drop banner"]);
}

/// Several fail.
struct Several {
    stage: Stage,
}

#[dag]
impl Several {
    async fn early(&self) -> Result<u8, ApiError> {
        self.stage.act("early").await;
        Err(ApiError("early"))
    }

    async fn late(&self) -> Result<u8, ApiError> {
        self.stage.act("late").await;
        Err(ApiError("late"))
    }

    #[depends(early, late)]
    fn sum(&self, early: u8, late: u8) -> u8 {
        early + late
    }

    #[depends(catch sum)]
    fn told(&self, sum: Result<u8, TaskError>) -> &'static str {
        sum.map_or_else(|error| error.task(), |_| "sum")
    }

    #[depends(catch sum, catch early, catch late)]
    fn all_told(&self, early: Result<u8, TaskError>, late: Result<u8, TaskError>) -> [&'static str; 2] {
        [early.unwrap_err().task(), late.unwrap_err().task()]
    }
}

#[test]
fn of_several_failures_the_first_in_time_counts() {
    let several = Several { stage: Stage::default() };
    let mut told = Driven::new(several.told());
    assert!(told.poll().is_pending());
    several.stage.open("late");
    // `sum` need not have a result.
    assert_eq!(told.poll(), Poll::Ready("late"));
    let mut all = Driven::new(several.all_told());
    assert!(all.poll().is_pending());
    several.stage.open("early");
    assert_eq!(all.poll(), Poll::Ready(["early", "late"]));
}

/// Several fail, and are caught one after another.
struct Later {
    stage: Stage,
}

#[dag]
impl Later {
    async fn early(&self) -> Result<u8, ApiError> {
        Err(ApiError("early"))
    }

    async fn late(&self) -> Result<u8, ApiError> {
        self.stage.act("late").await;
        Err(ApiError("late"))
    }

    #[depends(early, late)]
    fn sum(&self, early: u8, late: u8) -> u8 {
        early + late
    }

    #[depends(catch early)]
    async fn told(&self, early: Result<&u8, TaskError>) -> &'static str {
        early.unwrap_err().task()
    }

    #[depends(told, catch early, catch late, catch sum)]
    fn every(
        &self,
        told: &'static str,
        early: Result<&u8, TaskError>,
        late: Result<&u8, TaskError>,
        sum: Result<u8, TaskError>,
    ) -> [&'static str; 4] {
        [told, early.unwrap_err().task(), late.unwrap_err().task(), sum.unwrap_err().task()]
    }
}

#[test]
fn a_later_failure_leaves_the_earlier_ones_as_they_were() {
    let later = Later { stage: Stage::default() };
    let mut all = Driven::new(later.every());
    assert!(all.poll().is_pending());
    later.stage.open("late");
    assert_eq!(all.poll(), Poll::Ready(["early", "early", "late", "early"]));
}

/// A limit, and a block of several words.
macro_rules! wide {
    ($($leaf:ident)*) => {
        struct Wide;

        #[expect(clippy::too_many_arguments, reason = "more than a word of tasks")]
        #[dag(max_concurrency = 2)]
        impl Wide {
            $(
                async fn $leaf(&self) -> Result<u8, ApiError> {
                    crate::common::yield_once().await;
                    Err(ApiError(stringify!($leaf)))
                }
            )*

            #[depends($(catch $leaf),*)]
            async fn count(&self, $($leaf: Result<&u8, TaskError>),*) -> usize {
                [$($leaf),*].iter().filter(|leaf| leaf.is_err()).count()
            }
        }
    };
}

wide! {
    a00 a01 a02 a03 a04 a05 a06 a07 a08 a09 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29
    a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59
    a60 a61 a62 a63 a64 a65 a66 a67 a68 a69
}

#[test]
fn failures_give_their_slots_back() {
    let wide = Wide;
    assert_eq!(Driven::new(wide.count()).run(), 70);
    let run = wide.run().max_concurrency(1);
    assert_eq!(*Driven::new(run.count()).run(), 70);
    let run = wide.run().max_concurrency(1000);
    assert_eq!(*Driven::new(run.count()).run(), 70);
}

/// Panics.
struct Panics {
    stage: Stage,
}

#[dag]
impl Panics {
    async fn bad(&self) -> Result<u8, ApiError> {
        self.stage.act("bad").await;
        panic_any("out of ink")
    }

    #[depends(catch bad)]
    fn after(&self, bad: Option<u8>) -> Option<u8> {
        self.stage.act_at_once("after");
        bad
    }
}

#[test]
fn a_panic_is_not_caught() {
    let panics = Panics { stage: Stage::default() };
    panics.stage.open("bad");
    let payload = catch_unwind(AssertUnwindSafe(|| now(panics.after()))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"out of ink"));
    let run = panics.run();
    catch_unwind(AssertUnwindSafe(|| now(run.after()))).unwrap_err();
    assert!(!panics.stage.events().contains(&"start after".to_owned()));
}
