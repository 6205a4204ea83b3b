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
    }
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

    let error = |graph: &str, invocation: &str| report(&engine, graph, invocation)["error"].clone();
    let text = format!("`{invocation}` is of `Shop/given_up`, not of the graph `Diamond`");
    assert_eq!(error("Diamond", &invocation), text);
    assert_eq!(error("Shop", UNKNOWN), format!("the server does not know an invocation `{UNKNOWN}`"));
    assert_eq!(error("Shop", "' or ''='"), "`' or ''='` is not the id of an invocation");
}
