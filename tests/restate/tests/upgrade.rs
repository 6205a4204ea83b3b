//! Another version of the program takes up a run that is under way.

mod common;

use std::collections::BTreeMap;

use common::{Engine, Service, until};
use serde_json::{Value, json};

/// Begins a run of the first version, whose `stamp` is held, and ends it with another one. Returns the answer, and how
/// often the second one executed each task.
fn upgraded(to: &'static str) -> (Value, BTreeMap<String, usize>) {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &["first"]);
    engine.register(&service);
    service.order("hold-stamp");
    let invocation = engine.send("Parcel/send", &json!(null));
    until("the others are journaled", || engine.journaled(&invocation) == ["address", "weight"]);
    service.kill();
    service.forget();
    service.revoke("hold-stamp");
    service.start_again_as(to);
    (engine.attach(&invocation), service.executions())
}

fn once<const N: usize>(tasks: [&str; N]) -> BTreeMap<String, usize> {
    tasks.map(|task| (task.to_owned(), 1)).into()
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_tasks_were_added_early_and_renamed_and_removed() {
    let (answer, executions) = upgraded("moved");
    // The address is that of the first version.
    assert_eq!(answer, "a street 3001");
    assert_eq!(executions, once(["early", "grams", "pack"]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_result_whose_type_changed_ends_the_run_with_an_error_that_names_the_task_and_the_version() {
    let (answer, executions) = upgraded("retyped");
    let text = "task `address` failed: its stored result cannot be read: invalid type: string \"a street\", expected a \
                sequence at line 1 column 10; if its type has changed, write `#[task(version = 2)]`";
    assert_eq!(answer["message"], text);
    assert!(executions.is_empty());
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_task_of_another_version_runs_again() {
    let (answer, executions) = upgraded("second");
    assert_eq!(answer, "a street, a town 7");
    assert_eq!(executions, once(["address", "stamp", "pack"]));
}
