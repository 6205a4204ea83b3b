//! What observers of a run are told of an inner task that is tried again.

use std::sync::Arc;

use adagio::{TaskError, dag};

use super::observers::Log;

/// Catches the failure of its own task, which is tried again before.
struct Forgiving;

#[dag]
#[allow(clippy::unused_async, reason = "it is done at once")]
impl Forgiving {
    #[task(retry = 1, backoff = "1ms..1ms")]
    async fn coupon(&self) -> Result<u32, String> {
        Err("expired".to_owned())
    }

    #[depends(catch coupon)]
    fn total(&self, coupon: Result<u32, TaskError>) -> u32 {
        coupon.unwrap_or(42)
    }
}

struct Around;

#[dag]
impl Around {
    #[task(graph)]
    fn pricing(&self) -> Forgiving {
        Forgiving
    }

    #[depends(pricing.total)]
    fn shown(&self, total: u32) -> u32 {
        total
    }
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_attempts_whose_failure_is_caught_inside() {
    let log = Arc::new(Log::default());
    assert_eq!(*Around.run().observe(Arc::clone(&log)).shown().await, 42);
    let failures: Vec<_> = log.events().into_iter().filter(|event| event.contains("failed")).collect();
    assert_eq!(failures, ["pricing.coupon failed as pricing.coupon"; 2]);
}
