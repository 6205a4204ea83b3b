//! Bodies that spend the budget that tokio gives a task for one poll: they take turns, so the others get on.

use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;
use tokio::sync::Semaphore;

/// How often `greedy` goes through a door that is always open. The budget of a poll is 128.
const TIMES: usize = 20_000;

/// Counts how far the first task is when each other one ends.
struct Greedy {
    door: Semaphore,
    passed: AtomicUsize,
}

impl Greedy {
    fn new() -> Self {
        Self { door: Semaphore::new(100), passed: AtomicUsize::new(0) }
    }

    async fn pass(&self) {
        drop(self.door.acquire().await);
    }

    async fn pass_often(&self) {
        for _ in 0..TIMES {
            self.pass().await;
            self.passed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Goes through the door as often as a body with a short wait would, and returns how far the first task is.
    async fn pass_seldom(&self) -> usize {
        for _ in 0..10 {
            self.pass().await;
        }
        self.passed.load(Ordering::Relaxed)
    }
}

#[dag]
impl Greedy {
    async fn greedy(&self) {
        self.pass_often().await;
    }

    async fn also_greedy(&self) {
        self.pass_often().await;
    }

    async fn modest(&self) -> usize {
        self.pass_seldom().await
    }

    #[depends(modest)]
    async fn after_modest(&self, modest: usize) -> [usize; 2] {
        [modest, self.pass_seldom().await]
    }

    #[depends(greedy, also_greedy, after_modest)]
    fn passed(&self, after_modest: [usize; 2]) -> [usize; 2] {
        after_modest
    }
}

/// The graph inside another one that has a limit.
struct Outer;

#[dag(max_concurrency = 4)]
impl Outer {
    #[task(graph)]
    fn inner(&self) -> Greedy {
        Greedy::new()
    }

    #[depends(inner.passed)]
    fn passed(&self, passed: [usize; 2]) -> [usize; 2] {
        passed
    }
}

/// `tokio::join!` lets the modest ones end after a few hundred; without turns it is all of [`TIMES`] or twice that.
fn assert_soon(passed: [usize; 2]) {
    for passed in passed {
        assert!(passed < TIMES / 4, "a task waited until the others had passed {passed} times");
    }
}

#[tokio::test]
async fn a_task_that_spends_the_budget_does_not_starve_the_later_ones() {
    assert_soon(Greedy::new().passed().await);
}

#[tokio::test]
async fn nor_in_a_run() {
    assert_soon(*Greedy::new().run().passed().await);
}

#[tokio::test]
async fn nor_in_an_inner_graph_with_a_limit() {
    assert_soon(Outer.passed().await);
    assert_soon(*Outer.run().passed().await);
}
