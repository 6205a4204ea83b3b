//! Panics, failures and drops of bodies on other threads beside other tasks.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use adagio::dag;
use tokio::runtime::Builder;

use super::drops::panic_of;
use super::settle;
use crate::common::{deadline, forever, now, yield_once};

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

/// Bodies of which the first one fails in each attempt.
#[derive(Default)]
struct Again {
    attempts: AtomicUsize,
    fails: bool,
}

fn is_again(error: &&'static str) -> bool {
    *error == "again"
}

#[dag]
impl Again {
    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    #[task(blocking, retry = 5, retry_if = is_again, backoff = "1h..1h")]
    fn pages(&self, id: usize) -> Result<usize, &'static str> {
        if id == 0 {
            self.attempts.fetch_add(1, Ordering::SeqCst);
            return Err("again");
        }
        while self.attempts.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        if self.fails { Err("worse") } else { Ok(id) }
    }
}

impl Again {
    /// Returns how many attempts have been made when all threads have ended. No time passes.
    async fn attempts(self: Arc<Self>) -> usize {
        while Arc::strong_count(&self) > 1 {
            tokio::task::yield_now().await;
        }
        self.attempts.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_makes_no_other_attempt_on_a_thread_that_may_block() {
    let _deadline = deadline();
    let again = Arc::new(Again::default());
    {
        let mut pages = pin!(again.pages());
        while again.attempts.load(Ordering::SeqCst) == 0 {
            assert!(poll_fn(|cx| Poll::Ready(pages.as_mut().poll(cx))).await.is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(again.attempts().await, 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_no_other_attempt_is_made_on_a_thread_that_may_block() {
    let _deadline = deadline();
    let again = Arc::new(Again { fails: true, ..Again::default() });
    assert_eq!(again.pages().await, Err("worse"));
    assert_eq!(again.attempts().await, 1);
}

/// One body awaits a result that needs its own task, and the other body fails, which ends that wait.
#[derive(Default)]
struct Circle {
    run: OnceLock<CircleRun>,
    waiting: AtomicUsize,
}

#[dag]
impl Circle {
    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: usize) -> Result<usize, &'static str> {
        if id == 0 {
            let _waits = Waits(&self.waiting);
            self.waiting.fetch_add(1, Ordering::SeqCst);
            return Ok(self.run.get().unwrap().report().await.len());
        }
        while self.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        settle().await;
        Err("broken")
    }

    #[depends(catch pages)]
    fn report(&self, pages: Option<&[usize]>) -> String {
        format!("{pages:?}")
    }
}

#[tokio::test]
async fn a_body_may_await_a_result_that_needs_its_task_while_another_body_is_under_way() {
    let _deadline = deadline();
    let circle = forever(Arc::new(Circle::default()));
    let run = circle.run.get_or_init(|| circle.run());
    assert_eq!(run.report().await, "None");
    assert_eq!(circle.waiting.load(Ordering::SeqCst), 0);
}

/// Elements on threads that may block, of two tasks.
struct Photos;

#[dag]
impl Photos {
    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    #[task(blocking)]
    fn images(&self, id: usize) -> usize {
        id
    }

    #[depends(id in ids)]
    #[task(blocking)]
    fn sizes(&self, id: usize) -> usize {
        id + 1
    }
}

#[test]
fn threads_that_may_block_are_those_of_the_runtime_that_drives() {
    let _deadline = deadline();
    let run = Arc::new(Photos).run();
    let runtime = || Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime().block_on(run.images()), &[0, 1]);
    assert_eq!(runtime().block_on(run.sizes()), &[1, 2]);
}

#[test]
fn without_a_runtime_elements_on_threads_that_may_block_say_how_to_start_one() {
    let _deadline = deadline();
    let panic = catch_unwind(AssertUnwindSafe(|| now(Arc::new(Photos).images()))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("the blocking task `images` needs a tokio runtime"), "{message}");
}

/// A collection that yields another element once it has been counted.
struct Grows(AtomicUsize);

impl<'g> IntoIterator for &'g Grows {
    type Item = &'g usize;
    type IntoIter = std::slice::Iter<'g, usize>;

    fn into_iter(self) -> Self::IntoIter {
        [0, 1, 2][..if self.0.fetch_add(1, Ordering::SeqCst) == 0 { 2 } else { 3 }].iter()
    }
}

struct Growing;

#[dag]
impl Growing {
    fn ids(&self) -> Grows {
        Grows(AtomicUsize::new(0))
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: usize) -> usize {
        id
    }
}

#[tokio::test]
async fn a_collection_that_yields_more_elements_than_it_has_counted_panics() {
    let _deadline = deadline();
    let panic = panic_of(Arc::new(Growing).pages()).await;
    assert!(panic.contains("a wide task needs a collection that yields as many elements each time"), "{panic}");
}
