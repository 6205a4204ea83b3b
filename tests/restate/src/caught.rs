//! Failures that other tasks catch, here and in calls of their own.

use adagio::{TaskError, dag};
use adagio_restate::Deployment;

use crate::Orders;

struct Caught(Orders);

#[dag(durable)]
impl Caught {
    #[task(retry = 2, backoff = "10ms..20ms")]
    async fn coupon(&self) -> Result<u32, String> {
        self.0.step("coupon").await;
        Err("expired".to_owned())
    }

    #[depends(catch coupon)]
    async fn price(&self, coupon: Option<u32>) -> u32 {
        self.0.step("price").await;
        21 - coupon.unwrap_or(0)
    }

    #[depends(price, catch coupon)]
    pub(crate) async fn bill(&self, price: u32, coupon: Result<u32, TaskError>) -> String {
        self.0.step("bill").await;
        format!("{price}, {}", coupon.map_or_else(|error| told(&error), |coupon| coupon.to_string()))
    }
}

fn told(error: &TaskError) -> String {
    format!("{error}: {}", std::error::Error::source(error).map(ToString::to_string).unwrap_or_default())
}

pub(crate) struct FarCaught(Orders);

#[dag(durable)]
impl FarCaught {
    #[task(remote, retry = 2, backoff = "10ms..20ms")]
    async fn stamp(&self) -> Result<u32, String> {
        self.0.step("stamp").await;
        Err("no ink".to_owned())
    }

    #[depends(stamp)]
    fn letter(&self, stamp: u32) -> u32 {
        stamp
    }

    #[depends(catch letter)]
    pub(crate) async fn reply(&self, letter: Result<u32, TaskError>) -> String {
        self.0.step("reply").await;
        letter.map_or_else(|error| told(&error), |letter| letter.to_string())
    }

    #[depends(reply, stamp)]
    pub(crate) fn copy(&self, reply: &str, stamp: u32) -> String {
        format!("{reply} {stamp}")
    }
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let (near, far) = (orders.clone(), orders.clone());
    deployment.serve(move |()| Caught(near.clone())).serve(move |()| FarCaught(far.clone()))
}
