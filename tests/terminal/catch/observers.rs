//! The graph and observers show which dependencies are caught.

use std::sync::{Arc, Mutex};

use adagio::{EdgeKind, Observer, Outcome, TaskEvent};

use super::{Page, open_all};
use crate::common::now;

#[test]
fn the_kinds_of_dependencies_are_data() {
    let price = Page::graph().tasks().find(|task| task.name() == "price").unwrap();
    let edges: Vec<_> = price.edges().map(|(task, kind)| (task.name(), kind)).collect();
    assert_eq!(edges, [("cart", EdgeKind::Plain), ("coupon", EdgeKind::Catch)]);
}

/// Logs every event.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Observer for Events {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} started", task.name()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Failed(error) => format!("failed: {}", error.task()),
            Outcome::Skipped { because } => format!("skipped because of {because}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(format!("{} {outcome}", task.name()));
    }
}

#[test]
fn observers_are_told_of_the_failure_and_of_what_is_skipped() {
    let page = Page::default();
    open_all(&page);
    let events = Events::default();
    assert_eq!(*now(page.run().observe(events.clone()).price()), 10);
    let told = [
        "cart started",
        "cart done",
        "account started",
        "account failed: account",
        "coupon skipped because of account",
        "price started",
        "price done",
    ];
    assert_eq!(*events.0.lock().unwrap(), told);
}
