//! What the tasks of all these graphs do: one body that is told what, so that each graph is compiled once.

use adagio_benches::body::{AtOnce, Body, OneYield};

use crate::wakes::Leaves;

#[derive(Clone, Copy)]
pub(crate) enum Step {
    AtOnce,
    OneYield,
    /// Leaves wait until they are called.
    Called(&'static Leaves),
}

impl Body for Step {
    type Value = u64;

    #[inline]
    async fn run(self, task: usize, sum: u64) -> u64 {
        match self {
            Self::AtOnce => AtOnce.run(task, sum).await,
            Self::OneYield => OneYield.run(task, sum).await,
            Self::Called(leaves) => {
                leaves.wait(task).await;
                sum
            }
        }
    }
}
