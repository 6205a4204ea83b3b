//! Tasks that wait for themselves.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::sync::Arc;

use adagio::{Task, TaskError};
use tokio::task::yield_now;

use super::bodies::{add, double};

/// Returns the failure of a task. The clock is paused: it reaches the deadline as soon as no task can run.
async fn in_time(task: &Task<u32>) -> TaskError {
    tokio::time::timeout(std::time::Duration::from_secs(1), task).await.expect("the task ends").unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_task_is_aborted_in_its_first_poll() {
    let _deadline = crate::common::deadline();
    let own: Arc<std::sync::OnceLock<Task<u32>>> = Arc::default();
    let inner = Arc::clone(&own);
    let task = Task::spawn(async move {
        inner.get().unwrap().abort();
        std::future::pending::<u32>().await
    });
    own.set(task.clone()).unwrap();
    assert!(in_time(&task).await.is_aborted());
}

fn circle(own: &Arc<std::sync::OnceLock<Task<u32>>>) -> Task<u32> {
    let own = Arc::clone(own);
    Task::spawn(async move { own.get().unwrap().await.unwrap() })
}

#[tokio::test(start_paused = true)]
async fn a_task_that_awaits_itself_panics() {
    let _deadline = crate::common::deadline();
    let own = Arc::default();
    let task = circle(&own);
    own.set(task.clone()).unwrap();
    let error = in_time(&task).await;
    assert!(error.is_panic());
    assert_eq!(error.to_string(), "task `spawn` panicked: task `spawn` waits for itself: `spawn` -> `spawn`");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_awaits_itself_in_a_scope_panics() {
    let _deadline = crate::common::deadline();
    let own: Arc<std::sync::OnceLock<Task<u32>>> = Arc::default();
    let inner = Arc::clone(&own);
    let task = Task::spawn(async move {
        let inside = async { inner.get().unwrap().await.unwrap() };
        adagio::scope(inside).await.unwrap()
    });
    own.set(task.clone()).unwrap();
    let text = "task `spawn` panicked: task `spawn` waits for itself: `spawn` -> `spawn`";
    assert_eq!(in_time(&task).await.to_string(), text);
}

/// A future that no longer waits closes no circle: the body dropped it before the end of its poll.
#[tokio::test]
async fn a_task_that_has_dropped_its_await_of_a_dependent_goes_on() {
    use futures::FutureExt;

    let _deadline = crate::common::deadline();
    let own: Arc<std::sync::OnceLock<Task<u32>>> = Arc::default();
    let inner = Arc::clone(&own);
    let task = Task::spawn(async move {
        assert!(inner.get().unwrap().into_future().now_or_never().is_none());
        yield_now().await;
        7
    });
    own.set(double(&task)).unwrap();
    assert_eq!(task.await.unwrap(), 7);
    assert_eq!(own.get().unwrap().await.unwrap(), 14);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_awaits_what_needs_it_panics_with_the_circle() {
    let _deadline = crate::common::deadline();
    let own = Arc::default();
    let task = circle(&own);
    own.set(double(add(&task, 1))).unwrap();
    let text = "task `spawn` panicked: task `spawn` waits for itself: `spawn` -> `double` -> `add` -> `spawn`";
    assert_eq!(in_time(&task).await.to_string(), text);
}

#[tokio::test(start_paused = true)]
async fn tasks_that_await_each_other_panic_with_the_circle() {
    let _deadline = crate::common::deadline();
    let (one, two): (Arc<std::sync::OnceLock<_>>, Arc<std::sync::OnceLock<_>>) = Default::default();
    let (first, second) = (circle(&one), circle(&two));
    one.set(second.then(|number| async move { number })).unwrap();
    two.set(first.clone()).unwrap();
    let text = "task `spawn` panicked: task `spawn` waits for itself: `spawn` -> `spawn` -> `then` -> `spawn`";
    let texts = [in_time(&first).await.to_string(), in_time(&second).await.to_string()];
    assert!(
        texts.iter().any(|said| said == text || said.ends_with("`spawn` -> `then` -> `spawn` -> `spawn`")),
        "{texts:?}"
    );
}
