//! Wide tasks with `remote`: an engine runs the body for each element in a run of its own.

use std::collections::BTreeMap;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adagio::durable::{Deferral, Durable, DurableRun, Past, PastEnd, StoredElements, current};
use adagio::{EdgeKind, Observer, Outcome, TaskEvent, dag};
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

#[tokio::test]
async fn a_follower_needs_the_results_that_it_follows() {
    let _watch = deadline();
    let (_, _, error) = ran(&Arc::default(), ("sizes", 3), WHOLE).await;
    let message = "task `sizes[3]` failed (Some(3)): its collection has no element with this index";
    assert_eq!(error.as_deref(), Some(message));
}

#[tokio::test]
async fn each_failed_attempt_names_the_element() {
    let _watch = deadline();
    for seeds in [WHOLE, CUT] {
        for task in ["pages", "spawned", "read"] {
            let (log, ran, error) = ran(&Site::broken(), (task, 3), seeds).await;
            let failed = |attempt| format!("{task}[3] failed {attempt} times: task `{task}[3]` failed");
            assert_eq!(log, [failed(1), failed(2)]);
            assert_eq!(ran, [format!("{task}[3] 1"), format!("{task}[3] 2")]);
            assert_eq!(error.unwrap(), format!("task `{task}[3]` failed (Some(3)): no page 3"));
        }
    }
}

#[tokio::test]
async fn the_failure_of_a_run_without_a_keeper_names_the_element() {
    let _watch = deadline();
    for task in ["pages", "spawned", "read"] {
        let run = Site::broken().durable_run().only(task, 3).seed("ids", b"[3]").unwrap();
        let error = run.result(task).await.unwrap_err();
        assert_eq!((error.to_string(), error.index()), (format!("task `{task}[3]` failed"), Some(3)));
    }
}

#[tokio::test]
async fn an_engine_makes_the_attempts_of_one_body() {
    let _watch = deadline();
    for task in ["pages", "spawned", "read"] {
        let (site, deferral) = (Site::broken(), Deferral::new(Site::GRAPH));
        let (run, shelf) = one(&site, (task, 3), CUT);
        let error = run.defer_retries(&deferral).result(task).await.unwrap_err();
        assert_eq!((error.index(), deferral.has(task)), (Some(3), true));
        assert_eq!(shelf.log(), [format!("{task}[3] failed 1 times: task `{task}[3]` failed")]);
    }
}

#[tokio::test]
async fn a_body_that_failed_runs_again_alone() {
    let _watch = deadline();
    let site = Site::broken();
    let (run, shelf) = one(&site, ("spawned", 3), WHOLE);
    run.result("spawned").await.unwrap_err();
    run.retry_failed();
    run.result("spawned").await.unwrap_err();
    assert_eq!((site.failed.load(Relaxed), shelf.log().len()), (4, 4));
}

#[tokio::test]
async fn the_failure_of_a_task_with_catch_is_the_value_of_the_element() {
    let _watch = deadline();
    let (log, _, error) = ran(&Site::broken(), ("tries", 3), CUT).await;
    assert_eq!((log, error), (texts([r#"tries[3] = {"Err":"no page 3"}"#]), None));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_slow_fails_at_its_index() {
    let _watch = deadline();
    let (log, _, error) = ran(&Arc::default(), ("slow", 3), CUT).await;
    assert_eq!(log, ["slow[3] failed 1 times: task `slow[3]` failed"]);
    assert!(error.unwrap().starts_with("task `slow[3]` failed (Some(3))"));
}

#[tokio::test]
async fn a_result_that_cannot_be_kept_is_lost_at_its_index() {
    let _watch = deadline();
    for (task, name) in [("pages", "pages[3]"), ("spawned", "spawned[3]"), ("tries", "tries[3]")] {
        let mut full = Shelf::new();
        full.full = name;
        let run = Arc::<Site>::default().durable_run().only(task, 3).seed("ids", b"[3]").unwrap().keep(full);
        let error = run.result(task).await.unwrap_err();
        assert_eq!((error.task(), error.index(), error.causes().as_str()), (task, Some(3), "the disk is full"));
    }
}

#[tokio::test]
async fn an_element_that_is_not_there_is_a_failure() {
    let _watch = deadline();
    let cases = [("pages", 7, WHOLE), ("spawned", 7, WHOLE), ("pages", 0, &[("ids", "[]")])];
    for (task, index, seeds) in cases.into_iter().chain([("sizes", 9, &[("pages", "[1,2]")][..])]) {
        let (log, ran, error) = ran(&Arc::default(), (task, index), seeds).await;
        let message =
            format!("task `{task}[{index}]` failed (Some({index})): its collection has no element with this index");
        assert_eq!((log, ran, error), (vec![], vec![], Some(message)));
    }
}

#[tokio::test]
async fn a_stored_outcome_of_the_element_stands_for_its_body() {
    let _watch = deadline();
    let site = Arc::default();
    let seeds = [("pages[3]", "33"), ("ids", "[3]")];
    assert_eq!(one(&site, ("pages", 3), &seeds).0.result("pages").await.unwrap(), b"[33]");
    let run = site.durable_run().only("pages", 3).seed("ids", b"[3]").unwrap();
    let run = run.seed_failure("pages[3]", Site::GRAPH.failure("pages[3]", "gone"));
    let error = run.result("pages").await.unwrap_err();
    assert_eq!((error.index(), error.causes().as_str()), (Some(3), "gone"));
    assert_eq!(site.ran(), [""; 0]);
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

fn elements(task: &str, stored: &str) -> StoredElements {
    Site::elements(Site::GRAPH.position(task).unwrap(), stored.as_bytes()).unwrap()
}

#[test]
fn an_engine_can_ask_for_the_elements_of_a_stored_collection() {
    let of = |count, can_be_cut| StoredElements { count, can_be_cut };
    assert_eq!(elements("pages", "[5,6,7]"), of(3, true));
    assert_eq!(elements("sizes", "[]"), of(0, true));
    assert_eq!(elements("offers", r#"{"a":1,"b":2}"#), of(2, true));
    assert_eq!(elements("ones", "[1,2]"), of(2, false));

    let error = Site::elements(Site::GRAPH.position("pages").unwrap(), b"{}").unwrap_err();
    assert_eq!(error.task(), "ids");
    let near = Site::elements(Site::GRAPH.position("near").unwrap(), b"[1]").unwrap_err();
    assert_eq!(near.to_string(), "task `near` failed");
}

#[test]
fn only_a_remote_task_has_single_bodies() {
    let message = |task| {
        let run = Arc::<Site>::default().durable_run();
        let panic = catch_unwind(AssertUnwindSafe(|| drop(run.only(task, 0)))).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    for task in ["near", "total", "gone"] {
        let expected = format!("no task `{task}` with `#[task(remote)]` runs once for each element of a collection");
        assert_eq!(message(task), expected);
    }
}

#[test]
fn the_collections_and_limits_of_wide_tasks_are_data() {
    let place = |task| Site::GRAPH.position(task).unwrap();
    let kind = |task, other| {
        let edge = Site::EDGES.iter().find(|edge| (edge.task, edge.dependency) == (place(task), place(other)));
        edge.map(|edge| edge.kind)
    };
    assert_eq!((kind("pages", "ids"), kind("sizes", "pages")), (Some(EdgeKind::In), Some(EdgeKind::In)));
    assert_eq!((kind("offers", "prices"), kind("offers", "total")), (Some(EdgeKind::In), None));
    assert_eq!(Site::GRAPH.tasks[place("pages")].max_concurrency, Some(2));
    assert_eq!(Site::GRAPH.tasks[place("sizes")].max_concurrency, None);
}

#[test]
fn a_wide_task_is_skipped_if_its_collection_fails() {
    let past: Vec<_> = (0..Site::GRAPH.tasks.len())
        .map(|task| {
            let has_failed = Site::GRAPH.tasks[task].name == "pages";
            let ended = has_failed.then(|| (Duration::ZERO, PastEnd::Failed("gone".to_owned())));
            Past { task, started: has_failed.then_some(Duration::ZERO), ended }
        })
        .collect();
    let timeline = Site::GRAPH.timeline_with_edges((&[], Site::EDGES), None, &past, Duration::ZERO);
    let is_skipped = |name: &str| {
        let outcome = |task: &adagio::TimelineTask| matches!(task.outcome(), Some(Outcome::Skipped { .. }));
        timeline.tasks().iter().any(|task| task.name() == name && outcome(task))
    };
    assert_eq!(["sizes", "total", "spawned"].map(is_skipped), [true, true, false]);
}

type Names = Vec<String>;

/// Has errors that are caught, a type of its own, and all its bodies on other threads.
struct Shop<P> {
    price: P,
}

#[dag(durable, spawn)]
impl<P: Fn(usize) -> usize + Send + Sync + 'static> Shop<P> {
    async fn names(&self) -> Names {
        vec!["pear".to_owned(), "apple".to_owned()]
    }

    #[depends(_name in names)]
    #[task(remote, max_concurrency = 1)]
    pub(crate) async fn keys(&self) -> Option<String> {
        current().map(|current| current.idempotency_key())
    }

    #[depends(name in names)]
    #[task(remote, inline)]
    pub(crate) async fn prices(&self, name: &str) -> Result<usize, String> {
        Ok((self.price)(name.len()))
    }

    async fn rates(&self) -> Result<usize, String> {
        Err("closed".to_owned())
    }

    #[depends(price in prices, catch rates)]
    pub(crate) async fn offers(&self, price: usize, rates: Option<usize>) -> usize {
        price * rates.unwrap_or(10)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_body_of_a_generic_block_runs_alone() {
    let _watch = deadline();
    let shop = Arc::new(Shop { price: |length| length + 1 });
    for (task, kept) in [("prices", "6"), ("keys", r#""crawl/keys[1]""#)] {
        for names in [r#"["pear","apple"]"#, r#"["apple"]"#] {
            let shelf = Shelf::new();
            let run = shop.durable_run().only(task, 1).seed("names", names.as_bytes()).unwrap().keep(shelf.clone());
            run.result(task).await.unwrap();
            assert_eq!(shelf.log(), [format!("{task}[1] = {kept}")]);
        }
    }
    assert_eq!(shop.offers().await.unwrap(), [50, 60]);
}
