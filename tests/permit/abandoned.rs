//! Permits of tasks that nobody waits for any more, in a run that cancels such tasks.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use adagio::{Lazy, dag};
use tokio::sync::Semaphore;

use crate::common::Driven;

#[derive(Clone)]
struct Inner {
    desk: Arc<Semaphore>,
}

#[dag]
impl Inner {
    #[task(permit = |this| &*this.desk)]
    async fn waits(&self) -> u8 {
        pending().await
    }
}

struct Outer(Inner);

#[dag(max_concurrency = 1)]
impl Outer {
    #[task(graph)]
    fn inner(&self) -> Inner {
        self.0.clone()
    }

    #[depends(inner.waits)]
    async fn behind(&self, waits: u8) -> u8 {
        waits
    }

    #[depends(lazy behind)]
    async fn asks(&self, behind: Lazy<'_, u8>) -> u8 {
        *behind.await
    }

    async fn holds_the_slot(&self) -> u8 {
        pending().await
    }

    async fn waits_for_the_slot(&self) -> u8 {
        1
    }
}

#[test]
fn an_inner_task_without_a_slot_gives_its_permit_back_when_its_asker_is_dropped_after_another_task() {
    let desk = Arc::new(Semaphore::new(1));
    let outer = Outer(Inner { desk: Arc::clone(&desk) });
    let run = outer.run().cancel_abandoned();
    let permit = desk.try_acquire().unwrap();
    let (mut asks, mut holds) = (Driven::new(run.asks()), Driven::new(run.holds_the_slot()));
    assert!(asks.poll().is_pending() && holds.poll().is_pending());
    drop(permit);
    assert!(asks.poll().is_pending());
    assert_eq!(desk.available_permits(), 0);
    // One more pass, in which the inner task finds no slot.
    let mut waits = Driven::new(run.waits_for_the_slot());
    assert!(waits.poll().is_pending());
    drop(holds);
    drop(waits);
    drop(asks);
    assert_eq!(desk.available_permits(), 1);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any("a bomb");
    }
}

struct Explosive {
    desk: Semaphore,
}

#[dag]
impl Explosive {
    #[task(permit = |this| &this.desk)]
    async fn bomb(&self) {
        let _bomb = Bomb;
        pending::<()>().await;
    }

    async fn other(&self) {}
}

#[test]
fn a_dropped_body_that_panics_is_named_and_gives_its_permit_back() {
    let explosive = Explosive { desk: Semaphore::new(1) };
    let run = explosive.run().cancel_abandoned();
    let mut bomb = Driven::new(run.bomb());
    assert!(bomb.poll().is_pending());
    let payload = catch_unwind(AssertUnwindSafe(|| drop(bomb))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"a bomb"));
    let payload = catch_unwind(AssertUnwindSafe(|| Driven::new(run.other()).poll())).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "the run has ended: task `bomb` panicked");
    assert_eq!(explosive.desk.available_permits(), 1);
}
