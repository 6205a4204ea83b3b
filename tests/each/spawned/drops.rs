//! What is dropped, and how often: when the future of a call or a run is dropped at any poll, and when a body on another
//! thread fails or panics.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use adagio::dag;

use super::settle;
use crate::common::{deadline, yield_once};
use crate::counted::{Counted, Counts};

/// Elements that are counted, made from ids that are counted.
#[derive(Default)]
struct Shop {
    count: usize,
    counts: Counts,
    bodies: AtomicUsize,
    fails_at: Option<usize>,
    panics_at: Option<usize>,
    next_panics_at: Option<usize>,
}

/// A collection whose iterator panics, once it has been counted.
struct Ids(Vec<usize>, Option<usize>, AtomicUsize);

impl<'i> IntoIterator for &'i Ids {
    type Item = &'i usize;
    type IntoIter = Box<dyn Iterator<Item = &'i usize> + Send + 'i>;

    fn into_iter(self) -> Self::IntoIter {
        let is_counting = self.2.fetch_add(1, Ordering::SeqCst) == 0;
        Box::new(self.0.iter().inspect(move |id| assert!(is_counting || Some(**id) != self.1, "no more ids")))
    }
}

struct Body<'s>(&'s Shop);

impl Drop for Body<'_> {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::SeqCst);
    }
}

#[dag]
impl Shop {
    fn ids(&self) -> Ids {
        Ids((0..self.count).collect(), self.next_panics_at, AtomicUsize::new(0))
    }

    #[depends(id in ids)]
    #[task(spawn, max_concurrency = 40)]
    async fn pages(&self, id: &usize) -> Result<Counted, String> {
        self.bodies.fetch_add(1, Ordering::SeqCst);
        let _body = Body(self);
        for _ in 0..*id % 3 {
            yield_once().await;
        }
        assert_ne!(Some(*id), self.panics_at, "the page is lost");
        if Some(*id) == self.fails_at { Err(format!("page {id}")) } else { Ok(self.counts.value()) }
    }

    #[depends(page in pages)]
    #[task(spawn, max_concurrency = 5)]
    async fn again(&self, page: &Counted) -> Counted {
        self.bodies.fetch_add(1, Ordering::SeqCst);
        let _body = Body(self);
        yield_once().await;
        page.clone()
    }
}

impl Shop {
    fn of(count: usize) -> Arc<Self> {
        Arc::new(Self { count, ..Self::default() })
    }

    fn left(&self) -> (usize, usize) {
        (self.counts.alive(), self.bodies.load(Ordering::SeqCst))
    }
}

/// Polls a future as often as it is woken, at most some times. Returns its result, or nothing.
pub(super) async fn polls<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

async fn at_every_poll(count: usize) {
    for limit in 0.. {
        let shop = Shop::of(count);
        let result = polls(shop.again(), limit).await;
        let is_done = result.is_some();
        assert_eq!(result.map(|pages| pages.unwrap().len()), is_done.then_some(count));
        let of_run = Shop::of(count);
        let run = of_run.run();
        drop(polls(run.again(), limit).await);
        drop(run);
        settle().await;
        assert_eq!((shop.left(), of_run.left()), ((0, 0), (0, 0)), "{limit}");
        assert_eq!((Arc::strong_count(&shop), Arc::strong_count(&of_run)), (1, 1));
        if is_done {
            break;
        }
    }
}

#[tokio::test]
async fn a_call_or_run_that_is_dropped_at_any_poll_leaves_nothing() {
    let _deadline = deadline();
    for count in [0, 1, 5, 64, 65, 200] {
        at_every_poll(count).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_leaves_nothing_on_several_threads() {
    let _deadline = deadline();
    for limit in 0..40 {
        let shop = Shop::of(200);
        drop(polls(shop.again(), limit).await);
        while shop.left() != (0, 0) || Arc::strong_count(&shop) > 1 {
            settle().await;
        }
    }
}

async fn a_failure(fails_at: usize) {
    let shop = Arc::new(Shop { count: 100, fails_at: Some(fails_at), ..Shop::default() });
    let error = shop.pages().await.err().unwrap();
    assert_eq!((error, shop.left()), (format!("page {fails_at}"), (0, 0)));
    assert!(shop.again().await.is_err());
    assert_eq!(shop.left(), (0, 0));
    let run = shop.run();
    let error = run.pages().await.err().unwrap();
    assert_eq!((error.to_string(), error.index()), (format!("task `pages[{fails_at}]` failed"), Some(fails_at)));
    assert_eq!(shop.left().1, 0);
    drop(run);
    assert_eq!(shop.left(), (0, 0));
}

#[tokio::test]
async fn a_failure_is_told_when_all_other_bodies_are_dropped() {
    let _deadline = deadline();
    for fails_at in [0, 1, 50, 99] {
        a_failure(fails_at).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_failure_is_told_when_the_bodies_on_all_threads_are_dropped() {
    let _deadline = deadline();
    for fails_at in 0..100 {
        let shop = Arc::new(Shop { count: 100, fails_at: Some(fails_at), ..Shop::default() });
        let error = shop.pages().await.err().unwrap();
        assert_eq!((error, shop.bodies.load(Ordering::SeqCst)), (format!("page {fails_at}"), 0));
    }
}

/// Returns the payload of the panic of a future, which is dropped.
pub(super) async fn panic_of<T>(future: impl Future<Output = T>) -> String {
    let mut future = Box::pin(future);
    let caught = poll_fn(|cx| {
        let poll = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        poll.map_or_else(|payload| Poll::Ready(Some(payload)), |poll| poll.map(|_| None))
    });
    let payload = caught.await.expect("it panics");
    drop(future);
    payload
        .downcast_ref::<&str>()
        .map_or_else(|| payload.downcast_ref::<String>().unwrap().clone(), |text| (*text).into())
}

#[tokio::test]
async fn a_body_or_an_iterator_that_panics_on_another_thread_leaves_nothing() {
    let _deadline = deadline();
    for place in [0, 1, 50, 99] {
        for (message, shop) in [
            ("the page is lost", Shop { count: 100, panics_at: Some(place), ..Shop::default() }),
            ("no more ids", Shop { count: 100, next_panics_at: Some(place), ..Shop::default() }),
        ] {
            let shop = Arc::new(shop);
            assert!(panic_of(shop.again()).await.contains(message));
            let run = shop.run();
            assert!(panic_of(run.again()).await.contains(message));
            assert!(panic_of(run.pages()).await.contains("task `pages` panicked"));
            drop(run);
            settle().await;
            assert_eq!((shop.left(), Arc::strong_count(&shop)), ((0, 0), 1));
        }
    }
}

/// A body that panics when it is dropped.
struct Bomb;

struct Bombs;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("boom");
    }
}

#[dag]
impl Bombs {
    fn ids(&self) -> [usize; 3] {
        [0, 1, 2]
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: &usize) -> Result<usize, String> {
        if *id == 2 {
            yield_once().await;
            return Err("failed".to_owned());
        }
        let _bomb = Bomb;
        std::future::pending().await
    }
}

#[tokio::test]
async fn bodies_that_panic_when_they_are_dropped_keep_no_failure() {
    let _deadline = deadline();
    assert_eq!(Arc::new(Bombs).pages().await, Err("failed".to_owned()));
    let run = Arc::new(Bombs).run();
    assert_eq!(run.pages().await.unwrap_err().to_string(), "task `pages[2]` failed");
}
