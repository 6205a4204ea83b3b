//! A run with a keeper: nobody sees a result before the keeper has it.

use std::error::Error;
use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adagio::durable::{Durable, DurableRun, Keeper, Keeps, current};
use adagio::{TaskError, dag};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::common::deadline;

/// Keeps results in memory, and can be told to wait or to fail.
#[derive(Clone)]
struct Memory(Arc<Shelf>);

struct Shelf {
    id: Arc<str>,
    log: Mutex<Vec<String>>,
    /// The task whose result is never safe.
    stuck: &'static str,
    /// The task whose result finds the disk full.
    full: &'static str,
    earlier: (u32, Duration),
}

impl Memory {
    fn new() -> Self {
        Self::with("", "", (0, Duration::ZERO))
    }

    fn with(stuck: &'static str, full: &'static str, earlier: (u32, Duration)) -> Self {
        Self(Arc::new(Shelf { id: "order-7".into(), log: Mutex::default(), stuck, full, earlier }))
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.log.lock().unwrap())
    }

    fn note(&self, text: String) {
        self.0.log.lock().unwrap().push(text);
    }
}

impl Keeper for Memory {
    fn run_id(&self) -> &Arc<str> {
        &self.0.id
    }

    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
        let this = self.clone();
        Box::pin(async move {
            if task == this.0.stuck {
                pending::<()>().await;
            }
            if task == this.0.full {
                return Err("the disk is full".into());
            }
            this.note(format!("{task} = {}", String::from_utf8(result).unwrap()));
            Ok(())
        })
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps {
        let source = error.source().unwrap();
        self.note(format!(
            "{task} failed {attempts} times: {source}, {}",
            if wait.is_some() { "again" } else { "final" }
        ));
        let is_full = wait.is_none() && task == self.0.full;
        Box::pin(async move { if is_full { Err("the disk is full".into()) } else { Ok(()) } })
    }

    fn attempts(&self, task: &'static str) -> (u32, Duration) {
        if task == "charge" { self.0.earlier } else { (0, Duration::ZERO) }
    }
}

/// An order whose bank is busy a few times.
#[derive(Default)]
struct Order {
    busy: u32,
    calls: AtomicU32,
    ran: Mutex<Vec<String>>,
}

impl Order {
    fn busy(times: u32) -> Arc<Self> {
        Arc::new(Self { busy: times, ..Self::default() })
    }

    fn starts(&self) {
        let place = current().map_or("nowhere".to_owned(), |current| {
            assert!(current.run() == "order-7" && current.idempotency_key().starts_with("order-7/"));
            format!("{} {}", current.task(), current.attempt())
        });
        self.ran.lock().unwrap().push(place);
    }

    fn ran(&self) -> Vec<String> {
        std::mem::take(&mut self.ran.lock().unwrap())
    }
}

#[dag(durable)]
impl Order {
    fn reserve(&self) -> u32 {
        self.starts();
        7
    }

    #[depends(reserve)]
    #[task(retry = 3, backoff = "50ms..2s")]
    async fn charge(&self, reserve: u32) -> Result<u32, String> {
        self.starts();
        if self.calls.fetch_add(1, Relaxed) < self.busy { Err("busy".to_owned()) } else { Ok(reserve + 1) }
    }

    #[task(blocking)]
    pub(crate) fn print(&self) -> u32 {
        self.starts();
        9
    }

    #[depends(charge)]
    pub(crate) async fn ship(&self, charge: u32) -> u32 {
        self.starts();
        charge + 1
    }
}

/// The same on one thread alone, so that the order of events is exact.
#[derive(Default)]
struct Plain {
    ran: Mutex<Vec<&'static str>>,
}

impl Plain {
    fn ran(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.ran.lock().unwrap())
    }
}

#[dag(durable)]
impl Plain {
    fn first(&self) -> u32 {
        self.ran.lock().unwrap().push("first");
        1
    }

    async fn other(&self) -> u32 {
        self.ran.lock().unwrap().push("other");
        2
    }

    #[depends(first)]
    async fn second(&self, first: u32) -> f64 {
        self.ran.lock().unwrap().push("second");
        if first == 1 { 0.5 } else { f64::NAN }
    }

    #[depends(second, other)]
    pub(crate) async fn both(&self, second: f64) -> f64 {
        self.ran.lock().unwrap().push("both");
        second
    }
}

fn chain(error: &TaskError) -> String {
    format!("{error}: {}", error.source().unwrap())
}

#[tokio::test(flavor = "current_thread")]
async fn results_are_kept_in_the_order_in_which_they_come() {
    let _deadline = deadline();
    let (plain, memory) = (Arc::new(Plain::default()), Memory::new());
    let run = plain.durable_run().keep(memory.clone());
    assert!(run.settle().await.is_empty());
    assert_eq!(memory.log(), ["first = 1", "other = 2", "second = 0.5", "both = 0.5"]);
    assert!(matches!(run.both().await, Ok(&0.5)), "a result that may not be stored is a `Result`");
}

#[test]
fn a_result_is_seen_by_nobody_before_it_is_safe() {
    let (plain, memory) = (Arc::new(Plain::default()), Memory::with("first", "", (0, Duration::ZERO)));
    let run = plain.durable_run().keep(memory.clone());
    let mut cx = Context::from_waker(Waker::noop());
    let mut first = std::pin::pin!(run.first());
    let mut both = std::pin::pin!(run.both());
    for _ in 0..3 {
        assert!(first.as_mut().poll(&mut cx).is_pending() && both.as_mut().poll(&mut cx).is_pending());
    }
    assert_eq!(plain.ran(), ["first", "other"], "`second` waits for a result that is not safe yet");
    assert_eq!(memory.log(), ["other = 2"]);
    assert_eq!(run.first().peek().map(|_| ()), None);
}

#[test]
fn a_task_holds_its_slot_until_its_result_is_safe() {
    let (plain, memory) = (Arc::new(Plain::default()), Memory::with("first", "", (0, Duration::ZERO)));
    let run = plain.run().max_concurrency(1).keep(memory);
    let mut both = std::pin::pin!(run.both());
    assert!(both.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(plain.ran(), ["first"]);
}

#[tokio::test(flavor = "current_thread")]
async fn after_a_full_disk_nothing_starts() {
    let _deadline = deadline();
    let (plain, memory) = (Arc::new(Plain::default()), Memory::with("", "first", (0, Duration::ZERO)));
    let run = plain.durable_run().keep(memory.clone());
    let failures: Vec<_> = run.settle().await.iter().map(chain).collect();
    assert_eq!(failures[0], "task `first` failed: the disk is full");
    assert!(plain.ran().iter().all(|task| ["first", "other"].contains(task)));
    assert!(memory.log().iter().all(|kept| kept == "other = 2"), "a failure of the keeper is no failure to be kept");
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_failure_that_cannot_be_kept_is_not_told() {
    let _deadline = deadline();
    let order = Order::busy(9);
    let memory = Memory::with("", "charge", (0, Duration::ZERO));
    let run = order.run().keep(memory.clone());
    let error = run.ship().await.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "the disk is full");
    assert!(memory.log().last().unwrap().ends_with("busy, final"));
    order.ran();
    run.print().await.unwrap_err();
    assert_eq!(order.ran(), [""; 0]);
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "current_thread")]
async fn a_result_that_cannot_be_read_back_fails_its_task() {
    let _deadline = deadline();
    let (plain, memory) = (Arc::new(Plain::default()), Memory::new());
    let run = plain.durable_run().seed("first", b"2").unwrap().keep(memory.clone());
    let error = run.both().await.unwrap_err();
    let text = "its result cannot be read back: JSON stores a `NaN` or an infinite number as `null`";
    assert_eq!(chain(&error), format!("task `second` failed: {text}"));
    let log = memory.log();
    assert_eq!(
        log.last().map(String::as_str),
        Some(&*format!("second failed 1 times: {}, final", error.source().unwrap()))
    );
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn attempts_are_kept_and_bodies_know_them() {
    let _deadline = deadline();
    let (order, memory) = (Order::busy(2), Memory::new());
    let run = order.durable_run().keep(memory.clone());
    assert_eq!(run.result("ship").await.unwrap(), b"9");
    assert_eq!(order.ran(), ["reserve 1", "charge 1", "charge 2", "charge 3", "ship 1"]);
    let failed = ["charge failed 1 times: busy, again", "charge failed 2 times: busy, again"];
    assert_eq!(memory.log(), ["reserve = 7", failed[0], failed[1], "charge = 8", "ship = 9"]);
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn attempts_of_an_earlier_run_count() {
    let _deadline = deadline();
    let (order, memory) = (Order::busy(9), Memory::with("", "", (2, Duration::from_secs(60))));
    let run = order.durable_run().keep(memory.clone());
    let began = tokio::time::Instant::now();
    let error = run.ship().await.unwrap_err();
    assert!(began.elapsed() >= Duration::from_secs(60), "it waits as long as the earlier run would have");
    assert_eq!(order.ran(), ["reserve 1", "charge 3", "charge 4"]);
    assert_eq!(chain(&error), "task `charge` failed: busy");
    assert_eq!(memory.log()[1..], ["charge failed 3 times: busy, again", "charge failed 4 times: busy, final"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_body_on_a_blocking_thread_knows_its_run() {
    let _deadline = deadline();
    let (order, memory) = (Order::busy(0), Memory::new());
    assert_eq!(order.durable_run().keep(memory).result("print").await.unwrap(), b"9");
    assert_eq!(order.durable_run().result("print").await.unwrap(), b"9");
    assert_eq!(order.ran(), ["print 1", "nowhere"]);
    assert!(current().is_none());
}

#[tokio::test(flavor = "current_thread")]
async fn a_stored_failure_runs_nothing_that_needs_it() {
    let _deadline = deadline();
    let (plain, memory) = (Arc::new(Plain::default()), Memory::new());
    let failure = Plain::GRAPH.failure("second", "no ink");
    let run = plain.durable_run().seed_failure("second", failure).keep(memory.clone());
    let failures: Vec<_> = run.settle().await.iter().map(chain).collect();
    assert_eq!(failures, ["task `second` failed: no ink"]);
    assert_eq!(run.both().await.unwrap_err().task(), "second");
    assert_eq!((plain.ran(), memory.log()), (vec!["first", "other"], vec!["first = 1".into(), "other = 2".into()]));
    run.retry_failed();
    assert!(run.both().await.is_ok(), "it is forgotten as every failure");
}

/// A body that waits until it is dropped.
#[derive(Default)]
struct Patient {
    started: Notify,
    dropped: AtomicU32,
}

struct Dropped<'p>(&'p AtomicU32);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[derive(Serialize, Deserialize)]
struct Never;

#[dag(durable)]
impl Patient {
    async fn quick(&self) -> u32 {
        1
    }

    async fn here(&self) -> Never {
        let _dropped = Dropped(&self.dropped);
        self.started.notify_one();
        pending().await
    }

    #[task(spawn)]
    async fn there(&self) -> io::Result<Never> {
        let _dropped = Dropped(&self.dropped);
        pending().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_run_drops_its_bodies_whoever_drives_it() {
    let _deadline = deadline();
    let patient = Arc::new(Patient::default());
    let run = Arc::new(patient.durable_run().keep(Memory::new()));
    let waiter = tokio::spawn({
        let run = Arc::clone(&run);
        async move { run.settle().await }
    });
    patient.started.notified().await;
    run.stop();
    let failures = tokio::time::timeout(Duration::from_secs(60), waiter).await.expect("it hangs").unwrap();
    assert!(failures.iter().all(TaskError::is_aborted) && failures.len() == 2, "{failures:?}");
    assert!(run.here().await.is_err_and(|error| error.is_aborted()));
    assert!(matches!(run.quick().await, Ok(1)), "results stay");
    run.retry_failed();
    assert!(run.there().await.is_err(), "a stopped run starts nothing");
    drop(run);
    let gone = async {
        while Arc::strong_count(&patient) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.expect("nothing holds the object");
    assert!(patient.dropped.load(Relaxed) >= 1);
}

#[test]
fn a_run_that_is_stopped_by_its_own_body_ends() {
    struct Own(Mutex<Option<Box<dyn Fn() + Send>>>);

    #[dag(durable)]
    impl Own {
        async fn stops(&self) -> u32 {
            self.0.lock().unwrap().as_ref().unwrap()();
            pending().await
        }
    }

    let own = Arc::new(Own(Mutex::new(None)));
    let run = Arc::new(own.durable_run());
    *own.0.lock().unwrap() = Some(Box::new({
        let run = Arc::downgrade(&run);
        move || run.upgrade().unwrap().stop()
    }));
    let mut stops = std::pin::pin!(run.stops());
    let poll = stops.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(poll, Poll::Ready(Err(error)) if error.is_aborted()));
}

/// A generic block with tasks on other threads.
struct Shop<T> {
    item: T,
}

#[dag(durable, spawn)]
impl<T: Clone + Send + Sync + Serialize + for<'d> Deserialize<'d> + 'static> Shop<T> {
    pub(crate) async fn item(&self) -> T {
        assert_eq!(current().map(|current| current.idempotency_key()).as_deref(), Some("order-7/item"));
        assert!(tokio::spawn(async { current() }).await.unwrap().is_none(), "another task is no body of the run");
        self.item.clone()
    }

    #[depends(item)]
    pub(crate) async fn sold(&self, item: &T) -> Result<(T, u8), String> {
        Ok((item.clone(), 1))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_of_other_threads_are_kept() {
    let _deadline = deadline();
    let (shop, memory) = (Arc::new(Shop { item: "lamp".to_owned() }), Memory::new());
    let run = shop.durable_run().keep(memory.clone());
    assert!(matches!(run.sold().await, Ok((item, 1)) if item == "lamp"));
    assert_eq!(memory.log(), [r#"item = "lamp""#, r#"sold = ["lamp",1]"#]);

    let memory = Memory::with("", "item", (0, Duration::ZERO));
    let error = shop.durable_run().keep(memory.clone()).sold().await.unwrap_err();
    assert_eq!((chain(&error).as_str(), memory.log()), ("task `item` failed: the disk is full", vec![]));
}
