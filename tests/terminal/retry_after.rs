//! `retry_after`: a task waits as long as its error asks for, before it is tried again.
#![cfg(feature = "tokio")]
#![allow(clippy::unused_async, reason = "the shapes of signatures are what is tested")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use adagio::{TimedOut, dag};
use tokio::time::Instant;

use crate::common::deadline;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    /// The service asks for a wait of this number of milliseconds.
    Busy(u64),
    Refused,
    TimedOut,
}

impl Failure {
    fn retry_after(&self) -> Option<Duration> {
        if let Self::Busy(millis) = self { Some(Duration::from_millis(*millis)) } else { None }
    }
}

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

/// Fails with one error after another; notes when each attempt began.
struct Service {
    failures: Vec<Failure>,
    begins: Mutex<Vec<Instant>>,
}

impl Service {
    fn new(failures: &[Failure]) -> Arc<Self> {
        Arc::new(Self { failures: failures.to_vec(), begins: Mutex::default() })
    }

    fn attempt(&self) -> Result<usize, Failure> {
        let mut begins = self.begins.lock().unwrap();
        begins.push(Instant::now());
        self.failures.get(begins.len() - 1).copied().map_or(Ok(begins.len()), Err)
    }

    /// Returns the waits between the attempts, in milliseconds.
    fn waits(&self) -> Vec<u128> {
        self.begins.lock().unwrap().windows(2).map(|two| (two[1] - two[0]).as_millis()).collect()
    }
}

struct Graph(Arc<Service>);

#[dag]
impl Graph {
    // The shortest wait is also the longest, so no wait is random.
    #[task(retry = 2, backoff = "20ms..20ms", retry_after = Failure::retry_after)]
    async fn bounded(&self) -> Result<usize, Failure> {
        self.0.attempt()
    }

    #[task(retry = 2, backoff = "20ms..1s", retry_after = |error| error.retry_after())]
    fn asked(&self) -> Result<usize, Failure> {
        self.0.attempt()
    }

    #[task(retry = 2, backoff = "1s..1s", retry_if = |error| *error != Failure::Refused, retry_after = Failure::retry_after)]
    fn choosy(&self) -> Result<usize, Failure> {
        self.0.attempt()
    }

    #[task(retry = 1, backoff = "1s..1s", timeout = "100ms", retry_after = Failure::retry_after)]
    async fn timed(&self) -> Result<usize, Failure> {
        self.0.attempt()
    }

    #[task(catch, retry = 1, backoff = "1s..1s", retry_after = Failure::retry_after)]
    fn caught(&self) -> Result<usize, Failure> {
        self.0.attempt()
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_as_long_as_its_error_asks_for() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(7), Failure::Busy(300)]);
    assert_eq!(Graph(Arc::clone(&service)).asked().await, Ok(3));
    assert_eq!(service.waits(), [7, 300]);
}

#[tokio::test(start_paused = true)]
async fn no_error_asks_for_more_than_the_longest_wait() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(60_000), Failure::Busy(u64::MAX)]);
    assert_eq!(Graph(Arc::clone(&service)).bounded().await, Ok(3));
    assert_eq!(service.waits(), [20, 20]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_asks_for_nothing_is_followed_by_the_wait_of_backoff() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Refused, Failure::Busy(3)]);
    assert_eq!(Graph(Arc::clone(&service)).bounded().await, Ok(3));
    assert_eq!(service.waits(), [20, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_worth_it_is_not_asked() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(5), Failure::Refused]);
    assert_eq!(Graph(Arc::clone(&service)).choosy().await, Err(Failure::Refused));
    assert_eq!(service.waits(), [5]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_asked_for_does_not_count_towards_the_timeout() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(500)]);
    assert_eq!(Graph(Arc::clone(&service)).timed().await, Ok(2));
    assert_eq!(service.waits(), [500]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_asks_for_more_attempts_gets_no_more() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(1); 9]);
    assert_eq!(Graph(Arc::clone(&service)).asked().await, Err(Failure::Busy(1)));
    assert_eq!(service.waits(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_caught_result_is_asked() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(30)]);
    assert_eq!(Graph(Arc::clone(&service)).caught().await, Ok(2));
    assert_eq!(service.waits(), [30]);
}

/// The same on other threads.
struct Elsewhere(Arc<Service>);

#[dag]
impl Elsewhere {
    #[task(spawn, retry = 1, backoff = "1s..1s", retry_after = Failure::retry_after)]
    async fn spawned(&self) -> Result<usize, Failure> {
        self.0.attempt()
    }
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_waits_as_long_as_its_error_asks_for() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(30)]);
    assert_eq!(Arc::new(Elsewhere(Arc::clone(&service))).spawned().await, Ok(2));
    assert_eq!(service.waits(), [30]);
}

#[adagio::task(retry = 1, backoff = "1s..1s", retry_after = Failure::retry_after)]
async fn function(service: Arc<Service>) -> Result<usize, Failure> {
    service.attempt()
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, formatter)
    }
}

impl std::error::Error for Failure {}

#[tokio::test(start_paused = true)]
async fn a_task_made_at_run_time_waits_as_long_as_its_error_asks_for() {
    let _deadline = deadline();
    let service = Service::new(&[Failure::Busy(30)]);
    assert_eq!(function(Arc::clone(&service)).await.unwrap(), 2);
    assert_eq!(service.waits(), [30]);
}
