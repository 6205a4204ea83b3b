//! The outcomes of tasks as they end, and the first that succeed.
#![allow(clippy::unused_async, reason = "tasks of any signature, with little to do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::{FirstError, Scope, Task, first, outcomes, scope, task};
use futures::FutureExt;

use super::bodies::{panics, settle};
use crate::common::{Driven, Stage};

#[task]
async fn ask(stage: Arc<Stage>, name: &'static str) -> Result<&'static str, String> {
    stage.act(name).await;
    if name.starts_with("bad") { Err(name.to_owned()) } else { Ok(name) }
}

/// Opens one gate after another.
async fn open(stage: &Stage, names: &[&'static str]) {
    for name in names {
        settle().await;
        stage.open(name);
    }
    settle().await;
}

#[tokio::test]
async fn outcomes_come_in_the_order_in_which_the_tasks_end() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        let mut outcomes = outcomes(["a", "bad b", "c"].map(|name| ask(Arc::clone(&stage), name)));
        assert!(outcomes.next().now_or_never().is_none());
        let mut seen = Vec::new();
        for name in ["c", "bad b", "a"] {
            open(&stage, &[name]).await;
            let outcome = outcomes.next().now_or_never().expect("it has ended").expect("one is left");
            seen.push(outcome.unwrap_or_else(|error| error.task()));
            assert!(outcomes.next().now_or_never().is_none_or(|outcome| outcome.is_none()));
        }
        assert!(outcomes.next().await.is_none());
        seen
    });
    assert_eq!(run.await.unwrap(), ["c", "ask", "a"]);
}

#[tokio::test]
async fn outcomes_that_are_dropped_take_their_waker_along() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let task = ask(Arc::clone(&stage), "a");
    let mut outcomes = outcomes([&task]);
    let mut next = Driven::new(outcomes.next());
    assert!(next.poll().is_pending());
    let waker = next.change_waker();
    drop(next);
    drop(outcomes);
    assert_eq!(Arc::strong_count(&waker), 1);
    stage.open("a");
    assert_eq!(task.await.unwrap(), "a");
    assert_eq!(waker.wakes(), 0);
}

#[tokio::test]
async fn tasks_are_added_while_others_are_waited_for() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let mut outcomes = outcomes([ask(Arc::clone(&stage), "a")]);
    stage.open("a");
    assert_eq!(outcomes.next().await.unwrap().unwrap(), "a");
    assert!(outcomes.next().await.is_none());
    outcomes.push(Task::value("done"));
    outcomes.push(panics("b").then(|()| async { "never" }));
    assert_eq!(outcomes.next().await.unwrap().unwrap(), "done");
    assert!(outcomes.next().await.unwrap().unwrap_err().is_panic());
}

#[tokio::test]
async fn a_body_that_waits_for_outcomes_lends_its_slot() {
    let _deadline = crate::common::deadline();
    let run = Scope::new().max_concurrency(1).run(async {
        Task::spawn(async {
            let mut numbers = outcomes((0..100).map(|number| Task::spawn(async move { number })));
            let mut sum = 0;
            while let Some(number) = numbers.next().await {
                sum += number.unwrap();
            }
            sum
        })
        .await
    });
    assert_eq!(run.await.unwrap().unwrap(), 4_950);
}

#[tokio::test]
async fn a_body_that_gives_up_waiting_for_outcomes_keeps_its_slot() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let in_body = Arc::clone(&stage);
    let run = Scope::new().max_concurrency(1).run(async move {
        Task::spawn(async move {
            let mut outcomes = outcomes([ask(Arc::clone(&in_body), "a")]);
            assert!(outcomes.next().now_or_never().is_none());
            settle().await;
            let events = in_body.events();
            in_body.open("a");
            (events, outcomes.next().await.unwrap().unwrap())
        })
        .await
    });
    let (events, outcome) = run.await.unwrap().unwrap();
    assert_eq!((&events[..], outcome), (&[][..] as &[String], "a"));
}

#[tokio::test]
async fn dropping_outcomes_leaves_the_tasks_alone() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let mut dropped = outcomes([ask(Arc::clone(&stage), "a")]);
    assert!(futures::poll!(Box::pin(dropped.next())).is_pending());
    settle().await;
    drop(dropped);
    open(&stage, &["a"]).await;
    assert_eq!(stage.events(), ["start a", "end a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_outcome_of_many_threads_is_lost() {
    let _deadline = crate::common::deadline();
    let run = scope(async {
        let numbers = (0..100_000_u32).map(|number| Task::try_spawn(async move { number.checked_sub(7).ok_or("few") }));
        let mut numbers = outcomes(numbers);
        let (mut done, mut failed) = (0, 0);
        while let Some(number) = numbers.next().await {
            if number.is_ok() { done += 1 } else { failed += 1 }
        }
        (done, failed)
    });
    assert_eq!(run.await.unwrap(), (99_993, 7));
}

#[cfg(feature = "stream")]
#[tokio::test]
async fn outcomes_are_a_stream() {
    use futures::StreamExt;
    let _deadline = crate::common::deadline();
    let numbers = outcomes([Task::value(1), Task::value(2)]);
    assert_eq!(StreamExt::map(numbers, Result::unwrap).collect::<Vec<_>>().await, [1, 2]);
}

#[tokio::test]
async fn the_first_that_succeed_are_the_result_and_the_others_are_aborted() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        let asked = ["a", "bad b", "c", "d"].map(|name| ask(Arc::clone(&stage), name));
        let two = first(2, &asked);
        open(&stage, &["bad b", "d", "a"]).await;
        (two.await.unwrap(), asked[2].clone().await.unwrap_err().is_aborted())
    });
    assert_eq!(run.await.unwrap(), (vec!["d", "a"], true));
    let mut events = stage.events();
    assert_eq!(events.split_off(4), ["end bad b", "end d", "end a", "drop c"]);
}

#[tokio::test]
async fn too_few_that_succeed_are_a_failure_with_all_failures_in_it() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        let two = first(2, ["a", "bad b", "bad c", "d"].map(|name| ask(Arc::clone(&stage), name))).caught();
        open(&stage, &["bad c", "bad b"]).await;
        // `a` and `d` would be enough.
        assert!(two.clone().into_future().now_or_never().is_none());
        open(&stage, &["a", "d"]).await;
        let one_more = first(3, ["a", "bad b", "bad c", "d"].map(|name| ask(Arc::clone(&stage), name))).caught();
        (two.await.unwrap().unwrap(), one_more.await.unwrap().unwrap_err())
    });
    let (two, error) = run.await.unwrap();
    assert_eq!(two, ["a", "d"]);
    assert_eq!(error.to_string(), "task `first` failed");
    let error = error.downcast_ref::<FirstError>().unwrap();
    assert_eq!(
        error.to_string(),
        "3 of 4 tasks had to succeed, but task `ask` failed: bad b; task `ask` failed: bad c"
    );
    assert_eq!(error.failures().len(), 2);
}

#[tokio::test]
async fn first_of_none_is_nothing_and_first_of_too_few_fails_at_once() {
    let _deadline = crate::common::deadline();
    assert!(first(0, [Task::spawn(std::future::pending::<()>())]).await.unwrap().is_empty());
    let error = first(2, [Task::spawn(std::future::pending::<()>())]).await.unwrap_err();
    assert_eq!(error.downcast_ref::<FirstError>().unwrap().to_string(), "2 tasks had to succeed, and there was only 1");
    assert!(scope(async { _ = first(1, Vec::<Task<()>>::new()) }).await.is_err());
    let all_of_them = first(1, [Task::<()>::try_spawn(async { Err("gone") })]).await.unwrap_err();
    let text = all_of_them.downcast_ref::<FirstError>().unwrap().to_string();
    assert_eq!(text, "1 of 1 task had to succeed, but task `spawn` failed: gone");
}

#[tokio::test]
async fn aborting_first_aborts_its_tasks() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let one = first(1, ["a", "b"].map(|name| ask(Arc::clone(&stage), name)));
    settle().await;
    one.abort();
    settle().await;
    assert_eq!(stage.events(), ["start a", "start b", "drop a", "drop b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_losers_on_many_threads_fail_no_scope() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let _deadline = crate::common::deadline();
    for round in 0..500 {
        let run = scope(async {
            let tasks = (0..8_u32).map(|number| {
                Task::try_spawn(async move {
                    RUNS.fetch_add(1, Ordering::Relaxed);
                    if number % 2 == round % 2 { Err("loser") } else { Ok(number) }
                })
            });
            first(2, tasks).await
        });
        assert_eq!(run.await.unwrap().unwrap().len(), 2);
    }
    assert!(RUNS.load(Ordering::Relaxed) >= 1_000);
}
