//! Stages on other threads beside stages of the driver, with limits, failures and drops at random.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use adagio::dag;

use super::settle;
use crate::common::{deadline, yield_once};

/// Five stages over some ids.
#[derive(Default)]
struct Mixed {
    count: usize,
    seed: usize,
    /// The stage and the element that fail, in this order as one number.
    fails: AtomicUsize,
    now: AtomicUsize,
}

struct Body<'m>(&'m Mixed);

impl Drop for Body<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Mixed {
    fn begin(&self) -> Body<'_> {
        self.now.fetch_add(1, Ordering::SeqCst);
        Body(self)
    }

    fn end(&self, stage: usize, element: usize) -> Result<usize, String> {
        let place = stage * 1_000 + element;
        if self.fails.load(Ordering::SeqCst) == place { Err(format!("{place}")) } else { Ok(element) }
    }

    async fn body(&self, stage: usize, element: usize) -> Result<usize, String> {
        let _body = self.begin();
        for _ in 0..(element * 7 + stage * 3 + self.seed) % 4 {
            yield_once().await;
        }
        self.end(stage, element)
    }
}

#[dag]
impl Mixed {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    #[task(spawn, max_concurrency = 7)]
    async fn first(&self, id: usize) -> Result<usize, String> {
        self.body(1, id).await
    }

    #[depends(element in first)]
    async fn second(&self, element: usize) -> Result<usize, String> {
        self.body(2, element).await
    }

    #[depends(element in second)]
    #[task(blocking, max_concurrency = 3)]
    fn third(&self, element: &usize) -> Result<usize, String> {
        let _body = self.begin();
        self.end(3, *element)
    }

    #[depends(element in third)]
    #[task(spawn)]
    async fn fourth(&self, element: &usize) -> Result<usize, String> {
        self.body(4, *element).await
    }

    #[depends(element in first)]
    #[task(spawn)]
    async fn beside(&self, element: &usize) -> Result<usize, String> {
        self.body(5, *element).await
    }

    #[depends(catch beside, fourth)]
    #[task(spawn)]
    async fn sum(&self, beside: Option<&[usize]>, fourth: &[usize]) -> usize {
        beside.map_or(0, |beside| beside.iter().sum()) + fourth.iter().sum::<usize>()
    }
}

/// Returns the next of some random numbers.
fn random(state: &mut usize, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

async fn attempt(seed: usize) {
    let mut state = seed;
    let count = [0, 1, 3, 20, 70][random(&mut state, 5)];
    let mixed = Arc::new(Mixed { count, seed, ..Mixed::default() });
    if random(&mut state, 2) == 0 && count > 0 {
        let place = (1 + random(&mut state, 5)) * 1_000 + random(&mut state, count);
        mixed.fails.store(place, Ordering::SeqCst);
    }
    let fails = mixed.fails.load(Ordering::SeqCst);
    let ids: usize = (0..count).sum();
    let call = mixed.sum().await;
    match fails / 1_000 {
        0 => assert_eq!(call, Ok(2 * ids)),
        5 => assert_eq!(call, Ok(ids)),
        _ => assert_eq!(call, Err(fails.to_string())),
    }
    let mut run = mixed.run();
    if random(&mut state, 2) == 0 {
        run = run.max_concurrency(1 + random(&mut state, 5));
    }
    if random(&mut state, 2) == 0 {
        run = run.cancel_abandoned();
    }
    for _ in 0..random(&mut state, 3) {
        let mut left = random(&mut state, 40);
        let mut goal = pin!(run.third());
        poll_fn(|cx| {
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(()) } else { goal.as_mut().poll(cx).map(|_| ()) }
        })
        .await;
    }
    let result = run.sum().await.copied();
    assert_eq!(result.is_err(), matches!(fails / 1_000, 1..=4), "{result:?}");
    if result.is_err() || random(&mut state, 2) == 0 {
        mixed.fails.store(0, Ordering::SeqCst);
        run.retry_failed();
        assert!(run.settle().await.is_empty());
        let sum = *run.sum().await.unwrap();
        assert!(sum == 2 * ids || sum == ids && fails / 1_000 == 5, "{sum}");
    }
    drop(run);
    while mixed.now.load(Ordering::SeqCst) > 0 || Arc::strong_count(&mixed) > 1 {
        settle().await;
    }
}

fn seeds() -> std::ops::Range<usize> {
    let count = std::env::var("ADAGIO_EACH").ok().and_then(|count| count.parse().ok());
    0..count.unwrap_or(200)
}

#[tokio::test]
async fn mixed_stages_end_on_one_thread() {
    let _deadline = deadline();
    for seed in seeds() {
        attempt(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn mixed_stages_end_on_several_threads() {
    let _deadline = deadline();
    for seed in seeds() {
        attempt(seed).await;
    }
}
