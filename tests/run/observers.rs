//! The events that a run sends to its observers.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "some tasks here are done at once")]

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Mutex};

use adagio::{Observer, Outcome, TaskEvent, dag};

use crate::common::{Driven, Stage, forever, now};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    async fn user(&self) -> u8 {
        self.stage.act("user").await;
        1
    }

    fn r#type(&self) -> u8 {
        2
    }

    #[depends(r#type, user)]
    async fn cart(&self) -> Result<u8, &'static str> {
        self.stage.act("cart").await;
        Err("empty")
    }

    #[depends(cart)]
    async fn quote(&self) {}

    #[depends(quote, user)]
    async fn page(&self) {}

    #[depends(user)]
    async fn offers(&self) {
        self.stage.act("offers").await;
    }

    async fn panics(&self) -> u8 {
        self.stage.act("panics").await;
        panic_any("payload")
    }
}

/// Logs every event.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn events(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn note(&self, event: String) {
        self.0.lock().unwrap().push(event);
    }
}

impl Observer for Log {
    fn made(&self, task: &TaskEvent<'_>) {
        self.note(format!("made {}", task.name()));
    }

    fn started(&self, task: &TaskEvent<'_>) {
        self.note(format!("started {}", task.name()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Failed(error) => format!("{error}"),
            Outcome::Panicked => "panicked".to_owned(),
            Outcome::Cancelled => "cancelled".to_owned(),
            Outcome::Skipped { because } => format!("skipped because of {because}"),
            _ => unreachable!(),
        };
        self.note(format!("finished {}: {outcome}", task.name()));
    }
}

#[test]
fn it_is_told_when_tasks_start_and_are_done() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    let run = graph.run().observe(Arc::clone(&log));
    let mut offers = Driven::new(run.offers());
    assert!(log.events().is_empty());
    assert!(offers.poll().is_pending());
    assert_eq!(log.events(), ["started user"]);
    graph.stage.open("user");
    assert!(offers.poll().is_pending());
    assert_eq!(log.events(), ["finished user: done", "started offers"]);
    graph.stage.open("offers");
    assert!(offers.poll().is_ready());
    assert_eq!(log.events(), ["finished offers: done"]);
    now(run.r#type());
    assert_eq!(log.events(), ["started type", "finished type: done"]);
    now(run.offers());
    drop(offers);
    drop(run);
    assert!(log.events().is_empty());
}

#[test]
fn it_is_told_what_failed_and_what_is_skipped_for_it() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("user");
    graph.stage.open("cart");
    let run = graph.run().observe(Arc::clone(&log));
    assert!(now(run.page()).is_err());
    assert_eq!(
        log.events(),
        [
            "started user",
            "finished user: done",
            "started type",
            "finished type: done",
            "started cart",
            "finished cart: task `cart` failed",
            "finished quote: skipped because of cart",
            "finished page: skipped because of cart",
        ]
    );
    run.retry_failed();
    assert!(now(run.quote()).is_err());
    assert_eq!(
        log.events(),
        ["started cart", "finished cart: task `cart` failed", "finished quote: skipped because of cart"]
    );
}

#[test]
fn what_nobody_wanted_is_not_skipped() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("user");
    graph.stage.open("cart");
    let run = graph.run().observe(Arc::clone(&log));
    assert!(now(run.cart()).is_err());
    assert_eq!(log.events().last().unwrap(), "finished cart: task `cart` failed");
}

#[test]
fn a_goal_that_is_first_wanted_after_the_failure_is_skipped_once() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("user");
    graph.stage.open("cart");
    let run = graph.run().observe(Arc::clone(&log));
    assert!(now(run.cart()).is_err());
    log.events();
    assert!(now(run.quote()).is_err());
    assert_eq!(log.events(), ["finished quote: skipped because of cart"]);
    assert!(now(run.page()).is_err());
    assert!(now(run.page()).is_err());
    assert!(now(run.quote()).is_err());
    assert_eq!(log.events(), ["finished page: skipped because of cart"]);
    drop(run);
    assert!(log.events().is_empty());
}

struct Broken;

#[dag]
impl Broken {
    fn disk(&self) -> Result<u8, &'static str> {
        Err("no disk")
    }

    #[depends(disk)]
    pub(super) fn file(&self, disk: u8) -> u8 {
        disk
    }
}

#[test]
fn it_is_told_what_settles_without_ever_having_been_wanted() {
    let log = Arc::new(Log::default());
    let run = Broken.run().observe(Arc::clone(&log));
    assert!(now(run.disk()).is_err());
    assert_eq!(log.events(), ["started disk", "finished disk: task `disk` failed"]);
    assert_eq!(now(run.settle()).len(), 1);
    assert_eq!(log.events(), ["finished file: skipped because of disk"]);
}

#[test]
fn an_injected_result_keeps_what_only_it_needed_from_being_skipped() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("user");
    graph.stage.open("cart");
    let run = graph.run().with_quote(()).observe(Arc::clone(&log));
    assert!(now(run.cart()).is_err());
    log.events();
    now(run.page()).unwrap();
    assert_eq!(log.events(), ["started page", "finished page: done"]);
}

#[test]
fn it_is_told_what_a_drop_of_the_run_cancels() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("user");
    let run = graph.run().observe(Arc::clone(&log));
    let (mut page, mut offers) = (Driven::new(run.page()), Driven::new(run.offers()));
    assert!(page.poll().is_pending() && offers.poll().is_pending());
    drop((page, offers));
    assert!(!log.events().is_empty());
    drop(run);
    assert_eq!(log.events(), ["finished cart: cancelled", "finished offers: cancelled"]);
}

#[test]
fn a_run_that_never_started_tells_nothing() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    drop(graph.run().observe(Arc::clone(&log)));
    assert!(log.events().is_empty());
    assert_eq!(Arc::strong_count(&log), 1);
}

#[test]
fn it_is_told_what_panicked_and_what_that_cancels() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    let run = graph.run().observe(Arc::clone(&log));
    let mut all = Driven::new(run.all());
    assert!(all.poll().is_pending());
    log.events();
    graph.stage.open("panics");
    assert!(catch_unwind(AssertUnwindSafe(|| all.poll().is_ready())).is_err());
    assert_eq!(log.events(), ["finished user: cancelled", "finished panics: panicked"]);
    drop(all);
    drop(run);
    assert!(log.events().is_empty());
}

#[test]
fn a_panic_in_the_first_poll_of_a_task_is_told_alike() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("panics");
    let run = graph.run().observe(Arc::clone(&log));
    assert!(catch_unwind(AssertUnwindSafe(|| now(run.panics()))).is_err());
    assert_eq!(log.events(), ["started panics", "finished panics: panicked"]);
}

/// Drives and drops a run while it is dropped.
struct RunsInDrop(Arc<Log>);

impl Drop for RunsInDrop {
    fn drop(&mut self) {
        let graph = Graph::default();
        let run = graph.run().observe(Arc::clone(&self.0));
        assert!(Driven::new(run.user()).poll().is_pending());
    }
}

#[test]
fn a_run_that_is_dropped_while_something_else_unwinds_is_cancelled() {
    let log = Arc::new(Log::default());
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _runs = RunsInDrop(Arc::clone(&log));
        panic_any("elsewhere");
    }));
    assert!(unwound.is_err());
    assert_eq!(log.events(), ["started user", "finished user: cancelled"]);
}

#[test]
fn an_injected_task_is_not_told() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("offers");
    let run = graph.run().with_user(1).observe(Arc::clone(&log));
    now(run.offers());
    assert_eq!(log.events(), ["started offers", "finished offers: done"]);
}

#[test]
fn a_task_that_waits_for_a_slot_has_not_started() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    let run = graph.run().max_concurrency(1).observe(Arc::clone(&log));
    let mut all = Driven::new(run.all());
    assert!(all.poll().is_pending());
    assert_eq!(log.events(), ["started user"]);
    drop(all);
    drop(run);
    assert_eq!(log.events(), ["finished user: cancelled"]);
}

/// The data of an event about its task: name, id, inputs, attempt.
type Seen = (String, u64, Vec<u64>, u32);

#[derive(Default)]
struct Ids(Mutex<Vec<Seen>>);

impl Observer for Ids {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push((task.name().to_owned(), task.id(), task.inputs().to_vec(), task.attempt()));
    }
}

#[test]
fn an_event_gives_the_ids_of_a_task_and_of_its_inputs() {
    let (graph, ids) = (Graph::default(), Arc::new(Ids::default()));
    graph.stage.open("user");
    graph.stage.open("cart");
    let run = graph.run().observe(Arc::clone(&ids));
    assert!(now(run.page()).is_err());
    let seen = ids.0.lock().unwrap();
    let id = |name: &str| seen.iter().find(|event| event.0 == name).unwrap().1;
    let expected = [("user", vec![]), ("type", vec![]), ("cart", vec![id("type"), id("user")])];
    let expected = expected.map(|(name, inputs)| (name.to_owned(), id(name), inputs, 1));
    assert_eq!(*seen, expected);
    assert_eq!(3, [id("user"), id("type"), id("cart")].into_iter().collect::<std::collections::BTreeSet<_>>().len());
}

#[test]
fn several_observers_are_told_one_after_another() {
    static STATIC: Log = Log(Mutex::new(Vec::new()));
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    let shared: Arc<dyn Observer> = Arc::clone(&log) as _;
    let in_box = Arc::new(Log::default());
    let boxed: Box<dyn Observer> = Box::new(Arc::clone(&in_box));
    let run = graph.run().observe(&STATIC).observe(shared).observe(boxed).observe(forever(Log::default()));
    now(run.r#type());
    let expected = ["started type", "finished type: done"];
    for log in [&STATIC, &*log, &*in_box] {
        assert_eq!(log.events(), expected);
    }
}

/// Panics at the nth event, and also in its drop if the test asks for that.
struct Fragile {
    left: Mutex<usize>,
    log: Arc<Log>,
    panics_in_drop: bool,
}

impl Fragile {
    fn new(events: usize, log: &Arc<Log>) -> Self {
        Self { left: Mutex::new(events), log: Arc::clone(log), panics_in_drop: false }
    }

    fn tick(&self, event: &str) {
        let mut left = self.left.lock().unwrap();
        if *left == 0 {
            drop(left);
            panic_any(PanicsInDrop(self.panics_in_drop));
        }
        *left -= 1;
        self.log.note(format!("fragile {event}"));
    }
}

impl Observer for Fragile {
    fn started(&self, task: &TaskEvent<'_>) {
        self.tick(task.name());
    }

    fn finished(&self, task: &TaskEvent<'_>, _: &Outcome) {
        self.tick(task.name());
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        self.log.note("drop fragile".to_owned());
        assert!(!self.panics_in_drop, "a panic in the drop of an observer");
    }
}

/// A payload that may panic once more.
struct PanicsInDrop(bool);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        assert!(!self.0, "a panic in the drop of a payload");
    }
}

#[test]
fn an_observer_that_panics_is_told_nothing_more_and_breaks_nothing() {
    for events in 0..4 {
        let (graph, log) = (Graph::default(), Arc::new(Log::default()));
        graph.stage.open("user");
        graph.stage.open("offers");
        let run = graph.run().observe(Fragile::new(events, &log)).observe(Arc::clone(&log));
        now(run.offers());
        drop(run);
        let mut told = log.events();
        assert_eq!(told.iter().filter(|event| event.starts_with("fragile")).count(), events);
        assert_eq!(told.pop().as_deref(), Some("drop fragile"));
        told.retain(|event| !event.contains("fragile"));
        assert_eq!(told, ["started user", "finished user: done", "started offers", "finished offers: done"]);
    }
}

#[test]
fn an_observer_that_panics_when_it_is_told_of_a_panic_breaks_nothing() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    graph.stage.open("panics");
    let run = graph.run().observe(Fragile::new(1, &log)).observe(Arc::clone(&log));
    let unwound = catch_unwind(AssertUnwindSafe(|| now(run.panics())));
    assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"payload"));
    // The panic drops the run.
    assert_eq!(log.events(), ["fragile panics", "started panics", "finished panics: panicked", "drop fragile"]);
}

#[test]
fn an_observer_that_panics_once_more_when_it_is_dropped_breaks_nothing() {
    let (graph, log) = (Graph::default(), Arc::new(Log::default()));
    let mut fragile = Fragile::new(0, &log);
    fragile.panics_in_drop = true;
    let run = graph.run().observe(fragile).observe(Arc::clone(&log));
    assert_eq!(now(run.r#type()), &2);
    assert_eq!(log.events(), ["started type", "finished type: done"]);
    drop(run);
    assert_eq!(log.events(), ["drop fragile"]);
}

#[test]
fn an_outcome_tells_itself_by_debug() {
    let skipped = Outcome::Skipped { because: "cart" };
    assert_eq!(format!("{:?} {:?}", Outcome::Done, skipped.clone()), r#"Done Skipped { because: "cart" }"#);
}
