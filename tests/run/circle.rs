//! A task that awaits its own run. A task that waits for itself panics and names the circle; all other tasks continue.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;

use adagio::{TaskError, dag};
use futures::future::select;

use crate::common::{Driven, Stage, forever, now, yield_once};

type Lent = Pin<Box<dyn Future<Output = &'static u64> + Send>>;

/// `page` awaits the goal that the test chooses.
struct Site {
    goal: &'static str,
    stage: Stage,
    is_down: AtomicBool,
    /// A future that `page` polls once for others.
    lent: Mutex<Option<Lent>>,
    run: OnceLock<SiteRun<'static>>,
}

#[derive(Debug)]
struct Down;

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("down")
    }
}

impl std::error::Error for Down {}

#[dag]
impl Site {
    async fn page(&self) -> u64 {
        let run = self.run.get().unwrap();
        match self.goal {
            "page" => *run.page().await,
            "user" => *run.user().await,
            "all" => run.all().await.map_or(7, |all| *all.page),
            "settle" => {
                _ = run.settle().await;
                5
            }
            "beside" => run.beside().await.map_or(7, |value| *value),
            "both" => run.both().await.map_or(7, |value| *value),
            "user, in passing" => {
                let mut user = pin!(run.user());
                let is_there = poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
                if is_there { 0 } else { 5 }
            }
            "user, in passing, then a gate" => {
                let mut user = Box::pin(run.user());
                let is_there = poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
                drop(user);
                self.stage.gate("page").await;
                if is_there { 0 } else { 5 }
            }
            "user, for others" => {
                let mut user = self.lent.lock().unwrap().take().unwrap();
                let is_there = poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
                *self.lent.lock().unwrap() = Some(user);
                self.stage.gate("page").await;
                if is_there { 0 } else { 5 }
            }
            _ => unreachable!(),
        }
    }

    #[depends(page)]
    fn name(&self, page: u64) -> u64 {
        page + 1
    }

    #[depends(name)]
    fn user(&self, name: u64) -> u64 {
        name + 1
    }

    async fn beside(&self) -> Result<u64, Down> {
        self.stage.act("beside").await;
        if self.is_down.load(Ordering::Relaxed) { Err(Down) } else { Ok(3) }
    }

    #[depends(page, beside)]
    fn both(&self, page: u64, beside: u64) -> u64 {
        page + beside
    }
}

impl Site {
    fn new(goal: &'static str) -> &'static Self {
        forever(Self {
            goal,
            stage: Stage::default(),
            is_down: AtomicBool::default(),
            lent: Mutex::default(),
            run: OnceLock::new(),
        })
    }

    /// For ever, since it refers to itself.
    fn run_itself(&'static self) -> &'static SiteRun<'static> {
        self.run.get_or_init(|| self.run())
    }
}

fn message<T>(poll: impl FnOnce() -> T) -> String {
    *catch_unwind(AssertUnwindSafe(|| drop(poll()))).unwrap_err().downcast().expect("the message is made of names")
}

/// Returns the message of the panic of a task that awaits a goal, after two polls and two wakes.
fn circle(goal: &'static str) -> String {
    let run = Site::new(goal).run_itself();
    let mut page = Driven::new(run.page());
    assert!(page.poll().is_pending());
    assert_eq!(page.wakes(), 1);
    // Its body is polled once more.
    assert!(page.poll().is_pending());
    assert_eq!(page.wakes(), 2);
    let message = message(|| page.poll());
    assert_eq!(self::message(|| now(run.page())), "the run has ended: task `page` panicked");
    message
}

#[test]
fn a_task_that_awaits_itself_panics() {
    assert_eq!(circle("page"), "task `page` waits for itself: `page` -> `page`");
}

#[test]
fn a_task_that_awaits_one_that_needs_it_panics_with_the_circle() {
    assert_eq!(circle("user"), "task `page` waits for itself: `page` -> `user` -> `name` -> `page`");
}

#[test]
fn a_task_that_awaits_the_end_of_all_tasks_panics() {
    assert_eq!(circle("settle"), "task `page` waits for itself: `page` -> `settle` -> `page`");
}

#[test]
fn a_value_that_was_injected_cuts_the_circle() {
    let site = Site::new("user");
    let run = site.run.get_or_init(|| site.run().with_name(7));
    assert_eq!(Driven::new(run.page()).run(), &8);
}

#[test]
fn a_task_that_awaits_one_that_does_not_need_it_gets_it() {
    let site = Site::new("beside");
    let mut page = Driven::new(site.run_itself().page());
    assert!(page.poll().is_pending() && page.poll().is_pending());
    site.stage.open("beside");
    assert_eq!(page.run(), &3);
}

#[test]
fn a_task_that_drops_its_await_before_its_poll_ends_goes_on() {
    assert_eq!(now(Site::new("user, in passing").run_itself().page()), &5);
}

#[test]
fn a_waiter_in_the_place_of_a_dropped_await_accuses_nobody() {
    let site = Site::new("user, in passing, then a gate");
    let run = site.run_itself();
    let mut page = Driven::new(run.page());
    assert!(page.poll().is_pending());
    let mut user = Driven::new(run.user());
    assert!(user.poll().is_pending());
    // Another goal has the driver look at the notes again.
    let mut beside = Driven::new(run.beside());
    assert!(beside.poll().is_pending() && page.poll().is_pending() && user.poll().is_pending());
    site.stage.open("page");
    assert_eq!((page.run(), user.run()), (&5, &7));
}

#[test]
fn a_future_that_a_body_has_polled_for_others_accuses_nobody() {
    let site = Site::new("user, for others");
    let run = site.run_itself();
    *site.lent.lock().unwrap() = Some(Box::pin(run.user()));
    let mut page = Driven::new(run.page());
    assert!(page.poll().is_pending());
    let mut user = Driven::new(site.lent.lock().unwrap().take().unwrap());
    assert!(user.poll().is_pending() && page.poll().is_pending() && user.poll().is_pending());
    site.stage.open("page");
    assert_eq!((page.run(), user.run()), (&5, &7));
}

/// A goal that needs the task also ends, without the task, when another task fails.
#[test]
fn a_task_whose_goal_may_fail_without_it_is_let_wait() {
    for goal in ["both", "all"] {
        let site = Site::new(goal);
        let mut page = Driven::new(site.run_itself().page());
        let mut wakes = usize::MAX;
        while std::mem::replace(&mut wakes, page.wakes()) != page.wakes() {
            assert!(page.poll().is_pending());
        }
        site.is_down.store(true, Ordering::Relaxed);
        site.stage.open("beside");
        assert_eq!(page.run(), &7);
    }
}

#[test]
fn it_panics_when_nothing_else_can_fail_any_more() {
    let site = Site::new("both");
    let mut page = Driven::new(site.run_itself().page());
    assert!(page.poll().is_pending() && page.poll().is_pending());
    site.stage.open("beside");
    assert_eq!(message(|| page.run()), "task `page` waits for itself: `page` -> `both` -> `page`");
}

/// `page` fails once; then it awaits `report`, which has caught the failure.
#[derive(Default)]
struct Retried {
    stage: Stage,
    has_failed: AtomicBool,
    run: OnceLock<RetriedRun<'static>>,
}

#[dag]
impl Retried {
    async fn page(&self) -> Result<u64, Down> {
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            return Err(Down);
        }
        Ok(*self.run.get().unwrap().report().await)
    }

    #[depends(catch page)]
    async fn report(&self, page: Result<&u64, TaskError>) -> u64 {
        self.stage.gate("report").await;
        if page.is_err() { 3 } else { 0 }
    }
}

#[test]
fn a_retried_task_may_await_one_that_has_started_without_it() {
    let retried: &'static Retried = forever(Retried::default());
    let run = retried.run.get_or_init(|| retried.run());
    let mut report = Driven::new(run.report());
    report.settle();
    run.retry_failed();
    let mut page = Driven::new(run.page());
    page.settle();
    retried.stage.open("report");
    assert_eq!((*page.run().unwrap(), report.run()), (3, &3));
}

/// `page` waits for `both` for some polls; `broken` fails with an error that counts its drops.
#[derive(Default)]
struct Watched {
    drops: Arc<AtomicUsize>,
    run: Mutex<Option<Arc<WatchedRun<'static>>>>,
}

#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("counted")
    }
}

impl std::error::Error for Counted {}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[dag]
impl Watched {
    async fn page(&self) -> u64 {
        let run = self.run.lock().unwrap().take().unwrap();
        let polls = pin!(async {
            for _ in 0..5 {
                yield_once().await;
            }
        });
        _ = select(run.both(), polls).await;
        5
    }

    async fn beside(&self) -> u64 {
        std::future::pending().await
    }

    #[depends(page, beside)]
    fn both(&self, page: u64, beside: u64) -> u64 {
        page + beside
    }

    fn broken(&self) -> Result<u64, Counted> {
        Err(Counted(Arc::clone(&self.drops)))
    }
}

#[test]
fn a_run_is_gone_although_a_task_of_it_has_awaited_it() {
    let watched: &'static Watched = forever(Watched::default());
    let run = Arc::new(watched.run());
    assert!(now(run.broken()).is_err());
    *watched.run.lock().unwrap() = Some(Arc::clone(&run));
    let mut page = Driven::new(run.page());
    assert_eq!(page.run(), &5);
    drop(page);
    assert_eq!(watched.drops.load(Ordering::Relaxed), 0);
    drop(run);
    assert_eq!(watched.drops.load(Ordering::Relaxed), 1);
}
