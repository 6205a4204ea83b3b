//! The tasks that a scope waits for, the events that end it, and the tasks that belong to it.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use adagio::{Scope, Task, TaskError, after, scope, task};
use futures::FutureExt;
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::common::Stage;

#[task]
async fn act(stage: Arc<Stage>, name: &'static str) {
    stage.act(name).await;
}

#[task]
async fn act_after(stage: Arc<Stage>, name: &'static str, _before: &()) {
    stage.act(name).await;
}

#[task]
async fn fail(message: &'static str) -> Result<(), String> {
    Err(message.to_owned())
}

#[task]
async fn panics(message: &'static str) {
    panic!("{message}");
}

/// Lets every task of the runtime run until it waits.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_scope_waits_for_tasks_that_nobody_awaits_and_for_those_they_make() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let inner = Arc::clone(&stage);
    let mut run = pin!(scope(async {
        let stage = Arc::clone(&inner);
        Task::spawn(async move {
            act(stage, "inner");
        });
        "done"
    }));
    assert!(futures::poll!(run.as_mut()).is_pending());
    settle().await;
    assert!(futures::poll!(run.as_mut()).is_pending());
    assert_eq!(stage.events(), ["start inner"]);
    stage.open("inner");
    assert_eq!(run.await.unwrap(), "done");
    assert_eq!(stage.events(), ["end inner"]);
}

#[tokio::test]
async fn a_task_starts_when_its_own_inputs_are_done_whatever_others_do() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        let slow = act(Arc::clone(&stage), "slow");
        let fast = act(Arc::clone(&stage), "fast");
        act_after(Arc::clone(&stage), "after slow", &slow);
        act_after(Arc::clone(&stage), "after fast", &fast);
        for name in ["fast", "after fast", "slow", "after slow"] {
            settle().await;
            stage.open(name);
        }
    });
    run.await.unwrap();
    let expected = [
        "start slow",
        "start fast",
        "end fast",
        "start after fast",
        "end after fast",
        "end slow",
        "start after slow",
        "end after slow",
    ];
    assert_eq!(stage.events(), expected);
}

#[tokio::test]
async fn the_first_failure_drops_the_future_aborts_the_rest_and_is_given_when_all_have_ended() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let error = scope(async {
        let never = act(Arc::clone(&stage), "never");
        act_after(Arc::clone(&stage), "behind", &never);
        settle().await;
        fail("no network");
        stage.act("future").await;
    })
    .await
    .unwrap_err();
    assert_eq!(error.to_string(), "task `fail` failed");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no network");
    assert_eq!(stage.events(), ["start never", "start future", "drop never", "drop future"]);
}

#[tokio::test]
async fn a_panic_of_a_task_is_a_failure_of_the_scope() {
    let _deadline = crate::common::deadline();
    let error = scope(async { panics("oh") }).await.unwrap_err();
    assert!(error.is_panic() && !error.is_aborted());
    assert_eq!((error.task(), error.to_string().as_str()), ("panics", "task `panics` panicked: oh"));
}

#[tokio::test]
async fn a_failure_is_given_even_if_the_future_has_seen_it() {
    let _deadline = crate::common::deadline();
    let seen = Mutex::new(None);
    let error = scope(async {
        let task = fail("first");
        *seen.lock().unwrap() = Some(task.await);
    })
    .await
    .unwrap_err();
    assert_eq!(error.task(), "fail");
}

#[tokio::test]
async fn an_aborted_task_and_what_depends_on_it_are_no_failure_of_the_scope() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let error = scope(async {
        let gate = act(Arc::clone(&stage), "gate");
        let behind = act_after(Arc::clone(&stage), "behind", &gate);
        settle().await;
        gate.abort();
        behind.await.unwrap_err()
    })
    .await
    .unwrap();
    assert!(error.is_aborted());
    assert_eq!(error.to_string(), "task `act` was aborted");
    assert_eq!(stage.events(), ["start gate", "drop gate"]);
}

#[tokio::test]
async fn dropping_a_scope_aborts_its_tasks() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let mut run = Box::pin(scope(async {
        let never = act(Arc::clone(&stage), "never");
        act_after(Arc::clone(&stage), "behind", never);
        stage.act("future").await;
    }));
    assert!(futures::poll!(run.as_mut()).is_pending());
    settle().await;
    drop(run);
    settle().await;
    assert_eq!(stage.events(), ["start future", "start never", "drop future", "drop never"]);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test]
async fn a_task_that_waits_for_one_of_another_scope_ends_with_its_own() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let outside = act(Arc::clone(&stage), "outside");
    let error = scope(async {
        act_after(Arc::clone(&stage), "inside", &outside);
        fail("now");
    })
    .await
    .unwrap_err();
    assert_eq!(error.task(), "fail");
    stage.open("outside");
    outside.await.unwrap();
    settle().await;
    assert_eq!(stage.events(), ["start outside", "end outside"]);
}

#[tokio::test]
async fn no_task_of_the_runtime_is_left_after_a_scope() {
    let _deadline = crate::common::deadline();
    for _ in 0..3 {
        let result = scope(async {
            let pending = Task::spawn(std::future::pending::<()>());
            let behind = pending.then(|()| async {});
            yield_now().await;
            pending.abort();
            behind.await.unwrap_err();
            Task::spawn(async {}).abort();
        });
        result.await.unwrap();
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    }
}

#[tokio::test]
async fn scopes_nest_and_a_failure_of_the_inner_one_is_a_value_of_the_outer_one() {
    let _deadline = crate::common::deadline();
    let (inner, other) = scope(async {
        let other = Task::spawn(async { 1 });
        let inner = scope(async { fail("inner") }).await.map(|_| ());
        (inner, other.await.unwrap())
    })
    .await
    .unwrap();
    assert_eq!((inner.unwrap_err().task(), other), ("fail", 1));
}

/// Counts its drops.
struct Late(Arc<Mutex<u32>>);

impl Drop for Late {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

#[tokio::test]
async fn an_outer_scope_waits_for_the_tasks_of_an_inner_one_that_was_dropped() {
    let _deadline = crate::common::deadline();
    let dropped = Arc::new(Notify::new());
    let drops = Arc::new(Mutex::new(0));
    let error = scope(async {
        let (notify, late) = (Arc::clone(&dropped), Late(Arc::clone(&drops)));
        Task::spawn(async move {
            _ = scope(async {
                Task::spawn(async move {
                    let _late = late;
                    notify.notify_one();
                    std::future::pending::<()>().await;
                });
            })
            .await;
        });
        dropped.notified().await;
        fail("outer");
    })
    .await
    .unwrap_err();
    assert_eq!((error.task(), *drops.lock().unwrap()), ("fail", 1));
}

#[tokio::test]
async fn what_tokio_spawns_belongs_to_no_scope() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let inner = Arc::clone(&stage);
    scope(async {
        tokio::spawn(async move { _ = act(inner, "free") }).await.unwrap();
    })
    .await
    .unwrap();
    settle().await;
    assert_eq!(stage.events(), ["start free"]);
    stage.open("free");
    settle().await;
    assert_eq!(stage.events(), ["end free"]);
}

#[tokio::test]
async fn outside_of_a_scope_a_dropped_handle_detaches() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    drop(act(Arc::clone(&stage), "free"));
    settle().await;
    stage.open("free");
    settle().await;
    assert_eq!(stage.events(), ["start free", "end free"]);
}

#[tokio::test]
async fn the_future_of_a_scope_may_borrow_and_a_panic_of_it_unwinds() {
    let _deadline = crate::common::deadline();
    let text = String::from("borrowed");
    let length = scope(async { Task::value(text.len()).await.unwrap() }).await.unwrap();
    assert_eq!(length, 8);
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        act(Arc::clone(&stage), "never");
        settle().await;
        panic!("own");
    });
    let unwound = AssertUnwindSafe(run).catch_unwind().await.map(|_: Result<(), _>| ()).unwrap_err();
    assert_eq!(unwound.downcast_ref(), Some(&"own"));
    settle().await;
    assert_eq!(stage.events(), ["start never", "drop never"]);
}

#[tokio::test]
async fn what_is_made_after_a_gate_waits_for_it() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    scope(async {
        let (one, two) = (act(Arc::clone(&stage), "one"), act(Arc::clone(&stage), "two"));
        let (inner, value) = after((&one, two), || (act(Arc::clone(&stage), "inner"), Task::value(5)));
        let mut value = pin!(value.into_future());
        for name in ["one", "two"] {
            settle().await;
            assert!(futures::poll!(value.as_mut()).is_pending());
            stage.open(name);
        }
        assert_eq!(value.await.unwrap(), 5);
        stage.open("inner");
        inner.await.unwrap();
    })
    .await
    .unwrap();
    assert_eq!(stage.events(), ["start one", "start two", "end one", "end two", "start inner", "end inner"]);
}

#[tokio::test]
async fn a_gate_that_fails_fails_what_is_behind_it() {
    let _deadline = crate::common::deadline();
    let error = after(fail("gate"), || Task::spawn(async {})).await.unwrap_err();
    assert_eq!(error.task(), "fail");
    assert_eq!(after([Task::value(1), Task::value(2)], || 3), 3);
    assert_eq!(Task::spawn(async { 4 }).await.unwrap(), 4);
}

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
async fn after_sixty_four_tasks_in_a_row_others_have_their_turn() {
    let _deadline = crate::common::deadline();
    let done = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut last = Task::value(());
    let source = Task::spawn(yield_now());
    for _ in 0..200 {
        let done = Arc::clone(&done);
        last = after((&source, last), || {
            Task::spawn(async move { _ = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) })
        });
    }
    // Beside them in the queue of the runtime: `yield_now` would wait for the whole queue.
    let other = tokio::spawn(async move {
        let (mut most, mut before) = (0, 0);
        while before < 200 {
            let mut has_yielded = false;
            std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                if std::mem::replace(&mut has_yielded, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            let now = done.load(std::sync::atomic::Ordering::Relaxed);
            most = most.max(now - before);
            before = now;
        }
        most
    });
    let most = other.await.unwrap();
    last.await.unwrap();
    assert!(most <= 64, "{most} tasks in a row");
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
