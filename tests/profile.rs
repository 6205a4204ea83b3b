//! A profile of real runs: it counts correctly, and its size does not grow.
// A separate binary, because it counts allocations and needs a feature.
#![cfg(feature = "profile")]
#![allow(clippy::unused_async, reason = "the tasks here are done at once")]

#[path = "common/mod.rs"]
mod common;
#[macro_use]
#[path = "common/names.rs"]
mod names;

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adagio::{Lazy, Profile, dag};
use allocation_counter::measure;

/// Each task depends on the one before.
macro_rules! chain {
    ([$name:ident] $first:ident $($task:ident)*) => {
        chain! { @block $name $first [$first $($task)*] [$($task)* goal] }
    };
    (@block $name:ident $start:ident [$($before:ident)*] [$($task:ident)*]) => {
        struct $name;

        #[dag]
        impl $name {
            async fn $start(&self) -> u64 {
                1
            }

            $(#[depends($before)]
            async fn $task(&self, $before: &u64) -> u64 {
                $before + 1
            })*
        }
    };
}

names! { 32 => chain [Chain32] }
names! { 65 => chain [Chain65] }

fn now<T>(future: impl Future<Output = T>) -> T {
    let Poll::Ready(value) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing here waits")
    };
    value
}

/// Times do not differ, so that no run needs more memory than those before.
fn profile() -> Profile {
    Profile::with_clock(|| Duration::from_millis(5))
}

#[test]
fn it_counts_the_runs_of_each_graph_and_goal() {
    let profile = profile();
    for _ in 0..3 {
        now(Chain32.run().observe(profile.clone()).goal());
    }
    now(Chain65.run().observe(profile.clone()).goal());
    let text = profile.to_string();
    assert!(
        text.starts_with("Chain32::goal: 3 runs, 0 failed") && text.contains("\n\nChain65::goal: 1 runs"),
        "{text}"
    );
}

#[test]
fn a_run_that_goes_on_does_not_count_yet() {
    let profile = profile();
    let run = Chain32.run().observe(profile.clone());
    now(run.goal());
    assert_eq!(profile.to_string(), "no run has ended");
    drop(run);
    assert!(profile.to_string().starts_with("Chain32::goal: 1 runs"));
}

struct Quote;

#[dag]
impl Quote {
    async fn coupon(&self) -> Result<u64, String> {
        Err("used up".to_owned())
    }

    #[depends(catch coupon)]
    async fn price(&self, coupon: Option<&u64>) -> u64 {
        10 - coupon.unwrap_or(&0)
    }
}

#[test]
fn a_run_that_catches_a_failure_has_not_failed() {
    let profile = profile();
    assert_eq!(*now(Quote.run().observe(profile.clone()).price()), 10);
    assert!(profile.to_string().starts_with("Quote::price: 1 runs, 0 failed"), "{profile}");
    assert!(now(Quote.run().observe(profile.clone()).coupon()).is_err());
    assert!(profile.to_string().contains("Quote::coupon: 1 runs, 1 failed"), "{profile}");
}

#[test]
fn after_the_first_runs_a_task_costs_no_allocation() {
    let allocations = |observe: &dyn Fn()| {
        (0..300).for_each(|_| observe());
        measure(observe).count_total
    };
    let (short, long) = (profile(), profile());
    let short = allocations(&|| _ = now(Chain32.run().observe(short.clone()).goal()));
    let long = allocations(&|| _ = now(Chain65.run().observe(long.clone()).goal()));
    assert_eq!(short, long, "of 32 tasks and of 65");
}

#[test]
fn ten_thousand_runs_take_as_much_memory_as_a_thousand() {
    let profile = profile();
    let run = |times| (0..times).for_each(|_| _ = now(Chain32.run().observe(profile.clone()).goal()));
    run(1_000);
    assert_eq!(measure(|| run(10_000)).bytes_current, 0);
}

mod calls {
    use super::*;

    struct Checkout {
        is_open: bool,
    }

    #[dag]
    impl Checkout {
        async fn user(&self) -> u64 {
            1
        }

        #[depends(user)]
        async fn cart(&self, user: &u64) -> Result<u64, String> {
            if self.is_open { Ok(user + 1) } else { Err("closed".to_owned()) }
        }

        #[depends(cart)]
        fn quote(&self, cart: u64) -> u64 {
            cart + 1
        }

        #[depends(user)]
        async fn never(&self) {
            std::future::pending::<()>().await;
        }
    }

    struct Other;

    #[dag]
    impl Other {
        fn only(&self) {}
    }

    #[test]
    fn they_count_by_graph_and_goal_with_failures_and_with_those_that_were_dropped() {
        let profile = profile();
        now(Checkout { is_open: true }.quote()).unwrap();
        profile.observe_calls(Checkout::graph());
        for is_open in [true, true, false] {
            _ = now(Checkout { is_open }.quote());
        }
        now(Other.only());
        now(Checkout { is_open: true }.run().quote()).unwrap();
        let checkout = Checkout { is_open: true };
        assert!(pin!(checkout.never()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let text = profile.to_string();
        let heads: Vec<&str> = text.lines().filter(|line| line.contains(" runs, ")).collect();
        assert_eq!(heads.len(), 2, "{text}");
        assert!(heads[0].starts_with("Checkout::quote: 3 runs, 1 failed"), "{text}");
        assert!(heads[1].starts_with("Checkout::(dropped): 1 runs, 0 failed"), "{text}");
    }

    #[test]
    fn a_second_profile_takes_over_the_calls_of_a_graph() {
        struct Alone;

        #[dag]
        impl Alone {
            fn only(&self) {}
        }

        let (first, second) = (profile(), profile());
        for profile in [&first, &second] {
            profile.observe_calls(Alone::graph());
            now(Alone.only());
        }
        for profile in [first, second] {
            assert!(profile.to_string().starts_with("Alone::only: 1 runs"), "{profile}");
        }
    }

    struct Patience;

    #[dag]
    impl Patience {
        async fn never(&self) {
            std::future::pending::<()>().await;
        }

        /// Stops waiting after a while.
        #[depends(lazy never)]
        async fn estimate(&self, never: Lazy<'_, ()>) -> u64 {
            let mut never = pin!(async move {
                never.await;
            });
            let mut polls = 0;
            std::future::poll_fn(|cx| {
                assert!(never.as_mut().poll(cx).is_pending());
                polls += 1;
                cx.waker().wake_by_ref();
                if polls == 2 { Poll::Ready(polls) } else { Poll::Pending }
            })
            .await
        }
    }

    fn at_second_poll<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        now(future)
    }

    #[test]
    fn a_call_that_returns_is_not_dropped_by_a_lazy_task_that_it_leaves() {
        let profile = profile();
        profile.observe_calls(Patience::graph());
        assert_eq!(at_second_poll(Patience.estimate()), 2);
        let run = Patience.run().observe(profile.clone());
        assert_eq!(*at_second_poll(run.estimate()), 2);
        drop(run);
        assert!(profile.to_string().starts_with("Patience::estimate: 2 runs, 0 failed"), "{profile}");
    }

    struct Pricing;

    #[dag]
    impl Pricing {
        async fn net(&self) -> u64 {
            1
        }

        #[depends(net)]
        fn total(&self, net: u64) -> u64 {
            net * 2
        }
    }

    struct Page;

    #[dag]
    impl Page {
        #[task(graph)]
        fn pricing(&self) -> Pricing {
            Pricing
        }

        #[depends(pricing.total)]
        fn page(&self, total: u64) -> u64 {
            total
        }
    }

    #[test]
    fn the_tasks_of_a_graph_inside_count_too() {
        let profile = profile();
        profile.observe_calls(Page::graph());
        assert_eq!(now(Page.page()), 2);
        let text = profile.to_string();
        assert!(text.starts_with("Page::page: 1 runs, 0 failed"), "{text}");
        for task in ["pricing", "pricing.net", "pricing.total", "page"] {
            let line = text.lines().find(|line| line.split_whitespace().next() == Some(task));
            assert!(line.is_some_and(|line| line.contains("100 %")), "{task} in {text}");
        }
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn spawned_tasks_count_in_the_call_that_they_are_part_of() {
        struct Away;

        #[dag]
        impl Away {
            #[task(spawn)]
            async fn first(&self) -> u8 {
                1
            }

            #[depends(first)]
            async fn second(&self, first: &u8) -> u8 {
                *first
            }

            #[depends(second)]
            #[task(spawn, retry = 1, backoff = "1ms..1ms")]
            async fn third(&self, second: &u8) -> Result<u8, String> {
                Err(format!("not {second}"))
            }
        }

        let _deadline = crate::common::deadline();
        let profile = profile();
        profile.observe_calls(Away::graph());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let away = std::sync::Arc::new(Away);
        assert_eq!(runtime.block_on(away.second()), 1);
        assert!(runtime.block_on(away.third()).is_err());
        let text = profile.to_string();
        assert!(text.contains("Away::second: 1 runs, 0 failed"), "{text}");
        assert!(text.contains("Away::third: 1 runs, 1 failed"), "{text}");
    }
}

struct Waits;

#[dag]
impl Waits {
    async fn never(&self) -> u64 {
        std::future::pending().await
    }

    #[depends(never)]
    async fn behind(&self, never: u64) -> u64 {
        never
    }

    async fn fatal(&self) -> Result<u64, String> {
        std::future::ready(()).await;
        Err("no price".to_owned())
    }

    #[depends(behind, fatal)]
    async fn page(&self, behind: u64, fatal: u64) -> Result<u64, String> {
        Ok(behind + fatal)
    }
}

#[test]
fn a_run_that_failed_before_all_its_tasks_were_told_of_counts_for_its_goal() {
    let profile = profile();
    assert!(now(Waits.run().observe(profile.clone()).page()).is_err());
    assert!(profile.to_string().starts_with("Waits::page: 1 runs, 1 failed"), "{profile}");
}
