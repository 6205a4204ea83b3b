//! `lazy` in `#[depends(..)]`: a task that runs only if a body awaits it.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]
#![allow(clippy::ref_option, reason = "a task takes what another returns")]

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

use adagio::{EdgeKind, Lazy, Observer, Outcome, TaskError, TaskEvent, dag};

use crate::common::{CountingWaker, Driven, Stage, forever, now, yield_once};

/// Awaits both, polled in turn.
async fn both<A: Future, B: Future>(one: A, other: B) -> (A::Output, B::Output) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none() {
            first = done(one.as_mut().poll(cx));
        }
        if second.is_none() {
            second = done(other.as_mut().poll(cx));
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.unwrap(), second.unwrap())
}

fn done<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Drops the first if the second is done earlier.
async fn either<A: Future, B: Future>(one: A, other: B) -> Result<A::Output, B::Output> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending => other.as_mut().poll(cx).map(Err),
    })
    .await
}

#[derive(Clone, Debug, PartialEq)]
struct ApiError(&'static str);

impl std::fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "no {}", self.0)
    }
}

impl std::error::Error for ApiError {}

#[derive(Default)]
struct Page {
    stage: Stage,
    is_cached: bool,
    is_down: Mutex<bool>,
}

impl Page {
    fn with_cache() -> Self {
        Self { is_cached: true, ..Self::default() }
    }

    fn down() -> Self {
        Self { is_down: Mutex::new(true), ..Self::default() }
    }
}

#[dag]
impl Page {
    async fn cached(&self) -> bool {
        self.is_cached
    }

    /// Serves `load` alone.
    async fn session(&self) -> u32 {
        self.stage.act("session").await;
        3
    }

    #[depends(session)]
    async fn load(&self, session: &u32) -> u32 {
        self.stage.act("load").await;
        session + 4
    }

    #[depends(cached, lazy load)]
    async fn page(&self, cached: &bool, load: Lazy<'_, u32>) -> u32 {
        self.stage.log("page");
        if *cached { 1 } else { *load.await }
    }

    /// Gives the wait up when its own gate opens.
    #[depends(lazy load)]
    async fn hurried(&self, load: Lazy<'_, u32>) -> Option<u32> {
        either(load.into_future(), self.stage.gate("hurry")).await.ok().copied()
    }

    async fn api(&self) -> Result<u32, ApiError> {
        self.stage.act("api").await;
        if *self.is_down.lock().unwrap() { Err(ApiError("api")) } else { Ok(5) }
    }

    #[depends(lazy api)]
    async fn asker(&self, api: Lazy<'_, u32>) -> u32 {
        self.stage.act("asker").await;
        let guard = Guard(&self.stage);
        let api = api.await;
        drop(guard);
        *api
    }

    #[depends(catch asker)]
    fn shown(&self, asker: Option<&u32>) -> u32 {
        asker.map_or(0, |asker| asker + 1)
    }

    #[depends(catch asker)]
    fn told(&self, asker: Result<&u32, TaskError>) -> String {
        asker.map_or_else(|error| error.to_string(), ToString::to_string)
    }

    /// Asks for both only after its own gate.
    #[depends(lazy page, lazy session)]
    async fn two(&self, page: Lazy<'_, u32>, session: Lazy<'_, u32>) -> u32 {
        let (page, session) = both(page.into_future(), session.into_future()).await;
        page * 10 + session
    }

    #[depends(lazy api)]
    async fn polite(&self, api: Lazy<'_, u32>) -> Option<u32> {
        self.stage.gate("polite").await;
        api.peek().copied()
    }

    #[depends(polite, lazy asker)]
    async fn unneeded(&self, polite: &Option<u32>, asker: Lazy<'_, u32>) -> Option<u32> {
        if polite.is_some() { Some(*asker.await) } else { None }
    }
}

/// Logs its drop.
struct Guard<'s>(&'s Stage);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.log("dropped");
    }
}

fn open(page: &Page, gates: &[&'static str]) {
    for gate in gates {
        page.stage.open(gate);
    }
}

#[test]
fn what_is_not_awaited_does_not_run() {
    let page = Page::with_cache();
    assert_eq!(now(page.page()), 1);
    assert_eq!(*now(page.run().page()), 1);
    assert_eq!(page.stage.events(), ["page", "page"]);
}

#[test]
fn what_is_awaited_starts_and_ends_in_the_same_poll() {
    let page = Page::default();
    open(&page, &["session", "load"]);
    assert_eq!(now(page.page()), 7);
    assert_eq!(page.stage.events(), ["page", "start session", "end session", "start load", "end load"]);
    assert_eq!(*now(page.run().page()), 7);
}

#[test]
fn the_asker_goes_on_in_the_poll_in_which_what_it_asked_for_is_done() {
    let page = Page::default();
    let mut asked = Driven::new(page.page());
    assert!(asked.poll().is_pending());
    assert_eq!(page.stage.events(), ["page", "start session"]);
    page.stage.open("session");
    assert!(asked.poll().is_pending());
    page.stage.open("load");
    assert_eq!(asked.poll(), Poll::Ready(7));
    // Only the gates have woken it.
    assert_eq!(asked.wakes(), 2);
}

#[test]
fn it_can_be_awaited_twice_at_once_and_again() {
    struct Twice;

    #[dag]
    impl Twice {
        async fn source(&self) -> String {
            yield_once().await;
            "a".to_owned()
        }

        #[depends(lazy source)]
        async fn thrice(&self, source: Lazy<'_, String>) -> String {
            assert!(source.peek().is_none());
            let (one, other) = both(source.into_future(), async { source.await.clone() }).await;
            let again = source.await;
            assert!(source.peek().is_some());
            format!("{one}{other}{again}")
        }
    }

    assert_eq!(Driven::new(Twice.thrice()).run(), "aaa");
    let run = Twice.run();
    assert_eq!(Driven::new(run.thrice()).run(), "aaa");
}

#[test]
fn each_future_is_woken_by_the_waker_that_it_was_polled_with() {
    struct Own;

    #[dag]
    impl Own {
        async fn source(&self) -> u32 {
            yield_once().await;
            1
        }

        /// Polls the wait with a waker of its own, as `FuturesUnordered` does.
        #[depends(lazy source)]
        async fn nested(&self, source: Lazy<'_, u32>) -> usize {
            let own = Arc::new(CountingWaker::default());
            let waker = Waker::from(Arc::clone(&own));
            let mut wait = source.into_future();
            poll_fn(|_| Pin::new(&mut wait).poll(&mut Context::from_waker(&waker)).map(drop)).await;
            own.wakes()
        }
    }

    assert_eq!(Driven::new(Own.nested()).run(), 1);
}

#[test]
fn an_asker_that_is_asked_for_asks_in_its_turn() {
    let page = Page::default();
    open(&page, &["load"]);
    let mut two = Driven::new(page.two());
    assert!(two.poll().is_pending());
    page.stage.open("session");
    assert_eq!(two.poll(), Poll::Ready(73));
}

#[test]
fn a_wait_that_is_given_up_keeps_nothing() {
    let page = Page::default();
    let mut hurried = Driven::new(page.hurried());
    assert!(hurried.poll().is_pending());
    assert_eq!(page.stage.events(), ["start session"]);
    page.stage.open("hurry");
    assert_eq!(hurried.poll(), Poll::Ready(None));
    drop(hurried);
    assert_eq!(page.stage.events(), ["drop session"]);

    let page = Page::default();
    let run = page.run();
    let mut hurried = Driven::new(run.hurried());
    assert!(hurried.poll().is_pending());
    page.stage.open("hurry");
    assert_eq!(hurried.poll(), Poll::Ready(&None));
    page.stage.open("session");
    // Started tasks continue, and other tasks do not start.
    page.stage.open("polite");
    assert_eq!(now(run.polite()).unwrap(), &None);
    assert_eq!(page.stage.events(), ["start session", "end session"]);
}

#[test]
fn a_failure_of_what_was_asked_for_ends_a_call() {
    let page = Page::down();
    open(&page, &["api", "asker"]);
    assert_eq!(now(page.asker()), Err(ApiError("api")));
    let events = page.stage.events();
    assert_eq!(events, ["start asker", "end asker", "start api", "end api", "dropped"]);
}

#[test]
fn a_failure_counts_in_a_call_although_nobody_asked() {
    struct Early<'s>(&'s Stage);

    #[dag]
    impl Early<'_> {
        async fn api(&self) -> Result<u32, ApiError> {
            Err(ApiError("api"))
        }

        #[depends(catch api)]
        async fn first(&self, api: Option<&u32>) -> bool {
            api.is_some()
        }

        #[depends(first, lazy api)]
        async fn second(&self, first: &bool, api: Lazy<'_, u32>) -> u32 {
            self.0.log("second");
            if *first { *api.await } else { 0 }
        }
    }

    let stage = Stage::default();
    assert_eq!(now(Early(&stage).second()), Err(ApiError("api")));
    assert!(stage.events().is_empty());
    // In a run it counts once it is asked for.
    let early = Early(&stage);
    assert_eq!(now(early.run().second()).copied().map_err(|error| error.to_string()), Ok(0));
}

#[test]
fn the_body_that_asked_is_dropped_at_once_and_its_failure_can_be_caught() {
    let page = Page::down();
    open(&page, &["asker", "api"]);
    assert_eq!(now(page.shown()), 0);
    assert_eq!(page.stage.events(), ["start asker", "end asker", "start api", "end api", "dropped"]);
    assert_eq!(now(page.told()), "task `api` failed");
    page.stage.events();
    assert_eq!(*now(page.run().shown()), 0);
    assert_eq!(page.stage.events(), ["start asker", "end asker", "start api", "end api", "dropped"]);
    assert_eq!(now(page.run().told()), "task `api` failed");
}

#[test]
fn a_task_that_asks_for_what_has_failed_is_dropped() {
    let page = Page::down();
    open(&page, &["api"]);
    let run = page.run();
    assert_eq!(now(run.api()).unwrap_err().task(), "api");
    let mut shown = Driven::new(run.told());
    assert!(shown.poll().is_pending());
    page.stage.events();
    page.stage.open("asker");
    assert_eq!(*shown.run(), "task `api` failed");
    assert_eq!(page.stage.events(), ["end asker", "dropped"]);
}

#[test]
fn a_second_attempt_begins_the_body_anew() {
    let page = Page::down();
    open(&page, &["asker", "api"]);
    let run = page.run();
    let error = now(run.asker()).unwrap_err();
    assert_eq!(error.task(), "api");
    *page.is_down.lock().unwrap() = false;
    page.stage.events();
    run.retry_failed();
    assert_eq!(now(run.asker()).unwrap(), &5);
    assert_eq!(page.stage.events(), ["start asker", "end asker", "start api", "end api", "dropped"]);
}

#[test]
fn all_and_settle_ask_for_everything() {
    let page = Page::with_cache();
    open(&page, &["session", "load", "api", "asker", "hurry", "polite"]);
    let run = page.run();
    now(run.all()).unwrap();
    assert_eq!(page.stage.events().iter().filter(|event| *event == "end load").count(), 1);

    let page = Page::down();
    open(&page, &["session", "load", "api", "asker", "hurry", "polite"]);
    let failures = now(page.run().settle());
    assert_eq!(failures.iter().map(TaskError::task).collect::<Vec<_>>(), ["api"]);
}

#[test]
fn an_injected_value_is_there_at_once() {
    let page = Page::default();
    let run = page.run().with_load(8);
    assert_eq!(*now(run.page()), 8);
    assert_eq!(page.stage.events(), ["page"]);
}

#[test]
fn peeking_asks_for_nothing() {
    let page = Page::default();
    open(&page, &["polite"]);
    assert_eq!(now(page.polite()), Ok(None));
    assert!(page.stage.events().is_empty());
}

#[test]
fn it_can_fail_like_a_plain_dependency() {
    let page = Page::default();
    open(&page, &["api", "asker"]);
    let asked: Result<u32, ApiError> = now(page.asker());
    assert_eq!(asked, Ok(5));
}

#[test]
fn the_kind_is_data_and_drawn_dashed() {
    let task = Page::graph().tasks().find(|task| task.name() == "page").unwrap();
    let edges: Vec<_> = task.edges().map(|(task, kind)| (task.name(), kind)).collect();
    assert_eq!(edges, [("cached", EdgeKind::Plain), ("load", EdgeKind::Lazy)]);
    assert_eq!(EdgeKind::Lazy.to_string(), "lazy");
}

struct Log(Arc<Mutex<Vec<String>>>);

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", task.name(), task.attempt()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Failed(error) => format!("failed: {}", error.task()),
            Outcome::Skipped { because } => format!("skipped: {because}"),
            other => format!("{other:?}").to_lowercase(),
        };
        self.0.lock().unwrap().push(format!("{} {} {outcome}", task.name(), task.attempt()));
    }
}

#[test]
fn observers_are_told_who_was_dropped_and_of_its_second_attempt() {
    let page = Page::down();
    open(&page, &["asker", "api"]);
    let log = Arc::default();
    let run = page.run().observe(Log(Arc::clone(&log)));
    assert!(now(run.asker()).is_err());
    assert_eq!(*log.lock().unwrap(), ["asker 1", "api 1", "api 1 failed: api", "asker 1 cancelled"]);
    log.lock().unwrap().clear();
    *page.is_down.lock().unwrap() = false;
    run.retry_failed();
    assert!(now(run.asker()).is_ok());
    assert_eq!(*log.lock().unwrap(), ["asker 2", "api 2", "api 2 done", "asker 2 done"]);
}

#[test]
fn observers_are_told_what_nobody_asked_for_when_nothing_can_ask_any_more() {
    let page = Page::with_cache();
    let log = Arc::default();
    let run = page.run().observe(Log(Arc::clone(&log)));
    assert_eq!(*now(run.page()), 1);
    let skipped = ["session 1 skipped: page", "load 1 skipped: page"];
    assert_eq!(*log.lock().unwrap(), [&["cached 1", "cached 1 done", "page 1", "page 1 done"][..], &skipped].concat());

    let page = Page::with_cache();
    let log = Arc::default();
    let run = page.run().observe(Log(Arc::clone(&log)));
    let mut hurried = Driven::new(run.hurried());
    assert!(hurried.poll().is_pending());
    log.lock().unwrap().clear();
    // `hurried` can still ask.
    assert_eq!(*now(run.page()), 1);
    assert!(log.lock().unwrap().iter().all(|event| !event.contains("skipped")));
}

/// Values that stay on their thread.
struct Local(Rc<Stage>);

#[dag(local)]
impl Local {
    async fn rates(&self) -> Rc<u32> {
        self.0.act("rates").await;
        Rc::new(3)
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: Lazy<'_, Rc<u32>>) -> u32 {
        **rates.await
    }
}

#[test]
fn what_is_lazy_may_stay_on_its_thread() {
    let stage = Rc::new(Stage::default());
    stage.open("rates");
    let local = Local(Rc::clone(&stage));
    assert_eq!(now(local.price()), 3);
    assert_eq!(*now(local.run().price()), 3);
}

struct Generic<T>(T);

#[dag]
impl<T: Clone + Send + Sync> Generic<T> {
    async fn value(&self) -> Vec<T> {
        vec![self.0.clone()]
    }

    async fn borrowed(&self) -> &T {
        &self.0
    }

    #[depends(lazy value, lazy borrowed)]
    async fn length(&self, value: Lazy<'_, Vec<T>>, borrowed: Lazy<'_, &T>) -> usize {
        let _: &T = *borrowed.await;
        value.await.len()
    }
}

#[test]
fn a_generic_block_may_have_lazy_dependencies() {
    assert_eq!(now(Generic("a").length()), 1);
    assert_eq!(*now(Generic(2).run().length()), 1);
}

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

#[test]
fn a_cancelled_call_drops_who_waits_and_what_it_waits_for() {
    let page = Page::default();
    open(&page, &["asker"]);
    let mut asker = Driven::new(page.asker());
    assert!(asker.poll().is_pending());
    drop(asker);
    let mut end = page.stage.events().split_off(3);
    end.sort_unstable();
    assert_eq!(end, ["drop api", "dropped"]);
}

#[test]
fn a_result_that_is_there_is_not_waited_for() {
    let page = Page::default();
    open(&page, &["session", "load"]);
    let run = page.run();
    assert_eq!(*now(run.load()), 7);
    page.stage.events();
    assert_eq!(*now(run.page()), 7);
    assert_eq!(page.stage.events(), ["page"]);
}

/// `part` awaits a goal that could ask for it.
struct Around {
    run: OnceLock<AroundRun<'static>>,
}

#[dag]
impl Around {
    async fn part(&self) -> u32 {
        *self.run.get().unwrap().whole().await
    }

    #[depends(lazy part)]
    async fn whole(&self, part: Lazy<'_, u32>) -> u32 {
        part.peek().copied().unwrap_or(3)
    }
}

#[test]
fn a_task_may_await_a_goal_of_its_run_that_does_not_ask_for_it() {
    let around = forever(Around { run: OnceLock::new() });
    let run = around.run.get_or_init(|| around.run());
    assert_eq!(*Driven::new(run.part()).run(), 3);
}

/// Forgets a future that waits, and fails.
#[derive(Default)]
struct Forgetful(Stage);

#[dag(max_concurrency = 3)]
impl Forgetful {
    async fn source(&self) -> Result<u32, ApiError> {
        self.0.act("source").await;
        Err(ApiError("source"))
    }

    #[depends(lazy source)]
    async fn asker(&self, source: Lazy<'_, u32>) -> Result<u32, ApiError> {
        self.0.log("asker");
        let mut wait = Box::pin(source.into_future());
        poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_ready())).await;
        std::mem::forget(wait);
        Err(ApiError("asker"))
    }
}

#[test]
fn a_wait_that_is_forgotten_ends_with_the_body() {
    let forgetful = Forgetful::default();
    let run = forgetful.run();
    let mut source = Driven::new(run.source());
    assert!(source.poll().is_pending());
    assert_eq!(now(run.asker()).unwrap_err().task(), "asker");
    forgetful.0.open("source");
    assert_eq!(source.run().unwrap_err().task(), "source");
    assert_eq!(forgetful.0.events(), ["start source", "asker", "end source"]);
}
