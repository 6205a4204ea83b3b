//! Two stores on one file, as two processes have them.

use std::future::pending;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use adagio::dag;
use adagio_store::{Error, Graph, Options, Status, Store, StoredRun};

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

#[tokio::test]
async fn a_run_in_another_process_that_lives_is_busy() {
    let folder = Folder::new();
    let (_first, one, _) = open(&folder, Duration::from_millis(400)).await;
    let (_second, two, count) = open(&folder, Duration::from_millis(400)).await;
    let run = one.start("a", ()).await.unwrap();
    soon(run.first()).await.unwrap();
    assert!(matches!(soon(two.start("a", ())).await, Err(Error::ElsewhereBusy { id }) if id == "a"));
    assert!(matches!(soon(two.get("a")).await, Err(Error::ElsewhereBusy { .. })));
    soon(two.recover()).await.unwrap();
    assert_eq!(count.get(), 0);
}

#[tokio::test]
async fn a_run_is_free_when_its_process_leaves() {
    let folder = Folder::new();
    let (first, one, _) = open(&folder, Duration::from_secs(3600)).await;
    let (_second, two, count) = open(&folder, Duration::from_secs(3600)).await;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // Its runtime ends, and so its runs and its store.
    let task = runtime.spawn(async move {
        let run = one.start("a", ()).await.unwrap();
        run.first().await.unwrap();
        drop((first, one, run));
    });
    soon(task).await.unwrap();
    runtime.shutdown_background();
    let run = soon(async {
        loop {
            if let Ok(run) = tokio::time::timeout(Duration::from_millis(50), two.get("a")).await {
                return run.unwrap().unwrap();
            }
        }
    })
    .await;
    assert_eq!(*soon(run.first()).await.unwrap(), 1);
    assert_eq!(count.get(), 0, "its result was stored");
}

#[tokio::test]
async fn a_run_that_another_process_cancels_stops_at_the_next_heartbeat() {
    let folder = Folder::new();
    let (_first, one, _) = open(&folder, Duration::from_millis(200)).await;
    let (_second, two, _) = open(&folder, Duration::from_millis(200)).await;
    let run = one.start("a", ()).await.unwrap();
    soon(run.first()).await.unwrap();
    assert!(two.cancel("a").await.unwrap());
    assert!(soon(run.never()).await.unwrap_err().is_aborted(), "its body is dropped");
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Cancelled);
    drop(run);
    let run = one.get("a").await.unwrap().unwrap();
    assert_eq!(StoredRun::status(&run), Status::Cancelled);
}

#[tokio::test]
async fn a_process_has_left_the_file_when_its_last_handle_is_dropped() {
    let folder = Folder::new();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    for _ in 0..20 {
        let store = Store::open(folder.file()).await.unwrap();
        drop(store);
        let owners: i64 = other.query_row("SELECT count(*) FROM owners", [], |row| row.get(0)).unwrap();
        assert_eq!(owners, 0);
    }
}

/// Leaves a run to a process that has died, and whose row says that it lives for another day: the clock was set back.
fn leave(folder: &Folder, id: &str) {
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    let tomorrow = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + 86_400_000;
    let sql = format!(
        "PRAGMA busy_timeout = 30000; INSERT OR REPLACE INTO owners VALUES (7, {tomorrow}, 40); \
         INSERT INTO runs (graph, id, input, status, owner, fence, started) VALUES ('stuck', '{id}', x'6e756c6c', 0, 7, 1, 0)"
    );
    other.execute_batch(&sql).unwrap();
}

#[tokio::test]
async fn a_run_of_a_dead_process_is_free_though_the_clock_was_set_back() {
    let folder = Folder::new();
    let (_store, graph, count) = open(&folder, Duration::from_millis(40)).await;
    leave(&folder, "a");
    let run = soon(graph.get("a")).await.unwrap().unwrap();
    soon(run.first()).await.unwrap();
    leave(&folder, "b");
    graph.recover().await.unwrap();
    soon(async {
        while count.get() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
