//! The slots of bodies that wait for `lazy` dependencies on other threads: while one of them waits, the task lends one.

use std::future::poll_fn;
use std::mem::ManuallyDrop;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use adagio::{Lazy, dag};

use super::super::drops::polls;
use super::super::settle;
use super::{calm, end};
use crate::common::{Driven, deadline, yield_once};
use crate::gates::Gates;
use crate::works::Works;

/// A block with few slots, a follower that asks, too, and a task beside them.
#[derive(Default)]
struct Narrow {
    count: usize,
    works: Works,
    calls: Mutex<Vec<&'static str>>,
}

#[dag(max_concurrency = 2)]
impl Narrow {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[task(spawn)]
    async fn early(&self) -> usize {
        let _works = self.works.begin();
        yield_once().await;
        1
    }

    #[depends(early)]
    async fn rates(&self, early: usize) -> usize {
        let _works = self.works.begin();
        self.calls.lock().unwrap().push("rates");
        yield_once().await;
        early + 1
    }

    #[task(spawn)]
    async fn fees(&self) -> usize {
        let _works = self.works.begin();
        self.calls.lock().unwrap().push("fees");
        yield_once().await;
        3
    }

    #[depends(id in ids, lazy rates)]
    #[task(spawn)]
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
    #[task(spawn)]
    async fn totals(&self, price: usize, fees: Lazy<'_, usize>, rates: Lazy<'_, usize>) -> usize {
        // While the body still waits, it may be polled again.
        let (fee, rate) = tokio::join!(async { if self.works.pick(price, 2) == 4 { *fees.await } else { 0 } }, async {
            if self.works.pick(price, 3) == 4 { *rates.await } else { 0 }
        },);
        let _works = self.works.begin();
        yield_once().await;
        price + fee + rate
    }

    #[task(spawn)]
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

impl Narrow {
    fn expected(&self) -> usize {
        let asks = |id, salt| self.works.pick(id, salt) == 4;
        let price = |id| id + if asks(id, 1) { 2 } else { 0 };
        let total = |price| price + if asks(price, 2) { 3 } else { 0 } + if asks(price, 3) { 2 } else { 0 };
        (0..self.count).map(price).map(total).sum()
    }
}

async fn under_limits(counts: &[usize], seeds: usize) {
    for (&count, limit, seed) in
        counts.iter().flat_map(|count| (1..=4).flat_map(move |limit| (0..seeds).map(move |seed| (count, limit, seed))))
    {
        let narrow = Arc::new(Narrow { count, works: Works::of(seed), ..Narrow::default() });
        let run = narrow.run().max_concurrency(limit);
        assert_eq!(*run.sum().await, narrow.expected(), "{count} {limit} {seed}");
        let calls = narrow.calls.lock().unwrap().clone();
        assert!(["rates", "fees"].iter().all(|name| calls.iter().filter(|call| call == &name).count() <= 1));
        assert!(narrow.works.most() <= limit, "{count} {limit} {seed}");
    }
}

#[tokio::test]
async fn under_a_limit_what_bodies_wait_for_has_a_slot() {
    let _deadline = deadline();
    under_limits(&[0, 1, 5, 7, 8, 64, 65, 200], 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn under_a_limit_the_same_holds_on_several_threads() {
    let _deadline = deadline();
    under_limits(&[1, 8, 40], 30).await;
}

#[tokio::test]
async fn a_call_or_run_that_is_dropped_at_any_poll_leaves_nothing() {
    let _deadline = deadline();
    for limit in 0.. {
        let narrow = Arc::new(Narrow { count: 12, works: Works::of(1), ..Narrow::default() });
        let is_done = polls(narrow.sum(), limit).await.is_some();
        let run = narrow.run();
        _ = polls(run.sum(), limit).await;
        drop(run);
        settle().await;
        assert_eq!((narrow.works.under_way(), Arc::strong_count(&narrow)), (0, 1), "{limit}");
        if is_done {
            return;
        }
    }
}

#[tokio::test]
async fn a_run_goes_on_where_a_call_of_it_was_dropped() {
    let _deadline = deadline();
    for limit in 0..60 {
        let narrow = Arc::new(Narrow { count: 12, works: Works::of(1), ..Narrow::default() });
        let run = narrow.run().cancel_abandoned();
        _ = polls(run.sum(), limit).await;
        assert_eq!(*run.sum().await, narrow.expected(), "{limit}");
        drop(run);
        settle().await;
        assert_eq!(narrow.works.under_way(), 0);
    }
}

/// Two slots, bodies that wait and others that do not.
#[derive(Default)]
struct Beside {
    gates: Gates,
    is_failing: bool,
}

#[dag(spawn, max_concurrency = 2)]
impl Beside {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    async fn slow(&self) {
        self.gates.act("slow", 100).await;
    }

    #[depends(id in ids, lazy slow)]
    async fn wide(&self, id: usize, slow: Lazy<'_, ()>) -> Result<(), usize> {
        if id > 0 {
            self.gates.act("w", id).await;
            return if self.is_failing { Err(id) } else { Ok(()) };
        }
        slow.await;
        self.gates.log("goes on");
        self.gates.act("w", id).await;
        Ok(())
    }

    async fn other(&self) {
        self.gates.act("other", 101).await;
    }

    #[depends(wide, other)]
    fn goal(&self) {}
}

#[tokio::test]
async fn a_body_that_has_waited_goes_on_in_a_slot_that_it_takes_again() {
    let _deadline = deadline();
    let beside = Arc::new(Beside::default());
    let mut driven = Driven::new(beside.wide());
    calm(&mut driven).await;
    assert_eq!(beside.gates.events(), ["start w1", "start slow100"]);
    beside.gates.open([1]);
    calm(&mut driven).await;
    assert_eq!(beside.gates.events(), ["end w1", "start w2"]);
    beside.gates.open([100]);
    calm(&mut driven).await;
    let mut events = beside.gates.events();
    events.sort();
    assert_eq!(events, ["end slow100", "goes on", "start w0"]);
    beside.gates.open([0, 2, 3]);
    assert_eq!(end(driven).await.map(|all| all.len()), Ok(4));
}

#[tokio::test]
async fn the_failure_of_a_body_is_told_while_the_task_has_no_slot_for_another() {
    let _deadline = deadline();
    let beside = Arc::new(Beside { is_failing: true, ..Beside::default() });
    let mut driven = Driven::new(beside.goal());
    calm(&mut driven).await;
    beside.gates.open([1]);
    assert_eq!(end(driven).await, Err(1));
    assert_eq!(Arc::strong_count(&beside), 1);
}

/// One slot, and bodies that give up their wait, or forget it.
#[derive(Default)]
struct OneSlot {
    gates: Gates,
    forgets: bool,
}

#[dag(spawn, max_concurrency = 1)]
impl OneSlot {
    fn ids(&self) -> [usize; 3] {
        [0, 1, 2]
    }

    async fn slow(&self) {
        self.gates.act("slow", 100).await;
    }

    #[depends(id in ids, lazy slow)]
    async fn hasty(&self, id: usize, slow: Lazy<'_, ()>) -> bool {
        self.gates.log(format!("start {id}"));
        let mut slow = ManuallyDrop::new(slow.into_future());
        let mut gate = pin!(self.gates.pass(id));
        let mut polls = 0;
        let is_slow = poll_fn(|cx| {
            polls += 1;
            if polls < 4 {
                // It is polled again while it waits.
                cx.waker().wake_by_ref();
            }
            if (id == 0 || !self.forgets) && Pin::new(&mut *slow).poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            gate.as_mut().poll(cx).map(|()| false)
        })
        .await;
        if !self.forgets {
            drop(ManuallyDrop::into_inner(slow));
        }
        is_slow
    }
}

#[tokio::test]
async fn a_body_that_goes_on_without_the_result_takes_its_demand_back() {
    let _deadline = deadline();
    let one = Arc::new(OneSlot::default());
    let mut driven = Driven::new(one.hasty());
    calm(&mut driven).await;
    assert_eq!(one.gates.events(), ["start 0", "start slow100"]);
    one.gates.open([0]);
    calm(&mut driven).await;
    assert!(one.gates.events().is_empty(), "`slow` has started, and has the only slot");
    one.gates.open([100]);
    assert_eq!(end(driven).await, [false, true, true]);
}

#[tokio::test]
async fn a_future_that_a_body_has_forgotten_waits_no_longer_than_the_body() {
    let _deadline = deadline();
    let one = Arc::new(OneSlot { forgets: true, ..OneSlot::default() });
    one.gates.open([0]);
    let run = one.run().max_concurrency(2);
    let mut driven = Driven::new(run.hasty());
    calm(&mut driven).await;
    assert_eq!(one.gates.events(), ["start 0", "start 1", "start 2"]);
    one.gates.open([1, 2]);
    assert_eq!(*end(driven).await, [false, false, false]);
    assert!(one.gates.events().is_empty());
}

/// A gate of nobody.
const NO_GATE: usize = 200;

/// A wide task that needs its slot back while others wait for slots.
#[derive(Default)]
struct Queue {
    gates: Gates,
}

#[dag(max_concurrency = 2)]
impl Queue {
    #[task(spawn)]
    async fn first(&self) {
        self.gates.act("first", 101).await;
    }

    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    #[task(spawn)]
    async fn slow(&self) {
        self.gates.act("slow", 100).await;
    }

    #[depends(id in ids, lazy slow)]
    #[task(spawn)]
    async fn wide(&self, id: usize, slow: Lazy<'_, ()>) -> Result<(), String> {
        if id == 0 {
            slow.await;
        }
        self.gates.act("w", id).await;
        Err("broken".to_owned())
    }

    #[task(spawn)]
    async fn last(&self) {
        self.gates.act("last", 102).await;
    }

    #[depends(first, last)]
    fn others(&self) {}
}

impl Queue {
    /// Lets body 0 wait for a slot, after `first` and before `last`.
    async fn begin<T>(&self, wide: &mut Driven<'_, T>, others: &mut Driven<'_, T>) {
        for (gate, events) in [(NO_GATE, ["start w1", "start slow100"]), (100, ["end slow100", "start first101"])] {
            self.gates.open([gate]);
            for _ in 0..3 {
                calm(wide).await;
                calm(others).await;
            }
            assert_eq!(self.gates.events(), events);
        }
    }
}

#[tokio::test]
async fn a_task_that_fails_gives_up_its_place_among_those_that_wait_for_slots() {
    let _deadline = deadline();
    let queue = Arc::new(Queue::default());
    let run = queue.run();
    let mut wide = Driven::new(async { run.wide().await.map_or_else(|error| error.index(), |_| None) });
    let mut others = Driven::new(async {
        run.others().await;
        None
    });
    queue.begin(&mut wide, &mut others).await;
    queue.gates.open([1]);
    assert_eq!(end(wide).await, Some(1));
    calm(&mut others).await;
    assert_eq!(queue.gates.events(), ["end w1", "start last102"]);
    queue.gates.open([101, 102]);
    end(others).await;
}

#[tokio::test]
async fn a_task_that_is_abandoned_gives_up_its_place_among_those_that_wait_for_slots() {
    let _deadline = deadline();
    let queue = Arc::new(Queue::default());
    let run = queue.run().cancel_abandoned();
    let mut wide = Driven::new(async { _ = run.wide().await });
    let mut others = Driven::new(async {
        run.others().await;
    });
    queue.begin(&mut wide, &mut others).await;
    drop(wide);
    calm(&mut others).await;
    assert_eq!(queue.gates.events(), ["drop w1", "start last102"]);
    queue.gates.open([101, 102]);
    end(others).await;
}

/// Two slots, and two bodies: one gives up its wait in the moment in which the other begins to wait.
#[derive(Default)]
struct InTurn {
    gates: Gates,
}

#[dag(spawn, max_concurrency = 2)]
impl InTurn {
    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    async fn slow(&self) {
        self.gates.act("slow", 100).await;
    }

    async fn fees(&self) {
        self.gates.act("fees", 101).await;
    }

    #[depends(id in ids, lazy slow, lazy fees)]
    async fn wide(&self, id: usize, slow: Lazy<'_, ()>, fees: Lazy<'_, ()>) {
        let mut slow = pin!(slow.into_future());
        let mut gate = pin!(self.gates.pass(id));
        poll_fn(
            |cx| {
                if id == 0 && slow.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { gate.as_mut().poll(cx) }
            },
        )
        .await;
        if id == 1 {
            fees.await;
        }
    }
}

#[tokio::test]
async fn a_body_that_begins_to_wait_when_another_gives_up_lends_the_slot() {
    let _deadline = deadline();
    let in_turn = Arc::new(InTurn::default());
    let mut driven = Driven::new(in_turn.wide());
    calm(&mut driven).await;
    assert_eq!(in_turn.gates.events(), ["start slow100"]);
    in_turn.gates.open([0, 1]);
    calm(&mut driven).await;
    assert_eq!(in_turn.gates.events(), ["start fees101"]);
    in_turn.gates.open([100, 101]);
    end(driven).await;
}
