//! Tasks with `finish`: once started they end, whatever becomes of their caller.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use adagio::{Observer, Outcome, TaskEvent, dag};
use tokio::runtime::{Builder, Runtime};

use crate::common::Stage;

/// Its spawned tasks run only while the test lets the runtime run.
fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Lets every task of the runtime run until it waits.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Counts how many of these have been dropped.
struct Receipt(Arc<AtomicUsize>);

impl Drop for Receipt {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Default)]
struct Checkout {
    stage: Stage,
    receipts: Arc<AtomicUsize>,
    attempts: AtomicUsize,
}

#[dag]
impl Checkout {
    #[task(spawn)]
    async fn cart(&self) -> u64 {
        42
    }

    #[depends(cart)]
    #[task(spawn, finish)]
    async fn charge(&self, cart: &u64) -> Receipt {
        self.stage.act("charge").await;
        assert_eq!(cart, &42);
        Receipt(Arc::clone(&self.receipts))
    }

    #[task(spawn)]
    async fn stock(&self) {
        self.stage.act("stock").await;
    }

    async fn fails(&self) -> Result<(), String> {
        self.stage.act("fails").await;
        Err("no".to_owned())
    }

    async fn panics(&self) {
        self.stage.act("panics").await;
        panic_any(7_u64);
    }

    #[depends(charge, stock)]
    #[task(spawn)]
    async fn order(&self, charge: &Receipt) -> usize {
        charge.0.load(Ordering::SeqCst)
    }

    #[depends(order, fails)]
    fn fallible(&self) {}

    #[depends(order, panics)]
    fn panicky(&self) {}

    #[task(spawn, finish)]
    async fn broken(&self) {
        self.stage.act("broken").await;
        panic_any(8_u64);
    }

    #[task(spawn, finish)]
    async fn refused(&self) -> Result<u64, String> {
        self.stage.act("refused").await;
        Err("refused".to_owned())
    }

    #[task(spawn, finish, retry = 2, backoff = "1ms..1ms")]
    async fn stubborn(&self) -> Result<usize, String> {
        self.stage.act("stubborn").await;
        match self.attempts.fetch_add(1, Ordering::SeqCst) {
            2 => Ok(3),
            attempt => Err(format!("attempt {attempt}")),
        }
    }
}

/// Asserts that the payment is under way and nothing else; then lets it end.
async fn assert_only_charge_goes_on(checkout: &Arc<Checkout>) {
    settle().await;
    let mut events = checkout.stage.events();
    events.sort();
    assert_eq!(events.iter().filter(|event| event.contains("charge")).collect::<Vec<_>>(), ["start charge"]);
    assert!(events.contains(&"drop stock".to_owned()), "{events:?}");
    assert_eq!(checkout.receipts.load(Ordering::SeqCst), 0);
    checkout.stage.open("charge");
    settle().await;
    assert_eq!(checkout.stage.events(), ["end charge"]);
    // Nobody takes its result, and nothing is left of the call.
    assert_eq!(checkout.receipts.load(Ordering::SeqCst), 1);
    assert_eq!(Arc::strong_count(checkout), 1);
}

#[test]
fn its_result_reaches_its_dependents() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    checkout.stage.open("charge");
    checkout.stage.open("stock");
    one_thread().block_on(async {
        assert_eq!(checkout.order().await, 0);
        // The first receipt is gone by now.
        assert_eq!(checkout.run().order().await, &1);
    });
    assert_eq!((checkout.receipts.load(Ordering::SeqCst), Arc::strong_count(&checkout)), (2, 1));
}

#[test]
fn it_ends_after_its_terminal_is_dropped() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    one_thread().block_on(async {
        {
            let mut order = pin!(checkout.order());
            assert!(poll(order.as_mut()).is_pending());
            settle().await;
        }
        assert_only_charge_goes_on(&checkout).await;
    });
}

#[test]
fn it_ends_after_its_run_is_dropped() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    one_thread().block_on(async {
        let run = checkout.run();
        assert!(poll(pin!(run.order())).is_pending());
        settle().await;
        drop(run);
        assert_only_charge_goes_on(&checkout).await;
    });
}

#[test]
fn a_failure_does_not_wait_for_it() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    one_thread().block_on(async {
        let mut fallible = pin!(checkout.fallible());
        assert!(poll(fallible.as_mut()).is_pending());
        settle().await;
        checkout.stage.open("fails");
        assert_eq!(fallible.await, Err("no".to_owned()));
        assert_only_charge_goes_on(&checkout).await;
    });
}

#[test]
fn a_panic_does_not_stop_it() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    one_thread().block_on(async {
        {
            let mut panicky = pin!(checkout.panicky());
            assert!(poll(panicky.as_mut()).is_pending());
            settle().await;
            checkout.stage.open("panics");
            let payload = catch_unwind(AssertUnwindSafe(|| poll(panicky.as_mut()))).unwrap_err();
            assert_eq!(*payload.downcast::<u64>().unwrap(), 7);
        }
        assert_only_charge_goes_on(&checkout).await;
    });
}

#[test]
fn it_never_starts_if_its_caller_is_gone_before() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    one_thread().block_on(async {
        assert!(poll(pin!(checkout.charge())).is_pending());
        settle().await;
    });
    assert_eq!(checkout.stage.events(), Vec::<String>::new());
    assert_eq!(Arc::strong_count(&checkout), 1);
}

#[test]
fn its_failure_and_its_panic_are_those_of_a_spawned_task() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    checkout.stage.open("refused");
    checkout.stage.open("broken");
    one_thread().block_on(async {
        assert_eq!(checkout.refused().await, Err("refused".to_owned()));
        let payload = tokio::spawn({
            let checkout = Arc::clone(&checkout);
            async move { checkout.broken().await }
        });
        assert_eq!(*payload.await.unwrap_err().into_panic().downcast::<u64>().unwrap(), 8);
        let error = checkout.run().refused().await.unwrap_err();
        assert_eq!((error.task(), error.is_panic()), ("refused", false));
    });
}

#[test]
fn its_late_panic_reaches_nobody() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    one_thread().block_on(async {
        {
            let mut broken = pin!(checkout.broken());
            assert!(poll(broken.as_mut()).is_pending());
            settle().await;
        }
        checkout.stage.open("broken");
        settle().await;
    });
    assert_eq!(checkout.stage.events(), ["start broken", "end broken"]);
    assert_eq!(Arc::strong_count(&checkout), 1);
}

#[tokio::test(start_paused = true)]
async fn its_further_attempts_are_made_without_its_caller() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    {
        let mut stubborn = pin!(checkout.stubborn());
        assert!(poll(stubborn.as_mut()).is_pending());
        settle().await;
    }
    checkout.stage.open("stubborn");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(checkout.stage.events(), ["start stubborn", "end stubborn"].repeat(3));
    assert_eq!(Arc::strong_count(&checkout), 1);
}

#[test]
fn a_shutdown_of_the_runtime_cuts_it() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    let runtime = one_thread();
    runtime.block_on(async {
        let mut charge = pin!(checkout.charge());
        assert!(poll(charge.as_mut()).is_pending());
        settle().await;
    });
    drop(runtime);
    assert_eq!(checkout.stage.events(), ["start charge", "drop charge"]);
    assert_eq!(Arc::strong_count(&checkout), 1);
}

/// Logs all events.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("start {} {}", task.name(), task.attempt()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = format!("{outcome:?}");
        let outcome = outcome.split('(').next().unwrap_or_default();
        self.0.lock().unwrap().push(format!("{outcome} {} {}", task.name(), task.attempt()));
    }
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_one_end_of_each_attempt() {
    let _deadline = crate::common::deadline();
    let checkout = Arc::new(Checkout::default());
    let log = Arc::new(Log::default());
    {
        let run = checkout.run().observe(Arc::clone(&log));
        assert!(poll(pin!(run.stubborn())).is_pending());
        settle().await;
    }
    checkout.stage.open("stubborn");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let told = std::mem::take(&mut *log.0.lock().unwrap());
    let expected = [
        "start stubborn 1",
        // The run is gone, and with it the result.
        "Cancelled stubborn 1",
        "start stubborn 2",
        "Failed stubborn 2",
        "start stubborn 3",
        "Cancelled stubborn 3",
    ];
    assert_eq!(told, expected);
}

/// Started and ended payments of many callers that leave at random.
#[derive(Default)]
struct Payments {
    started: AtomicUsize,
    ended: AtomicUsize,
}

#[dag(spawn)]
impl Payments {
    #[task(finish)]
    async fn first(&self) -> u32 {
        self.started.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        1
    }

    #[task(finish)]
    async fn second(&self) -> u32 {
        self.started.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        2
    }

    #[depends(first, second)]
    async fn both(&self, first: u32, second: u32) -> u32 {
        tokio::task::yield_now().await;
        first + second
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_started_task_ends_whenever_the_callers_leave() {
    let _deadline = crate::common::deadline();
    let payments = Arc::new(Payments::default());
    for round in 0..300 {
        let mut both = Box::pin(payments.both());
        for _ in 0..round % 7 {
            if poll(both.as_mut()).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    // The last caller leaves when a payment has started: on a busy machine, the others may have left too early.
    let mut both = Box::pin(payments.both());
    while poll(both.as_mut()).is_pending() && payments.started.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    drop(both);
    // The last owner of the object may be a body that ends.
    while Arc::strong_count(&payments) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(payments.started.load(Ordering::SeqCst), payments.ended.load(Ordering::SeqCst));
    assert!(payments.started.load(Ordering::SeqCst) > 0);
}
