//! What observers are told of tasks made at run time.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use adagio::{Observer, Outcome, Scope, Task, TaskEvent, Timeline, task};

use super::options::fetch;

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
