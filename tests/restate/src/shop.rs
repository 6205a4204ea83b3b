//! Tasks that fail, hang, panic and take long.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use adagio::{TaskError, TimedOut, dag};
use adagio_restate::Deployment;
use serde::Deserialize;

use crate::Orders;

pub(crate) struct Shop {
    item: Item,
    orders: Orders,
}

#[derive(Deserialize)]
pub(crate) struct Item {
    name: String,
}

#[dag(durable)]
impl Shop {
    async fn beside(&self) -> String {
        self.orders.step("beside").await;
        self.item.name.clone()
    }

    /// Fails twice, each time in the engine's hands.
    #[task(retry = 3, backoff = "50ms..200ms", retry_if = ShopError::is_transient)]
    async fn flaky(&self) -> Result<u32, ShopError> {
        self.orders.step("flaky").await;
        if self.orders.executions("flaky") < 3 { Err(ShopError::Busy) } else { Ok(3) }
    }

    /// Comes after `flaky` in the journal, and is done long before it.
    async fn behind(&self) -> u32 {
        self.orders.step("behind").await;
        4
    }

    #[depends(beside, flaky, behind)]
    pub(crate) fn patient(&self, beside: &str, flaky: u32, behind: u32) -> String {
        format!("{beside} {}", flaky + behind)
    }

    /// Can be held in its second attempt.
    #[task(retry = 2, backoff = "10ms..20ms")]
    pub(crate) async fn weary(&self) -> Result<u32, ShopError> {
        self.orders.step("weary").await;
        if self.orders.executions("weary") == 2 {
            self.orders.step("weary again").await;
        }
        Err(ShopError::Busy)
    }

    #[task(retry = 2, backoff = "10ms..50ms")]
    async fn busy(&self) -> Result<u32, ShopError> {
        self.orders.step("busy").await;
        Err(ShopError::Busy)
    }

    #[depends(busy)]
    pub(crate) fn given_up(&self, busy: u32) -> u32 {
        busy
    }

    #[task(retry = 2, retry_if = ShopError::is_transient)]
    pub(crate) async fn refused(&self) -> Result<u32, ShopError> {
        self.orders.step("refused").await;
        Err(ShopError::Refused)
    }

    #[task(timeout = "100ms")]
    pub(crate) async fn hangs(&self) -> Result<u32, ShopError> {
        self.orders.step("hangs").await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        Ok(1)
    }

    #[task(catch)]
    async fn coupon(&self) -> Result<u32, String> {
        self.orders.step("coupon").await;
        Err("expired".to_owned())
    }

    #[depends(coupon)]
    pub(crate) fn rebate(&self, coupon: &Result<u32, String>) -> String {
        format!("{coupon:?}")
    }

    pub(crate) async fn panics(&self) -> u32 {
        self.orders.step("panics").await;
        assert!(self.orders.has("mended"), "the ink is out");
        5
    }

    /// Longer than the server is patient.
    pub(crate) async fn long(&self) -> u32 {
        self.orders.step("long").await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        6
    }
}

/// Returns the code of a failure.
pub(crate) fn code(error: &TaskError) -> u16 {
    let refused = |error: &&(dyn Error + 'static)| matches!(error.downcast_ref(), Some(ShopError::Refused));
    if error.source().as_ref().is_some_and(refused) { 422 } else { 500 }
}

#[derive(Debug)]
pub(crate) enum ShopError {
    Busy,
    Refused,
    TimedOut(TimedOut),
}

impl ShopError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Busy)
    }
}

impl fmt::Display for ShopError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => formatter.write_str("the clerk is busy"),
            Self::Refused => formatter.write_str("the clerk says no"),
            Self::TimedOut(_) => formatter.write_str("the clerk is asleep"),
        }
    }
}

impl std::error::Error for ShopError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::TimedOut(error) => Some(error),
            _ => None,
        }
    }
}

impl From<TimedOut> for ShopError {
    fn from(error: TimedOut) -> Self {
        Self::TimedOut(error)
    }
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let orders = orders.clone();
    deployment.serve(move |item| Shop { item, orders: orders.clone() })
}
