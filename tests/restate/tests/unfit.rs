//! Results that cannot be stored, and what bodies know of their run.

mod common;

use common::{Engine, Service};
use serde_json::json;

fn start() -> (Engine, Service) {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    (engine, service)
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_result_that_is_too_long_fails_its_task_once() {
    let (engine, service) = start();
    for task in ["long", "far"] {
        let (status, answer) = engine.call(&format!("Unfit/of_{task}"), &json!(null));
        let text = format!("task `{task}` failed: its result has 41943042 bytes, and at most 33488896 can be stored");
        let message = answer["message"].as_str().expect("a failure has a message");
        assert!(status == 500 && message.starts_with(&text), "{message}");
        assert_eq!(service.count(task), 1);
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_result_that_is_too_long_is_caught() {
    let (engine, service) = start();
    for task in ["long", "far"] {
        assert_eq!(engine.call(&format!("Unfit/found_{task}"), &json!(null)), (200, json!(task)));
        assert_eq!(service.count(task), 1);
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn an_error_that_is_too_long_is_cut() {
    let (engine, service) = start();
    let (status, answer) = engine.call("Unfit/of_wordy", &json!(null));
    let message = answer["message"].as_str().expect("a failure has a message");
    assert!(status == 500 && message.starts_with("task `wordy` failed: \u{1}") && message.ends_with(" ..."));
    assert_eq!((service.count("wordy"), message.len() < 70_000), (2, true));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn results_that_are_too_long_for_one_entry_are_stored_in_two() {
    let (engine, service) = start();
    assert_eq!(engine.call("Unfit/together", &json!(null)), (200, json!(40 << 20)));
    assert_eq!((service.count("some"), service.count("more")), (1, 1));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn inputs_that_are_too_long_for_a_call_fail_their_task() {
    let (engine, service) = start();
    let (status, answer) = engine.call("Unfit/of_together", &json!(null));
    let text = "task `far_together` failed: the results that it depends on have";
    let message = answer["message"].as_str().expect("a failure has a message");
    assert!(status == 500 && message.starts_with(text), "{message}");
    assert_eq!((service.count("some"), service.count("far_together")), (1, 0));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_result_that_cannot_be_read_back_fails_its_task_once() {
    let (engine, service) = start();
    let number =
        "its result cannot be read back: JSON stores a `NaN` or an infinite number as `null`: invalid type: null";
    let half = "its result is stored in a form that cannot be read back: missing field `secret`";
    for (task, cause) in [("number", number), ("half", half)] {
        let (status, answer) = engine.call(&format!("Unfit/of_{task}"), &json!(null));
        let text = format!("task `{task}` failed: {cause}");
        let message = answer["message"].as_str().expect("a failure has a message");
        assert!(status == 500 && message.starts_with(&text), "{message}");
        assert_eq!(service.count(task), 1);
    }
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_body_knows_the_invocation_wherever_it_runs() {
    let (engine, _service) = start();
    let invocation = engine.send("Named/here", &json!(null));
    assert_eq!(engine.attach(&invocation), format!("{invocation}/near {invocation}/here"));
    let invocation = engine.send("Named/everywhere", &json!(null));
    let keys = format!("{invocation}/far {invocation}/near {invocation}/everywhere");
    assert_eq!(engine.attach(&invocation), keys);
}
