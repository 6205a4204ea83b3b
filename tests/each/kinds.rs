//! Such tasks in every kind of block: beside tasks on other threads, inside another graph, generic, `local`, and with
//! options.
#![cfg(feature = "tokio")]
#![allow(clippy::unnecessary_wraps, reason = "some tasks here are declared fallible")]

use std::fmt::{self, Debug};
use std::io;
use std::num::ParseIntError;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adagio::{TaskError, TimedOut, dag};

use crate::common::{Driven, deadline, now, yield_once};
use crate::runs::Log;

/// A block with tasks on other threads.
#[derive(Default)]
struct Threads {
    fails: bool,
}

#[dag]
impl Threads {
    #[task(spawn)]
    async fn ids(&self) -> Vec<u32> {
        yield_once().await;
        (0..100).collect()
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &u32) -> Result<u32, io::Error> {
        yield_once().await;
        if self.fails && *id == 70 { Err(io::Error::other("lost")) } else { Ok(id * 2) }
    }

    #[depends(page in pages_again)]
    fn halves(&self, page: u32) -> u32 {
        page / 2
    }

    #[depends(pages)]
    #[task(blocking)]
    fn pages_again(&self, pages: Vec<u32>) -> Vec<u32> {
        pages
    }

    #[depends(halves)]
    #[task(spawn)]
    async fn sum(&self, halves: Vec<u32>) -> u32 {
        halves.into_iter().sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_stay_with_the_driver_of_a_block_with_tasks_on_other_threads() {
    let _deadline = deadline();
    let threads = Arc::new(Threads::default());
    assert_eq!(threads.sum().await.unwrap(), 4_950);
    assert_eq!(threads.pages().await.unwrap().len(), 100);
    assert_eq!(threads.halves().await.unwrap()[99], 99);
    let run = threads.run();
    assert_eq!(*run.sum().await.unwrap(), 4_950);
    let broken = Arc::new(Threads { fails: true });
    assert_eq!(broken.sum().await.unwrap_err().to_string(), "lost");
    assert_eq!(broken.run().sum().await.unwrap_err().to_string(), "task `pages[70]` failed");
}

/// A block inside another.
struct Inner {
    limit: usize,
    most: AtomicUsize,
    now: AtomicUsize,
}

#[dag]
impl Inner {
    fn ids(&self) -> Vec<usize> {
        (0..50).collect()
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &usize) -> Result<usize, io::Error> {
        let bodies = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(bodies, Ordering::SeqCst);
        yield_once().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
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
        Inner { limit: self.limit, most: AtomicUsize::new(0), now: AtomicUsize::new(0) }
    }

    #[depends(inner.pages, inner)]
    fn most(&self, pages: &[usize], inner: &Inner) -> Result<(usize, usize), io::Error> {
        Ok((pages.len(), inner.most.load(Ordering::SeqCst)))
    }

    #[depends(catch inner.pages)]
    fn report(&self, pages: Result<&[usize], TaskError>) -> String {
        pages.map_or_else(|error| error.to_string(), |pages| pages.len().to_string())
    }
}

#[test]
fn bodies_of_an_inner_graph_take_slots_of_the_outer_one() {
    let outer = Outer { limit: 50 };
    assert_eq!(Driven::new(outer.most()).run().unwrap(), (50, 4));
    let run = outer.run().max_concurrency(7);
    assert_eq!(*Driven::new(run.most()).run().unwrap(), (50, 7));
    let broken = Outer { limit: 20 };
    assert_eq!(Driven::new(broken.most()).run().unwrap_err().to_string(), "lost");
    let text = "task `inner.pages[20]` failed";
    assert_eq!(Driven::new(broken.report()).run(), text);
    let run = broken.run();
    assert_eq!(Driven::new(run.report()).run(), text);
    let error = Driven::new(run.most()).run().unwrap_err();
    assert_eq!((error.to_string().as_str(), error.task(), error.index()), (text, "inner.pages", Some(20)));
}

/// A generic block.
struct Generic<'g, T> {
    values: &'g [T],
}

#[dag]
impl<'g, T: Clone + Debug + Send + Sync> Generic<'g, T> {
    fn values(&self) -> &'g [T] {
        self.values
    }

    #[depends(value in values)]
    async fn pairs(&self, value: &T) -> (T, &str) {
        (value.clone(), "x")
    }

    #[depends((value, text) in copies)]
    fn texts(&self, value: &T, text: &str) -> String {
        format!("{value:?}{text}")
    }

    #[depends(pairs)]
    fn copies(&self, pairs: &Vec<(T, &str)>) -> Vec<(T, String)> {
        pairs.iter().map(|(value, text)| (value.clone(), (*text).to_owned())).collect()
    }
}

#[test]
fn a_generic_block_goes_over_values_of_a_parameter() {
    assert_eq!(now(Generic { values: &['a', 'b'] }.texts()), ["'a'x", "'b'x"]);
    assert_eq!(*now(Generic { values: &[1] }.run().texts()), ["1x"]);
}

/// A block whose values stay on one thread.
struct Local;

#[dag(local)]
impl Local {
    fn values(&self) -> Vec<Rc<u8>> {
        vec![Rc::new(1), Rc::new(2)]
    }

    #[depends(value in values)]
    async fn copies(&self, value: Rc<u8>) -> Rc<u8> {
        value
    }
}

#[test]
fn values_of_a_local_block_stay_on_one_thread() {
    assert_eq!(now(Local.copies()), [Rc::new(1), Rc::new(2)]);
}

/// Bodies that fail at first, and bodies that take too long.
#[derive(Default)]
struct Attempts {
    attempts: AtomicUsize,
}

#[dag]
impl Attempts {
    fn ids(&self) -> [u64; 3] {
        [1, 2, 3]
    }

    #[depends(id in ids)]
    #[task(retry = 2, backoff = "1ms..1ms")]
    async fn pages(&self, id: &u64) -> Result<u64, io::Error> {
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst);
        if attempt < 3 { Err(io::Error::other("again")) } else { Ok(*id) }
    }

    #[depends(id in ids)]
    #[task(timeout = "2s")]
    async fn slow(&self, id: u64) -> Result<u64, TimedOut> {
        tokio::time::sleep(Duration::from_secs(id)).await;
        Ok(id)
    }

    #[depends(id in ids)]
    #[task(retry = 4, backoff = "1ms..1ms")]
    fn now(&self, id: u64) -> Result<u64, io::Error> {
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst);
        if attempt < 3 { Err(io::Error::other("again")) } else { Ok(id) }
    }
}

#[tokio::test(start_paused = true)]
async fn each_element_has_attempts_and_a_timeout_of_its_own() {
    let attempts = Attempts::default();
    assert_eq!(attempts.pages().await.unwrap(), [1, 2, 3]);
    assert_eq!(attempts.attempts.swap(0, Ordering::SeqCst), 6);
    assert_eq!(attempts.now().await.unwrap(), [1, 2, 3]);
    assert_eq!(attempts.attempts.load(Ordering::SeqCst), 6);
    let run = attempts.run();
    let error = run.slow().await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.downcast_ref::<TimedOut>().is_some()),
        ("task `slow[2]` failed", true)
    );
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_the_attempts_for_each_element() {
    let attempts = Attempts::default();
    let log = Arc::new(Log::default());
    let run = attempts.run().observe(Arc::clone(&log));
    assert_eq!(run.pages().await.unwrap(), &[1, 2, 3]);
    assert_eq!(attempts.attempts.load(Ordering::SeqCst), 6);
    let events = log.events();
    let of = |word: &str| events.iter().filter(|event| event.starts_with(word)).count();
    assert_eq!((of("start pages["), of("fail pages["), of("Done pages[")), (6, 3, 3), "{events:?}");
}

/// Elements whose failures are values.
struct Caught {
    fails: bool,
}

#[dag]
impl Caught {
    fn texts(&self) -> Result<[&'static str; 3], fmt::Error> {
        if self.fails { Err(fmt::Error) } else { Ok(["1", "x", "3"]) }
    }

    #[depends(text in texts)]
    #[task(catch, retry = 1, backoff = "1ms..1ms")]
    async fn numbers(&self, text: &str) -> Result<u64, ParseIntError> {
        text.parse()
    }

    #[depends(number in numbers_again)]
    #[task(catch)]
    fn halves(&self, number: Result<&u64, &ParseIntError>) -> Result<u64, ParseIntError> {
        number.map(|number| number / 2).map_err(Clone::clone)
    }

    #[depends(numbers)]
    fn numbers_again(&self, numbers: Vec<Result<u64, ParseIntError>>) -> Vec<Result<u64, ParseIntError>> {
        numbers
    }

    #[depends(halves)]
    fn sum(&self, halves: &[Result<u64, ParseIntError>]) -> u64 {
        halves.iter().flatten().sum()
    }
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_an_element_is_a_value_with_catch() {
    let caught = Caught { fails: false };
    let numbers: Result<Vec<Result<u64, ParseIntError>>, fmt::Error> = caught.numbers().await;
    assert_eq!(numbers.unwrap().iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(caught.sum().await, Ok(1));
    assert_eq!(*caught.run().sum().await.unwrap(), 1);
    // A failure above it is that of the task.
    assert_eq!(Caught { fails: true }.sum().await, Err(fmt::Error));
    assert_eq!(Caught { fails: true }.run().halves().await.unwrap_err().to_string(), "task `texts` failed");
}
