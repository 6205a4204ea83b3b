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

/// Bodies that go on until the one in the middle says so.
struct Hogs {
    count: usize,
    is_over: AtomicBool,
}

#[dag]
impl Hogs {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    async fn every(&self, id: usize) {
        if id == 1 {
            spend(2).await;
            self.is_over.store(true, Ordering::Relaxed);
        } else if id == 0 || id == 2 {
            while !self.is_over.load(Ordering::Relaxed) {
                spend(1).await;
            }
        }
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 8)]
    async fn some(&self, id: usize) {
        if id == 1 {
            spend(2).await;
            self.is_over.store(true, Ordering::Relaxed);
        } else if id == 0 {
            while !self.is_over.load(Ordering::Relaxed) {
                spend(1).await;
            }
        }
    }
}

#[tokio::test]
async fn bodies_take_turns() {
    let _deadline = deadline();
    for count in [2, 3, 32, 33, 100] {
        let hogs = || Hogs { count, is_over: AtomicBool::new(false) };
        assert_eq!(hogs().every().await.len(), count);
        assert_eq!(hogs().some().await.len(), count);
        assert_eq!(hogs().run().all().await.some.len(), count);
    }
}
