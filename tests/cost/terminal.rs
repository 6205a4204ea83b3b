//! A terminal does not touch the heap.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use adagio::{TaskError, dag};
use allocation_counter::measure;

use crate::common::yield_once;

struct Diamond {
    fails: bool,
}

/// Not `Copy`, so that no value is passed on by accident.
#[derive(Debug, PartialEq)]
struct Number(u64);

#[derive(Debug, PartialEq)]
struct Failed;

#[dag]
impl Diamond {
    async fn a(&self) -> Number {
        yield_once().await;
        Number(1)
    }

    #[depends(a)]
    async fn b(&self, a: &Number) -> Number {
        Number(a.0 + 1)
    }

    fn c(&self) -> Number {
        Number(3)
    }

    #[depends(b, c)]
    async fn d(&self, b: &Number, c: &Number) -> Number {
        yield_once().await;
        Number(b.0 + c.0)
    }

    #[depends(d)]
    async fn e(&self, d: &Number) -> Number {
        Number(d.0 + 1)
    }

    #[depends(c, d)]
    async fn f(&self, c: &Number, d: &Number) -> Result<Number, Failed> {
        yield_once().await;
        if self.fails { Err(Failed) } else { Ok(Number(c.0 + d.0)) }
    }

    #[depends(e, f)]
    async fn g(&self, e: &Number, f: &Number) -> Number {
        yield_once().await;
        Number(e.0 * f.0)
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

#[test]
fn a_terminal_allocates_nothing() {
    let allocated = measure(|| assert_eq!(run(Diamond { fails: false }.g()), Ok(Number(48))));
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn a_failure_allocates_nothing() {
    let allocated = measure(|| assert_eq!(run(Diamond { fails: true }.g()), Err(Failed)));
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn a_drop_on_the_way_allocates_nothing() {
    let allocated = measure(|| {
        let diamond = Diamond { fails: false };
        let mut g = pin!(diamond.g());
        assert!(g.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    assert_eq!(allocated.count_total, 0);
}

struct Caught;

#[dag]
impl Caught {
    async fn source(&self) -> Result<Number, std::fmt::Error> {
        Err(std::fmt::Error)
    }

    #[depends(catch source)]
    async fn option(&self, source: Option<&Number>) -> u64 {
        source.map_or(0, |source| source.0)
    }

    /// Reads the error.
    #[depends(catch source)]
    fn result(&self, source: Result<&Number, TaskError>) -> bool {
        source.is_err_and(|error| error.task() == "source")
    }
}

#[test]
fn a_caught_failure_allocates_only_if_a_task_reads_its_error() {
    let allocated = measure(|| assert_eq!(run(Caught.option()), 0));
    assert_eq!(allocated.count_total, 0);
    let allocated = measure(|| assert!(run(Caught.result())));
    assert!((1..=3).contains(&allocated.count_total), "{}", allocated.count_total);
}

/// A hundred leaves, of which few are under way at once.
macro_rules! limited {
    ($($leaf:ident)*) => {
        struct Limited;

        #[dag(max_concurrency = 8)]
        impl Limited {
            $(async fn $leaf(&self) {
                yield_once().await;
                yield_once().await;
            })*

            #[depends($($leaf),*)]
            fn end(&self) {}
        }
    };
}

limited! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d4 d5 d6 d7 d8 d9
    e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 h0 h1 h2 h3 h4 h5 h6 h7 h8 h9
}

#[test]
fn tasks_that_wait_for_a_slot_do_not_allocate() {
    let counted = measure(|| {
        let mut end = pin!(Limited.end());
        while end.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
    });
    assert_eq!(counted.count_total, 0);
}
