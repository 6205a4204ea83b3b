//! Ten tasks, of which the first takes much longer than all others together.

use std::time::Duration;

use adagio::dag;
use adagio_restate::Deployment;

use crate::Orders;

struct Ten(Orders);

impl Ten {
    async fn step(&self, task: &str, time: u64) -> u32 {
        self.0.step(task).await;
        tokio::time::sleep(Duration::from_millis(time)).await;
        1
    }
}

#[dag(durable)]
impl Ten {
    async fn slow(&self) -> u32 {
        self.step("slow", 2_000).await
    }

    async fn a1(&self) -> u32 {
        self.step("a1", 100).await
    }

    #[depends(a1)]
    async fn a2(&self, a1: u32) -> u32 {
        a1 + self.step("a2", 100).await
    }

    #[depends(a2)]
    async fn a3(&self, a2: u32) -> u32 {
        a2 + self.step("a3", 100).await
    }

    #[depends(a3)]
    async fn a4(&self, a3: u32) -> u32 {
        a3 + self.step("a4", 100).await
    }

    async fn b1(&self) -> u32 {
        self.step("b1", 200).await
    }

    #[depends(b1)]
    async fn b2(&self, b1: u32) -> u32 {
        b1 + self.step("b2", 200).await
    }

    #[depends(b2)]
    async fn b3(&self, b2: u32) -> u32 {
        b2 + self.step("b3", 200).await
    }

    #[depends(b3)]
    async fn b4(&self, b3: u32) -> u32 {
        b3 + self.step("b4", 200).await
    }

    #[depends(slow, a4, b4)]
    pub(crate) async fn sum(&self, slow: u32, a4: u32, b4: u32) -> u32 {
        slow + a4 + b4 + self.step("sum", 100).await
    }
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let orders = orders.clone();
    deployment.serve(move |()| Ten(orders.clone()))
}
