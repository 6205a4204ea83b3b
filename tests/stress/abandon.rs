//! Runs with `cancel_abandoned()`: threads come and go at random, and what nobody waits for is dropped.
#![cfg(feature = "tokio")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::{Lazy, Observer, Outcome, TaskEvent, dag};
use tokio::runtime::Builder;

use crate::common::deadline;
use crate::rounds::{Alarms, Failed, Random, World, on_threads, stress, wait};

const THREADS: u64 = 6;
const ROUNDS: u64 = 1500;

/// A body under way. There is never more than one of a task.
struct UnderWay<'w>(&'w AtomicUsize);

impl<'w> UnderWay<'w> {
    fn new(count: &'w AtomicUsize) -> Self {
        assert_eq!(count.fetch_add(1, Ordering::SeqCst), 0, "two bodies of one task are under way");
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

macro_rules! graph {
    ($graph:ident, $spawn:tt $(, $inline:meta)?) => {
        struct $graph {
            world: World,
            under_way: [AtomicUsize; 8],
        }

        impl $graph {
            async fn act(&self, task: usize, value: u64) -> Result<u64, Failed> {
                let _under_way = UnderWay::new(&self.under_way[task]);
                self.world.act(task, value).await
            }
        }

        #[dag $spawn]
        impl $graph {
            async fn a(&self) -> Result<u64, Failed> {
                self.act(0, 1).await
            }

            async fn b(&self) -> Result<u64, Failed> {
                self.act(1, 2).await
            }

            #[depends(a)]
            async fn c(&self, a: &u64) -> Result<u64, Failed> {
                self.act(2, a + 10).await
            }

            #[depends(a, b)]
            $(#[$inline])?
            async fn d(&self, a: &u64, b: &u64) -> Result<u64, Failed> {
                self.act(3, a + b).await
            }

            #[depends(b)]
            async fn e(&self, b: &u64) -> Result<u64, Failed> {
                self.act(4, b + 20).await
            }

            #[depends(c, d)]
            async fn f(&self, c: &u64, d: &u64) -> Result<u64, Failed> {
                self.act(5, c * d).await
            }

            #[depends(d, lazy e)]
            async fn g(&self, d: &u64, e: Lazy<'_, u64>) -> Result<u64, Failed> {
                let e = *e.await;
                self.act(6, d * e).await
            }

            #[depends(f, g)]
            $(#[$inline])?
            async fn h(&self, f: &u64, g: &u64) -> Result<u64, Failed> {
                self.act(7, f + g).await
            }
        }
    };
}

graph!(Threads, (spawn), task(inline));
graph!(Inline, ());

const VALUES: [u64; 8] = [1, 2, 11, 3, 22, 33, 66, 99];

/// Counts the attempts under way, and whatever ends without a beginning.
#[derive(Clone, Default)]
struct Balance(Arc<[AtomicUsize; 8]>);

impl Observer for Balance {
    fn started(&self, task: &TaskEvent<'_>) {
        let place = usize::try_from(task.id()).unwrap();
        assert_eq!(self.0[place].fetch_add(1, Ordering::SeqCst), 0, "{} starts twice", task.name());
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        if !matches!(outcome, Outcome::Skipped { .. }) {
            let place = usize::try_from(task.id()).unwrap();
            assert_eq!(self.0[place].fetch_sub(1, Ordering::SeqCst), 1, "{} ends twice", task.name());
        }
    }
}

macro_rules! round {
    ($run:ident, $random:ident, $polls:ident) => {{
        let task = $random.below(9);
        loop {
            let result = match task {
                0 => wait($run.a(), $polls),
                1 => wait($run.b(), $polls),
                2 => wait($run.c(), $polls),
                3 => wait($run.d(), $polls),
                4 => wait($run.e(), $polls),
                5 => wait($run.f(), $polls),
                6 => wait($run.g(), $polls),
                7 => wait($run.h(), $polls),
                _ => wait(async { $run.all().await.map(|outputs| outputs.h) }, $polls),
            };
            match result {
                Some(Ok(&value)) => {
                    let task = usize::try_from(task).unwrap().min(7);
                    return assert_eq!(value, VALUES[task], "the value of task {task}");
                }
                Some(Err(_)) => $run.retry_failed(),
                None => return,
            }
        }
    }};
}

fn on_this_thread(round: u64, alarms: &Alarms) {
    let mut random = Random::new(round, THREADS);
    let world = World::new(&mut random, alarms, 2);
    let graph = Inline { world, under_way: Default::default() };
    let (run, balance) = (graph.run().cancel_abandoned(), Balance::default());
    let run =
        if random.below(2) == 0 { run } else { run.max_concurrency(1 + usize::try_from(random.below(3)).unwrap()) };
    let run = if random.below(2) == 0 { run } else { run.observe(balance.clone()) };
    on_threads(THREADS, round, |random, polls| round!(run, random, polls));
    // Nobody waits any more, so nothing is under way.
    let under_way = graph.under_way.each_ref().map(|count| count.load(Ordering::SeqCst));
    assert_eq!(under_way, [0; 8], "after round {round}");
    assert!(balance.0.iter().all(|count| count.load(Ordering::SeqCst) == 0), "after round {round}");
    while let Some(Err(_)) = wait(run.all(), u64::MAX) {
        run.retry_failed();
    }
}

#[test]
fn every_waiter_gets_its_value_and_nothing_is_under_way_that_nobody_waits_for() {
    stress(ROUNDS, on_this_thread);
}

#[test]
fn spawned_tasks_that_are_aborted_start_anew() {
    let _deadline = deadline();
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    stress(ROUNDS, move |round, alarms| {
        let _runtime = runtime.enter();
        let handle = runtime.handle();
        let mut random = Random::new(round, THREADS);
        let world = World::new(&mut random, alarms, 2);
        let graph = Arc::new(Threads { world, under_way: Default::default() });
        let (run, balance) = (graph.run().cancel_abandoned(), Balance::default());
        let run =
            if random.below(2) == 0 { run } else { run.max_concurrency(1 + usize::try_from(random.below(3)).unwrap()) };
        let run = if random.below(2) == 0 { run } else { run.observe(balance) };
        on_threads(THREADS, round, |random, polls| {
            let _runtime = handle.enter();
            round!(run, random, polls);
        });
        while let Some(Err(_)) = wait(run.all(), u64::MAX) {
            run.retry_failed();
        }
    });
}
