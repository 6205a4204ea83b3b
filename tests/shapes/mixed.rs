//! Chains of 64, 65 and 80 tasks with `catch` and `lazy`: the sets of tasks take one word, or two.

#[path = "../common/mod.rs"]
mod common;
#[macro_use]
#[path = "../common/names.rs"]
mod names;

use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::{Lazy, TaskError, dag};
use common::{Driven, now, yield_once};

/// Each task catches the failure of the one before, and asks for `root` if that one has failed.
macro_rules! caught_chain {
    ([$name:ident] $first:ident $($task:ident)*) => {
        caught_chain! { @block $name $first [$first $($task)*] [$($task)* goal] }
    };
    (@block $name:ident $start:ident [$($before:ident)*] [$($task:ident)*]) => {
        #[derive(Default)]
        struct $name {
            fails: &'static [&'static str],
            roots: AtomicUsize,
        }

        impl $name {
            fn end(&self, task: &str, value: u64) -> Result<u64, String> {
                if self.fails.contains(&task) { Err(task.to_owned()) } else { Ok(value) }
            }
        }

        #[dag]
        #[allow(clippy::unused_async, reason = "only an `async fn` can ask")]
        impl $name {
            async fn root(&self) -> u64 {
                self.roots.fetch_add(1, Ordering::Relaxed);
                1_000_000
            }

            fn $start(&self) -> Result<u64, String> {
                self.end(stringify!($start), 1)
            }

            $(#[depends(catch $before, lazy root)]
            async fn $task(&self, $before: Option<&u64>, root: Lazy<'_, u64>) -> Result<u64, String> {
                let before = match $before {
                    Some(before) => before,
                    None => root.await,
                };
                self.end(stringify!($task), before + 1)
            })*
        }
    };
}

names! { 64 => caught_chain [Caught64] }
names! { 65 => caught_chain [Caught65] }
names! { 80 => caught_chain [Caught80] }

#[test]
fn a_chain_in_which_nothing_fails_asks_for_nothing() {
    macro_rules! check {
        ($($name:ident $tasks:literal)*) => {$(
            let chain = $name::default();
            assert_eq!(now(chain.goal()), Ok($tasks));
            assert_eq!(now(chain.run().goal()).map_err(|error| error.to_string()), Ok(&$tasks));
            assert_eq!(chain.roots.load(Ordering::Relaxed), 0);
        )*};
    }
    check! { Caught64 64 Caught65 65 Caught80 80 }
}

#[test]
fn a_chain_goes_on_after_each_failure() {
    macro_rules! check {
        ($($name:ident $tasks:literal)*) => {$(
            let chain = $name { fails: &["t001", "t002", "t031", "t062"], ..$name::default() };
            let after = 1_000_000 + $tasks - 62;
            assert_eq!(now(chain.goal()), Ok(after));
            let run = chain.run();
            let failures = now(run.settle());
            assert_eq!(failures.iter().map(TaskError::task).collect::<Vec<_>>(), ["t001", "t002", "t031", "t062"]);
            assert_eq!(now(run.goal()).map_err(|error| error.to_string()), Ok(&after));
            assert_eq!(chain.roots.load(Ordering::Relaxed), 2, "once a call, and once a run");
        )*};
    }
    check! { Caught64 64 Caught65 65 Caught80 80 }
}

#[test]
fn the_failure_of_the_goal_is_that_of_the_call() {
    let chain = Caught80 { fails: &["t001", "t070", "goal"], ..Caught80::default() };
    assert_eq!(now(chain.goal()), Err("goal".to_owned()));
    assert_eq!(now(chain.run().goal()).map_err(|error| error.task().to_owned()), Err("goal".to_owned()));
}

/// Each task asks for the one before.
macro_rules! lazy_chain {
    ([$name:ident] $first:ident $($task:ident)*) => {
        lazy_chain! { @block $name $first [$first $($task)*] [$($task)* goal] }
    };
    (@block $name:ident $start:ident [$($before:ident)*] [$($task:ident)*]) => {
        #[derive(Default)]
        struct $name {
            /// The task that asks for nothing.
            last: &'static str,
            starts: AtomicUsize,
        }

        #[dag]
        #[allow(clippy::unused_async, reason = "only an `async fn` can ask")]
        impl $name {
            fn $start(&self) -> u64 {
                self.starts.fetch_add(1, Ordering::Relaxed);
                1
            }

            $(#[depends(lazy $before)]
            async fn $task(&self, $before: Lazy<'_, u64>) -> u64 {
                self.starts.fetch_add(1, Ordering::Relaxed);
                if self.last == stringify!($task) { 1 } else { $before.await + 1 }
            })*
        }
    };
}

names! { 64 => lazy_chain [Lazy64] }
names! { 65 => lazy_chain [Lazy65] }
names! { 80 => lazy_chain [Lazy80] }

#[test]
fn a_chain_runs_as_far_as_it_is_asked_for() {
    macro_rules! check {
        ($($name:ident $tasks:literal)*) => {$(
            for (last, count) in [("", $tasks), ("goal", 1), ("t010", $tasks - 9), ("t062", $tasks - 61)] {
                let chain = $name { last, ..$name::default() };
                assert_eq!(now(chain.goal()), count);
                assert_eq!(chain.starts.load(Ordering::Relaxed) as u64, count);
                assert_eq!(*now(chain.run().goal()), count);
                assert_eq!(chain.starts.load(Ordering::Relaxed) as u64, 2 * count);
            }
        )*};
    }
    check! { Lazy64 64 Lazy65 65 Lazy80 80 }
}

/// A goal that catches a failure, more than 64 tasks behind what it depends on.
macro_rules! far {
    ([$name:ident] $($task:ident)*) => {
        struct $name;

        #[dag]
        impl $name {
            async fn slow(&self) -> u64 {
                yield_once().await;
                yield_once().await;
                1
            }

            async fn fast(&self) -> Result<u64, String> {
                Ok(2)
            }

            $(async fn $task(&self) -> u64 {
                0
            })*

            #[depends(catch fast, slow)]
            async fn goal(&self, fast: Option<&u64>, slow: u64) -> u64 {
                yield_once().await;
                fast.unwrap_or(&0) + slow
            }

            #[depends($($task),*)]
            #[allow(clippy::too_many_arguments, reason = "as many as there are")]
            fn others(&self $(, $task: u64)*) -> u64 {
                [$($task),*].into_iter().sum()
            }
        }
    };
}

names! { 65 => far [Far] }

#[test]
fn a_task_that_is_visited_too_early_makes_no_spare_chain() {
    assert_eq!(now(Far.others()), 0);
    let allocated = allocation_counter::measure(|| assert_eq!(Driven::new(Far.goal()).run(), 3));
    // The future that is driven, and its waker.
    assert_eq!(allocated.count_total, 2);
}
