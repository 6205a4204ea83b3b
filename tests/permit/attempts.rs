//! Each attempt takes a permit of its own.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adagio::dag;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use crate::common::{Stage, deadline};

struct Office {
    stage: Stage,
    desk: Semaphore,
    attempts: AtomicUsize,
    began: Instant,
}

impl Office {
    fn with(desks: usize) -> Self {
        let (stage, desk) = (Stage::default(), Semaphore::new(desks));
        Self { stage, desk, attempts: AtomicUsize::new(0), began: Instant::now() }
    }

    fn log(&self, event: &str) {
        self.stage.log(format!("{} {event}", self.began.elapsed().as_millis()));
    }
}

#[dag]
impl Office {
    #[task(permit = |this| &this.desk, retry = 2, backoff = "100ms..100ms")]
    async fn flaky(&self) -> Result<usize, &'static str> {
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst);
        self.log(&format!("flaky {attempt}"));
        sleep(Duration::from_millis(10)).await;
        if attempt < 1 { Err("not yet") } else { Ok(attempt) }
    }

    #[task(permit = |this| &this.desk)]
    async fn slow(&self) {
        self.log("slow");
        sleep(Duration::from_millis(500)).await;
        self.log("slow ends");
    }

    #[task(permit = |this| &this.desk, timeout = "50ms")]
    async fn timed(&self) -> io::Result<()> {
        self.log("timed");
        sleep(Duration::from_millis(40)).await;
        Ok(())
    }

    #[depends(flaky, slow)]
    async fn both(&self) {}

    #[depends(slow, timed)]
    async fn in_time(&self) {}

    async fn beside(&self) {
        sleep(Duration::from_millis(200)).await;
        self.log("beside ends");
    }

    #[depends(flaky, slow, beside)]
    async fn all_three(&self) {}
}

#[tokio::test(start_paused = true)]
async fn the_permit_is_free_while_a_task_waits_for_its_next_attempt() {
    let _deadline = deadline();
    let office = Office::with(1);
    office.both().await.unwrap();
    assert_eq!(office.stage.events(), ["0 flaky 0", "10 slow", "510 slow ends", "510 flaky 1"]);
    assert_eq!(office.desk.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_permit_does_not_count_for_the_timeout() {
    let _deadline = deadline();
    let office = Office::with(1);
    office.in_time().await.unwrap();
    assert_eq!(office.stage.events(), ["0 slow", "500 slow ends", "500 timed"]);
}

#[tokio::test(start_paused = true)]
async fn a_further_attempt_waits_for_its_permit_without_a_slot() {
    let _deadline = deadline();
    let office = Office::with(1);
    let run = office.run().max_concurrency(2);
    run.all_three().await.unwrap();
    let events = office.stage.events();
    // `slow` takes the permit at 10, but `flaky` and `beside` have the slots. At 110 `flaky` wants the permit again, and
    // its slot goes to `slow`.
    assert_eq!(events, ["0 flaky 0", "110 slow", "200 beside ends", "610 slow ends", "610 flaky 1"]);
}
