//! New attempts at a task whose failure is caught.

use std::sync::Mutex;
#[cfg(feature = "tokio")]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

#[cfg(feature = "tokio")]
use adagio::TaskError;
use adagio::dag;

#[cfg(feature = "tokio")]
use super::ApiError;
use super::{Page, open_all};
#[cfg(feature = "tokio")]
use crate::common::deadline;
use crate::common::{Driven, Stage, now};

#[test]
fn what_was_made_without_the_value_is_kept_when_it_is_tried_again() {
    let page = Page::default();
    open_all(&page);
    let run = page.run();
    assert_eq!(*now(run.price()), 10);
    run.retry_failed();
    assert_eq!(*now(run.price()), 10);
    assert_eq!(page.stage.events().iter().filter(|event| *event == "start account").count(), 1);
    assert_eq!(now(run.account()).unwrap_err().task(), "account");
}

#[test]
fn what_has_not_started_waits_for_the_new_attempt() {
    let page = Page::default();
    let run = page.run();
    let mut price = Driven::new(run.price());
    assert!(price.poll().is_pending());
    page.stage.open("account");
    assert!(price.poll().is_pending());
    page.stage.events();
    run.retry_failed();
    assert!(price.poll().is_pending());
    // The gate is open: it fails again at once.
    assert_eq!(page.stage.events(), ["start account", "end account"]);
    page.stage.open("cart");
    assert_eq!(price.poll(), Poll::Ready(&10));
}

/// The second attempt sees the same results as the first.
#[cfg(feature = "tokio")]
struct Again {
    attempts: AtomicUsize,
}

#[cfg(feature = "tokio")]
#[dag]
impl Again {
    async fn source(&self) -> Result<u8, ApiError> {
        Err(ApiError("source"))
    }

    #[depends(catch source)]
    #[task(retry = 2, backoff = "1ms..1ms")]
    async fn tried(&self, source: Result<u8, TaskError>) -> Result<String, ApiError> {
        match self.attempts.fetch_add(1, Ordering::SeqCst) {
            0 => Err(ApiError("luck")),
            _ => Ok(source.unwrap_err().task().to_owned()),
        }
    }
}

#[cfg(feature = "tokio")]
#[test]
fn each_attempt_of_a_task_finds_what_it_catches() {
    let _deadline = deadline();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let again = Again { attempts: AtomicUsize::new(0) };
    assert_eq!(runtime.block_on(again.tried()), Ok("source".to_owned()));
}

/// Tries `source` again while `shown` is under way without it.
#[derive(Default)]
struct Anew(Stage, Mutex<bool>);

#[dag(max_concurrency = 1)]
impl Anew {
    async fn source(&self) -> Result<u32, String> {
        if std::mem::replace(&mut *self.1.lock().unwrap(), true) {
            self.0.act("source").await;
        }
        Err("down".to_owned())
    }

    #[depends(catch source)]
    async fn shown(&self, source: Option<&u32>) -> u32 {
        self.0.act("shown").await;
        source.copied().unwrap_or(0)
    }
}

#[test]
fn a_body_that_has_started_without_a_value_goes_on_while_that_is_tried_again() {
    for limit in [1, 2] {
        let anew = Anew::default();
        let run = anew.run().max_concurrency(limit);
        let mut shown = Driven::new(run.shown());
        assert!(shown.poll().is_pending());
        run.retry_failed();
        let mut source = Driven::new(run.source());
        assert!(source.poll().is_pending());
        anew.0.open("shown");
        assert_eq!(shown.poll(), Poll::Ready(&0));
        anew.0.open("source");
        assert!(source.run().is_err());
    }
}
