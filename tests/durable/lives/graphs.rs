//! The graphs of these runs, and what their bodies do in all lives.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, Mutex};

use adagio::durable::current;
use adagio::{Lazy, TaskError, dag};
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use crate::random::Random;

/// What is the same in all lives of a run, and what its bodies were told.
#[derive(Default)]
pub(super) struct World {
    pub(super) fails: BTreeSet<&'static str>,
    /// The tasks whose results are too large.
    pub(super) large: BTreeSet<&'static str>,
    pub(super) asks: BTreeSet<&'static str>,
    pub(super) yields: AtomicU64,
    /// Which tasks have started in this life.
    pub(super) started: Mutex<BTreeSet<&'static str>>,
    /// What each body that catches was told, in all lives.
    pub(super) told: Mutex<BTreeMap<&'static str, BTreeSet<String>>>,
}

/// The worlds by their numbers: an object that is stored has only a number.
pub(super) static WORLDS: LazyLock<Mutex<HashMap<u64, Arc<World>>>> = LazyLock::new(Mutex::default);

/// Longer than what the keeper accepts.
pub(super) const LARGE: u32 = 1_000_000;

/// The tasks that may fail.
pub(super) const FALLIBLE: [&str; 30] = [
    "a",
    "b",
    "flaky",
    "rates",
    "price",
    "offer",
    "e",
    "c1",
    "c2",
    "c3",
    "f",
    "m.a",
    "m.b",
    "m.rates",
    "m.price",
    "m.sum",
    "m.note",
    "m.deep.x",
    "m.deep.y",
    "m.deep.z",
    "m.deep.w",
    "pages[0]",
    "pages[1]",
    "pages[2]",
    "rows[0]",
    "rows[1]",
    "rows[2]",
    "m.parts[0]",
    "m.parts[1]",
    "c4",
];
/// The tasks that may ask for another.
pub(super) const ASKERS: [&str; 3] = ["price", "offer", "m.price"];

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Number(pub(super) u64);

impl Number {
    pub(super) fn world(self) -> Arc<World> {
        Arc::clone(&WORLDS.lock().unwrap()[&self.0])
    }

    async fn act(self, task: &'static str) -> Result<u32, String> {
        let world = self.world();
        world.started.lock().unwrap().insert(task);
        for _ in 0..Random(world.yields.fetch_add(1, SeqCst)).next() % 4 {
            yield_now().await;
        }
        let result = if world.large.contains(task) { LARGE } else { 1 };
        if world.fails.contains(task) { Err(format!("no {task}")) } else { Ok(result) }
    }

    /// [`act`](Self::act) of a body that was told something.
    async fn catch(self, task: &'static str, told: &[Option<TaskError>]) -> Result<u32, String> {
        let cause = |error: &TaskError| format!("{error}: {}", error.causes());
        let told: Vec<_> = told.iter().map(|error| error.as_ref().map_or("a value".to_owned(), cause)).collect();
        self.world().told.lock().unwrap().entry(task).or_default().insert(told.join(", "));
        self.act(task).await
    }

    /// [`act`](Self::act) of the body for an element.
    async fn act_for(self, tasks: &[&'static str]) -> Result<u32, String> {
        let index = current().and_then(|current| current.index()).expect("the run has a keeper");
        self.act(tasks[index]).await
    }

    async fn ask(self, task: &'static str, value: Lazy<'_, u32>) -> Result<u32, String> {
        let result = self.act(task).await?;
        Ok(if self.world().asks.contains(task) { *value.await } else { result })
    }
}

// Clippy takes the `pin!` of the generated code for an unsafe method of the type.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Serialize, Deserialize)]
pub(super) struct Deep(Number);

#[dag(durable)]
impl Deep {
    async fn x(&self) -> Result<u32, String> {
        self.0.act("m.deep.x").await
    }

    async fn y(&self) -> Result<u32, String> {
        self.0.act("m.deep.y").await
    }

    #[depends(x, y)]
    async fn z(&self, x: u32, y: u32) -> Result<u32, String> {
        self.0.act("m.deep.z").await.map(|z| x + y + z)
    }

    #[depends(catch z)]
    async fn w(&self, z: Result<u32, TaskError>) -> Result<u32, String> {
        self.0.catch("m.deep.w", &[z.err()]).await
    }
}

#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Serialize, Deserialize)]
pub(super) struct Middle(Number);

#[dag(durable)]
impl Middle {
    #[task(graph)]
    fn deep(&self) -> Deep {
        Deep(self.0)
    }

    async fn a(&self) -> Result<u32, String> {
        self.0.act("m.a").await
    }

    async fn b(&self) -> Result<u32, String> {
        self.0.act("m.b").await
    }

    async fn rates(&self) -> Result<u32, String> {
        self.0.act("m.rates").await
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: Lazy<'_, u32>) -> Result<u32, String> {
        self.0.ask("m.price", rates).await
    }

    #[depends(price, b, a, deep.z)]
    async fn sum(&self, price: u32, b: u32, a: u32, z: u32) -> Result<u32, String> {
        self.0.act("m.sum").await.map(|sum| sum + price + b + a + z)
    }

    #[depends(catch sum)]
    async fn note(&self, sum: Result<u32, TaskError>) -> Result<u32, String> {
        self.0.catch("m.note", &[sum.err()]).await
    }

    #[depends(a)]
    fn items(&self, a: u32) -> Vec<u32> {
        vec![a, 7]
    }

    #[depends(item in items)]
    async fn parts(&self, item: u32) -> Result<u32, String> {
        self.0.act_for(&["m.parts[0]", "m.parts[1]"]).await.map(|part| part + item)
    }

    #[depends(catch parts)]
    async fn tally(&self, parts: Result<Vec<u32>, TaskError>) -> Result<u32, String> {
        self.0.catch("m.tally", &[parts.err()]).await
    }

    #[depends(note, tally, catch deep.w)]
    async fn seen(&self, note: u32, tally: u32, w: Result<u32, TaskError>) -> Result<u32, String> {
        self.0.catch("m.seen", &[w.err()]).await.map(|seen| seen + note + tally)
    }
}

pub(super) struct Outer(pub(super) Number);

#[dag(durable)]
impl Outer {
    #[task(graph)]
    fn m(&self) -> Middle {
        Middle(self.0)
    }

    async fn a(&self) -> Result<u32, String> {
        self.0.act("a").await
    }

    #[task(spawn)]
    async fn b(&self) -> Result<u32, String> {
        self.0.act("b").await
    }

    #[task(retry = 1, backoff = "1ms..1ms")]
    async fn flaky(&self) -> Result<u32, String> {
        let result = self.0.act("flaky").await;
        if current().is_some_and(|current| current.attempt() == 1) { Err("busy".to_owned()) } else { result }
    }

    async fn rates(&self) -> Result<u32, String> {
        self.0.act("rates").await
    }

    #[depends(a, lazy rates)]
    #[task(spawn)]
    async fn price(&self, _a: u32, rates: Lazy<'_, u32>) -> Result<u32, String> {
        self.0.ask("price", rates).await
    }

    #[depends(lazy rates)]
    async fn offer(&self, rates: Lazy<'_, u32>) -> Result<u32, String> {
        self.0.ask("offer", rates).await
    }

    #[depends(m.sum, offer, b, flaky)]
    fn d(&self, sum: u32, offer: u32, b: u32, flaky: u32) -> u32 {
        sum + offer + b + flaky
    }

    #[depends(price, m.seen, a, b)]
    async fn e(&self, price: u32, seen: u32, a: u32, b: u32) -> Result<u32, String> {
        self.0.act("e").await.map(|e| e + price + seen + a + b)
    }

    #[depends(catch d)]
    async fn c1(&self, d: Result<u32, TaskError>) -> Result<u32, String> {
        self.0.catch("c1", &[d.err()]).await
    }

    #[depends(catch d, catch e)]
    #[task(spawn)]
    async fn c2(&self, d: Result<u32, TaskError>, e: Result<&u32, TaskError>) -> Result<u32, String> {
        self.0.catch("c2", &[d.err(), e.err()]).await
    }

    #[depends(catch m.seen, catch c2)]
    #[task(retry = 1, backoff = "1ms..1ms")]
    async fn c3(&self, seen: Result<u32, TaskError>, c2: Result<u32, TaskError>) -> Result<u32, String> {
        let result = self.0.catch("c3", &[seen.err(), c2.err()]).await;
        if current().is_some_and(|current| current.attempt() == 1) { Err("busy".to_owned()) } else { result }
    }

    #[depends(b)]
    fn list(&self, b: u32) -> Vec<u32> {
        vec![b, 2, 3]
    }

    #[depends(item in list)]
    #[task(max_concurrency = 2, retry = 1, backoff = "1ms..1ms")]
    async fn pages(&self, item: u32) -> Result<u32, String> {
        let result = self.0.act_for(&["pages[0]", "pages[1]", "pages[2]"]).await.map(|page| page + item);
        if current().is_some_and(|current| current.attempt() == 1) { Err("busy".to_owned()) } else { result }
    }

    #[depends(page in pages, catch price)]
    #[task(spawn)]
    async fn rows(&self, page: u32, price: Option<u32>) -> Result<u32, String> {
        let row = self.0.act_for(&["rows[0]", "rows[1]", "rows[2]"]).await?;
        Ok(row + page + price.unwrap_or(0))
    }

    #[depends(catch rows)]
    async fn c4(&self, rows: Result<Vec<u32>, TaskError>) -> Result<u32, String> {
        self.0.catch("c4", &[rows.err()]).await
    }

    #[depends(c1, c3)]
    async fn f(&self, c1: u32, c3: u32) -> Result<u32, String> {
        self.0.act("f").await.map(|f| f + c1 + c3)
    }

    #[depends(catch f, catch e, catch c4)]
    pub(super) async fn end(
        &self,
        f: Option<u32>,
        e: Result<u32, TaskError>,
        c4: Result<u32, TaskError>,
    ) -> Result<u32, String> {
        self.0.catch("end", &[e.err(), c4.err()]).await.map(|end| end + f.unwrap_or(0))
    }
}
