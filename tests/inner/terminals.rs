//! Terminals of a graph with an inner graph.
#![allow(clippy::unused_async, clippy::trivially_copy_pass_by_ref, reason = "some tasks here are done at once")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use adagio::dag;
use allocation_counter::measure;

use crate::common::{Driven, Stage, now, yield_once};

/// This module could be a separate crate: it knows nothing of the code below.
mod pricing {
    use std::sync::Arc;

    use super::{Stage, dag};

    pub(crate) struct Pricing {
        pub(crate) stage: Arc<Stage>,
        pub(crate) user: u64,
        /// The task that fails.
        pub(crate) failing: &'static str,
    }

    /// Private: only the errors of visible tasks cross the border.
    struct NoRates;

    #[derive(Debug, PartialEq)]
    pub(crate) struct PricingError(pub(crate) &'static str);

    impl From<NoRates> for PricingError {
        fn from(_: NoRates) -> Self {
            Self("no rates")
        }
    }

    #[dag]
    impl Pricing {
        async fn rates(&self) -> Result<u64, NoRates> {
            self.stage.act("rates").await;
            if self.failing == "rates" { Err(NoRates) } else { Ok(2) }
        }

        pub(crate) async fn user(&self) -> &u64 {
            self.stage.act("inner user").await;
            &self.user
        }

        #[depends(rates, user)]
        pub(crate) async fn total(&self, rates: u64, user: &u64) -> Result<u64, PricingError> {
            self.stage.act("total").await;
            if self.failing == "total" { Err(PricingError("no total")) } else { Ok(100 * rates + user) }
        }

        #[depends(user)]
        pub(crate) fn name(&self, user: &u64) -> String {
            self.stage.act_at_once("name");
            format!("user {user}")
        }

        #[expect(dead_code, reason = "nobody needs it")]
        pub(crate) async fn unneeded(&self) {
            self.stage.act_at_once("unneeded");
        }
    }
}

use pricing::{Pricing, PricingError};

impl From<PricingError> for Box<dyn std::error::Error + Send + Sync> {
    fn from(error: PricingError) -> Self {
        error.0.into()
    }
}

#[derive(Debug, PartialEq)]
enum PageError {
    Pricing(&'static str),
    User,
}

impl From<PricingError> for PageError {
    fn from(error: PricingError) -> Self {
        Self::Pricing(error.0)
    }
}

impl From<PageError> for Box<dyn std::error::Error + Send + Sync> {
    fn from(error: PageError) -> Self {
        format!("{error:?}").into()
    }
}

#[derive(Default)]
struct Page {
    stage: std::sync::Arc<Stage>,
    failing: &'static str,
}

#[dag]
impl Page {
    async fn user(&self) -> Result<u64, PageError> {
        self.stage.act("user").await;
        if self.failing == "user" { Err(PageError::User) } else { Ok(7) }
    }

    #[depends(user)]
    #[task(graph)]
    fn pricing(&self, user: u64) -> Pricing {
        self.stage.act_at_once("pricing");
        Pricing { stage: self.stage.clone(), user, failing: self.failing }
    }

    #[depends(pricing.name)]
    async fn title(&self, name: &str) -> usize {
        self.stage.act("title").await;
        name.len()
    }

    #[depends(pricing.total, pricing.name)]
    async fn page(&self, total: &u64, name: String) -> Result<String, PageError> {
        self.stage.act("page").await;
        Ok(format!("{name}: {total}"))
    }

    // The error type is that of `user`, which `pricing` needs; the error of `pricing.total` converts into it.
    #[depends(pricing.total, pricing)]
    async fn both(&self, total: u64, pricing: &Pricing) -> u64 {
        self.stage.act("both").await;
        total + pricing.user
    }

    #[depends(page, title)]
    async fn all_of_it(&self, page: &str, title: usize) -> usize {
        page.len() + title
    }
}

impl Page {
    fn new(failing: &'static str) -> Self {
        Self { failing, ..Self::default() }
    }

    fn open(&self, gates: &[&'static str]) {
        for gate in gates {
            self.stage.open(gate);
        }
    }
}

const ALL: [&str; 8] = ["user", "rates", "inner user", "total", "title", "page", "both", "name"];

#[test]
fn inner_tasks_run_once_and_only_those_that_are_needed() {
    let page = Page::new("");
    page.open(&ALL);
    assert_eq!(now(page.all_of_it()), Ok(11 + 6));
    let events = page.stage.events();
    let mut starts: Vec<_> = events.iter().filter_map(|event| event.strip_prefix("start ")).collect();
    starts.sort_unstable();
    assert_eq!(starts, ["inner user", "name", "page", "pricing", "rates", "title", "total", "user"]);
    assert_eq!(now(page.title()), Ok(6));
    let events = page.stage.events();
    let starts: Vec<_> = events.iter().filter_map(|event| event.strip_prefix("start ")).collect();
    assert_eq!(starts, ["user", "pricing", "inner user", "name", "title"]);
}

#[test]
fn an_outer_task_starts_in_the_poll_in_which_the_inner_task_is_done_that_it_names() {
    let page = Page::new("");
    page.open(&["user"]);
    let mut goal = Driven::new(page.all_of_it());
    assert!(goal.poll().is_pending());
    page.stage.events();
    page.open(&["inner user"]);
    assert!(goal.poll().is_pending());
    assert_eq!(page.stage.events(), ["end inner user", "start name", "end name", "start title"]);
    page.open(&["rates"]);
    assert!(goal.poll().is_pending());
    assert_eq!(page.stage.events(), ["end rates", "start total"]);
    page.open(&["total"]);
    assert!(goal.poll().is_pending());
    assert_eq!(page.stage.events(), ["end total", "start page"]);
    page.open(&["page", "title"]);
    assert!(goal.poll().is_ready());
}

#[test]
fn the_object_is_a_result_like_any_other() {
    let page = Page::new("");
    page.open(&ALL);
    assert_eq!(now(page.pricing()).unwrap().user, 7);
    assert_eq!(now(page.both()), Ok(207 + 7));
}

#[test]
fn an_inner_failure_becomes_the_error_of_its_terminal_and_then_of_the_outer_one() {
    for (failing, error) in [
        ("rates", PageError::Pricing("no rates")),
        ("total", PageError::Pricing("no total")),
        ("user", PageError::User),
    ] {
        let page = Page::new(failing);
        page.open(&ALL);
        assert_eq!(now(page.page()).as_ref(), Err(&error), "{failing}");
        assert_eq!(now(page.all_of_it()).as_ref(), Err(&error), "{failing}");
        assert_eq!(now(page.both()).as_ref(), Err(&error), "{failing}");
    }
    let page = Page::new("rates");
    page.open(&ALL);
    assert_eq!(now(page.title()), Ok(6), "what does not need it does not fail");
}

#[test]
fn the_first_failure_in_time_drops_all_that_is_under_way_on_both_sides() {
    let page = Page::new("rates");
    page.open(&["user"]);
    let mut goal = Driven::new(page.all_of_it());
    assert!(goal.poll().is_pending());
    page.open(&["inner user"]);
    assert!(goal.poll().is_pending());
    page.stage.events();
    page.open(&["rates"]);
    assert_eq!(goal.poll(), Poll::Ready(Err(PageError::Pricing("no rates"))));
    assert_eq!(page.stage.events(), ["end rates", "drop title"]);

    let page = Page::new("rates");
    page.open(&["user", "rates"]);
    assert_eq!(now(page.page()), Err(PageError::Pricing("no rates")));
    assert!(!page.stage.events().contains(&"start inner user".to_owned()), "what comes after it does not start");
}

#[test]
fn dropping_a_terminal_drops_inner_tasks() {
    let page = Page::new("");
    page.open(&["user", "inner user"]);
    let mut goal = Driven::new(page.all_of_it());
    assert!(goal.poll().is_pending());
    page.stage.events();
    drop(goal);
    let mut events = page.stage.events();
    events.sort_unstable();
    assert_eq!(events, ["drop rates", "drop title"]);
}

/// All tasks are ready at once, or yield once each.
struct Inner {
    waits: bool,
    value: u64,
}

impl Inner {
    async fn wait(&self) {
        if self.waits {
            yield_once().await;
        }
    }
}

#[dag]
impl Inner {
    async fn a(&self) -> u64 {
        self.wait().await;
        self.value
    }

    async fn b(&self) -> &u64 {
        self.wait().await;
        &self.value
    }

    #[depends(a, b)]
    async fn c(&self, a: &u64, b: &u64) -> u64 {
        self.wait().await;
        a + b
    }

    #[depends(c)]
    async fn d(&self, c: &u64) -> u64 {
        self.wait().await;
        c + 1
    }
}

#[dag(max_concurrency = 1)]
impl Outer {
    #[task(graph)]
    async fn inner(&self) -> Inner {
        Inner { waits: self.0, value: 3 }
    }

    #[depends(inner.d, inner.a)]
    async fn goal(&self, d: &u64, a: &u64) -> u64 {
        d * a
    }
}

struct Outer(bool);

#[dag]
impl Outermost {
    #[task(graph)]
    async fn outer(&self) -> Outer {
        Outer(self.0)
    }

    #[depends(outer.goal)]
    async fn goal(&self, goal: u64) -> u64 {
        goal + 1
    }
}

struct Outermost(bool);

#[test]
fn a_terminal_with_graphs_inside_does_not_touch_the_heap() {
    for waits in [false, true] {
        let allocated = measure(|| {
            let outer = Outermost(waits);
            let mut goal = pin!(outer.goal());
            let result = loop {
                if let Poll::Ready(result) = goal.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    break result;
                }
            };
            assert_eq!(result, 22);
        });
        assert_eq!(allocated.count_total, 0, "waits: {waits}");
    }
}

#[test]
fn a_terminal_with_graphs_inside_is_send() {
    fn assert_send<T: Send>(future: T) -> T {
        future
    }
    let page = Page::new("");
    page.open(&ALL);
    assert!(now(assert_send(page.page())).is_ok());
    let run = page.run();
    assert!(now(assert_send(run.page())).is_ok());
}
