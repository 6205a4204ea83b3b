//! How many pickers there are, and on which threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use adagio::dag;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::common::deadline;

/// Bodies that keep their threads until as many of their stage are under way.
struct Blocks {
    count: usize,
    stages: [Barrier; 2],
}

impl Blocks {
    fn new(count: usize, together: usize) -> Arc<Self> {
        Arc::new(Self { count, stages: [together; 2].map(Barrier::new) })
    }
}

#[dag]
impl Blocks {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    #[task(spawn, max_concurrency = 8)]
    async fn pages(&self, id: usize) -> usize {
        self.stages[0].wait();
        id
    }

    #[depends(page in pages)]
    #[task(spawn, max_concurrency = 8)]
    async fn rows(&self, page: &usize) -> usize {
        self.stages[1].wait();
        *page
    }

    #[depends(ids)]
    async fn beside(&self, ids: &[usize]) -> usize {
        self.stages[0].wait();
        ids.len()
    }

    #[depends(pages, beside)]
    fn both(&self, pages: &[usize], beside: usize) -> usize {
        pages.len() + beside
    }
}

fn threads(count: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(count).build().unwrap()
}

#[test]
fn bodies_that_keep_their_threads_are_under_way_on_all_of_them() {
    let _deadline = deadline();
    let runtime = threads(16);
    for count in [8, 16, 80] {
        assert_eq!(runtime.block_on(Blocks::new(count, 8).pages()).len(), count);
        let rows = runtime.spawn(async move { Blocks::new(count, 8).rows().await });
        assert_eq!(runtime.block_on(rows).unwrap().len(), count);
    }
}

#[test]
fn a_body_begins_while_the_driver_keeps_its_thread() {
    let _deadline = deadline();
    let runtime = threads(2);
    for count in [3, 9] {
        let both = runtime.spawn(async move { Blocks::new(count, 2).both().await });
        assert_eq!(runtime.block_on(both).unwrap(), 2 * count);
    }
}

/// Counts the tasks of the runtime.
struct Quick {
    most: AtomicUsize,
}

#[dag]
impl Quick {
    fn ids(&self) -> [usize; 30] {
        std::array::from_fn(|id| id)
    }

    #[depends(id in ids)]
    #[task(spawn, max_concurrency = 8)]
    async fn pages(&self, id: usize) -> usize {
        self.most.fetch_max(Handle::current().metrics().num_alive_tasks(), Ordering::SeqCst);
        id
    }
}

#[tokio::test]
async fn where_no_other_thread_is_free_one_picker_takes_what_returns_at_once() {
    let _deadline = deadline();
    let quick = Arc::new(Quick { most: AtomicUsize::new(0) });
    assert_eq!(quick.pages().await.len(), 30);
    // Itself, the one on call, and the one that this has hired.
    assert_eq!(quick.most.load(Ordering::SeqCst), 3);
}
