//! Tasks on several threads, aborted and dropped at any moment: none is lost, none runs twice.
#![cfg(feature = "tokio")]
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::{Scope, Task, TaskError, all, scope, task};
use tokio::runtime::Handle;
use tokio::task::yield_now;

/// Counts the bodies that are under way, and those that ran.
#[derive(Default)]
struct Counter {
    under_way: AtomicUsize,
    most: AtomicUsize,
    runs: AtomicUsize,
}

struct Run(Arc<Counter>);

impl Run {
    fn begin(counter: &Arc<Counter>) -> Self {
        counter.runs.fetch_add(1, Ordering::SeqCst);
        let now = counter.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        counter.most.fetch_max(now, Ordering::SeqCst);
        Self(Arc::clone(counter))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[task]
async fn add(counter: Arc<Counter>, yields: usize, left: &u64, right: u64) -> u64 {
    let _run = Run::begin(&counter);
    for _ in 0..yields {
        yield_now().await;
    }
    left.wrapping_add(right)
}

/// Creates a graph in which each task takes two earlier ones. Returns the tasks and the result of the last one.
fn graph(counter: &Arc<Counter>, tasks: usize, random: &mut Random) -> (Vec<Task<u64>>, u64) {
    let mut made = vec![Task::value(1), Task::value(2)];
    let mut expected = vec![1_u64, 2];
    for _ in 0..tasks {
        let (left, right) = (random.below(made.len()), random.below(made.len()));
        made.push(add(Arc::clone(counter), random.below(3), &made[left], &made[right]));
        expected.push(expected[left].wrapping_add(expected[right]));
    }
    (made, expected.pop().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn graphs_of_any_shape_give_what_they_should() {
    let _deadline = crate::common::deadline();
    let mut random = Random(0x5eed);
    for round in 0..200 {
        let counter = Arc::new(Counter::default());
        let tasks = [1, 64, 65, 300][round % 4];
        let (last, expected) = scope(async {
            let (made, expected) = graph(&counter, tasks, &mut random);
            (made.last().unwrap().await.unwrap(), expected)
        })
        .await
        .unwrap();
        assert_eq!((last, counter.runs.load(Ordering::SeqCst)), (expected, tasks));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_limit_holds_on_many_threads() {
    let _deadline = crate::common::deadline();
    let mut random = Random(0x1234);
    for round in 0..100 {
        let counter = Arc::new(Counter::default());
        let limit = 1 + round % 3;
        Scope::new().max_concurrency(limit).run(async { graph(&counter, 100, &mut random) }).await.unwrap();
        assert_eq!(counter.runs.load(Ordering::SeqCst), 100);
        assert!(counter.most.load(Ordering::SeqCst) <= limit);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_under_way_after_a_scope_whatever_is_aborted_or_fails() {
    let _deadline = crate::common::deadline();
    let mut random = Random(0xabcd);
    for round in 0..300 {
        let counter = Arc::new(Counter::default());
        let (limit, fails) = ([1, 2, usize::MAX][round % 3], round % 2 == 0);
        let result = Scope::new()
            .max_concurrency(limit)
            .run(async {
                let (made, _) = graph(&counter, 100, &mut random);
                for _ in 0..random.below(5) {
                    yield_now().await;
                    made[random.below(made.len())].abort();
                }
                if fails {
                    Task::<()>::try_spawn(async { Err("on purpose") });
                }
                all(made).await.map(|_| ())
            })
            .await;
        assert_eq!(counter.under_way.load(Ordering::SeqCst), 0);
        assert_eq!(result.is_err(), fails, "{result:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_scope_can_be_dropped_at_any_moment() {
    let _deadline = crate::common::deadline();
    let mut random = Random(0x7777);
    let counter = Arc::new(Counter::default());
    for round in 0..300 {
        let limit = [1, 3, usize::MAX][round % 3];
        let run = Scope::new().max_concurrency(limit).run(async {
            let (made, _) = graph(&counter, 60, &mut Random(1 + round as u64));
            all(made).await.unwrap();
        });
        let mut run = Box::pin(run);
        for _ in 0..random.below(10) {
            if futures::poll!(run.as_mut()).is_ready() {
                break;
            }
            yield_now().await;
        }
    }
    while Handle::current().metrics().num_alive_tasks() > 0 {
        yield_now().await;
    }
    assert_eq!(counter.under_way.load(Ordering::SeqCst), 0);
}

#[task]
async fn fibonacci(number: u32) -> Result<u64, TaskError> {
    if number < 2 {
        return Ok(number.into());
    }
    let (left, right) = (fibonacci(number - 1), fibonacci(number - 2));
    Ok(left.await? + right.await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_make_tasks_end_under_any_limit() {
    let _deadline = crate::common::deadline();
    for limit in [1, 2, 5, usize::MAX] {
        let run = Scope::new().max_concurrency(limit).run(async { fibonacci(14).await.unwrap() });
        assert_eq!(run.await.unwrap(), 377);
    }
}

#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_value_is_there_for_all_who_take_it() {
    let _deadline = crate::common::deadline();
    for _ in 0..300 {
        let clones = Arc::new(AtomicUsize::new(0));
        let counted = Counted(Arc::clone(&clones));
        let value = Task::spawn(async move { counted });
        let takers: Vec<Task<bool>> =
            (0..8).map(|_| value.then(|counted| async move { Arc::strong_count(&counted.0) > 1 })).collect();
        drop(value);
        assert_eq!(all(takers).await.unwrap(), [true; 8]);
        assert!(clones.load(Ordering::SeqCst) <= 8);
        assert_eq!(Arc::strong_count(&clones), 1);
    }
}
