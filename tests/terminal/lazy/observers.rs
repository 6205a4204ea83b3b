//! The graph and observers show which dependencies are lazy, and which tasks nobody asked for.

use std::sync::{Arc, Mutex};

use adagio::{EdgeKind, Observer, Outcome, TaskEvent};

use super::{Page, open};
use crate::common::{Driven, now};

#[test]
fn the_kind_is_data_and_drawn_dashed() {
    let task = Page::graph().tasks().find(|task| task.name() == "page").unwrap();
    let edges: Vec<_> = task.edges().map(|(task, kind)| (task.name(), kind)).collect();
    assert_eq!(edges, [("cached", EdgeKind::Plain), ("load", EdgeKind::Lazy)]);
    assert_eq!(EdgeKind::Lazy.to_string(), "lazy");
}

struct Log(Arc<Mutex<Vec<String>>>);

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", task.name(), task.attempt()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Failed(error) => format!("failed: {}", error.task()),
            Outcome::Skipped { because } => format!("skipped: {because}"),
            other => format!("{other:?}").to_lowercase(),
        };
        self.0.lock().unwrap().push(format!("{} {} {outcome}", task.name(), task.attempt()));
    }
}

#[test]
fn observers_are_told_who_was_dropped_and_of_its_second_attempt() {
    let page = Page::down();
    open(&page, &["asker", "api"]);
    let log = Arc::default();
    let run = page.run().observe(Log(Arc::clone(&log)));
    assert!(now(run.asker()).is_err());
    assert_eq!(*log.lock().unwrap(), ["asker 1", "api 1", "api 1 failed: api", "asker 1 cancelled"]);
    log.lock().unwrap().clear();
    *page.is_down.lock().unwrap() = false;
    run.retry_failed();
    assert!(now(run.asker()).is_ok());
    assert_eq!(*log.lock().unwrap(), ["asker 2", "api 2", "api 2 done", "asker 2 done"]);
}

#[test]
fn observers_are_told_what_nobody_asked_for_when_nothing_can_ask_any_more() {
    let page = Page::with_cache();
    let log = Arc::default();
    let run = page.run().observe(Log(Arc::clone(&log)));
    assert_eq!(*now(run.page()), 1);
    let skipped = ["session 1 skipped: page", "load 1 skipped: page"];
    assert_eq!(*log.lock().unwrap(), [&["cached 1", "cached 1 done", "page 1", "page 1 done"][..], &skipped].concat());

    let page = Page::with_cache();
    let log = Arc::default();
    let run = page.run().observe(Log(Arc::clone(&log)));
    let mut hurried = Driven::new(run.hurried());
    assert!(hurried.poll().is_pending());
    log.lock().unwrap().clear();
    // `hurried` can still ask.
    assert_eq!(*now(run.page()), 1);
    assert!(log.lock().unwrap().iter().all(|event| !event.contains("skipped")));
}
