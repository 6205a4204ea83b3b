//! Tasks that the tests of scopes share.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::sync::Arc;

use adagio::task;
use tokio::task::yield_now;

use crate::common::Stage;

#[task]
pub(crate) async fn act(stage: Arc<Stage>, name: &'static str) {
    stage.act(name).await;
}

#[task]
pub(crate) async fn act_after(stage: Arc<Stage>, name: &'static str, _before: &()) {
    stage.act(name).await;
}

#[task]
pub(crate) async fn fail(message: &'static str) -> Result<(), String> {
    Err(message.to_owned())
}

#[task]
pub(crate) async fn panics(message: &'static str) {
    panic!("{message}");
}

/// Lets every task of the runtime run until it waits.
pub(crate) async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[task]
pub(crate) fn double(number: u32) -> u32 {
    2 * number
}

#[task]
pub(crate) async fn add(left: &u32, right: &u32) -> u32 {
    left + right
}
