//! Scopes inside of scopes: which tasks end with the inner one, and whom the outer one waits for.
#![allow(clippy::needless_pass_by_value, clippy::trivially_copy_pass_by_ref, reason = "tasks with little to do")]

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;

use adagio::{Scope, Task, scope, task};
use futures::FutureExt;
use tokio::task::yield_now;

use super::bodies::{act, act_after, settle};
use crate::common::Stage;

#[task]
async fn fails_at(stage: Arc<Stage>, gate: &'static str) -> Result<(), String> {
    stage.gate(gate).await;
    Err(gate.to_owned())
}

#[task]
fn both(_left: &(), _right: &()) {}

#[tokio::test]
async fn an_outer_scope_waits_for_the_tasks_of_an_inner_one_that_its_future_drops() {
    let _deadline = crate::common::deadline();
    let witness = Arc::new(());
    let held = Arc::clone(&witness);
    scope(async move {
        let mut inner = Box::pin(scope(async move {
            Task::spawn(async move {
                pending::<()>().await;
                drop(held);
            });
            pending::<()>().await;
        }));
        assert!(futures::poll!(inner.as_mut()).is_pending());
        settle().await;
        drop(inner);
    })
    .await
    .unwrap();
    assert_eq!(Arc::strong_count(&witness), 1);
}

#[tokio::test]
async fn a_scope_that_fails_ends_although_its_task_waits_for_a_slot_behind_one_of_the_outer_scope() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let outer = Scope::new().max_concurrency(1).run(async {
        let mut inner = pin!(scope(async {
            fails_at(Arc::clone(&stage), "fails");
            yield_now().await;
            act(Arc::clone(&stage), "inner");
            pending::<()>().await;
        }));
        assert!(futures::poll!(inner.as_mut()).is_pending());
        act(Arc::clone(&stage), "outer");
        assert!(futures::poll!(inner.as_mut()).is_pending());
        settle().await;
        stage.open("fails");
        settle().await;
        assert!(inner.now_or_never().is_some_and(|ended| ended.is_err()), "it ends at once");
        assert_eq!(stage.events(), ["start outer"]);
        stage.open("outer");
    });
    outer.await.unwrap();
    assert_eq!(stage.events(), ["end outer"]);
}

#[tokio::test]
async fn a_task_that_an_outer_one_has_made_ready_ends_and_the_others_of_its_scope_are_still_aborted() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let outer = scope(async {
        let input = act(Arc::clone(&stage), "input");
        let mut inner = pin!(scope(async {
            act(Arc::clone(&stage), "beside");
            act_after(Arc::clone(&stage), "inner", &input);
            fails_at(Arc::clone(&stage), "fails");
            pending::<()>().await;
        }));
        assert!(futures::poll!(inner.as_mut()).is_pending());
        settle().await;
        for name in ["input", "inner"] {
            stage.open(name);
            settle().await;
        }
        assert_eq!(stage.events(), ["start input", "start beside", "end input", "start inner", "end inner"]);
        stage.open("fails");
        settle().await;
        assert_eq!(stage.events(), ["drop beside"]);
        assert!(inner.now_or_never().is_some_and(|ended| ended.is_err()));
    });
    outer.await.unwrap();
}

#[tokio::test]
async fn a_failure_of_an_outer_task_is_caught_with_an_inner_one_that_has_failed_before() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let outer = fails_at(Arc::clone(&stage), "outer");
    let run = scope(async {
        let first = fails_at(Arc::clone(&stage), "first");
        let second = act_after(Arc::clone(&stage), "second", &outer);
        let both = both(first, second).caught();
        settle().await;
        for gate in ["first", "outer"] {
            stage.open(gate);
            settle().await;
        }
        both.await
    });
    assert!(run.await.unwrap().unwrap().is_err());
}
