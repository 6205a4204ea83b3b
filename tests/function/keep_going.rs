//! A scope that goes on after failures.

use std::pin::pin;
use std::sync::Arc;

use adagio::{Scope, Task, TaskError, after, scope, task};

use super::bodies::{act, act_after, fail, panics, settle};
use crate::common::Stage;

#[task]
async fn fail_at(stage: Arc<Stage>, name: &'static str) -> Result<(), String> {
    stage.act(name).await;
    Err(name.to_owned())
}

/// Returns what each failure says of its cause.
fn causes(failures: &[TaskError]) -> Vec<String> {
    let cause = |error: &TaskError| std::error::Error::source(error).map_or(error.to_string(), ToString::to_string);
    failures.iter().map(cause).collect()
}

#[tokio::test]
async fn all_failures_come_in_the_order_in_which_they_happened_beside_the_output() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().keep_going().run(async {
        let (first, second) = (fail_at(Arc::clone(&stage), "a"), fail_at(Arc::clone(&stage), "b"));
        act(Arc::clone(&stage), "c");
        act_after(Arc::clone(&stage), "behind", &first);
        for name in ["b", "a", "c"] {
            settle().await;
            stage.open(name);
        }
        (first.await.is_err(), second.await.is_err())
    });
    let (output, failures) = run.await;
    assert_eq!(output, (true, true));
    assert_eq!(causes(&failures), ["b", "a"]);
    assert_eq!(stage.events(), ["start a", "start b", "start c", "end b", "end a", "end c"]);
}

#[tokio::test]
async fn a_failure_is_in_the_list_once_however_many_tasks_depend_on_it() {
    let _deadline = crate::common::deadline();
    let outside = fail("outside");
    let (made, failures) = Scope::new()
        .keep_going()
        .run(async {
            let inside = fail("inside");
            let made = [&outside, &inside].map(|task| [task.then(|()| async {}), task.then(|()| async {})]);
            // Later than the failure, too.
            settle().await;
            inside.then(|()| async {});
            made
        })
        .await;
    assert_eq!(made.len(), 2);
    let mut causes = causes(&failures);
    causes.sort();
    assert_eq!(causes, ["inside", "outside"]);
}

#[tokio::test]
async fn a_panic_is_a_failure_and_an_abort_is_none() {
    let _deadline = crate::common::deadline();
    let run = Scope::new().keep_going().run(async {
        panics("one");
        let aborted = Task::spawn(std::future::pending::<()>());
        let behind = aborted.then(|()| async {});
        settle().await;
        aborted.abort();
        behind.await.unwrap_err().is_aborted()
    });
    let (is_aborted, failures) = run.await;
    assert!(is_aborted);
    assert_eq!(causes(&failures), ["task `panics` panicked: one"]);
}

#[tokio::test]
async fn a_failed_task_frees_its_slot_and_the_next_runs() {
    let _deadline = crate::common::deadline();
    let run = async { (0..100).map(|_| fail("again")).collect::<Vec<_>>() };
    let (tasks, failures) = Scope::new().keep_going().max_concurrency(1).run(run).await;
    assert_eq!((tasks.len(), failures.len()), (100, 100));
}

#[tokio::test]
async fn a_task_that_has_failed_before_its_last_input_is_done_keeps_no_slot() {
    let _deadline = crate::common::deadline();
    let run = async {
        let (failed, late) = (fail("early"), Task::spawn(settle()));
        after((&failed, &late), || Task::spawn(async { unreachable!("an input has failed") }));
        late.then(|()| async { 42 }).await
    };
    let (output, failures) = Scope::new().keep_going().max_concurrency(1).run(run).await;
    assert_eq!((output.unwrap(), causes(&failures)), (42, vec!["early".to_owned()]));
}

#[tokio::test]
async fn a_scope_inside_decides_for_itself() {
    let _deadline = crate::common::deadline();
    let outer = scope(async {
        let (output, failures) = Scope::new().keep_going().run(async { fail("inner") }).await;
        (output.await.is_err(), failures.len())
    });
    assert_eq!(outer.await.unwrap(), (true, 1));
    let (inner, failures) = Scope::new().keep_going().run(scope(async { _ = fail("inner") })).await;
    assert!(inner.is_err() && failures.is_empty());
}

#[tokio::test]
async fn dropping_a_scope_that_keeps_going_aborts_its_tasks() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    {
        let mut run = pin!(Scope::new().keep_going().run(async {
            act(Arc::clone(&stage), "one");
            fail("two");
            std::future::pending::<()>().await;
        }));
        for _ in 0..3 {
            assert!(futures::poll!(run.as_mut()).is_pending());
            settle().await;
        }
        assert_eq!(stage.events(), ["start one"]);
    }
    settle().await;
    assert_eq!(stage.events(), ["drop one"]);
}

#[test]
fn a_scope_that_keeps_going_returns_the_tasks_that_its_runtime_has_lost() {
    let _deadline = crate::common::deadline();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut run = pin!(Scope::new().keep_going().run(async {
        Task::spawn(std::future::pending::<()>());
        fail("first");
        settle().await;
        7
    }));
    runtime.block_on(async {
        for _ in 0..200 {
            assert!(futures::poll!(run.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    });
    drop(runtime);
    let (output, failures) = crate::common::now(run);
    assert_eq!((output, causes(&failures).as_slice()), (7, ["first".into(), failures[1].to_string()].as_slice()));
    assert!(failures[1].is_lost());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_of_many_threads_is_lost() {
    let _deadline = crate::common::deadline();
    let run = async {
        for number in 0..10_000_u32 {
            Task::try_spawn(async move { if number % 2 == 0 { Err("even") } else { Ok(()) } });
        }
    };
    let ((), failures) = Scope::new().keep_going().run(run).await;
    assert_eq!(failures.len(), 5_000);
}

#[task]
#[allow(clippy::unused_async)]
async fn join(_left: &(), _right: &()) {}

#[tokio::test]
async fn the_later_failure_of_another_input_is_in_the_list_too() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().keep_going().run(async {
        let inputs = ["a", "b"].map(|name| fail_at(Arc::clone(&stage), name));
        // The failure of `joined` is told by its own dependent.
        let joined = join(&inputs[0], &inputs[1]);
        act_after(Arc::clone(&stage), "behind", &joined);
        for name in ["a", "b"] {
            settle().await;
            stage.open(name);
        }
    });
    let ((), failures) = run.await;
    assert_eq!(causes(&failures), ["a", "b"]);
}
