//! Panics, failures and drops of bodies on other threads beside other tasks.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;

use super::drops::panic_of;
use crate::common::{deadline, yield_once};

/// An element that panics beside a spawned task that waits.
#[derive(Default)]
struct Beside {
    waiting: AtomicUsize,
}

struct Waits<'b>(&'b AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[dag]
impl Beside {
    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: usize) -> usize {
        while self.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        yield_once().await;
        assert_ne!(id, 1, "the page is lost");
        id
    }

    #[task(spawn)]
    async fn other(&self) -> usize {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waits = Waits(&self.waiting);
        pending().await
    }

    #[depends(pages, other)]
    fn end(&self, pages: &[usize], other: &usize) -> usize {
        pages.len() + other
    }
}

#[tokio::test]
async fn a_panic_of_a_body_waits_for_the_other_spawned_tasks_of_a_call() {
    let _deadline = deadline();
    let beside = Arc::new(Beside::default());
    assert!(panic_of(beside.end()).await.contains("the page is lost"));
    assert_eq!((beside.waiting.load(Ordering::SeqCst), Arc::strong_count(&beside)), (0, 1));
}
