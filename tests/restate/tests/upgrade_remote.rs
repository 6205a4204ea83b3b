//! Another version of the program takes up a run with remote tasks.

mod common;

use std::collections::BTreeMap;

use common::{Engine, Service, until};
use serde_json::{Value, json};

/// Begins a run of a version, in which `truck` is done and `route` is held, and ends it with others, one after the other:
/// each but the last is killed in `route`. Returns the answer, and how often the last one executed each task.
fn upgraded(from: &'static str, to: &[&'static str]) -> (Value, BTreeMap<String, usize>) {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &[from]);
    engine.register(&service);
    service.order("hold-route");
    let invocation = engine.send("Freight/load", &json!(null));
    service.wait_for("route");
    until("`truck` is journaled", || engine.journaled(&invocation) == ["truck"]);
    for (place, version) in to.iter().enumerate() {
        service.kill();
        service.forget();
        if place + 1 == to.len() {
            service.revoke("hold-route");
        }
        service.start_again_as(version);
        engine.register(&service);
        if place + 1 < to.len() {
            service.wait_for("route");
        }
    }
    (engine.attach(&invocation), service.executions())
}

fn once<const N: usize>(tasks: [&str; N]) -> BTreeMap<String, usize> {
    tasks.map(|task| (task.to_owned(), 1)).into()
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_a_task_was_added_early() {
    // The truck is that of the first version.
    assert_eq!(upgraded("first freight", &["later freight"]), (json!(132), once(["driver", "route"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_the_task_under_way_was_renamed() {
    assert_eq!(upgraded("first freight", &["renamed freight"]), (json!(302), once(["way"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_the_task_under_way_was_removed_and_nothing_is_remote_any_more() {
    assert_eq!(upgraded("first freight", &["removed freight"]), (json!(1_004), once(["trailer"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_its_tasks_are_remote_now() {
    assert_eq!(upgraded("near freight", &["first freight"]), (json!(5), once(["route"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_the_program_changed_and_changed_back() {
    let versions = ["later freight", "first freight"];
    assert_eq!(upgraded("first freight", &versions), (json!(5), once(["route"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn what_ran_in_place_for_a_goal_does_not_run_again_when_tasks_are_remote() {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &["first freight"]);
    engine.register(&service);
    service.order("hold-route");
    service.order("hold-gate");
    let invocation = engine.send("Freight/load", &json!(null));
    service.wait_for("route");
    until("`truck` is journaled", || engine.journaled(&invocation) == ["truck"]);
    service.kill();
    service.start_again_as("gated freight");
    engine.register(&service);
    service.wait_for("gate");
    service.kill();
    service.forget();
    service.revoke("hold-gate");
    service.start_again_as("far gated freight");
    engine.register(&service);
    // The trailer is that of the second version.
    assert_eq!((engine.attach(&invocation), service.executions()), (json!(1_002), once(["gate"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_uses_the_answer_of_a_deployment_on_which_the_task_has_another_version() {
    let engine = Engine::start();
    let first = Service::start(&engine, &["waiting freight"]);
    engine.register(&first);
    first.order("hold-truck");
    let invocation = engine.send("Freight/load", &json!(null));
    first.wait_for("truck");
    let second = Service::start(&engine, &["second waiting freight"]);
    engine.register(&second);
    first.revoke("hold-truck");
    assert_eq!(engine.attach(&invocation), json!(105));
    assert_eq!(first.executions(), once(["route", "trailer", "truck"]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_call_that_the_goal_does_not_need_any_more_is_cancelled() {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &["waiting freight"]);
    engine.register(&service);
    service.order("hold-truck");
    service.order("hold-route");
    let invocation = engine.send("Freight/load", &json!(null));
    service.wait_for("truck");
    service.wait_for("route");
    service.kill();
    service.revoke("hold-truck");
    service.start_again_as("routeless freight");
    engine.register(&service);
    assert_eq!(engine.attach(&invocation), json!(20));
    let query = "select id from sys_invocation where status != 'completed'";
    until("`route` ends, though it is held", || engine.query(query).is_empty());
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_result_whose_type_changed_ends_the_run_with_an_error_that_names_the_task_and_the_version() {
    let (answer, executions) = upgraded("first freight", &["retyped freight"]);
    let text = "task `truck` failed: its stored result cannot be read: invalid type: integer `2`, expected a string at \
                line 1 column 1; if its type has changed, write `#[task(version = 2)]`";
    assert_eq!(answer["message"], text);
    assert_eq!(executions, once(["route"]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_task_of_another_version_runs_again() {
    assert_eq!(upgraded("first freight", &["second freight"]), (json!("a truck 30"), once(["route", "truck"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_whose_goal_is_gone_or_whose_input_cannot_be_read_ends() {
    let (answer, _) = upgraded("first freight", &["goalless freight"]);
    assert_eq!(answer["message"], "task `load` failed: the program at its address has no such task any more");
    let (answer, _) = upgraded("first freight", &["unreadable freight"]);
    let text = "the input of the invocation cannot be read: invalid type: null, expected u32 at line 1 column 4";
    assert_eq!(answer["message"], text);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_call_that_its_deployment_does_not_serve_any_more_goes_to_the_one_that_does() {
    let engine = Engine::start();
    let graph = Service::start(&engine, &["all"]);
    engine.register(&graph);
    let mut other = Service::start(&engine, &["left"]);
    engine.register(&other);
    other.order("hold-left");
    let invocation = engine.send("Parts/whole", &json!(null));
    other.wait_for("left");
    other.kill();
    other.revoke("hold-left");
    engine.register(&graph);
    other.start_again_as("right");
    let processes = [graph.id(); 4];
    assert_eq!(engine.attach(&invocation), json!(processes));
    assert_eq!(other.count("left"), 2);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_call_that_no_deployment_serves_any_more_waits_for_one() {
    let engine = Engine::start();
    let graph = Service::start(&engine, &["all"]);
    engine.register(&graph);
    let mut other = Service::start(&engine, &["left"]);
    engine.register(&other);
    other.order("hold-left");
    let invocation = engine.send("Parts/whole", &json!(null));
    other.wait_for("left");
    other.kill();
    other.revoke("hold-left");
    other.start_again_as("right");
    let sleeps = format!("select index from sys_journal where id = '{invocation}' and entry_type = 'Command: Sleep'");
    until("the run pauses", || !engine.query(&sleeps).is_empty());
    engine.register(&graph);
    let processes = [graph.id(); 4];
    assert_eq!(engine.attach(&invocation), json!(processes));
}
