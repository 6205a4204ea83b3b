//! What observers are told of single elements.

mod random;
#[cfg(feature = "tokio")]
mod threads;

use std::collections::HashMap;
use std::num::ParseIntError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use adagio::{Observer, Outcome, TaskEvent, dag};

use crate::common::{Driven, now};
use crate::gates::Gates;

/// Logs what an observer is told, and checks what is true of each element at any time.
#[derive(Default)]
pub(crate) struct Log(Mutex<State>);

#[derive(Default)]
struct State {
    events: Vec<String>,
    tasks: HashMap<u64, Known>,
    /// The run was dropped: then bodies on other threads may end after their task.
    is_dropped: bool,
}

/// A task, or an element.
struct Known {
    name: String,
    attempts: u32,
    is_under_way: bool,
    whole: Option<u64>,
}

impl Log {
    /// Returns the events since the last call.
    pub(crate) fn events(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().events)
    }

    /// Notes that the run is about to be dropped.
    #[cfg(feature = "tokio")]
    pub(crate) fn note_drop(&self) {
        self.0.lock().unwrap().is_dropped = true;
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn is_balanced(&self) -> bool {
        !self.0.lock().unwrap().tasks.values().any(|task| task.is_under_way)
    }

    /// Checks that each start has had its end.
    pub(crate) fn assert_balance(&self) {
        let state = self.0.lock().unwrap();
        let open: Vec<_> = state.tasks.values().filter(|task| task.is_under_way).map(|task| &task.name).collect();
        assert!(open.is_empty(), "{open:?} have no end: {:?}", state.events);
    }
}

impl Observer for Log {
    fn started(&self, event: &TaskEvent<'_>) {
        let mut state = self.0.lock().unwrap();
        let whole = event.index().map(|index| {
            assert_eq!(event.name(), format!("{}[{index}]", event.function()));
            event.maker().expect("the task")
        });
        let is_under_way = |whole| state.tasks.get(&whole).is_some_and(|whole| whole.is_under_way);
        assert!(state.is_dropped || whole.is_none_or(is_under_way), "{} starts before its task", event.name());
        let fresh = || Known { name: event.name().to_owned(), attempts: 0, is_under_way: false, whole };
        let task = state.tasks.entry(event.id()).or_insert_with(fresh);
        assert_eq!(task.name, event.name(), "an id is unique");
        assert!(!task.is_under_way, "{} starts twice", task.name);
        (task.attempts, task.is_under_way) = (task.attempts + 1, true);
        assert!(event.attempt() <= task.attempts, "attempt {} of {}", event.attempt(), task.name);
        let again = if event.attempt() > 1 { format!(" ({})", event.attempt()) } else { String::new() };
        state.events.push(format!("start {}{again}", event.name()));
    }

    fn finished(&self, event: &TaskEvent<'_>, outcome: &Outcome) {
        let mut state = self.0.lock().unwrap();
        state.events.push(match outcome {
            Outcome::Failed(error) => format!("fail {}: {error}", event.name()),
            outcome => format!("{outcome:?} {}", event.name()),
        });
        if let Outcome::Skipped { .. } = outcome {
            return;
        }
        let task = state.tasks.get_mut(&event.id()).expect("a task that has started");
        assert!(task.is_under_way, "{} ends twice", task.name);
        task.is_under_way = false;
        let is_left = |task: &Known| task.is_under_way && task.whole == Some(event.id());
        assert!(state.is_dropped || !state.tasks.values().any(is_left), "{} ends before an element", event.name());
    }
}

/// Pages of which one may fail, and a row and a mark for each.
#[derive(Default)]
struct Site {
    gates: Gates,
    is_broken: AtomicBool,
    panics: AtomicBool,
}

#[dag]
impl Site {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 2)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        self.gates.pass(id).await;
        assert!(id != 2 || !self.panics.load(Ordering::SeqCst), "page 2 is lost");
        if id == 2 && self.is_broken.load(Ordering::SeqCst) { Err("broken".to_owned()) } else { Ok(id) }
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &usize) -> usize {
        self.gates.pass(10 + page).await;
        *page
    }

    #[depends(rows)]
    fn sum(&self, rows: &[usize]) -> usize {
        rows.iter().sum()
    }

    #[depends(id in ids)]
    fn plain(&self, id: usize) -> Result<usize, String> {
        assert!(id != 2 || !self.panics.load(Ordering::SeqCst), "page 2 is lost");
        if id == 2 && self.is_broken.load(Ordering::SeqCst) { Err("broken".to_owned()) } else { Ok(id) }
    }
}

fn watched(site: &Site) -> (SiteRun<'_>, Arc<Log>) {
    let log = Arc::new(Log::default());
    (site.run().observe(Arc::clone(&log)), log)
}

#[test]
fn each_element_has_a_start_and_an_end_between_those_of_the_task() {
    let site = Site::default();
    let (run, log) = watched(&site);
    let mut pages = Driven::new(run.pages());
    pages.settle();
    let expected = ["start ids", "Done ids", "start pages", "start pages[0]", "start pages[1]"];
    assert_eq!(log.events(), expected);
    site.gates.open([1]);
    pages.settle();
    assert_eq!(log.events(), ["Done pages[1]", "start pages[2]"]);
    site.gates.open([0, 3]);
    pages.settle();
    assert_eq!(log.events(), ["Done pages[0]", "start pages[3]", "Done pages[3]"]);
    site.gates.open([2]);
    pages.run().unwrap();
    assert_eq!(log.events(), ["Done pages[2]", "Done pages"]);
    log.assert_balance();
}

#[test]
fn a_failure_is_that_of_its_element_and_the_other_elements_are_cancelled() {
    let site = Site { is_broken: AtomicBool::new(true), ..Site::default() };
    let (run, log) = watched(&site);
    let mut pages = Driven::new(run.pages());
    site.gates.open([0, 2]);
    let error = pages.run().unwrap_err();
    assert_eq!(error.index(), Some(2));
    let failed = "task `pages[2]` failed";
    let expected = [
        "start ids",
        "Done ids",
        "start pages",
        "start pages[0]",
        "Done pages[0]",
        "start pages[1]",
        "start pages[2]",
        &format!("fail pages[2]: {failed}"),
        "Cancelled pages[1]",
        &format!("fail pages: {failed}"),
    ];
    assert_eq!(log.events(), expected);
    site.is_broken.store(false, Ordering::SeqCst);
    site.gates.open([1, 3]);
    run.retry_failed();
    now(run.pages()).unwrap();
    let expected = [
        "start pages (2)",
        "start pages[1] (2)",
        "Done pages[1]",
        "start pages[2] (2)",
        "Done pages[2]",
        "start pages[3]",
        "Done pages[3]",
        "Done pages",
    ];
    assert_eq!(log.events(), expected);
    log.assert_balance();
}

#[test]
fn a_panic_is_that_of_its_element() {
    let site = Site { panics: AtomicBool::new(true), ..Site::default() };
    let (run, log) = watched(&site);
    site.gates.open([0, 2]);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Driven::new(run.pages()).run())).unwrap_err();
    assert_eq!(log.events()[6..], ["start pages[2]", "Panicked pages[2]", "Cancelled pages[1]", "Panicked pages"]);
    let (run, log) = watched(&site);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| now(run.plain()))).unwrap_err();
    assert_eq!(log.events()[7..], ["start plain[2]", "Panicked plain[2]", "Panicked plain"]);
    log.assert_balance();
}

#[test]
fn elements_are_cancelled_when_their_run_is_dropped() {
    let site = Site::default();
    let (run, log) = watched(&site);
    site.gates.open([0]);
    Driven::new(run.pages()).settle();
    drop(log.events());
    drop(run);
    assert_eq!(log.events(), ["Cancelled pages[1]", "Cancelled pages[2]", "Cancelled pages"]);
    log.assert_balance();
}

#[test]
fn a_plain_function_is_told_of_for_each_element() {
    let site = Site::default();
    let (run, log) = watched(&site);
    now(run.plain()).unwrap();
    let of_element = |index| [format!("start plain[{index}]"), format!("Done plain[{index}]")];
    let elements: Vec<_> = (0..4).flat_map(of_element).collect();
    let events = log.events();
    assert_eq!(events[2..], [&["start plain".to_owned()], &elements[..], &["Done plain".to_owned()]].concat());
    let site = Site { is_broken: AtomicBool::new(true), ..Site::default() };
    let (run, log) = watched(&site);
    now(run.plain()).unwrap_err();
    let failed = "task `plain[2]` failed";
    let expected = ["start plain[2]", &format!("fail plain[2]: {failed}"), &format!("fail plain: {failed}")];
    assert_eq!(log.events()[7..], expected);
    log.assert_balance();
}

/// The inputs of each element, by name.
#[derive(Default)]
struct Inputs(Mutex<HashMap<String, (u64, Vec<u64>)>>);

impl Observer for Inputs {
    fn started(&self, event: &TaskEvent<'_>) {
        self.0.lock().unwrap().insert(event.name().to_owned(), (event.id(), event.inputs().to_vec()));
    }
}

#[test]
fn an_element_of_a_follower_depends_on_the_element_that_it_was_made_from() {
    let site = Site::default();
    let (run, log) = watched(&site);
    let inputs = Arc::new(Inputs::default());
    let run = run.observe(Arc::clone(&inputs));
    site.gates.open([0, 10]);
    let mut sum = Driven::new(run.sum());
    sum.settle();
    let expected = [
        "start ids",
        "Done ids",
        "start pages",
        "start pages[0]",
        "Done pages[0]",
        "start pages[1]",
        "start pages[2]",
        "start rows",
        "start rows[0]",
        "Done rows[0]",
    ];
    assert_eq!(log.events(), expected);
    site.gates.open(0..20);
    sum.run().unwrap();
    let inputs = inputs.0.lock().unwrap();
    let of = |name: &str| inputs[name].clone();
    for index in 0..4 {
        assert_eq!(of(&format!("rows[{index}]")).1, [of(&format!("pages[{index}]")).0]);
        assert_eq!(of(&format!("pages[{index}]")).1, [of("ids").0]);
    }
    assert_eq!(of("rows").1, [of("pages").0]);
    log.assert_balance();
}

#[test]
fn the_bodies_of_a_follower_that_go_on_are_told_of_to_the_end() {
    let site = Site { is_broken: AtomicBool::new(true), ..Site::default() };
    let (run, log) = watched(&site);
    let (mut rows, mut plain) = (Driven::new(run.rows()), Driven::new(run.pages()));
    site.gates.open([0]);
    rows.settle();
    drop(log.events());
    site.gates.open([2]);
    assert!(rows.run().is_err() && plain.run().is_err());
    let failed = "task `pages[2]` failed";
    let expected = [&format!("fail pages[2]: {failed}"), "Cancelled pages[1]", &format!("fail pages: {failed}")];
    assert_eq!(log.events(), expected);
    drop((rows, plain));
    drop(run);
    assert_eq!(log.events(), ["Cancelled rows[0]", "Cancelled rows"]);
    log.assert_balance();
}

/// Numbers, of which some are none.
struct Numbers;

#[dag]
impl Numbers {
    fn texts(&self) -> [&'static str; 2] {
        ["1", "x"]
    }

    #[depends(text in texts)]
    #[task(catch)]
    async fn numbers(&self, text: &str) -> Result<u64, ParseIntError> {
        text.parse()
    }

    #[depends(text in texts)]
    #[task(catch)]
    fn plain(&self, text: &str) -> Result<u64, ParseIntError> {
        text.parse()
    }
}

#[test]
fn a_failure_that_is_a_value_is_told_of_as_a_failure_of_the_element() {
    let log = Arc::new(Log::default());
    let run = Numbers.run().observe(Arc::clone(&log));
    assert!(now(run.numbers())[1].is_err() && now(run.plain())[1].is_err());
    let of_task = |task: &str| {
        let failed = format!("fail {task}[1]: task `{task}[1]` failed");
        let events = [format!("start {task}"), format!("start {task}[0]"), format!("Done {task}[0]")];
        [&events[..], &[format!("start {task}[1]"), failed, format!("Done {task}")]].concat()
    };
    assert_eq!(log.events()[2..], [of_task("numbers"), of_task("plain")].concat());
    log.assert_balance();
}

/// A graph around another one.
struct Outer;

struct Inner(usize);

#[dag]
impl Inner {
    fn ids(&self) -> Vec<usize> {
        (0..self.0).collect()
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> usize {
        id
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &usize) -> usize {
        *page
    }

    #[depends(id in ids)]
    fn plain(&self, id: usize) -> usize {
        id
    }
}

#[dag]
impl Outer {
    #[task(graph)]
    fn site(&self) -> Inner {
        Inner(4)
    }

    #[depends(site.rows, site.plain)]
    fn both(&self, rows: &[usize], plain: &[usize]) -> usize {
        rows.len() + plain.len()
    }
}

#[test]
fn elements_of_an_inner_graph_have_its_name() {
    let log = Arc::new(Log::default());
    let run = Outer.run().observe(Arc::clone(&log));
    assert_eq!(now(run.both()), &8);
    let events = log.events();
    for name in ["site.pages", "site.rows", "site.plain"] {
        let of_elements = events.iter().filter(|event| event.contains(&format!("{name}["))).count();
        assert_eq!(of_elements, 8, "{events:?}");
    }
    log.assert_balance();
}
