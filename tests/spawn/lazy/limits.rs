//! Bodies on other threads lend their slots while they await a `Lazy`.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use adagio::{Lazy, dag};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::{Page, everywhere};
use crate::common::deadline;

#[test]
fn under_a_limit_the_body_lends_its_slot() {
    let _deadline = deadline();
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

    let _deadline = deadline();
    everywhere(|| async {
        let wide = Arc::new(Wide { now: AtomicUsize::new(0), most: AtomicUsize::new(0) });
        assert_eq!(wide.sum().await, 4);
        assert_eq!(*wide.run().sum().await, 4);
        assert!(wide.most.load(Ordering::SeqCst) <= 2);
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
    let _deadline = deadline();
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
