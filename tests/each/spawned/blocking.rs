//! Bodies on threads that may block: what is left after a drop, a failure and a panic, and runtimes that end.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

use adagio::dag;
use tokio::runtime::{Builder, Runtime};

use super::drops::{panic_of, polls};
use super::settle;
use crate::common::{Driven, deadline};
use crate::counted::{Counted, Counts};

/// Images that are counted.
#[derive(Default)]
struct Photos {
    counts: Counts,
    fails_at: Option<usize>,
    panics_at: Option<usize>,
}

#[dag]
impl Photos {
    fn ids(&self) -> Vec<usize> {
        (0..20).collect()
    }

    #[depends(id in ids)]
    #[task(blocking, max_concurrency = 4)]
    fn images(&self, id: usize) -> Result<Counted, String> {
        assert_ne!(Some(id), self.panics_at, "the image is lost");
        if Some(id) == self.fails_at { Err(format!("image {id}")) } else { Ok(self.counts.value()) }
    }

    #[depends(image in images)]
    #[task(blocking)]
    fn copies(&self, image: &Counted) -> Counted {
        image.clone()
    }
}

/// Waits until no thread has the object any more, nor an image.
async fn nothing_left(photos: &Arc<Photos>) {
    while Arc::strong_count(photos) > 1 || photos.counts.alive() > 0 {
        settle().await;
    }
}

#[tokio::test]
async fn a_call_or_run_that_is_dropped_leaves_nothing_on_threads_that_may_block() {
    let _deadline = deadline();
    for limit in 0..20 {
        let photos = Arc::new(Photos::default());
        drop(polls(photos.copies(), limit).await);
        nothing_left(&photos).await;
        let run = photos.run();
        drop(polls(run.copies(), limit).await);
        drop(run);
        nothing_left(&photos).await;
    }
}

#[tokio::test]
async fn a_failure_or_panic_on_a_thread_that_may_block_leaves_nothing() {
    let _deadline = deadline();
    for place in [0, 1, 19] {
        let photos = Arc::new(Photos { fails_at: Some(place), ..Photos::default() });
        assert_eq!(photos.copies().await.err(), Some(format!("image {place}")));
        nothing_left(&photos).await;
        let photos = Arc::new(Photos { panics_at: Some(place), ..Photos::default() });
        assert!(panic_of(photos.copies()).await.contains("the image is lost"));
        nothing_left(&photos).await;
        let run = photos.run();
        assert!(panic_of(run.copies()).await.contains("the image is lost"));
        assert!(panic_of(run.images()).await.contains("task `images` panicked"));
        drop(run);
        nothing_left(&photos).await;
    }
}

/// Bodies of which the first one waits.
#[derive(Default)]
struct Slow {
    started: AtomicUsize,
    is_free: AtomicBool,
}

impl Slow {
    fn wait(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        while !self.is_free.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }
}

#[dag]
impl Slow {
    fn ids(&self) -> [usize; 3] {
        [0, 1, 2]
    }

    #[depends(id in ids)]
    #[task(blocking)]
    fn images(&self, id: usize) -> usize {
        self.wait();
        id
    }
}

/// A runtime with one thread that may block.
fn narrow() -> Runtime {
    Builder::new_current_thread().max_blocking_threads(1).build().unwrap()
}

#[test]
fn a_thread_that_may_block_ends_all_bodies_when_its_runtime_ends() {
    let _deadline = deadline();
    let (slow, runtime) = (Arc::new(Slow::default()), narrow());
    let mut call = pin!(slow.images());
    runtime.block_on(async {
        assert!(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await.is_pending());
        while slow.started.load(Ordering::SeqCst) == 0 {
            settle().await;
        }
    });
    runtime.shutdown_background();
    slow.is_free.store(true, Ordering::SeqCst);
    assert_eq!(narrow().block_on(call), [0, 1, 2]);
}

#[test]
fn threads_that_may_block_of_a_runtime_that_has_ended_panic_instead_of_waiting_for_ever() {
    let _deadline = deadline();
    let runtime = narrow();
    let ended = runtime.handle().clone();
    drop(runtime);
    let _entered = ended.enter();
    let slow = Arc::new(Slow::default());
    let panic = catch_unwind(AssertUnwindSafe(|| Driven::new(slow.images()).run())).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert_eq!(message, "task `images` is lost: the tokio runtime it was spawned on has shut down");
    assert_eq!(slow.started.load(Ordering::SeqCst), 0);
}
