//! `lazy` dependencies of bodies on other threads: one run serves all bodies.

mod slots;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use adagio::{Lazy, TaskError, TimedOut, dag};

use super::drops::panic_of;
use super::settle;
use crate::common::{Driven, deadline};
use crate::gates::Gates;

/// The gate of the rates.
const RATES: usize = 2_000;

/// Prices of which those with odd ids are in another currency. The rates need the day.
#[derive(Default)]
struct Shop {
    gates: Gates,
    count: usize,
    is_broken: AtomicBool,
}

#[dag]
impl Shop {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[task(spawn)]
    async fn day(&self) -> u32 {
        self.gates.log("day");
        1
    }

    #[depends(day)]
    async fn rates(&self, day: u32) -> Result<u32, String> {
        self.gates.act("rates", RATES).await;
        if self.is_broken.load(Ordering::SeqCst) { Err("no rates".to_owned()) } else { Ok(day + 1) }
    }

    #[depends(id in ids, lazy rates)]
    #[task(spawn)]
    async fn prices(&self, id: usize, rates: Lazy<'_, u32>) -> Result<String, String> {
        self.gates.act("p", id).await;
        if id % 2 == 0 {
            return Ok(id.to_string());
        }
        let _waits = Waits(&self.gates);
        Ok(format!("{id}*{}", rates.await))
    }

    #[depends(catch prices)]
    fn list(&self, prices: Result<&[String], TaskError>) -> String {
        self.gates.log("list");
        prices.map_or_else(|error| error.to_string(), |prices| prices.join(","))
    }
}

/// A body that waits for the rates.
struct Waits<'g>(&'g Gates);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.log("end of wait");
    }
}

fn shop(count: usize) -> Arc<Shop> {
    Arc::new(Shop { count, ..Shop::default() })
}

/// Polls a future as often as it is woken, and lets the bodies run; it must not end.
async fn calm<T>(driven: &mut Driven<'_, T>) {
    for _ in 0..5 {
        driven.settle();
        settle().await;
    }
}

/// Polls a future as often as it is woken, until it is done.
async fn end<T>(mut driven: Driven<'_, T>) -> T {
    loop {
        settle().await;
        let wakes = driven.wakes();
        if let Poll::Ready(result) = driven.poll() {
            return result;
        }
        settle().await;
        assert_ne!(driven.wakes(), wakes, "nothing woke the future");
    }
}

#[tokio::test]
async fn what_no_body_awaits_does_not_run() {
    let _deadline = deadline();
    let shop = shop(1);
    shop.gates.open([0]);
    assert_eq!(shop.prices().await, Ok(vec!["0".to_owned()]));
    assert_eq!(shop.gates.events(), ["start p0", "end p0"]);
}

#[tokio::test]
async fn one_run_serves_all_bodies() {
    let _deadline = deadline();
    for count in [4, 64, 65, 1_000] {
        let shop = shop(count);
        let mut driven = Driven::new(shop.prices());
        calm(&mut driven).await;
        shop.gates.events();
        shop.gates.open([3]);
        calm(&mut driven).await;
        assert_eq!(shop.gates.events(), ["end p3", "day", "start rates2000"]);
        shop.gates.open(0..count);
        calm(&mut driven).await;
        shop.gates.open([RATES]);
        drop(driven.poll());
        settle().await;
        assert_eq!(driven.run().unwrap()[..4], ["0", "1*2", "2", "3*2"]);
        let rates = shop.gates.events().into_iter().filter(|event| event.contains("rates")).collect::<Vec<_>>();
        assert_eq!(rates, ["end rates2000"]);
    }
}

#[tokio::test]
async fn a_failure_of_what_bodies_wait_for_drops_them_all() {
    let _deadline = deadline();
    let shop = shop(3);
    shop.is_broken.store(true, Ordering::SeqCst);
    shop.gates.open([1, RATES]);
    assert_eq!(shop.prices().await, Err("no rates".to_owned()));
    let mut events = shop.gates.events();
    events[6..].sort();
    assert_eq!(events[6..], ["drop p0", "drop p2", "end of wait", "end rates2000"]);
}

#[tokio::test]
async fn a_task_that_catches_begins_when_the_bodies_are_gone() {
    let _deadline = deadline();
    let shop = shop(3);
    shop.is_broken.store(true, Ordering::SeqCst);
    shop.gates.open([1, RATES]);
    assert_eq!(shop.list().await, "task `rates` failed");
    let events = shop.gates.events();
    assert_eq!((events.len(), events.last().unwrap().as_str()), (11, "list"), "{events:?}");
    let run = shop.run();
    assert_eq!(run.list().await, "task `rates` failed");
    let events = shop.gates.events();
    assert_eq!((events.len(), events.last().unwrap().as_str()), (11, "list"), "{events:?}");
    assert_eq!(run.prices().await.unwrap_err().task(), "rates");
    shop.is_broken.store(false, Ordering::SeqCst);
    shop.gates.open([0, 2]);
    run.retry_failed();
    assert_eq!(*run.prices().await.unwrap(), ["0", "1*2", "2"]);
}

#[tokio::test]
async fn a_failure_that_no_body_waits_for_is_none() {
    let _deadline = deadline();
    let shop = shop(2);
    shop.is_broken.store(true, Ordering::SeqCst);
    shop.gates.open([RATES]);
    let run = shop.run();
    run.rates().await.unwrap_err();
    let mut driven = Driven::new(run.prices());
    calm(&mut driven).await;
    shop.gates.open([0]);
    calm(&mut driven).await;
    shop.gates.open([1]);
    settle().await;
    assert_eq!(driven.run().unwrap_err().task(), "rates");
}

#[tokio::test]
async fn a_task_that_nobody_waits_for_is_dropped_and_starts_anew() {
    let _deadline = deadline();
    let shop = shop(3);
    shop.gates.open([1]);
    let run = shop.run().cancel_abandoned();
    let mut driven = Driven::new(run.prices());
    calm(&mut driven).await;
    shop.gates.events();
    drop(driven);
    settle().await;
    let mut events = shop.gates.events();
    events.sort();
    assert_eq!(events, ["drop p0", "drop p2", "drop rates2000", "end of wait"]);
    shop.gates.open([0, 2, RATES]);
    assert_eq!(*run.prices().await.unwrap(), ["0", "1*2", "2"]);
}

/// Bodies with attempts that await what they need in time, or too late.
#[derive(Default)]
struct Tries {
    calls: AtomicUsize,
    is_late: bool,
    panics: bool,
}

#[dag(max_concurrency = 3)]
impl Tries {
    fn ids(&self) -> Vec<usize> {
        (0..20).collect()
    }

    async fn rates(&self) -> usize {
        self.calls.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "no rates");
        tokio::time::sleep(Duration::from_secs(if self.is_late { 60 } else { 1 })).await;
        2
    }

    #[depends(id in ids, lazy rates)]
    #[task(spawn, retry = 2, backoff = "1s..1s", timeout = "5s", catch)]
    async fn prices(&self, id: usize, rates: Lazy<'_, usize>) -> Result<usize, Late> {
        if id % 3 > 0 {
            return Ok(id);
        }
        Ok(id * *rates.await)
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Late;

impl From<TimedOut> for Late {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

impl std::fmt::Display for Late {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("late")
    }
}

impl std::error::Error for Late {}

#[tokio::test(start_paused = true)]
async fn a_timeout_includes_the_wait_and_another_attempt_asks_again() {
    let _deadline = deadline();
    let tries = Arc::new(Tries::default());
    let expected: Vec<_> = (0..20).map(|id| Ok(if id % 3 == 0 { 2 * id } else { id })).collect();
    assert_eq!(tries.prices().await, expected);
    assert_eq!(tries.calls.load(Ordering::SeqCst), 1);
    let tries = Arc::new(Tries { is_late: true, ..Tries::default() });
    let prices = tries.prices().await;
    assert_eq!((prices.len(), prices[0].clone()), (20, Err(Late)));
    for (id, price) in prices.iter().enumerate() {
        // A body that begins when the rates are almost there is not late.
        assert!(*price == expected[id] || id % 3 == 0 && *price == Err(Late), "{id}: {price:?}");
    }
    assert_eq!(tries.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_panic_of_what_bodies_wait_for_is_resumed() {
    let _deadline = deadline();
    let tries = Arc::new(Tries { panics: true, ..Tries::default() });
    assert_eq!(panic_of(tries.prices()).await, "no rates");
    let run = tries.run();
    assert_eq!(panic_of(run.prices()).await, "no rates");
    drop(run);
    settle().await;
    assert_eq!(Arc::strong_count(&tries), 1);
}
