//! Many calls and runs of one block with lazy dependencies, on several threads, in any order.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use adagio::{Lazy, TaskError, dag};
use tokio::runtime::Builder;
use tokio::task::yield_now;

use crate::common::deadline;
use crate::random::Random;

/// Longer than any machine takes for a round.
const LONG: Duration = Duration::from_secs(120);
const TASKS: usize = 10;

/// The behaviour of each task: how often it yields, whether it fails, and which results it asks for.
struct World {
    yields: [u64; TASKS],
    fails: [AtomicBool; TASKS],
    asks: [u64; TASKS],
    under_way: AtomicUsize,
    limit: AtomicUsize,
    starts: [AtomicUsize; TASKS],
}

impl World {
    fn new(random: &mut Random) -> Arc<Self> {
        Arc::new(Self {
            yields: [(); TASKS].map(|()| random.next() % 3),
            fails: [(); TASKS].map(|()| AtomicBool::new(random.is(1, 8))),
            asks: [(); TASKS].map(|()| random.next() % 4),
            under_way: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            starts: Default::default(),
        })
    }

    async fn act(&self, task: usize) -> Result<usize, String> {
        self.starts[task].fetch_add(1, Ordering::SeqCst);
        self.work(task).await;
        if self.fails[task].load(Ordering::SeqCst) { Err(format!("{task}")) } else { Ok(task) }
    }

    /// Computes for a while, never more at once than there are slots.
    async fn work(&self, task: usize) {
        for _ in 0..=self.yields[task] {
            let before = self.under_way.fetch_add(1, Ordering::SeqCst);
            assert!(before < self.limit.load(Ordering::SeqCst), "too many under way");
            std::hint::spin_loop();
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            yield_now().await;
        }
    }

    /// Asks for one, the other, both at once, or neither; some waits are given up.
    async fn ask(&self, task: usize, one: Lazy<'_, usize>, other: Lazy<'_, usize>) -> Result<usize, String> {
        self.starts[task].fetch_add(1, Ordering::SeqCst);
        self.work(task).await;
        let sum = match self.asks[task] {
            0 => 0,
            1 => *one.await,
            2 => {
                let (mut one, mut other) = (pin!(one.into_future()), pin!(other.into_future()));
                let mut sum = [None; 2];
                poll_fn(|cx| {
                    for (wait, sum) in [one.as_mut(), other.as_mut()].into_iter().zip(&mut sum) {
                        if sum.is_none() {
                            if let Poll::Ready(value) = wait.poll(cx) {
                                *sum = Some(*value);
                            }
                        }
                    }
                    if sum.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                sum.iter().flatten().sum()
            }
            _ => {
                let mut polls = 0;
                let mut wait = pin!(one.into_future());
                // Stops waiting at the second poll, for which it wakes itself.
                poll_fn(|cx| {
                    polls += 1;
                    if polls > 1 || wait.as_mut().poll(cx).is_ready() {
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
                0
            }
        };
        // A body that is polled while it waits has no slot before its next poll.
        yield_now().await;
        self.work(task).await;
        if self.fails[task].load(Ordering::SeqCst) { Err(format!("{task}")) } else { Ok(sum + task) }
    }

    /// Returns the result of a task, if no task that it asks for fails.
    fn expected(&self, task: usize) -> Option<usize> {
        let lazy: [(usize, [usize; 2]); 5] = [(3, [0, 1]), (4, [1, 2]), (6, [3, 5]), (7, [3, 4]), (8, [6, 7])];
        if self.fails[task].load(Ordering::SeqCst) {
            return None;
        }
        let Some((_, asked)) = lazy.into_iter().find(|(asker, _)| *asker == task) else { return Some(task) };
        match self.asks[task] {
            1 => Some(task + self.expected(asked[0])?),
            2 => Some(task + self.expected(asked[0])? + self.expected(asked[1])?),
            // The order decides whether it sees the failure of a task that it asked for before it stops waiting.
            3 => self.expected(asked[0]).map(|_| task),
            _ => Some(task),
        }
    }

    /// Returns whether a wait that may fail is given up.
    fn is_a_race(&self) -> bool {
        [3, 4, 6, 7, 8].into_iter().any(|task| self.asks[task] == 3)
            && self.fails.iter().any(|fails| fails.load(Ordering::SeqCst))
    }
}

#[dag(spawn)]
impl World {
    async fn t0(&self) -> Result<usize, String> {
        self.act(0).await
    }

    #[task(inline)]
    async fn t1(&self) -> Result<usize, String> {
        self.act(1).await
    }

    async fn t2(&self) -> Result<usize, String> {
        self.act(2).await
    }

    #[depends(lazy t0, lazy t1)]
    async fn t3(&self, t0: Lazy<'_, usize>, t1: Lazy<'_, usize>) -> Result<usize, String> {
        self.ask(3, t0, t1).await
    }

    #[depends(lazy t1, lazy t2)]
    #[task(inline)]
    async fn t4(&self, t1: Lazy<'_, usize>, t2: Lazy<'_, usize>) -> Result<usize, String> {
        self.ask(4, t1, t2).await
    }

    async fn t5(&self) -> Result<usize, String> {
        self.act(5).await
    }

    #[depends(lazy t3, lazy t5)]
    async fn t6(&self, t3: Lazy<'_, usize>, t5: Lazy<'_, usize>) -> Result<usize, String> {
        self.ask(6, t3, t5).await
    }

    #[depends(lazy t3, lazy t4)]
    async fn t7(&self, t3: Lazy<'_, usize>, t4: Lazy<'_, usize>) -> Result<usize, String> {
        self.ask(7, t3, t4).await
    }

    #[depends(t5, lazy t6, lazy t7)]
    async fn t8(&self, t5: &usize, t6: Lazy<'_, usize>, t7: Lazy<'_, usize>) -> Result<usize, String> {
        assert_eq!(*t5, 5);
        self.ask(8, t6, t7).await
    }

    #[depends(catch t8)]
    async fn goal(&self, t8: Option<&usize>) -> Option<usize> {
        t8.copied()
    }
}

async fn round(world: Arc<World>, random: &mut Random) {
    let expected = world.expected(5).and_then(|_| world.expected(8));
    let is_expected = |goal: Option<usize>| world.is_a_race() || goal == expected;
    if random.is(1, 4) {
        _ = tokio::time::timeout(Duration::ZERO, world.goal()).await;
    }
    assert!(is_expected(world.goal().await));
    while Arc::strong_count(&world) > 1 {
        // The tasks that a call dropped may not have ended yet.
        yield_now().await;
    }
    for limit in [1, 2, usize::MAX] {
        world.limit.store(limit, Ordering::SeqCst);
        for starts in &world.starts {
            starts.store(0, Ordering::SeqCst);
        }
        let run = Arc::new(world.run().max_concurrency(limit));
        let other = tokio::spawn({
            let run = Arc::clone(&run);
            async move { *run.goal().await }
        });
        let given_up = Duration::from_micros(random.next() % 50);
        _ = tokio::time::timeout(given_up, run.goal()).await;
        assert!(is_expected(*run.goal().await));
        assert!(is_expected(other.await.unwrap()));
        // The tasks that were not asked for are wanted now.
        let failures = run.settle().await;
        let fails = |task: &str| world.fails[task[1..].parse::<usize>().unwrap()].load(Ordering::SeqCst);
        assert!(failures.iter().map(TaskError::task).all(fails), "{failures:?}");
        let failed: Vec<bool> = world.fails.iter().map(|fails| fails.swap(false, Ordering::SeqCst)).collect();
        run.retry_failed();
        assert!(run.settle().await.is_empty());
        let all = run.t8().await.unwrap();
        assert_eq!(Some(*all), world.expected(8));
        for (fails, failed) in world.fails.iter().zip(failed) {
            fails.store(failed, Ordering::SeqCst);
        }
        drop(run);
        while Arc::strong_count(&world) > 1 {
            yield_now().await;
        }
    }
}

#[test]
fn whatever_is_asked_for_in_whatever_order_the_goal_is_reached() {
    let _deadline = deadline();
    for threads in [0, 1, 3] {
        let runtime = match threads {
            0 => Builder::new_current_thread().enable_time().build().unwrap(),
            _ => Builder::new_multi_thread().worker_threads(threads).enable_time().build().unwrap(),
        };
        let mut random = Random(threads as u64);
        for seed in 0..300 {
            let world = World::new(&mut random);
            let round = async { tokio::time::timeout(LONG, round(world, &mut random)).await };
            runtime.block_on(round).unwrap_or_else(|_| panic!("round {seed} on {threads} workers hangs"));
        }
    }
}
