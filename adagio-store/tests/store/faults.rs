//! A run goes on, or stops, when something around it goes wrong.

use std::future::pending;
use std::time::Duration;

use adagio::dag;
use adagio_store::{Options, Status, StoredRun};

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
