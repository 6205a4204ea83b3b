//! `lazy` dependencies of tasks that run once for each element: one run serves all bodies, and while one of them waits, the
//! task lends a slot.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use adagio::{Lazy, TaskError, dag};

use crate::common::{Driven, now, yield_once};
use crate::gates::Gates;
use crate::works::Works;

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
    async fn prices(&self, id: usize, rates: Lazy<'_, u32>) -> Result<String, String> {
        self.gates.act("p", id).await;
        if id % 2 == 0 { Ok(id.to_string()) } else { Ok(format!("{id}*{}", rates.await)) }
    }

    async fn other(&self) -> usize {
        7
    }

    #[depends(catch prices, other)]
    fn list(&self, prices: Result<&[String], TaskError>, other: usize) -> String {
        match prices {
            Ok(prices) => format!("{} {other}", prices.join(",")),
            Err(error) => format!("{error} {other}"),
        }
    }
}

fn shop(count: usize) -> Shop {
    Shop { count, ..Shop::default() }
}

#[test]
fn what_no_body_awaits_does_not_run() {
    let shop = shop(1);
    shop.gates.open([0]);
    assert_eq!(now(shop.prices()), Ok(vec!["0".to_owned()]));
    assert_eq!(shop.gates.events(), ["start p0", "end p0"]);
    assert_eq!(now(Shop::default().prices()), Ok(vec![]));
}

#[test]
fn one_run_serves_all_bodies() {
    for count in [4, 64, 65, 1_000] {
        let shop = shop(count);
        let mut driven = Driven::new(shop.prices());
        assert_eq!(driven.poll(), Poll::Pending);
        shop.gates.events();
        shop.gates.open([3]);
        assert_eq!(driven.poll(), Poll::Pending);
        assert_eq!(shop.gates.events(), ["end p3", "day", "start rates2000"]);
        shop.gates.open((0..count).chain([RATES]));
        assert_eq!(driven.run().unwrap()[..4], ["0", "1*2", "2", "3*2"]);
        let rates = shop.gates.events().into_iter().filter(|event| event.contains("rates")).collect::<Vec<_>>();
        assert_eq!(rates, ["end rates2000"]);
    }
}

#[test]
fn a_failure_of_what_bodies_wait_for_drops_them_all() {
    let shop = shop(3);
    shop.is_broken.store(true, Ordering::SeqCst);
    shop.gates.open([1, RATES]);
    assert_eq!(now(shop.prices()), Err("no rates".to_owned()));
    let events = shop.gates.events();
    assert_eq!(events[events.len() - 2..], ["drop p0", "drop p2"]);
}

#[test]
fn a_run_and_a_task_that_catches_learn_of_the_failure() {
    let shop = shop(3);
    shop.is_broken.store(true, Ordering::SeqCst);
    shop.gates.open([1, RATES]);
    assert_eq!(now(shop.list()), "task `rates` failed 7");
    shop.gates.events();
    let run = shop.run();
    assert_eq!(now(run.list()), "task `rates` failed 7");
    assert_eq!(now(run.prices()).unwrap_err().task(), "rates");
    shop.is_broken.store(false, Ordering::SeqCst);
    shop.gates.open([0, 2]);
    run.retry_failed();
    assert_eq!(*now(run.prices()).unwrap(), ["0", "1*2", "2"]);
}

#[test]
fn a_failure_that_no_body_waits_for_is_none() {
    let shop = shop(2);
    shop.is_broken.store(true, Ordering::SeqCst);
    shop.gates.open([RATES]);
    let run = shop.run();
    assert!(now(run.rates()).is_err());
    let mut driven = Driven::new(run.prices());
    assert!(driven.poll().is_pending());
    shop.gates.open([0]);
    assert!(driven.poll().is_pending());
    shop.gates.open([1]);
    assert_eq!(driven.run().unwrap_err().task(), "rates");
}

#[test]
fn a_task_that_nobody_waits_for_is_dropped_and_starts_anew() {
    let shop = shop(3);
    shop.gates.open([1]);
    let run = shop.run().cancel_abandoned();
    let mut driven = Driven::new(run.prices());
    assert!(driven.poll().is_pending());
    shop.gates.events();
    drop(driven);
    let events = shop.gates.events();
    assert!(["drop p0", "drop p2", "drop rates2000"].iter().all(|dropped| events.iter().any(|it| it == dropped)));
    shop.gates.open([0, 2, RATES]);
    assert_eq!(*now(run.prices()).unwrap(), ["0", "1*2", "2"]);
}

/// A block with few slots, a follower that asks, too, and a body that takes its demand back.
#[derive(Default)]
struct Narrow {
    count: usize,
    works: Works,
    rates: Mutex<Vec<&'static str>>,
}

#[dag(max_concurrency = 2)]
impl Narrow {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    async fn early(&self) -> usize {
        let _works = self.works.begin();
        yield_once().await;
        1
    }

    #[depends(early)]
    async fn rates(&self, early: usize) -> usize {
        let _works = self.works.begin();
        self.rates.lock().unwrap().push("rates");
        yield_once().await;
        early + 1
    }

    async fn fees(&self) -> usize {
        let _works = self.works.begin();
        self.rates.lock().unwrap().push("fees");
        yield_once().await;
        3
    }

    #[depends(id in ids, lazy rates)]
    async fn prices(&self, id: usize, rates: Lazy<'_, usize>) -> usize {
        let works = self.works.begin();
        for _ in 0..self.works.pick(id, 0) {
            yield_once().await;
        }
        drop(works);
        let rate = if self.works.pick(id, 1) == 4 { *rates.await } else { 0 };
        let _works = self.works.begin();
        yield_once().await;
        id + rate
    }

    #[depends(price in prices, lazy fees, lazy rates)]
    async fn totals(&self, price: usize, fees: Lazy<'_, usize>, rates: Lazy<'_, usize>) -> usize {
        let fee = if self.works.pick(price, 2) == 4 { *fees.await } else { 0 };
        let rate = if self.works.pick(price, 3) == 4 { *rates.await } else { 0 };
        let _works = self.works.begin();
        yield_once().await;
        price + fee + rate
    }

    async fn beside(&self) {
        let _works = self.works.begin();
        for _ in 0..5 {
            yield_once().await;
        }
    }

    #[depends(totals, beside)]
    fn sum(&self, totals: &[usize]) -> usize {
        totals.iter().sum()
    }
}

#[test]
fn under_a_limit_what_bodies_wait_for_has_a_slot() {
    for (count, limit, seed) in [0, 1, 5, 7, 8, 64, 65, 200]
        .into_iter()
        .flat_map(|count| (1..=4).flat_map(move |limit| (0..20).map(move |seed| (count, limit, seed))))
    {
        let narrow = Narrow { count, works: Works::of(seed), ..Narrow::default() };
        let run = narrow.run().max_concurrency(limit);
        let sum = *Driven::new(run.sum()).run();
        let asks = |id, salt| narrow.works.pick(id, salt) == 4;
        let price = |id| id + if asks(id, 1) { 2 } else { 0 };
        let total = |price| price + if asks(price, 2) { 3 } else { 0 } + if asks(price, 3) { 2 } else { 0 };
        assert_eq!(sum, (0..count).map(price).map(total).sum::<usize>(), "{count} {limit} {seed}");
        let calls = narrow.rates.lock().unwrap().clone();
        let is_asked = (0..count).any(|id| asks(id, 1) || asks(price(id), 3));
        assert_eq!(calls.iter().filter(|&&call| call == "rates").count(), usize::from(is_asked));
        let is_asked = (0..count).any(|id| asks(price(id), 2));
        assert_eq!(calls.iter().filter(|&&call| call == "fees").count(), usize::from(is_asked));
        assert!(narrow.works.most() <= limit, "{count} {limit} {seed}");
    }
}

/// Such a block inside another.
struct Outer {
    count: usize,
}

#[dag(max_concurrency = 1)]
impl Outer {
    #[task(graph)]
    fn narrow(&self) -> Narrow {
        Narrow { count: self.count, ..Narrow::default() }
    }

    #[depends(narrow.sum)]
    async fn doubled(&self, sum: usize) -> usize {
        yield_once().await;
        sum * 2
    }
}

#[test]
fn it_works_inside_another_graph() {
    for count in [0, 5, 40] {
        let outer = Outer { count };
        let called = Driven::new(outer.doubled()).run();
        let run = outer.run();
        // A run starts what it runs in the same order.
        assert_eq!(*Driven::new(run.doubled()).run(), called, "{count}");
    }
}

#[test]
fn a_call_that_is_dropped_at_any_poll_leaves_nothing() {
    for polls in 0.. {
        let narrow = Narrow { count: 12, ..Narrow::default() };
        let mut driven = Driven::new(narrow.sum());
        let is_done = (0..polls).any(|_| driven.poll().is_ready());
        drop(driven);
        assert_eq!(narrow.works.under_way(), 0);
        if is_done {
            return;
        }
    }
}

/// One slot, which a wide task or another one has.
#[derive(Default)]
struct OneSlot {
    gates: Gates,
}

#[dag(max_concurrency = 1)]
impl OneSlot {
    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    async fn rate(&self) -> usize {
        2
    }

    #[depends(id in ids, lazy rate)]
    async fn wide(&self, id: usize, rate: Lazy<'_, usize>) -> usize {
        self.gates.act("w", id).await;
        *rate.await
    }

    async fn other(&self) {
        self.gates.act("o", 10).await;
    }
}

#[test]
fn while_abandoned_bodies_are_dropped_no_task_starts() {
    let one = OneSlot::default();
    let run = one.run().cancel_abandoned();
    let (mut wide, mut other) = (Driven::new(run.wide()), Driven::new(run.other()));
    assert!(wide.poll().is_pending() && other.poll().is_pending() && wide.poll().is_pending());
    assert_eq!(one.gates.events(), ["start w0"]);
    drop(wide);
    assert_eq!(one.gates.events(), ["drop w0"]);
    one.gates.open([10]);
    other.run();
    assert_eq!(one.gates.events(), ["start o10", "end o10"]);
}

/// A body that waits for a result or for something else.
#[derive(Default)]
struct Hasty {
    gates: Gates,
}

#[dag(max_concurrency = 1)]
impl Hasty {
    fn ids(&self) -> [usize; 3] {
        [0, 1, 2]
    }

    async fn slow(&self) {
        self.gates.act("slow", 100).await;
    }

    #[depends(id in ids, lazy slow)]
    async fn hasty(&self, id: usize, slow: Lazy<'_, ()>) -> bool {
        self.gates.log(format!("start {id}"));
        let mut slow = std::pin::pin!(slow.into_future());
        let mut gate = std::pin::pin!(self.gates.pass(id));
        std::future::poll_fn(|cx| {
            if slow.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            gate.as_mut().poll(cx).map(|()| false)
        })
        .await
    }
}

#[test]
fn a_body_that_goes_on_without_the_result_takes_its_demand_back() {
    let hasty = Hasty::default();
    let mut driven = Driven::new(hasty.hasty());
    driven.settle();
    assert_eq!(hasty.gates.events(), ["start 0", "start slow100"]);
    hasty.gates.open([0]);
    // `slow` has started, and has the only slot.
    driven.settle();
    assert_eq!(hasty.gates.events(), [""; 0], "the next body has no slot");
    hasty.gates.open([100]);
    assert_eq!(driven.run(), [false, true, true]);
}

/// A body that waits, others that do not, and tasks beside them.
#[derive(Default)]
struct Beside {
    gates: Gates,
}

#[dag(max_concurrency = 4)]
impl Beside {
    fn ids(&self) -> [usize; 5] {
        [0, 1, 2, 3, 4]
    }

    async fn slow(&self) {
        self.gates.act("slow", 100).await;
    }

    async fn first(&self) {
        self.gates.act("first", 101).await;
    }

    async fn second(&self) {
        self.gates.act("second", 102).await;
    }

    #[depends(id in ids, lazy slow)]
    async fn wide(&self, id: usize, slow: Lazy<'_, ()>) {
        match id {
            0 => *slow.await,
            _ => self.gates.act("w", id).await,
        }
    }

    async fn third(&self) {
        self.gates.act("third", 103).await;
    }

    #[depends(first, second, wide, third)]
    fn goal(&self) {}
}

#[test]
fn while_a_body_waits_others_start_in_slots_that_become_free() {
    let beside = Beside::default();
    let mut driven = Driven::new(beside.goal());
    driven.settle();
    assert_eq!(beside.gates.events(), ["start first101", "start second102", "start w1", "start third103"]);
    let mut open = |gate| {
        beside.gates.open([gate]);
        driven.settle();
        beside.gates.events()
    };
    assert_eq!(open(101), ["end first101", "start slow100"]);
    assert_eq!(open(103), ["end third103"], "one slot stays free");
    assert_eq!(open(102), ["end second102", "start w2"]);
    beside.gates.open([1, 2, 3, 4, 100]);
    driven.run();
}

/// Bodies that stay with the driver and wait for a task on another thread.
#[cfg(feature = "tokio")]
#[derive(Default)]
struct Threads {
    calls: std::sync::atomic::AtomicUsize,
}

#[cfg(feature = "tokio")]
#[dag(max_concurrency = 2)]
impl Threads {
    fn ids(&self) -> Vec<usize> {
        (0..100).collect()
    }

    #[task(spawn)]
    async fn rates(&self) -> usize {
        self.calls.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        2
    }

    #[depends(id in ids, lazy rates)]
    #[task(retry = 2)]
    async fn prices(&self, id: usize, rates: Lazy<'_, usize>) -> Result<usize, String> {
        tokio::task::yield_now().await;
        let rate = if id % 3 == 0 { *rates.await } else { 1 };
        Ok(id * rate)
    }

    #[depends(price in prices)]
    #[task(spawn)]
    async fn halves(&self, price: usize) -> usize {
        price / 2
    }
}

#[cfg(feature = "tokio")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_wait_for_a_task_on_another_thread() {
    let _deadline = crate::common::deadline();
    let threads = std::sync::Arc::new(Threads::default());
    let expected = (0..100).map(|id| id * if id % 3 == 0 { 2 } else { 1 } / 2).collect::<Vec<_>>();
    for round in 1..=50 {
        assert_eq!(threads.halves().await.unwrap(), expected);
        assert_eq!(threads.run().halves().await.unwrap(), &expected);
        assert_eq!(threads.calls.load(Ordering::SeqCst), 2 * round);
    }
}
