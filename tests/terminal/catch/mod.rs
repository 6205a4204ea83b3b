//! `catch` in `#[depends(..)]`: a task that runs even if its dependency fails.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

mod failures;
mod kept;
mod observers;
mod retries;
mod runs;
mod values;

use std::error::Error;
use std::fmt;

use adagio::{TaskError, dag};

use crate::common::Stage;

#[derive(Debug, PartialEq)]
struct ApiError(&'static str);

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no {}", self.0)
    }
}

impl Error for ApiError {}

/// An error that no `TaskError` can keep.
#[derive(Debug, PartialEq)]
struct Status(u16);

#[derive(Default)]
struct Page {
    stage: Stage,
    has_coupon: bool,
}

impl Page {
    fn with_coupon() -> Self {
        Self { has_coupon: true, ..Self::default() }
    }
}

#[dag]
impl Page {
    async fn cart(&self) -> u32 {
        self.stage.act("cart").await;
        10
    }

    async fn account(&self) -> Result<String, ApiError> {
        self.stage.act("account").await;
        if self.has_coupon { Ok("me".to_owned()) } else { Err(ApiError("account")) }
    }

    #[depends(account)]
    async fn coupon(&self, account: &str) -> String {
        self.stage.act("coupon").await;
        format!("{account}: 3")
    }

    /// Serves `coupon` alone.
    async fn banner(&self) -> u32 {
        self.stage.act("banner").await;
        1
    }

    #[depends(coupon, banner)]
    async fn offer(&self, coupon: &str, banner: u32) -> String {
        self.stage.act_at_once("offer");
        format!("{coupon} {banner}")
    }

    #[depends(cart, catch coupon)]
    fn price(&self, cart: u32, coupon: Option<&str>) -> u32 {
        self.stage.act_at_once("price");
        if coupon == Some("me: 3") { cart - 3 } else { cart }
    }

    #[depends(catch coupon, catch account)]
    fn report(&self, coupon: Result<&str, TaskError>, account: Result<String, TaskError>) -> String {
        let tell = |result: Result<String, TaskError>| match result {
            Ok(value) => value,
            Err(error) => format!("{error}: {}", error.source().unwrap()),
        };
        format!("{}, {}", tell(coupon.map(str::to_owned)), tell(account))
    }

    /// Comes after `account`, whatever has become of it.
    #[depends(catch account)]
    fn goodbye(&self) -> u32 {
        self.stage.act_at_once("goodbye");
        5
    }

    #[depends(catch offer, cart)]
    fn shown(&self, offer: Option<String>, cart: u32) -> (Option<String>, u32) {
        (offer, cart)
    }

    #[depends(price, account)]
    fn receipt(&self, price: u32, account: &str) -> String {
        format!("{account} pays {price}")
    }
}

fn open_all(page: &Page) {
    for gate in ["cart", "account", "coupon", "banner"] {
        page.stage.open(gate);
    }
}
