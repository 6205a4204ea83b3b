//! Failures that a task catches: each life of a run decides the same about them.

use std::error::Error as _;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex};

use adagio::{TaskError, dag};
use adagio_store::{Graph, Status, Store, StoredRun};

use super::{Folder, soon};

#[derive(Debug)]
struct Expired(fmt::Error);

impl fmt::Display for Expired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the coupon has expired")
    }
}

impl std::error::Error for Expired {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// What is true of all lives of a run.
#[derive(Default)]
struct World {
    log: Mutex<Vec<String>>,
    /// `report` and `charge` do not go on.
    is_stuck: bool,
    has_money: bool,
}

impl World {
    fn note(&self, text: impl Into<String>) {
        self.log.lock().unwrap().push(text.into());
    }

    fn log(&self) -> Vec<String> {
        let mut log = std::mem::take(&mut *self.log.lock().unwrap());
        log.sort();
        log
    }
}

/// Returns all that a body can see of a failure.
fn told(error: &TaskError) -> String {
    let source = error.source().unwrap();
    let is_typed = error.downcast_ref::<Expired>().is_some();
    format!("{error}: {source}, {:?}, {is_typed}", source.source().map(ToString::to_string))
}

struct Checkout(Arc<World>);

#[dag(durable)]
impl Checkout {
    #[task(retry = 2, backoff = "1ms..1ms")]
    async fn load(&self) -> Result<u32, Expired> {
        self.0.note("load");
        Err(Expired(fmt::Error))
    }

    #[depends(load)]
    pub(crate) fn coupon(&self, load: u32) -> u32 {
        load
    }

    #[depends(catch coupon)]
    async fn price(&self, coupon: Option<&u32>) -> u32 {
        self.0.note("price");
        42 - coupon.unwrap_or(&0)
    }

    #[depends(catch coupon)]
    pub(crate) async fn report(&self, coupon: Result<u32, TaskError>) -> String {
        let error = coupon.unwrap_err();
        let text = told(&error);
        self.0.note(format!("report: {text}"));
        if self.0.is_stuck { pending().await } else { text }
    }

    #[depends(price)]
    pub(crate) async fn charge(&self, price: u32) -> Result<u32, String> {
        self.0.note("charge");
        match &*self.0 {
            World { is_stuck: true, .. } => pending().await,
            World { has_money: true, .. } => Ok(price),
            _ => Err("no money".to_owned()),
        }
    }
}

/// Returns the graph in a life of its own: it takes the runs of an earlier one over, as after a crash.
fn life(store: &Store, world: World) -> (Graph<(), Checkout>, Arc<World>) {
    let world = Arc::new(world);
    let shared = Arc::clone(&world);
    (store.graph("checkout", move |(): ()| Checkout(Arc::clone(&shared))), world)
}

const REPORT: &str =
    "task `load` failed: the coupon has expired: an error occurred when formatting an argument, None, false";

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_caught_failure_is_the_same_in_each_life() {
    let store = Store::in_memory().await.unwrap();
    let (checkouts, world) = life(&store, World { is_stuck: true, ..World::default() });
    let run = checkouts.start("a", ()).await.unwrap();
    soon(until(|| world.log.lock().unwrap().len() == 6)).await;
    let report = format!("report: {REPORT}");
    assert_eq!(world.log(), ["charge", "load", "load", "load", "price", &report]);
    drop((run, checkouts));

    let (checkouts, world) = life(&store, World { has_money: true, ..World::default() });
    let run = soon(checkouts.get("a")).await.unwrap().unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    assert_eq!(world.log(), ["charge", &report], "`load` has failed for good, and `price` is stored");
    assert_eq!(run.report().await.unwrap(), REPORT);
    assert_eq!(*run.charge().await.unwrap(), 42);
}

#[tokio::test]
async fn a_run_is_done_though_a_failure_was_caught() {
    let store = Store::in_memory().await.unwrap();
    let (checkouts, world) = life(&store, World { has_money: true, ..World::default() });
    let run = checkouts.start("a", ()).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    let failure = |run: StoredRun<Checkout>| async move {
        let error = soon(run.coupon()).await.unwrap_err();
        format!("{error}: {}", error.source().unwrap())
    };
    assert!(failure(run).await.starts_with("task `load` failed: the coupon has expired"));
    world.log();

    // What is stored says the same.
    let run = checkouts.get("a").await.unwrap().unwrap();
    assert_eq!(StoredRun::status(&run), Status::Done);
    assert!(failure(run).await.starts_with("task `load` failed: the coupon has expired"));
    assert!(world.log().is_empty());
    let listed = store.list(0, 1).await.unwrap().remove(0);
    assert_eq!((listed.status, listed.failed_task), (Status::Done, None));
}

#[tokio::test]
async fn a_retry_leaves_a_failure_alone_that_was_caught_by_what_is_stored() {
    let store = Store::in_memory().await.unwrap();
    let (checkouts, world) = life(&store, World::default());
    let run = checkouts.start("a", ()).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Failed);
    let listed = store.list(0, 1).await.unwrap().remove(0);
    assert_eq!((listed.failed_task.as_deref(), listed.error.as_deref()), (Some("charge"), Some("no money")));
    world.log();
    assert_eq!(soon(StoredRun::ended(&checkouts.retry("a").await.unwrap())).await, Status::Failed);
    assert_eq!(world.log(), ["charge"]);
}

/// Its run goes on while a failure is forgotten.
struct Again(Arc<World>);

#[dag(durable)]
impl Again {
    async fn load(&self) -> Result<u32, String> {
        Err("expired".to_owned())
    }

    #[depends(load)]
    fn coupon(&self, load: u32) -> u32 {
        load
    }

    #[depends(catch coupon)]
    pub(crate) async fn report(&self, coupon: Result<u32, TaskError>) -> String {
        self.0.note("report");
        coupon.unwrap_err().task().to_owned()
    }

    async fn stuck(&self) -> u32 {
        pending().await
    }
}

#[tokio::test]
async fn forgetting_failures_forgets_what_bodies_were_told_of_them() {
    let folder = Folder::new();
    let store = Store::open(folder.file()).await.unwrap();
    let world = Arc::new(World::default());
    let graph = store.graph("again", {
        let world = Arc::clone(&world);
        move |(): ()| Again(Arc::clone(&world))
    });
    let run = graph.start("a", ()).await.unwrap();
    assert_eq!(soon(run.report()).await.unwrap(), "load");
    let file = rusqlite::Connection::open(folder.file()).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    let causes = || file.query_row("SELECT count(*) FROM causes", [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(causes(), 1);
    run.retry_failed();
    soon(until(|| causes() == 0)).await;
    assert!(graph.cancel("a").await.unwrap());
    assert!(soon(run.stuck()).await.unwrap_err().is_aborted());
    assert_eq!(world.log(), ["report"]);
}

/// Two tasks fail, one after the other, and what they block tells of the first.
struct Both(Arc<World>);

#[dag(durable)]
impl Both {
    async fn early(&self) -> Result<u32, String> {
        while self.0.log.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        Err("early in the block".to_owned())
    }

    async fn late(&self) -> Result<u32, String> {
        Err("first in time".to_owned())
    }

    #[depends(early, late)]
    fn sum(&self, early: u32, late: u32) -> u32 {
        early + late
    }

    #[depends(catch sum)]
    async fn noted(&self, sum: Result<u32, TaskError>) -> String {
        self.0.note("noted");
        sum.unwrap_err().task().to_owned()
    }

    #[depends(noted, catch early, catch sum)]
    pub(crate) async fn report(&self, noted: &str, sum: Result<u32, TaskError>) -> String {
        if self.0.is_stuck {
            pending::<()>().await;
        }
        format!("{noted}, {}", sum.unwrap_err().task())
    }
}

#[tokio::test]
async fn of_several_failures_each_life_knows_which_came_first() {
    let store = Store::in_memory().await.unwrap();
    let graph = |is_stuck| {
        let world = Arc::new(World { is_stuck, ..World::default() });
        store.graph("both", move |(): ()| Both(Arc::clone(&world)))
    };
    let first = graph(true);
    let run = first.start("a", ()).await.unwrap();
    assert_eq!(soon(run.early()).await.unwrap_err().task(), "early");
    drop((run, first));

    let second = graph(false);
    let run = soon(second.get("a")).await.unwrap().unwrap();
    assert_eq!(soon(run.report()).await.unwrap(), "late, late");
}
