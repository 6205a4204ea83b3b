//! Tasks that take an hour, wherever they run, unless they are told to stop.

use std::thread;
use std::time::Duration;

use adagio::{dag, durable};
use adagio_restate::Deployment;

use crate::Orders;

/// Notes that a body was dropped before its end.
struct Bell<'b>(&'b Orders, &'static str);

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        self.0.log(self.1);
    }
}

async fn hour(orders: &Orders, task: &str, bell: &'static str) -> u32 {
    orders.step(task).await;
    let _bell = Bell(orders, bell);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    0
}

pub(crate) struct Hour(Orders);

#[dag(durable)]
impl Hour {
    async fn waits(&self) -> u32 {
        hour(&self.0, "waits", "waits stopped").await
    }

    #[task(spawn)]
    async fn spawned(&self) -> u32 {
        hour(&self.0, "spawned", "spawned stopped").await
    }

    #[task(blocking)]
    fn blocks(&self) -> u32 {
        self.0.log("blocks");
        let current = durable::current().expect("a run that is kept");
        while !current.is_stopped() {
            thread::sleep(Duration::from_millis(5));
        }
        self.0.log("blocks stopped");
        0
    }

    #[depends(waits, spawned, blocks)]
    pub(crate) fn whole(&self, waits: u32, spawned: u32, blocks: u32) -> u32 {
        waits + spawned + blocks
    }
}

pub(crate) struct FarHour(Orders);

#[dag(durable)]
impl FarHour {
    #[task(remote)]
    async fn one(&self) -> u32 {
        hour(&self.0, "one", "one stopped").await
    }

    #[task(remote)]
    async fn other(&self) -> u32 {
        hour(&self.0, "other", "other stopped").await
    }

    #[depends(one, other)]
    pub(crate) fn both(&self, one: u32, other: u32) -> u32 {
        one + other
    }

    #[task(remote)]
    async fn broken(&self) -> Result<u32, String> {
        self.0.step("broken").await;
        Err("no paper".to_owned())
    }

    #[depends(both, broken)]
    pub(crate) fn hopeless(&self, both: u32, broken: u32) -> u32 {
        both + broken
    }
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let (near, far) = (orders.clone(), orders.clone());
    deployment.serve(move |()| Hour(near.clone())).serve(move |()| FarHour(far.clone()))
}
