//! A run touches the heap a fixed number of times, however many tasks it has.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use adagio::dag;
use allocation_counter::measure;

use crate::common::yield_once;

/// Each task depends on the one before.
macro_rules! chain {
    ([$name:ident] $first:ident $($task:ident)*) => {
        chain! { @block $name $first [$first $($task)*] [$($task)* goal] }
    };
    (@block $name:ident $start:ident [$($before:ident)*] [$($task:ident)*]) => {
        struct $name {
            fails: bool,
        }

        #[dag]
        impl $name {
            async fn $start(&self) -> Result<u64, std::fmt::Error> {
                yield_once().await;
                if self.fails { Err(std::fmt::Error) } else { Ok(1) }
            }

            $(#[depends($before)]
            async fn $task(&self, $before: &u64) -> u64 {
                yield_once().await;
                $before + 1
            })*
        }
    };
}

names! { 32 => chain [Chain32] }
names! { 65 => chain [Chain65] }

fn drive<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

macro_rules! allocations {
    ($graph:ident, $fails:expr, $run:ident => $body:expr) => {
        measure(|| {
            let graph = $graph { fails: $fails };
            let $run = graph.run();
            $body
        })
        .count_total
    };
}

#[test]
fn a_run_that_is_not_awaited_is_one_allocation() {
    let counts = [allocations!(Chain32, false, run => drop(run)), allocations!(Chain65, false, run => drop(run))];
    assert_eq!(counts, [1, 1]);
}

#[test]
fn the_number_of_allocations_does_not_depend_on_the_tasks() {
    let counts = [
        allocations!(Chain32, false, run => assert_eq!(drive(run.goal()).unwrap(), &32)),
        allocations!(Chain65, false, run => assert_eq!(drive(run.goal()).unwrap(), &65)),
    ];
    assert_eq!(counts, [1, 1]);
}

/// Its task waits for the test to wake it.
#[derive(Default)]
struct Waits {
    waker: Mutex<Option<Waker>>,
}

#[dag]
impl Waits {
    async fn goal(&self) -> u8 {
        let mut is_polled = false;
        poll_fn(|cx| {
            if is_polled {
                return Poll::Ready(1);
            }
            is_polled = true;
            *self.waker.lock().unwrap() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

#[test]
fn the_results_the_board_and_the_driver_are_one_allocation_and_a_waiter_is_none() {
    let allocated = measure(|| {
        let graph = Waits::default();
        let run = graph.run();
        let mut goal = pin!(run.goal());
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(goal.as_mut().poll(cx).is_pending());
        graph.waker.lock().unwrap().take().unwrap().wake();
        assert_eq!(goal.as_mut().poll(cx), Poll::Ready(&1));
    });
    assert_eq!(allocated.count_total, 1);
}

#[test]
fn later_terminals_allocate_nothing() {
    let both = allocations!(Chain65, false, run => {
        assert_eq!(drive(run.t002()).unwrap(), &2);
        let later = measure(|| {
            assert_eq!(drive(run.goal()).unwrap(), &65);
            assert_eq!(drive(run.t002()).unwrap(), &2);
            assert_eq!(drive(run.all()).unwrap().goal, &65);
        });
        assert_eq!(later.count_total, 0);
    });
    assert_eq!(both, 1);
}

#[test]
fn a_failure_allocates_a_fixed_number_of_times_too() {
    let counts = [
        allocations!(Chain32, true, run => assert!(drive(run.goal()).is_err())),
        allocations!(Chain65, true, run => assert!(drive(run.goal()).is_err())),
    ];
    assert_eq!(counts, [3, 3]);
}

#[test]
fn a_limit_and_a_value_allocate_a_fixed_number_of_times_too() {
    let counts = [
        measure(|| assert!(drive(Chain32 { fails: false }.run().max_concurrency(1).with_t002(1).goal()).is_ok())),
        measure(|| assert!(drive(Chain65 { fails: false }.run().max_concurrency(1).with_t002(1).goal()).is_ok())),
    ]
    .map(|allocated| allocated.count_total);
    assert_eq!(counts, [2, 2]);
}
