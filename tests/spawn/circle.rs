//! A spawned task that awaits its own run: one that waits for itself ends the run with the circle, all others go on.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use adagio::dag;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::common::{Stage, deadline, forever};

/// `page` awaits the goal that it is told to.
struct Site {
    goal: &'static str,
    stage: Stage,
    run: OnceLock<SiteRun>,
}

#[dag(spawn)]
impl Site {
    async fn page(&self) -> u64 {
        let run = self.run.get().unwrap();
        match self.goal {
            "page" => *run.page().await,
            "user" => *run.user().await,
            "beside" => *run.beside().await,
            "user, in passing, then a gate" => {
                let mut user = Box::pin(run.user());
                let is_there = poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
                drop(user);
                self.stage.gate("page").await;
                if is_there { 0 } else { 5 }
            }
            "user, in passing, many times" => {
                for _ in 0..10 {
                    let mut user = pin!(run.user());
                    poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
                }
                yield_now().await;
                5
            }
            _ => unreachable!(),
        }
    }

    #[depends(page)]
    async fn name(&self, page: &u64) -> u64 {
        page + 1
    }

    #[depends(name)]
    async fn user(&self, name: &u64) -> u64 {
        name + 1
    }

    async fn beside(&self) -> u64 {
        self.stage.act("beside").await;
        3
    }
}

fn site(goal: &'static str) -> (&'static Site, &'static SiteRun) {
    let site: &'static Arc<Site> = forever(Arc::new(Site { goal, stage: Stage::default(), run: OnceLock::new() }));
    (site, site.run.get_or_init(|| site.run()))
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

/// Returns the message of the panic of who awaits `page`, which awaits a goal.
fn circle(goal: &'static str) -> String {
    let (_, run) = site(goal);
    one_thread().block_on(async {
        let page = tokio::spawn(async move { *run.page().await });
        settle().await;
        assert!(page.is_finished(), "it waits forever");
        *page.await.unwrap_err().into_panic().downcast().expect("the message is made of names")
    })
}

#[test]
fn a_spawned_task_that_awaits_itself_panics() {
    let _deadline = deadline();
    assert_eq!(circle("page"), "task `page` waits for itself: `page` -> `page`");
}

#[test]
fn a_spawned_task_that_awaits_one_that_needs_it_panics_with_the_circle() {
    let _deadline = deadline();
    assert_eq!(circle("user"), "task `page` waits for itself: `page` -> `user` -> `name` -> `page`");
}

#[test]
fn a_spawned_task_that_awaits_one_that_does_not_need_it_gets_it() {
    let _deadline = deadline();
    let (site, run) = site("beside");
    one_thread().block_on(async {
        let page = tokio::spawn(async move { *run.page().await });
        settle().await;
        assert!(!page.is_finished());
        site.stage.open("beside");
        settle().await;
        assert!(page.is_finished());
        assert_eq!(page.await.unwrap(), 3);
    });
}

#[test]
fn a_spawned_task_that_drops_its_await_before_its_poll_ends_goes_on() {
    let _deadline = deadline();
    let (site, run) = site("user, in passing, then a gate");
    one_thread().block_on(async {
        let page = tokio::spawn(async move { *run.page().await });
        settle().await;
        // It takes the place of the future that was dropped.
        let user = tokio::spawn(async move { *run.user().await });
        settle().await;
        site.stage.open("page");
        settle().await;
        assert!(page.is_finished() && user.is_finished());
        assert_eq!((page.await.unwrap(), user.await.unwrap()), (5, 7));
    });
}

/// Whoever drives, also the task itself.
#[test]
fn on_several_threads_each_circle_is_found_and_nobody_else_is_accused() {
    let _deadline = deadline();
    let runtime = Builder::new_multi_thread().worker_threads(3).build().unwrap();
    for _ in 0..200 {
        let (_, run) = site("user");
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { *run.user().await })));
        let message = ended.unwrap_err().downcast::<String>().unwrap();
        assert!(message.starts_with("task `page` waits for itself") || message.ends_with("task `page` panicked"));
        let (_, run) = site("user, in passing, many times");
        assert_eq!(runtime.block_on(async { *run.user().await }), 7);
    }
}
