//! Bodies on other threads in every kind of block: inside another graph, generic, and with options.

use std::fmt::Debug;
use std::io;
use std::num::ParseIntError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adagio::{TaskError, TimedOut, dag};

use crate::common::{deadline, yield_once};

/// A block inside another, with bodies that stay with the driver.
struct Inner {
    limit: usize,
}

#[dag]
impl Inner {
    fn ids(&self) -> Vec<usize> {
        (0..50).collect()
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &usize) -> Result<usize, io::Error> {
        yield_once().await;
        if *id < self.limit { Ok(*id) } else { Err(io::Error::other("lost")) }
    }
}

struct Outer {
    limit: usize,
}

#[dag(max_concurrency = 4)]
impl Outer {
    #[task(graph)]
    fn inner(&self) -> Inner {
        Inner { limit: self.limit }
    }

    #[depends(inner.pages)]
    fn pages(&self, pages: &[usize]) -> Result<Vec<usize>, io::Error> {
        if pages.is_empty() { Err(io::Error::other("no pages")) } else { Ok(pages.to_vec()) }
    }

    #[depends(page in pages)]
    #[task(spawn)]
    async fn rows(&self, page: &usize) -> usize {
        yield_once().await;
        *page
    }

    #[depends(catch rows, inner.ids)]
    fn report(&self, rows: Result<&[usize], TaskError>, ids: &[usize]) -> String {
        rows.map_or_else(|error| error.to_string(), |rows| format!("{} of {}", rows.len(), ids.len()))
    }
}

#[tokio::test]
async fn bodies_on_other_threads_stand_beside_those_of_an_inner_graph() {
    let _deadline = deadline();
    let outer = Arc::new(Outer { limit: 50 });
    assert_eq!(outer.rows().await.unwrap().len(), 50);
    assert_eq!(outer.report().await, "50 of 50");
    assert_eq!(outer.run().report().await, "50 of 50");
    let broken = Arc::new(Outer { limit: 20 });
    assert_eq!(broken.rows().await.unwrap_err().to_string(), "lost");
    assert_eq!(broken.report().await, "task `inner.pages[20]` failed");
    let error = broken.run().rows().await.unwrap_err();
    assert_eq!((error.task(), error.index()), ("inner.pages", Some(20)));
}

/// A generic block.
struct Generic<T> {
    values: Vec<T>,
}

#[dag(spawn)]
impl<T: Clone + Debug + Send + Sync + 'static> Generic<T> {
    async fn values(&self) -> Vec<T> {
        self.values.clone()
    }

    #[depends(value in values)]
    async fn pairs(&self, value: &T) -> (T, String) {
        (value.clone(), "x".to_owned())
    }

    #[depends((value, text) in copies)]
    async fn texts(&self, value: &T, text: &str) -> String {
        format!("{value:?}{text}")
    }

    #[depends(pairs)]
    async fn copies(&self, pairs: Vec<(T, String)>) -> Vec<(T, String)> {
        pairs
    }
}

#[tokio::test]
async fn a_generic_block_goes_over_values_of_a_parameter() {
    let _deadline = deadline();
    assert_eq!(Arc::new(Generic { values: vec!['a', 'b'] }).texts().await, ["'a'x", "'b'x"]);
    assert_eq!(*Arc::new(Generic { values: vec![1] }).run().texts().await, ["1x"]);
}

/// Bodies that fail at first, bodies that take too long, and failures that are values.
#[derive(Default)]
struct Attempts {
    attempts: AtomicUsize,
}

impl Attempts {
    fn attempt<T>(&self, value: T) -> Result<T, io::Error> {
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst);
        if attempt < 3 { Err(io::Error::other("again")) } else { Ok(value) }
    }
}

#[dag]
impl Attempts {
    fn ids(&self) -> [u64; 3] {
        [1, 2, 3]
    }

    #[depends(id in ids)]
    #[task(spawn, retry = 2, backoff = "1ms..1ms")]
    async fn pages(&self, id: &u64) -> Result<u64, io::Error> {
        self.attempt(*id)
    }

    #[depends(id in ids)]
    #[task(blocking, retry = 4, backoff = "1ms..1ms")]
    fn here(&self, id: u64) -> Result<u64, io::Error> {
        self.attempt(id)
    }

    #[depends(id in ids)]
    #[task(spawn, timeout = "2500ms")]
    async fn slow(&self, id: u64) -> Result<u64, TimedOut> {
        tokio::time::sleep(Duration::from_secs(id)).await;
        Ok(id)
    }

    fn texts(&self) -> [&'static str; 3] {
        ["1", "x", "3"]
    }

    #[depends(text in texts)]
    #[task(catch, spawn)]
    async fn numbers(&self, text: &str) -> Result<u64, ParseIntError> {
        text.parse()
    }

    #[depends(number in numbers)]
    #[task(catch, blocking)]
    fn halves(&self, number: Result<&u64, &ParseIntError>) -> Result<u64, ParseIntError> {
        number.map(|number| number / 2).map_err(Clone::clone)
    }

    #[depends(catch slow, catch pages)]
    fn report(&self, slow: Result<&[u64], TaskError>, pages: Option<&[u64]>) -> String {
        format!("{:?} {}", pages.map(<[_]>::len), slow.map_or_else(|error| error.to_string(), |_| "fast".to_owned()))
    }
}

#[tokio::test(start_paused = true)]
async fn each_element_has_attempts_and_a_timeout_of_its_own() {
    let _deadline = deadline();
    let attempts = Arc::new(Attempts::default());
    assert_eq!(attempts.pages().await.unwrap(), [1, 2, 3]);
    assert_eq!(attempts.attempts.swap(0, Ordering::SeqCst), 6);
    assert_eq!(attempts.run().pages().await.unwrap(), &[1, 2, 3]);
    let error = attempts.run().slow().await.unwrap_err();
    assert_eq!(error.to_string(), "task `slow[2]` failed");
    assert!(error.downcast_ref::<TimedOut>().is_some());
    attempts.attempts.store(0, Ordering::SeqCst);
    assert_eq!(attempts.report().await, "Some(3) task `slow[2]` failed");
    assert_eq!(attempts.run().report().await, "Some(3) task `slow[2]` failed");
}

#[tokio::test]
async fn a_body_on_a_thread_that_may_block_is_tried_again_there() {
    let _deadline = deadline();
    let attempts = Arc::new(Attempts::default());
    assert_eq!(attempts.here().await.unwrap(), [1, 2, 3]);
    assert_eq!(attempts.attempts.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn the_failure_of_an_element_is_a_value_with_catch() {
    let _deadline = deadline();
    let attempts = Arc::new(Attempts::default());
    let halves = attempts.halves().await;
    assert_eq!(halves.iter().flatten().collect::<Vec<_>>(), [&0, &1]);
    assert_eq!(attempts.run().numbers().await.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
}
