//! Futures of a store that are dropped: after any number of polls, nothing is lost and nothing hangs.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use adagio::dag;
use adagio_store::{Graph, Status, Store, StoredRun};
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::{Count, Folder, soon};

struct Order {
    is_refused: bool,
    charged: Count,
}

#[dag(durable)]
impl Order {
    async fn reserve(&self) -> u32 {
        yield_now().await;
        7
    }

    #[depends(reserve)]
    pub(crate) async fn charge(&self, reserve: u32) -> Result<u32, String> {
        self.charged.add();
        if self.is_refused { Err("no money".to_owned()) } else { Ok(reserve + 1) }
    }
}

fn orders(store: &Store) -> (Graph<bool, Order>, Count) {
    let charged = Count::default();
    let count = charged.clone();
    (store.graph("order", move |is_refused| Order { is_refused, charged: count.clone() }), charged)
}

/// Polls a future some times, each time that it is woken, and drops it right after the last poll. Returns its value if it
/// ends by then.
async fn polled<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = pin!(future);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    for poll in 1..=polls {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(value);
        }
        if poll < polls {
            woken.0.notified().await;
        }
    }
    None
}

#[derive(Default)]
struct Woken(Notify);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

/// Runs a scenario with futures that are dropped after 0, 1, 2 .. polls, until it says that they have ended.
async fn at_each_poll(mut scenario: impl AsyncFnMut(u32) -> bool) {
    for polls in 0.. {
        if soon(scenario(polls)).await {
            assert!(polls > 0, "it was never dropped");
            return;
        }
    }
}

/// Whether a run gets its result when it is asked for once more, and its body has run once.
async fn check(orders: &Graph<bool, Order>, charged: &Count, id: &str) {
    let before = charged.get();
    let run = orders.start(id, false).await.unwrap();
    StoredRun::done(&run).await.unwrap();
    assert_eq!(*run.charge().await.unwrap(), 8);
    assert!(charged.get() <= before + 1, "no task runs twice");
}

#[tokio::test]
async fn a_start_that_is_dropped_starts_the_run_once_or_not_at_all() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let (orders, charged) = orders(&store);
    at_each_poll(async |polls| {
        let id = format!("run-{polls}");
        let started = polled(orders.start(&id, false), polls).await;
        check(&orders, &charged, &id).await;
        assert_eq!(charged.get(), polls + 1);
        started.is_some()
    })
    .await;
}

#[tokio::test]
async fn waiters_that_are_dropped_leave_the_run_alone() {
    let store = Store::in_memory().await.unwrap();
    let (orders, charged) = orders(&store);
    at_each_poll(async |polls| {
        let id = format!("run-{polls}");
        let run = orders.start(&id, false).await.unwrap();
        let result = polled(run.charge(), polls).await.is_some();
        let ended = polled(StoredRun::ended(&run), polls).await.is_some();
        let done = polled(StoredRun::done(&run), polls).await.is_some();
        drop(run);
        check(&orders, &charged, &id).await;
        result && ended && done
    })
    .await;
}

#[tokio::test]
async fn a_cancel_that_is_dropped_cancels_or_does_not() {
    let store = Store::in_memory().await.unwrap();
    let (orders, charged) = orders(&store);
    at_each_poll(async |polls| {
        let id = format!("run-{polls}");
        let run = orders.start(&id, false).await.unwrap();
        let cancelled = polled(orders.cancel(&id), polls).await;
        let status = StoredRun::ended(&run).await;
        assert!(status == Status::Done || status == Status::Cancelled, "{status:?}");
        drop(run);
        StoredRun::done(&orders.retry(&id).await.unwrap()).await.unwrap();
        check(&orders, &charged, &id).await;
        cancelled.is_some()
    })
    .await;
}

#[tokio::test]
async fn a_get_or_a_retry_that_is_dropped_leaves_a_run_that_can_be_tried_again() {
    let store = Store::in_memory().await.unwrap();
    let (orders, _) = orders(&store);
    at_each_poll(async |polls| {
        let id = format!("run-{polls}");
        let run = orders.start(&id, true).await.unwrap();
        assert_eq!(StoredRun::ended(&run).await, Status::Failed);
        drop(run);
        let got = polled(orders.get(&id), polls).await.is_some();
        let retried = polled(orders.retry(&id), polls).await.is_some();
        let run = orders.retry(&id).await.unwrap();
        assert_eq!(StoredRun::ended(&run).await, Status::Failed);
        assert_eq!(run.charge().await.unwrap_err().task(), "charge");
        got && retried
    })
    .await;
}

#[tokio::test]
async fn a_forget_that_is_dropped_forgets_all_of_a_run_or_nothing() {
    let store = Store::in_memory().await.unwrap();
    let (orders, charged) = orders(&store);
    at_each_poll(async |polls| {
        let id = format!("run-{polls}");
        check(&orders, &charged, &id).await;
        let forgotten = polled(orders.forget(&id), polls).await;
        check(&orders, &charged, &id).await;
        forgotten.is_some()
    })
    .await;
}

#[tokio::test]
async fn a_recovery_that_is_dropped_can_begin_again() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let (orders, charged) = orders(&store);
    let file = rusqlite::Connection::open(folder.file()).unwrap();
    file.execute_batch("PRAGMA busy_timeout = 30000").unwrap();
    at_each_poll(async |polls| {
        let id = format!("run-{polls}");
        // As a process leaves it that dies right after `start`.
        let sql = "INSERT INTO runs (graph, id, input, status, fence, started) VALUES ('order', ?1, CAST('false' AS BLOB), 0, 1, 0)";
        file.execute(sql, [&id]).unwrap();
        let recovered = polled(orders.recover(), polls).await;
        orders.recover().await.unwrap();
        let run = orders.get(&id).await.unwrap().unwrap();
        StoredRun::done(&run).await.unwrap();
        assert_eq!(charged.get(), polls + 1);
        recovered.is_some()
    })
    .await;
}

#[tokio::test]
async fn reads_and_opens_that_are_dropped_change_nothing() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let (orders, charged) = orders(&store);
    check(&orders, &charged, "a").await;
    at_each_poll(async |polls| {
        let listed = polled(store.list(0, 10), polls).await.is_some();
        let reported = polled(orders.report("a"), polls).await.is_some();
        let opened = polled(Store::open(folder.file()), polls).await.is_some();
        assert_eq!(store.list(0, 10).await.unwrap().len(), 1);
        check(&orders, &charged, "a").await;
        listed && reported && opened
    })
    .await;
    assert_eq!(charged.get(), 1);
}
