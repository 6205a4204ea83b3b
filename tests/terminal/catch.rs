//! `catch` in `#[depends(..)]`: a task that runs even if its dependency fails.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;
#[cfg(feature = "tokio")]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use adagio::{EdgeKind, Observer, Outcome, TaskError, TaskEvent, dag};

use crate::common::{Driven, Stage, now};

#[derive(Debug, PartialEq)]
struct ApiError(&'static str);

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no {}", self.0)
    }
}

impl Error for ApiError {}

/// An error that no `TaskError` can keep.
#[derive(Debug, PartialEq)]
struct Status(u16);

#[derive(Default)]
struct Page {
    stage: Stage,
    has_coupon: bool,
}

impl Page {
    fn with_coupon() -> Self {
        Self { has_coupon: true, ..Self::default() }
    }
}

#[dag]
impl Page {
    async fn cart(&self) -> u32 {
        self.stage.act("cart").await;
        10
    }

    async fn account(&self) -> Result<String, ApiError> {
        self.stage.act("account").await;
        if self.has_coupon { Ok("me".to_owned()) } else { Err(ApiError("account")) }
    }

    #[depends(account)]
    async fn coupon(&self, account: &str) -> String {
        self.stage.act("coupon").await;
        format!("{account}: 3")
    }

    /// Serves `coupon` alone.
    async fn banner(&self) -> u32 {
        self.stage.act("banner").await;
        1
    }

    #[depends(coupon, banner)]
    async fn offer(&self, coupon: &str, banner: u32) -> String {
        self.stage.act_at_once("offer");
        format!("{coupon} {banner}")
    }

    #[depends(cart, catch coupon)]
    fn price(&self, cart: u32, coupon: Option<&str>) -> u32 {
        self.stage.act_at_once("price");
        if coupon == Some("me: 3") { cart - 3 } else { cart }
    }

    #[depends(catch coupon, catch account)]
    fn report(&self, coupon: Result<&str, TaskError>, account: Result<String, TaskError>) -> String {
        let tell = |result: Result<String, TaskError>| match result {
            Ok(value) => value,
            Err(error) => format!("{error}: {}", error.source().unwrap()),
        };
        format!("{}, {}", tell(coupon.map(str::to_owned)), tell(account))
    }

    /// Comes after `account`, whatever has become of it.
    #[depends(catch account)]
    fn goodbye(&self) -> u32 {
        self.stage.act_at_once("goodbye");
        5
    }

    #[depends(catch offer, cart)]
    fn shown(&self, offer: Option<String>, cart: u32) -> (Option<String>, u32) {
        (offer, cart)
    }

    #[depends(price, account)]
    fn receipt(&self, price: u32, account: &str) -> String {
        format!("{account} pays {price}")
    }
}

fn open_all(page: &Page) {
    for gate in ["cart", "account", "coupon", "banner"] {
        page.stage.open(gate);
    }
}

#[test]
fn a_result_that_is_there_is_lent_as_an_option() {
    let page = Page::with_coupon();
    open_all(&page);
    assert_eq!(now(page.price()), 7);
    assert_eq!(*now(page.run().price()), 7);
}

#[test]
fn a_failure_far_above_makes_it_none() {
    let page = Page::default();
    open_all(&page);
    assert_eq!(now(page.price()), 10);
    assert_eq!(*now(page.run().price()), 10);
    assert!(!page.stage.events().contains(&"start coupon".to_owned()));
}

#[test]
fn a_result_names_the_task_that_failed_and_keeps_its_error() {
    let page = Page::default();
    open_all(&page);
    let told = "task `account` failed: no account, task `account` failed: no account";
    assert_eq!(now(page.report()), told);
    assert_eq!(now(page.run().report()), told);
    let page = Page::with_coupon();
    open_all(&page);
    assert_eq!(now(page.report()), "me: 3, me");
}

#[test]
fn without_a_parameter_it_only_orders() {
    let page = Page::default();
    let mut goodbye = Driven::new(page.goodbye());
    assert!(goodbye.poll().is_pending());
    assert_eq!(page.stage.events(), ["start account"]);
    page.stage.open("account");
    assert_eq!(goodbye.poll(), Poll::Ready(5));
    assert_eq!(page.stage.events(), ["end account", "start goodbye", "end goodbye"]);
}

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
fn what_was_made_without_the_value_is_kept_when_it_is_tried_again() {
    let page = Page::default();
    open_all(&page);
    let run = page.run();
    assert_eq!(*now(run.price()), 10);
    run.retry_failed();
    assert_eq!(*now(run.price()), 10);
    assert_eq!(page.stage.events().iter().filter(|event| *event == "start account").count(), 1);
    assert_eq!(now(run.account()).unwrap_err().task(), "account");
}

#[test]
fn what_has_not_started_waits_for_the_new_attempt() {
    let page = Page::default();
    let run = page.run();
    let mut price = Driven::new(run.price());
    assert!(price.poll().is_pending());
    page.stage.open("account");
    assert!(price.poll().is_pending());
    page.stage.events();
    run.retry_failed();
    assert!(price.poll().is_pending());
    // The gate is open: it fails again at once.
    assert_eq!(page.stage.events(), ["start account", "end account"]);
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
fn the_kinds_of_dependencies_are_data() {
    let price = Page::graph().tasks().find(|task| task.name() == "price").unwrap();
    let edges: Vec<_> = price.edges().map(|(task, kind)| (task.name(), kind)).collect();
    assert_eq!(edges, [("cart", EdgeKind::Plain), ("coupon", EdgeKind::Catch)]);
}

/// Errors that no code reads.
struct Gateway {
    is_up: bool,
}

#[dag]
impl Gateway {
    async fn news(&self) -> Result<Vec<u8>, Status> {
        if self.is_up { Ok(vec![1, 2]) } else { Err(Status(503)) }
    }

    #[depends(catch news)]
    async fn page(&self, news: Option<&[u8]>) -> usize {
        news.map_or(0, <[u8]>::len)
    }

    #[task(catch)]
    #[depends(news)]
    async fn checked(&self, news: &[u8]) -> Result<u8, Status> {
        if news.len() > 1 { Err(Status(400)) } else { Ok(1) }
    }

    #[depends(catch checked)]
    fn audit(&self, checked: Option<&Result<u8, Status>>) -> String {
        format!("{checked:?}")
    }
}

#[test]
fn an_option_asks_nothing_of_the_error() {
    assert_eq!(now(Gateway { is_up: false }.page()), 0);
    assert_eq!(now(Gateway { is_up: true }.page()), 2);
}

#[test]
fn a_result_that_is_a_value_can_be_caught_where_its_dependencies_fail() {
    assert_eq!(now(Gateway { is_up: false }.audit()), "None");
    assert_eq!(now(Gateway { is_up: true }.audit()), "Some(Err(Status(400)))");
}

/// Tasks with the names of the words for kinds.
struct Words;

#[dag]
impl Words {
    async fn catch(&self) -> Result<u8, Status> {
        Err(Status(1))
    }

    async fn lazy(&self) -> u8 {
        2
    }

    #[depends(lazy, catch)]
    fn both(&self, lazy: u8, catch: u8) -> u8 {
        lazy + catch
    }

    #[depends(lazy, catch catch)]
    fn caught(&self, lazy: u8, catch: Option<u8>) -> u8 {
        lazy + catch.unwrap_or(5)
    }
}

#[test]
fn a_word_for_a_kind_is_one_only_before_a_name() {
    assert_eq!(now(Words.both()), Err(Status(1)));
    assert_eq!(now(Words.caught()), 7);
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

/// Logs every event.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Observer for Events {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} started", task.name()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Failed(error) => format!("failed: {}", error.task()),
            Outcome::Skipped { because } => format!("skipped because of {because}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(format!("{} {outcome}", task.name()));
    }
}

#[test]
fn observers_are_told_of_the_failure_and_of_what_is_skipped() {
    let page = Page::default();
    open_all(&page);
    let events = Events::default();
    assert_eq!(*now(page.run().observe(events.clone()).price()), 10);
    let told = [
        "cart started",
        "cart done",
        "account started",
        "account failed: account",
        "coupon skipped because of account",
        "price started",
        "price done",
    ];
    assert_eq!(*events.0.lock().unwrap(), told);
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

/// Types of all kinds, and results that stay on one thread.
struct Store<'s, T> {
    name: &'s str,
    item: Option<T>,
}

#[dag(local)]
impl<'s, T: Clone + fmt::Debug> Store<'s, T> {
    async fn item(&self) -> Result<Rc<T>, ApiError> {
        self.item.clone().map(Rc::new).ok_or(ApiError("item"))
    }

    #[depends(catch item)]
    async fn label(&self, item: Option<&T>) -> String {
        format!("{} {item:?}", self.name)
    }

    #[depends(catch item)]
    fn shared(&self, item: Result<Rc<T>, TaskError>) -> Option<Rc<T>> {
        item.ok()
    }

    async fn title(&self) -> Result<&'s str, ApiError> {
        if self.name.is_empty() { Err(ApiError("title")) } else { Ok(self.name) }
    }

    #[depends(catch title)]
    fn heading(&self, title: Option<&&'s str>) -> &'s str {
        title.copied().unwrap_or("untitled")
    }
}

#[test]
fn generic_and_local_blocks_catch_too() {
    let full = Store { name: "shop", item: Some(3_u8) };
    assert_eq!(now(full.label()), "shop Some(3)");
    assert_eq!(now(full.shared()), Some(Rc::new(3)));
    let empty = Store::<Vec<u8>> { name: "", item: None };
    assert_eq!(now(empty.label()), " None");
    assert_eq!(now(empty.run().shared()), &None);
    assert_eq!(now(empty.heading()), "untitled");
}

/// The second attempt sees the same results as the first.
#[cfg(feature = "tokio")]
struct Again {
    attempts: AtomicUsize,
}

#[cfg(feature = "tokio")]
#[dag]
impl Again {
    async fn source(&self) -> Result<u8, ApiError> {
        Err(ApiError("source"))
    }

    #[depends(catch source)]
    #[task(retry = 2, backoff = "1ms..1ms")]
    async fn tried(&self, source: Result<u8, TaskError>) -> Result<String, ApiError> {
        match self.attempts.fetch_add(1, Ordering::SeqCst) {
            0 => Err(ApiError("luck")),
            _ => Ok(source.unwrap_err().task().to_owned()),
        }
    }
}

#[cfg(feature = "tokio")]
#[test]
fn each_attempt_of_a_task_finds_what_it_catches() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let again = Again { attempts: AtomicUsize::new(0) };
    assert_eq!(runtime.block_on(again.tried()), Ok("source".to_owned()));
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

/// Tries `source` again while `shown` is under way without it.
#[derive(Default)]
struct Anew(Stage, Mutex<bool>);

#[dag(max_concurrency = 1)]
impl Anew {
    async fn source(&self) -> Result<u32, String> {
        if std::mem::replace(&mut *self.1.lock().unwrap(), true) {
            self.0.act("source").await;
        }
        Err("down".to_owned())
    }

    #[depends(catch source)]
    async fn shown(&self, source: Option<&u32>) -> u32 {
        self.0.act("shown").await;
        source.copied().unwrap_or(0)
    }
}

#[test]
fn a_body_that_has_started_without_a_value_goes_on_while_that_is_tried_again() {
    for limit in [1, 2] {
        let anew = Anew::default();
        let run = anew.run().max_concurrency(limit);
        let mut shown = Driven::new(run.shown());
        assert!(shown.poll().is_pending());
        run.retry_failed();
        let mut source = Driven::new(run.source());
        assert!(source.poll().is_pending());
        anew.0.open("shown");
        assert_eq!(shown.poll(), Poll::Ready(&0));
        anew.0.open("source");
        assert!(source.run().is_err());
    }
}
