//! Failures that are caught, and tasks that a body asks for.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use adagio::durable::Durable;
use adagio::{Lazy, TaskError, dag};
use tokio::task::yield_now;

use super::Process;
use crate::entry::{Entry, Failed, Results};
use crate::order::Order;

#[derive(Default)]
struct Shop {
    attempts: AtomicU32,
    seen: Mutex<Vec<String>>,
    is_foreign: AtomicBool,
}

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Shop {
    #[task(retry = 2, backoff = "1ms..1ms")]
    async fn load(&self) -> Result<u32, String> {
        self.attempts.fetch_add(1, Relaxed);
        Err("expired".to_owned())
    }

    #[depends(load)]
    fn coupon(&self, load: u32) -> u32 {
        load
    }

    async fn rates(&self) -> u32 {
        yield_now().await;
        2
    }

    #[depends(catch coupon, lazy rates)]
    async fn price(&self, coupon: Result<u32, TaskError>, rates: Lazy<'_, u32>) -> u32 {
        self.seen.lock().unwrap().push(format!("{:?}", coupon.map_err(|error| error.task())));
        if self.is_foreign.load(Relaxed) { 21 * *rates.await } else { 21 }
    }

    #[depends(price)]
    pub(crate) fn bill(&self, price: u32) -> u32 {
        price
    }

    #[depends(price, coupon)]
    pub(crate) fn needs_it(&self, price: u32, coupon: u32) -> u32 {
        price + coupon
    }
}

struct Quote;

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Quote {
    async fn feed(&self) -> Result<u32, String> {
        Err("closed".to_owned())
    }

    #[depends(lazy feed)]
    async fn price(&self, feed: Lazy<'_, u32>) -> u32 {
        *feed.await
    }

    #[depends(catch price)]
    pub(crate) fn bill(&self, price: Result<u32, TaskError>) -> u32 {
        price.unwrap_or(5)
    }

    #[depends(catch feed)]
    fn hint(&self, feed: Option<u32>) -> u32 {
        feed.unwrap_or(1)
    }

    #[depends(hint, lazy feed)]
    pub(crate) async fn asked(&self, hint: u32, feed: Lazy<'_, u32>) -> u32 {
        hint + *feed.await
    }
}

/// `late` fails after some polls, and only then.
struct Slow(u32);

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Slow {
    async fn late(&self) -> Result<u32, String> {
        let mut left = self.0;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Err("late".to_owned())
    }

    async fn early(&self) -> u32 {
        1
    }

    #[depends(early, catch late)]
    pub(crate) fn sum(&self, early: u32, late: Option<u32>) -> u32 {
        early + late.unwrap_or(1)
    }
}

fn order(goal: &str) -> Order {
    Order::new(Shop::GRAPH, Shop::EDGES, place(goal))
}

fn place(task: &str) -> usize {
    Shop::GRAPH.position(task).expect("a task of the graph")
}

fn names(entry: &Entry) -> Vec<&str> {
    entry.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_caught_failure_is_an_outcome_in_the_journal() {
    let (shop, order) = (Arc::new(Shop::default()), order("bill"));
    let mut results = Results::new(Shop::GRAPH);
    let process = Process::new(&order, shop.durable_run(), &results).unwrap();
    let entry = process.entry(place("load"), &results).await.unwrap();
    assert_eq!(shop.attempts.load(Relaxed), 3, "they are made here: the engine would come too late");
    let failed = ["load", "coupon"].map(|task| entry[task].failed.clone().unwrap());
    assert!(failed.iter().all(|failed| (failed.task.as_str(), failed.error.as_str()) == ("load", "expired")));
    // The next life has this entry alone, and `price` did not run before it was made.
    let failures = entry.into_iter().filter(|(task, _)| ["load", "coupon"].contains(&task.as_str())).collect();
    results.extend_with(failures);

    let later = Arc::new(Shop::default());
    let process = Process::new(&order, later.durable_run(), &results).unwrap();
    for task in ["price", "bill"].map(place) {
        if !results.has(task) {
            results.extend_with(process.entry(task, &results).await.unwrap());
        }
    }
    assert_eq!(results.get(place("bill")).map(|value| value.get().to_owned()).as_deref(), Some("21"));
    assert_eq!(
        (later.attempts.load(Relaxed), later.seen.lock().unwrap().clone()),
        (0, vec![r#"Err("load")"#.to_owned()])
    );
}

#[tokio::test]
async fn a_failure_from_the_journal_that_a_body_asks_for_is_caught() {
    let place = |task| Quote::GRAPH.position(task).expect("a task of the graph");
    let order = Order::new(Quote::GRAPH, Quote::EDGES, place("bill"));
    let mut results = Results::new(Quote::GRAPH);
    results.fail(place("feed"), Failed { task: "feed".to_owned(), error: "closed".to_owned() });
    let process = Process::new(&order, Arc::new(Quote).durable_run(), &results).unwrap();
    let entry = process.entry(place("price"), &results).await.unwrap();
    assert_eq!(entry["price"].failed.as_ref().map(|failed| failed.task.as_str()), Some("feed"));
    results.extend_with(entry);
    if !results.has(place("bill")) {
        results.extend_with(process.entry(place("bill"), &results).await.unwrap());
    }
    assert_eq!(results.get(place("bill")).map(|value| value.get().to_owned()).as_deref(), Some("5"));
}

#[tokio::test]
async fn a_failure_from_the_journal_that_the_goal_asks_for_ends_the_invocation() {
    let place = |task| Quote::GRAPH.position(task).expect("a task of the graph");
    let order = Order::new(Quote::GRAPH, Quote::EDGES, place("asked"));
    let mut results = Results::new(Quote::GRAPH);
    results.fail(place("feed"), Failed { task: "feed".to_owned(), error: "closed".to_owned() });
    let process = Process::new(&order, Arc::new(Quote).durable_run(), &results).unwrap();
    let entry = process.entry(place("hint"), &results).await.unwrap();
    assert_eq!(names(&entry), ["hint"]);
    results.extend_with(entry);
    let error = process.entry(place("asked"), &results).await.unwrap_err();
    let text = AsRef::<dyn std::error::Error>::as_ref(&error).to_string();
    assert_eq!(text, "Terminal error [500]: task `feed` failed: closed");
}

#[tokio::test]
async fn an_entry_with_a_result_has_the_failure_that_its_task_caught() {
    let place = |task| Slow::GRAPH.position(task).expect("a task of the graph");
    let order = Order::new(Slow::GRAPH, Slow::EDGES, place("sum"));
    let mut together = 0;
    for polls in 1..20 {
        let results = Results::new(Slow::GRAPH);
        let process = Process::new(&order, Arc::new(Slow(polls)).durable_run(), &results).unwrap();
        let entry = process.entry(place("early"), &results).await.unwrap();
        assert!(!entry.contains_key("sum") || entry.contains_key("late"), "after {polls} polls: {entry:?}");
        together += usize::from(entry.contains_key("sum"));
    }
    assert!((1..19).contains(&together));
}

#[tokio::test]
async fn a_failure_that_the_goal_needs_ends_the_invocation_though_another_task_catches_it() {
    let (shop, order) = (Arc::new(Shop::default()), order("needs_it"));
    let results = Results::new(Shop::GRAPH);
    let process = Process::new(&order, shop.durable_run(), &results).unwrap();
    let error = process.entry(place("load"), &results).await.unwrap_err();
    let text = AsRef::<dyn std::error::Error>::as_ref(&error).to_string();
    assert_eq!(text, "Terminal error [500]: task `load` failed: expired");
}

#[tokio::test]
async fn a_task_that_a_body_asks_for_is_journaled_and_another_is_not() {
    for is_foreign in [false, true] {
        let (shop, order) = (Arc::new(Shop::default()), order("bill"));
        shop.is_foreign.store(is_foreign, Relaxed);
        let results = Results::new(Shop::GRAPH);
        let process = Process::new(&order, shop.durable_run(), &results).unwrap();
        let entry = process.entry(place("bill"), &results).await.unwrap();
        assert_eq!(names(&entry).contains(&"rates"), is_foreign, "{entry:?}");
        assert_eq!(entry["bill"].value.get(), if is_foreign { "42" } else { "21" });
    }
}
