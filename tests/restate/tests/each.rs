//! Wide tasks: a crash repeats only the bodies that were under way.

mod common;

use common::{Engine, Service, called, until};
use serde_json::json;

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn each_result_of_a_wide_task_is_in_the_journal_by_itself() {
    let engine = Engine::start();
    let mut service = Service::start(&engine, &["all"]);
    engine.register(&service);
    for graph in ["Crawl", "FarCrawl"] {
        service.forget();
        let held = if graph == "Crawl" { &["page1"][..] } else { &["hints", "page1"] };
        for task in held {
            service.order(&format!("hold-{task}"));
        }
        let invocation = engine.send(&format!("{graph}/total"), &json!(null));
        let journal = match graph {
            "Crawl" => invocation.clone(),
            _ => called(&engine, &invocation, "FarCrawl.pages"),
        };
        until("three pages are journaled", || {
            let pages = |name: &String| name.starts_with("pages[");
            engine.journaled(&journal).into_iter().filter(pages).collect::<Vec<_>>()
                == ["pages[0]", "pages[2]", "pages[3]"]
        });
        service.kill();
        for task in held {
            service.revoke(&format!("hold-{task}"));
        }
        service.start_again();
        assert_eq!(engine.attach(&invocation), 104, "{graph}");
        let executions = service.executions();
        let again: Vec<_> = executions.iter().filter(|(_, count)| **count > 1).map(|(task, _)| task.as_str()).collect();
        assert_eq!((executions.len(), &again[..]), (5 + held.len(), held), "{graph}: {executions:?}");
    }
    let pages = engine.call("Crawl/pages", &json!(null));
    assert_eq!(pages, (200, json!([10, 20, 30, 40])), "the results are one value for those who ask for them");
}
