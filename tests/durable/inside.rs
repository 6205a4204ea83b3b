//! A durable block inside another: the results of its tasks are kept, and used again.

use std::error::Error;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adagio::durable::{Durable, DurableRun, Keeper, Keeps, current};
use adagio::{TaskError, dag};
use serde::{Deserialize, Serialize};

use crate::common::deadline;

type Log = Arc<Mutex<Vec<String>>>;

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

/// The innermost graph.
// Clippy takes the `pin!` of the generated code for an unsafe method of the type.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Serialize, Deserialize)]
struct Tax {
    #[serde(skip)]
    ran: Log,
}

#[dag(durable)]
impl Tax {
    async fn rate(&self) -> u32 {
        note(&self.ran, "rate");
        2
    }
}

#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Serialize, Deserialize)]
struct Pricing {
    is_sold: bool,
    #[serde(skip)]
    ran: Log,
}

#[dag(durable)]
impl Pricing {
    #[task(graph)]
    fn tax(&self) -> Tax {
        note(&self.ran, "tax");
        Tax { ran: Arc::clone(&self.ran) }
    }

    #[task(version = 2)]
    async fn price(&self) -> Result<u32, String> {
        note(&self.ran, "price");
        if self.is_sold { Err("sold".to_owned()) } else { Ok(40) }
    }

    #[depends(price, tax.rate)]
    fn total(&self, price: u32, rate: u32) -> Result<u32, String> {
        note(&self.ran, "total");
        price.checked_add(rate).ok_or_else(|| "too much".to_owned())
    }

    #[task(retry = 3, backoff = "1ms..1ms")]
    async fn hint(&self) -> Result<String, String> {
        note(&self.ran, "hint");
        if current().is_some_and(|current| current.attempt() < 3) { Err("busy".to_owned()) } else { Ok(String::new()) }
    }
}

#[derive(Default)]
struct Page {
    is_sold: bool,
    ran: Log,
}

#[dag(durable)]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing { is_sold: self.is_sold, ran: Arc::clone(&self.ran) }
    }

    #[depends(pricing.total)]
    pub(crate) async fn page(&self, total: u32) -> Result<u32, String> {
        Ok(total)
    }

    #[depends(pricing.hint)]
    pub(crate) async fn help(&self) -> Result<(), String> {
        Ok(())
    }
}

fn note(log: &Log, task: &str) {
    let place = current().map_or(task.to_owned(), |current| current.idempotency_key());
    log.lock().unwrap().push(place);
}

#[derive(Clone)]
struct Memory(Arc<str>, Log);

impl Keeper for Memory {
    fn run_id(&self) -> &Arc<str> {
        &self.0
    }

    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
        self.1.lock().unwrap().push(format!("{task} = {}", String::from_utf8(result).unwrap()));
        Box::pin(ready(Ok(())))
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, _: Option<Duration>) -> Keeps {
        self.1.lock().unwrap().push(format!("{task} failed {attempts} times: {}", error.source().unwrap()));
        Box::pin(ready(Ok(())))
    }

    fn attempts(&self, task: &'static str) -> (u32, Duration) {
        (u32::from(task == "pricing.hint"), Duration::ZERO)
    }
}

fn memory() -> Memory {
    Memory("7".into(), Log::default())
}

#[tokio::test(flavor = "current_thread")]
async fn results_inside_are_kept_by_the_names_of_their_tasks() {
    let _deadline = deadline();
    let (page, memory) = (Arc::new(Page::default()), memory());
    assert_eq!(page.durable_run().keep(memory.clone()).result("page").await.unwrap(), b"42");
    let mut kept = take(&memory.1);
    kept.sort();
    assert_eq!(
        kept,
        [
            "page = 42",
            "pricing = {\"is_sold\":false}",
            "pricing.price = 40",
            "pricing.tax = {}",
            "pricing.tax.rate = 2",
            "pricing.total = 42"
        ]
    );
    let mut ran = take(&page.ran);
    ran.sort();
    assert_eq!(ran, ["7/pricing.price", "7/pricing.tax", "7/pricing.tax.rate", "7/pricing.total"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_task_inside_with_a_stored_result_does_not_run() {
    let _deadline = deadline();
    let (page, memory) = (Arc::new(Page::default()), memory());
    let run = page.durable_run().seed("pricing.price", b"10").unwrap().seed("pricing.tax.rate", b"3").unwrap();
    assert_eq!(run.keep(memory.clone()).result("page").await.unwrap(), b"13");
    assert_eq!(take(&page.ran), ["7/pricing.tax", "7/pricing.total"]);
    assert!(take(&memory.1).iter().all(|kept| !kept.starts_with("pricing.price")), "it is stored already");

    let run = page.durable_run().seed("pricing.total", b"5").unwrap();
    assert_eq!(run.result("page").await.unwrap(), b"5", "a run without a keeper takes it, too");
}

#[tokio::test(flavor = "current_thread")]
async fn a_stored_result_inside_that_cannot_be_read_fails_its_task() {
    let _deadline = deadline();
    let page = Arc::new(Page::default());
    let run = page.durable_run().seed("pricing.price", b"\"forty\"").unwrap();
    let error = run.result("page").await.unwrap_err();
    assert_eq!(error.task(), "pricing.price");
    assert_eq!(error.source().unwrap().to_string(), "its stored result cannot be read");
}

#[tokio::test(flavor = "current_thread")]
async fn a_stored_failure_inside_is_the_outcome_of_its_task() {
    let _deadline = deadline();
    let page = Arc::new(Page::default());
    let error = Page::GRAPH.failure("pricing.price", "sold out");
    let run = page.durable_run().seed_failure("pricing.price", error);
    let error = run.result("page").await.unwrap_err();
    assert_eq!((error.task(), error.source().unwrap().to_string().as_str()), ("pricing.price", "sold out"));
    assert!(!take(&page.ran).contains(&"price".to_owned()));
    run.retry_failed();
    assert_eq!(run.result("page").await.unwrap(), b"42", "it runs if it is tried again");
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_inside_is_kept() {
    let _deadline = deadline();
    let (page, memory) = (Arc::new(Page { is_sold: true, ..Page::default() }), memory());
    let run = page.durable_run().keep(memory.clone());
    assert_eq!(run.result("page").await.unwrap_err().task(), "pricing.price");
    assert!(take(&memory.1).contains(&"pricing.price failed 1 times: sold".to_owned()));
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn attempts_inside_are_kept_and_those_of_an_earlier_life_count() {
    let _deadline = deadline();
    let (page, memory) = (Arc::new(Page::default()), memory());
    page.durable_run().keep(memory.clone()).result("help").await.unwrap();
    assert_eq!(take(&page.ran), ["7/pricing.hint"; 2]);
    assert!(take(&memory.1).contains(&"pricing.hint failed 2 times: busy".to_owned()));
}

#[test]
fn the_versions_inside_are_known() {
    let version = |task| Page::GRAPH.version(Page::INSIDE, task);
    assert_eq!(
        ["page", "pricing.price", "pricing.tax.rate", "pricing.page"].map(version),
        [Some(1), Some(2), Some(1), None]
    );
    let stored = [("pricing", 1), ("pricing.price", 1), ("pricing.tax.rate", 1), ("page", 1), ("help", 1)];
    assert_eq!(Page::GRAPH.fresh_names(Page::INSIDE, stored), ["help", "pricing", "pricing.tax.rate"]);
}

#[tokio::test(flavor = "current_thread")]
#[should_panic(expected = "no task is called `prices.total`")]
async fn a_name_whose_graph_is_unknown_is_a_mistake() {
    let _deadline = deadline();
    _ = Arc::new(Page::default()).durable_run().seed("prices.total", b"1");
}
