//! Invocations that are cancelled, and calls whose sibling fails: bodies stop.

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
fn a_cancelled_invocation_stops_its_tasks_here() {
    let (engine, service) = start();
    let invocation = engine.send("Hour/whole", &json!(null));
    service.wait_for_all(&["waits", "spawned", "blocks"]);
    engine.cancel(&invocation);
    assert_eq!(engine.attach(&invocation)["message"], "cancelled");
    service.wait_for_all(&["waits stopped", "spawned stopped", "blocks stopped"]);
    let query = "select id from sys_invocation where status != 'completed'";
    until("the server has nothing under way", || engine.query(query).is_empty());
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_cancelled_invocation_stops_its_remote_tasks() {
    let (engine, service) = start();
    let invocation = engine.send("FarHour/both", &json!(null));
    service.wait_for_all(&["one", "other"]);
    engine.cancel(&invocation);
    assert_eq!(engine.attach(&invocation)["message"], "cancelled");
    service.wait_for_all(&["one stopped", "other stopped"]);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_killed_invocation_stops_its_remote_tasks() {
    let (engine, service) = start();
    let invocation = engine.send("FarHour/both", &json!(null));
    service.wait_for_all(&["one", "other"]);
    engine.kill(&invocation);
    assert_eq!(engine.attach(&invocation)["message"], "killed");
    service.wait_for_all(&["one stopped", "other stopped"]);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_remote_task_that_fails_stops_the_others() {
    let (engine, service) = start();
    service.order("stop-broken");
    let invocation = engine.send("FarHour/hopeless", &json!(null));
    service.wait_for_all(&["one", "other"]);
    service.revoke("stop-broken");
    assert_eq!(engine.attach(&invocation)["message"], "task `broken` failed: no paper");
    service.wait_for_all(&["one stopped", "other stopped"]);
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn an_invocation_that_was_cancelled_while_the_service_was_away_does_not_go_on() {
    let (engine, mut service) = start();
    let invocation = engine.send("Hour/whole", &json!(null));
    service.wait_for_all(&["waits", "spawned", "blocks"]);
    service.kill();
    service.forget();
    engine.cancel(&invocation);
    service.start_again();
    assert_eq!(engine.attach(&invocation)["message"], "cancelled");
}
