//! `lazy` in blocks with tasks on other threads.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use adagio::{Lazy, TaskError, dag};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::yield_now;

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

    /// Gives the wait up at once.
    #[depends(lazy load)]
    async fn hurried(&self, load: Lazy<'_, u32>) -> bool {
        let mut load = pin!(load.into_future());
        poll_fn(|cx| Poll::Ready(load.as_mut().poll(cx).is_ready())).await
    }
}

#[test]
fn what_is_not_awaited_does_not_run() {
    everywhere(|| async {
        let page = Arc::new(Page { is_cached: true, ..Page::default() });
        assert_eq!(page.page().await, 1);
        assert_eq!(*page.run().page().await, 1);
        assert_eq!(page.loads.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn what_is_awaited_runs_wherever_it_is() {
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
fn under_a_limit_the_body_lends_its_slot() {
    everywhere(|| async {
        for limit in [1, 2] {
            let page = Arc::new(Page::default());
            let run = page.run().max_concurrency(limit);
            assert_eq!(*run.mixed().await, 127);
            assert_eq!(*run.page().await, 7);
            assert!(page.most.load(Ordering::SeqCst) <= limit);
        }
    });
}

#[test]
fn under_a_limit_no_more_bodies_go_on_than_there_are_slots() {
    /// Twenty askers of one task.
    struct Wide {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    impl Wide {
        async fn work(&self, source: Lazy<'_, u32>) -> u32 {
            let value = *source.await;
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            yield_now().await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            value
        }
    }

    #[dag(spawn, max_concurrency = 2)]
    impl Wide {
        async fn source(&self) -> u32 {
            yield_now().await;
            1
        }

        #[depends(lazy source)]
        async fn a(&self, source: Lazy<'_, u32>) -> u32 {
            self.work(source).await
        }

        #[depends(lazy source)]
        async fn b(&self, source: Lazy<'_, u32>) -> u32 {
            self.work(source).await
        }

        #[depends(lazy source)]
        async fn c(&self, source: Lazy<'_, u32>) -> u32 {
            self.work(source).await
        }

        #[depends(lazy source)]
        async fn d(&self, source: Lazy<'_, u32>) -> u32 {
            self.work(source).await
        }

        #[depends(a, b, c, d)]
        async fn sum(&self, a: u32, b: u32, c: u32, d: u32) -> u32 {
            a + b + c + d
        }
    }

    everywhere(|| async {
        let wide = Arc::new(Wide { now: AtomicUsize::new(0), most: AtomicUsize::new(0) });
        assert_eq!(wide.sum().await, 4);
        assert_eq!(*wide.run().sum().await, 4);
        assert!(wide.most.load(Ordering::SeqCst) <= 2);
    });
}

#[test]
fn a_wait_that_is_given_up_keeps_nothing() {
    everywhere(|| async {
        let page = Arc::new(Page::default());
        assert!(!page.hurried().await);
        let run = page.run();
        assert!(!*run.hurried().await);
        assert_eq!(*run.load().await, 7);
    });
}

/// A task that follows `first` delays the goal until the task that is asked for has started.
#[derive(Default)]
struct Late {
    go: Notify,
    is_first_done: AtomicBool,
    has_asked_started: Notify,
}

#[dag(spawn)]
impl Late {
    async fn first(&self) -> u32 {
        self.go.notified().await;
        1
    }

    /// Starts when the thread that ended `first` has reported the tasks that follow.
    #[depends(first)]
    async fn beside(&self, first: &u32) -> u32 {
        self.is_first_done.store(true, Ordering::SeqCst);
        self.has_asked_started.notified().await;
        *first
    }

    #[depends(first)]
    async fn asked(&self, first: &u32) -> u32 {
        self.has_asked_started.notify_one();
        *first
    }

    /// Computes in the poll in which it asks, until `first` has ended.
    #[task(inline)]
    #[depends(lazy asked)]
    async fn asker(&self, asked: Lazy<'_, u32>) -> u32 {
        let mut asked = pin!(asked.into_future());
        poll_fn(|cx| {
            let polled = asked.as_mut().poll(cx);
            self.go.notify_one();
            while !self.is_first_done.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            polled.map(|asked| *asked)
        })
        .await
    }

    #[task(inline)]
    #[depends(beside, asker)]
    fn sum(&self, beside: u32, asker: u32) -> u32 {
        beside + asker
    }
}

#[test]
fn what_others_end_in_the_pass_in_which_it_is_asked_for_is_not_missed() {
    workers(1).block_on(async {
        let in_time = tokio::time::timeout(LONG, Arc::new(Late::default()).sum()).await;
        assert_eq!(in_time.expect("it hangs"), 2);
        let run = Arc::new(Late::default()).run();
        assert_eq!(*tokio::time::timeout(LONG, run.sum()).await.expect("it hangs"), 2);
    });
}

/// `endless` keeps one slot of three once it is asked for.
#[derive(Default)]
struct Again {
    hurry: Notify,
    is_second: AtomicBool,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Again {
    async fn work(&self) -> u32 {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        yield_now().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        1
    }
}

#[dag(spawn, max_concurrency = 3)]
impl Again {
    async fn endless(&self) -> u32 {
        std::future::pending().await
    }

    /// Fails while it waits, and does not ask at its second attempt.
    #[depends(lazy endless)]
    async fn asker(&self, endless: Lazy<'_, u32>) -> Result<u32, String> {
        if self.is_second.load(Ordering::SeqCst) {
            return Ok(self.work().await);
        }
        let (mut endless, mut hurry) = (pin!(endless.into_future()), pin!(self.hurry.notified()));
        poll_fn(|cx| {
            _ = endless.as_mut().poll(cx);
            hurry.as_mut().poll(cx)
        })
        .await;
        Err("hurry".to_owned())
    }

    #[task(inline)]
    fn at_hand(&self) -> u32 {
        1
    }

    /// Makes the driver read the asks before the second attempt of `asker` is polled.
    #[task(inline)]
    #[depends(lazy at_hand)]
    async fn other(&self, at_hand: Lazy<'_, u32>) -> u32 {
        *at_hand.await
    }

    async fn left(&self) -> u32 {
        self.work().await
    }

    async fn right(&self) -> u32 {
        self.work().await
    }
}

#[test]
fn a_second_attempt_has_a_slot_though_the_first_ended_without_one() {
    Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
        let again = Arc::new(Again::default());
        let run = Arc::new(again.run());
        let first = tokio::spawn({
            let run = Arc::clone(&run);
            async move { run.asker().await.is_err() }
        });
        // The body waits, and has lent its slot, when no other task is ready to run.
        for _ in 0..20 {
            yield_now().await;
        }
        again.hurry.notify_one();
        assert!(first.await.unwrap());
        again.is_second.store(true, Ordering::SeqCst);
        run.retry_failed();
        let ended = async { tokio::join!(run.asker(), run.other(), run.left(), run.right()) };
        assert!(ended.await.0.is_ok());
        assert_eq!(again.most.load(Ordering::SeqCst), 2);
    });
}
