//! The service and the server are killed at every boundary between tasks and in the middle of every task.

mod common;

use std::collections::BTreeMap;

use common::{Engine, Service, until};
use serde_json::json;

/// The tasks in topological order, each with the tasks that cannot run before it.
const TASKS: [(&str, &[&str]); 7] = [
    ("a", &["a", "b", "d", "e", "f", "g"]),
    ("b", &["b", "d", "e", "f", "g"]),
    ("c", &["c", "d", "e", "f", "g"]),
    ("d", &["d", "e", "f", "g"]),
    ("e", &["e", "g"]),
    ("f", &["f", "g"]),
    ("g", &["g"]),
];

const RESULT: u64 = 48;

fn each_once() -> BTreeMap<String, usize> {
    TASKS.map(|(task, _)| (task.to_owned(), 1)).into()
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_service_killed_between_two_tasks_runs_none_again() {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &["all"]);
    engine.register(&service);
    for graph in ["Diamond/g", "RemoteDiamond/g"] {
        for boundary in 1..TASKS.len() {
            service.forget();
            let (before, behind) = TASKS.split_at(boundary);
            for (task, _) in behind {
                service.order(&format!("stop-{task}"));
            }
            let invocation = engine.send(graph, &json!(1));
            let before: Vec<_> = before.iter().map(|(task, _)| *task).collect();
            until(&format!("{before:?} are journaled"), || engine.journaled(&invocation) == before);
            service.kill();
            for (task, _) in behind {
                service.revoke(&format!("stop-{task}"));
            }
            service.start_again();
            assert_eq!(engine.attach(&invocation), RESULT);
            assert_eq!(service.executions(), each_once(), "{graph} killed behind {before:?}");
        }
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_service_killed_in_the_middle_of_a_task_runs_again_what_was_not_journaled() {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &["all"]);
    engine.register(&service);
    for (task, blocked) in TASKS {
        let invocation = hold(&engine, &service, "Diamond/g", task, blocked);
        let (executed, journaled) = (service.executions(), engine.journaled(&invocation));
        service.kill();
        service.revoke(&format!("hold-{task}"));
        service.start_again();
        assert_eq!(engine.attach(&invocation), RESULT);
        assert_eq!(service.executions(), once_more(&executed, &journaled), "killed in {task}");
        assert_eq!(executed.len() - journaled.len(), 1, "only the task itself is lost");
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn tasks_that_are_done_before_a_slow_one_do_not_run_again() {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &["all"]);
    engine.register(&service);
    service.order("hold-slow");
    let invocation = engine.send("Ten/sum", &json!(null));
    until("eight tasks are journaled", || engine.journaled(&invocation).len() == 8);
    service.kill();
    service.revoke("hold-slow");
    service.start_again();
    assert_eq!(engine.attach(&invocation), 10);
    let executions = service.executions();
    let again: Vec<_> = executions.iter().filter(|(_, count)| **count > 1).collect();
    assert_eq!((executions.len(), again), (10, vec![(&"slow".to_owned(), &2)]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_server_killed_in_the_middle_of_a_task_goes_on_from_its_journal() {
    let mut engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    for (task, blocked) in TASKS {
        let invocation = hold(&engine, &service, "Diamond/g", task, blocked);
        let (executed, journaled) = (service.executions(), engine.journaled(&invocation));
        engine.restart();
        service.revoke(&format!("hold-{task}"));
        assert_eq!(engine.attach(&invocation), RESULT);
        assert_eq!(service.executions(), once_more(&executed, &journaled), "killed in {task}");
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_killed_process_of_a_remote_task_runs_that_task_again_alone() {
    let engine = Engine::start();
    let graph = Service::start(&engine, &["all"]);
    engine.register(&graph);
    let mut tasks = Service::start(&engine, &["diamond"]);
    engine.register(&tasks);
    for (task, blocked) in TASKS {
        let invocation = hold(&engine, &tasks, "RemoteDiamond/g", task, blocked);
        until("all else is journaled", || engine.journaled(&invocation).len() == TASKS.len() - blocked.len());
        tasks.kill();
        tasks.revoke(&format!("hold-{task}"));
        tasks.start_again();
        assert_eq!(engine.attach(&invocation), RESULT);
        let mut executions = each_once();
        executions.insert(task.to_owned(), 2);
        assert_eq!(tasks.executions(), executions, "killed in {task}");
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_killed_orchestrator_runs_no_remote_task_again() {
    let engine = Engine::start();
    let mut graph = Service::start(&engine, &["all"]);
    engine.register(&graph);
    let tasks = Service::start(&engine, &["diamond"]);
    engine.register(&tasks);
    for (task, blocked) in TASKS {
        let invocation = hold(&engine, &tasks, "RemoteDiamond/g", task, blocked);
        graph.kill();
        tasks.revoke(&format!("hold-{task}"));
        graph.start_again();
        assert_eq!(engine.attach(&invocation), RESULT);
        assert_eq!(tasks.executions(), each_once(), "killed in {task}");
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_server_killed_in_the_middle_of_a_remote_task_goes_on_from_its_journal() {
    let mut engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    for (task, blocked) in TASKS {
        let invocation = hold(&engine, &service, "RemoteDiamond/g", task, blocked);
        until("all else is journaled", || engine.journaled(&invocation).len() == TASKS.len() - blocked.len());
        let (executed, journaled) = (service.executions(), engine.journaled(&invocation));
        engine.restart();
        service.revoke(&format!("hold-{task}"));
        assert_eq!(engine.attach(&invocation), RESULT);
        assert_eq!(service.executions(), once_more(&executed, &journaled), "killed in {task}");
    }
}

/// Runs a graph up to the middle of a task, until all tasks that do not need it are done.
fn hold(engine: &Engine, service: &Service, graph: &str, task: &str, blocked: &[&str]) -> String {
    service.forget();
    service.order(&format!("hold-{task}"));
    let invocation = engine.send(graph, &json!(1));
    until("the run can go no further", || service.executions().len() == TASKS.len() - blocked.len() + 1);
    until("all that is done is journaled", || engine.journaled(&invocation).len() == TASKS.len() - blocked.len());
    invocation
}

/// Returns the executions at the end: every task has one more, except those that were journaled.
fn once_more(executed: &BTreeMap<String, usize>, journaled: &[String]) -> BTreeMap<String, usize> {
    let count = |task: &str| {
        let before = executed.get(task).copied().unwrap_or_default();
        before + usize::from(!journaled.iter().any(|other| other == task))
    };
    TASKS.map(|(task, _)| (task.to_owned(), count(task))).into()
}
