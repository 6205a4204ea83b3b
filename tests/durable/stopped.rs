//! Bodies that are told to stop, and keepers that say whether a result is read back.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use adagio::TaskError;
use adagio::dag;
use adagio::durable::{Durable, DurableRun, Keeper, Keeps, current};
use tokio::sync::Notify;

use crate::common::deadline;

/// Keeps nothing.
struct Careless {
    id: Arc<str>,
    reads_back: bool,
}

impl Careless {
    fn new(reads_back: bool) -> Self {
        Self { id: "order-7".into(), reads_back }
    }
}

impl Keeper for Careless {
    fn run_id(&self) -> &Arc<str> {
        &self.id
    }

    fn keep(&self, _task: &'static str, _result: Vec<u8>) -> Keeps {
        Box::pin(std::future::ready(Ok(())))
    }

    fn failed(&self, _: &'static str, _: u32, _: &TaskError, _: Option<Duration>) -> Keeps {
        Box::pin(std::future::ready(Ok(())))
    }

    fn reads_back(&self) -> bool {
        self.reads_back
    }
}

struct Blocks {
    started: Arc<Notify>,
    ended: mpsc::SyncSender<bool>,
}

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Blocks {
    #[task(blocking)]
    fn long(&self) -> u32 {
        let current = current().expect("its run has a keeper");
        let was_stopped = current.is_stopped();
        self.started.notify_one();
        while !current.is_stopped() {
            std::thread::yield_now();
        }
        self.ended.send(was_stopped).expect("the test waits for it");
        1
    }

    #[depends(long)]
    pub(crate) async fn end(&self, long: u32) -> u32 {
        long
    }

    pub(crate) async fn short(&self) -> bool {
        current().expect("its run has a keeper").is_stopped()
    }

    pub(crate) async fn number(&self) -> f64 {
        f64::NAN
    }
}

fn blocks() -> (Arc<Blocks>, mpsc::Receiver<bool>) {
    let (ended, end) = mpsc::sync_channel(1);
    (Arc::new(Blocks { started: Arc::default(), ended }), end)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_body_is_told_when_its_run_is_dropped() {
    let _deadline = deadline();
    let (blocks, end) = blocks();
    let run = blocks.durable_run().keep(Careless::new(false));
    let waiter = tokio::spawn(async move { run.result("end").await });
    blocks.started.notified().await;
    waiter.abort();
    assert_eq!(tokio::task::spawn_blocking(move || end.recv()).await.unwrap(), Ok(false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_body_is_told_when_its_run_is_stopped() {
    let _deadline = deadline();
    let (blocks, end) = blocks();
    let run = Arc::new(blocks.durable_run().keep(Careless::new(false)));
    let waiter = tokio::spawn({
        let run = Arc::clone(&run);
        async move { run.result("end").await }
    });
    blocks.started.notified().await;
    run.stop();
    assert_eq!(tokio::task::spawn_blocking(move || end.recv()).await.unwrap(), Ok(false));
    assert!(waiter.await.unwrap().is_err_and(|error| error.is_aborted()));
}

#[tokio::test]
async fn the_keeper_says_whether_a_result_is_read_back() {
    let _deadline = deadline();
    let number = async |reads_back| {
        let (blocks, _end) = blocks();
        let run = blocks.durable_run().keep(Careless::new(reads_back));
        run.number().await.map(|number| number.is_nan()).map_err(|error| error.task())
    };
    assert_eq!((number(false).await, number(true).await), (Ok(true), Err("number")));
}

#[tokio::test]
async fn a_body_that_goes_on_is_not_stopped() {
    let _deadline = deadline();
    let (blocks, _end) = blocks();
    let run = blocks.durable_run().keep(Careless::new(false));
    assert_eq!(run.short().await.ok(), Some(&false));
}
