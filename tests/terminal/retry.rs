//! `retry`: a task that failed is tried again, after waits that grow.
#![cfg(feature = "tokio")]

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adagio::{Observer, Outcome, TaskEvent, TimedOut, dag};
use tokio::time::Instant;

use crate::common::deadline;

#[derive(Debug, PartialEq)]
enum Failure {
    Transient(u32),
    Final,
    TimedOut,
}

impl Failure {
    fn is_transient(&self) -> bool {
        *self != Self::Final
    }
}

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for Failure {}

/// Fails a number of times; notes when each attempt began.
struct Graph {
    failures: u32,
    attempts: AtomicU32,
    begins: Mutex<Vec<Instant>>,
}

impl Graph {
    fn new(failures: u32) -> Self {
        Self { failures, attempts: AtomicU32::new(0), begins: Mutex::default() }
    }

    fn attempt(&self) -> Result<u32, Failure> {
        self.begins.lock().unwrap().push(Instant::now());
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst) + 1;
        if attempt <= self.failures { Err(Failure::Transient(attempt)) } else { Ok(attempt) }
    }

    /// Returns the waits between the attempts, in milliseconds.
    fn waits(&self) -> Vec<u128> {
        self.begins.lock().unwrap().windows(2).map(|two| (two[1] - two[0]).as_millis()).collect()
    }
}

#[dag]
impl Graph {
    // The shortest wait is also the longest, so no wait is random.
    #[task(retry = 3, backoff = "20ms..20ms")]
    async fn flaky(&self) -> Result<u32, Failure> {
        tokio::task::yield_now().await;
        self.attempt()
    }

    #[task(retry = 3, backoff = "10ms..1s")]
    fn patient(&self) -> Result<u32, Failure> {
        self.attempt()
    }

    #[task(retry = 2)]
    fn by_default(&self) -> Result<u32, Failure> {
        self.attempt()
    }

    #[task(retry = 3, backoff = "1ms..1ms", retry_if = |error| *error != Failure::Transient(2))]
    fn choosy(&self) -> Result<u32, Failure> {
        self.attempt()
    }

    #[task(retry = 3, backoff = "1ms..1ms", retry_if = Failure::is_transient)]
    fn hopeless(&self) -> Result<u32, Failure> {
        self.attempt().and(Err(Failure::Final))
    }

    #[task(retry = 1, backoff = "5ms..5ms", timeout = "100ms", retry_if = Failure::is_transient)]
    async fn slow(&self) -> Result<u32, Failure> {
        self.attempt()?;
        std::future::pending().await
    }

    #[task(retry = 1, backoff = "5ms..5ms", timeout = "100ms", retry_if = |error| *error != Failure::TimedOut)]
    async fn slow_once(&self) -> Result<u32, Failure> {
        std::future::pending().await
    }

    #[task(retry = 3, backoff = "20ms..20ms")]
    fn plain(&self) -> Result<u32, Failure> {
        self.attempt()
    }

    #[task(catch, retry = 1, backoff = "20ms..20ms")]
    fn caught(&self) -> Result<u32, Failure> {
        self.attempt()
    }

    #[depends(flaky)]
    fn goal(&self, flaky: u32) -> u32 {
        flaky
    }

    /// Its dependency does not run again with it.
    #[depends(flaky)]
    #[task(retry = 1, backoff = "20ms..20ms")]
    fn after(&self, flaky: u32) -> Result<u32, Failure> {
        if flaky == self.attempt()? - 2 { Ok(flaky) } else { Err(Failure::Transient(0)) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_is_tried_again_after_a_wait() {
    let _deadline = deadline();
    let graph = Graph::new(2);
    assert_eq!(graph.goal().await, Ok(3));
    assert_eq!(graph.waits(), [20, 20]);
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_the_result_when_no_attempt_is_left() {
    let _deadline = deadline();
    let graph = Graph::new(9);
    assert_eq!(graph.flaky().await, Err(Failure::Transient(4)));
    assert_eq!(graph.waits(), [20, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn waits_double_and_jitter_at_most_doubles_them() {
    let _deadline = deadline();
    let graph = Graph::new(9);
    assert_eq!(graph.patient().await, Err(Failure::Transient(4)));
    let waits = graph.waits();
    assert_eq!(waits.len(), 3);
    // The timer counts in whole milliseconds.
    for (wait, least) in waits.iter().zip([10, 20, 40]) {
        assert!((least..=2 * least + 1).contains(wait), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_wait_is_a_tenth_of_a_second_by_default() {
    let _deadline = deadline();
    let graph = Graph::new(9);
    assert_eq!(graph.by_default().await, Err(Failure::Transient(3)));
    let waits = graph.waits();
    assert!((100..=201).contains(&waits[0]) && (200..=401).contains(&waits[1]), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_worth_it_is_the_result_at_once() {
    let _deadline = deadline();
    let graph = Graph::new(9);
    assert_eq!(graph.choosy().await, Err(Failure::Transient(2)));
    let graph = Graph::new(0);
    assert_eq!(graph.hopeless().await, Err(Failure::Final));
    assert_eq!(graph.waits(), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_own_time() {
    let _deadline = deadline();
    let graph = Graph::new(0);
    let start = Instant::now();
    assert_eq!(graph.slow().await, Err(Failure::TimedOut));
    assert_eq!((graph.waits(), start.elapsed()), (vec![105], Duration::from_millis(205)));
}

#[tokio::test(start_paused = true)]
async fn whether_a_timeout_is_worth_it_is_asked_too() {
    let _deadline = deadline();
    let start = Instant::now();
    assert_eq!(Graph::new(0).slow_once().await, Err(Failure::TimedOut));
    assert_eq!(start.elapsed(), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_plain_fn_is_tried_again_too() {
    let _deadline = deadline();
    let graph = Graph::new(3);
    assert_eq!(graph.plain().await, Ok(4));
    assert_eq!(graph.waits(), [20, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_caught_result_is_that_of_the_last_attempt() {
    let _deadline = deadline();
    let graph = Graph::new(1);
    assert_eq!(graph.caught().await, Ok(2));
    assert_eq!(graph.waits(), [20]);
}

#[tokio::test(start_paused = true)]
async fn what_succeeded_before_does_not_run_again() {
    let _deadline = deadline();
    assert_eq!(Graph::new(0).after().await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_terminal() {
    let _deadline = deadline();
    let graph = Graph::new(9);
    let start = Instant::now();
    assert!(tokio::time::timeout(Duration::from_millis(30), graph.flaky()).await.is_err());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((graph.waits(), start.elapsed()), (vec![20], Duration::from_millis(1030)));
}

/// Logs all events.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("start {} {}", task.name(), task.attempt()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Failed(error) => format!("{:?}", std::error::Error::source(error).map(ToString::to_string)),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(format!("{} {} {outcome}", task.name(), task.attempt()));
    }
}

impl Log {
    fn events(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_each_attempt() {
    let _deadline = deadline();
    let graph = Graph::new(1);
    let log = Arc::new(Log::default());
    let run = graph.run().observe(Arc::clone(&log));
    assert_eq!(run.goal().await.unwrap(), &2);
    let events = [
        "start flaky 1",
        "flaky 1 Some(\"Transient(1)\")",
        "start flaky 2",
        "flaky 2 Done",
        "start goal 1",
        "goal 1 Done",
    ];
    assert_eq!(log.events(), events);
}

#[tokio::test(start_paused = true)]
async fn attempts_count_on_when_a_run_forgets_its_failures() {
    let _deadline = deadline();
    let graph = Graph::new(5);
    let log = Arc::new(Log::default());
    let run = graph.run().observe(Arc::clone(&log));
    run.flaky().await.unwrap_err();
    run.retry_failed();
    assert_eq!(run.flaky().await.unwrap(), &6);
    let starts: Vec<_> = log.events().into_iter().filter(|event| event.starts_with("start")).collect();
    assert_eq!(starts, [1, 2, 3, 4, 5, 6].map(|attempt| format!("start flaky {attempt}")));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_in_a_wait_has_no_attempt_to_cancel() {
    let _deadline = deadline();
    let graph = Graph::new(9);
    let log = Arc::new(Log::default());
    let run = graph.run().observe(Arc::clone(&log));
    assert!(tokio::time::timeout(Duration::from_millis(10), run.flaky()).await.is_err());
    drop(run);
    assert_eq!(log.events(), ["start flaky 1", "flaky 1 Some(\"Transient(1)\")"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(graph.waits(), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_caught_attempt_is_not_told() {
    let _deadline = deadline();
    let graph = Graph::new(1);
    let log = Arc::new(Log::default());
    let run = graph.run().observe(Arc::clone(&log));
    assert_eq!(run.caught().await, &Ok(2));
    let events = ["start caught 1", "caught 1 Some(\"it returned an `Err`\")", "start caught 2", "caught 2 Done"];
    assert_eq!(log.events(), events);
}

/// The same on other threads.
struct Elsewhere {
    graph: Graph,
}

#[dag]
impl Elsewhere {
    #[task(spawn, retry = 3, backoff = "20ms..20ms")]
    async fn spawned(&self) -> Result<u32, Failure> {
        self.graph.attempt()
    }

    #[task(blocking, retry = 3, backoff = "1ms..1ms")]
    fn blocking(&self) -> Result<u32, Failure> {
        self.graph.attempt()
    }

    #[task(spawn, timeout = "100ms")]
    async fn slow(&self) -> Result<u32, Failure> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_is_tried_again_where_it_runs() {
    let _deadline = deadline();
    let object = Arc::new(Elsewhere { graph: Graph::new(3) });
    assert_eq!(object.spawned().await, Ok(4));
    assert_eq!(object.graph.waits(), [20, 20, 20]);
}

#[tokio::test]
async fn a_blocking_task_is_tried_again_on_a_thread_that_may_block() {
    let _deadline = deadline();
    let object = Arc::new(Elsewhere { graph: Graph::new(3) });
    assert_eq!(object.blocking().await, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_has_its_time() {
    let _deadline = deadline();
    let start = Instant::now();
    assert_eq!(Arc::new(Elsewhere { graph: Graph::new(0) }).slow().await, Err(Failure::TimedOut));
    assert_eq!(start.elapsed(), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_the_attempts_of_a_spawned_task() {
    let _deadline = deadline();
    let log = Arc::new(Log::default());
    let run = Arc::new(Elsewhere { graph: Graph::new(1) }).run().observe(Arc::clone(&log));
    assert_eq!(run.spawned().await.unwrap(), &2);
    let events = ["start spawned 1", "spawned 1 Some(\"Transient(1)\")", "start spawned 2", "spawned 2 Done"];
    assert_eq!(log.events(), events);
}
