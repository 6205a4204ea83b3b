//! What an engine knows of wide tasks before it runs one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use adagio::durable::{Durable, DurableRun, Past, PastEnd, StoredElements};
use adagio::{EdgeKind, Outcome, TimelineTask};

use super::Site;

fn elements(task: &str, stored: &str) -> StoredElements {
    Site::elements(Site::GRAPH.position(task).unwrap(), stored.as_bytes()).unwrap()
}

#[test]
fn an_engine_can_ask_for_the_elements_of_a_stored_collection() {
    let of = |count, can_be_cut| StoredElements { count, can_be_cut };
    assert_eq!(elements("pages", "[5,6,7]"), of(3, true));
    assert_eq!(elements("sizes", "[]"), of(0, true));
    assert_eq!(elements("offers", r#"{"a":1,"b":2}"#), of(2, true));
    assert_eq!(elements("ones", "[1,2]"), of(2, false));

    let error = Site::elements(Site::GRAPH.position("pages").unwrap(), b"{}").unwrap_err();
    assert_eq!(error.task(), "ids");
    let near = Site::elements(Site::GRAPH.position("near").unwrap(), b"[1]").unwrap_err();
    assert_eq!(near.to_string(), "task `near` failed");
}

#[test]
fn only_a_remote_task_has_single_bodies() {
    let message = |task| {
        let run = Arc::<Site>::default().durable_run();
        let panic = catch_unwind(AssertUnwindSafe(|| drop(run.only(task, 0)))).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    for task in ["near", "total", "gone"] {
        let expected = format!("no task `{task}` with `#[task(remote)]` runs once for each element of a collection");
        assert_eq!(message(task), expected);
    }
}

#[test]
fn the_collections_and_limits_of_wide_tasks_are_data() {
    let place = |task| Site::GRAPH.position(task).unwrap();
    let kind = |task, other| {
        let edge = Site::EDGES.iter().find(|edge| (edge.task, edge.dependency) == (place(task), place(other)));
        edge.map(|edge| edge.kind)
    };
    assert_eq!((kind("pages", "ids"), kind("sizes", "pages")), (Some(EdgeKind::In), Some(EdgeKind::In)));
    assert_eq!((kind("offers", "prices"), kind("offers", "total")), (Some(EdgeKind::In), None));
    assert_eq!(Site::GRAPH.tasks[place("pages")].max_concurrency, Some(2));
    assert_eq!(Site::GRAPH.tasks[place("sizes")].max_concurrency, None);
}

#[test]
fn a_wide_task_is_skipped_if_its_collection_fails() {
    let past: Vec<_> = (0..Site::GRAPH.tasks.len())
        .map(|task| {
            let has_failed = Site::GRAPH.tasks[task].name == "pages";
            let ended = has_failed.then(|| (Duration::ZERO, PastEnd::Failed("gone".to_owned())));
            Past { task, started: has_failed.then_some(Duration::ZERO), ended }
        })
        .collect();
    let timeline = Site::GRAPH.timeline_with_edges((&[], Site::EDGES), None, &past, Duration::ZERO);
    let is_skipped = |name: &str| {
        let outcome = |task: &TimelineTask| matches!(task.outcome(), Some(Outcome::Skipped { .. }));
        timeline.tasks().iter().any(|task| task.name() == name && outcome(task))
    };
    assert_eq!(["sizes", "total", "spawned"].map(is_skipped), [true, true, false]);
}
