//! Followers in every kind of block: beside tasks on other threads, inside another graph, generic, `local`, and with
//! options.
#![cfg(feature = "tokio")]

use std::fmt::Debug;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;

use super::now;
use crate::common::{Driven, deadline, yield_once};

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

    #[task(spawn)]
    async fn offset(&self) -> u32 {
        yield_once().await;
        1
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &u32) -> Result<String, io::Error> {
        yield_once().await;
        if self.fails && *id == 70 { Err(io::Error::other("lost")) } else { Ok(id.to_string()) }
    }

    #[depends(page in pages, offset)]
    async fn rows(&self, page: &str, offset: &u32) -> u32 {
        yield_once().await;
        page.parse::<u32>().unwrap() + offset
    }

    #[depends(row in rows)]
    fn halves(&self, row: u32) -> u32 {
        row / 2
    }

    #[depends(halves, rows, pages)]
    #[task(spawn)]
    async fn sum(&self, halves: Vec<u32>, rows: &[u32], pages: &[String]) -> u32 {
        halves.into_iter().sum::<u32>() + rows.iter().sum::<u32>() + u32::try_from(pages.len()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stages_stay_with_the_driver_of_a_block_with_tasks_on_other_threads() {
    let _deadline = deadline();
    let threads = Arc::new(Threads::default());
    assert_eq!(threads.sum().await.unwrap(), 2_500 + 5_050 + 100);
    assert_eq!(threads.halves().await.unwrap()[99], 50);
    let run = threads.run();
    assert_eq!(*run.sum().await.unwrap(), 2_500 + 5_050 + 100);
    let broken = Arc::new(Threads { fails: true });
    assert_eq!(broken.sum().await.unwrap_err().to_string(), "lost");
    assert_eq!(broken.run().sum().await.unwrap_err().to_string(), "task `pages[70]` failed");
}

#[tokio::test]
async fn a_call_of_a_task_with_followers_takes_its_results() {
    let _deadline = deadline();
    let threads = Arc::new(Threads::default());
    assert_eq!(threads.pages().await.unwrap()[99], "99");
    assert_eq!(threads.rows().await.unwrap()[99], 100);
}

/// A block inside another.
#[derive(Clone, Default)]
struct Inner {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    fails: bool,
}

#[dag]
impl Inner {
    fn ids(&self) -> Vec<usize> {
        (0..20).collect()
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> Result<usize, io::Error> {
        self.act().await;
        if self.fails && id == 7 { Err(io::Error::other("lost")) } else { Ok(id) }
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &usize) -> usize {
        self.act().await;
        *page
    }

    #[depends(rows)]
    fn total(&self, rows: &[usize]) -> usize {
        rows.iter().sum()
    }
}

impl Inner {
    async fn act(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        yield_once().await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Default)]
struct Outer {
    inner: Inner,
}

#[dag(max_concurrency = 3)]
impl Outer {
    #[task(graph)]
    fn inner(&self) -> Inner {
        self.inner.clone()
    }

    #[depends(inner.total, inner.rows)]
    #[allow(clippy::unnecessary_wraps)]
    fn end(&self, total: &usize, rows: &[usize]) -> Result<usize, io::Error> {
        Ok(total + rows.len())
    }

    #[depends(catch inner.total)]
    fn tried(&self, total: Option<&usize>) -> usize {
        total.copied().unwrap_or(1)
    }
}

#[test]
fn stages_of_an_inner_graph_take_slots_of_the_outer_one() {
    let outer = Outer::default();
    assert_eq!(Driven::new(outer.end()).run().unwrap(), 210);
    assert_eq!(outer.inner.most.load(Ordering::SeqCst), 3);
    let outer = Outer::default();
    assert_eq!(*Driven::new(outer.run().end()).run().unwrap(), 210);
    assert_eq!(outer.inner.most.load(Ordering::SeqCst), 3);
    assert_eq!(Driven::new(outer.tried()).run(), 190);
    let broken = Outer { inner: Inner { fails: true, ..Inner::default() } };
    assert_eq!(Driven::new(broken.end()).run().unwrap_err().to_string(), "lost");
    assert_eq!(Driven::new(broken.tried()).run(), 1);
    let run = broken.run();
    assert_eq!(Driven::new(run.end()).run().unwrap_err().to_string(), "task `inner.pages[7]` failed");
    assert_eq!(*Driven::new(run.tried()).run(), 1);
}

/// A block with parameters.
struct Generic<T>(Vec<T>);

#[dag]
impl<T: Clone + Debug + Send + Sync> Generic<T> {
    fn values(&self) -> &[T] {
        &self.0
    }

    #[depends(value in values)]
    async fn pairs(&self, value: &T) -> (String, T) {
        yield_once().await;
        (format!("{value:?}"), value.clone())
    }

    #[depends((text, value) in pairs)]
    async fn texts(&self, text: &str, value: T) -> String {
        yield_once().await;
        format!("{text} {value:?}")
    }

    #[depends((text, _value) in pairs)]
    fn lengths(&self, text: &str) -> usize {
        text.len()
    }
}

#[test]
fn a_pattern_takes_the_results_of_another_task_apart() {
    let generic = Generic(vec![1, 20, 300]);
    assert_eq!(Driven::new(generic.texts()).run(), ["1 1", "20 20", "300 300"]);
    assert_eq!(Driven::new(generic.run().lengths()).run(), &[1, 2, 3]);
}

/// A block whose values stay on one thread.
struct Local;

#[dag(local)]
impl Local {
    fn ids(&self) -> Rc<[u8]> {
        Rc::new([1, 2, 3])
    }

    #[depends(id in ids)]
    async fn values(&self, id: &u8) -> Rc<u8> {
        yield_once().await;
        Rc::new(*id)
    }

    #[depends(value in values)]
    async fn again(&self, value: Rc<u8>) -> Rc<u8> {
        yield_once().await;
        value
    }

    #[depends(_again in again)]
    fn count(&self) {}
}

#[test]
fn results_of_a_local_block_are_followed_on_one_thread() {
    assert_eq!(Driven::new(Local.again()).run().iter().map(|value| **value).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(Driven::new(Local.run().count()).run().len(), 3);
}

/// Elements that fail, and are tried again.
#[derive(Default)]
struct Tried {
    attempts: AtomicUsize,
}

#[dag]
impl Tried {
    fn ids(&self) -> [u32; 4] {
        [0, 1, 2, 3]
    }

    #[depends(id in ids)]
    #[task(catch)]
    async fn pages(&self, id: u32) -> Result<u32, io::Error> {
        yield_once().await;
        if id == 2 { Err(io::Error::other("no page")) } else { Ok(id) }
    }

    #[depends(page in pages)]
    #[task(catch)]
    fn rows(&self, page: &Result<u32, io::Error>) -> Result<u32, String> {
        page.as_ref().map(|page| page * 2).map_err(ToString::to_string)
    }

    #[depends(row in rows)]
    #[task(retry = 3, backoff = "1ms..2ms", timeout = "10s")]
    async fn tried(&self, row: Result<&u32, &String>) -> Result<u32, io::Error> {
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst);
        if attempt == 1 { Err(io::Error::other("once more")) } else { Ok(*row.unwrap_or(&100)) }
    }

    #[depends(row in rows)]
    #[task(retry = 3, backoff = "1ms..2ms")]
    fn tried_at_once(&self, row: &Result<u32, String>) -> Result<u32, io::Error> {
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst);
        if attempt == 1 { Err(io::Error::other("once more")) } else { Ok(row.clone().unwrap_or(100)) }
    }
}

#[test]
fn the_failure_of_an_element_is_a_value_for_a_follower() {
    let tried = Tried::default();
    let rows = Driven::new(tried.rows()).run();
    assert_eq!(rows, [Ok(0), Ok(2), Err("no page".to_owned()), Ok(6)]);
}

#[tokio::test(start_paused = true)]
async fn each_body_of_a_follower_has_attempts_of_its_own() {
    let _deadline = deadline();
    assert_eq!(Tried::default().tried().await.unwrap(), [0, 2, 100, 6]);
    assert_eq!(Tried::default().tried_at_once().await.unwrap(), [0, 2, 100, 6]);
    assert_eq!(Driven::new(Tried::default().pages()).run().len(), 4);
}

struct Raw;

#[dag]
impl Raw {
    fn ids(&self) -> Vec<u64> {
        vec![1, 2]
    }

    #[depends(id in ids)]
    async fn r#pages(&self, id: &u64) -> u64 {
        std::future::ready(*id).await
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &u64) -> u64 {
        std::future::ready(page + 1).await
    }
}

#[test]
fn a_task_with_a_raw_name_is_followed() {
    assert_eq!(now(Raw.rows()), [2, 3]);
}
