//! Bodies on other threads in a run: failures, further attempts, observers, runtimes that end, and tasks that nobody waits
//! for.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

use adagio::dag;
use tokio::runtime::{Builder, Runtime};

use super::settle;
use crate::common::deadline;
use crate::gates::Gates;
use crate::runs::Log;

/// Pages of which one may fail.
#[derive(Default)]
struct Site {
    gates: Gates,
    is_broken: AtomicBool,
}

#[dag]
impl Site {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    #[depends(id in ids)]
    #[task(spawn, max_concurrency = 3)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        self.gates.act("p", id).await;
        if id == 2 && self.is_broken.load(Ordering::SeqCst) { Err("broken".to_owned()) } else { Ok(id) }
    }

    #[depends(page in pages)]
    #[task(spawn)]
    async fn rows(&self, page: &usize) -> usize {
        self.gates.act("r", 10 + page).await;
        *page
    }

    #[depends(rows)]
    fn sum(&self, rows: &[usize]) -> usize {
        rows.iter().sum()
    }
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

async fn poll<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

fn sorted(mut events: Vec<String>) -> Vec<String> {
    events.sort();
    events
}

#[tokio::test]
async fn a_retry_runs_only_the_missing_elements() {
    let _deadline = deadline();
    let site = Arc::new(Site { is_broken: AtomicBool::new(true), ..Site::default() });
    site.gates.open([0, 2, 10]);
    let (run, log) = (site.run(), Arc::new(Log::default()));
    let run = run.observe(Arc::clone(&log));
    let error = run.sum().await.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.index()), ("task `pages[2]` failed", Some(2)));
    let events = site.gates.events();
    assert!(events.contains(&"end p0".to_owned()) && events.contains(&"drop p1".to_owned()));
    site.is_broken.store(false, Ordering::SeqCst);
    site.gates.open(0..20);
    run.retry_failed();
    assert_eq!(*run.sum().await.unwrap(), 6);
    let starts: Vec<_> = sorted(site.gates.events()).into_iter().filter(|event| event.starts_with("start p")).collect();
    assert_eq!(starts, ["start p1", "start p2", "start p3"]);
    let events = log.events();
    assert!(events.contains(&"Done pages".to_owned()) && events.contains(&"Done rows".to_owned()), "{events:?}");
}

#[tokio::test]
async fn the_started_bodies_of_a_follower_go_on_when_the_task_that_leads_fails() {
    let _deadline = deadline();
    let site = Arc::new(Site { is_broken: AtomicBool::new(true), ..Site::default() });
    site.gates.open([0]);
    let run = site.run();
    let mut sum = pin!(run.sum());
    for _ in 0..10 {
        assert!(poll(sum.as_mut()).await.is_pending());
        settle().await;
    }
    assert!(site.gates.events().contains(&"start r10".to_owned()));
    site.gates.open([2]);
    assert_eq!(sum.await.unwrap_err().to_string(), "task `pages[2]` failed");
    settle().await;
    assert!(!site.gates.events().iter().any(|event| event.contains("r1")), "the body for the first page goes on");
    site.is_broken.store(false, Ordering::SeqCst);
    site.gates.open(0..20);
    run.retry_failed();
    assert_eq!(*run.sum().await.unwrap(), 6);
    let rows: Vec<_> = sorted(site.gates.events()).into_iter().filter(|event| event.starts_with("start r")).collect();
    assert_eq!(rows, ["start r11", "start r12", "start r13"]);
}

#[test]
fn pickers_of_a_runtime_that_ends_panic_instead_of_waiting_for_ever() {
    let _deadline = deadline();
    let (site, runtime) = (Arc::new(Site::default()), one_thread());
    let run = site.run();
    let (mut call, mut result) = (pin!(site.pages()), pin!(run.pages()));
    runtime.block_on(async {
        assert!(poll(call.as_mut()).await.is_pending() && poll(result.as_mut()).await.is_pending());
        settle().await;
    });
    drop(runtime);
    let other = one_thread();
    let message = "task `pages` is lost: the tokio runtime it was spawned on has shut down";
    let panic = catch_unwind(AssertUnwindSafe(|| other.block_on(call))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), message);
    let panic = catch_unwind(AssertUnwindSafe(|| other.block_on(result))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), message);
}

#[test]
fn results_are_there_although_the_runtime_of_a_picker_that_waits_has_ended() {
    let _deadline = deadline();
    let (site, runtime) = (Arc::new(Site::default()), one_thread());
    let run = site.run().max_concurrency(3);
    let mut result = pin!(run.pages());
    runtime.block_on(async {
        assert!(poll(result.as_mut()).await.is_pending());
        settle().await;
        site.gates.open([0, 1, 2]);
        settle().await;
        // One picker gets the last element, and the others wait for more.
        assert!(poll(result.as_mut()).await.is_pending());
        site.gates.open([3]);
        settle().await;
    });
    drop(runtime);
    assert_eq!(one_thread().block_on(result).unwrap().len(), 4);
}

#[test]
fn without_a_runtime_a_task_with_bodies_on_other_threads_says_how_to_start_one() {
    let _deadline = deadline();
    let site = Arc::new(Site::default());
    let panic = catch_unwind(AssertUnwindSafe(|| crate::common::now(site.pages()))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("the spawned task `pages` needs a tokio runtime"), "{message}");
}

#[tokio::test]
async fn bodies_that_nobody_waits_for_are_aborted_and_start_anew() {
    let _deadline = deadline();
    let (site, log) = (Arc::new(Site::default()), Arc::new(Log::default()));
    let run = site.run().cancel_abandoned().observe(Arc::clone(&log));
    {
        let mut pages = pin!(run.pages());
        assert!(poll(pages.as_mut()).await.is_pending());
        settle().await;
        site.gates.open([1]);
        settle().await;
    }
    settle().await;
    let events = ["drop p0", "drop p2", "drop p3", "end p1", "start p0", "start p1", "start p2", "start p3"];
    assert_eq!(sorted(site.gates.events()), events);
    site.gates.open(0..4);
    assert_eq!(run.pages().await.unwrap(), &[0, 1, 2, 3]);
    assert_eq!(sorted(site.gates.events()), ["end p0", "end p2", "end p3", "start p0", "start p2", "start p3"]);
    let events: Vec<_> = log.events().into_iter().filter(|event| !event.contains('[')).collect();
    assert_eq!(events, ["start ids", "Done ids", "start pages", "Cancelled pages", "start pages", "Done pages"]);
}

/// One body, which blocks its thread until the test lets it go.
#[derive(Default)]
struct Stubborn {
    started: AtomicUsize,
    is_free: AtomicBool,
}

#[dag]
impl Stubborn {
    fn ids(&self) -> [usize; 1] {
        [0]
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: usize) -> usize {
        self.started.fetch_add(1, Ordering::SeqCst);
        while !self.is_free.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        // A body that is aborted in a poll ends with it.
        tokio::task::yield_now().await;
        id
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_attempt_waits_until_the_bodies_of_the_last_one_are_gone() {
    let _deadline = deadline();
    let stubborn = Arc::new(Stubborn::default());
    let run = stubborn.run().cancel_abandoned();
    {
        let mut pages = pin!(run.pages());
        assert!(poll(pages.as_mut()).await.is_pending());
        while stubborn.started.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut pages = pin!(run.pages());
    for _ in 0..100 {
        assert!(poll(pages.as_mut()).await.is_pending());
        // Runs on the thread that is free.
        tokio::spawn(async {}).await.unwrap();
    }
    assert_eq!(stubborn.started.load(Ordering::SeqCst), 1);
    stubborn.is_free.store(true, Ordering::SeqCst);
    assert_eq!((pages.await, stubborn.started.load(Ordering::SeqCst)), (&vec![0], 2));
}

/// A follower with one body at once.
#[derive(Default)]
struct Narrow {
    gates: Gates,
}

#[dag]
impl Narrow {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        self.gates.act("p", id).await;
        if id == 3 { Err("broken".to_owned()) } else { Ok(id) }
    }

    #[depends(page in pages)]
    #[task(spawn, max_concurrency = 1)]
    async fn rows(&self, page: &usize) -> usize {
        self.gates.act("r", 10 + page).await;
        *page
    }

    async fn other(&self) {
        self.gates.act("o", 20).await;
    }

    #[depends(catch rows, other)]
    fn end(&self, rows: Option<&[usize]>) -> bool {
        rows.is_none()
    }
}

#[tokio::test]
async fn no_body_of_a_follower_starts_after_the_task_that_leads_has_failed() {
    let _deadline = deadline();
    let narrow = Arc::new(Narrow::default());
    let call = tokio::spawn({
        let narrow = Arc::clone(&narrow);
        async move { narrow.end().await }
    });
    for open in [0, 1, 2, 3, 10, 20] {
        settle().await;
        narrow.gates.open([open]);
    }
    assert!(call.await.unwrap());
    let rows: Vec<_> = narrow.gates.events().into_iter().filter(|event| event.contains(" r")).collect();
    assert_eq!(rows, ["start r10", "end r10"]);
}
