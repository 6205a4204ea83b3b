//! What observers of a run are told of inner tasks.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use adagio::{Observer, Outcome, TaskEvent};

use super::{Top, World};
use crate::common::{Driven, now};

#[derive(Default)]
pub(super) struct Log(Mutex<Vec<String>>, Mutex<Vec<(u64, String, Vec<u64>)>>);

impl Log {
    pub(super) fn events(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("start {} {}", task.name(), task.attempt()));
        self.1.lock().unwrap().push((task.id(), task.name().to_owned(), task.inputs().to_vec()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Failed(error) => format!("failed as {}", error.task()),
            Outcome::Skipped { because } => format!("skipped because of {because}"),
            outcome => format!("{outcome:?}").to_lowercase(),
        };
        self.0.lock().unwrap().push(format!("{} {outcome}", task.name()));
    }
}

#[test]
fn observers_are_told_of_inner_tasks_by_their_names_and_inputs() {
    let top = Top(World::failing(&[]));
    let log = Arc::new(Log::default());
    let run = top.run().observe(Arc::clone(&log));
    assert!(now(run.side()).is_ok());
    assert_eq!(
        log.events(),
        [
            "start middle 1",
            "middle done",
            "start middle.bottom 1",
            "middle.bottom done",
            "start middle.bottom.x 1",
            "middle.bottom.x done",
            "start middle.bottom.z 1",
            "middle.bottom.z done",
            "start middle.right 1",
            "middle.right done",
            "start side 1",
            "side done",
        ]
    );
    let tasks = log.1.lock().unwrap().clone();
    let id = |name: &str| tasks.iter().find(|(_, other, _)| other == name).unwrap().0;
    let inputs = |name: &str| tasks.iter().find(|(_, other, _)| other == name).unwrap().2.clone();
    assert_eq!(inputs("side"), [id("middle.right")]);
    assert_eq!(inputs("middle.right"), [id("middle.bottom.z")]);
    assert_eq!(inputs("middle.bottom.z"), [id("middle.bottom.x")]);
    assert_eq!(inputs("middle.bottom.x"), [id("middle.bottom")], "a task without inputs needs the object");
    assert_eq!(inputs("middle.bottom"), [id("middle")]);
    let ids: BTreeSet<u64> = tasks.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids.len(), tasks.len(), "ids are unique in the run");
}

#[test]
fn observers_are_told_what_an_inner_failure_skips_and_of_further_attempts() {
    let top = Top(World::failing(&["x"]));
    let log = Arc::new(Log::default());
    let run = top.run().observe(Arc::clone(&log));
    assert!(now(run.side()).is_err());
    let events = log.events();
    let place = events.iter().position(|event| event == "start middle.bottom.x 1").unwrap();
    assert_eq!(
        events[place + 1..],
        [
            "middle.bottom.x failed as middle.bottom.x",
            "middle.bottom.z skipped because of middle.bottom.x",
            "middle.right skipped because of middle.bottom.x",
            "side skipped because of middle.bottom.x",
        ]
    );
    top.0.set_failing(&["panic"]);
    run.retry_failed();
    let payload = catch_unwind(AssertUnwindSafe(|| now(run.side()))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"payload"));
    assert_eq!(log.events(), ["start middle.bottom.x 2", "middle.bottom.x panicked"]);
}

#[test]
fn an_inner_task_that_is_dropped_half_way_is_cancelled_for_observers() {
    let top = Top(World::default());
    let log = Arc::new(Log::default());
    let run = top.run().observe(Arc::clone(&log));
    let mut side = Driven::new(run.side());
    assert!(side.poll().is_pending());
    drop(side);
    log.events();
    drop(run);
    assert_eq!(log.events(), ["middle.bottom.x cancelled"]);
}
