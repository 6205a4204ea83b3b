//! Failures of tasks that a body asks for.

use adagio::{Lazy, dag};

use super::{ApiError, Page, open};
use crate::common::{Driven, Stage, now};

#[test]
fn a_failure_of_what_was_asked_for_ends_a_call() {
    let page = Page::down();
    open(&page, &["api", "asker"]);
    assert_eq!(now(page.asker()), Err(ApiError("api")));
    let events = page.stage.events();
    assert_eq!(events, ["start asker", "end asker", "start api", "end api", "dropped"]);
}

#[test]
fn a_failure_counts_in_a_call_although_nobody_asked() {
    struct Early<'s>(&'s Stage);

    #[dag]
    impl Early<'_> {
        async fn api(&self) -> Result<u32, ApiError> {
            Err(ApiError("api"))
        }

        #[depends(catch api)]
        async fn first(&self, api: Option<&u32>) -> bool {
            api.is_some()
        }

        #[depends(first, lazy api)]
        async fn second(&self, first: &bool, api: Lazy<'_, u32>) -> u32 {
            self.0.log("second");
            if *first { *api.await } else { 0 }
        }
    }

    let stage = Stage::default();
    assert_eq!(now(Early(&stage).second()), Err(ApiError("api")));
    assert!(stage.events().is_empty());
    // In a run it counts once it is asked for.
    let early = Early(&stage);
    assert_eq!(now(early.run().second()).copied().map_err(|error| error.to_string()), Ok(0));
}

#[test]
fn the_body_that_asked_is_dropped_at_once_and_its_failure_can_be_caught() {
    let page = Page::down();
    open(&page, &["asker", "api"]);
    assert_eq!(now(page.shown()), 0);
    assert_eq!(page.stage.events(), ["start asker", "end asker", "start api", "end api", "dropped"]);
    assert_eq!(now(page.told()), "task `api` failed");
    page.stage.events();
    assert_eq!(*now(page.run().shown()), 0);
    assert_eq!(page.stage.events(), ["start asker", "end asker", "start api", "end api", "dropped"]);
    assert_eq!(now(page.run().told()), "task `api` failed");
}

#[test]
fn a_task_that_asks_for_what_has_failed_is_dropped() {
    let page = Page::down();
    open(&page, &["api"]);
    let run = page.run();
    assert_eq!(now(run.api()).unwrap_err().task(), "api");
    let mut shown = Driven::new(run.told());
    assert!(shown.poll().is_pending());
    page.stage.events();
    page.stage.open("asker");
    assert_eq!(*shown.run(), "task `api` failed");
    assert_eq!(page.stage.events(), ["end asker", "dropped"]);
}

#[test]
fn a_second_attempt_begins_the_body_anew() {
    let page = Page::down();
    open(&page, &["asker", "api"]);
    let run = page.run();
    let error = now(run.asker()).unwrap_err();
    assert_eq!(error.task(), "api");
    *page.is_down.lock().unwrap() = false;
    page.stage.events();
    run.retry_failed();
    assert_eq!(now(run.asker()).unwrap(), &5);
    assert_eq!(page.stage.events(), ["start asker", "end asker", "start api", "end api", "dropped"]);
}

#[test]
fn it_can_fail_like_a_plain_dependency() {
    let page = Page::default();
    open(&page, &["api", "asker"]);
    let asked: Result<u32, ApiError> = now(page.asker());
    assert_eq!(asked, Ok(5));
}
