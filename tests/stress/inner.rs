//! Two threads wait for runs with inner graphs, drop their futures at random, and are woken from a third thread.

use std::sync::Arc;

use adagio::dag;

use crate::common::yield_once;
use crate::rounds::{Alarms, Failed, Random, World, on_threads, stress, wait};

const THREADS: u64 = 2;
const ROUNDS: u64 = 20_000;

struct Bottom(Arc<World>);

#[dag]
impl Bottom {
    async fn a(&self) -> Result<u64, Failed> {
        self.0.act(0, 1).await
    }

    #[depends(a)]
    async fn b(&self, a: &u64) -> Result<u64, Failed> {
        self.0.act(1, a + 1).await
    }

    async fn c(&self) -> Result<u64, Failed> {
        self.0.act(2, 3).await
    }
}

struct Middle(Arc<World>);

#[dag]
impl Middle {
    async fn d(&self) -> Result<u64, Failed> {
        self.0.act(3, 4).await
    }

    #[task(graph)]
    async fn bottom(&self) -> Bottom {
        yield_once().await;
        Bottom(Arc::clone(&self.0))
    }

    #[depends(bottom.b, d)]
    async fn e(&self, b: &u64, d: &u64) -> Result<u64, Failed> {
        self.0.act(4, b + d).await
    }

    #[depends(bottom.c)]
    async fn f(&self, c: &u64) -> Result<u64, Failed> {
        self.0.act(5, c + 1).await
    }
}

struct Top(Arc<World>);

#[dag]
impl Top {
    #[task(graph)]
    fn middle(&self) -> Middle {
        Middle(Arc::clone(&self.0))
    }

    #[depends(middle.e, middle.d)]
    async fn g(&self, e: &u64, d: &u64) -> Result<u64, Failed> {
        self.0.act(6, e * d).await
    }

    #[depends(middle.f)]
    async fn h(&self, f: &u64) -> Result<u64, Failed> {
        self.0.act(7, f + 1).await
    }

    #[depends(g, h)]
    fn goal(&self, g: u64, h: u64) -> u64 {
        g + h
    }
}

/// Awaits a random task; when it fails, forgets that and awaits it again.
fn await_one(run: &TopRun<'_>, random: &mut Random, polls: u64) {
    let task = random.below(3);
    loop {
        let (result, value) = match task {
            0 => (wait(run.g(), polls), 24),
            1 => (wait(run.h(), polls), 5),
            _ => (wait(run.goal(), polls), 29),
        };
        match result {
            Some(Ok(&found)) => return assert_eq!(found, value, "the value of task {task}"),
            Some(Err(_)) => run.retry_failed(),
            None => return,
        }
    }
}

fn round(round: u64, alarms: &Alarms) {
    let mut random = Random::new(round, THREADS);
    let top = Top(Arc::new(World::new(&mut random, alarms, 1)));
    let run = top.run();
    let limit = random.below(6);
    let run = if limit > 2 { run } else { run.max_concurrency(1 + usize::try_from(limit).unwrap()) };
    on_threads(THREADS, round, |random, polls| await_one(&run, random, polls));
    while let Some(Err(_)) = wait(run.all(), u64::MAX) {
        run.retry_failed();
    }
    top.0.assert_starts(round);
}

#[test]
fn every_task_of_every_level_starts_once_and_every_waiter_gets_its_value() {
    stress(ROUNDS, round);
}
