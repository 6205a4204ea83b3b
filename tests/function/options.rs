//! `#[task(..)]` options on functions mean what they mean on methods.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::{self, ThreadId};

use adagio::{Task, TimedOut, scope, task};
use tokio::runtime::Handle;
use tokio::time::Instant;

#[derive(Debug, PartialEq)]
pub(crate) enum ApiError {
    Busy,
    Forbidden,
    Late,
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl std::error::Error for ApiError {}

impl From<TimedOut> for ApiError {
    fn from(_: TimedOut) -> Self {
        Self::Late
    }
}

impl ApiError {
    fn is_transient(&self) -> bool {
        *self != Self::Forbidden
    }
}

/// Fails `failures` times before it succeeds.
fn attempt(counter: &AtomicU32, failures: u32, error: ApiError) -> Result<u32, ApiError> {
    let before = counter.fetch_add(1, Ordering::Relaxed);
    if before < failures { Err(error) } else { Ok(before + 1) }
}

#[task(retry = 3, retry_if = ApiError::is_transient)]
pub(crate) async fn fetch(counter: Arc<AtomicU32>, failures: &u32) -> Result<u32, ApiError> {
    attempt(&counter, *failures, ApiError::Busy)
}

#[task(retry = 3, backoff = "1ms..2ms", retry_if = ApiError::is_transient)]
fn forbidden(counter: &AtomicU32) -> Result<u32, ApiError> {
    attempt(counter, 1, ApiError::Forbidden)
}

#[task(retry = 2, catch)]
async fn caught(counter: Arc<AtomicU32>) -> Result<u32, ApiError> {
    attempt(&counter, 9, ApiError::Busy)
}

#[task(timeout = "250ms", retry = 1, backoff = "1s..1s")]
async fn slow(counter: Arc<AtomicU32>) -> Result<(), ApiError> {
    counter.fetch_add(1, Ordering::Relaxed);
    std::future::pending().await
}

#[task(blocking)]
fn thread_id() -> ThreadId {
    thread::current().id()
}

#[task(blocking, retry = 3)]
fn read(counter: &AtomicU32, times: u32, name: &str) -> Result<String, ApiError> {
    attempt(counter, times, ApiError::Busy).map(|attempts| format!("{name} {attempts}"))
}

#[tokio::test(start_paused = true)]
async fn a_task_is_tried_again_with_clones_of_its_values() {
    let _deadline = crate::common::deadline();
    let counter = Arc::new(AtomicU32::new(0));
    assert_eq!(fetch(Arc::clone(&counter), Task::value(2)).await.unwrap(), 3);
    let counter = Arc::new(AtomicU32::new(0));
    let error = fetch(Arc::clone(&counter), 9).await.unwrap_err();
    assert_eq!((error.downcast_ref(), counter.load(Ordering::Relaxed)), (Some(&ApiError::Busy), 4));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_worth_it_is_not_tried_again() {
    let _deadline = crate::common::deadline();
    let counter = Arc::new(AtomicU32::new(0));
    let error = forbidden(Arc::clone(&counter)).await.unwrap_err();
    assert_eq!((error.downcast_ref(), counter.load(Ordering::Relaxed)), (Some(&ApiError::Forbidden), 1));
}

#[tokio::test(start_paused = true)]
async fn a_caught_error_is_tried_again_before_it_is_a_value() {
    let _deadline = crate::common::deadline();
    let counter = Arc::new(AtomicU32::new(0));
    let result = caught(Arc::clone(&counter)).shared().await.unwrap();
    assert_eq!(result.as_ref(), &Err(ApiError::Busy));
    assert_eq!(counter.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_of_each_attempt() {
    let _deadline = crate::common::deadline();
    let (start, counter) = (Instant::now(), Arc::new(AtomicU32::new(0)));
    let error = slow(Arc::clone(&counter)).await.unwrap_err();
    assert_eq!((error.downcast_ref(), counter.load(Ordering::Relaxed)), (Some(&ApiError::Late), 2));
    assert_eq!(start.elapsed().as_millis(), 250 + 1000 + 250);
}

#[tokio::test]
async fn a_blocking_task_runs_on_another_thread_as_often_as_it_must() {
    let _deadline = crate::common::deadline();
    assert_ne!(thread_id().await.unwrap(), thread::current().id());
    let counter = Arc::new(AtomicU32::new(0));
    assert_eq!(read(counter, Task::value(0), "a").await.unwrap(), "a 1");
}

#[task(blocking)]
fn makes_tasks(handle: Handle, sent: mpsc::Sender<&'static str>) {
    let _runtime = handle.enter();
    Task::spawn(async move {
        tokio::task::yield_now().await;
        sent.send("inside").unwrap();
    });
}

#[tokio::test]
async fn what_a_blocking_body_makes_belongs_to_its_scope() {
    let _deadline = crate::common::deadline();
    let (sender, receiver) = mpsc::channel();
    scope(async { _ = makes_tasks(Handle::current(), sender) }).await.unwrap();
    assert_eq!(receiver.try_recv(), Ok("inside"));
}

#[task(blocking)]
fn waits(go_on: Arc<std::sync::Barrier>, done: &AtomicU32) {
    go_on.wait();
    go_on.wait();
    done.store(1, Ordering::SeqCst);
}

#[tokio::test]
async fn a_scope_waits_for_a_blocking_body_that_was_aborted() {
    let _deadline = crate::common::deadline();
    let (barrier, done) = (Arc::new(std::sync::Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    scope(async {
        let task = waits(Arc::clone(&barrier), Arc::clone(&done));
        // It has started.
        let started = Arc::clone(&barrier);
        tokio::task::spawn_blocking(move || started.wait()).await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_aborted());
        let ends = Arc::clone(&barrier);
        tokio::task::spawn_blocking(move || ends.wait());
    })
    .await
    .unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_scope_waits_for_a_blocking_body_of_a_scope_inside_that_was_dropped() {
    let _deadline = crate::common::deadline();
    let (barrier, done) = (Arc::new(std::sync::Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    scope(async {
        let mut inside = Box::pin(scope(async {
            waits(Arc::clone(&barrier), Arc::clone(&done));
            std::future::pending::<()>().await;
        }));
        assert!(futures::poll!(inside.as_mut()).is_pending());
        // It has started.
        let started = Arc::clone(&barrier);
        tokio::task::spawn_blocking(move || started.wait()).await.unwrap();
        drop(inside);
        let ends = Arc::clone(&barrier);
        tokio::task::spawn_blocking(move || ends.wait());
    })
    .await
    .unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
}
