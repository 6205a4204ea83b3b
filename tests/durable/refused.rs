//! Results that the keeper does not accept, and causes that it is to forget.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adagio::durable::{Durable, DurableRun, Keeper, Keeps, TooLarge};
use adagio::{TaskError, dag};
use serde::{Deserialize, Serialize};

use crate::common::deadline;

/// Keeps results of at most 9 bytes.
#[derive(Clone)]
struct Small(Arc<str>, Arc<Mutex<Vec<String>>>);

impl Small {
    fn new() -> Self {
        Self("7".into(), Arc::default())
    }

    fn note(&self, text: String) -> Keeps {
        self.1.lock().unwrap().push(text);
        Box::pin(ready(Ok(())))
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.1.lock().unwrap())
    }
}

impl Keeper for Small {
    fn run_id(&self) -> &Arc<str> {
        &self.0
    }

    fn accepts(&self, _: &'static str, result: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        TooLarge::check(result.len(), 9)?;
        Ok(())
    }

    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
        self.note(format!("{task} = {}", String::from_utf8(result).unwrap()))
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps {
        let end = if wait.is_some() { "again" } else { "final" };
        self.note(format!("{task} failed {attempts} times: {}, {end}", error.source().unwrap()))
    }

    fn caused(&self, task: &'static str, cause: &TaskError) -> Keeps {
        self.note(format!("{task} because of {}", cause.task()))
    }

    fn forget_causes(&self) {
        drop(self.note("forgotten".to_owned()));
    }
}

const TEXT: &str = "its result has 42 bytes, and at most 9 can be stored: store a reference to it";

// Clippy takes the `pin!` of the generated code for an unsafe method of the type.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Serialize, Deserialize)]
struct Inner;

#[dag(durable)]
impl Inner {
    async fn page(&self) -> Result<String, String> {
        Ok("x".repeat(40))
    }

    #[depends(catch page)]
    async fn short(&self, page: Result<&String, TaskError>) -> String {
        page.unwrap_err().task()[..4].to_owned()
    }
}

struct Pages;

#[dag(durable)]
impl Pages {
    /// Fails only if its result is not accepted.
    async fn plain(&self) -> Result<String, Infallible> {
        Ok("x".repeat(40))
    }

    #[depends(catch plain)]
    pub(crate) fn found_plain(&self, plain: Result<&String, TaskError>) -> bool {
        plain.is_ok()
    }

    #[task(retry = 3)]
    async fn page(&self) -> Result<String, String> {
        Ok("x".repeat(40))
    }

    #[depends(page)]
    fn length(&self, page: &str) -> usize {
        page.len()
    }

    #[depends(catch length)]
    pub(crate) async fn found(&self, length: Result<usize, TaskError>) -> bool {
        let error = length.unwrap_err();
        assert_eq!((error.task(), error.source().unwrap().to_string().as_str()), ("page", TEXT));
        false
    }

    #[task(graph)]
    fn inner(&self) -> Inner {
        Inner
    }

    #[depends(inner.short)]
    pub(crate) fn short(&self, short: &str) -> String {
        short.to_owned()
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_result_that_is_not_accepted_fails_its_task_once() {
    let _deadline = deadline();
    let small = Small::new();
    let run = Arc::new(Pages).durable_run().keep(small.clone());
    assert_eq!(run.result("found").await.unwrap(), b"false");
    let page = format!("page failed 1 times: {TEXT}, final");
    assert_eq!(small.log(), [&page, "length because of page", "found = false"]);
    let error = run.result("length").await.unwrap_err();
    let too_large = error.downcast_ref::<TooLarge>().unwrap();
    assert_eq!((error.task(), too_large.bytes(), too_large.limit()), ("page", 42, 9));

    // The next life has the stored failure, and decides the same.
    let run =
        Arc::new(Pages).durable_run().seed_failure("page", Pages::GRAPH.failure("page", TEXT)).keep(small.clone());
    assert_eq!(run.result("found").await.unwrap(), b"false");
    assert_eq!(small.log(), ["length because of page", "found = false"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_result_that_is_not_accepted_is_caught_inside_of_another_graph() {
    let _deadline = deadline();
    let small = Small::new();
    let run = Arc::new(Pages).durable_run().keep(small.clone());
    assert_eq!(run.result("short").await.unwrap(), br#""inne""#);
    let page = format!("inner.page failed 1 times: {TEXT}, final");
    assert_eq!(small.log(), ["inner = null", &page, r#"inner.short = "inne""#, r#"short = "inne""#]);
}

/// `bank` fails at first, and `sum` later.
#[derive(Default)]
struct Both {
    is_open: AtomicBool,
}

#[dag(durable)]
impl Both {
    async fn bank(&self) -> Result<u32, String> {
        if self.is_open.load(SeqCst) { Ok(1) } else { Err("closed".to_owned()) }
    }

    #[depends(bank)]
    async fn sum(&self, bank: u32) -> Result<u32, String> {
        bank.checked_sub(2).ok_or_else(|| "no money".to_owned())
    }

    #[depends(catch sum)]
    pub(crate) async fn told(&self, sum: Result<u32, TaskError>) -> Result<u32, String> {
        sum.map_err(|error| error.task().to_owned())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_keeper_forgets_the_causes_of_failures_that_are_forgotten() {
    let _deadline = deadline();
    let (both, small) = (Arc::new(Both::default()), Small::new());
    let run = both.durable_run().keep(small.clone());
    assert_eq!(run.result("told").await.unwrap_err().source().unwrap().to_string(), "bank");
    let told = ["bank failed 1 times: closed, final", "sum because of bank", "told failed 1 times: bank, final"];
    assert_eq!(small.log(), told);

    both.is_open.store(true, SeqCst);
    run.retry_failed();
    assert_eq!(run.result("told").await.unwrap_err().source().unwrap().to_string(), "sum");
    let told = ["forgotten", "bank = 1", "sum failed 1 times: no money, final", "told failed 1 times: sum, final"];
    assert_eq!(small.log(), told);
}

#[tokio::test(flavor = "current_thread")]
async fn a_task_that_cannot_fail_otherwise_says_infallible_to_be_caught() {
    let _deadline = deadline();
    let small = Small::new();
    let run = Arc::new(Pages).durable_run().keep(small.clone());
    assert_eq!(run.result("found_plain").await.unwrap(), b"false");
    let plain = format!("plain failed 1 times: {TEXT}, final");
    assert_eq!(small.log(), [&plain, "found_plain = false"]);
}
