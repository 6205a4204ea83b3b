//! Stores and runs that outlive the runtimes on which they began.

use std::future::pending;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adagio::dag;
use adagio_store::{Error, Graph, Options, Status, Store, StoredRun};
use tokio::runtime::{Builder, Runtime};

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
}

async fn open(folder: &Folder, lease: Duration) -> (Store, Graph<(), Stuck>, Count) {
    let store = Options::new().lease(lease).open(folder.file()).await.unwrap();
    let count = Count::default();
    let graph = store.graph("stuck", {
        let count = count.clone();
        move |()| Stuck(count.clone())
    });
    (store, graph, count)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn a_store_renews_its_lease_when_its_runtime_is_gone() {
    let folder = Folder::new();
    let lease = Duration::from_secs(4);
    let early = runtime();
    let (_store, one, _) = early.block_on(open(&folder, lease));
    early.shutdown_background();
    runtime().block_on(async {
        let (_other, two, count) = open(&folder, lease).await;
        let run = one.start("a", ()).await.unwrap();
        soon(run.first()).await.unwrap();
        assert!(matches!(soon(two.get("a")).await, Err(Error::ElsewhereBusy { .. })));
        assert_eq!(count.get(), 0, "its bodies run once at a time");
    });
}

#[test]
fn a_run_whose_runtime_ends_is_free_at_once() {
    let folder = Folder::new();
    let lease = Duration::from_secs(3_600);
    let (late, early) = (runtime(), runtime());
    let (_store, one, _) = late.block_on(open(&folder, lease));
    let run = early.block_on(async {
        let run = one.start("a", ()).await.unwrap();
        soon(run.first()).await.unwrap();
        run
    });
    early.shutdown_background();
    late.block_on(async {
        assert_eq!(soon(StoredRun::ended(&run)).await, Status::Running);
        assert!(matches!(soon(StoredRun::done(&run)).await, Err(Error::Stopped { .. })));
        assert!(soon(run.never()).await.unwrap_err().is_aborted());
        let (_other, two, count) = open(&folder, lease).await;
        let elsewhere = soon(two.get("a")).await.unwrap().unwrap();
        assert_eq!((*soon(elsewhere.first()).await.unwrap(), count.get()), (1, 0), "it is stored");
    });
}

#[test]
fn a_run_whose_runtime_ends_goes_on_in_the_same_process() {
    let folder = Folder::new();
    let (late, early) = (runtime(), runtime());
    let (_store, one, count) = late.block_on(open(&folder, Duration::from_secs(3_600)));
    let run = early.block_on(one.start("a", ())).unwrap();
    early.block_on(soon(run.first())).unwrap();
    early.shutdown_background();
    late.block_on(async {
        soon(StoredRun::ended(&run)).await;
        let again = soon(one.get("a")).await.unwrap().unwrap();
        assert_eq!((*soon(again.first()).await.unwrap(), count.get()), (1, 1));
        assert_eq!(StoredRun::status(&again), Status::Running);
    });
}

/// Polls a future once, outside of a runtime.
fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn outside_of_a_runtime_nothing_begins_and_an_error_says_why() {
    let folder = Folder::new();
    assert!(matches!(poll(Store::open(folder.file())), Poll::Ready(Err(Error::NoRuntime))));
    assert!(matches!(poll(Store::in_memory()), Poll::Ready(Err(Error::NoRuntime))));
    let (_store, graph, _) = runtime().block_on(open(&folder, Duration::from_secs(5)));
    assert!(matches!(poll(graph.start("a", ())), Poll::Ready(Err(Error::NoRuntime))));
    assert!(matches!(poll(graph.get("a")), Poll::Ready(Err(Error::NoRuntime))));
    assert!(matches!(poll(graph.retry("a")), Poll::Ready(Err(Error::NoRuntime))));
    assert!(matches!(poll(graph.recover()), Poll::Ready(Err(Error::NoRuntime))));
}
