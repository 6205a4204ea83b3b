//! The names of tasks: in errors, in events and in reports.
#![allow(clippy::needless_pass_by_value, clippy::unused_async, reason = "tasks of any signature, with little to do")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use adagio::{Observer, Outcome, Scope, Task, TaskError, TaskEvent, Timeline, after, scope, task};

use crate::common::deadline;

#[task(name = "fetch {url}")]
async fn fetch(url: &str) -> Result<String, String> {
    if url.contains("missing") { Err(format!("no {url}")) } else { Ok(format!("page {url}")) }
}

#[task(name = "parse {page}")]
fn parse(page: String) -> usize {
    page.len()
}

#[task(name = "{type:?} {n:>3}|{n:#x} {{}}")]
async fn formats(r#type: &str, n: u32) -> Result<(), String> {
    _ = (r#type, n);
    Err("as asked".to_owned())
}

#[task(name = "a constant name")]
async fn constant() -> Result<(), String> {
    Err("as asked".to_owned())
}

#[task(name = "panic at {n}")]
async fn panics(n: u32) {
    panic!("at {n}")
}

#[task(name = "wait for {what}", blocking)]
fn blocks<T: Send + Sync + 'static + std::fmt::Display>(what: T) -> Result<(), String> {
    Err(what.to_string())
}

fn name(error: &TaskError) -> (&'static str, &str) {
    (error.task(), error.name())
}

#[tokio::test]
async fn an_error_has_the_name_of_its_task_and_of_the_function() {
    let _deadline = deadline();
    let error = fetch("/missing").await.unwrap_err();
    assert_eq!(name(&error), ("fetch", "fetch /missing"));
    assert_eq!(error.to_string(), "task `fetch /missing` failed");
    assert_eq!(formats("a", 26).await.unwrap_err().name(), "\"a\"  26|0x1a {}");
    assert_eq!(constant().await.unwrap_err().name(), "a constant name");
    assert_eq!(blocks(7_u8).await.unwrap_err().name(), "wait for 7");
    let panicked = panics(3).await.unwrap_err();
    assert_eq!(panicked.to_string(), "task `panic at 3` panicked: at 3");
    let unnamed = Task::<()>::try_spawn(async { Err("no") }).await.unwrap_err();
    assert_eq!(name(&unnamed), ("spawn", "spawn"));
}

#[tokio::test]
async fn an_argument_that_is_a_task_stands_in_a_name_by_its_own_name() {
    let _deadline = deadline();
    let page = Task::try_spawn(async { Err::<String, _>("gone") }).named("the page");
    page.shared().await.unwrap_err();
    let waits = parse(Task::<String>::spawn(std::future::pending()).named("the other page"));
    waits.abort();
    assert_eq!(waits.await.unwrap_err().name(), "parse the other page");
    // The failure of an input keeps the name of the input.
    assert_eq!(parse(&page).await.unwrap_err().name(), "the page");
    assert_eq!(fetch(Task::value("/missing".to_owned())).await.unwrap_err().name(), "fetch value");
}

#[tokio::test]
async fn a_dependent_has_the_error_of_the_task_that_failed_with_its_name() {
    let _deadline = deadline();
    let failed = scope(async { parse(fetch("/missing")) }).await.unwrap_err();
    assert_eq!(name(&failed), ("fetch", "fetch /missing"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_comes_after_the_failure_is_in_the_error() {
    let _deadline = deadline();
    let task = Task::<()>::try_spawn(async { Err("no file") });
    let error = task.shared().await.map(|_| ()).unwrap_err();
    assert_eq!(error.name(), "spawn");
    let task = task.named("load settings");
    assert_eq!(error.to_string(), "task `load settings` failed");
    assert_eq!(task.await.unwrap_err().name(), "load settings");

    // However the end and the name meet, the error has the name.
    for round in 0..500 {
        let task = Task::<()>::try_spawn(async { Err("no") });
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(task.named(format!("round {round}")).await.unwrap_err().name(), format!("round {round}"));
    }
}

#[tokio::test]
async fn the_error_of_another_task_keeps_its_name() {
    let _deadline = deadline();
    let gate = Task::<()>::try_spawn(async { Err("no gate") });
    let behind = after(&gate, || Task::spawn(async {}));
    assert_eq!(behind.shared().await.map(|_| ()).unwrap_err().name(), "spawn");
    let behind = behind.named("behind");
    assert_eq!(behind.await.unwrap_err().name(), "spawn", "it is the gate that failed");
}

#[tokio::test]
async fn a_task_that_has_a_name_keeps_it() {
    let _deadline = deadline();
    let task = fetch("/missing").named("another");
    assert_eq!(format!("{task:?}"), "Task(\"fetch /missing\")");
    assert_eq!(task.await.unwrap_err().name(), "fetch /missing");
    assert_eq!(format!("{:?}", Task::value(1).named("one").named("two")), "Task(\"one\")");
}

#[tokio::test]
async fn a_name_of_more_than_a_hundred_letters_is_cut() {
    let _deadline = deadline();
    let error = fetch(format!("/missing/{}", "x".repeat(10_000))).await.unwrap_err();
    assert_eq!(error.name().chars().count(), 101);
    assert!(error.name().starts_with("fetch /missing/xxx") && error.name().ends_with("x…"));
}

#[tokio::test]
async fn a_circle_and_a_result_that_is_shared_show_names() {
    let _deadline = deadline();
    let (sender, receiver) = tokio::sync::oneshot::channel::<Task<u8>>();
    let task = Task::spawn(async move { receiver.await.unwrap().await.unwrap() }).named("snake");
    sender.send(task.clone()).ok().unwrap();
    let error = task.await.unwrap_err().to_string();
    assert_eq!(error, "task `snake` panicked: task `snake` waits for itself: `snake` -> `snake`");

    let held = Task::value(vec![1]).named("numbers");
    let other = held.clone();
    let error = held.take().await.unwrap_err().to_string();
    assert!(error.starts_with("the result of task `numbers` is also held by 1 other handle"), "{error}");
    drop(other);
}

/// Writes the names of events down.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: &str, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{what} {}: {}", task.function(), task.name()));
    }
}

impl Observer for Log {
    fn made(&self, task: &TaskEvent<'_>) {
        self.add("made", task);
    }

    fn named(&self, task: &TaskEvent<'_>) {
        self.add("named", task);
    }

    fn started(&self, task: &TaskEvent<'_>) {
        self.add("started", task);
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let what = if let Outcome::Failed(error) = outcome { error.to_string() } else { "finished".to_owned() };
        self.add(&what, task);
    }
}

#[tokio::test]
async fn observers_are_told_the_name_and_the_function() {
    let _deadline = deadline();
    let log = Log::default();
    let run = Scope::new().observe(log.clone()).run(async {
        Task::spawn(async {}).named("first").await.unwrap();
        fetch("/missing").caught().await.unwrap().unwrap_err();
    });
    run.await.unwrap();
    let expected = [
        "made spawn: spawn",
        "named spawn: first",
        "started spawn: first",
        "finished spawn: first",
        "made fetch: fetch /missing",
        "made caught: caught",
        "started fetch: fetch /missing",
        "task `fetch /missing` failed fetch: fetch /missing",
        "started caught: caught",
        "finished caught: caught",
    ];
    assert_eq!(*log.0.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_timeline_has_names_and_folds_by_function() {
    let _deadline = deadline();
    let timeline = Timeline::with_clock(|| Duration::ZERO);
    let run = Scope::new().observe(timeline.clone()).run(async {
        let done = Task::spawn(async {});
        done.shared().await.unwrap();
        done.named("named when it was done");
        for page in 0..300 {
            parse(fetch(format!("/{page}")));
        }
    });
    run.await.unwrap();
    let tasks = timeline.tasks();
    let names: Vec<_> = tasks.iter().take(3).map(|task| (task.function(), task.name())).collect();
    assert_eq!(names, [("spawn", "named when it was done"), ("fetch", "fetch /0"), ("parse", "parse fetch /0")]);
    let text = timeline.to_string();
    assert!(text.contains("fetch /0") && text.contains("fetch × ") && text.contains("parse × "), "{text}");
    let page = timeline.to_html();
    assert!(page.contains(">fetch × 300</text>") && page.contains(">parse × 300</text>"), "{page}");
}

/// Writes down for which task each skipped one is skipped.
#[derive(Clone, Default)]
struct Skips(Arc<Mutex<Vec<String>>>);

impl Observer for Skips {
    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let because = task.because().unwrap_or("none");
        match outcome {
            Outcome::Skipped { because: function } => {
                self.0.lock().unwrap().push(format!("{}: {function}, {because}", task.name()));
            }
            _ => assert_eq!(task.because(), None),
        }
    }
}

#[tokio::test]
async fn a_skip_tells_the_name_of_the_task_that_failed() {
    let _deadline = crate::common::deadline();
    let (skips, timeline) = (Skips::default(), Timeline::new());
    let run = Scope::new().observe(skips.clone()).observe(timeline.clone()).run(async {
        let page = fetch("/missing");
        parse(&page).caught().await.unwrap().unwrap_err();
        let later = Task::spawn(std::future::pending::<()>()).named("later");
        later.abort();
        later.await.unwrap_err();
    });
    run.await.unwrap();
    let parsed = "parse fetch /missing";
    assert_eq!(
        *skips.0.lock().unwrap(),
        [format!("{parsed}: fetch, fetch /missing"), "later: spawn, later".to_owned()]
    );
    let text = format!("{timeline:200}");
    for line in ["skipped because of fetch /missing", "skipped before it started"] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}
