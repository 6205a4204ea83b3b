//! Bodies that spend the budget that tokio gives a task for one poll, 128 steps.

use std::sync::atomic::{AtomicBool, Ordering};

use adagio::dag;
use tokio::task::coop::consume_budget;

use crate::common::deadline;

async fn spend(steps: usize) {
    for _ in 0..steps {
        consume_budget().await;
    }
}

/// Two stages whose first bodies spend the budget of a poll.
struct Stages;

#[dag]
impl Stages {
    fn ids(&self) -> Vec<usize> {
        vec![0, 1]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> usize {
        spend(129).await;
        id
    }

    #[depends(page in pages)]
    async fn rows(&self, page: usize) -> usize {
        page
    }
}

#[tokio::test]
async fn bodies_under_way_are_polled_again_after_more_were_started() {
    let _deadline = deadline();
    for slots in 1..10 {
        assert_eq!(*Stages.run().max_concurrency(slots).rows().await, [0, 1], "{slots}");
    }
}

/// Bodies that go on until one of them, in the last of two tasks, says so.
struct Hogs {
    count: usize,
    last: usize,
    is_over: AtomicBool,
}

impl Hogs {
    fn new(count: usize, last: usize) -> Self {
        Self { count, last, is_over: AtomicBool::new(false) }
    }

    async fn go_on(&self, id: usize) {
        while id < 7 && !self.is_over.load(Ordering::Relaxed) {
            spend(1).await;
        }
    }

    async fn end(&self, id: usize) {
        if id == self.last {
            spend(2).await;
            self.is_over.store(true, Ordering::Relaxed);
        }
        self.go_on(id).await;
    }
}

#[dag]
impl Hogs {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    async fn one(&self, id: usize) {
        self.end(id).await;
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 8)]
    async fn some(&self, id: usize) {
        self.end(id).await;
    }

    #[depends(id in ids)]
    async fn others(&self, id: usize) {
        self.go_on(id).await;
    }

    /// Bodies beside those of another task that goes on.
    #[depends(others, one)]
    fn two(&self, one: &[()]) -> usize {
        one.len()
    }
}

/// Every body comes first in its turn, whatever their number and wherever they are woken.
async fn everybody_gets_on() {
    for count in [2, 3, 5, 6, 7, 32, 33, 48, 100] {
        for last in 0..count.min(7) {
            let hogs = || Hogs::new(count, last);
            assert_eq!(hogs().one().await.len(), count);
            assert_eq!(hogs().some().await.len(), count);
            assert_eq!(hogs().two().await, count);
            assert_eq!(*hogs().run().two().await, count);
        }
    }
}

#[tokio::test]
async fn bodies_take_turns() {
    let _deadline = deadline();
    everybody_gets_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bodies_take_turns_where_they_are_woken_at_once() {
    let _deadline = deadline();
    everybody_gets_on().await;
}
