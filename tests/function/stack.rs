//! Many tasks, in a row or side by side, need no more stack than one task.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::sync::{Arc, OnceLock};

use adagio::{Scope, Task, all, scope, task};
use tokio::runtime::Builder;

/// Runs a future on a current-thread runtime, on a thread with a stack of 128 KiB.
fn on_a_small_stack<F: Future<Output = ()>>(future: impl FnOnce() -> F + Send + 'static) {
    let run = || Builder::new_current_thread().build().unwrap().block_on(future());
    std::thread::Builder::new().stack_size(128 * 1024).spawn(run).unwrap().join().unwrap();
}

const ROW: usize = 20_000;
const CROWD: usize = 100_000;

#[task]
async fn step(number: &usize) -> usize {
    number + 1
}

#[task]
async fn take(number: usize) -> usize {
    number + 1
}

#[task]
async fn fails() -> Result<usize, &'static str> {
    Err("first")
}

fn row(first: Task<usize>) -> Task<usize> {
    (1..ROW).fold(first, |last, place| if place % 2 == 0 { take(last) } else { step(&last) })
}

#[test]
fn a_long_row_runs() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        assert_eq!(row(step(0)).await.unwrap(), ROW);
        assert_eq!(scope(async { row(step(0)).await.unwrap() }).await.unwrap(), ROW);
        let limited = Scope::new().max_concurrency(1).run(async { row(step(0)).await.unwrap() });
        assert_eq!(limited.await.unwrap(), ROW);
    });
}

#[test]
fn a_long_row_fails() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        assert_eq!(row(fails()).await.unwrap_err().task(), "fails");
        assert_eq!(scope(async { row(fails()) }).await.unwrap_err().task(), "fails");
        let panics = Task::spawn(async { panic!("first") });
        assert!(row(panics).await.unwrap_err().is_panic());
    });
}

#[test]
fn a_long_row_is_aborted() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        let first = Task::spawn(std::future::pending());
        let last = row(first.clone());
        tokio::task::yield_now().await;
        first.abort();
        assert!(last.await.unwrap_err().is_aborted());
    });
}

#[test]
fn a_long_row_is_dropped_with_its_scope_and_with_its_runtime() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        for limit in [1, usize::MAX] {
            let run = Scope::new().max_concurrency(limit).run(async {
                row(Task::spawn(std::future::pending()));
                std::future::pending::<()>().await;
            });
            let mut run = Box::pin(run);
            assert!(futures::poll!(run.as_mut()).is_pending());
            tokio::task::yield_now().await;
            drop(run);
        }
        drop(row(Task::spawn(std::future::pending())));
    });
}

#[test]
fn a_long_row_of_thens_and_of_tasks_that_hold_tasks_runs() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        let last = (1..ROW).fold(Task::value(1), |last, _| last.then(|number| async move { number + 1 }));
        assert_eq!(last.await.unwrap(), ROW);
        let last = (1..ROW).fold(Task::value(1), |last, _| Task::spawn(async move { last.await.unwrap() + 1 }));
        assert_eq!(last.await.unwrap(), ROW);
    });
}

#[test]
fn a_crowd_runs_fails_and_is_aborted() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        let source = step(0);
        let crowd: Vec<Task<usize>> = (0..CROWD).map(|_| step(&source)).collect();
        assert_eq!(all(crowd).await.unwrap().len(), CROWD);

        let source = fails();
        let crowd: Vec<Task<usize>> = (0..CROWD).map(|_| step(&source)).collect();
        assert_eq!(all(crowd).await.unwrap_err().task(), "fails");

        // In a scope, each task of the crowd leaves after the task that takes all of them.
        let error = scope(async {
            let source = Task::try_spawn(async {
                tokio::task::yield_now().await;
                Err::<usize, _>("first")
            });
            let crowd: Vec<Task<usize>> = (0..CROWD).map(|_| step(&source)).collect();
            all(crowd);
        });
        assert_eq!(error.await.unwrap_err().task(), "spawn");

        // These have failed before they are taken.
        let source = fails();
        (&source).await.unwrap_err();
        let error = scope(async {
            let crowd: Vec<Task<usize>> = (0..CROWD).map(|_| step(&source)).collect();
            all(crowd);
        });
        assert_eq!(error.await.unwrap_err().task(), "fails");

        let error = scope(async {
            crowd_that_waits();
            tokio::task::yield_now().await;
            fails();
        });
        assert_eq!(error.await.unwrap_err().task(), "fails");

        // The failing task waits for a slot, too, so this one is dropped.
        let run = Scope::new().max_concurrency(3).run(async {
            crowd_that_waits();
            std::future::pending::<()>().await;
        });
        let mut run = Box::pin(run);
        assert!(futures::poll!(run.as_mut()).is_pending());
        tokio::task::yield_now().await;
        drop(run);
    });
}

#[test]
fn a_task_with_a_crowd_that_waits_for_itself_panics() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        let last = Arc::new(OnceLock::<Task<usize>>::new());
        let awaited = Arc::clone(&last);
        let source = Task::spawn(async move { awaited.get().unwrap().await.unwrap() });
        let crowd: Vec<Task<usize>> = (0..CROWD).map(|_| step(&source)).collect();
        last.set(crowd[CROWD - 1].clone()).unwrap();
        let error = source.await.unwrap_err().to_string();
        assert!(error.ends_with("waits for itself: `spawn` -> `step` -> `spawn`"), "{error}");
    });
}

fn crowd_that_waits() {
    for _ in 0..CROWD {
        Task::spawn(std::future::pending::<()>());
    }
}

#[test]
fn a_crowd_that_a_runtime_drops_needs_no_stack_either() {
    let _deadline = crate::common::deadline();
    on_a_small_stack(|| async {
        for limit in [2, usize::MAX] {
            let run = Scope::new().max_concurrency(limit).run(async {
                crowd_that_waits();
                std::future::pending::<()>().await;
            });
            tokio::spawn(run);
        }
        tokio::task::yield_now().await;
    });
}
