//! Bodies that await their own result, for a `Site` whose bodies run here or on other threads.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures::StreamExt;
use futures::future::{Either, join, select};
use futures::stream::FuturesUnordered;

use super::{Boxed, goes_on, is_accused};
use crate::common::yield_once;

#[test]
fn a_body_that_selects_its_gate_goes_on() {
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
fn a_body_that_awaits_two_results_or_its_gate_goes_on() {
    goes_on(|site| {
        Box::pin(async {
            let users = pin!(join(site.own().user(), site.own().user()));
            match select(users, site.gate()).await {
                Either::Left(((user, _), _)) => *user,
                Either::Right(_) => 5,
            }
        })
    });
}

#[test]
fn a_body_that_waits_in_a_group_of_futures_goes_on() {
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
fn a_body_that_hands_a_future_on_goes_on() {
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

/// At each of its yields, it may be polled with another waker.
#[test]
fn a_body_that_hands_a_future_on_after_some_polls_goes_on() {
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
fn a_body_that_hands_on_a_future_that_it_has_waited_for_goes_on() {
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
fn a_body_that_drops_its_await_goes_on() {
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
fn a_body_that_never_drops_its_awaits_goes_on() {
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
fn a_body_that_awaits_itself_anew_in_each_poll_goes_on() {
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
fn a_body_that_awaits_nothing_else_is_accused() {
    is_accused(|site| Box::pin(async { *site.own().user().await }));
}

#[test]
fn a_body_that_awaits_two_results_that_need_it_is_accused() {
    is_accused(|site| Box::pin(async { *join(site.own().user(), site.own().user()).await.0 }));
}

#[test]
fn a_body_is_accused_when_it_awaits_nothing_else_any_more() {
    is_accused(|site| {
        Box::pin(async {
            _ = select(site.own().user(), site.gate()).await;
            *site.own().user().await
        })
    });
}
