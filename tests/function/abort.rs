//! The effect of an abort on the tasks that depend on the task, and on those that it needs.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::sync::Arc;

use adagio::{Task, task};
use tokio::task::yield_now;

use super::bodies::{add, double, settle};
use crate::common::Stage;

#[task]
async fn act(stage: Arc<Stage>, name: &'static str) -> u32 {
    stage.act(name).await;
    1
}

#[tokio::test]
async fn aborting_a_consumer_leaves_what_it_shares_alone() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let shared = act(Arc::clone(&stage), "shared");
    let (consumer, sibling) = (double(&shared), double(&shared));
    settle().await;
    consumer.abort();
    assert!(consumer.await.unwrap_err().is_aborted());
    stage.open("shared");
    assert_eq!(sibling.await.unwrap(), 2);
    assert_eq!(stage.events(), ["start shared", "end shared"]);
}

#[tokio::test]
async fn aborting_a_task_drops_its_body_and_aborts_its_dependents() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let task = act(Arc::clone(&stage), "task");
    let behind = double(double(&task));
    settle().await;
    task.abort();
    let error = behind.await.unwrap_err();
    assert_eq!((error.is_aborted(), error.task()), (true, "act"));
    assert_eq!(stage.events(), ["start task", "drop task"]);
    task.abort();
    assert!(task.await.unwrap_err().is_aborted());
}

#[tokio::test]
async fn a_task_that_is_aborted_before_it_starts_never_does() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let task = act(Arc::clone(&stage), "never");
    task.abort();
    assert!(task.await.unwrap_err().is_aborted());
    let done = Task::value(1);
    done.abort();
    assert_eq!(done.await.unwrap(), 1);
    assert!(stage.events().is_empty());
}

#[tokio::test]
async fn a_task_may_abort_itself() {
    let _deadline = crate::common::deadline();
    let own: Arc<std::sync::OnceLock<Task<u32>>> = Arc::default();
    let inner = Arc::clone(&own);
    let task = Task::spawn(async move {
        yield_now().await;
        inner.get().unwrap().abort();
        std::future::pending::<u32>().await
    });
    own.set(task.clone()).unwrap();
    assert!(task.await.unwrap_err().is_aborted());
}

#[tokio::test]
async fn an_abort_reaches_upstream_what_nobody_else_needs() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let last = double(double(act(Arc::clone(&stage), "slow")));
    settle().await;
    last.abort();
    settle().await;
    assert_eq!(stage.events(), ["start slow", "drop slow"]);
    assert!(last.await.unwrap_err().is_aborted());
}

#[tokio::test]
async fn an_abort_does_not_reach_what_has_a_handle_or_another_consumer() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let held = act(Arc::clone(&stage), "held");
    let shared = act(Arc::clone(&stage), "shared");
    let other = double(&shared);
    let last = add(&held, double(shared));
    settle().await;
    last.abort();
    settle().await;
    stage.open("held");
    stage.open("shared");
    assert_eq!((held.await.unwrap(), other.await.unwrap()), (1, 2));
    assert_eq!(stage.events(), ["start held", "start shared", "end held", "end shared"]);
}

#[tokio::test]
async fn an_abort_reaches_the_tasks_that_only_the_dropped_body_holds() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let inner = Arc::clone(&stage);
    let outer = Task::spawn(async move { act(inner, "inner").await.unwrap() });
    settle().await;
    outer.abort();
    settle().await;
    assert_eq!(stage.events(), ["start inner", "drop inner"]);
}
