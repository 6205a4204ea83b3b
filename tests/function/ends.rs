//! What tasks leave behind when they end: no slot, no worker, no body, and no scope that waits for them.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::future::pending;
use std::sync::{Arc, OnceLock};

use adagio::{Scope, Task, after, scope, task};
use tokio::runtime::Handle;

use super::bodies::{act, act_after, settle};
use crate::common::Stage;

#[task]
async fn fails_at(stage: Arc<Stage>, gate: &'static str) -> Result<(), String> {
    stage.gate(gate).await;
    Err(gate.to_owned())
}

#[task]
fn both(_left: &(), _right: &()) {}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("the result panics in its drop");
    }
}

#[tokio::test]
async fn a_result_that_panics_in_its_drop_does_not_keep_the_scope() {
    let _deadline = crate::common::deadline();
    scope(async { drop(Task::spawn(async { PanicsInDrop })) }).await.unwrap();
}

#[tokio::test]
async fn a_dropped_scope_whose_tasks_end_at_once_does_not_keep_the_outer_one() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let kept = OnceLock::new();
    scope(async {
        let input = act(Arc::clone(&stage), "input");
        let mut inner = Box::pin(scope(async {
            _ = kept.set(act_after(Arc::clone(&stage), "inner", &input));
            pending::<()>().await;
        }));
        assert!(futures::poll!(inner.as_mut()).is_pending());
        drop(inner);
        stage.open("input");
    })
    .await
    .unwrap();
    assert!(kept.get().unwrap().await.unwrap_err().is_aborted());
}

#[tokio::test]
async fn tasks_that_were_aborted_before_their_input_ended_take_no_slot() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(1).run(async {
        let input = act(Arc::clone(&stage), "input");
        for name in ["first", "second"] {
            act_after(Arc::clone(&stage), name, &input).abort();
        }
        settle().await;
        stage.open("input");
        settle().await;
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
        stage.open("next");
        act(Arc::clone(&stage), "next").await
    });
    run.await.unwrap().unwrap();
    assert_eq!(stage.events(), ["start input", "end input", "start next", "end next"]);
}

#[tokio::test]
async fn a_task_that_gets_its_slot_back_goes_on_in_its_own_worker() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = Scope::new().max_concurrency(1).run(async {
        let inner = Arc::clone(&stage);
        let waits = Task::spawn(async move { act(inner, "inner").await.unwrap() });
        settle().await;
        act(Arc::clone(&stage), "other");
        settle().await;
        for name in ["inner", "other"] {
            stage.open(name);
            settle().await;
        }
        waits.await
    });
    run.await.unwrap().unwrap();
    assert_eq!(stage.events(), ["start inner", "end inner", "start other", "end other"]);
    settle().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test]
async fn the_body_of_a_task_that_awaits_itself_is_dropped() {
    let _deadline = crate::common::deadline();
    let own: Arc<OnceLock<Task<()>>> = Arc::default();
    let (inner, witness) = (Arc::clone(&own), Arc::new(()));
    let held = Arc::clone(&witness);
    let task = Task::spawn(async move {
        inner.get().unwrap().await.unwrap();
        drop(held);
    });
    own.set(task.clone()).unwrap();
    assert!((&task).await.unwrap_err().is_panic());
    assert_eq!(Arc::strong_count(&witness), 1);
}

#[tokio::test]
async fn a_gate_holds_what_catches_a_failure() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let gate = act(Arc::clone(&stage), "gate");
    let fails = fails_at(Arc::clone(&stage), "fails");
    let mut caught = Box::pin(after(&gate, || fails.caught()).into_future());
    settle().await;
    stage.open("fails");
    settle().await;
    assert!(futures::poll!(caught.as_mut()).is_pending());
    stage.open("gate");
    assert!(caught.await.unwrap().is_err());
}

#[tokio::test]
async fn a_failure_of_a_chain_is_caught_where_its_last_dependent_has_failed_before() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let run = scope(async {
        let (before, first) = (fails_at(Arc::clone(&stage), "before"), fails_at(Arc::clone(&stage), "first"));
        let second = act_after(Arc::clone(&stage), "second", &first);
        let both = both(before, second).caught();
        for gate in ["before", "first"] {
            settle().await;
            stage.open(gate);
        }
        settle().await;
        both.await
    });
    assert!(run.await.unwrap().unwrap().is_err());
}
