//! Tasks that fail, are tried again, hang or panic, and how the engine reports this.

mod common;

use common::{Engine, Service, until};
use serde_json::{Value, json};

/// A server that gives up soon on invocations that do not report, and on those that fail.
const IMPATIENT: &str = "[worker.invoker]\ninactivity-timeout = \"1s\"\nabort-timeout = \"1s\"\n";

fn start() -> (Engine, Service) {
    let engine = Engine::with(IMPATIENT);
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    (engine, service)
}

fn message(answer: &(u16, Value)) -> String {
    assert!([500, 422].contains(&answer.0), "{answer:?}");
    answer.1["message"].as_str().expect("a failure has a message").to_owned()
}

fn lamp() -> Value {
    json!({"name": "lamp"})
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_failure_is_terminal_and_names_its_task() {
    let (engine, service) = start();
    let answer = engine.call("Shop/refused", &lamp());
    assert_eq!((answer.0, message(&answer).as_str()), (422, "task `refused` failed: the clerk says no"));
    assert_eq!(service.count("refused"), 1, "`retry_if` says that it is not worth another attempt");

    let (status, answer) = engine.call("Shop/refused", &json!(1));
    let text = "the input of the invocation cannot be read: invalid type: integer `1`, expected struct Item at line 1 column 1";
    assert_eq!((status, answer["message"].as_str()), (400, Some(text)));

    assert_eq!(engine.call("Shop/rebate", &lamp()), (200, json!(r#"Err("expired")"#)));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn the_engine_tries_a_task_again_and_repeats_no_other() {
    let (engine, service) = start();
    assert_eq!(engine.call("Shop/patient", &lamp()), (200, json!("lamp 7")));
    let executions = service.executions();
    assert_eq!(
        executions,
        [("behind", 1), ("beside", 1), ("flaky", 3)].map(|(task, count)| (task.to_owned(), count)).into()
    );
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn the_engine_gives_up_when_the_attempts_are_used_up() {
    let (engine, service) = start();
    assert_eq!(message(&engine.call("Shop/given_up", &lamp())), "task `busy` failed: the clerk is busy");
    assert_eq!(service.count("busy"), 3);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn attempts_that_failed_before_a_crash_count() {
    let (engine, mut service) = start();
    service.order("hold-weary again");
    let invocation = engine.send("Shop/weary", &lamp());
    service.wait_for("weary again");
    service.kill();
    service.revoke("hold-weary again");
    service.start_again();
    assert_eq!(engine.attach(&invocation)["message"], "task `weary` failed: the clerk is busy");
    assert_eq!(service.count("weary"), 4, "three attempts, of which the second was interrupted");
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_task_is_tried_again_while_another_runs() {
    let (engine, service) = start();
    service.order("hold-beside");
    let invocation = engine.send("Shop/patient", &lamp());
    until("`flaky` is done", || engine.journaled(&invocation).contains(&"flaky".to_owned()));
    assert_eq!((service.count("flaky"), service.count("beside")), (3, 1));
    service.revoke("hold-beside");
    assert_eq!(engine.attach(&invocation), json!("lamp 7"));
    assert_eq!(service.count("beside"), 1);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_timeout_holds_and_an_impatient_server_does_not() {
    let (engine, service) = start();
    let text = "task `hangs` failed: the clerk is asleep: timed out after 100ms";
    assert_eq!(message(&engine.call("Shop/hangs", &lamp())), text);
    assert_eq!(engine.call("Shop/long", &lamp()), (200, json!(6)));
    assert_eq!(service.count("long"), 1);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_panic_is_tried_again_until_it_is_mended() {
    let (engine, service) = start();
    let invocation = engine.send("Shop/panics", &lamp());
    until("the panic repeats", || service.count("panics") > 1);
    let query = format!("select last_failure from sys_invocation where id = '{invocation}'");
    until("the engine tells the panic", || {
        let failure = engine.query(&query)[0]["last_failure"].to_string();
        failure.contains("task `panics` panicked: the ink is out")
    });
    service.order("mended");
    assert_eq!(engine.attach(&invocation), json!(5));
}
