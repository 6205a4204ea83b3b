//! `catch` in blocks with tasks on other threads.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use adagio::{TaskError, dag};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, Semaphore};
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

struct Page {
    has_coupon: bool,
    /// Lets `cart` continue.
    cart: Semaphore,
    banners: AtomicUsize,
}

impl Page {
    fn new(has_coupon: bool) -> Arc<Self> {
        Arc::new(Self { has_coupon, cart: Semaphore::new(1), banners: AtomicUsize::new(0) })
    }
}

#[dag(spawn)]
impl Page {
    async fn cart(&self) -> u32 {
        _ = self.cart.acquire().await;
        10
    }

    async fn account(&self) -> Result<String, String> {
        yield_now().await;
        if self.has_coupon { Ok("me".to_owned()) } else { Err("no account".to_owned()) }
    }

    #[task(blocking)]
    fn lottery(&self) -> Result<u32, String> {
        Err("no luck".to_owned())
    }

    #[task(inline)]
    async fn inline(&self) -> Result<u32, String> {
        yield_now().await;
        Err("not here".to_owned())
    }

    #[depends(account)]
    async fn coupon(&self, account: &str) -> String {
        format!("{account}: 3")
    }

    #[depends(cart, catch coupon)]
    async fn price(&self, cart: u32, coupon: Option<&str>) -> u32 {
        if coupon == Some("me: 3") { cart - 3 } else { cart }
    }

    #[task(blocking)]
    #[depends(catch price_or_none, catch coupon, catch lottery)]
    fn report(
        &self,
        price_or_none: Option<&u32>,
        coupon: Result<&str, TaskError>,
        lottery: Result<u32, TaskError>,
    ) -> String {
        let [coupon, lottery] = [coupon.err(), lottery.err()].map(|error| error.map(|error| error.task()));
        format!("{price_or_none:?} {coupon:?} {lottery:?}")
    }

    #[depends(price, account)]
    async fn price_or_none(&self, price: u32) -> u32 {
        price
    }

    #[depends(catch lottery, catch inline, catch account)]
    async fn failures(
        &self,
        lottery: Result<u32, TaskError>,
        inline: Result<u32, TaskError>,
        account: Result<String, TaskError>,
    ) -> usize {
        usize::from(lottery.is_err()) + usize::from(inline.is_err()) + usize::from(account.is_err())
    }

    async fn banner(&self) -> u32 {
        self.banners.fetch_add(1, Ordering::SeqCst);
        1
    }

    #[depends(failures, banner, price)]
    async fn total(&self, failures: usize, banner: u32, price: u32) -> u32 {
        u32::try_from(failures).unwrap() + banner + price
    }
}

#[test]
fn a_spawned_task_finds_what_it_catches() {
    let _deadline = deadline();
    everywhere(|| async {
        assert_eq!(Page::new(true).price().await, 7);
        assert_eq!(Page::new(false).price().await, 10);
        assert_eq!(*Page::new(true).run().price().await, 7);
        assert_eq!(*Page::new(false).run().price().await, 10);
    });
}

#[test]
fn a_blocking_task_finds_what_it_catches() {
    let _deadline = deadline();
    everywhere(|| async {
        let told = r#"Some(7) None Some("lottery")"#;
        assert_eq!(Page::new(true).report().await, told);
        assert_eq!(*Page::new(true).run().report().await, told);
        let told = r#"None Some("account") Some("lottery")"#;
        assert_eq!(Page::new(false).report().await, told);
        assert_eq!(*Page::new(false).run().report().await, told);
    });
}

#[test]
fn failures_in_all_places_are_caught() {
    let _deadline = deadline();
    everywhere(|| async {
        for _ in 0..50 {
            let page = Page::new(false);
            assert_eq!(page.total().await, 14);
            assert_eq!(*page.run().total().await, 14);
            let limited = page.run().max_concurrency(1);
            assert_eq!(*limited.total().await, 14);
            assert_eq!(page.banners.load(Ordering::SeqCst), 3);
        }
    });
}

#[test]
fn a_failure_that_is_not_caught_ends_the_call() {
    let _deadline = deadline();
    everywhere(|| async {
        let page = Page::new(false);
        page.cart.forget_permits(1);
        assert_eq!(page.price_or_none().await, Err("no account".to_owned()));
        assert_eq!(page.run().price_or_none().await.unwrap_err().task(), "account");
    });
}

#[test]
fn the_last_of_several_dependencies_to_end_on_a_worker_starts_what_catches_the_others() {
    let _deadline = deadline();
    everywhere(|| async {
        for _ in 0..50 {
            let page = Page::new(false);
            page.cart.forget_permits(1);
            let price = tokio::spawn({
                let page = Arc::clone(&page);
                async move { page.price().await }
            });
            let run = Arc::new(page.run());
            let in_run = tokio::spawn({
                let run = Arc::clone(&run);
                async move { *run.price().await }
            });
            yield_now().await;
            page.cart.add_permits(1);
            assert_eq!(price.await.unwrap(), 10);
            assert_eq!(in_run.await.unwrap(), 10);
        }
    });
}

#[test]
fn settle_waits_for_all_threads() {
    let _deadline = deadline();
    everywhere(|| async {
        let run = Page::new(false).run();
        let mut failed: Vec<_> = run.settle().await.iter().map(TaskError::task).collect();
        failed.sort_unstable();
        assert_eq!(failed, ["account", "inline", "lottery"]);
        run.retry_failed();
        assert_eq!(run.settle().await.len(), 3);
    });
}

/// `shown` continues without `source` while `source` is tried again.
#[derive(Default)]
struct Anew {
    is_up: AtomicBool,
    shown: Notify,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Anew {
    async fn work(&self) -> u32 {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        yield_now().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        1
    }
}

#[dag(spawn, max_concurrency = 2)]
impl Anew {
    async fn source(&self) -> Result<u32, String> {
        if self.is_up.load(Ordering::SeqCst) { Ok(1) } else { Err("down".to_owned()) }
    }

    #[depends(catch source)]
    async fn shown(&self, source: Option<&u32>) -> u32 {
        self.shown.notified().await;
        source.copied().unwrap_or(0)
    }

    async fn left(&self) -> u32 {
        self.work().await
    }

    async fn right(&self) -> u32 {
        self.work().await
    }
}

#[test]
fn a_body_that_goes_on_without_a_value_keeps_one_slot_when_that_is_there() {
    let _deadline = deadline();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let anew = Arc::new(Anew::default());
        let run = Arc::new(anew.run());
        let shown = tokio::spawn({
            let run = Arc::clone(&run);
            async move { *run.shown().await }
        });
        // The body has started when no other task is ready to run.
        for _ in 0..20 {
            yield_now().await;
        }
        anew.is_up.store(true, Ordering::SeqCst);
        run.retry_failed();
        assert!(run.source().await.is_ok());
        anew.shown.notify_one();
        assert_eq!(shown.await.unwrap(), 0);
        tokio::join!(run.left(), run.right());
        assert_eq!(anew.most.load(Ordering::SeqCst), 2);
    });
}
