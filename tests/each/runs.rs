//! Such tasks in a run: failures, further attempts, observers, and tasks that nobody waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use adagio::{Observer, Outcome, TaskError, TaskEvent, dag};

use crate::common::{Driven, now};
use crate::gates::Gates;

/// Pages of which one may fail.
#[derive(Default)]
struct Site {
    gates: Gates,
    is_broken: AtomicBool,
}

#[dag]
impl Site {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 3)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        self.gates.act("p", id).await;
        if id == 2 && self.is_broken.load(Ordering::SeqCst) { Err("broken".to_owned()) } else { Ok(id) }
    }

    async fn other(&self) -> usize {
        self.gates.act("o", 10).await;
        10
    }

    #[depends(pages)]
    fn sum(&self, pages: &[usize]) -> usize {
        pages.iter().sum()
    }

    #[depends(catch pages, other)]
    fn report(&self, pages: Result<&[usize], TaskError>, other: usize) -> String {
        match pages {
            Ok(pages) => format!("{pages:?} {other}"),
            Err(error) => format!("{error} {other}"),
        }
    }
}

fn broken() -> Site {
    Site { is_broken: AtomicBool::new(true), ..Site::default() }
}

#[test]
fn a_retry_runs_only_the_missing_elements() {
    let site = broken();
    site.gates.open([0, 2]);
    let run = site.run();
    let error = now(run.sum()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.index()), ("task `pages[2]` failed", Some(2)));
    assert_eq!(site.gates.events(), ["start p0", "end p0", "start p1", "start p2", "end p2", "drop p1"]);
    site.is_broken.store(false, Ordering::SeqCst);
    site.gates.open([1, 3]);
    run.retry_failed();
    assert_eq!(*now(run.sum()).unwrap(), 6);
    assert_eq!(site.gates.events(), ["start p1", "end p1", "start p2", "end p2", "start p3", "end p3"]);
}

#[test]
fn the_failure_of_an_element_can_be_caught() {
    let site = broken();
    site.gates.open([0, 1, 2, 3, 10]);
    assert_eq!(now(site.report()), "task `pages[2]` failed 10");
    assert_eq!(*now(site.run().report()), "task `pages[2]` failed 10");
    site.is_broken.store(false, Ordering::SeqCst);
    assert_eq!(now(site.report()), "[0, 1, 2, 3] 10");
}

#[test]
fn all_bodies_of_an_abandoned_task_are_dropped() {
    let site = Site::default();
    let run = site.run().cancel_abandoned().max_concurrency(3);
    let mut driven = Driven::new(run.pages());
    driven.settle();
    assert_eq!(site.gates.events(), ["start p0", "start p1", "start p2"]);
    let mut other = Driven::new(run.other());
    assert_eq!(other.poll().map(drop), Poll::Pending);
    drop(driven);
    other.settle();
    // Its slots are free for others.
    assert_eq!(site.gates.events(), ["drop p0", "drop p1", "drop p2", "start o10"]);
    site.gates.open([0, 1, 2, 3, 10]);
    assert_eq!(*other.run(), 10);
    assert_eq!(now(run.pages()).unwrap(), &[0, 1, 2, 3]);
}

#[test]
fn a_pause_keeps_the_bodies() {
    let site = Site::default();
    let run = site.run();
    let mut driven = Driven::new(run.pages());
    driven.settle();
    drop(driven);
    assert_eq!(site.gates.events(), ["start p0", "start p1", "start p2"]);
    site.gates.open([0, 1, 2, 3]);
    assert_eq!(now(run.pages()).unwrap(), &[0, 1, 2, 3]);
}

/// Logs what an observer is told.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<String>>);

impl Log {
    /// Returns the events since the last call.
    pub(crate) fn events(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn note(&self, event: String) {
        self.0.lock().unwrap().push(event);
    }
}

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.note(format!("start {}", task.name()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        match outcome {
            Outcome::Failed(error) => self.note(format!("fail {}: {error}", task.name())),
            outcome => self.note(format!("{outcome:?} {}", task.name())),
        }
    }
}

#[test]
fn the_events_of_the_whole_stand_around_those_of_its_elements() {
    let site = broken();
    site.gates.open([0, 1, 2, 3]);
    let log = Arc::new(Log::default());
    let run = site.run().observe(Arc::clone(&log));
    assert!(now(run.sum()).is_err());
    site.is_broken.store(false, Ordering::SeqCst);
    run.retry_failed();
    assert!(now(run.sum()).is_ok());
    let events = log.events();
    let expected = [
        "start ids",
        "Done ids",
        "start pages",
        "fail pages: task `pages[2]` failed",
        "start pages",
        "Done pages",
        "start sum",
        "Done sum",
    ];
    assert_eq!(
        events.iter().filter(|event| !event.starts_with("Skipped") && !event.contains(" pages[")).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
}
