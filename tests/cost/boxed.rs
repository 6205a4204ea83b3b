//! `#[task(boxed)]`: a call holds a pointer instead of a body, and each body is one allocation while it runs.
#![allow(clippy::large_futures, reason = "they are in boxes")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use adagio::dag;
use allocation_counter::measure;

use crate::common::yield_once;
use crate::size::{A_TASK, A_TERMINAL};

/// What a boxed task may take in a call: a pointer, a result of one byte, and the bookkeeping.
const A_BOXED_TASK: usize = size_of::<usize>() + size_of::<u8>() + A_TASK;

/// Keeps `KEPT` bytes across an await.
async fn keep<const KEPT: usize>(input: u8) -> u8 {
    let kept = [input; KEPT];
    yield_once().await;
    kept[KEPT / 2] + 1
}

fn drive<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// Forty tasks that keep 64 KiB each.
macro_rules! forty {
    ($($task:ident)*) => {
        struct Forty;

        #[dag]
        impl Forty {
            $(#[task(boxed)]
            async fn $task(&self) -> u8 {
                keep::<65_536>(1).await
            })*

            #[depends($($task),*)]
            #[allow(clippy::too_many_arguments)]
            fn sum(&self, $($task: u8),*) -> u8 {
                0 $(+ $task)*
            }
        }
    };
}

forty! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d4 d5 d6 d7 d8 d9
}

struct Five;

#[dag]
impl Five {
    #[task(boxed)]
    async fn one(&self) -> u8 {
        keep::<16_384>(0).await
    }

    #[depends(one)]
    #[task(boxed)]
    async fn two(&self, one: &u8) -> u8 {
        keep::<16_384>(*one).await
    }

    #[depends(two)]
    #[task(boxed)]
    async fn three(&self, two: &u8) -> u8 {
        keep::<16_384>(*two).await
    }

    #[depends(three)]
    #[task(boxed)]
    async fn four(&self, three: &u8) -> u8 {
        keep::<16_384>(*three).await
    }

    #[depends(four)]
    #[task(boxed)]
    async fn five(&self, four: &u8) -> u8 {
        keep::<16_384>(*four).await
    }
}

#[test]
fn forty_large_bodies_are_forty_pointers_in_a_call() {
    let (size, limit) = (size_of_val(&Forty.sum()), 41 * A_BOXED_TASK + A_TERMINAL);
    assert!(size <= limit, "{size} of {limit} bytes");
}

#[test]
fn five_large_bodies_in_a_chain_are_five_pointers_in_a_call() {
    let (size, limit) = (size_of_val(&Five.five()), 5 * A_BOXED_TASK + A_TERMINAL);
    assert!(size <= limit, "{size} of {limit} bytes");
}

#[test]
fn forty_large_bodies_run_on_a_small_stack() {
    // The bodies together are 2.5 MiB.
    let small = thread::Builder::new().stack_size(1 << 20);
    let sum = small.spawn(|| (drive(Forty.sum()), *drive(Forty.run().sum())));
    assert_eq!(sum.unwrap().join().unwrap(), (80, 80));
}

#[test]
fn a_boxed_body_is_one_allocation_that_ends_with_the_task() {
    let allocated = measure(|| assert_eq!(drive(Five.five()), 5));
    assert_eq!(allocated.count_total, 5);
    assert_eq!(allocated.count_max, 1, "a body is freed before the next one starts");
    assert!(allocated.bytes_max < 2 * 16_384, "{} bytes", allocated.bytes_max);
    assert_eq!(allocated.count_current, 0);
}

#[test]
fn only_the_boxed_tasks_that_a_call_needs_allocate() {
    assert_eq!(measure(|| drop(Five.five())).count_total, 0);
    assert_eq!(measure(|| assert_eq!(drive(Five.two()), 2)).count_total, 2);
}

struct One;

#[dag]
impl One {
    async fn plain(&self) -> u8 {
        keep::<1>(0).await
    }

    #[task(boxed)]
    async fn boxed(&self) -> u8 {
        keep::<1>(0).await
    }
}

#[test]
fn a_boxed_body_is_one_allocation_more_in_a_run() {
    let [plain, boxed] =
        [measure(|| assert_eq!(drive(One.run().plain()), &1)), measure(|| assert_eq!(drive(One.run().boxed()), &1))]
            .map(|allocated| allocated.count_total);
    assert_eq!(boxed, plain + 1);
}
