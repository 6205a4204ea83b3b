//! Boxed tasks with options that need a runtime.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use adagio::{TimedOut, dag};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

#[derive(Default)]
struct Attempts {
    started: AtomicUsize,
}

#[dag]
impl Attempts {
    #[task(boxed, retry = 2, backoff = "1ms..1ms", timeout = "1h")]
    async fn third(&self) -> Result<usize, io::Error> {
        yield_now().await;
        let started = self.started.fetch_add(1, SeqCst) + 1;
        if started < 3 { Err(io::Error::other("not yet")) } else { Ok(started) }
    }

    #[task(boxed, timeout = "1ms")]
    async fn never(&self) -> Result<usize, TimedOut> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_boxed_task_is_tried_again() {
    assert_eq!(Attempts::default().third().await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_boxed_task_can_time_out() {
    assert!(Attempts::default().never().await.is_err());
}

struct Permits {
    one: Semaphore,
    under_way: AtomicUsize,
}

impl Permits {
    async fn work(&self) -> usize {
        let others = self.under_way.fetch_add(1, SeqCst);
        yield_now().await;
        self.under_way.fetch_sub(1, SeqCst);
        others
    }
}

#[dag]
impl Permits {
    #[task(boxed, permit = |this| &this.one)]
    async fn left(&self) -> usize {
        self.work().await
    }

    #[task(boxed, permit = |this| &this.one)]
    async fn right(&self) -> usize {
        self.work().await
    }

    #[depends(left, right)]
    fn others(&self, left: usize, right: usize) -> usize {
        left + right
    }
}

#[tokio::test]
async fn a_boxed_task_waits_for_its_permit() {
    let permits = Permits { one: Semaphore::new(1), under_way: AtomicUsize::new(0) };
    assert_eq!(permits.others().await, 0);
}

struct Spawning;

#[dag(spawn)]
impl Spawning {
    async fn there(&self) -> u64 {
        yield_now().await;
        6
    }

    #[depends(there)]
    #[task(inline, boxed)]
    async fn here(&self, there: u64) -> u64 {
        yield_now().await;
        7 * there
    }
}

#[tokio::test]
async fn a_boxed_task_runs_beside_spawned_ones() {
    let spawning = Arc::new(Spawning);
    assert_eq!(spawning.here().await, 42);
    assert_eq!(spawning.run().here().await, &42);
}
