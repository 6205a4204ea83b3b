//! Wide tasks each of whose elements is a call of its own.

mod common;

use std::collections::BTreeMap;

use common::{Engine, Service, called, until};
use serde_json::{Value, json};

/// Returns how often each task was executed in which each element had an execution of its own.
fn once(names: &[&str], elements: &[(&str, &[usize])]) -> BTreeMap<String, usize> {
    let elements = elements.iter().flat_map(|(name, indexes)| indexes.iter().map(move |it| format!("{name}{it}")));
    names.iter().map(|&name| name.to_owned()).chain(elements).map(|name| (name, 1)).collect()
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn an_element_goes_on_while_others_of_the_stage_before_are_under_way() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["far spread"]);
    engine.register(&service);
    service.order("hold-page2");
    let invocation = engine.send("Spread/total", &json!(4));
    service.wait_for_all(&["row0", "row1", "row3", "page2"]);
    service.revoke("hold-page2");
    assert_eq!(engine.attach(&invocation), 64);
    assert_eq!(service.executions(), once(&["ids", "total"], &[("page", &[0, 1, 2, 3]), ("row", &[0, 1, 2, 3])]));
    assert_eq!(engine.call("Spread/pages", &json!(3)), (200, json!([0, 10, 20])));
    assert_eq!(engine.call("Spread/total", &json!(0)), (200, json!(0)));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_kill_repeats_only_the_elements_that_were_under_way_in_the_process() {
    let engine = Engine::start();
    let mut graph = Service::start(&engine, &["far spread"]);
    engine.register(&graph);
    let mut pages = Service::start(&engine, &["pages of the far spread"]);
    engine.register(&pages);
    for order in ["hold-page1", "hold-row3"] {
        graph.order(order);
    }
    let invocation = engine.send("Spread/total", &json!(5));
    graph.wait_for_all(&["page1", "row0", "row2", "row3", "row4"]);
    let ended = ["ids", "pages[0]", "pages[2]", "pages[3]", "pages[4]", "rows[0]", "rows[2]", "rows[4]"];
    until("the others are journaled", || engine.journaled(&invocation) == ended);
    pages.kill();
    graph.revoke("hold-page1");
    pages.start_again();
    graph.wait_for("row1");
    graph.kill();
    graph.revoke("hold-row3");
    graph.start_again();
    assert_eq!(engine.attach(&invocation), 105);
    let executions = graph.executions();
    let again: Vec<_> = executions.iter().filter(|(_, count)| **count > 1).map(|(task, _)| task.as_str()).collect();
    assert!(again.iter().all(|task| ["page1", "row1", "row3"].contains(task)), "{executions:?}");
    assert_eq!((executions.len(), executions["page1"], executions["row3"]), (12, 2, 2), "{executions:?}");
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn the_failure_of_an_element_stops_the_others() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["far spread"]);
    engine.register(&service);
    service.order("break-1");
    service.order("hold-page2");
    service.order("stop-saved");
    let begin = |goal: &str, times: usize| {
        service.order("hold-page1");
        let invocation = engine.send(&format!("Spread/{goal}"), &json!(3));
        until("both pages have started", || ["page1", "page2"].iter().all(|page| service.count(page) == times));
        service.revoke("hold-page1");
        invocation
    };
    let answer = engine.attach(&begin("total", 1));
    assert_eq!(answer["message"], "task `pages[1]` failed: 1 is broken");
    let going = "select id from sys_invocation where status != 'completed'";
    until("what is under way is cancelled", || engine.query(going).is_empty());
    // A task that catches it goes on, though a page would not end.
    let invocation = begin("saved", 2);
    let pages = format!("{going} and invoked_by_id = '{invocation}' and target_service_name = 'Spread.pages'");
    until("the others are cancelled while the run goes on", || engine.query(&pages).is_empty());
    assert!(!engine.query(going).is_empty());
    service.revoke("stop-saved");
    assert_eq!(engine.attach(&invocation), 7);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn max_concurrency_limits_the_elements_under_way() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["limited spread"]);
    engine.register(&service);
    for page in 0..4 {
        service.order(&format!("hold-page{page}"));
    }
    let invocation = engine.send("Spread/pages", &json!(4));
    let begun = |pages: &[&str]| {
        service.wait_for_all(pages);
        let query = "select id from sys_invocation where target_service_name = 'Spread.pages'";
        assert_eq!(engine.query(query).len(), pages.len());
    };
    begun(&["page0", "page1"]);
    service.revoke("hold-page1");
    begun(&["page0", "page1", "page2"]);
    for page in [0, 2, 3] {
        service.revoke(&format!("hold-page{page}"));
    }
    assert_eq!(engine.attach(&invocation), json!([0, 10, 20, 30]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_thousand_elements_need_few_entries_and_run_once() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["far spread"]);
    engine.register(&service);
    let invocation = engine.send("Spread/pages", &json!(1_000));
    let pages: Vec<u32> = (0..1_000).map(|id| 10 * id).collect();
    assert_eq!(engine.attach(&invocation), json!(pages));
    let executions = service.executions();
    assert!(executions.len() == 1_001 && executions.values().all(|&count| count == 1));
    let entries = |invocation: &str| {
        let entries = format!("select id from sys_journal where id = '{invocation}' and entry_type = 'Command: Run'");
        engine.query(&entries).len()
    };
    // One for `ids`, its result, 500 calls, 50 more ten times, and the number.
    assert!(entries(&invocation) <= 15, "{}", entries(&invocation));
    let invocation = engine.send("Spread/total", &json!(1_000));
    assert_eq!(engine.attach(&invocation), 4_996_000);
    // Calls that have ended by the next plan share it.
    assert!(entries(&invocation) < 500, "{}", entries(&invocation));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_of_many_elements_ends_though_its_process_is_killed_again_and_again() {
    let engine = Engine::start();
    let mut graph = Service::start(&engine, &["far spread"]);
    engine.register(&graph);
    let pages = Service::start(&engine, &["pages of the far spread"]);
    engine.register(&pages);
    let invocation = engine.send("Spread/total", &json!(200));
    for executed in [20, 90, 160, 230, 300, 370] {
        until("some are executed", || graph.executions().len() >= executed);
        graph.kill();
        graph.start_again();
    }
    assert_eq!(engine.attach(&invocation), 10 * 199 * 100 + 200);
    let executions = graph.executions();
    assert!(executions.iter().all(|(task, count)| *count == 1 || !task.starts_with("page")), "{executions:?}");
}

/// Begins a run of a version with four ids, in which `page2` and `hints` are held and what else can run has run, and ends
/// it with another one. Returns the answer, and how often that executed each task.
fn upgraded(from: &'static str, to: &'static str, ended: &[&str]) -> (Value, BTreeMap<String, usize>) {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &[from]);
    engine.register(&service);
    service.order("hold-page2");
    service.order("hold-hints");
    let invocation = engine.send("Spread/total", &json!(4));
    service.wait_for("page2");
    until("the others are journaled", || engine.journaled(&invocation) == ended);
    if from == "whole spread" {
        let pages = called(&engine, &invocation, "Spread.pages");
        until("the other pages are, too", || engine.journaled(&pages) == ["pages[0]", "pages[1]", "pages[3]"]);
    }
    service.kill();
    service.forget();
    service.revoke("hold-page2");
    service.revoke("hold-hints");
    service.start_again_as(to);
    engine.register(&service);
    (engine.attach(&invocation), service.executions())
}

const FAR: [&str; 7] = ["ids", "pages[0]", "pages[1]", "pages[3]", "rows[0]", "rows[1]", "rows[3]"];

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_its_elements_are_calls_now() {
    let executions = once(&["total"], &[("page", &[2]), ("row", &[2])]);
    assert_eq!(upgraded("near spread", "far spread", &FAR), (json!(64), executions));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_its_elements_are_no_calls_any_more() {
    // The call for the page under way ends as one of a task that the program does not have.
    let executions = once(&["total"], &[("page", &[2]), ("row", &[2])]);
    assert_eq!(upgraded("far spread", "near spread", &FAR), (json!(64), executions));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_a_wide_task_is_one_call_now_or_was_one() {
    let executions = once(&["hints", "total"], &[("page", &[2]), ("row", &[2])]);
    assert_eq!(upgraded("far spread", "whole spread", &FAR), (json!(1_064), executions));
    let executions = once(&["total"], &[("page", &[2]), ("row", &[0, 1, 2, 3])]);
    assert_eq!(upgraded("whole spread", "far spread", &["ids"]), (json!(64), executions));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_run_ends_though_a_task_is_wide_no_more() {
    assert_eq!(upgraded("far spread", "narrow spread", &FAR), (json!(600), once(&["pages", "total"], &[])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn elements_of_another_version_run_again() {
    let (answer, mut executions) = upgraded("far spread", "second spread", &FAR);
    // The call under way is made again by the server, and its result is not used.
    assert_eq!((answer, executions.remove("page2")), (json!(6_004), Some(2)));
    assert_eq!(executions, once(&["total"], &[("page", &[0, 1, 3]), ("row", &[0, 1, 2, 3])]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn elements_of_a_collection_of_another_version_are_not_used() {
    let (answer, mut executions) = upgraded("far spread", "fewer spread", &FAR);
    executions.remove("page2");
    assert_eq!((answer, executions), (json!(172), once(&["ids", "total"], &[("page", &[0, 1]), ("row", &[0, 1])])));
}
