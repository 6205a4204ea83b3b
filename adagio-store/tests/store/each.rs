//! Wide tasks: each of their results is a row of its own.

use std::collections::HashSet;
use std::error::Error as _;
use std::future::pending;
use std::sync::{Arc, Mutex};

use adagio::TaskError;
use adagio::dag;
use adagio::durable::current;
use adagio_store::{Error, Graph, Status, Store, StoredRun};
use tokio::task::yield_now;

use super::{Folder, soon};

/// What happens to the bodies of a run.
#[derive(Default)]
struct World {
    /// The elements whose bodies never end.
    stuck: Mutex<HashSet<usize>>,
    broken: Mutex<HashSet<usize>>,
    ran: Mutex<Vec<String>>,
}

impl World {
    fn ran(&self) -> String {
        let mut ran = std::mem::take(&mut *self.ran.lock().unwrap());
        ran.sort();
        ran.join(" ")
    }
}

struct Crawl(usize, Arc<World>);

impl Crawl {
    /// Notes that a body starts, and what it is told to do.
    async fn starts(&self) -> Result<usize, String> {
        let current = current().unwrap();
        self.1.ran.lock().unwrap().push(current.idempotency_key());
        let index = current.index().unwrap();
        if self.1.stuck.lock().unwrap().contains(&index) {
            pending::<()>().await;
        }
        if self.1.broken.lock().unwrap().contains(&index) { Err(format!("no {index}")) } else { Ok(index) }
    }
}

#[dag(durable)]
impl Crawl {
    fn ids(&self) -> Vec<usize> {
        (0..self.0).collect()
    }

    #[depends(id in ids)]
    #[task(retry = 1, backoff = "1ms..1ms")]
    pub(crate) async fn pages(&self, id: usize) -> Result<usize, String> {
        self.starts().await.map(|_| 10 * id)
    }

    #[depends(pages)]
    pub(crate) fn total(&self, pages: &[usize]) -> usize {
        pages.iter().sum()
    }
}

/// Takes the runs over from an earlier graph of the same name, as after a crash.
fn graph(store: &Store, world: &Arc<World>) -> Graph<usize, Crawl> {
    let world = Arc::clone(world);
    store.graph("crawl", move |count| Crawl(count, Arc::clone(&world)))
}

/// Waits until the file has a number of rows.
async fn rows(folder: &Folder, count: i64) {
    let file = rusqlite::Connection::open(folder.file()).unwrap();
    let stored = || file.query_row("SELECT count(*) FROM results", [], |row| row.get(0)).unwrap_or(0);
    soon(async {
        while stored() < count {
            yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_run_that_is_taken_up_runs_only_the_missing_bodies() {
    let (folder, world) = (Folder::new(), Arc::new(World::default()));
    let store = soon(Store::open(folder.file())).await.unwrap();
    world.stuck.lock().unwrap().insert(2);
    let crawls = graph(&store, &world);
    let run = soon(crawls.start("a", 5)).await.unwrap();
    rows(&folder, 5).await;
    assert_eq!(world.ran(), "a/pages[0] a/pages[1] a/pages[2] a/pages[3] a/pages[4]");
    drop((run, crawls));

    world.stuck.lock().unwrap().clear();
    let crawls = graph(&store, &world);
    let run = soon(crawls.get("a")).await.unwrap().unwrap();
    assert_eq!(soon(run.total()).await.unwrap(), &100);
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    assert_eq!(world.ran(), "a/pages[2]");
    drop((run, crawls));

    let crawls = graph(&store, &world);
    let run = soon(crawls.get("a")).await.unwrap().unwrap();
    assert_eq!(soon(run.pages()).await.unwrap(), &[0, 10, 20, 30, 40]);
    assert_eq!(world.ran(), "");
    let report = soon(crawls.report("a")).await.unwrap();
    assert!(report.contains("pages × 5") && !report.contains("pages[3]"), "one bar for all elements");
}

#[tokio::test]
async fn a_run_with_an_element_that_failed_keeps_the_others() {
    let (folder, world) = (Folder::new(), Arc::new(World::default()));
    let store = soon(Store::open(folder.file())).await.unwrap();
    world.broken.lock().unwrap().insert(1);
    world.stuck.lock().unwrap().insert(3);
    let crawls = graph(&store, &world);
    let run = soon(crawls.start("a", 4)).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Failed);
    drop((run, crawls));
    world.ran();

    let crawls = graph(&store, &world);
    let run = soon(crawls.get("a")).await.unwrap().unwrap();
    let failed = |error: &TaskError| (error.to_string(), error.source().unwrap().to_string());
    let error = soon(run.total()).await.unwrap_err();
    assert_eq!(failed(&error), ("task `pages[1]` failed".to_owned(), "no 1".to_owned()));
    let Err(Error::Failed { source, .. }) = soon(StoredRun::done(&run)).await else { panic!("it has failed") };
    assert_eq!(source.index(), Some(1));
    assert_eq!(world.ran(), "", "a run that has ended runs nothing");
    let report = soon(crawls.report("a")).await.unwrap();
    assert!(report.contains("pages[1]"), "it names the element");

    world.broken.lock().unwrap().clear();
    world.stuck.lock().unwrap().clear();
    let run = soon(crawls.retry("a")).await.unwrap();
    assert_eq!(soon(run.total()).await.unwrap(), &60);
    assert_eq!(world.ran(), "a/pages[1] a/pages[3]");
}

/// The failure of a wide task, caught.
struct Caught(Arc<World>);

#[dag(durable)]
impl Caught {
    fn ids(&self) -> Vec<usize> {
        vec![0, 1]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        Crawl(id, Arc::clone(&self.0)).starts().await
    }

    #[depends(catch pages)]
    fn seen(&self, pages: Result<&[usize], TaskError>) -> String {
        format!("{:?}", pages.map_err(|error| error.to_string()))
    }

    #[depends(seen)]
    pub(crate) fn shown(&self, seen: &str) -> Result<String, String> {
        if self.0.broken.lock().unwrap().is_empty() { Ok(seen.to_owned()) } else { Err("no paper".to_owned()) }
    }
}

#[tokio::test]
async fn a_failure_of_an_element_that_was_caught_stays_as_it_is() {
    let (store, world) = (Store::in_memory().await.unwrap(), Arc::new(World::default()));
    world.broken.lock().unwrap().insert(1);
    let shared = Arc::clone(&world);
    let graph = store.graph("caught", move |(): ()| Caught(Arc::clone(&shared)));
    let run = soon(graph.start("a", ())).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Failed);
    world.broken.lock().unwrap().clear();
    world.ran();
    let run = soon(graph.retry("a")).await.unwrap();
    assert_eq!(soon(run.shown()).await.unwrap(), r#"Err("task `pages[1]` failed")"#);
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    assert_eq!(world.ran(), "");
}

/// Later programs.
mod later {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::dag;

    pub(super) struct Anew;

    #[dag(durable)]
    impl Anew {
        fn ids(&self) -> Vec<usize> {
            vec![0, 1]
        }

        #[depends(id in ids)]
        #[task(version = 2)]
        pub(crate) async fn pages(&self, id: usize) -> usize {
            7 + id
        }
    }

    /// Counts the runs of its body.
    pub(super) struct Again(pub(super) Arc<AtomicUsize>);

    #[dag(durable)]
    impl Again {
        #[task(version = 2)]
        pub(crate) fn pages(&self) -> usize {
            70 + self.0.fetch_add(1, Ordering::SeqCst)
        }
    }

    pub(super) struct Retyped;

    #[dag(durable)]
    impl Retyped {
        fn ids(&self) -> Vec<usize> {
            vec![0, 1]
        }

        #[depends(id in ids)]
        pub(crate) async fn pages(&self, id: usize) -> String {
            id.to_string()
        }
    }

    pub(super) struct Plain;

    #[dag(durable)]
    impl Plain {
        pub(crate) fn pages(&self) -> String {
            "plain".to_owned()
        }
    }
}

/// Begins the run `a` of two pages, of which one is stuck, and drops it once the other is stored.
async fn interrupted(stuck: usize) -> (Folder, Store) {
    let (folder, world) = (Folder::new(), Arc::new(World::default()));
    let store = soon(Store::open(folder.file())).await.unwrap();
    world.stuck.lock().unwrap().insert(stuck);
    let crawls = graph(&store, &world);
    let run = soon(crawls.start("a", 2)).await.unwrap();
    rows(&folder, 2).await;
    drop((run, crawls));
    (folder, store)
}

#[tokio::test]
async fn a_new_version_of_a_wide_task_discards_all_its_results() {
    let (_folder, store) = interrupted(1).await;
    let run = soon(store.graph("crawl", |_: usize| later::Anew).get("a")).await.unwrap().unwrap();
    assert_eq!(soon(run.pages()).await.unwrap(), &[7, 8]);
}

#[tokio::test]
async fn a_result_of_another_type_names_its_element() {
    let (_folder, store) = interrupted(0).await;
    let Err(error) = soon(store.graph("crawl", |_: usize| later::Retyped).get("a")).await else { panic!("it is read") };
    assert_eq!(
        error.to_string(),
        "the stored result of `pages[1]` in the run `a` is no result of that task any more: if its type has changed, \
         raise the `version` of the task"
    );
}

#[tokio::test]
async fn the_results_for_elements_of_a_task_that_is_wide_no_more_are_ignored() {
    let (_folder, store) = interrupted(1).await;
    let run = soon(store.graph("crawl", |_: usize| later::Plain).get("a")).await.unwrap().unwrap();
    assert_eq!(soon(run.pages()).await.unwrap(), "plain");
}

#[tokio::test]
async fn a_new_version_that_is_wide_no_more_runs_once() {
    let (_folder, store) = interrupted(1).await;
    let runs = Arc::default();
    for _ in 0..2 {
        let runs = Arc::clone(&runs);
        let again = store.graph("crawl", move |_: usize| later::Again(Arc::clone(&runs)));
        let run = soon(again.get("a")).await.unwrap().unwrap();
        assert_eq!(soon(run.pages()).await.unwrap(), &70);
        assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    }
}
