//! Runs that a crash has left, and those among them that cannot be taken up.

use std::time::Duration;

use adagio::dag;
use adagio_store::{Error, Options, Status, Store};
use rusqlite::{Connection, params};

use super::{Folder, soon};

struct Twice(u32);

#[dag(durable)]
impl Twice {
    pub(crate) fn twice(&self) -> u32 {
        2 * self.0
    }
}

async fn open(folder: &Folder) -> (Store, Connection) {
    let store = Options::new().lease(Duration::from_millis(40)).open(folder.file()).await.unwrap();
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("PRAGMA busy_timeout = 30000").unwrap();
    (store, other)
}

/// Leaves a run in the file, as a crash does right after its start.
fn leave(file: &Connection, id: &str, input: &str) {
    let sql = "INSERT INTO runs (graph, id, input, status, fence, started) VALUES ('twice', ?1, ?2, 0, 1, 0)";
    file.execute(sql, params![id, input.as_bytes()]).unwrap();
}

async fn until_done(store: &Store, id: &str) {
    let is_done = async || {
        let (mut after, mut is_done) = (0, false);
        loop {
            let page = store.list(after, 1000).await.unwrap();
            let Some(last) = page.last() else { return is_done };
            after = last.number;
            is_done |= page.iter().any(|run| run.id == id && run.status == Status::Done);
        }
    };
    soon(async {
        while !is_done().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn runs_that_cannot_be_taken_up_hide_no_other() {
    let folder = Folder::new();
    let (store, file) = open(&folder).await;
    file.execute_batch("BEGIN").unwrap();
    for number in 0..1000 {
        leave(&file, &format!("bad-{number}"), "\"no number\"");
    }
    leave(&file, "good", "1");
    file.execute_batch("COMMIT").unwrap();
    let graph = store.graph("twice", Twice);
    let error = soon(graph.recover()).await.unwrap_err();
    assert!(matches!(error, Error::Input { id, .. } if id == "bad-0"));
    until_done(&store, "good").await;
}

#[tokio::test]
async fn a_run_whose_object_cannot_be_made_does_not_end_the_search() {
    let folder = Folder::new();
    let (store, file) = open(&folder).await;
    leave(&file, "bad", "0");
    let graph = store.graph("twice", |number: u32| {
        assert!(number > 0, "no number");
        Twice(number)
    });
    assert!(matches!(soon(graph.recover()).await, Err(Error::Panicked { id, .. }) if id == "bad"));
    leave(&file, "worse", "0");
    leave(&file, "good", "1");
    until_done(&store, "good").await;
    // They wait for a program that can make them.
    let owned = || file.query_row("SELECT count(owner) FROM runs", [], |row| row.get::<_, i64>(0)).unwrap();
    soon(async {
        while owned() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
