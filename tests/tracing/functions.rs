//! The spans of tasks made at run time.

use adagio::{Scope, Task, scope, task};

use crate::common::deadline;
use crate::notes::Notes;

#[task(name = "fetch {url}")]
async fn fetch(url: &str) -> Result<String, String> {
    tracing::info!("in the body");
    tokio::task::yield_now().await;
    if url == "/missing" { Err("not found".to_owned()) } else { Ok(url.to_owned()) }
}

#[task]
async fn parse(page: &str, base: usize) -> usize {
    base + page.len()
}

fn traced(future: impl Future<Output = ()>) -> Vec<String> {
    let notes = Notes::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(notes.subscriber(), || {
        tracing::info_span!("caller").in_scope(|| runtime.block_on(future));
    });
    notes.lines()
}

#[test]
fn a_task_has_a_span_with_its_name_which_follows_from_the_input_that_released_it() {
    let _deadline = deadline();
    let lines = traced(async {
        scope(async { parse(fetch("/a"), Task::value(1)) }).await.unwrap();
    });
    let expected = [
        "fetch (fetch /a) begins in caller",
        "fetch (fetch /a) says in the body",
        "fetch (fetch /a): done",
        "parse begins in caller",
        "parse follows from fetch (fetch /a)",
        "fetch (fetch /a) is closed",
        "parse: done",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_span_has_the_name_that_comes_later_and_the_outcome() {
    let _deadline = deadline();
    let lines = traced(async {
        let run = Scope::new().keep_going().run(async {
            let task = Task::spawn(std::future::pending::<()>());
            tokio::task::yield_now().await;
            task.named("never").abort();
            parse(fetch("/missing"), 1);
        });
        run.await.1.into_iter().for_each(drop);
    });
    let expected = [
        "spawn begins in caller",
        "spawn: never",
        "spawn: cancelled",
        "fetch (fetch /missing) begins in caller",
        "fetch (fetch /missing) says in the body",
        "fetch (fetch /missing): failed",
        "fetch (fetch /missing) is closed",
    ];
    assert_eq!(lines, expected, "a task that never starts has no span");
}

#[test]
fn a_task_that_a_task_makes_has_its_span_as_parent() {
    let _deadline = deadline();
    let lines = traced(async {
        scope(async { Task::spawn(async { fetch("/a").await }).named("outer") }).await.unwrap();
    });
    assert!(lines.contains(&"fetch (fetch /a) begins in spawn (outer)".to_owned()), "{lines:?}");
}

#[test]
fn a_handle_that_is_kept_does_not_keep_the_span_open() {
    let _deadline = deadline();
    let notes = Notes::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let kept = tracing::subscriber::with_default(notes.subscriber(), || {
        runtime.block_on(async {
            let task = fetch("/a");
            task.shared().await.unwrap();
            task
        })
    });
    assert!(notes.lines().contains(&"fetch (fetch /a) is closed".to_owned()));
    drop(kept);
}
