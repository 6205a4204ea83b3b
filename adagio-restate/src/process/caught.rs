//! Failures that are caught, and tasks that a body asks for.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use adagio::durable::Durable;
use adagio::{Lazy, TaskError, dag};
use serde_json::value::RawValue;
use tokio::task::yield_now;

use super::tests::{entry, names, process, text};
use crate::results::Results;

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

fn shop() -> (Arc<Shop>, Results) {
    (Arc::new(Shop::default()), Results::new(Shop::GRAPH, Shop::INSIDE))
}

/// Returns the results of a journal in which `feed` has failed.
fn without_feed() -> Results {
    let mut results = Results::new(Quote::GRAPH, Quote::INSIDE);
    results.extend(
        serde_json::from_str(
            r#"{"tasks":[{"task":"feed","value":null,"failure":{"error":"closed","code":500},"attempt":1,"version":1,
                "started":0,"ended":0}]}"#,
        )
        .unwrap(),
    );
    results
}

#[tokio::test]
async fn a_failure_is_in_the_journal_before_a_task_catches_it() {
    let (shop, mut results) = shop();
    let mut first = process(&shop, "bill", &results);
    let attempts = [1, 2, 3];
    for attempt in attempts {
        let failed = entry(&mut first, &mut results).await.unwrap();
        assert_eq!((names(&failed), failed.tasks[0].attempt), (vec!["load"], attempt));
    }
    let told = entry(&mut first, &mut results).await.unwrap();
    assert_eq!(told.tasks[0].because.as_ref().map(|failed| failed.task.as_str()), Some("load"));
    assert_eq!(names(&told), ["coupon"]);
    assert!(shop.seen.lock().unwrap().is_empty(), "`price` has not acted on it");
    assert_eq!(shop.attempts.load(Relaxed), 3);
    drop(first);

    // The next life has no more than the failures.
    let later = Arc::new(Shop::default());
    let mut second = process(&later, "bill", &results);
    for task in ["price", "bill"] {
        assert_eq!(names(&entry(&mut second, &mut results).await.unwrap()), [task]);
    }
    assert_eq!(results.get("bill").map(RawValue::get), Some("21"));
    assert_eq!(
        (later.attempts.load(Relaxed), later.seen.lock().unwrap().clone()),
        (0, vec![r#"Err("load")"#.to_owned()])
    );
}

#[tokio::test]
async fn a_failure_from_the_journal_that_a_body_asks_for_is_caught() {
    let mut results = without_feed();
    let mut process = process(&Arc::new(Quote), "bill", &results);
    while results.get("bill").is_none() {
        entry(&mut process, &mut results).await.unwrap();
    }
    assert_eq!(results.get("bill").map(RawValue::get), Some("5"));
}

#[tokio::test]
async fn a_failure_from_the_journal_that_the_goal_asks_for_ends_the_invocation() {
    let mut results = without_feed();
    let mut process = process(&Arc::new(Quote), "asked", &results);
    assert_eq!(names(&entry(&mut process, &mut results).await.unwrap()), ["hint"]);
    let error = loop {
        if let Err(error) = entry(&mut process, &mut results).await {
            break error;
        }
    };
    assert_eq!(text(&error), "Terminal error [500]: task `feed` failed: closed");
}

#[tokio::test]
async fn a_failure_that_the_goal_needs_ends_the_invocation_though_another_task_catches_it() {
    let (shop, mut results) = shop();
    let mut process = process(&shop, "needs_it", &results);
    for _ in 0..3 {
        assert_eq!(names(&entry(&mut process, &mut results).await.unwrap()), ["load"]);
    }
    let error = entry(&mut process, &mut results).await.unwrap_err();
    assert_eq!(text(&error), "Terminal error [500]: task `load` failed: expired");
}

#[tokio::test]
async fn a_task_that_a_body_asks_for_is_journaled_and_another_does_not_run() {
    for is_foreign in [false, true] {
        let (shop, mut results) = shop();
        shop.is_foreign.store(is_foreign, Relaxed);
        let mut process = process(&shop, "bill", &results);
        while results.get("bill").is_none() {
            entry(&mut process, &mut results).await.unwrap();
        }
        assert_eq!(results.get("rates").is_some(), is_foreign);
        assert_eq!(results.get("bill").map(RawValue::get), Some(if is_foreign { "42" } else { "21" }));
    }
}
