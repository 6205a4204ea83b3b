//! Failures that are caught, and branches that are chosen, in runs with a keeper and without.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adagio::durable::{Durable, DurableRun, Keeper, Keeps, Past, PastEnd};
use adagio::{EdgeKind, Lazy, Outcome, TaskError, TimelineTask, dag};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::common::deadline;

/// Keeps nothing; the failure of one task waits for a permit, and that of another cannot be kept.
struct Gate {
    id: Arc<str>,
    waits: &'static str,
    permits: Arc<Semaphore>,
    full: &'static str,
}

impl Gate {
    fn new(waits: &'static str, full: &'static str) -> (Self, Arc<Semaphore>) {
        let permits = Arc::new(Semaphore::new(0));
        (Self { id: "7".into(), waits, permits: Arc::clone(&permits), full }, permits)
    }
}

impl Keeper for Gate {
    fn run_id(&self) -> &Arc<str> {
        &self.id
    }

    fn keep(&self, _: &'static str, _: Vec<u8>) -> Keeps {
        Box::pin(async { Ok(()) })
    }

    fn failed(&self, task: &'static str, _: u32, _: &TaskError, _: Option<Duration>) -> Keeps {
        let (waits, is_full, permits) = (task == self.waits, task == self.full, Arc::clone(&self.permits));
        Box::pin(async move {
            if waits {
                permits.acquire().await?.forget();
            }
            if is_full { Err("the disk is full".into()) } else { Ok(()) }
        })
    }
}

#[derive(Default)]
struct Both {
    reports: Mutex<Vec<String>>,
}

#[dag(durable)]
impl Both {
    async fn slow(&self) -> Result<u32, String> {
        yield_now().await;
        Err("slow".to_owned())
    }

    async fn quick(&self) -> Result<u32, String> {
        Err("quick".to_owned())
    }

    #[depends(slow, quick)]
    fn sum(&self, slow: u32, quick: u32) -> u32 {
        slow + quick
    }

    #[depends(catch sum)]
    pub(crate) async fn report(&self, sum: Result<u32, TaskError>) {
        self.reports.lock().unwrap().push(chain(&sum.unwrap_err()));
    }
}

fn chain(error: &TaskError) -> String {
    format!("{error}: {}", error.source().unwrap())
}

#[tokio::test(flavor = "current_thread")]
async fn failures_become_known_in_the_order_in_which_the_keeper_got_them() {
    let _deadline = deadline();
    let (both, (gate, permits)) = (Arc::new(Both::default()), Gate::new("quick", ""));
    let run = both.durable_run().keep(gate);
    let mut complete = std::pin::pin!(run.complete());
    for _ in 0..5 {
        assert!(complete.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        yield_now().await;
    }
    assert!(both.reports.lock().unwrap().is_empty(), "the failure of `slow` came second, and must stay so");
    permits.add_permits(1);
    assert!(complete.await.is_empty());
    assert_eq!(*both.reports.lock().unwrap(), ["task `quick` failed: quick"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_that_cannot_be_kept_is_not_caught() {
    let _deadline = deadline();
    let (both, (gate, _)) = (Arc::new(Both::default()), Gate::new("", "quick"));
    let run = both.durable_run().keep(gate);
    let failures: Vec<_> = run.complete().await.iter().map(chain).collect();
    assert_eq!(failures, ["task `quick` failed: the disk is full"]);
    assert!(both.reports.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_that_was_caught_does_not_keep_a_run_from_its_end() {
    let _deadline = deadline();
    let run = Arc::new(Both::default()).durable_run();
    assert!(run.complete().await.is_empty());
    let failures: Vec<_> = run.settle().await.iter().map(chain).collect();
    assert_eq!(failures, ["task `slow` failed: slow", "task `quick` failed: quick"]);
    assert_eq!(run.result("report").await.unwrap(), b"null");
}

#[test]
fn a_task_that_catches_a_failure_is_not_skipped_in_a_timeline() {
    let past: Vec<_> = (0..Chosen::GRAPH.tasks.len())
        .map(|task| {
            let has_failed = Chosen::GRAPH.tasks[task].name == "price";
            let ended = has_failed.then(|| (Duration::ZERO, PastEnd::Failed("closed".to_owned())));
            Past { task, started: has_failed.then_some(Duration::ZERO), ended }
        })
        .collect();
    let skipped = |edges| {
        let timeline = Chosen::GRAPH.timeline_with_edges((&[], edges), None, &past, Duration::ZERO);
        let is_skipped = |task: &TimelineTask| matches!(task.outcome(), Some(Outcome::Skipped { because: "price" }));
        timeline.tasks().into_iter().filter(is_skipped).map(|task| task.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(skipped(&[]), ["offer", "bill"]);
    assert_eq!(skipped(Chosen::EDGES), ["bill"]);
}

#[test]
fn the_kinds_of_dependencies_are_data() {
    let edges: Vec<_> = Chosen::EDGES.iter().map(|edge| (edge.task, edge.dependency, edge.kind)).collect();
    let place = |task| Chosen::GRAPH.position(task).unwrap();
    assert_eq!(
        edges,
        [(place("price"), place("rates"), EdgeKind::Lazy), (place("offer"), place("price"), EdgeKind::Catch)]
    );
}

#[derive(Default)]
struct Chosen {
    is_foreign: bool,
    asked: AtomicU32,
}

#[dag(durable)]
impl Chosen {
    async fn rates(&self) -> Result<u32, String> {
        self.asked.fetch_add(1, Relaxed);
        Err("no rates today".to_owned())
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: Lazy<'_, u32>) -> u32 {
        if self.is_foreign { *rates.await } else { 21 }
    }

    #[depends(catch price)]
    pub(crate) async fn offer(&self, price: Option<u32>) -> Option<u32> {
        price
    }

    #[depends(price)]
    pub(crate) async fn bill(&self, price: u32) -> u32 {
        price
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_run_needs_a_lazy_dependency_only_if_a_body_asks_for_it() {
    let _deadline = deadline();
    let chosen = Arc::new(Chosen::default());
    let run = chosen.durable_run();
    assert!(run.complete().await.is_empty());
    assert_eq!(chosen.asked.load(Relaxed), 0);
    assert_eq!(run.settle().await.len(), 1, "`settle` asks for everything");

    let run = Arc::new(Chosen { is_foreign: true, ..Chosen::default() }).durable_run();
    let failures: Vec<_> = run.complete().await.iter().map(chain).collect();
    assert_eq!(failures, ["task `rates` failed: no rates today"]);
    assert_eq!(run.result("offer").await.unwrap(), b"null");
}

#[tokio::test(flavor = "current_thread")]
async fn a_completed_run_completes_at_once() {
    let _deadline = deadline();
    let run = Arc::new(Chosen::default()).durable_run();
    run.complete().await;
    let mut again = std::pin::pin!(run.complete());
    let poll = again.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(poll, Poll::Ready(failures) if failures.is_empty()));
}
