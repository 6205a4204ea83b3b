//! Journals as timelines.

mod common;

use std::process::Command;

use common::{Engine, Service, until};
use serde_json::{Value, json};

/// An invocation of another server.
const UNKNOWN: &str = "inv_195IfFRgdps23kqQx0GsZkhVh0PZFF08eT";

fn report(engine: &Engine, graph: &str, invocation: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adagio-restate-tests"));
    let output = command.args(["report", graph, &engine.admin(), invocation]).output().expect("the program starts");
    serde_json::from_slice(&output.stdout).expect("a report is JSON")
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_says_what_each_task_did() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    for graph in ["Diamond", "RemoteDiamond"] {
        service.forget();
        service.order("hold-b");
        let invocation = engine.send(&format!("{graph}/g"), &json!(1));
        service.wait_for("b");
        let (idle, going) = ("not started", "under way");
        let tasks = json!({"a": "Done", "b": going, "c": "Done", "d": idle, "e": idle, "f": idle, "g": idle});
        // The server writes an entry to the journal only after some time.
        until("`b` alone is under way", || report(&engine, graph, &invocation)["tasks"] == tasks);
        let half = report(&engine, graph, &invocation);

        service.revoke("hold-b");
        engine.attach(&invocation);
        let whole = report(&engine, graph, &invocation);
        let done = "Done";
        let tasks = json!({"a": done, "b": done, "c": done, "d": done, "e": done, "f": done, "g": done});
        assert_eq!(whole["tasks"], tasks, "{graph}");
        let path = whole["path"].as_array().expect("tasks decided the end");
        assert_eq!(path[..3], [json!("a"), json!("b"), json!("d")], "`b` was held");
        assert!(whole["wall"].as_u64() >= half["wall"].as_u64());
        let page = whole["page"].as_str().expect("a page is text");
        assert!(page.contains("<svg") && page.contains(">g<"), "the graph and the chart");
        assert!(page.contains(&format!("{graph}::g is done: {invocation}, completed</title>")));
        assert!(page.contains(r#"id="begun">2"#) && page.contains(" UTC<"), "the date");
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_shows_a_wide_task_as_one_though_its_elements_are_calls() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["far spread"]);
    engine.register(&service);
    service.order("hold-page1");
    let invocation = engine.send("Spread/total", &json!(3));
    service.wait_for_all(&["page1", "row0", "row2"]);
    let (done, going) = ("Done", "under way");
    let tasks = json!({"ids": done, "pages": going, "rows": going, "total": "not started"});
    until("one page is under way", || report(&engine, "Spread", &invocation)["tasks"] == tasks);
    service.revoke("hold-page1");
    engine.attach(&invocation);
    let made = report(&engine, "Spread", &invocation);
    assert_eq!(made["tasks"], json!({"ids": done, "pages": done, "rows": done, "total": done}));
    assert_eq!(made["attempts"], json!({"ids": 1, "pages": 1, "rows": 1, "total": 1}));
    assert_eq!(made["path"], json!(["ids", "pages", "rows", "total"]));
    service.order("break-1");
    let invocation = engine.send("Spread/total", &json!(3));
    engine.attach(&invocation);
    let made = report(&engine, "Spread", &invocation);
    assert_eq!((&made["tasks"]["pages"], &made["path"]), (&json!("`pages[1]`: 1 is broken"), &json!(["ids", "pages"])));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_says_what_failed_and_what_was_skipped() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let invocation = engine.send("Shop/given_up", &json!({"name": "lamp"}));
    engine.attach(&invocation);
    let tasks = json!({"busy": "the clerk is busy", "given_up": r#"Skipped { because: "busy" }"#});
    assert_eq!(report(&engine, "Shop", &invocation)["tasks"], tasks);

    let made = report(&engine, "Shop", &invocation);
    assert_eq!(made["attempts"], json!({"busy": 3, "given_up": 0}));
    assert_eq!(made["path"], json!(["busy"]));
    assert!(
        made["page"].as_str().is_some_and(|page| page.contains(&format!("given_up failed: {invocation}, completed<")))
    );
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_says_how_often_a_remote_task_was_tried() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let invocation = engine.send("FarCaught/reply", &json!(null));
    engine.attach(&invocation);
    let made = report(&engine, "FarCaught", &invocation);
    let tasks = json!({"stamp": "no ink", "letter": r#"Skipped { because: "stamp" }"#, "reply": "Done"});
    assert_eq!(made["tasks"], tasks);
    assert_eq!(made["attempts"], json!({"stamp": 3, "letter": 0, "reply": 1}));
    assert_eq!(made["path"], json!(["stamp", "reply"]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_says_which_task_panics_and_how_often() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let invocation = engine.send("Shop/panics", &json!({"name": "lamp"}));
    until("it has panicked twice", || report(&engine, "Shop", &invocation)["attempts"]["panics"].as_u64() >= Some(2));
    // Between two attempts nothing is under way.
    until("it waits for another attempt", || report(&engine, "Shop", &invocation)["tasks"]["panics"] == "Panicked");
    service.order("mended");
    engine.attach(&invocation);
    assert_eq!(report(&engine, "Shop", &invocation)["tasks"], json!({"panics": "Done"}));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_says_what_was_under_way_at_the_end() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let invocation = engine.send("Hour/whole", &json!(null));
    service.wait_for_all(&["waits", "spawned", "blocks"]);
    let going = "under way";
    let tasks = json!({"waits": going, "spawned": going, "blocks": going, "whole": "not started"});
    until("the journal has its beginning", || report(&engine, "Hour", &invocation)["tasks"] == tasks);
    engine.cancel(&invocation);
    engine.attach(&invocation);
    let off = "Cancelled";
    let tasks = json!({"waits": off, "spawned": off, "blocks": off, "whole": r#"Skipped { because: "waits" }"#});
    let made = report(&engine, "Hour", &invocation);
    assert_eq!(made["tasks"], tasks);
    assert!(made["page"].as_str().is_some_and(|page| page.contains("was cancelled")));

    service.order("stop-broken");
    let invocation = engine.send("FarHour/hopeless", &json!(null));
    service.wait_for_all(&["one", "other"]);
    service.revoke("stop-broken");
    engine.attach(&invocation);
    let made = report(&engine, "FarHour", &invocation);
    let tasks = &made["tasks"];
    assert_eq!((&tasks["one"], &tasks["other"], &tasks["broken"]), (&json!(off), &json!(off), &json!("no paper")));
    assert_eq!(made["path"], json!(["broken"]), "it decided the end");
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_names_the_task_whose_result_could_not_be_stored() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let invocation = engine.send("Unfit/of_long", &json!(null));
    engine.attach(&invocation);
    let made = report(&engine, "Unfit", &invocation);
    assert!(made["tasks"]["long"].as_str().is_some_and(|error| error.starts_with("its result has")), "{made}");
    assert_eq!(made["path"], json!(["long"]));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_of_no_invocation_of_the_graph_is_an_error() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let invocation = engine.send("Shop/rebate", &json!({"name": "lamp"}));
    engine.attach(&invocation);
    let error = |graph: &str, invocation: &str| report(&engine, graph, invocation)["error"].clone();
    let text = format!("`{invocation}` is of `Shop/rebate`, not of the graph `Diamond`");
    assert_eq!(error("Diamond", &invocation), text);
    assert_eq!(error("Shop", UNKNOWN), format!("the server does not know an invocation `{UNKNOWN}`"));
    for invalid in ["' or ''='", "inv_nonsense", "abc"] {
        assert_eq!(error("Shop", invalid), format!("`{invalid}` is not the id of an invocation"));
    }
}
