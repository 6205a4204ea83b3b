//! The effect of a failure and of a panic on the tasks that depend on the task, and on the others.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::error::Error;
use std::io;
use std::num::ParseIntError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use adagio::{Task, TaskError, all, scope, task};
use tokio::task::yield_now;

use super::bodies::{add, double, fail, settle};
use crate::common::{Driven, Stage};

#[task]
async fn parse(text: String) -> Result<u32, ParseIntError> {
    text.parse()
}

#[task]
async fn read(path: &str) -> io::Result<String> {
    Err(io::Error::other(path.to_owned()))
}

#[task]
async fn r#match() -> std::fmt::Result {
    Err(std::fmt::Error)
}

#[task(catch)]
async fn checked(number: u32) -> Result<u32, &'static str> {
    if number > 9 { Err("too big") } else { Ok(number) }
}

#[task]
async fn show(checked: &Result<u32, &'static str>) -> String {
    format!("{checked:?}")
}

#[task]
async fn act(stage: Arc<Stage>, name: &'static str) -> u32 {
    stage.act(name).await;
    1
}

#[tokio::test]
async fn a_failure_reaches_every_dependent_with_the_name_and_error_of_its_origin() {
    let _deadline = crate::common::deadline();
    let parsed = parse("x");
    let sum = add(double(double(&parsed)), double(1));
    let then = sum.then(|sum| async move { sum });
    for task in [&parsed, &sum, &then, &all((&sum, &then)).then(|(sum, _)| async move { sum })] {
        let error = task.await.unwrap_err();
        assert_eq!((error.task(), error.to_string().as_str()), ("parse", "task `parse` failed"));
        assert_eq!(error.source().unwrap().to_string(), "invalid digit found in string");
        assert!(error.downcast_ref::<ParseIntError>().is_some());
        assert!(!error.is_panic() && !error.is_aborted());
    }
    assert_eq!(sum.shared().await.unwrap_err().task(), "parse");
}

#[tokio::test]
async fn a_result_may_be_called_as_the_std_library_calls_it() {
    let _deadline = crate::common::deadline();
    assert_eq!(read("a").await.unwrap_err().source().unwrap().to_string(), "a");
    assert_eq!(r#match().await.unwrap_err().to_string(), "task `match` failed");
}

#[tokio::test]
async fn a_dependent_of_a_failed_task_that_is_made_later_fails_too() {
    let _deadline = crate::common::deadline();
    let parsed = parse("x");
    (&parsed).await.unwrap_err();
    assert_eq!(double(&parsed).await.unwrap_err().task(), "parse");
}

#[tokio::test]
async fn a_failure_comes_at_once_though_other_inputs_are_slow() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let slow = act(Arc::clone(&stage), "slow");
    assert_eq!(add(&slow, parse("x")).await.unwrap_err().task(), "parse");
    assert_eq!(stage.events(), ["start slow"]);
}

#[tokio::test]
async fn a_caught_error_is_a_value_and_a_failed_input_still_fails_the_task() {
    let _deadline = crate::common::deadline();
    assert_eq!(show(checked(10)).await.unwrap(), "Err(\"too big\")");
    assert_eq!(checked(1).await.unwrap(), Ok(1));
    assert_eq!(checked(parse("x")).await.unwrap_err().task(), "parse");
    let panicked = Task::<u32>::spawn(async { panic!("p") });
    assert!(checked(panicked).await.unwrap_err().is_panic());
}

#[tokio::test]
async fn then_and_spawn_keep_a_result_and_their_try_forms_fail_with_it() {
    let _deadline = crate::common::deadline();
    let number = Task::value("x".to_owned());
    let kept: Result<u32, ParseIntError> = number.then(|text| async move { text.parse() }).await.unwrap();
    assert!(kept.is_err());
    let error = number.try_then(|text| async move { text.parse::<u32>() }).await.unwrap_err();
    assert_eq!(error.to_string(), "task `then` failed");
    assert_eq!(Task::spawn(async { Err::<(), _>(5) }).await.unwrap(), Err(5));
    assert_eq!(Task::<u32>::try_spawn(async { Err("no") }).await.unwrap_err().to_string(), "task `spawn` failed");
}

#[tokio::test]
async fn a_panic_is_an_error_that_says_what_it_said() {
    let _deadline = crate::common::deadline();
    let texts: [(Task<u32>, &str); 3] = [
        (Task::spawn(async { panic!("static") }), "task `spawn` panicked: static"),
        (Task::spawn(async { panic!("{}", 5) }), "task `spawn` panicked: 5"),
        (Task::spawn(async { std::panic::panic_any(5) }), "task `spawn` panicked: the value is no text"),
    ];
    for (task, text) in texts {
        let error = double(task).await.unwrap_err();
        assert!(error.is_panic() && error.source().is_none() && error.downcast_ref::<io::Error>().is_none());
        assert_eq!(error.to_string(), text);
    }
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[tokio::test]
async fn a_body_that_panics_when_it_is_dropped_is_a_panic_of_its_task_alone() {
    let _deadline = crate::common::deadline();
    let done = Task::spawn(async {
        let body = PanicsWhenDropped;
        std::future::poll_fn(|_| std::task::Poll::Ready(())).await;
        std::mem::forget(body);
        5
    });
    assert_eq!(done.await.unwrap(), 5);
    let panics = Task::spawn(async {
        let _body = PanicsWhenDropped;
        6
    });
    assert_eq!(panics.then(|six| async move { six }).await.unwrap_err().to_string(), "task `spawn` panicked: dropped");
    let aborted = Task::spawn(async {
        let _body = PanicsWhenDropped;
        std::future::pending::<()>().await;
    });
    let (waiting, other) = (aborted.then(|()| async {}), Task::spawn(async { 7 }));
    settle().await;
    aborted.abort();
    assert!(waiting.await.unwrap_err().is_aborted());
    assert_eq!(other.await.unwrap(), 7);
}

#[tokio::test]
async fn a_result_that_panics_when_it_is_dropped_breaks_nothing() {
    let _deadline = crate::common::deadline();
    for _ in 0..3 {
        drop(Task::spawn(async { Arc::new(PanicsWhenDropped) }));
        settle().await;
    }
    let (task, other) = (Task::spawn(async { Arc::new(PanicsWhenDropped) }), Task::spawn(async { 1 }));
    let error = task.then(|dropped| async move { drop(dropped) });
    drop(task);
    assert!(error.await.unwrap_err().is_panic());
    assert_eq!(other.await.unwrap(), 1);
}

#[tokio::test]
async fn dropping_a_future_that_awaits_a_task_leaves_the_task_alone() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let task = act(Arc::clone(&stage), "task");
    for _ in 0..3 {
        let mut waits = Box::pin((&task).into_future());
        assert!(futures::poll!(waits.as_mut()).is_pending());
        settle().await;
    }
    stage.open("task");
    assert_eq!(task.await.unwrap(), 1);
    assert_eq!(stage.events(), ["start task", "end task"]);
}

#[tokio::test]
async fn a_future_that_is_dropped_takes_its_waker_along() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let task = act(Arc::clone(&stage), "task");
    let mut waits = Driven::new((&task).into_future());
    assert!(waits.poll().is_pending());
    let waker = waits.change_waker();
    assert_eq!(Arc::strong_count(&waker), 2);
    drop(waits);
    assert_eq!(Arc::strong_count(&waker), 1);
    stage.open("task");
    assert_eq!(task.await.unwrap(), 1);
    assert_eq!(waker.wakes(), 0);
}

#[tokio::test]
async fn a_failure_drops_the_future_of_the_scope_without_another_poll() {
    let _deadline = crate::common::deadline();
    let polls = AtomicU32::new(0);
    let run = scope(async {
        fail("task");
        std::future::poll_fn(|_| {
            polls.fetch_add(1, Ordering::Relaxed);
            std::task::Poll::<()>::Pending
        })
        .await;
    });
    assert_eq!(run.await.unwrap_err().task(), "fail");
    assert_eq!(polls.into_inner(), 1);
}

#[tokio::test]
async fn a_task_runs_once_however_many_await_and_take_it() {
    let _deadline = crate::common::deadline();
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let task = Task::spawn(async move {
        yield_now().await;
        counter.fetch_add(1, Ordering::Relaxed)
    });
    let takers: Vec<Task<u32>> = (0..10).map(|_| double(&task)).collect();
    let awaits = futures::future::join_all((0..10).map(|_| (&task).into_future())).await;
    assert!(awaits.into_iter().chain([task.await]).all(|result| result.unwrap() == 0));
    all(takers).await.unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_error_that_travels_through_a_body_is_its_source() {
    let _deadline = crate::common::deadline();
    let failed = parse("x");
    let error: TaskError = Task::<u32>::try_spawn(async move { failed.await }).await.unwrap_err();
    assert_eq!(error.task(), "spawn");
    assert_eq!(error.downcast_ref::<TaskError>().unwrap().task(), "parse");
}
