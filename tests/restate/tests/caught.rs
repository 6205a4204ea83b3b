//! Failures that other tasks catch: each life of an invocation decides the same about them.

mod common;

use common::{Engine, Service, until};
use serde_json::json;

fn start() -> (Engine, Service) {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    (engine, service)
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_caught_failure_is_not_decided_anew_after_a_crash() {
    let (engine, mut service) = start();
    service.order("hold-bill");
    let invocation = engine.send("Caught/bill", &json!(null));
    service.wait_for("bill");
    until("the failure is in the journal", || engine.journaled(&invocation).contains(&"coupon".to_owned()));
    assert_eq!(service.count("coupon"), 3);
    service.kill();
    service.forget();
    service.revoke("hold-bill");
    service.start_again();
    assert_eq!(engine.attach(&invocation), json!("21, task `coupon` failed: expired"));
    assert_eq!((service.count("coupon"), service.count("bill")), (0, 1));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn the_failure_of_a_remote_task_can_be_caught() {
    let (engine, service) = start();
    assert_eq!(engine.call("FarCaught/reply", &json!(null)), (200, json!("task `stamp` failed: no ink")));
    assert_eq!((service.count("stamp"), service.count("reply")), (3, 1));
    let (status, answer) = engine.call("FarCaught/copy", &json!(null));
    assert_eq!((status, answer["message"].as_str()), (500, Some("task `stamp` failed: no ink")));
}
