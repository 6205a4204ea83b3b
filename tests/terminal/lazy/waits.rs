//! Waits that do not reach their end.

use std::future::poll_fn;
use std::task::Poll;

use adagio::{Lazy, dag};

use super::{ApiError, Page, open};
use crate::common::{Driven, Stage, now};

#[test]
fn a_wait_that_is_given_up_keeps_nothing() {
    let page = Page::default();
    let mut hurried = Driven::new(page.hurried());
    assert!(hurried.poll().is_pending());
    assert_eq!(page.stage.events(), ["start session"]);
    page.stage.open("hurry");
    assert_eq!(hurried.poll(), Poll::Ready(None));
    drop(hurried);
    assert_eq!(page.stage.events(), ["drop session"]);

    let page = Page::default();
    let run = page.run();
    let mut hurried = Driven::new(run.hurried());
    assert!(hurried.poll().is_pending());
    page.stage.open("hurry");
    assert_eq!(hurried.poll(), Poll::Ready(&None));
    page.stage.open("session");
    // Started tasks continue, and other tasks do not start.
    page.stage.open("polite");
    assert_eq!(now(run.polite()).unwrap(), &None);
    assert_eq!(page.stage.events(), ["start session", "end session"]);
}

#[test]
fn a_cancelled_call_drops_who_waits_and_what_it_waits_for() {
    let page = Page::default();
    open(&page, &["asker"]);
    let mut asker = Driven::new(page.asker());
    assert!(asker.poll().is_pending());
    drop(asker);
    let mut end = page.stage.events().split_off(3);
    end.sort_unstable();
    assert_eq!(end, ["drop api", "dropped"]);
}

/// Forgets a future that waits, and fails.
#[derive(Default)]
struct Forgetful(Stage);

#[dag(max_concurrency = 3)]
impl Forgetful {
    async fn source(&self) -> Result<u32, ApiError> {
        self.0.act("source").await;
        Err(ApiError("source"))
    }

    #[depends(lazy source)]
    async fn asker(&self, source: Lazy<'_, u32>) -> Result<u32, ApiError> {
        self.0.log("asker");
        let mut wait = Box::pin(source.into_future());
        poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_ready())).await;
        std::mem::forget(wait);
        Err(ApiError("asker"))
    }
}

#[test]
fn a_wait_that_is_forgotten_ends_with_the_body() {
    let forgetful = Forgetful::default();
    let run = forgetful.run();
    let mut source = Driven::new(run.source());
    assert!(source.poll().is_pending());
    assert_eq!(now(run.asker()).unwrap_err().task(), "asker");
    forgetful.0.open("source");
    assert_eq!(source.run().unwrap_err().task(), "source");
    assert_eq!(forgetful.0.events(), ["start source", "asker", "end source"]);
}
