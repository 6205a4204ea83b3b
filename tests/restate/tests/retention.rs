//! How long the server remembers invocations that have ended.

mod common;

use common::{Engine, Service, until};
use serde_json::json;

fn served(engine: &Engine, settings: &[(&'static str, &'static str)]) -> Service {
    let service = Service::with(engine, &["first"], settings, "");
    engine.register(&service);
    service
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn the_server_learns_how_long_it_keeps_results_and_journals() {
    let engine = Engine::start();
    let _service = served(&engine, &[("IDEMPOTENCY_RETENTION", "7200"), ("JOURNAL_RETENTION", "10800")]);
    let described = engine.service("Parcel");
    assert_eq!((&described["idempotency_retention"], &described["journal_retention"]), (&json!("2h"), &json!("3h")));
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_journal_that_is_not_kept_is_gone_after_the_end() {
    let engine = Engine::start();
    for (retention, is_kept) in [("3600", true), ("0", false)] {
        let _service = served(&engine, &[("JOURNAL_RETENTION", retention)]);
        let invocation = engine.send("Parcel/send", &json!(null));
        let journal = || engine.query(&format!("select id from sys_journal where id = '{invocation}'")).len();
        assert_eq!(engine.attach(&invocation), "a street 7");
        if is_kept {
            assert!(journal() > 0);
        } else {
            until("the journal is gone", || journal() == 0);
        }
    }
}
