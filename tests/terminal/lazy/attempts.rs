//! `lazy` beside `timeout` and `retry`: a wait is part of the attempt in which the body asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adagio::{Lazy, TimedOut, dag};
use tokio::time::{Instant, sleep};

use crate::common::deadline;

#[derive(Debug, PartialEq)]
enum Failure {
    Busy,
    TimedOut,
}

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for Failure {}

macro_rules! block {
    ($name:ident $options:tt) => {
        #[derive(Default)]
        struct $name {
            loads: AtomicUsize,
            attempts: AtomicUsize,
        }

        #[dag $options]
        impl $name {
            async fn load(&self) -> u32 {
                self.loads.fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_secs(3)).await;
                7
            }

            #[depends(lazy load)]
            #[task(timeout = "1s")]
            async fn hurried(&self, load: Lazy<'_, u32>) -> Result<u32, Failure> {
                Ok(*load.await)
            }

            #[depends(lazy load)]
            #[task(timeout = "2s", retry = 2, backoff = "1ms..1ms")]
            async fn patient(&self, load: Lazy<'_, u32>) -> Result<u32, Failure> {
                self.attempts.fetch_add(1, Ordering::SeqCst);
                Ok(*load.await)
            }

            #[depends(lazy load)]
            #[task(retry = 3, backoff = "1ms..1ms")]
            async fn stubborn(&self, load: Lazy<'_, u32>) -> Result<u32, Failure> {
                let load = *load.await;
                if self.attempts.fetch_add(1, Ordering::SeqCst) == 2 { Ok(load) } else { Err(Failure::Busy) }
            }
        }
    };
}

block! { Here () }
block! { Away (spawn) }

macro_rules! everywhere {
    ($graph:ident => $test:expr) => {
        let $graph = Arc::new(Here::default());
        $test;
        let $graph = Arc::new(Away::default());
        $test;
    };
}

#[tokio::test(start_paused = true)]
async fn a_timeout_includes_the_wait() {
    let _deadline = deadline();
    everywhere!(graph => {
        let start = Instant::now();
        assert_eq!(graph.hurried().await, Err(Failure::TimedOut));
        assert_eq!(graph.run().hurried().await.unwrap_err().task(), "hurried");
        assert_eq!(start.elapsed().as_secs(), 2);
        assert_eq!(graph.loads.load(Ordering::SeqCst), 2);
    });
}

#[tokio::test(start_paused = true)]
async fn the_next_attempt_asks_for_what_has_gone_on() {
    let _deadline = deadline();
    everywhere!(graph => {
        let start = Instant::now();
        assert_eq!(graph.patient().await, Ok(7));
        assert_eq!(*graph.run().patient().await.unwrap(), 7);
        assert_eq!(start.elapsed().as_secs(), 6);
        let counts = [&graph.attempts, &graph.loads].map(|count| count.load(Ordering::SeqCst));
        assert_eq!(counts, [4, 2], "two attempts each time, for one load");
    });
}

#[tokio::test(start_paused = true)]
async fn an_attempt_finds_what_an_earlier_one_asked_for() {
    let _deadline = deadline();
    everywhere!(graph => {
        assert_eq!(graph.stubborn().await, Ok(7));
        assert_eq!(graph.attempts.load(Ordering::SeqCst), 3);
        assert_eq!(graph.loads.load(Ordering::SeqCst), 1);
    });
}
