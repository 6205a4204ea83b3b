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

use adagio::{Task, after, scope, scope_with};
use futures::FutureExt;
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::bodies::{act, act_after, fail, panics, settle};
use crate::common::Stage;

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

/// The scope fails on another thread while the poll that makes the task goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_is_made_after_the_failure_and_waits_for_another_scope_is_aborted() {
    let _deadline = crate::common::deadline();
    let foreign = Task::spawn(std::future::pending::<()>());
    let (fail, told) = tokio::sync::oneshot::channel::<()>();
    let run = scope_with(|scope| async move {
        Task::try_spawn(async { told.await.map_err(|_| "told").and(Err::<(), _>("failed")) });
        // The scope is told of a failure once the poll that made the task has ended.
        yield_now().await;
        fail.send(()).unwrap();
        let closes = move || while scope.enter(|| ()).is_ok() {};
        std::thread::spawn(closes).join().unwrap();
        drop(foreign.then(|()| async {}));
        yield_now().await;
    });
    assert_eq!(run.await.unwrap_err().to_string(), "task `spawn` failed");
}

/// Creates a task when it is dropped.
struct Makes(Arc<Mutex<Option<Task<()>>>>);

impl Drop for Makes {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = Some(Task::spawn(async {}));
    }
}

#[tokio::test]
async fn a_task_that_the_drop_of_a_scope_creates_belongs_to_that_scope() {
    let _deadline = crate::common::deadline();
    let made: Arc<Mutex<Option<Task<()>>>> = Arc::default();
    let outer = scope(async {
        let makes = Makes(Arc::clone(&made));
        let mut inner = Box::pin(scope(async move {
            let _makes = makes;
            std::future::pending::<()>().await;
        }));
        assert!(futures::poll!(inner.as_mut()).is_pending());
        drop(inner);
        let made = made.lock().unwrap().take().unwrap();
        made.await
    });
    assert!(outer.await.unwrap().unwrap_err().is_aborted());
}

#[derive(Default)]
struct PanicsWhenWoken(std::sync::atomic::AtomicUsize);

impl std::task::Wake for PanicsWhenWoken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        panic!("a waker");
    }
}

#[tokio::test]
async fn a_waker_that_panics_does_not_reach_the_code_that_lets_a_scope_end() {
    let _deadline = crate::common::deadline();
    let handle = Mutex::new(None);
    let mut run = pin!(scope_with(|scope| async {
        *handle.lock().unwrap() = Some(scope);
        yield_now().await;
    }));
    let woken = Arc::new(PanicsWhenWoken::default());
    let waker = Arc::clone(&woken).into();
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(futures::poll!(run.as_mut()).is_pending());
    let inside = handle.lock().unwrap().take().unwrap();
    inside.enter(|| assert!(run.as_mut().poll(&mut cx).is_pending())).unwrap();
    assert_eq!(woken.0.load(std::sync::atomic::Ordering::SeqCst), 1);
    run.await.unwrap();
}
