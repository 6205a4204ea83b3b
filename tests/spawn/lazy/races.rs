//! What other threads end while the driver polls a body that asks.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use adagio::{Lazy, dag};
use tokio::sync::Notify;

use super::{LONG, workers};
use crate::common::deadline;

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
    let _deadline = deadline();
    workers(1).block_on(async {
        let in_time = tokio::time::timeout(LONG, Arc::new(Late::default()).sum()).await;
        assert_eq!(in_time.expect("it hangs"), 2);
        let run = Arc::new(Late::default()).run();
        assert_eq!(*tokio::time::timeout(LONG, run.sum()).await.expect("it hangs"), 2);
    });
}
