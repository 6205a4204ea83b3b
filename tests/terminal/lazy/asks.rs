//! Which tasks a body asks for, when they run, and when it continues.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use adagio::{Lazy, TaskError, dag};

use super::{Page, both, open};
use crate::common::{CountingWaker, Driven, forever, now, yield_once};

#[test]
fn what_is_not_awaited_does_not_run() {
    let page = Page::with_cache();
    assert_eq!(now(page.page()), 1);
    assert_eq!(*now(page.run().page()), 1);
    assert_eq!(page.stage.events(), ["page", "page"]);
}

#[test]
fn what_is_awaited_starts_and_ends_in_the_same_poll() {
    let page = Page::default();
    open(&page, &["session", "load"]);
    assert_eq!(now(page.page()), 7);
    assert_eq!(page.stage.events(), ["page", "start session", "end session", "start load", "end load"]);
    assert_eq!(*now(page.run().page()), 7);
}

#[test]
fn the_asker_goes_on_in_the_poll_in_which_what_it_asked_for_is_done() {
    let page = Page::default();
    let mut asked = Driven::new(page.page());
    assert!(asked.poll().is_pending());
    assert_eq!(page.stage.events(), ["page", "start session"]);
    page.stage.open("session");
    assert!(asked.poll().is_pending());
    page.stage.open("load");
    assert_eq!(asked.poll(), Poll::Ready(7));
    // Only the gates have woken it.
    assert_eq!(asked.wakes(), 2);
}

#[test]
fn it_can_be_awaited_twice_at_once_and_again() {
    struct Twice;

    #[dag]
    impl Twice {
        async fn source(&self) -> String {
            yield_once().await;
            "a".to_owned()
        }

        #[depends(lazy source)]
        async fn thrice(&self, source: Lazy<'_, String>) -> String {
            assert!(source.peek().is_none());
            let (one, other) = both(source.into_future(), async { source.await.clone() }).await;
            let again = source.await;
            assert!(source.peek().is_some());
            format!("{one}{other}{again}")
        }
    }

    assert_eq!(Driven::new(Twice.thrice()).run(), "aaa");
    let run = Twice.run();
    assert_eq!(Driven::new(run.thrice()).run(), "aaa");
}

#[test]
fn each_future_is_woken_by_the_waker_that_it_was_polled_with() {
    struct Own;

    #[dag]
    impl Own {
        async fn source(&self) -> u32 {
            yield_once().await;
            1
        }

        /// Polls the wait with a waker of its own, as `FuturesUnordered` does.
        #[depends(lazy source)]
        async fn nested(&self, source: Lazy<'_, u32>) -> usize {
            let own = Arc::new(CountingWaker::default());
            let waker = Waker::from(Arc::clone(&own));
            let mut wait = source.into_future();
            poll_fn(|_| Pin::new(&mut wait).poll(&mut Context::from_waker(&waker)).map(drop)).await;
            own.wakes()
        }
    }

    assert_eq!(Driven::new(Own.nested()).run(), 1);
}

#[test]
fn an_asker_that_is_asked_for_asks_in_its_turn() {
    let page = Page::default();
    open(&page, &["load"]);
    let mut two = Driven::new(page.two());
    assert!(two.poll().is_pending());
    page.stage.open("session");
    assert_eq!(two.poll(), Poll::Ready(73));
}

#[test]
fn all_and_settle_ask_for_everything() {
    let page = Page::with_cache();
    open(&page, &["session", "load", "api", "asker", "hurry", "polite"]);
    let run = page.run();
    now(run.all()).unwrap();
    assert_eq!(page.stage.events().iter().filter(|event| *event == "end load").count(), 1);

    let page = Page::down();
    open(&page, &["session", "load", "api", "asker", "hurry", "polite"]);
    let failures = now(page.run().settle());
    assert_eq!(failures.iter().map(TaskError::task).collect::<Vec<_>>(), ["api"]);
}

#[test]
fn an_injected_value_is_there_at_once() {
    let page = Page::default();
    let run = page.run().with_load(8);
    assert_eq!(*now(run.page()), 8);
    assert_eq!(page.stage.events(), ["page"]);
}

#[test]
fn peeking_asks_for_nothing() {
    let page = Page::default();
    open(&page, &["polite"]);
    assert_eq!(now(page.polite()), Ok(None));
    assert!(page.stage.events().is_empty());
}

#[test]
fn a_result_that_is_there_is_not_waited_for() {
    let page = Page::default();
    open(&page, &["session", "load"]);
    let run = page.run();
    assert_eq!(*now(run.load()), 7);
    page.stage.events();
    assert_eq!(*now(run.page()), 7);
    assert_eq!(page.stage.events(), ["page"]);
}

/// `part` awaits a goal that could ask for it.
struct Around {
    run: OnceLock<AroundRun<'static>>,
}

#[dag]
impl Around {
    async fn part(&self) -> u32 {
        *self.run.get().unwrap().whole().await
    }

    #[depends(lazy part)]
    async fn whole(&self, part: Lazy<'_, u32>) -> u32 {
        part.peek().copied().unwrap_or(3)
    }
}

#[test]
fn a_task_may_await_a_goal_of_its_run_that_does_not_ask_for_it() {
    let around = forever(Around { run: OnceLock::new() });
    let run = around.run.get_or_init(|| around.run());
    assert_eq!(*Driven::new(run.part()).run(), 3);
}
