//! Values that move into tasks on other threads.
#![allow(clippy::unnecessary_wraps, reason = "one task here is declared fallible")]

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use adagio::dag;
use futures::FutureExt;
use tokio::sync::Barrier;
use tokio::task::yield_now;

use crate::common::{deadline, yield_once};
use crate::counted::{Counted, Counts};

/// A pipeline whose body of the given number panics.
#[derive(Default)]
struct Threads {
    counts: Counts,
    panics: usize,
}

impl Threads {
    fn step(&self, number: usize) {
        assert_ne!(self.panics, number, "body {number}");
    }
}

#[dag]
impl Threads {
    #[task(spawn)]
    async fn source(&self) -> Counted {
        yield_once().await;
        self.step(1);
        self.counts.value()
    }

    #[depends(source)]
    #[task(blocking)]
    fn borrows(&self, source: &Counted) -> usize {
        let _ = source;
        self.step(2);
        1
    }

    #[depends(source, borrows)]
    #[task(spawn)]
    async fn spawned(&self, source: Counted) -> Counted {
        yield_once().await;
        self.step(3);
        source
    }

    #[depends(spawned)]
    #[task(blocking)]
    fn blocking(&self, spawned: Counted) -> Result<Counted, String> {
        self.step(4);
        Ok(spawned)
    }

    #[depends(blocking)]
    async fn inline(&self, blocking: Counted) -> Counted {
        yield_once().await;
        self.step(5);
        blocking
    }

    #[depends(inline)]
    #[task(spawn, finish)]
    async fn end(&self, inline: Counted) -> usize {
        yield_once().await;
        self.step(6);
        drop(inline);
        self.counts.alive()
    }
}

#[tokio::test]
async fn values_move_between_threads_in_a_call() {
    let _deadline = deadline();
    let threads = Arc::new(Threads::default());
    assert_eq!(threads.end().await, Ok(0));
    assert_eq!((threads.counts.clones(), threads.counts.most()), (0, 1));
    let run = threads.run();
    assert_eq!(*run.end().await.unwrap(), 4);
    assert_eq!(threads.counts.clones(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_move_between_workers() {
    let _deadline = deadline();
    let threads = Arc::new(Threads::default());
    for _ in 0..100 {
        assert_eq!(threads.end().await, Ok(0));
    }
    assert_eq!((threads.counts.clones(), threads.counts.most()), (0, 1));
}

#[tokio::test]
async fn the_goal_of_a_call_is_returned_without_a_clone() {
    let _deadline = deadline();
    let threads = Arc::new(Threads::default());
    let spawned = (threads.source().await, threads.spawned().await);
    let others = (threads.blocking().await.unwrap(), threads.inline().await.unwrap());
    assert_eq!((threads.counts.clones(), threads.counts.alive()), (0, 4));
    drop((spawned, others));
    assert_eq!(threads.counts.alive(), 0);
}

#[tokio::test]
async fn a_panic_in_any_body_drops_each_value_once() {
    let _deadline = deadline();
    for panics in 1..=6 {
        let threads = Arc::new(Threads { panics, ..Threads::default() });
        let call = AssertUnwindSafe(threads.end()).catch_unwind().await;
        let payload = call.expect_err("a body panics");
        assert!(payload.downcast_ref::<String>().is_some_and(|text| text.contains(&format!("body {panics}"))));
        while threads.counts.alive() > 0 {
            yield_now().await;
        }
        assert_eq!(threads.counts.clones(), 0, "body {panics}");
    }
}

struct Meeting {
    counts: Counts,
    barrier: Barrier,
}

#[dag(spawn)]
impl Meeting {
    async fn value(&self) -> Counted {
        self.counts.value()
    }

    #[depends(value)]
    async fn meets(&self, value: Counted) -> Counted {
        self.barrier.wait().await;
        std::future::pending::<()>().await;
        value
    }

    #[depends(meets)]
    async fn end(&self, meets: Counted) {
        drop(meets);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_drops_the_value_that_a_body_has_taken() {
    let _deadline = deadline();
    let meeting = Arc::new(Meeting { counts: Counts::default(), barrier: Barrier::new(2) });
    tokio::select! {
        () = meeting.end() => unreachable!("a task waits forever"),
        _ = meeting.barrier.wait() => {}
    }
    while meeting.counts.alive() > 0 {
        yield_now().await;
    }
    assert_eq!((meeting.counts.clones(), meeting.counts.most()), (0, 1));
}

/// A value whose clone panics.
struct Solid;

impl Clone for Solid {
    fn clone(&self) -> Self {
        panic!("it cannot be cloned");
    }
}

struct Clones;

#[dag]
impl Clones {
    #[task(spawn)]
    async fn solid(&self) -> Solid {
        Solid
    }

    #[depends(solid)]
    #[task(spawn)]
    async fn left(&self, solid: Solid) {
        let Solid = solid;
    }

    #[depends(solid)]
    #[task(spawn)]
    async fn right(&self, solid: Solid) {
        let Solid = solid;
    }

    #[depends(left, right)]
    fn both(&self) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_that_panics_on_another_thread_is_a_panic_of_its_task() {
    let _deadline = deadline();
    let panic = AssertUnwindSafe(async { Arc::new(Clones).both().await }).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"an argument of a spawned task panicked while it was cloned"));
}
