//! Four tasks, one behind the other, which do nothing: the workflow that the figures of `adagio-store` measure.
#![allow(clippy::unused_async, reason = "tasks here are done at once")]

use adagio::dag;
use adagio_restate::Deployment;

pub(crate) struct Short(u32);

#[dag(durable)]
impl Short {
    async fn first(&self) -> u32 {
        self.0
    }

    #[depends(first)]
    async fn second(&self, first: u32) -> u32 {
        first + 1
    }

    #[depends(second)]
    async fn third(&self, second: u32) -> u32 {
        second + 1
    }

    #[depends(third)]
    pub(crate) async fn last(&self, third: u32) -> u32 {
        third + 1
    }
}

pub(crate) fn serve(deployment: Deployment) -> Deployment {
    deployment.serve(Short)
}
