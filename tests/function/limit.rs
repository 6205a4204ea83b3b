//! The slots of a scope with a limit: who has one, who lends it, who is next.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::sync::Arc;

use adagio::{Scope, Task, TaskError, all, first, scope, task};

use super::bodies::{act, act_after, fail, settle};
use crate::common::Stage;

#[tokio::test]
async fn a_limit_lets_so_many_tasks_be_under_way() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(2).run(async {
        for name in ["a", "b", "c", "d"] {
            act(Arc::clone(&stage), name);
        }
        for name in ["b", "a", "c", "d"] {
            settle().await;
            stage.log(format!("open {name}"));
            stage.open(name);
        }
    });
    run.await.unwrap();
    let expected = [
        "start a", "start b", "open b", "end b", "start c", "open a", "end a", "start d", "open c", "end c", "open d",
        "end d",
    ];
    assert_eq!(stage.events(), expected);
}

#[task]
async fn fibonacci(number: u32) -> Result<u32, TaskError> {
    if number < 2 {
        return Ok(number);
    }
    let (left, right) = (fibonacci(number - 1), fibonacci(number - 2));
    Ok(left.await? + right.await?)
}

#[tokio::test]
async fn a_task_that_awaits_a_task_lends_its_slot() {
    let _deadline = crate::common::deadline();
    for limit in 1..4 {
        let run = Scope::new().max_concurrency(limit).run(async { fibonacci(10).await.unwrap() });
        assert_eq!(run.await.unwrap(), 55);
    }
}

#[tokio::test]
async fn a_task_that_awaits_several_at_once_or_a_scope_lends_its_slot_too() {
    let _deadline = crate::common::deadline();
    let run = Scope::new().max_concurrency(1).run(async {
        let outer = Task::spawn(async {
            let parts: futures::stream::FuturesUnordered<_> =
                (0..5).map(|number| Task::spawn(async move { number }).into_future()).collect();
            let sum = futures::StreamExt::fold(parts, 0, |sum, part| async move { sum + part.unwrap() }).await;
            let shared = Task::spawn(async { 1 });
            let inner = scope(async { _ = shared.then(|one| async move { one + 1 }) });
            inner.await.unwrap();
            sum + *shared.shared().await.unwrap()
        });
        outer.await.unwrap()
    });
    assert_eq!(run.await.unwrap(), 11);
}

#[tokio::test]
async fn a_task_that_gets_its_slot_back_holds_it() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let inner = Arc::clone(&stage);
    let run = Scope::new().max_concurrency(1).run(async {
        Task::spawn(async move {
            act(Arc::clone(&inner), "inner").await.unwrap();
            inner.act("outer").await;
        });
        act(Arc::clone(&stage), "other");
        for name in ["inner", "outer", "other"] {
            settle().await;
            stage.open(name);
        }
    });
    run.await.unwrap();
    // The outer task was created before the other one.
    assert_eq!(stage.events(), ["start other", "end other", "start inner", "end inner", "start outer", "end outer"]);
}

#[tokio::test]
async fn a_task_that_waits_for_a_slot_can_be_aborted() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(1).run(async {
        let first = act(Arc::clone(&stage), "first");
        let second = act(Arc::clone(&stage), "second");
        let third = act(Arc::clone(&stage), "third");
        settle().await;
        second.abort();
        assert!(second.await.unwrap_err().is_aborted());
        first.abort();
        stage.open("third");
        third.await.unwrap();
    });
    run.await.unwrap();
    assert_eq!(stage.events(), ["start first", "drop first", "start third", "end third"]);
}

#[tokio::test]
async fn a_task_that_waits_for_its_slot_again_can_be_aborted() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(1).run(async {
        let inner = Arc::clone(&stage);
        let waits = Task::spawn(async move {
            act(Arc::clone(&inner), "short").await.unwrap();
            inner.act("never").await;
        });
        settle().await;
        let holds = act(Arc::clone(&stage), "holds");
        settle().await;
        stage.open("short");
        settle().await;
        waits.abort();
        assert!(waits.await.unwrap_err().is_aborted());
        stage.open("holds");
        holds.await.unwrap();
    });
    run.await.unwrap();
    assert_eq!(stage.events(), ["start short", "end short", "start holds", "end holds"]);
}

#[tokio::test]
#[should_panic(expected = "`max_concurrency` is at least 1")]
async fn a_limit_of_zero_panics() {
    let _deadline = crate::common::deadline();
    _ = Scope::new().max_concurrency(0);
}

#[tokio::test]
async fn a_failure_in_a_scope_with_a_limit_ends_it() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(1).run(async {
        Task::spawn({
            let stage = Arc::clone(&stage);
            async move { stage.act("first").await }
        });
        fail("second");
        for _ in 0..100 {
            act(Arc::clone(&stage), "never");
        }
        settle().await;
        stage.open("first");
        std::future::pending::<()>().await;
    });
    assert_eq!(run.await.unwrap_err().task(), "fail");
    assert_eq!(stage.events(), ["start first", "end first"]);
}

#[tokio::test]
async fn slots_go_to_tasks_in_the_order_in_which_they_were_made() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(1).run(async {
        act(Arc::clone(&stage), "first");
        let (gate, second) = (Task::spawn(async {}), Arc::clone(&stage));
        act_after(second, "made second", &gate);
        act(Arc::clone(&stage), "made third");
        for name in ["first", "made second", "made third"] {
            settle().await;
            stage.open(name);
        }
    });
    run.await.unwrap();
    let expected =
        ["start first", "end first", "start made second", "end made second", "start made third", "end made third"];
    assert_eq!(stage.events(), expected);
}

#[tokio::test]
async fn a_slot_that_a_thread_without_a_runtime_frees_goes_to_the_next_task() {
    let _deadline = crate::common::deadline();
    let run = Scope::new().max_concurrency(1).run(async {
        let first = Task::spawn(std::future::pending::<()>());
        let (second, third) = (Task::spawn(async { 2 }), Task::spawn(async { 3 }));
        settle().await;
        std::thread::spawn(move || first.abort()).join().unwrap();
        std::thread::spawn(move || second.abort()).join().unwrap();
        third.await
    });
    assert_eq!(run.await.unwrap().unwrap(), 3);
}

#[tokio::test]
async fn tasks_that_only_pass_results_on_take_no_slot() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(1).run(async {
        let mirrors = ["mirror", "slow mirror", "third mirror"].map(|name| act(Arc::clone(&stage), name));
        let quickest = first(1, mirrors);
        settle().await;
        stage.open("mirror");
        quickest.await.unwrap();

        let [read, _write] = ["read", "write"].map(|name| act(Arc::clone(&stage), name));
        let (caught, both) = (read.caught(), all((&read, Task::value(1))));
        settle().await;
        stage.open("read");
        // While `write` has the slot.
        caught.await.unwrap().unwrap();
        both.await.unwrap();
        stage.open("write");
    });
    run.await.unwrap();
    // The other mirrors are aborted before they begin.
    let expected = ["start mirror", "end mirror", "start read", "end read", "start write", "end write"];
    assert_eq!(stage.events(), expected);
}

#[tokio::test]
async fn a_wake_does_not_let_a_task_go_on_that_waits_for_its_slot_again() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let run = Scope::new().max_concurrency(1).run(async {
        let inside = Arc::clone(&stage);
        Task::spawn(async move {
            let input = act(Arc::clone(&inside), "input");
            let (input, woken) = futures::join!(input.into_future(), receiver);
            assert!(input.is_ok() && woken.is_ok());
            inside.log("go on");
        });
        settle().await;
        act(Arc::clone(&stage), "other");
        settle().await;
        stage.open("input");
        settle().await;
        sender.send(()).unwrap();
        settle().await;
        stage.log("woken");
        stage.open("other");
    });
    run.await.unwrap();
    assert_eq!(stage.events(), ["start input", "end input", "start other", "woken", "end other", "go on"]);
}
