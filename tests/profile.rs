//! A profile of real runs: what it counts, and that it stays as small as it is.
// A binary of its own: it counts allocations, and needs a feature.
#![cfg(feature = "profile")]
#![allow(clippy::unused_async, reason = "the tasks here are done at once")]

#[macro_use]
#[path = "common/names.rs"]
mod names;

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adagio::{Profile, dag};
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
