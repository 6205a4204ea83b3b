//! Results that cannot be stored, and identities of runs.

use adagio::{TaskError, dag, durable};
use adagio_restate::Deployment;
use serde::{Deserialize, Serialize};

use crate::Orders;

pub(crate) struct Unfit(Orders);

#[derive(Serialize, Deserialize)]
struct Half {
    #[serde(skip_serializing)]
    secret: u32,
}

#[dag(durable)]
impl Unfit {
    #[task(retry = 5)]
    async fn long(&self) -> Result<String, String> {
        self.0.step("long").await;
        Ok("x".repeat(40 << 20))
    }

    #[depends(catch long)]
    pub(crate) fn found_long(&self, long: Result<&String, TaskError>) -> Option<String> {
        long.err().map(|error| error.task().to_owned())
    }

    #[task(retry = 1)]
    async fn wordy(&self) -> Result<u32, String> {
        self.0.step("wordy").await;
        Err("\u{1}".repeat(40 << 20))
    }

    #[depends(wordy)]
    pub(crate) fn of_wordy(&self, wordy: u32) -> u32 {
        wordy
    }

    #[depends(long)]
    pub(crate) fn of_long(&self, long: &str) -> usize {
        long.len()
    }

    async fn number(&self) -> f64 {
        self.0.step("number").await;
        f64::NAN
    }

    #[depends(number)]
    pub(crate) fn of_number(&self, number: f64) -> f64 {
        number
    }

    async fn half(&self) -> Half {
        self.0.step("half").await;
        Half { secret: 7 }
    }

    #[depends(half)]
    pub(crate) fn of_half(&self, half: &Half) -> u32 {
        half.secret
    }

    #[task(remote)]
    async fn far(&self) -> Result<String, String> {
        self.0.step("far").await;
        Ok("x".repeat(40 << 20))
    }

    #[depends(catch far)]
    pub(crate) fn found_far(&self, far: Result<&String, TaskError>) -> Option<String> {
        far.err().map(|error| error.task().to_owned())
    }

    #[depends(far)]
    pub(crate) fn of_far(&self, far: &str) -> usize {
        far.len()
    }

    async fn some(&self) -> String {
        self.0.step("some").await;
        "x".repeat(20 << 20)
    }

    async fn more(&self) -> String {
        self.0.step("more").await;
        "y".repeat(20 << 20)
    }

    #[depends(some, more)]
    pub(crate) fn together(&self, some: &str, more: &str) -> usize {
        some.len() + more.len()
    }

    #[depends(some, more)]
    #[task(remote)]
    async fn far_together(&self, some: &str, more: &str) -> usize {
        self.0.step("far_together").await;
        some.len() + more.len()
    }

    #[depends(far_together)]
    pub(crate) fn of_together(&self, far_together: usize) -> usize {
        far_together
    }
}

/// Its tasks say in which run they are.
struct Named;

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Named {
    #[task(remote)]
    async fn far(&self) -> String {
        key()
    }

    async fn near(&self) -> String {
        key()
    }

    #[depends(near)]
    pub(crate) fn here(&self, near: &str) -> String {
        format!("{near} {}", key())
    }

    #[depends(far, near)]
    pub(crate) fn everywhere(&self, far: &str, near: &str) -> String {
        format!("{far} {near} {}", key())
    }
}

fn key() -> String {
    durable::current().expect("a run that is kept").idempotency_key()
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let orders = orders.clone();
    deployment.serve(move |()| Unfit(orders.clone())).serve(|()| Named)
}
