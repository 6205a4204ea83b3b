//! Bad input: files that are no stores, odd names, large inputs.

use std::error::Error as _;

use adagio::dag;
use adagio_store::{Error, Status, Store, StoredRun};
use serde::{Deserialize, Serialize};

use super::{Folder, soon};

#[derive(Serialize, Deserialize)]
struct New {
    text: String,
    #[serde(default)]
    copies: u32,
}

struct Echo(New);

#[dag(durable)]
impl Echo {
    pub(crate) async fn length(&self) -> usize {
        self.0.text.len() + self.0.copies as usize
    }
}

fn new(text: &str) -> New {
    New { text: text.to_owned(), copies: 0 }
}

#[tokio::test]
async fn another_input_is_told_and_the_same_in_another_form_is_not() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    // An input of an earlier version of the program, which had no `copies`.
    let old = store.graph("echo", |text: std::collections::BTreeMap<String, String>| Echo(new(&text["text"])));
    soon(StoredRun::ended(&old.start("a", [("text".to_owned(), "lamp".to_owned())].into()).await.unwrap())).await;
    drop(old);
    let echo = store.graph("echo", Echo);
    assert_eq!(*echo.start("a", new("lamp")).await.unwrap().length().await.unwrap(), 4);
    let error = echo.start("a", new("rug")).await.unwrap_err();
    assert_eq!(error.to_string(), "the run `a` was started with another input");
}

#[derive(Serialize, Deserialize)]
struct Odd {
    ratio: f64,
    #[serde(skip)]
    copies: usize,
}

struct Ratio(Odd);

#[dag(durable)]
impl Ratio {
    pub(crate) async fn copies(&self) -> usize {
        self.0.copies
    }
}

#[tokio::test]
async fn an_input_that_cannot_be_read_back_is_not_stored() {
    let store = Store::in_memory().await.unwrap();
    let graph = store.graph("ratio", Ratio);
    let error = graph.start("a", Odd { ratio: f64::NAN, copies: 1 }).await.unwrap_err();
    assert!(matches!(&error, Error::Input { id, .. } if id == "a"), "{error:?}");
    assert!(store.list(0, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_first_life_has_the_input_that_the_others_have() {
    let store = Store::in_memory().await.unwrap();
    let graph = store.graph("ratio", Ratio);
    let run = graph.start("a", Odd { ratio: 0.5, copies: 3 }).await.unwrap();
    assert_eq!(*soon(run.copies()).await.unwrap(), 0, "`copies` is not stored");
}

#[tokio::test]
async fn an_object_that_cannot_be_made_leaves_nothing_behind() {
    let store = Store::in_memory().await.unwrap();
    let graph = store.graph("echo", |new: New| {
        assert!(new.copies < 9, "too many copies");
        Echo(new)
    });
    let error = graph.start("a", New { text: String::new(), copies: 9 }).await.unwrap_err();
    assert_eq!(error.to_string(), "the object of the run `a` could not be made, because of a panic: too many copies");
    assert!(store.list(0, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn any_text_is_a_name() {
    let store = Store::in_memory().await.unwrap();
    let echo = store.graph("echo", Echo);
    for id in ["", "'; DROP TABLE runs; --", "a\0b", "größe/💡\n", &"x".repeat(100_000)] {
        let run = echo.start(id, new("lamp")).await.unwrap();
        assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
        assert_eq!(StoredRun::id(&echo.get(id).await.unwrap().unwrap()), id);
    }
    assert_eq!(store.list(0, 100).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_large_input_is_stored() {
    let store = Store::in_memory().await.unwrap();
    let echo = store.graph("echo", Echo);
    let large = "x".repeat(50_000_000);
    let run = echo.start("a", new(&large)).await.unwrap();
    assert_eq!(*soon(run.length()).await.unwrap(), 50_000_000);
}

#[tokio::test]
async fn graphs_do_not_see_each_others_runs() {
    let store = Store::in_memory().await.unwrap();
    let (one, two) = (store.graph("one", Echo), store.graph("two", Echo));
    one.start("a", new("lamp")).await.unwrap();
    assert!(two.get("a").await.unwrap().is_none());
    assert_eq!(*two.start("a", new("rug")).await.unwrap().length().await.unwrap(), 3);
}

#[tokio::test]
#[should_panic(expected = "this store has a graph with the name `echo` already")]
async fn two_graphs_of_one_name_are_a_mistake() {
    let store = Store::in_memory().await.unwrap();
    let _first = store.graph("echo", Echo);
    let _second = store.graph("echo", Echo);
}

#[tokio::test]
async fn a_file_that_is_no_store_is_named() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "no database, but text that is long enough to be one".repeat(100)).unwrap();
    let error = Store::open(folder.file()).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` cannot be opened as a store", folder.file().display()));
    assert_eq!(error.source().unwrap().to_string(), "file is not a database");

    let error = Store::open(folder.0.join("no/such/folder")).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error:?}");

    std::fs::remove_file(folder.file()).unwrap();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(other);
    let before = std::fs::read(folder.file()).unwrap();
    assert!(matches!(Store::open(folder.file()).await.map(drop), Err(Error::Foreign { .. })));
    assert!(std::fs::read(folder.file()).unwrap() == before, "no byte of it has changed");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let folder = Folder::new();
    drop(Store::open(folder.file()).await.unwrap());
    let newer = rusqlite::Connection::open(folder.file()).unwrap();
    newer.execute_batch("PRAGMA user_version = 9").unwrap();
    drop(newer);
    let error = Store::open(folder.file()).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 9, .. }), "{error:?}");
}

/// The tables of schema 1, as they were.
const SCHEMA_1: &str = "
CREATE TABLE owners (number INTEGER PRIMARY KEY, alive_until INTEGER NOT NULL);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    graph TEXT NOT NULL,
    id TEXT NOT NULL,
    input BLOB NOT NULL,
    status INTEGER NOT NULL,
    owner INTEGER,
    fence INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    failed TEXT,
    error TEXT,
    UNIQUE (graph, id)
);
CREATE INDEX running ON runs (owner) WHERE status = 0;
CREATE INDEX ended ON runs (ended) WHERE ended IS NOT NULL;
CREATE TABLE results (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    version INTEGER NOT NULL,
    started INTEGER,
    ended INTEGER NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (run, task)
);
CREATE TABLE attempts (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    failed INTEGER NOT NULL,
    next INTEGER,
    ended INTEGER NOT NULL,
    error TEXT NOT NULL,
    UNIQUE (run, task)
);
PRAGMA journal_mode = WAL;
PRAGMA application_id = 0x61646167;
PRAGMA user_version = 1;
";

/// What made schema 2 of it. New files of schema 2 had the same tables.
const SCHEMA_2: &str = "
ALTER TABLE owners ADD COLUMN lease INTEGER NOT NULL DEFAULT 5000;
ALTER TABLE attempts ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
PRAGMA user_version = 2;
";

/// What made schema 3 of it.
const SCHEMA_3: &str = "
CREATE TABLE causes (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    version INTEGER NOT NULL,
    cause TEXT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (run, task)
) WITHOUT ROWID;
PRAGMA user_version = 3;
";

/// A run that is done, and one that a crash has left after a failed attempt.
const RUNS: &str = r#"
INSERT INTO owners (number, alive_until) VALUES (1, 0);
INSERT INTO runs (graph, id, input, status, owner, fence, started, ended) VALUES
    ('echo', 'a', CAST('{"text":"lamp"}' AS BLOB), 1, NULL, 1, 1000, 1001),
    ('echo', 'b', CAST('{"text":"rug"}' AS BLOB), 0, 1, 1, 2000, NULL);
INSERT INTO results VALUES (1, 'length', 1, 1000, 1001, CAST('44' AS BLOB));
INSERT INTO attempts (run, task, failed, next, ended, error) VALUES (2, 'length', 1, 0, 2001, 'busy');
"#;

/// Returns a file of each earlier schema, with some rows.
fn earlier_files(rows: &str) -> impl Iterator<Item = Folder> {
    let schemas = [SCHEMA_1, SCHEMA_2, SCHEMA_3];
    (1..=schemas.len()).map(move |schema| {
        let folder = Folder::new();
        let earlier = rusqlite::Connection::open(folder.file()).unwrap();
        for sql in schemas[..schema].iter().chain([&rows]) {
            earlier.execute_batch(sql).unwrap();
        }
        folder
    })
}

#[tokio::test]
async fn a_file_of_an_earlier_version_is_brought_up_to_date() {
    for folder in earlier_files(RUNS) {
        // The second time, nothing is left to do.
        for new_run in ["c", "d"] {
            let store = Store::open(folder.file()).await.unwrap();
            let echo = store.graph("echo", Echo);
            let done = echo.get("a").await.unwrap().unwrap();
            assert_eq!((StoredRun::status(&done), *done.length().await.unwrap()), (Status::Done, 44));
            let left = echo.get("b").await.unwrap().unwrap();
            assert_eq!((*soon(left.length()).await.unwrap(), soon(StoredRun::ended(&left)).await), (3, Status::Done));
            assert!(
                echo.report("b").await.unwrap().contains("2 attempts"),
                "the failed one of the earlier version counts"
            );
            let run = echo.start(new_run, new("shelf")).await.unwrap();
            assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
        }
    }
}

/// Two tasks that do not fail in this version, and one that needs both.
struct Pair;

#[dag(durable)]
impl Pair {
    async fn left(&self) -> Result<u32, String> {
        Ok(1)
    }

    async fn right(&self) -> Result<u32, String> {
        Ok(2)
    }

    #[depends(left, right)]
    pub(crate) async fn sum(&self, left: u32, right: u32) -> u32 {
        left + right
    }
}

/// A run that a crash has left after both have failed: first `right`, as the order of the rows says.
const FAILURES: &str = "
INSERT INTO owners (number, alive_until) VALUES (1, 0);
INSERT INTO runs (graph, id, input, status, owner, fence, started) VALUES
    ('pair', 'a', CAST('null' AS BLOB), 0, 1, 1, 1000);
INSERT INTO attempts (run, task, failed, next, ended, error) VALUES
    (1, 'right', 3, NULL, 1001, 'no ink'),
    (1, 'left', 1, NULL, 1001, 'no paper');
";

#[tokio::test]
async fn final_failures_of_an_earlier_version_keep_their_order() {
    for folder in earlier_files(FAILURES) {
        // The second time, it is read from the new table alone.
        for _ in 0..2 {
            let store = Store::open(folder.file()).await.unwrap();
            let pairs = store.graph("pair", |(): ()| Pair);
            let run = pairs.get("a").await.unwrap().unwrap();
            let error = soon(run.sum()).await.unwrap_err();
            assert_eq!((error.task(), error.source().unwrap().to_string().as_str()), ("right", "no ink"));
            assert_eq!(soon(StoredRun::ended(&run)).await, Status::Failed);
            let page = pairs.report("a").await.unwrap();
            assert!(page.contains("no paper") && page.contains("no ink"), "{page}");
        }
    }
}

#[tokio::test]
async fn a_truncated_log_loses_no_more_than_what_it_held() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let echo = store.graph("echo", Echo);
    soon(StoredRun::ended(&echo.start("a", new("lamp")).await.unwrap())).await;
    // As a crash leaves them: a copy of the files while they are open, the log cut in the middle.
    let copy = Folder::new();
    std::fs::copy(folder.file(), copy.file()).unwrap();
    let log = std::fs::read(folder.0.join("runs.db-wal")).unwrap();
    std::fs::write(copy.0.join("runs.db-wal"), &log[..log.len() - 100]).unwrap();
    let store = Store::open(copy.file()).await.unwrap();
    let echo = store.graph("echo", Echo);
    assert_eq!(*soon(echo.start("a", new("lamp")).await.unwrap().length()).await.unwrap(), 4);
}
