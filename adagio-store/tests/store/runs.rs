//! The life of a run: started, found again, cancelled, tried again, listed, forgotten.

use std::error::Error as _;
use std::future::pending;

use adagio::dag;
use adagio::durable::current;
use adagio_store::{Error, Graph, Options, Status, Store, StoredRun};

use super::{Count, Folder, soon};

/// An order whose bank refuses as often as its input says.
struct Order {
    refusals: u32,
    reserved: Count,
    charged: Count,
}

#[dag(durable)]
impl Order {
    async fn reserve(&self) -> u32 {
        self.reserved.add()
    }

    #[depends(reserve)]
    async fn charge(&self, reserve: u32) -> Result<String, String> {
        if self.charged.add() <= self.refusals {
            return Err(format!("no money for {reserve}"));
        }
        Ok(current().map(|current| current.idempotency_key()).unwrap_or_default())
    }

    #[depends(charge)]
    pub(crate) fn ship(&self, charge: &str) -> String {
        format!("paid with {charge}")
    }
}

fn orders(store: &Store) -> (Graph<u32, Order>, Count, Count) {
    let (reserved, charged) = (Count::default(), Count::default());
    let counts = (reserved.clone(), charged.clone());
    let make = move |refusals| Order { refusals, reserved: reserved.clone(), charged: charged.clone() };
    (store.graph("order", make), counts.0, counts.1)
}

#[tokio::test]
async fn a_run_goes_on_without_a_handle_and_is_found_again() {
    let store = Store::in_memory().await.unwrap();
    let (orders, reserved, charged) = orders(&store);
    let order = orders.start("order-7", 0).await.unwrap();
    assert_eq!(StoredRun::id(&order), "order-7");
    assert_eq!(soon(StoredRun::ended(&order)).await, Status::Done);
    assert_eq!(order.ship().await.unwrap(), "paid with order-7/charge");
    drop(order);

    let order = orders.start("order-7", 0).await.unwrap();
    assert_eq!(
        (StoredRun::status(&order), order.ship().await.unwrap().as_str()),
        (Status::Done, "paid with order-7/charge")
    );
    let order = orders.get("order-7").await.unwrap().unwrap();
    assert_eq!(order.ship().await.unwrap(), "paid with order-7/charge");
    assert_eq!((reserved.get(), charged.get()), (1, 1), "each task ran once");
    assert!(orders.get("order-8").await.unwrap().is_none());
}

#[tokio::test]
async fn many_who_start_one_run_get_the_same() {
    let store = Store::in_memory().await.unwrap();
    let (orders, reserved, _) = orders(&store);
    let starts: Vec<_> = (0..50)
        .map(|_| {
            let orders = orders.clone();
            tokio::spawn(async move { orders.start("order-7", 0).await.unwrap().ship().await.unwrap().clone() })
        })
        .collect();
    for start in starts {
        assert_eq!(soon(start).await.unwrap(), "paid with order-7/charge");
    }
    assert_eq!(reserved.get(), 1);
}

#[tokio::test]
async fn a_file_keeps_runs_for_the_next_process() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let (graph, ..) = orders(&store);
    soon(graph.start("order-7", 0).await.unwrap().settle()).await;
    let order = graph.get("order-7").await.unwrap().unwrap();
    assert_eq!(soon(StoredRun::ended(&order)).await, Status::Done);
    drop((order, graph, store));

    let store = Store::open(folder.file()).await.unwrap();
    let (graph, reserved, charged) = orders(&store);
    let order = graph.start("order-7", 0).await.unwrap();
    assert_eq!(order.ship().await.unwrap(), "paid with order-7/charge");
    assert_eq!((reserved.get(), charged.get()), (0, 0));
}

#[tokio::test]
async fn a_failed_run_keeps_its_error_until_it_is_tried_again() {
    let store = Store::in_memory().await.unwrap();
    let (orders, reserved, charged) = orders(&store);
    let order = orders.start("order-7", 2).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&order)).await, Status::Failed);
    let told = |error: Error| format!("{error}: {}", error.source().unwrap());
    let failed = "the run `order-7` has failed: task `charge` failed";
    assert_eq!(told(soon(StoredRun::done(&order)).await.unwrap_err()), failed);
    order.retry_failed();
    let error = order.ship().await.unwrap_err();
    assert_eq!((error.task(), error.source().unwrap().to_string().as_str()), ("charge", "no money for 1"));
    drop(order);

    let order = orders.start("order-7", 2).await.unwrap();
    let error = order.ship().await.unwrap_err();
    assert_eq!((error.task(), error.source().unwrap().to_string().as_str()), ("charge", "no money for 1"));
    assert_eq!(told(StoredRun::done(&order).await.unwrap_err()), failed);
    assert_eq!(charged.get(), 1, "a handle of a failed run runs nothing");

    assert_eq!(soon(StoredRun::ended(&orders.retry("order-7").await.unwrap())).await, Status::Failed);
    let order = orders.retry("order-7").await.unwrap();
    soon(StoredRun::done(&order)).await.unwrap();
    assert_eq!(order.ship().await.unwrap(), "paid with order-7/charge");
    assert_eq!((reserved.get(), charged.get()), (1, 3));
    assert!(matches!(orders.retry("order-8").await, Err(Error::Unknown { id }) if id == "order-8"));
}

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
}

#[tokio::test]
async fn a_cancelled_run_drops_its_bodies_and_keeps_its_results() {
    let store = Store::in_memory().await.unwrap();
    let stuck = store.graph("stuck", |(): ()| Stuck(Count::default()));
    let run = stuck.start("a", ()).await.unwrap();
    assert_eq!(*soon(run.first()).await.unwrap(), 1);
    let waiter = tokio::spawn({
        let run = run.clone();
        async move { run.never().await.unwrap_err().is_aborted() }
    });
    assert!(!stuck.forget("a").await.unwrap(), "it has not ended");
    assert!(stuck.cancel("a").await.unwrap());
    assert!(soon(waiter).await.unwrap(), "who waits is told");
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Cancelled);
    assert!(matches!(soon(StoredRun::done(&run)).await, Err(Error::Cancelled { id }) if id == "a"));
    assert!(!stuck.cancel("a").await.unwrap(), "it has ended");

    let run = stuck.get("a").await.unwrap().unwrap();
    assert_eq!((StoredRun::status(&run), *run.first().await.unwrap()), (Status::Cancelled, 1));
    assert!(run.never().await.unwrap_err().is_aborted());
    assert!(matches!(StoredRun::done(&run).await, Err(Error::Cancelled { .. })));
    drop(run);
    assert!(stuck.forget("a").await.unwrap());
    assert!(stuck.get("a").await.unwrap().is_none());
}

#[tokio::test]
async fn runs_are_listed_in_pages() {
    let store = Store::in_memory().await.unwrap();
    let (orders, ..) = orders(&store);
    for id in ["a", "b", "c"] {
        let refusals = u32::from(id == "b");
        soon(StoredRun::ended(&orders.start(id, refusals).await.unwrap())).await;
    }
    let first = store.list(0, 2).await.unwrap();
    let shown: Vec<_> = first.iter().map(|run| (run.graph.as_str(), run.id.as_str(), run.status)).collect();
    // The bank of all these orders is the same: it refuses only its first call.
    assert_eq!(shown, [("order", "a", Status::Done), ("order", "b", Status::Done)]);
    assert!(first.iter().all(|run| run.ended.is_some()));
    let next = store.list(first[1].number, 2).await.unwrap();
    assert_eq!(next.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["c"]);
    assert!(store.list(next[0].number, 2).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_page_of_runs_has_an_upper_limit() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1002) \
               INSERT INTO runs (graph, id, input, status, fence, started, ended) \
               SELECT 'order', 'old-' || i, '0', 1, 1, 0, 0 FROM n";
    other.execute_batch("PRAGMA busy_timeout = 30000").unwrap();
    other.execute_batch(sql).unwrap();
    let first = store.list(0, u32::MAX).await.unwrap();
    assert_eq!(first.len(), 1000);
    assert_eq!(store.list(first[999].number, u32::MAX).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_report_shows_the_tasks() {
    let store = Store::in_memory().await.unwrap();
    let (orders, ..) = orders(&store);
    soon(StoredRun::ended(&orders.start("order-7", 1).await.unwrap())).await;
    let page = orders.report("order-7").await.unwrap();
    assert!(
        ["<!DOCTYPE html>", "reserve", "charge", "no money for 1"].iter().all(|text| page.contains(text)),
        "{page}"
    );
    assert!(matches!(orders.report("order-8").await, Err(Error::Unknown { .. })));
}

/// Fails as often as its input says.
struct Busy(u32, Count);

#[dag(durable)]
impl Busy {
    #[task(retry = 250, backoff = "0ms..0ms")]
    pub(crate) async fn calls(&self) -> Result<u32, String> {
        let call = self.1.add();
        if call <= self.0 { Err(format!("busy {call}")) } else { Ok(call) }
    }
}

#[tokio::test]
async fn a_report_shows_each_attempt() {
    let store = Store::in_memory().await.unwrap();
    let busy = store.graph("busy", |failures| Busy(failures, Count::default()));
    soon(StoredRun::ended(&busy.start("a", 2).await.unwrap())).await;
    let page = busy.report("a").await.unwrap();
    for attempt in ["attempt 1: failed", "attempt 2: failed", "attempt 3: done", "3 attempts"] {
        assert!(page.contains(attempt), "{attempt}: {page}");
    }
    assert!(!page.contains("attempt 4"));
}

#[tokio::test]
async fn of_many_failed_attempts_the_last_ones_stay_in_the_file() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let busy = store.graph("busy", |failures| Busy(failures, Count::default()));
    let run = busy.start("a", 230).await.unwrap();
    assert_eq!(*soon(run.calls()).await.unwrap(), 231);
    let file = rusqlite::Connection::open(folder.file()).unwrap();
    let sql = "SELECT count(*), min(failed), max(failed) FROM attempts WHERE started IS NOT NULL";
    let rows: (u32, u32, u32) = file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    assert_eq!(rows, (130, 101, 230));
}

#[tokio::test]
async fn old_runs_are_deleted_after_the_retention_time() {
    let folder = Folder::new();
    let options = Options::new().lease(std::time::Duration::from_millis(40)).retention(std::time::Duration::ZERO);
    let store = options.open(folder.file()).await.unwrap();
    let (orders, ..) = orders(&store);
    soon(StoredRun::ended(&orders.start("order-7", 0).await.unwrap())).await;
    soon(async {
        while orders.get("order-7").await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

struct Panics;

#[dag(durable)]
impl Panics {
    pub(crate) async fn wrong(&self) -> u32 {
        panic!("the ink is out")
    }
}

#[tokio::test]
async fn a_panic_ends_its_run_alone_and_the_failure_names_the_task() {
    let store = Store::in_memory().await.unwrap();
    let panics = store.graph("panics", |(): ()| Panics);
    let run = panics.start("a", ()).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Failed);
    let Err(Error::Failed { source, .. }) = StoredRun::done(&run).await else { panic!("it has failed") };
    assert_eq!((source.task(), source.source().unwrap().to_string().as_str()), ("wrong", "panicked: the ink is out"));
    assert_eq!(store.list(0, 1).await.unwrap()[0].failed_task.as_deref(), Some("wrong"));
    drop(run);
    let run = panics.get("a").await.unwrap().unwrap();
    let error = run.wrong().await.unwrap_err();
    assert!(error.source().unwrap().to_string().ends_with("the ink is out"), "{error:?}");
}
