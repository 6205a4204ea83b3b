//! Tasks that run once for each element of a collection: each result is stored by itself.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::{pending, poll_fn, ready};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adagio::durable::{Durable, DurableRun, Keeper, Keeps, current, element_of};
use adagio::{Lazy, Observer, TaskError, TaskEvent, dag};
use tokio::task::yield_now;

use crate::common::deadline;

type Results = BTreeMap<String, Result<String, String>>;

/// What is stored of a run, in each of its lives.
#[derive(Clone)]
pub(crate) struct Shelf {
    id: Arc<str>,
    stored: Arc<Mutex<Results>>,
    log: Arc<Mutex<Vec<String>>>,
    /// The result that the disk has no place for.
    pub(crate) full: &'static str,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self { id: "crawl".into(), stored: Arc::default(), log: Arc::default(), full: "" }
    }

    /// Begins a life of a run with what is stored.
    pub(crate) fn life<G: Durable>(&self, object: &Arc<G>) -> G::Run {
        let mut run = object.durable_run();
        for (task, outcome) in self.stored.lock().unwrap().iter() {
            run = match outcome {
                Ok(stored) => run.seed(task, stored.as_bytes()).unwrap(),
                Err(error) => run.seed_failure(task, G::GRAPH.failure(task, error.as_str())),
            };
        }
        run.keep(self.clone())
    }

    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    fn has(&self, task: &str) -> bool {
        self.stored.lock().unwrap().contains_key(task)
    }
}

impl Keeper for Shelf {
    fn run_id(&self) -> &Arc<str> {
        &self.id
    }

    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
        if task == self.full {
            return Box::pin(ready(Err("the disk is full".into())));
        }
        let result = String::from_utf8(result).unwrap();
        self.log.lock().unwrap().push(format!("{task} = {result}"));
        self.stored.lock().unwrap().insert(task.to_owned(), Ok(result));
        Box::pin(ready(Ok(())))
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps {
        self.log.lock().unwrap().push(format!("{task} failed {attempts} times: {error}"));
        if wait.is_none() {
            let text = error.source().unwrap().to_string();
            self.stored.lock().unwrap().insert(task.to_owned(), Err(text));
        }
        Box::pin(ready(Ok(())))
    }
}

/// A keeper that answers for some tasks only when the test lets it.
struct Slow {
    shelf: Shelf,
    allowed: Arc<Mutex<Vec<&'static str>>>,
    polls: Arc<AtomicUsize>,
}

impl Keeper for Slow {
    fn run_id(&self) -> &Arc<str> {
        self.shelf.run_id()
    }

    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
        let kept = self.shelf.keep(task, result);
        if !["pages", "pages[0]"].contains(&task) {
            return kept;
        }
        let (allowed, polls) = (Arc::clone(&self.allowed), Arc::clone(&self.polls));
        Box::pin(poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            // Whoever asks too often is answered, so that the test ends.
            let is_pressed = polls.fetch_add(1, Relaxed) > 100;
            if is_pressed || allowed.lock().unwrap().contains(&task) { Poll::Ready(Ok(())) } else { Poll::Pending }
        }))
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps {
        self.shelf.failed(task, attempts, error, wait)
    }
}

/// Loads pages, up to one that is never there.
#[derive(Default)]
struct Crawl {
    count: u32,
    stuck: Option<u32>,
    broken: Option<u32>,
    ran: Mutex<Vec<String>>,
    runs: AtomicU32,
}

impl Crawl {
    fn of(count: u32) -> Arc<Self> {
        Arc::new(Self { count, ..Self::default() })
    }

    fn stuck_at(count: u32, page: u32) -> Arc<Self> {
        Arc::new(Self { count, stuck: Some(page), ..Self::default() })
    }

    fn broken_at(count: u32, page: u32) -> Arc<Self> {
        Arc::new(Self { count, broken: Some(page), ..Self::default() })
    }

    fn starts(&self) {
        let place = current().map_or("nowhere".to_owned(), |current| {
            let key = current.idempotency_key();
            let index = current.index().map_or_else(String::new, |index| format!("[{index}]"));
            assert_eq!(key, format!("crawl/{}{index}", current.task()));
            format!("{}{index}", current.task())
        });
        self.ran.lock().unwrap().push(place);
    }

    fn ran(&self) -> String {
        let mut ran = std::mem::take(&mut *self.ran.lock().unwrap());
        ran.sort();
        ran.join(" ")
    }
}

#[dag(durable)]
impl Crawl {
    fn ids(&self) -> Vec<u32> {
        self.starts();
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 2, retry = 1, backoff = "1ms..1ms")]
    pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
        self.starts();
        self.runs.fetch_add(1, Relaxed);
        if self.stuck == Some(id) {
            pending::<()>().await;
        }
        if self.broken == Some(id) { Err("gone".to_owned()) } else { Ok(10 * id) }
    }

    #[depends(page in pages)]
    pub(crate) fn sizes(&self, page: u32) -> u32 {
        self.starts();
        page + 1
    }

    #[depends(sizes)]
    pub(crate) fn total(&self, sizes: &[u32]) -> u32 {
        self.starts();
        sizes.iter().sum()
    }
}

fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn each_result_is_kept_by_itself_and_then_how_many_there_are() {
    let _watch = deadline();
    let (shelf, crawl) = (Shelf::new(), Crawl::of(2));
    let run = shelf.life(&crawl);
    assert_eq!(run.result("pages").await.unwrap(), b"[0,10]");
    assert_eq!(shelf.log(), ["ids = [0,1]", "pages[0] = 0", "pages[1] = 10", "pages = 2"]);
}

#[tokio::test]
async fn the_next_life_runs_only_the_missing_bodies() {
    let _watch = deadline();
    let (shelf, first) = (Shelf::new(), Crawl::stuck_at(5, 2));
    let run = shelf.life(&first);
    assert!(poll_once(run.result("total")).is_pending());
    assert_eq!(first.ran(), "ids pages[0] pages[1] pages[2] pages[3] pages[4] sizes[0] sizes[1] sizes[3] sizes[4]");
    drop(run);
    assert!(shelf.has("sizes[4]") && !shelf.has("pages"));

    let second = Crawl::of(5);
    let run = shelf.life(&second);
    assert_eq!(run.result("total").await.unwrap(), b"105");
    assert_eq!(second.ran(), "pages[2] sizes[2] total");
    assert_eq!(shelf.log().last().unwrap(), "total = 105");

    let third = Crawl::of(5);
    let run = shelf.life(&third);
    assert_eq!(run.result("pages").await.unwrap(), b"[0,10,20,30,40]");
    assert_eq!(run.result("total").await.unwrap(), b"105");
    assert_eq!((third.ran().as_str(), shelf.log()), ("", vec![]));
}

/// The last element had to wait for a slot, and then its result was there at once.
#[tokio::test]
async fn a_task_that_waits_for_its_keeper_waits_for_no_slot() {
    let _watch = deadline();
    let (shelf, polls, allowed) = (Shelf::new(), Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<_>>>::default());
    let slow = Slow { shelf, allowed: Arc::clone(&allowed), polls: Arc::clone(&polls) };
    let run = Crawl::of(2).durable_run().keep(slow).max_concurrency(1);
    let mut pages = std::pin::pin!(run.result("pages"));
    let mut poll = || pages.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll().is_pending());
    assert_eq!(polls.swap(0, Relaxed), 1);
    allowed.lock().unwrap().push("pages[0]");
    assert!(poll().is_pending());
    assert_eq!(polls.swap(0, Relaxed), 2, "one for the element, and one for the task");
    allowed.lock().unwrap().push("pages");
    let Poll::Ready(pages) = poll() else { panic!("the keeper has answered") };
    assert_eq!(pages.unwrap(), b"[0,10]");
}

/// Notes what starts.
#[derive(Clone, Default)]
struct Starts(Arc<Mutex<Vec<String>>>);

impl Observer for Starts {
    fn started(&self, event: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(event.name().to_owned());
    }
}

#[tokio::test]
async fn an_element_whose_result_is_stored_is_not_told_of() {
    let _watch = deadline();
    let starts = Starts::default();
    let run = Crawl::of(3).durable_run().seed("ids", b"[0,1,2]").unwrap().observe(starts.clone());
    let run = run.seed("pages[0]", b"0").unwrap().seed("pages[2]", b"20").unwrap().seed("sizes[1]", b"11").unwrap();
    assert_eq!(run.result("total").await.unwrap(), b"33");
    let mut started = std::mem::take(&mut *starts.0.lock().unwrap());
    started.sort();
    assert_eq!(started, ["pages", "pages[1]", "sizes", "sizes[0]", "sizes[2]", "total"]);

    let starts = Starts::default();
    let run = Far::new(9).durable_run().seed("names[1]", b"\"b2\"").unwrap().observe(starts.clone());
    run.result("names").await.unwrap();
    let mut started = std::mem::take(&mut *starts.0.lock().unwrap());
    started.sort();
    assert_eq!(started, ["ids", "names", "names[0]", "names[2]"]);
}

#[tokio::test]
async fn a_task_whose_results_are_all_stored_does_not_need_its_collection() {
    let _watch = deadline();
    let (shelf, first) = (Shelf::new(), Crawl::of(3));
    shelf.life(&first).result("pages").await.unwrap();
    shelf.stored.lock().unwrap().remove("ids");
    let second = Crawl::of(9);
    assert_eq!(shelf.life(&second).result("total").await.unwrap(), b"33");
    assert_eq!(second.ran(), "sizes[0] sizes[1] sizes[2] total");
}

#[tokio::test]
async fn results_behind_the_end_of_a_shorter_collection_are_ignored() {
    let _watch = deadline();
    let (shelf, first) = (Shelf::new(), Crawl::stuck_at(4, 0));
    assert!(poll_once(shelf.life(&first).result("pages")).is_pending());
    assert!(shelf.has("pages[3]"));
    shelf.stored.lock().unwrap().insert("ids".to_owned(), Ok("[0,1]".to_owned()));
    let second = Crawl::of(2);
    assert_eq!(shelf.life(&second).result("pages").await.unwrap(), b"[0,10]");
    assert_eq!(second.ran(), "pages[0]");
}

#[tokio::test]
async fn a_task_is_done_once_none_of_its_results_is_missing() {
    let _watch = deadline();
    let crawl = Crawl::of(9);
    let run = crawl.durable_run().seed("pages", b"3").unwrap();
    let seeded = [(0, b"5"), (3, b"8"), (1, b"6"), (2, b"7")].into_iter();
    let run = seeded.fold(run, |run, (index, page)| run.seed(&format!("pages[{index}]"), page).unwrap());
    assert_eq!(run.result("pages").await.unwrap(), b"[5,6,7]");
    assert_eq!(crawl.ran(), "");
}

#[tokio::test]
async fn an_empty_collection_is_stored_too() {
    let _watch = deadline();
    let (shelf, crawl) = (Shelf::new(), Crawl::of(0));
    assert_eq!(shelf.life(&crawl).result("total").await.unwrap(), b"0");
    assert_eq!(shelf.log(), ["ids = []", "pages = 0", "sizes = 0", "total = 0"]);
    let second = Crawl::of(7);
    assert_eq!(shelf.life(&second).result("pages").await.unwrap(), b"[]");
    assert_eq!(second.ran(), "");
}

#[tokio::test]
async fn the_failure_for_an_element_is_that_of_the_task_in_the_next_life() {
    let _watch = deadline();
    let (shelf, first) = (Shelf::new(), Crawl::broken_at(4, 1));
    let error = shelf.life(&first).result("total").await.unwrap_err();
    assert_eq!((error.to_string(), error.index()), ("task `pages[1]` failed".to_owned(), Some(1)));
    let log = shelf.log();
    assert!(log.contains(&"pages[1] failed 1 times: task `pages[1]` failed".to_owned()), "{log:?}");
    assert!(log.contains(&"pages[1] failed 2 times: task `pages[1]` failed".to_owned()), "{log:?}");

    let second = Crawl::of(4);
    let run = shelf.life(&second);
    let error = run.result("total").await.unwrap_err();
    assert_eq!((error.task(), error.index(), error.causes().as_str()), ("pages", Some(1), "gone"));
    assert_eq!(second.ran(), "", "nothing runs for the other elements");
    run.retry_failed();
    assert_eq!(run.result("total").await.unwrap(), b"64");
    assert!(second.ran().starts_with("pages[1]"));
}

#[tokio::test]
async fn a_result_that_the_keeper_does_not_take_fails_its_task() {
    let _watch = deadline();
    let (shelf, crawl) = (Shelf { full: "pages[1]", ..Shelf::new() }, Crawl::of(3));
    let error = shelf.life(&crawl).result("total").await.unwrap_err();
    assert_eq!((error.index(), error.causes().as_str()), (Some(1), "the disk is full"));
    assert!(!shelf.has("pages[1]") && !shelf.has("pages"));
    let (shelf, crawl) = (Shelf { full: "pages", ..Shelf::new() }, Crawl::of(3));
    let error = shelf.life(&crawl).result("pages").await.unwrap_err();
    assert_eq!(error.causes(), "the disk is full");
    assert!(shelf.has("pages[2]"));
}

#[tokio::test]
async fn a_stored_result_of_another_type_names_its_element() {
    let _watch = deadline();
    let error = Crawl::of(1).durable_run().seed("pages[3]", b"\"ten\"").map(drop).unwrap_err();
    assert_eq!((error.task(), error.index()), ("pages", Some(3)));
}

#[tokio::test]
async fn the_results_of_a_task_may_come_as_a_whole() {
    let _watch = deadline();
    let crawl = Crawl::of(9);
    let run = crawl.durable_run().seed("pages", b"[5,6]").unwrap();
    assert_eq!(run.result("total").await.unwrap(), b"13");
}

#[tokio::test]
async fn a_call_and_a_run_without_a_keeper_store_nothing() {
    let _watch = deadline();
    let crawl = Crawl::of(3);
    assert_eq!(crawl.total().await, Ok(33));
    assert_eq!(crawl.durable_run().result("total").await.unwrap(), b"33");
    assert!(crawl.ran().split(' ').all(|place| place == "nowhere"));
}

#[test]
fn the_names_of_elements_have_an_index() {
    assert_eq!(element_of("a.b[12]"), Some(("a.b", 12)));
    for name in ["a", "a[", "a[]", "a[x]", "a]", "a[1] "] {
        assert_eq!(element_of(name), None, "{name}");
    }
    assert_eq!(Crawl::WIDE.iter().map(|&task| Crawl::GRAPH.tasks[task].name).collect::<Vec<_>>(), ["pages", "sizes"]);
}

/// The same on other threads, with results that are failures, and behind another graph.
#[derive(Default)]
struct Far {
    stuck: AtomicUsize,
    ran: Mutex<Vec<String>>,
}

impl Far {
    fn new(stuck: usize) -> Arc<Self> {
        Arc::new(Self { stuck: stuck.into(), ran: Mutex::default() })
    }

    fn starts(&self) {
        let place = current().map_or("nowhere".to_owned(), |it| it.idempotency_key());
        self.ran.lock().unwrap().push(place);
    }

    fn ran(&self) -> String {
        let mut ran = std::mem::take(&mut *self.ran.lock().unwrap());
        ran.sort();
        ran.join(" ")
    }
}

#[dag(durable)]
impl Far {
    fn ids(&self) -> BTreeMap<String, u32> {
        [("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 3)].into()
    }

    #[depends((name, id) in ids)]
    #[task(spawn)]
    pub(crate) async fn names(&self, name: &str, id: u32) -> Result<String, String> {
        self.starts();
        yield_now().await;
        if self.stuck.load(Relaxed) == id as usize {
            pending::<()>().await;
        }
        if self.stuck.load(Relaxed) == 10 * id as usize { Err(name.to_owned()) } else { Ok(format!("{name}{id}")) }
    }

    #[depends(name in names)]
    #[task(blocking)]
    pub(crate) fn lengths(&self, name: &str) -> usize {
        self.starts();
        name.len()
    }

    #[depends(length in lengths)]
    #[task(catch, spawn)]
    pub(crate) async fn odd(&self, length: usize) -> Result<usize, String> {
        self.starts();
        if length % 2 == 1 { Ok(length) } else { Err("even".to_owned()) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_on_other_threads_keep_their_results_too() {
    let _watch = deadline();
    let (shelf, first) = (Shelf::new(), Far::new(2));
    let run = shelf.life(&first);
    let goal = async {
        tokio::select! {
            _ = run.result("odd") => unreachable!("one body is stuck"),
            () = async { while !shelf.has("odd[2]") || !shelf.has("odd[0]") { yield_now().await } } => {}
        }
    };
    goal.await;
    drop(run);
    assert_eq!(
        first.ran(),
        "crawl/lengths[0] crawl/lengths[2] crawl/names[0] crawl/names[1] crawl/names[2] crawl/odd[0] crawl/odd[2]"
    );
    let second = Far::new(0);
    let odd = shelf.life(&second).result("odd").await.unwrap();
    assert_eq!(String::from_utf8(odd).unwrap(), r#"[{"Err":"even"},{"Err":"even"},{"Err":"even"}]"#);
    assert_eq!(second.ran(), "crawl/lengths[1] crawl/names[1] crawl/odd[1]");
    let third = Far::new(0);
    assert_eq!(shelf.life(&third).result("names").await.unwrap(), br#"["a1","b2","c3"]"#);
    assert_eq!(third.ran(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_on_another_thread_is_kept_before_it_is_told() {
    let _watch = deadline();
    let (shelf, first) = (Shelf::new(), Far::new(30));
    let error = shelf.life(&first).result("odd").await.unwrap_err();
    assert_eq!((error.to_string(), error.causes()), ("task `names[2]` failed".to_owned(), "c".to_owned()));
    assert!(shelf.has("names[2]"));
    let second = Far::new(0);
    let error = shelf.life(&second).result("odd").await.unwrap_err();
    assert_eq!((error.to_string(), second.ran().as_str()), ("task `names[2]` failed".to_owned(), ""));
}

struct Outer(Arc<Crawl>);

#[dag(durable)]
#[allow(clippy::unnecessary_wraps, reason = "a task inside can fail")]
impl Outer {
    #[task(graph)]
    async fn crawl(&self) -> Crawler {
        Crawler(())
    }

    #[depends(crawl.total)]
    pub(crate) fn report(&self, total: u32) -> Result<u32, String> {
        self.0.starts();
        Ok(total)
    }
}

// Clippy takes the `pin!` of the generated code for an unsafe method of the type.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Crawler(());

static INNER: Mutex<Vec<String>> = Mutex::new(Vec::new());
static STUCK: AtomicU32 = AtomicU32::new(1);

#[dag(durable)]
impl Crawler {
    fn ids(&self) -> Vec<u32> {
        vec![0, 1, 2]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: u32) -> Result<u32, String> {
        INNER.lock().unwrap().push(current().unwrap().idempotency_key());
        match STUCK.load(Relaxed) {
            stuck if stuck == id => pending().await,
            stuck if stuck == 10 * id => Err("gone".to_owned()),
            _ => Ok(id),
        }
    }

    #[depends(pages)]
    pub(crate) fn total(&self, pages: &[u32]) -> u32 {
        pages.iter().sum()
    }
}

#[tokio::test]
async fn elements_of_a_graph_inside_have_names_with_its_path() {
    let _watch = deadline();
    let inner = || std::mem::take(&mut *INNER.lock().unwrap()).join(" ");
    let (shelf, crawl) = (Shelf::new(), Crawl::of(0));
    assert!(poll_once(shelf.life(&Arc::new(Outer(Arc::clone(&crawl)))).result("report")).is_pending());
    assert_eq!(inner(), "crawl/crawl.pages[0] crawl/crawl.pages[1] crawl/crawl.pages[2]");
    STUCK.store(20, Relaxed);
    shelf.life(&Arc::new(Outer(Arc::clone(&crawl)))).result("report").await.unwrap();
    assert_eq!(inner(), "crawl/crawl.pages[1]");
    assert!(shelf.has("crawl.pages[2]") && shelf.has("crawl.pages"));

    // A stored failure of an element is that of its task: no body starts.
    let shelf = Shelf::new();
    shelf.stored.lock().unwrap().insert("crawl.ids".to_owned(), Ok("[0,1,2]".to_owned()));
    shelf.stored.lock().unwrap().insert("crawl.pages[1]".to_owned(), Err("gone".to_owned()));
    let error = shelf.life(&Arc::new(Outer(crawl))).result("report").await.unwrap_err();
    assert_eq!((error.task(), error.index(), error.causes().as_str()), ("crawl.pages", Some(1), "gone"));
    assert_eq!(inner(), "");
}

/// A lazy dependency beside the elements.
struct Asks(Mutex<Vec<&'static str>>);

#[dag(durable)]
impl Asks {
    fn ids(&self) -> Vec<u32> {
        vec![1, 2, 3]
    }

    async fn rates(&self) -> u32 {
        self.0.lock().unwrap().push("rates");
        100
    }

    #[depends(id in ids, lazy rates)]
    pub(crate) async fn pages(&self, id: u32, rates: Lazy<'_, u32>) -> u32 {
        self.0.lock().unwrap().push("pages");
        if id == 2 { id * *rates.await } else { id }
    }
}

#[tokio::test]
async fn what_one_body_asks_for_runs_once_in_all_lives() {
    let _watch = deadline();
    let shelf = Shelf { full: "pages[1]", ..Shelf::new() };
    let first = Arc::new(Asks(Mutex::default()));
    shelf.life(&first).result("pages").await.unwrap_err();
    let shelf = Shelf { full: "", ..shelf };
    let second = Arc::new(Asks(Mutex::default()));
    shelf.stored.lock().unwrap().retain(|_, outcome| outcome.is_ok());
    assert_eq!(shelf.life(&second).result("pages").await.unwrap(), b"[1,200,3]");
    assert_eq!(*second.0.lock().unwrap(), ["pages"]);
}

/// The same for bodies on other threads.
struct AwayAsks(Mutex<Vec<String>>);

#[dag(durable, max_concurrency = 2)]
impl AwayAsks {
    fn ids(&self) -> Vec<u32> {
        vec![1, 2, 3]
    }

    async fn rates(&self) -> u32 {
        self.0.lock().unwrap().push("rates".to_owned());
        100
    }

    #[depends(id in ids, lazy rates)]
    #[task(spawn)]
    pub(crate) async fn pages(&self, id: u32, rates: Lazy<'_, u32>) -> u32 {
        let page = if id == 2 { id * *rates.await } else { id };
        self.0.lock().unwrap().push(format!("pages {id}"));
        page
    }
}

#[tokio::test]
async fn what_bodies_on_other_threads_ask_for_runs_once_in_all_lives() {
    let _watch = deadline();
    let shelf = Shelf { full: "pages[1]", ..Shelf::new() };
    let first = Arc::new(AwayAsks(Mutex::default()));
    shelf.life(&first).result("pages").await.unwrap_err();
    assert_eq!(first.0.lock().unwrap().iter().filter(|event| *event == "rates").count(), 1);
    let shelf = Shelf { full: "", ..shelf };
    let second = Arc::new(AwayAsks(Mutex::default()));
    shelf.stored.lock().unwrap().retain(|_, outcome| outcome.is_ok());
    assert_eq!(shelf.life(&second).result("pages").await.unwrap(), b"[1,200,3]");
    let log = second.0.lock().unwrap();
    assert!(log.contains(&"pages 2".to_owned()) && !log.contains(&"rates".to_owned()), "{log:?}");
}
