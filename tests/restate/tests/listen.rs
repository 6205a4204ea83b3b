//! How the service listens: with few file descriptors, until it is told to end, and to a server that signs its requests.

mod common;

use std::io::Read;
use std::net::TcpStream;

use common::{Engine, Service, until};
use serde_json::json;

/// A key that was made for this test, and is used nowhere else.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIBURlGUdWrc6vk+gYPJ3+VImO7R7KI1Yg0A+cMpd/0U5
-----END PRIVATE KEY-----
";
const KEY: &str = "[worker.invoker]\nrequest-identity-private-key-pem-file = \"key.pem\"\n";
const PUBLIC: &str = "publickeyv1_4qErXyHLYH5Fs3kZs5pVcrPDgEgK2h5dBDasgxNiWwdd";

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_service_without_file_descriptors_goes_on() {
    let engine = Engine::start();
    let mut service = Service::with(&engine, &["all"], &[], "ulimit -n 40");
    let connections: Vec<_> =
        (0..60).map(|_| TcpStream::connect(service.address).expect("the queue is long")).collect();
    // One that the service has taken gets the settings of HTTP/2, so those that are left wait.
    let mut first = &connections[0];
    let mut settings = [0; 9];
    first.read_exact(&mut settings).expect("the first was accepted");
    drop(connections);
    engine.register(&service);
    assert_eq!(engine.call("Short/last", &json!(4)), (200, json!(7)));
    assert!(service.ended().is_none());
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_service_that_is_told_to_end_lets_invocations_end() {
    let engine = Engine::start();
    let mut service = Service::with(&engine, &["all"], &[("GRACE", "60000")], "");
    engine.register(&service);
    service.order("hold-slow");
    let invocation = engine.send("Ten/sum", &json!(null));
    service.wait_for("slow");
    service.terminate();
    until("it accepts no more", || TcpStream::connect(service.address).is_err());
    assert!(service.ended().is_none());
    service.revoke("hold-slow");
    assert_eq!(engine.attach(&invocation), 10);
    until("it ends", || service.ended().is_some());
    assert!(service.ended().is_some_and(|status| status.success()));
    assert!(service.executions().values().all(|&count| count == 1));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_service_that_is_told_to_end_does_not_wait_for_ever() {
    let engine = Engine::start();
    let mut service = Service::with(&engine, &["all"], &[("GRACE", "50")], "");
    engine.register(&service);
    let invocation = engine.send("Hour/whole", &json!(null));
    service.wait_for("waits");
    service.terminate();
    until("it ends", || service.ended().is_some());
    assert!(service.ended().is_some_and(|status| status.success()));
    service.forget();
    service.start_again();
    service.wait_for("waits");
    engine.cancel(&invocation);
    assert_eq!(engine.attach(&invocation)["message"], "cancelled");
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_service_with_a_key_refuses_requests_that_are_not_signed() {
    let signing = Engine::with_files(KEY, &[("key.pem", PRIVATE)]);
    let service = Service::with(&signing, &["all"], &[("IDENTITY_KEY", PUBLIC)], "");
    signing.register(&service);
    assert_eq!(signing.call("Short/last", &json!(4)), (200, json!(7)));

    let other = Engine::start();
    let (status, answer) = other.try_to_register(&service);
    assert!(status >= 400 && answer.to_string().contains("401"), "{status}: {answer}");
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_signed_call_of_a_task_that_was_removed_ends() {
    let engine = Engine::with_files(KEY, &[("key.pem", PRIVATE)]);
    let mut service = Service::with(&engine, &["first freight"], &[("IDENTITY_KEY", PUBLIC)], "");
    engine.register(&service);
    service.order("hold-route");
    let invocation = engine.send("Freight/load", &json!(null));
    service.wait_for("route");
    until("`truck` is journaled", || engine.journaled(&invocation) == ["truck"]);
    service.kill();
    service.revoke("hold-route");
    service.start_again_as("removed freight");
    engine.register(&service);
    assert_eq!(engine.attach(&invocation), json!(1_004));
}
