//! A terminal does not touch the heap.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

mod common;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use adagio::dag;
use allocation_counter::measure;
use common::yield_once;

struct Diamond {
    fails: bool,
}

/// Not `Copy`, so that nothing is passed on by chance.
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
