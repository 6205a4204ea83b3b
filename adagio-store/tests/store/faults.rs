//! A run goes on, or stops, when something around it goes wrong.

use std::future::{pending, poll_fn};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use adagio::dag;
use adagio_store::{Options, Status, Store, StoredRun};
use tokio::sync::Notify;

use super::{Count, Folder, soon};

struct Stuck(Count);

#[dag(durable)]
impl Stuck {
    pub(crate) async fn first(&self) -> u32 {
        self.0.add()
    }

    #[depends(first)]
    pub(crate) async fn never(&self) -> u32 {
        pending().await
    }

    #[depends(first)]
    pub(crate) async fn second(&self, first: u32) -> u32 {
        first + 1
    }
}

/// Its first body holds its thread until it is let go.
struct Held(Arc<Mutex<Option<mpsc::Receiver<()>>>>, Count);

#[dag(durable)]
impl Held {
    pub(crate) async fn held(&self) -> u32 {
        self.1.add();
        let held = self.0.lock().unwrap().take();
        if let Some(held) = held {
            _ = held.recv();
        }
        pending().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_retried_run_hears_of_a_cancel_though_its_earlier_life_ends_later() {
    let folder = Folder::new();
    let options = Options::new().lease(Duration::from_millis(400));
    let (first, second) = (options.open(folder.file()).await.unwrap(), options.open(folder.file()).await.unwrap());
    let (let_go, held) = mpsc::channel();
    let (held, count) = (Arc::new(Mutex::new(Some(held))), Count::default());
    let one = first.graph("held", {
        let (held, count) = (Arc::clone(&held), count.clone());
        move |(): ()| Held(Arc::clone(&held), count.clone())
    });
    let two = second.graph("held", |(): ()| Stuck(Count::default()));
    let early = one.start("a", ()).await.unwrap();
    soon(until(|| count.get() == 1)).await;
    assert!(soon(one.cancel("a")).await.unwrap());
    drop(early);
    let late = soon(one.retry("a")).await.unwrap();
    soon(until(|| count.get() == 2)).await;
    let_go.send(()).unwrap();
    // The earlier life has its object until it is over.
    soon(until(|| Arc::strong_count(&held) == 3)).await;
    assert!(two.cancel("a").await.unwrap());
    assert!(soon(late.held()).await.unwrap_err().is_aborted());
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn runs_stop_when_no_heartbeat_is_written_for_a_lease() {
    let folder = Folder::new();
    let store = Options::new().lease(Duration::from_millis(100)).open(folder.file()).await.unwrap();
    let stuck = store.graph("stuck", |(): ()| Stuck(Count::default()));
    let run = stuck.start("a", ()).await.unwrap();
    soon(run.second()).await.unwrap();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("PRAGMA busy_timeout = 30000; ALTER TABLE owners RENAME TO gone").unwrap();
    assert!(soon(run.never()).await.unwrap_err().is_aborted());
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Running);
}

struct Twice(Count);

#[dag(durable)]
impl Twice {
    #[task(retry = 2, backoff = "1ms..1ms")]
    pub(crate) async fn second(&self) -> Result<u32, String> {
        if self.0.add() == 1 { Err("busy".to_owned()) } else { Ok(2) }
    }
}

#[tokio::test]
async fn a_run_is_done_though_a_failed_attempt_could_not_be_written() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("PRAGMA busy_timeout = 30000; ALTER TABLE attempts RENAME TO gone").unwrap();
    let twice = store.graph("twice", |(): ()| Twice(Count::default()));
    let run = twice.start("a", ()).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    assert_eq!(*run.second().await.unwrap(), 2);
}

#[tokio::test]
async fn a_result_counts_for_more_than_a_final_failure_before_it() {
    let folder = Folder::new();
    let (first, second) = (Store::open(folder.file()).await.unwrap(), Store::open(folder.file()).await.unwrap());
    let one = first.graph("stuck", |(): ()| Stuck(Count::default()));
    let two = second.graph("stuck", |(): ()| Stuck(Count::default()));
    soon(one.start("a", ()).await.unwrap().second()).await.unwrap();
    // As after a failure, `retry_failed`, and a crash before `second` had a result.
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    let sql = "PRAGMA busy_timeout = 30000; INSERT INTO attempts VALUES (1, 'first', 1, NULL, 0, 'busy', 1, 0); \
               DELETE FROM results WHERE task = 'second'; UPDATE runs SET owner = NULL";
    other.execute_batch(sql).unwrap();
    let run = soon(two.get("a")).await.unwrap().unwrap();
    assert_eq!(*soon(run.second()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_new_graph_of_the_same_name_takes_a_run_over() {
    let store = Store::in_memory().await.unwrap();
    let graph = store.graph("stuck", |(): ()| Stuck(Count::default()));
    let early = graph.start("a", ()).await.unwrap();
    soon(early.second()).await.unwrap();
    drop(graph);
    let graph = store.graph("stuck", |(): ()| Stuck(Count::default()));
    let late = soon(graph.get("a")).await.unwrap().unwrap();
    assert!(soon(early.never()).await.unwrap_err().is_aborted(), "no body runs twice at once");
    assert_eq!(soon(StoredRun::ended(&early)).await, Status::Running);
    assert!(graph.cancel("a").await.unwrap());
    assert_eq!(soon(StoredRun::ended(&late)).await, Status::Cancelled);
}

#[tokio::test]
async fn a_run_goes_on_when_nobody_waits_for_its_start() {
    let store = Store::in_memory().await.unwrap();
    let count = Count::default();
    let stuck = store.graph("stuck", {
        let count = count.clone();
        move |(): ()| Stuck(count.clone())
    });
    let mut start = Box::pin(stuck.start("a", ()));
    poll_fn(|cx| {
        assert!(start.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    drop(start);
    soon(until(|| count.get() == 1)).await;
}

#[test]
#[should_panic(expected = "timers are disabled")]
fn a_runtime_without_a_clock_cannot_open_a_store() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    _ = runtime.block_on(Store::in_memory());
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the lid is open");
    }
}

struct Bombed(Arc<Notify>);

#[dag(durable)]
impl Bombed {
    pub(crate) async fn never(&self) -> u32 {
        let _bomb = Bomb;
        self.0.notify_one();
        pending().await
    }
}

#[tokio::test]
async fn a_body_that_panics_when_it_is_dropped_does_not_keep_its_run_from_the_end() {
    let (store, begun) = (Store::in_memory().await.unwrap(), Arc::new(Notify::new()));
    let of_run = Arc::clone(&begun);
    let graph = store.graph("bombed", move |(): ()| Bombed(Arc::clone(&of_run)));
    let run = graph.start("a", ()).await.unwrap();
    soon(begun.notified()).await;
    assert!(soon(graph.cancel("a")).await.unwrap());
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Cancelled);
    assert!(soon(run.never()).await.unwrap_err().is_aborted());
}
