//! Spawned bodies that await their own result in many ways: a body that something else may still wake is let wait.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;
use std::time::Duration;

use adagio::dag;
use futures::StreamExt;
use futures::future::{Either, join, select};
use futures::stream::FuturesUnordered;
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::common::{Stage, deadline, forever, yield_once};

type Boxed<'s, T> = Pin<Box<dyn Future<Output = T> + Send + 's>>;
type Body = for<'s> fn(&'s Site) -> Boxed<'s, u64>;

/// `page` is the body of the test; `user` needs it.
struct Site {
    body: Body,
    stage: Stage,
    /// Futures that `page` hands on.
    lent: Mutex<Vec<Boxed<'static, &'static u64>>>,
    run: OnceLock<&'static SiteRun>,
}

#[dag(spawn)]
impl Site {
    async fn page(&self) -> u64 {
        (self.body)(self).await
    }

    #[depends(page)]
    async fn user(&self, page: &u64) -> u64 {
        page + 2
    }

    async fn beside(&self) -> u64 {
        self.stage.gate("beside").await;
        3
    }
}

impl Site {
    fn new(body: Body) -> &'static Self {
        let lent = Mutex::default();
        let site: &'static Arc<Self> =
            forever(Arc::new(Self { body, stage: Stage::default(), lent, run: OnceLock::new() }));
        site.run.get_or_init(|| forever(site.run()));
        site
    }

    fn own(&self) -> &'static SiteRun {
        self.run.get().unwrap()
    }

    fn gate(&self) -> Boxed<'_, ()> {
        Box::pin(self.stage.gate("page"))
    }
}

async fn settle() {
    for _ in 0..30 {
        yield_now().await;
    }
}

/// The body waits at its gate, whatever happens in the run, and ends when the gate opens.
#[track_caller]
fn goes_on(body: Body) {
    let _deadline = deadline();
    let site = Site::new(body);
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
        let page = tokio::spawn(async { *site.own().page().await });
        settle().await;
        // The driver reads the board again for each of these.
        let beside = tokio::spawn(async { *site.own().beside().await });
        settle().await;
        site.stage.open("beside");
        settle().await;
        let user = tokio::spawn(async { *site.own().user().await });
        settle().await;
        site.stage.open("page");
        assert_eq!((page.await.unwrap(), user.await.unwrap(), beside.await.unwrap()), (5, 7, 3));
    });
    let threads = Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    for _ in 0..100 {
        let site = Site::new(body);
        threads.block_on(async {
            let page = tokio::spawn(async { *site.own().page().await });
            let beside = tokio::spawn(async { *site.own().beside().await });
            site.stage.open("beside");
            let user = tokio::spawn(async { *site.own().user().await });
            yield_now().await;
            site.stage.open("page");
            assert_eq!((page.await.unwrap(), user.await.unwrap(), beside.await.unwrap()), (5, 7, 3));
        });
    }
}

/// The body waits for itself once its gate is open.
#[track_caller]
fn is_accused(body: Body) {
    let _deadline = deadline();
    let accusation = "task `page` waits for itself: `page` -> `user` -> `page`";
    let one = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let threads = Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    for runtime in [&one, &threads] {
        let site = Site::new(body);
        site.stage.open("page");
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { *site.own().page().await })));
        let message = *ended.unwrap_err().downcast::<String>().expect("the message is made of names");
        // On several threads, the body itself may drive the run, and then another waiter sees that it has ended.
        let is_told = message == accusation || message == "the run has ended: task `page` panicked";
        assert!(is_told, "{message}");
    }
}

#[test]
fn a_spawned_body_that_selects_its_gate_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            match select(site.own().user(), site.gate()).await {
                Either::Left((user, _)) => *user,
                Either::Right(_) => 5,
            }
        })
    });
}

#[test]
fn a_spawned_body_that_waits_in_a_group_of_futures_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let user = async { *site.own().user().await };
            let gate = async {
                site.gate().await;
                5
            };
            let mut group: FuturesUnordered<Boxed<'_, u64>> =
                [Box::pin(user) as Boxed<'_, u64>, Box::pin(gate)].into_iter().collect();
            group.next().await.unwrap()
        })
    });
}

#[test]
fn a_spawned_body_that_hands_a_future_on_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let mut user: Boxed<'static, _> = Box::pin(site.own().user());
            let is_there = poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
            site.lent.lock().unwrap().push(user);
            site.gate().await;
            if is_there { 0 } else { 5 }
        })
    });
}

#[test]
fn a_spawned_body_that_hands_a_future_on_after_some_polls_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let mut user: Boxed<'static, _> = Box::pin(site.own().user());
            for _ in 0..5 {
                let is_there = poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_ready())).await;
                assert!(!is_there);
                yield_once().await;
            }
            site.lent.lock().unwrap().push(user);
            site.gate().await;
            5
        })
    });
}

#[test]
fn a_spawned_body_that_hands_on_a_future_that_it_has_waited_for_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let user: Boxed<'static, _> = Box::pin(site.own().user());
            match select(user, site.own().beside()).await {
                Either::Left(_) => 0,
                Either::Right((_, user)) => {
                    site.lent.lock().unwrap().push(user);
                    site.gate().await;
                    5
                }
            }
        })
    });
}

#[test]
fn a_spawned_body_that_drops_its_await_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            for _ in 0..5 {
                let mut user = pin!(site.own().user());
                assert!(poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_pending())).await);
                yield_once().await;
            }
            site.gate().await;
            5
        })
    });
}

#[test]
fn a_spawned_body_that_never_drops_its_awaits_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            for _ in 0..50 {
                let mut user: Boxed<'static, _> = Box::pin(site.own().user());
                assert!(poll_fn(|cx| Poll::Ready(user.as_mut().poll(cx).is_pending())).await);
                site.lent.lock().unwrap().push(user);
                yield_once().await;
            }
            site.gate().await;
            5
        })
    });
}

#[test]
fn a_spawned_body_that_awaits_itself_anew_in_each_poll_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let mut gate = site.gate();
            let mut user: Option<Boxed<'static, _>> = None;
            poll_fn(|cx| {
                let mut next: Boxed<'static, _> = Box::pin(site.own().user());
                assert!(next.as_mut().poll(cx).is_pending());
                user = Some(next);
                gate.as_mut().poll(cx)
            })
            .await;
            5
        })
    });
}

#[test]
fn a_spawned_body_that_awaits_nothing_else_is_accused() {
    is_accused(|site| Box::pin(async { *site.own().user().await }));
}

#[test]
fn a_spawned_body_that_awaits_two_results_that_need_it_is_accused() {
    is_accused(|site| Box::pin(async { *join(site.own().user(), site.own().user()).await.0 }));
}

#[test]
fn a_spawned_body_is_accused_when_it_awaits_nothing_else_any_more() {
    is_accused(|site| {
        Box::pin(async {
            _ = select(site.own().user(), site.gate()).await;
            *site.own().user().await
        })
    });
}

#[test]
fn a_spawned_body_with_a_timeout_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let user: Boxed<'static, _> = Box::pin(site.own().user());
            assert!(timeout(Duration::from_millis(1), user).await.is_err());
            site.gate().await;
            5
        })
    });
}
