//! The figures of the README. `cargo bench -p adagio-store` prints them; `-- runs`, `-- by-hand`, `-- many`, `-- memory`,
//! `-- wide` and `-- blocks` print one each.
#![allow(
    clippy::unused_async,
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    reason = "tasks here are done at once, and take what they get"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use adagio::dag;
use adagio_store::{Graph, Status, Store, StoredRun};
use rusqlite::{Connection, params};
use tokio::sync::{Semaphore, oneshot};

/// Four tasks, one behind the other, which do nothing.
struct Short(u32);

#[dag(durable)]
impl Short {
    async fn first(&self) -> u32 {
        self.0
    }

    #[depends(first)]
    async fn second(&self, first: u32) -> u32 {
        first + 1
    }

    #[depends(second)]
    async fn third(&self, second: u32) -> u32 {
        second + 1
    }

    #[depends(third)]
    pub(crate) async fn last(&self, third: u32) -> u32 {
        third + 1
    }
}

#[tokio::main]
async fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_asked = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if is_asked("runs") {
        runs().await;
    }
    if is_asked("by-hand") {
        by_hand().await;
    }
    if is_asked("many") {
        many().await;
    }
    if is_asked("memory") {
        memory().await;
    }
    if is_asked("wide") {
        wide().await;
    }
    if is_asked("blocks") {
        blocks().await;
    }
}

/// A body for each of many elements.
struct Wide(usize);

#[dag(durable)]
impl Wide {
    async fn ids(&self) -> Vec<usize> {
        (0..self.0).collect()
    }

    #[depends(id in ids)]
    pub(crate) async fn pages(&self, id: usize) -> usize {
        id + 1
    }
}

/// The same with a limit.
struct Eight(usize);

#[dag(durable)]
impl Eight {
    async fn ids(&self) -> Vec<usize> {
        (0..self.0).collect()
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 8)]
    pub(crate) async fn pages(&self, id: usize) -> usize {
        id + 1
    }
}

/// Stores the results for many elements, and reads them again.
async fn wide() {
    let folder = Folder::new("wide");
    for count in [1_000, 10_000] {
        for is_limited in [false, true] {
            let mut times = [const { Vec::new() }; 2];
            for round in 0..5 {
                let store = Store::open(folder.file(&format!("{count}-{is_limited}-{round}.db"))).await.unwrap();
                for times in &mut times {
                    let began = Instant::now();
                    let elements = if is_limited {
                        let run = store.graph("wide", Eight).start("a", count).await.unwrap();
                        assert_eq!(StoredRun::ended(&run).await, Status::Done);
                        run.pages().await.unwrap().len()
                    } else {
                        let run = store.graph("wide", Wide).start("a", count).await.unwrap();
                        assert_eq!(StoredRun::ended(&run).await, Status::Done);
                        run.pages().await.unwrap().len()
                    };
                    times.push(began.elapsed());
                    assert_eq!(elements, count);
                }
            }
            let [stored, read] = times.map(|mut times| {
                times.sort();
                times[2]
            });
            let bodies = if is_limited { "8 bodies at once" } else { "no limit" };
            println!("wide: {count} elements, {bodies}: {stored:.1?}; read again: {read:.1?}");
        }
    }
}

/// The same tasks in a block that is not durable.
struct Plain(u32);

#[dag]
impl Plain {
    async fn first(&self) -> u32 {
        self.0
    }

    #[depends(first)]
    async fn second(&self, first: u32) -> u32 {
        first + 1
    }

    #[depends(second)]
    async fn third(&self, second: u32) -> u32 {
        second + 1
    }

    #[depends(third)]
    pub(crate) async fn last(&self, third: u32) -> u32 {
        third + 1
    }
}

/// Compares both blocks without a store, in turns.
async fn blocks() {
    let (plain, short) = (Plain(1), Arc::new(Short(1)));
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..200 {
        let began = Instant::now();
        for _ in 0..1_000 {
            std::hint::black_box(std::hint::black_box(&plain).last().await);
        }
        times[0].push(began.elapsed());
        let began = Instant::now();
        for _ in 0..1_000 {
            std::hint::black_box(std::hint::black_box(&*short).last().await);
        }
        times[1].push(began.elapsed());
        let began = Instant::now();
        for _ in 0..1_000 {
            std::hint::black_box(*std::hint::black_box(&plain).run().last().await);
        }
        times[2].push(began.elapsed());
        let began = Instant::now();
        for _ in 0..1_000 {
            _ = std::hint::black_box(std::hint::black_box(&short).run().last().await);
        }
        times[3].push(began.elapsed());
    }
    let [plain_call, call, plain_run, run] = times.map(|mut times| {
        times.sort();
        times[100] / 1_000
    });
    let ratio = |of: Duration, to: Duration| of.as_secs_f64() / to.as_secs_f64();
    println!("a call: {plain_call:?}, durable {call:?}: {:.2} times", ratio(call, plain_call));
    println!("a run: {plain_run:?}, durable {run:?}: {:.2} times", ratio(run, plain_run));
}

struct Folder(PathBuf);

impl Folder {
    /// In the build folder, which is on a disk: a temporary folder may be in memory.
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn one(graph: &Graph<u32, Short>, number: u32) {
    let run = graph.start(&number.to_string(), number).await.unwrap();
    assert_eq!(StoredRun::ended(&run).await, Status::Done);
}

/// Runs `count` runs, 200 at once.
async fn at_once(graph: &Graph<u32, Short>, from: u32, count: u32) -> Duration {
    let (slots, began) = (Arc::new(Semaphore::new(200)), Instant::now());
    for number in from..from + count {
        let slot = Arc::clone(&slots).acquire_owned().await.unwrap();
        let graph = graph.clone();
        tokio::spawn(async move {
            one(&graph, number).await;
            drop(slot);
        });
    }
    _ = slots.acquire_many(200).await.unwrap();
    began.elapsed()
}

async fn runs() {
    let folder = Folder::new("runs");
    let store = Store::open(folder.file("runs.db")).await.unwrap();
    let graph = store.graph("short", Short);
    at_once(&graph, 0, 2_000).await;
    for round in 1..=3 {
        let took = at_once(&graph, round * 20_000, 20_000).await;
        println!("200 at once: {:.0} runs a second", 20_000.0 / took.as_secs_f64());
    }
}

/// The steps of one run by hand, on a thread that writes for it.
struct Hand(mpsc::Sender<(Step, oneshot::Sender<()>)>);

enum Step {
    Start(i64),
    Keep(i64, &'static str, Vec<u8>),
    End(i64),
}

impl Hand {
    fn new(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE runs (id TEXT PRIMARY KEY, input BLOB, status INTEGER);
                 CREATE TABLE results (run TEXT, task TEXT, value BLOB, UNIQUE (run, task));",
            )
            .unwrap();
        let (sender, receiver) = mpsc::channel::<(Step, oneshot::Sender<()>)>();
        std::thread::spawn(move || {
            while let Ok((step, answer)) = receiver.recv() {
                let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
                    connection.prepare_cached(sql).unwrap().execute(values).unwrap()
                };
                match step {
                    Step::Start(id) => run("INSERT INTO runs VALUES (?1, ?2, 0)", params![id.to_string(), b"7"]),
                    Step::Keep(id, task, value) => {
                        run("INSERT INTO results VALUES (?1, ?2, ?3)", params![id.to_string(), task, value])
                    }
                    Step::End(id) => run("UPDATE runs SET status = 1 WHERE id = ?1", params![id.to_string()]),
                };
                _ = answer.send(());
            }
        });
        Self(sender)
    }

    async fn step(&self, step: Step) {
        let (answer, answered) = oneshot::channel();
        self.0.send((step, answer)).unwrap();
        answered.await.unwrap();
    }

    async fn run(&self, id: i64) {
        self.step(Step::Start(id)).await;
        for task in ["first", "second", "third", "last"] {
            self.step(Step::Keep(id, task, id.to_string().into_bytes())).await;
        }
        self.step(Step::End(id)).await;
    }
}

async fn by_hand() {
    let folder = Folder::new("by-hand");
    let store = Store::open(folder.file("runs.db")).await.unwrap();
    let graph = store.graph("short", Short);
    let hand = Hand::new(&folder.file("hand.db"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..2_000 {
        let began = Instant::now();
        one(&graph, number).await;
        ours.push(began.elapsed());
        let began = Instant::now();
        hand.run(number.into()).await;
        theirs.push(began.elapsed());
    }
    ours.sort();
    theirs.sort();
    let (ours, theirs) = (ours[1_000], theirs[1_000]);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("one at a time: {ours:?} a run, by hand {theirs:?}: {ratio:.2} times");
}

async fn many() {
    let folder = Folder::new("many");
    let path = folder.file("runs.db");
    let store = Store::open(&path).await.unwrap();
    let graph = store.graph("short", Short);
    let start = |from: u32| {
        let graph = graph.clone();
        async move {
            let mut times = Vec::new();
            for number in from..from + 300 {
                let began = Instant::now();
                let run = graph.start(&format!("{number}"), number).await.unwrap();
                times.push(began.elapsed());
                StoredRun::ended(&run).await;
            }
            times.sort();
            times[150]
        }
    };
    let empty = start(0).await;
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
             INSERT INTO runs (graph, id, input, status, fence, started, ended)
             SELECT 'short', 'old-' || i, '7', 1, 1, 0, 0 FROM n;
             INSERT INTO results (run, task, version, ended, value)
             SELECT number, task, 1, 0, '7' FROM runs,
                 (SELECT 'first' AS task UNION SELECT 'second' UNION SELECT 'third' UNION SELECT 'last')
                 WHERE id LIKE 'old-%';
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    let full = start(1_000).await;
    println!("start: {empty:?} in a new file, {full:?} with 1,000,000 runs in it");
    let (began, mut after, mut pages) = (Instant::now(), 0, 0);
    loop {
        let page = store.list(after, 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        (after, pages) = (last.number, pages + 1);
    }
    println!("list: {pages} pages of 1,000 in {:?}, {:?} a page", began.elapsed(), began.elapsed() / pages);
}

async fn memory() {
    let folder = Folder::new("memory");
    let store = Store::open(folder.file("runs.db")).await.unwrap();
    let graph = store.graph("short", Short);
    for round in 0..10 {
        at_once(&graph, round * 10_000, 10_000).await;
        println!("memory after {:7} runs: {} kB", (round + 1) * 10_000, resident());
    }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
