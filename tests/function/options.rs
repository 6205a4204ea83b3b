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

use adagio::{Observer, Outcome, Scope, Task, TaskEvent, TimedOut, Timeline, scope, task};
use tokio::runtime::Handle;
use tokio::time::Instant;

#[derive(Debug, PartialEq)]
enum ApiError {
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
async fn fetch(counter: Arc<AtomicU32>, failures: &u32) -> Result<u32, ApiError> {
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

/// Writes events down.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: &str, task: &TaskEvent<'_>) {
        let (id, name, inputs, attempt) = (task.id(), task.name(), task.inputs(), task.attempt());
        self.0.lock().unwrap().push(format!("{what} {id} {name} {inputs:?} {attempt}"));
    }

    fn events(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Log {
    fn made(&self, task: &TaskEvent<'_>) {
        self.add("made", task);
    }

    fn started(&self, task: &TaskEvent<'_>) {
        self.add("started", task);
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Failed(error) => format!("failed ({})", std::error::Error::source(error).unwrap()),
            outcome => format!("{outcome:?}").to_lowercase(),
        };
        self.add(&outcome, task);
    }
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_tasks_their_inputs_and_their_attempts() {
    let _deadline = crate::common::deadline();
    let log = Log::default();
    let outside = Task::value(0);
    let counter = Arc::new(AtomicU32::new(0));
    let run = Scope::new().observe(log.clone()).run(async {
        let fetched = fetch(counter, outside.then(|number| async move { number + 1 }));
        let gate = Task::value(());
        let behind = adagio::after(&gate, || fetched.then(|number| async move { number }));
        behind.await.unwrap()
    });
    assert_eq!(run.await.unwrap(), 2);
    let expected = [
        "made 0 then [] 1",
        "made 1 fetch [0] 1",
        "made 2 value [] 1",
        "made 3 then [1, 2] 1",
        "started 0 then [] 1",
        "done 0 then [] 1",
        "started 2 value [] 1",
        "done 2 value [] 1",
        "started 1 fetch [0] 1",
        "failed (Busy) 1 fetch [0] 1",
        "started 1 fetch [0] 2",
        "done 1 fetch [0] 2",
        "started 3 then [1, 2] 1",
        "done 3 then [1, 2] 1",
    ];
    let mut events = log.events();
    events.sort_by_key(|event| expected.iter().position(|expected| expected == event));
    assert_eq!(events, expected);
}

#[tokio::test]
async fn observers_are_told_of_tasks_that_fail_panic_are_aborted_or_skipped() {
    let _deadline = crate::common::deadline();
    let log = Log::default();
    let run = Scope::new().observe(log.clone()).run(async {
        let pending = Task::spawn(std::future::pending::<u32>());
        let behind = pending.then(|number| async move { number });
        tokio::task::yield_now().await;
        pending.abort();
        behind.await.unwrap_err();
        log.events()
    });
    let expected = [
        "made 0 spawn [] 1",
        "made 1 then [0] 1",
        "started 0 spawn [] 1",
        "cancelled 0 spawn [] 1",
        "skipped { because: \"spawn\" } 1 then [0] 1",
    ];
    assert_eq!(run.await.unwrap(), expected);

    let run = Scope::new().observe(log.clone()).run(async {
        let panics = Task::<u32>::spawn(async { panic!("now") });
        panics.then(|number| async move { number });
        Task::spawn(std::future::pending::<u32>());
    });
    assert!(run.await.unwrap_err().is_panic());
    let expected = [
        "made 0 spawn [] 1",
        "made 1 then [0] 1",
        "made 2 spawn [] 1",
        "started 0 spawn [] 1",
        "panicked 0 spawn [] 1",
        "skipped { because: \"spawn\" } 1 then [0] 1",
        "skipped { because: \"spawn\" } 2 spawn [] 1",
    ];
    assert_eq!(log.events(), expected);
}

#[tokio::test]
async fn an_observer_that_panics_breaks_nothing() {
    struct Broken;
    impl Observer for Broken {
        fn made(&self, _: &TaskEvent<'_>) {
            panic!("broken");
        }
    }
    let _deadline = crate::common::deadline();
    let run = Scope::new().observe(Broken).run(async { Task::spawn(async { 1 }).await.unwrap() });
    assert_eq!(run.await.unwrap(), 1);
}

#[tokio::test]
async fn a_timeline_shows_a_scope() {
    let _deadline = crate::common::deadline();
    let timeline = Timeline::new();
    let run = Scope::new().observe(timeline.clone()).run(async {
        let first = Task::spawn(async { 1 });
        first.then(|one| async move { one + 1 }).await.unwrap()
    });
    assert_eq!(run.await.unwrap(), 2);
    let path: Vec<String> = timeline.critical_path().iter().map(|task| task.name().to_owned()).collect();
    assert_eq!(path, ["spawn", "then"]);
}

/// Awaits another task of the same function, recursively.
#[task]
fn outer(depth: u32) -> Task<u32> {
    Task::spawn(async move { if depth == 0 { 0 } else { outer(depth - 1).await.unwrap().await.unwrap() + 1 } })
}

/// Records which task waits, and which task created which.
#[derive(Clone, Default)]
struct Waits(Arc<std::sync::Mutex<Vec<String>>>);

impl Waits {
    fn add(&self, event: String) {
        self.0.lock().unwrap().push(event);
    }
}

impl Observer for Waits {
    fn made(&self, task: &TaskEvent<'_>) {
        self.add(format!("{} made by {:?}", task.id(), task.maker()));
    }

    fn paused(&self, task: &TaskEvent<'_>) {
        self.add(format!("{} paused", task.id()));
    }

    fn resumed(&self, task: &TaskEvent<'_>) {
        self.add(format!("{} resumed", task.id()));
    }

    fn finished(&self, task: &TaskEvent<'_>, _outcome: &Outcome) {
        self.add(format!("{} finished", task.id()));
    }
}

#[tokio::test]
async fn observers_are_told_who_made_a_task_and_when_it_waits_for_it() {
    let _deadline = crate::common::deadline();
    for limit in [None, Some(1)] {
        let waits = Waits::default();
        let scope = Scope::new().observe(waits.clone());
        let scope = if let Some(limit) = limit { scope.max_concurrency(limit) } else { scope };
        let run = scope.run(async { Task::spawn(async { Task::spawn(async { 1 }).await.unwrap() }).await.unwrap() });
        assert_eq!(run.await.unwrap(), 1);
        let expected = ["0 made by None", "1 made by Some(0)", "0 paused", "1 finished", "0 resumed", "0 finished"];
        assert_eq!(*waits.0.lock().unwrap(), expected);
    }
}

#[tokio::test]
async fn tasks_that_wait_for_others_are_not_at_once() {
    let _deadline = crate::common::deadline();
    let timeline = Timeline::new();
    let run = Scope::new().max_concurrency(1).observe(timeline.clone());
    run.run(async { outer(5).await.unwrap().await.unwrap() }).await.unwrap();
    assert!(timeline.parallelism() <= 1.0, "{timeline}");
}
