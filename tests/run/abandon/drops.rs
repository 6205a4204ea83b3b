//! Waiters that are dropped at any poll, in a run with `cancel_abandoned()`.

use std::task::{Context, Waker};

use adagio::dag;

use crate::common::{Driven, Stage, yield_once};

/// A graph whose bodies yield, for drops at every poll.
#[derive(Default)]
struct Yields {
    stage: Stage,
}

#[dag]
impl Yields {
    async fn a(&self) -> u8 {
        self.stage.log("a");
        yield_once().await;
        1
    }

    async fn b(&self) -> u8 {
        self.stage.log("b");
        yield_once().await;
        yield_once().await;
        2
    }

    #[depends(a, b)]
    async fn c(&self, a: u8, b: u8) -> u8 {
        self.stage.log("c");
        yield_once().await;
        a + b
    }

    #[depends(b)]
    async fn d(&self, b: u8) -> u8 {
        self.stage.log("d");
        yield_once().await;
        b + 10
    }
}

/// Polls two goals, drops each after a number of polls, and awaits both anew.
fn drop_after(polls: [usize; 2], limit: usize) {
    let object = Yields::default();
    let run = object.run().cancel_abandoned().max_concurrency(limit);
    let (mut c, mut d) = (Some(Box::pin(run.c())), Some(Box::pin(run.d())));
    let mut cx = Context::from_waker(Waker::noop());
    for poll in 0..8 {
        let is_over = c.as_mut().filter(|_| poll < polls[0]).is_none_or(|c| c.as_mut().poll(&mut cx).is_ready());
        c = c.filter(|_| !is_over);
        let is_over = d.as_mut().filter(|_| poll < polls[1]).is_none_or(|d| d.as_mut().poll(&mut cx).is_ready());
        d = d.filter(|_| !is_over);
    }
    assert!(c.is_none() && d.is_none(), "eight polls are enough for both");
    assert_eq!(run_to_end(async { (*run.c().await, *run.d().await) }), (3, 12), "{polls:?}");
    let starts = object.stage.events().len();
    // Each is started at most once for each of its waiters.
    assert!((4..=8).contains(&starts), "{starts} starts after {polls:?}");
}

fn run_to_end<T>(future: impl Future<Output = T>) -> T {
    Driven::new(future).run()
}

#[test]
fn after_a_drop_at_any_poll_the_results_are_there_when_they_are_awaited_again() {
    for first in 0..8 {
        for second in 0..8 {
            for limit in [1, 2, 64] {
                drop_after([first, second], limit);
            }
        }
    }
}
