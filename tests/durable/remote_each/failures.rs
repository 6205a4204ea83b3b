//! Failures of a body that runs alone.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use adagio::durable::{Deferral, Durable, DurableRun};

use super::{CUT, Site, WHOLE, one, ran, texts};
use crate::common::deadline;
use crate::each::Shelf;

#[tokio::test]
async fn a_follower_needs_the_results_that_it_follows() {
    let _watch = deadline();
    let (_, _, error) = ran(&Arc::default(), ("sizes", 3), WHOLE).await;
    let message = "task `sizes[3]` failed (Some(3)): its collection has no element with this index";
    assert_eq!(error.as_deref(), Some(message));
}

#[tokio::test]
async fn each_failed_attempt_names_the_element() {
    let _watch = deadline();
    for seeds in [WHOLE, CUT] {
        for task in ["pages", "spawned", "read"] {
            let (log, ran, error) = ran(&Site::broken(), (task, 3), seeds).await;
            let failed = |attempt| format!("{task}[3] failed {attempt} times: task `{task}[3]` failed");
            assert_eq!(log, [failed(1), failed(2)]);
            assert_eq!(ran, [format!("{task}[3] 1"), format!("{task}[3] 2")]);
            assert_eq!(error.unwrap(), format!("task `{task}[3]` failed (Some(3)): no page 3"));
        }
    }
}

#[tokio::test]
async fn the_failure_of_a_run_without_a_keeper_names_the_element() {
    let _watch = deadline();
    for task in ["pages", "spawned", "read"] {
        let run = Site::broken().durable_run().only(task, 3).seed("ids", b"[3]").unwrap();
        let error = run.result(task).await.unwrap_err();
        assert_eq!((error.to_string(), error.index()), (format!("task `{task}[3]` failed"), Some(3)));
    }
}

#[tokio::test]
async fn an_engine_makes_the_attempts_of_one_body() {
    let _watch = deadline();
    for task in ["pages", "spawned", "read"] {
        let (site, deferral) = (Site::broken(), Deferral::new(Site::GRAPH));
        let (run, shelf) = one(&site, (task, 3), CUT);
        let error = run.defer_retries(&deferral).result(task).await.unwrap_err();
        assert_eq!((error.index(), deferral.has(task)), (Some(3), true));
        assert_eq!(shelf.log(), [format!("{task}[3] failed 1 times: task `{task}[3]` failed")]);
    }
}

#[tokio::test]
async fn a_body_that_failed_runs_again_alone() {
    let _watch = deadline();
    let site = Site::broken();
    let (run, shelf) = one(&site, ("spawned", 3), WHOLE);
    run.result("spawned").await.unwrap_err();
    run.retry_failed();
    run.result("spawned").await.unwrap_err();
    assert_eq!((site.failed.load(Relaxed), shelf.log().len()), (4, 4));
}

#[tokio::test]
async fn the_failure_of_a_task_with_catch_is_the_value_of_the_element() {
    let _watch = deadline();
    let (log, _, error) = ran(&Site::broken(), ("tries", 3), CUT).await;
    assert_eq!((log, error), (texts([r#"tries[3] = {"Err":"no page 3"}"#]), None));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_slow_fails_at_its_index() {
    let _watch = deadline();
    let (log, _, error) = ran(&Arc::default(), ("slow", 3), CUT).await;
    assert_eq!(log, ["slow[3] failed 1 times: task `slow[3]` failed"]);
    assert!(error.unwrap().starts_with("task `slow[3]` failed (Some(3))"));
}

#[tokio::test]
async fn a_result_that_cannot_be_kept_is_lost_at_its_index() {
    let _watch = deadline();
    for (task, name) in [("pages", "pages[3]"), ("spawned", "spawned[3]"), ("tries", "tries[3]")] {
        let mut full = Shelf::new();
        full.full = name;
        let run = Arc::<Site>::default().durable_run().only(task, 3).seed("ids", b"[3]").unwrap().keep(full);
        let error = run.result(task).await.unwrap_err();
        assert_eq!((error.task(), error.index(), error.causes().as_str()), (task, Some(3), "the disk is full"));
    }
}

#[tokio::test]
async fn an_element_that_is_not_there_is_a_failure() {
    let _watch = deadline();
    let cases = [("pages", 7, WHOLE), ("spawned", 7, WHOLE), ("pages", 0, &[("ids", "[]")])];
    for (task, index, seeds) in cases.into_iter().chain([("sizes", 9, &[("pages", "[1,2]")][..])]) {
        let (log, ran, error) = ran(&Arc::default(), (task, index), seeds).await;
        let message =
            format!("task `{task}[{index}]` failed (Some({index})): its collection has no element with this index");
        assert_eq!((log, ran, error), (vec![], vec![], Some(message)));
    }
}

#[tokio::test]
async fn a_stored_outcome_of_the_element_stands_for_its_body() {
    let _watch = deadline();
    let site = Arc::default();
    let seeds = [("pages[3]", "33"), ("ids", "[3]")];
    assert_eq!(one(&site, ("pages", 3), &seeds).0.result("pages").await.unwrap(), b"[33]");
    let run = site.durable_run().only("pages", 3).seed("ids", b"[3]").unwrap();
    let run = run.seed_failure("pages[3]", Site::GRAPH.failure("pages[3]", "gone"));
    let error = run.result("pages").await.unwrap_err();
    assert_eq!((error.index(), error.causes().as_str()), (Some(3), "gone"));
    assert_eq!(site.ran(), [""; 0]);
}
