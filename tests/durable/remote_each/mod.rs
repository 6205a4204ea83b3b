//! Wide tasks with `remote`: an engine runs the body for each element in a run of its own.

mod data;
mod failures;
mod generic;
mod inner;

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use adagio::durable::{Durable, DurableRun, current};
use adagio::{Observer, Outcome, TaskEvent, dag};
use tokio::task::yield_now;

use crate::common::deadline;
use crate::each::Shelf;

/// Loads pages, each body in a place that it notes.
#[derive(Default)]
struct Site {
    /// The page that is not there.
    broken: Option<u32>,
    ran: Mutex<Vec<String>>,
    failed: AtomicU32,
}

impl Site {
    fn broken() -> Arc<Self> {
        Arc::new(Self { broken: Some(3), ..Self::default() })
    }

    /// Notes the body that begins, as it knows itself.
    fn starts(&self) {
        let place = current().map_or("nowhere".to_owned(), |current| {
            let index = current.index().map_or_else(String::new, |index| format!("[{index}]"));
            assert_eq!(current.idempotency_key(), format!("crawl/{}{index}", current.task()));
            format!("{}{index} {}", current.task(), current.attempt())
        });
        self.ran.lock().unwrap().push(place);
    }

    fn ran(&self) -> Vec<String> {
        std::mem::take(&mut self.ran.lock().unwrap())
    }

    fn load(&self, id: u32) -> Result<u32, String> {
        self.starts();
        if self.broken == Some(id) {
            self.failed.fetch_add(1, Relaxed);
            return Err(format!("no page {id}"));
        }
        Ok(10 * id)
    }
}

#[dag(durable)]
impl Site {
    fn ids(&self) -> Vec<u32> {
        self.starts();
        (0..5).collect()
    }

    #[depends(id in ids)]
    #[task(remote, max_concurrency = 2, retry = 1, backoff = "1ms..1ms")]
    pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
        yield_now().await;
        self.load(id)
    }

    #[depends(page in pages)]
    #[task(remote)]
    pub(crate) fn sizes(&self, page: u32) -> u32 {
        self.starts();
        page + 1
    }

    #[depends(sizes)]
    pub(crate) fn total(&self, sizes: &[u32]) -> u32 {
        self.starts();
        sizes.iter().sum()
    }

    #[depends(id in ids)]
    #[task(remote, catch)]
    pub(crate) async fn tries(&self, id: u32) -> Result<u32, String> {
        self.load(id)
    }

    #[depends(id in ids)]
    #[task(remote, timeout = "1s")]
    pub(crate) async fn slow(&self, id: u32) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        self.starts();
        pending::<()>().await;
        Ok(id)
    }

    #[depends(id in ids)]
    #[task(remote, spawn, retry = 1, backoff = "1ms..1ms")]
    pub(crate) async fn spawned(&self, id: &u32) -> Result<u32, String> {
        yield_now().await;
        self.load(*id)
    }

    #[depends(page in spawned)]
    #[task(remote, spawn)]
    pub(crate) async fn rows(&self, page: &u32) -> u32 {
        self.starts();
        page + 1
    }

    #[depends(id in ids)]
    #[task(remote, blocking, retry = 1, backoff = "1ms..1ms")]
    pub(crate) fn read(&self, id: u32) -> Result<u32, String> {
        self.load(id)
    }

    #[depends(page in read)]
    #[task(remote, blocking)]
    pub(crate) fn parsed(&self, page: u32) -> u32 {
        self.starts();
        page + 1
    }

    async fn prices(&self) -> BTreeMap<String, u32> {
        BTreeMap::from([("pear".to_owned(), 2), ("apple".to_owned(), 1)])
    }

    #[depends((name, price) in prices, total)]
    #[task(remote)]
    pub(crate) async fn offers(&self, name: &str, price: u32, total: u32) -> String {
        self.starts();
        format!("{name} for {price} of {total}")
    }

    #[depends(id in ids)]
    pub(crate) async fn near(&self, id: u32) -> u32 {
        id
    }

    fn pair(&self) -> [u32; 2] {
        [7, 8]
    }

    #[depends(one in pair)]
    #[task(remote)]
    pub(crate) async fn ones(&self, one: u32) -> u32 {
        one
    }
}

/// Returns a run of one body, with what is seeded, and a shelf that keeps its result.
fn one(site: &Arc<Site>, (task, index): (&str, usize), seeds: &[(&str, &str)]) -> (<Site as Durable>::Run, Shelf) {
    let shelf = Shelf::new();
    let seed = |run: <Site as Durable>::Run, (task, stored): &(&str, &str)| run.seed(task, stored.as_bytes()).unwrap();
    let run = seeds.iter().fold(site.durable_run().only(task, index), seed);
    (run.keep(shelf.clone()), shelf)
}

/// Runs one body, and returns what the keeper was told, and the bodies that ran.
async fn ran(
    site: &Arc<Site>,
    (task, index): (&str, usize),
    seeds: &[(&str, &str)],
) -> (Vec<String>, Vec<String>, Option<String>) {
    let (run, shelf) = one(site, (task, index), seeds);
    let ended = run.result(task).await;
    let error = ended.err().map(|error| format!("{error} ({:?}): {}", error.index(), error.causes()));
    (shelf.log(), site.ran(), error)
}

const WHOLE: &[(&str, &str)] = &[("ids", "[0,1,2,3,4]")];
const CUT: &[(&str, &str)] = &[("ids", "[3]")];

fn texts<const COUNT: usize>(texts: [&str; COUNT]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

#[tokio::test]
async fn one_body_runs_alone_with_the_index_that_it_has_in_a_whole_run() {
    let _watch = deadline();
    for seeds in [WHOLE, CUT] {
        let site = Arc::default();
        for task in ["pages", "tries", "spawned", "read"] {
            let kept = if task == "tries" { r#"{"Ok":30}"# } else { "30" };
            let (log, ran, error) = ran(&site, (task, 3), seeds).await;
            assert_eq!((log, error), (vec![format!("{task}[3] = {kept}")], None));
            assert_eq!(ran, [format!("{task}[3] 1")]);
        }
    }
}

#[tokio::test]
async fn the_body_of_a_follower_runs_alone() {
    let _watch = deadline();
    let site = Arc::default();
    for stored in ["[0,10,20,30,40]", "[30]"] {
        for (task, followed) in [("sizes", "pages"), ("rows", "spawned"), ("parsed", "read")] {
            let (log, ran, error) = ran(&site, (task, 3), &[(followed, stored)]).await;
            assert_eq!((log, error), (vec![format!("{task}[3] = 31")], None));
            assert_eq!(ran, [format!("{task}[3] 1")]);
        }
    }
}

#[tokio::test]
async fn the_result_of_a_run_of_one_body_has_one_element() {
    let _watch = deadline();
    let site = Arc::default();
    for seeds in [WHOLE, CUT] {
        assert_eq!(one(&site, ("pages", 3), seeds).0.result("pages").await.unwrap(), b"[30]");
        let unkept = site.durable_run().only("pages", 3).seed(seeds[0].0, seeds[0].1.as_bytes()).unwrap();
        assert_eq!(unkept.result("pages").await.unwrap(), b"[30]");
    }
}

#[tokio::test]
async fn a_pair_and_another_dependency_are_those_of_the_element() {
    let _watch = deadline();
    let site = Arc::default();
    for prices in [r#"{"apple":1,"pear":2}"#, r#"{"pear":2}"#] {
        let (log, ran, error) = ran(&site, ("offers", 1), &[("prices", prices), ("total", "9")]).await;
        assert_eq!((log, error), (texts([r#"offers[1] = "pear for 2 of 9""#]), None));
        assert_eq!(ran, ["offers[1] 1"]);
    }
}

#[tokio::test]
async fn a_collection_that_is_not_seeded_is_made() {
    let _watch = deadline();
    let site = Arc::default();
    let (log, ran, _) = ran(&site, ("pages", 3), &[]).await;
    assert_eq!(log, ["ids = [0,1,2,3,4]", "pages[3] = 30"]);
    assert_eq!(ran, ["ids 1", "pages[3] 1"]);
}

#[tokio::test]
async fn other_wide_tasks_that_are_not_seeded_run_whole() {
    let _watch = deadline();
    let (log, _, _) = ran(&Arc::default(), ("offers", 1), &[]).await;
    assert!(log.contains(&"sizes = 5".to_owned()) && log.contains(&"total = 105".to_owned()), "{log:?}");
    assert_eq!(log.last().unwrap(), r#"offers[1] = "pear for 2 of 105""#);
}

/// Notes each event, with the index of the element.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Observer for Events {
    fn started(&self, event: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} {:?} starts", event.name(), event.index()));
    }

    fn finished(&self, event: &TaskEvent<'_>, outcome: &Outcome) {
        let how = if let Outcome::Failed(error) = outcome { error.to_string() } else { format!("{outcome:?}") };
        self.0.lock().unwrap().push(format!("{} {:?} {how}", event.name(), event.index()));
    }
}

#[tokio::test]
async fn observers_are_told_of_one_element() {
    let _watch = deadline();
    for task in ["pages", "spawned", "read"] {
        for seeds in [WHOLE, CUT] {
            let events = Events::default();
            let run = one(&Arc::default(), (task, 3), seeds).0.observe(events.clone());
            run.result(task).await.unwrap();
            let told = ["None starts", "Some(3) starts", "Some(3) Done", "None Done"];
            let [first, second, third, last] = told;
            let told = [
                format!("{task} {first}"),
                format!("{task}[3] {second}"),
                format!("{task}[3] {third}"),
                format!("{task} {last}"),
            ];
            let events = std::mem::take(&mut *events.0.lock().unwrap());
            let events: Vec<_> = events.into_iter().filter(|event| !event.starts_with("ids")).collect();
            assert_eq!(events, told);
        }
        let events = Events::default();
        let run = one(&Site::broken(), (task, 3), CUT).0.observe(events.clone());
        run.result(task).await.unwrap_err();
        let failed = format!("{task}[3] Some(3) task `{task}[3]` failed");
        let events = std::mem::take(&mut *events.0.lock().unwrap());
        assert_eq!(events.iter().filter(|event| **event == failed).count(), 2, "{events:?}");
    }
}

#[tokio::test]
async fn in_a_run_of_all_elements_remote_means_nothing() {
    let _watch = deadline();
    let (site, shelf) = (Arc::<Site>::default(), Shelf::new());
    assert_eq!(shelf.life(&site).result("total").await.unwrap(), b"105");
    let log = shelf.log();
    assert!(log.contains(&"pages[4] = 40".to_owned()) && log.contains(&"sizes = 5".to_owned()), "{log:?}");
    assert_eq!(site.spawned().await.unwrap(), [0, 10, 20, 30, 40]);
    assert_eq!(site.parsed().await.unwrap(), [1, 11, 21, 31, 41]);
    for task in ["pages", "spawned", "read"] {
        let error = Site::broken().durable_run().result(task).await.unwrap_err();
        assert_eq!(error.index(), Some(3));
    }
}
