//! Tasks without a runtime, and those whose runtime shuts down.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use adagio::{Scope, Task, TaskError, scope};

use super::bodies::{act, act_after, panics, settle};
use crate::common::Stage;

#[test]
fn a_task_outside_of_a_runtime_panics_and_says_how_to_start_one() {
    let _deadline = crate::common::deadline();
    let unwound = std::panic::catch_unwind(|| Task::spawn(async {})).unwrap_err();
    let text = unwound.downcast_ref::<String>().unwrap();
    assert!(
        text.starts_with(
            "the task `spawn` needs a tokio runtime, and none is running here: put `#[tokio::main]` on `main`"
        ),
        "{text}"
    );

    // Its scope does not wait for it.
    let mut run = pin!(scope(async { _ = std::panic::catch_unwind(|| panics("never")) }));
    let polled = run.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Ok(()))));
}

#[test]
fn tasks_that_a_runtime_drops_are_lost() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (pending, behind) = runtime.block_on(async {
        let pending = act(Arc::clone(&stage), "pending");
        let behind = act_after(Arc::clone(&stage), "behind", &pending);
        settle().await;
        (pending, behind)
    });
    drop(runtime);
    for task in [pending, behind] {
        let error = crate::common::now(task.into_future()).unwrap_err();
        assert!(error.is_lost());
    }
    assert_eq!(stage.events(), ["start pending", "drop pending"]);
}

/// Runs a scope outside of the runtime of its tasks, which shuts down before or after the scope has begun.
fn run_beside_a_runtime<R>(
    limit: Option<usize>,
    is_early: bool,
    body: impl Future<Output = R>,
) -> Result<R, TaskError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = runtime.handle().clone();
    let mut runtime = Some(runtime);
    if is_early {
        runtime = None;
    }
    let scope = limit.map_or_else(Scope::new, |limit| Scope::new().max_concurrency(limit));
    let mut run = pin!(scope.run(body));
    let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
    let entered = handle.enter();
    let first = run.as_mut().poll(context);
    drop(entered);
    drop(runtime);
    match first {
        Poll::Ready(result) => result,
        Poll::Pending => crate::common::now(run),
    }
}

#[test]
fn a_scope_fails_with_the_task_that_its_runtime_has_lost() {
    let _deadline = crate::common::deadline();
    for limit in [None, Some(1), Some(4)] {
        for is_early in [false, true] {
            let error = run_beside_a_runtime(limit, is_early, async {
                for _ in 0..3 {
                    Task::spawn(std::future::pending::<()>());
                }
            })
            .unwrap_err();
            assert!(error.is_lost() && !error.is_aborted() && !error.is_panic());
            assert_eq!(error.to_string(), "task `spawn` is lost: its runtime has shut down");
        }
    }
}

#[test]
fn what_waits_for_the_slot_of_an_aborted_task_is_lost_with_the_runtime() {
    let _deadline = crate::common::deadline();
    let error = run_beside_a_runtime(Some(1), false, async {
        let first = Task::spawn(std::future::pending::<()>());
        Task::spawn(async {});
        first.abort();
    })
    .unwrap_err();
    assert!(error.is_lost());
}

#[test]
fn an_aborted_task_is_not_lost_with_its_runtime() {
    let _deadline = crate::common::deadline();
    let aborted = async { Task::spawn(std::future::pending::<()>()).abort() };
    run_beside_a_runtime(None, false, aborted).unwrap();
}
