//! A failure that is the value of a task, and does not fail the scope.
#![allow(clippy::unused_async, reason = "tasks of any signature, with little to do")]

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;

use adagio::{Scope, Task, TaskError, after, scope, task};

use super::bodies::{act, fail, panics, settle};
use crate::common::{Stage, yield_once};

#[task]
async fn even(number: u32) -> Result<u32, String> {
    if number % 2 == 0 { Ok(number) } else { Err(format!("{number} is odd")) }
}

/// Blocks the thread until a condition holds, while other threads continue.
async fn spin_until(is_so: impl Fn() -> bool) {
    poll_fn(|_| {
        while !is_so() {
            std::thread::yield_now();
        }
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn a_caught_failure_is_a_value_and_the_scope_goes_on() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        let (odd, four) = (even(3).caught(), even(4).caught());
        act(Arc::clone(&stage), "beside");
        let odd = odd.then(|odd| async move { odd.unwrap_err() });
        settle().await;
        stage.open("beside");
        (odd.await.unwrap().task(), four.await.unwrap().unwrap())
    });
    assert_eq!(run.await.unwrap(), ("even", 4));
    assert_eq!(stage.events(), ["start beside", "end beside"]);
}

#[tokio::test]
async fn panics_and_aborts_and_failed_inputs_are_caught_too() {
    let _deadline = crate::common::deadline();
    let run = scope(async {
        let panicked = panics("one").caught().await.unwrap().unwrap_err();
        let pending = Task::spawn(std::future::pending::<()>());
        let aborted = pending.caught();
        pending.abort();
        let aborted = aborted.await.unwrap().unwrap_err();
        let behind = even(even(even(1))).caught();
        let behind = behind.await.unwrap().unwrap_err();
        (panicked.is_panic(), aborted.is_aborted(), behind.task())
    });
    assert_eq!(run.await.unwrap(), (true, true, "even"));
}

#[tokio::test]
async fn a_dependent_that_nobody_catches_fails_the_scope() {
    let _deadline = crate::common::deadline();
    let run = scope(async {
        let odd = even(1);
        let caught = odd.caught();
        even(odd);
        caught.await
    });
    assert_eq!(run.await.unwrap_err().task(), "even");
}

#[tokio::test]
async fn a_task_that_fails_as_it_is_made_is_caught_in_time() {
    let _deadline = crate::common::deadline();
    let run = scope(async {
        let odd = even(1);
        let caught = odd.caught();
        let first = caught.await.unwrap().unwrap_err();
        // Its input has failed already: it fails before `even` returns.
        let second = even(&odd).caught().await.unwrap().unwrap_err();
        (first.task(), second.to_string())
    });
    assert_eq!(run.await.unwrap(), ("even", "task `even` failed".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_fails_on_another_thread_is_caught_in_time() {
    let _deadline = crate::common::deadline();
    for _ in 0..200 {
        let ended = Arc::new(AtomicU32::new(0));
        let run = scope(async {
            let told = Arc::clone(&ended);
            let failing = Task::<()>::try_spawn(async move {
                told.fetch_add(1, Ordering::SeqCst);
                Err("early")
            });
            // Its dependents fail at once, so one that is caught tells that it has failed.
            let told = Arc::clone(&ended);
            let seen = failing.then(|()| async {}).caught().then(move |_| async move {
                told.fetch_add(1, Ordering::SeqCst);
            });
            spin_until(|| ended.load(Ordering::SeqCst) == 2).await;
            let caught = failing.caught();
            seen.await?;
            caught.await
        });
        assert_eq!(run.await.unwrap().unwrap().unwrap_err().task(), "spawn");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_nobody_catches_ends_the_scope_after_the_poll_that_made_the_task() {
    let _deadline = crate::common::deadline();
    for _ in 0..200 {
        let run = scope(async {
            Task::<()>::try_spawn(async { Err("early") });
            std::future::pending::<()>().await;
        });
        assert_eq!(run.await.unwrap_err().task(), "spawn");
    }
}

#[tokio::test]
async fn a_task_catches_those_that_its_body_makes() {
    let _deadline = crate::common::deadline();
    let run = scope(async { Task::spawn(async { even(1).caught().await.unwrap().is_err() }).await });
    assert!(run.await.unwrap().unwrap());
    let run = scope(async { Task::spawn(async { _ = even(1) }).await });
    assert_eq!(run.await.unwrap_err().task(), "even");
}

#[tokio::test]
async fn a_gate_that_fails_is_not_caught() {
    let _deadline = crate::common::deadline();
    let run = scope(async {
        let gate = even(1);
        let _gate = gate.caught();
        let four = even(4);
        after(&gate, || four.caught()).await
    });
    assert_eq!(run.await.unwrap_err().task(), "even");
}

#[tokio::test]
async fn what_keeps_going_lists_no_failure_that_was_caught() {
    let _deadline = crate::common::deadline();
    let run = Scope::new().max_concurrency(2).keep_going().run(async {
        let caught: Vec<_> = (0..10).map(|number| even(number).caught()).collect();
        even(11);
        adagio::all(caught).await.unwrap().iter().filter(|number| number.is_ok()).count()
    });
    let (evens, failures) = run.await;
    assert_eq!((evens, failures.len()), (5, 1));
}

#[tokio::test]
async fn aborting_what_catches_aborts_the_task() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        let caught = act(Arc::clone(&stage), "caught").caught();
        settle().await;
        caught.abort();
        caught.await.unwrap_err().is_aborted()
    });
    assert!(run.await.unwrap());
    assert_eq!(stage.events(), ["start caught", "drop caught"]);
}

#[tokio::test]
async fn a_failed_task_of_another_scope_starts_what_catches_it() {
    let _deadline = crate::common::deadline();
    let failed = fail("outside");
    let run = Scope::new().max_concurrency(1).run(async {
        let caught = failed.caught();
        caught.await.map(|caught| caught.unwrap_err().task())
    });
    assert_eq!(run.await.unwrap().unwrap(), "fail");
    // A scope that closes aborts the input; the task that catches it belongs to another one, and runs.
    let caught = scope(async {
        let caught = Arc::new(std::sync::Mutex::new(None::<Task<Result<(), TaskError>>>));
        let made = Arc::clone(&caught);
        let inner = scope(async move {
            let pending = Task::spawn(std::future::pending::<()>());
            tokio::spawn(async move { *made.lock().unwrap() = Some(pending.caught()) }).await.unwrap();
            fail("inner");
            std::future::pending::<()>().await;
        });
        assert!(inner.await.is_err());
        let caught = caught.lock().unwrap().take().unwrap();
        caught.await
    });
    assert!(caught.await.unwrap().unwrap().unwrap_err().is_aborted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_failure_of_an_input_is_caught_with_the_task_that_takes_it_on_many_threads() {
    let _deadline = crate::common::deadline();
    for _ in 0..1_000 {
        let run = scope(async { even(even(1)).caught().await });
        assert_eq!(run.await.unwrap().unwrap().unwrap_err().task(), "even");
    }
    let run = Scope::new().keep_going().run(async { even(even(1)).caught().await });
    assert!(run.await.1.is_empty());
}

#[task]
async fn sum(left: u32, right: u32) -> u32 {
    left + right
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_failures_of_all_inputs_are_caught_with_the_task_that_takes_them() {
    let _deadline = crate::common::deadline();
    for _ in 0..1_000 {
        let run = scope(async {
            let direct = sum(even(1), even(3)).caught();
            let behind = even(sum(even(1), even(3))).caught();
            (direct.await.unwrap().is_err(), behind.await.unwrap().is_err())
        });
        assert_eq!(run.await.unwrap(), (true, true));
    }
    let run = Scope::new().keep_going().run(async { sum(even(1), even(3)).caught().await });
    assert!(run.await.1.is_empty());
    let run = Scope::new().keep_going().run(async { sum(even(1), even(3)).await });
    assert_eq!(run.await.1.len(), 2);
}

#[tokio::test]
async fn a_dependent_that_was_aborted_takes_no_failure_away() {
    let _deadline = crate::common::deadline();
    let run = scope(async {
        let odd = even(1);
        even(&odd).abort();
        odd.await
    });
    assert_eq!(run.await.unwrap_err().task(), "even");
}

#[tokio::test]
async fn a_dependent_of_another_scope_takes_no_failure_away() {
    let _deadline = crate::common::deadline();
    let run = scope(async {
        let odd = even(1);
        let inner = scope(async { even(&odd).caught().await });
        let inner = inner.await;
        std::future::pending::<()>().await;
        inner
    });
    assert_eq!(run.await.unwrap_err().task(), "even");
}

/// Blocks its thread when it is dropped, until something has happened.
struct Holds(Arc<AtomicBool>);

impl Drop for Holds {
    fn drop(&mut self) {
        while !self.0.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }
}

/// Blocks the thread until a task has ended.
async fn spin_until_ended(task: &Task<u32>) {
    let mut ended = Box::pin(task.clone().into_future());
    poll_fn(|cx| {
        while ended.as_mut().poll(cx).is_pending() {
            std::thread::yield_now();
        }
        Poll::Ready(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_its_thread_tells_late_is_caught_with_the_task_that_takes_it() {
    let _deadline = crate::common::deadline();
    let is_poll_over = Arc::new(AtomicBool::new(false));
    let run = scope(async {
        let (begin, begins) = tokio::sync::oneshot::channel::<()>();
        let late = Task::try_spawn(async move {
            begins.await.unwrap();
            Err::<u32, _>("odd")
        });
        // A dependent of no scope: its body is dropped after `late` has failed, and before the scope is told of that.
        let (holds, runtime) = (Holds(Arc::clone(&is_poll_over)), tokio::runtime::Handle::current());
        let dependent = std::thread::scope(|threads| {
            let made = threads.spawn(|| {
                let _runtime = runtime.enter();
                late.clone().then(move |_| async move { drop(holds) })
            });
            made.join().unwrap()
        });
        begin.send(()).unwrap();
        let odd = even(1);
        spin_until_ended(&late).await;
        spin_until_ended(&odd).await;
        let sum = sum(odd, late).caught();
        yield_once().await;
        is_poll_over.store(true, Ordering::SeqCst);
        drop(dependent);
        sum.await
    });
    assert!(run.await.unwrap().unwrap().is_err());
}
