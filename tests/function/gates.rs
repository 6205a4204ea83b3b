//! `after`: tasks that wait for others for the order alone.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::pin::pin;
use std::sync::Arc;

use adagio::{Task, after, scope};

use super::bodies::{act, fail, settle};
use crate::common::Stage;

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
async fn each_gate_of_an_array_is_waited_for() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    scope(async {
        let gates = ["one", "two"].map(|name| act(Arc::clone(&stage), name));
        let mut behind = pin!(after(gates, || Task::value(5)).into_future());
        for name in ["one", "two"] {
            settle().await;
            assert!(futures::poll!(behind.as_mut()).is_pending(), "before `{name}`");
            stage.open(name);
        }
        assert_eq!(behind.await.unwrap(), 5);
    })
    .await
    .unwrap();
}
