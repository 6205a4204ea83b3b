//! Entry after entry of a run in this process.

use std::future::pending;
use std::sync::Arc;

use adagio::dag;
use adagio::durable::Durable;
use restate_sdk::errors::HandlerError;
use tokio::task::yield_now;

use super::*;

struct Shop;

#[dag(durable)]
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "tasks here are done at once")]
impl Shop {
    async fn slow(&self) -> u32 {
        yield_now().await;
        1
    }

    async fn quick(&self) -> u32 {
        2
    }

    #[depends(slow, quick)]
    pub(crate) fn both(&self, slow: u32, quick: u32) -> u32 {
        slow + quick
    }

    #[task(retry = 3)]
    async fn flaky(&self) -> Result<u32, String> {
        Err("the clerk is busy".to_owned())
    }

    #[depends(flaky, slow)]
    pub(crate) fn patient(&self, flaky: u32, slow: u32) -> u32 {
        flaky + slow
    }

    async fn stuck(&self) -> u32 {
        pending().await
    }

    async fn broken(&self) -> Result<u32, String> {
        yield_now().await;
        Err("the door is shut".to_owned())
    }

    #[depends(stuck, broken)]
    pub(crate) fn hopeless(&self, stuck: u32, broken: u32) -> u32 {
        stuck + broken
    }

    async fn wrong(&self) -> u32 {
        yield_now().await;
        panic!("the ink is out")
    }

    #[depends(stuck, wrong)]
    pub(crate) fn panicked(&self, stuck: u32, wrong: u32) -> u32 {
        stuck + wrong
    }
}

/// The same failure, on another thread than the one that waits.
struct Far;

#[dag(durable, spawn)]
impl Far {
    async fn stuck(&self) -> u32 {
        pending().await
    }

    async fn broken(&self) -> Result<u32, String> {
        yield_now().await;
        Err("the door is shut".to_owned())
    }

    #[depends(stuck, broken)]
    pub(crate) fn hopeless(&self, stuck: u32, broken: u32) -> u32 {
        stuck + broken
    }
}

fn place<G: Durable>(task: &str) -> usize {
    G::GRAPH.position(task).expect("a task of the graph")
}

fn names(entry: &Entry) -> Vec<&str> {
    entry.keys().map(String::as_str).collect()
}

fn text(error: &HandlerError) -> String {
    AsRef::<dyn std::error::Error>::as_ref(error).to_string()
}

#[tokio::test]
async fn an_entry_has_what_others_have_given_by_then() {
    let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, Shop::EDGES, place::<Shop>("both")));
    let mut results = Results::new(Shop::GRAPH);
    let process = Process::new(&order, shop.durable_run(), &results).unwrap();
    let entry = process.entry(place::<Shop>("slow"), &results).await.unwrap();
    assert_eq!(names(&entry), ["both", "quick", "slow"]);
    assert_eq!(entry["both"].value.get(), "3");
    results.extend_with(entry);
    assert!(order.tasks().iter().all(|&task| results.has(task)));
}

#[tokio::test]
async fn a_task_to_be_tried_again_is_handed_over_when_all_else_is_journaled() {
    let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, Shop::EDGES, place::<Shop>("patient")));
    let mut results = Results::new(Shop::GRAPH);
    let process = Process::new(&order, shop.durable_run(), &results).unwrap();
    let flaky = place::<Shop>("flaky");
    let entry = process.entry(flaky, &results).await.unwrap();
    assert_eq!(names(&entry), ["slow"], "the others first");
    results.extend_with(entry);
    let error = process.entry(flaky, &results).await.unwrap_err();
    assert_eq!(text(&error), "Retryable error: task `flaky` failed: the clerk is busy");
}

#[tokio::test]
async fn a_final_failure_ends_the_wait_for_another_task() {
    let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, Shop::EDGES, place::<Shop>("hopeless")));
    let results = Results::new(Shop::GRAPH);
    let process = Process::new(&order, shop.durable_run(), &results).unwrap();
    let error = process.entry(place::<Shop>("stuck"), &results).await.unwrap_err();
    assert_eq!(text(&error), "Terminal error [500]: task `broken` failed: the door is shut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_final_failure_on_another_thread_ends_the_wait_too() {
    let (far, order) = (Arc::new(Far), Order::new(Far::GRAPH, Far::EDGES, place::<Far>("hopeless")));
    let results = Results::new(Far::GRAPH);
    let process = Process::new(&order, far.durable_run(), &results).unwrap();
    let error = process.entry(place::<Far>("stuck"), &results).await.unwrap_err();
    assert_eq!(text(&error), "Terminal error [500]: task `broken` failed: the door is shut");
}

#[tokio::test]
async fn a_panic_is_to_be_tried_again_and_names_its_task() {
    let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, Shop::EDGES, place::<Shop>("panicked")));
    let results = Results::new(Shop::GRAPH);
    let process = Process::new(&order, shop.durable_run(), &results).unwrap();
    let error = process.entry(place::<Shop>("stuck"), &results).await.unwrap_err();
    assert_eq!(text(&error), "Retryable error: task `wrong` panicked: the ink is out");
}

#[tokio::test]
async fn a_stored_result_of_another_graph_is_to_be_tried_again() {
    let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, Shop::EDGES, place::<Shop>("both")));
    let mut results = Results::new(Shop::GRAPH);
    results.extend([("slow".to_owned(), RawValue::from_string("\"one\"".to_owned()).unwrap())]);
    let Err(error) = Process::new(&order, shop.durable_run(), &results) else { panic!("`slow` is no text") };
    assert_eq!(error.task(), "slow");
}
