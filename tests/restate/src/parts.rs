//! Remote tasks that several deployments share, between tasks that stay where the graph is.

use std::process;

use adagio::dag;
use adagio_restate::Deployment;

use crate::Orders;

pub(crate) struct Parts {
    orders: Orders,
}

#[dag(durable)]
impl Parts {
    async fn source(&self) -> u32 {
        self.orders.step("source").await;
        process::id()
    }

    #[depends(source)]
    #[task(remote)]
    async fn left(&self, source: u32) -> [u32; 2] {
        self.orders.step("left").await;
        [source, process::id()]
    }

    #[depends(source)]
    #[task(remote)]
    async fn right(&self, source: u32) -> [u32; 2] {
        self.orders.step("right").await;
        [source, process::id()]
    }

    /// The processes of `source`, `left` and `right`, and its own.
    #[depends(left, right)]
    pub(crate) fn whole(&self, left: [u32; 2], right: [u32; 2]) -> [u32; 4] {
        self.orders.log("whole");
        [left[0], left[1], right[1], process::id()]
    }

    #[task(remote)]
    async fn broken(&self) -> Result<u32, String> {
        self.orders.step("broken").await;
        Err("out of paper".to_owned())
    }

    #[depends(broken, right)]
    pub(crate) async fn wreck(&self, broken: u32, right: [u32; 2]) -> u32 {
        self.orders.step("wreck").await;
        broken + right[1]
    }
}

/// One task at a time, wherever it runs.
struct Narrow(Orders);

#[dag(durable, max_concurrency = 1)]
impl Narrow {
    #[task(remote)]
    async fn upper(&self) -> u32 {
        self.0.step("upper").await;
        1
    }

    #[task(remote)]
    async fn lower(&self) -> u32 {
        self.0.step("lower").await;
        2
    }

    #[depends(upper, lower)]
    pub(crate) fn both(&self, upper: u32, lower: u32) -> u32 {
        upper + lower
    }
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let (wide, narrow) = (orders.clone(), orders.clone());
    deployment.serve(move |()| Parts { orders: wide.clone() }).serve(move |()| Narrow(narrow.clone()))
}

pub(crate) fn serve_tasks(deployment: Deployment, tasks: &[&str], orders: &Orders) -> Deployment {
    let orders = orders.clone();
    deployment.serve_tasks(tasks, move |()| Parts { orders: orders.clone() })
}
