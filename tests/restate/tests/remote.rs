//! Tasks that run as separate calls, on any deployment that serves them.

mod common;

use common::{Engine, Service, until};
use serde_json::json;

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn two_deployments_share_the_remote_tasks_of_one_run() {
    let engine = Engine::start();
    let graph = Service::start(&engine, &["all"]);
    engine.register(&graph);
    let (left, right) = (Service::start(&engine, &["left"]), Service::start(&engine, &["right"]));
    engine.register(&left);
    engine.register(&right);
    let processes = json!([graph.id(), left.id(), right.id(), graph.id()]);
    assert_eq!(engine.call("Parts/whole", &json!(null)), (200, processes));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_on_the_deployment_on_which_it_began() {
    let engine = Engine::start();
    let first = Service::start(&engine, &["all"]);
    engine.register(&first);
    first.order("hold-left");
    let invocation = engine.send("Parts/whole", &json!(null));
    first.wait_for("left");
    let second = Service::start(&engine, &["all"]);
    engine.register(&second);
    first.revoke("hold-left");
    assert_eq!(engine.attach(&invocation)[3], first.id());
    let (_, answer) = engine.call("Parts/whole", &json!(null));
    assert_eq!(answer[3], second.id());
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_fan_out_of_2000_remote_tasks_completes() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let sum: usize = (1..=2_000).sum();
    assert_eq!(engine.call("FanOut/sum", &json!(null)), (200, json!(sum)));
    let executions = service.executions();
    assert_eq!(executions.len(), 2_002);
    assert!(executions.values().all(|&count| count == 1), "none is executed twice");
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn of_300_remote_tasks_on_two_deployments_only_those_under_way_on_the_killed_one_run_again() {
    let engine = Engine::start();
    let graph = Service::start(&engine, &["all"]);
    engine.register(&graph);
    let mut first = Service::start(&engine, &["first half"]);
    engine.register(&first);
    let second = Service::start(&engine, &["second half"]);
    engine.register(&second);
    first.order("hold-Crowd");
    let invocation = engine.send("Crowd/sum", &json!(null));
    until("all tasks have started", || first.executions().len() == 301);
    // The source, and the tasks with odd numbers.
    until("half of them are journaled", || engine.journaled(&invocation).len() == 151);
    first.kill();
    first.revoke("hold-Crowd");
    first.start_again();
    assert_eq!(engine.attach(&invocation), 300 * 301 / 2);
    let executions = first.executions();
    let again: Vec<_> = executions.iter().filter(|(_, count)| **count == 2).map(|(task, _)| task.clone()).collect();
    assert!(executions.values().all(|&count| count <= 2));
    // Those with even numbers that the first deployment had.
    let under_way: Vec<_> = (1..=75).map(|half| format!("t{:04}", 2 * half)).collect();
    assert_eq!(again, under_way);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn max_concurrency_limits_the_calls_under_way() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    service.order("hold-upper");
    let invocation = engine.send("Narrow/both", &json!(null));
    service.wait_for("upper");
    let query = "select target from sys_invocation where target like 'Narrow.%'";
    assert_eq!(engine.query(query), [json!({"target": "Narrow.upper/run"})]);
    service.revoke("hold-upper");
    assert_eq!(engine.attach(&invocation), json!(3));
    assert_eq!((service.count("upper"), service.count("lower")), (1, 1));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn the_failure_of_a_remote_task_stops_the_others() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    service.order("stop-source");
    let (status, answer) = engine.call("Parts/wreck", &json!(null));
    assert_eq!((status, answer["message"].as_str()), (500, Some("task `broken` failed: out of paper")));
    service.revoke("stop-source");
    let query = "select id from sys_invocation where status != 'completed'";
    until("what is under way comes to its end", || engine.query(query).is_empty());
    assert_eq!((service.count("right"), service.count("wreck")), (0, 0), "nothing more starts");
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_task_of_its_own_is_not_to_be_called_from_outside() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    assert_eq!(engine.call("Parts.left/run", &json!({"input": null, "results": {"source": 1}})).0, 400);
    assert_eq!(service.count("left"), 0);
}
