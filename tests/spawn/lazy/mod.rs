//! `lazy` in blocks with tasks on other threads.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

mod limits;
mod races;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use adagio::{Lazy, TaskError, dag};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::common::deadline;

/// Longer than any machine takes to get to work.
const LONG: Duration = Duration::from_secs(60);

fn workers(threads: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(threads).enable_time().build().unwrap()
}

/// Runs on one thread, on one worker and on several; a test that hangs fails.
fn everywhere<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let in_time = |test: F| async { tokio::time::timeout(LONG, test).await.expect("it hangs") };
    Builder::new_current_thread().enable_time().build().unwrap().block_on(in_time(test()));
    for threads in [1, 3] {
        workers(threads).block_on(in_time(test()));
    }
}

#[derive(Default)]
struct Page {
    is_cached: bool,
    is_down: AtomicBool,
    /// `load` waits.
    is_held: AtomicBool,
    loads: AtomicUsize,
    /// How many tasks are under way, and the most that were.
    now: AtomicUsize,
    most: AtomicUsize,
    drops: AtomicUsize,
}

/// Counts a body while it holds it.
struct Counted<'p>(&'p Page);

impl<'p> Counted<'p> {
    fn new(page: &'p Page) -> Self {
        let now = page.now.fetch_add(1, Ordering::SeqCst) + 1;
        page.most.fetch_max(now, Ordering::SeqCst);
        Self(page)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Dropped<'p>(&'p Page);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Ordering::SeqCst);
    }
}

#[dag(spawn)]
impl Page {
    async fn session(&self) -> u32 {
        let counted = Counted::new(self);
        yield_now().await;
        drop(counted);
        3
    }

    #[depends(session)]
    async fn load(&self, session: &u32) -> u32 {
        let counted = Counted::new(self);
        self.loads.fetch_add(1, Ordering::SeqCst);
        yield_now().await;
        while self.is_held.load(Ordering::SeqCst) {
            yield_now().await;
        }
        drop(counted);
        session + 4
    }

    #[depends(lazy load)]
    async fn page(&self, load: Lazy<'_, u32>) -> u32 {
        let counted = Counted::new(self);
        yield_now().await;
        if self.is_cached {
            return 1;
        }
        drop(counted);
        let load = *load.await;
        let counted = Counted::new(self);
        yield_now().await;
        drop(counted);
        load
    }

    #[task(inline)]
    #[depends(lazy page, lazy disk)]
    async fn inline(&self, page: Lazy<'_, u32>, disk: Lazy<'_, u32>) -> u32 {
        page.await + disk.await
    }

    #[task(blocking)]
    fn disk(&self) -> u32 {
        10
    }

    #[task(inline)]
    async fn here(&self) -> u32 {
        yield_now().await;
        100
    }

    #[depends(lazy disk, lazy here, lazy inline)]
    async fn mixed(&self, disk: Lazy<'_, u32>, here: Lazy<'_, u32>, inline: Lazy<'_, u32>) -> u32 {
        disk.await + here.await + inline.await
    }

    async fn api(&self) -> Result<u32, String> {
        yield_now().await;
        if self.is_down.load(Ordering::SeqCst) { Err("down".to_owned()) } else { Ok(5) }
    }

    #[depends(lazy api)]
    async fn asker(&self, api: Lazy<'_, u32>) -> u32 {
        let _dropped = Dropped(self);
        *api.await + 1
    }

    #[depends(catch asker)]
    async fn told(&self, asker: Result<&u32, TaskError>) -> String {
        asker.map_or_else(|error| error.task().to_owned(), ToString::to_string)
    }

    /// Stops waiting at once.
    #[depends(lazy load)]
    async fn hurried(&self, load: Lazy<'_, u32>) -> bool {
        let mut load = pin!(load.into_future());
        poll_fn(|cx| Poll::Ready(load.as_mut().poll(cx).is_ready())).await
    }
}

#[test]
fn what_is_not_awaited_does_not_run() {
    let _deadline = deadline();
    everywhere(|| async {
        let page = Arc::new(Page { is_cached: true, ..Page::default() });
        assert_eq!(page.page().await, 1);
        assert_eq!(*page.run().page().await, 1);
        assert_eq!(page.loads.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn what_is_awaited_runs_wherever_it_is() {
    let _deadline = deadline();
    everywhere(|| async {
        let page = Arc::new(Page::default());
        assert_eq!(page.page().await, 7);
        assert_eq!(page.inline().await, 17);
        assert_eq!(page.mixed().await, 127);
        let run = page.run();
        assert_eq!(*run.mixed().await, 127);
        assert_eq!(*run.inline().await, 17);
        assert_eq!(page.loads.load(Ordering::SeqCst), 4);
    });
}

#[test]
fn the_body_that_asked_for_what_failed_is_dropped_and_begins_anew() {
    let _deadline = deadline();
    everywhere(|| async {
        let page = Arc::new(Page { is_down: AtomicBool::new(true), ..Page::default() });
        assert_eq!(page.asker().await, Err("down".to_owned()));
        let drops = page.drops.load(Ordering::SeqCst);
        assert_eq!(page.told().await, "api");
        let run = page.run();
        assert_eq!(*run.told().await, "api");
        assert_eq!(run.asker().await.unwrap_err().task(), "api");
        page.is_down.store(false, Ordering::SeqCst);
        run.retry_failed();
        assert_eq!(run.asker().await.unwrap(), &6);
        drop(run);
        // Two drops in the run, and one in the call before.
        assert!(page.drops.load(Ordering::SeqCst) >= drops + 2);
    });
}

#[test]
fn all_and_settle_ask_for_everything() {
    let _deadline = deadline();
    everywhere(|| async {
        let page = Arc::new(Page { is_cached: true, ..Page::default() });
        page.run().all().await.unwrap();
        assert_eq!(page.loads.load(Ordering::SeqCst), 1);
        page.is_down.store(true, Ordering::SeqCst);
        let failures = page.run().settle().await;
        assert_eq!(failures.iter().map(TaskError::task).collect::<Vec<_>>(), ["api"]);
    });
}

#[test]
fn a_wait_that_is_given_up_keeps_nothing() {
    let _deadline = deadline();
    everywhere(|| async {
        let page = Arc::new(Page { is_held: true.into(), ..Page::default() });
        assert!(!page.hurried().await);
        let run = page.run();
        assert!(!*run.hurried().await);
        page.is_held.store(false, Ordering::SeqCst);
        assert_eq!(*run.load().await, 7);
    });
}
