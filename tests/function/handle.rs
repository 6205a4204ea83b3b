//! Scopes of functions, and tasks that are made through a handle to a scope.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::{Scope, ScopeEnded, ScopeHandle, Task, scope, scope_with};

use super::bodies::{act, fail, settle};
use crate::common::Stage;

#[tokio::test]
async fn a_function_is_called_in_the_scope() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let number = 7;
    let run = scope(|| {
        act(Arc::clone(&stage), "before the future");
        async {
            act(Arc::clone(&stage), "in the future");
            stage.open("before the future");
            stage.open("in the future");
            number
        }
    });
    assert_eq!(run.await.unwrap(), 7);
    let expected = ["start before the future", "end before the future", "start in the future", "end in the future"];
    assert_eq!(stage.events(), expected);

    let limited = Scope::new().max_concurrency(1).run(async || Task::spawn(async { 7 }).await);
    assert_eq!(limited.await.unwrap().unwrap(), 7);
    let (output, failures) = Scope::new().keep_going().run(|| async { fail("one").await.is_err() }).await;
    assert_eq!((output, failures.len()), (true, 1));
}

#[tokio::test]
async fn a_task_made_through_the_handle_belongs_to_the_scope_wherever_it_is_made() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope_with(|handle| {
        let stage = Arc::clone(&stage);
        async move {
            for name in ["thread", "task"] {
                let (handle, stage) = (handle.clone(), Arc::clone(&stage));
                let make = move || _ = handle.enter(|| act(stage, name)).unwrap();
                if name == "task" {
                    tokio::spawn(async move { make() }).await.unwrap();
                } else {
                    std::thread::spawn(make).join().unwrap();
                }
            }
            let inner = Arc::clone(&stage);
            scope(async { _ = handle.enter(|| act(inner, "inside")).unwrap() }).await.unwrap();
            for name in ["thread", "task", "inside"] {
                settle().await;
                stage.log(format!("open {name}"));
                stage.open(name);
            }
        }
    });
    run.await.unwrap();
    let expected = [
        "start thread",
        "start task",
        "start inside",
        "open thread",
        "end thread",
        "open task",
        "end task",
        "open inside",
        "end inside",
    ];
    let mut events = stage.events();
    events[..3].sort_by_key(|event| expected.iter().position(|expected| expected == event));
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_failure_of_a_task_made_through_the_handle_ends_the_scope() {
    let _deadline = crate::common::deadline();
    let run = scope_with(|handle| async move {
        std::thread::spawn(move || _ = handle.enter(|| fail("outside"))).join().unwrap();
        std::future::pending::<()>().await;
    });
    assert_eq!(run.await.unwrap_err().task(), "fail");
    let run = Scope::new().keep_going().run_with(|handle| async move {
        handle.enter(|| fail("outside").caught()).unwrap();
        handle.spawn(async {}).unwrap().await.unwrap();
    });
    assert_eq!(run.await.1.len(), 0);
}

/// Tells whether a handle says that its scope has ended.
fn has_ended(handle: &ScopeHandle) -> bool {
    let mut is_called = false;
    let entered = handle.enter(|| is_called = true);
    assert_eq!(entered.is_ok(), is_called);
    assert_eq!(handle.spawn(async {}).err(), entered.err());
    let text = "the scope has ended: it waits for its tasks, not for its handles";
    entered.is_err_and(|error: ScopeEnded| error.to_string() == text)
}

#[tokio::test]
async fn a_handle_says_when_its_scope_has_ended_has_failed_or_was_dropped() {
    let _deadline = crate::common::deadline();
    let handle = scope_with(|handle| async move { handle }).await.unwrap();
    assert!(has_ended(&handle));

    let (sender, mut failed) = tokio::sync::mpsc::unbounded_channel();
    let run = scope_with(|handle| async move {
        assert!(!has_ended(&handle));
        sender.send(handle).unwrap();
        _ = fail("one");
    });
    assert!(run.await.is_err());
    assert!(has_ended(&failed.recv().await.unwrap()));

    for makes_task in [false, true] {
        let (sender, mut dropped) = tokio::sync::mpsc::unbounded_channel();
        {
            let mut run = pin!(scope_with(|handle| async move {
                if makes_task {
                    Task::spawn(std::future::pending::<()>());
                }
                sender.send(handle).unwrap();
                std::future::pending::<()>().await;
            }));
            assert!(futures::poll!(run.as_mut()).is_pending());
        }
        assert!(has_ended(&dropped.recv().await.unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_task_that_a_handle_has_made_has_ended_when_the_scope_has() {
    let _deadline = crate::common::deadline();
    for round in 0..100 {
        let (made, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (told, counted) = (Arc::clone(&made), Arc::clone(&done));
        let thread = scope_with(|handle| async move {
            let thread = std::thread::spawn(move || {
                loop {
                    let counted = Arc::clone(&counted);
                    let task = handle.spawn(async move { _ = counted.fetch_add(1, Ordering::SeqCst) });
                    if task.is_err() {
                        return;
                    }
                    told.fetch_add(1, Ordering::SeqCst);
                }
            });
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            thread
        });
        let thread = thread.await.unwrap();
        let ended = done.load(Ordering::SeqCst);
        thread.join().unwrap();
        assert_eq!((ended, ended), (done.load(Ordering::SeqCst), made.load(Ordering::SeqCst)));
    }
}

#[test]
fn a_task_made_through_the_handle_after_its_runtime_is_lost() {
    let _deadline = crate::common::deadline();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let mut run = Box::pin(scope_with(|handle| async move {
        sender.send(handle).unwrap();
        std::future::pending::<()>().await;
    }));
    runtime.block_on(async { assert!(futures::poll!(run.as_mut()).is_pending()) });
    drop(runtime);
    let handle: ScopeHandle = receiver.try_recv().unwrap();
    handle.spawn(async {}).unwrap();
    assert!(crate::common::now(run).unwrap_err().is_lost());
}
