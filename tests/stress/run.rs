//! Many threads wait for one run, drop their futures at random, and are woken from another thread.

use adagio::dag;

use crate::common::deadline;
use crate::rounds::{Alarms, Failed, Random, TASKS, World, on_threads, stress, wait};

const THREADS: u64 = 8;
const ROUNDS: u64 = 3000;

struct Graph(World);

#[dag]
impl Graph {
    async fn a(&self) -> Result<u64, Failed> {
        self.0.act(0, 1).await
    }

    async fn b(&self) -> Result<u64, Failed> {
        self.0.act(1, 2).await
    }

    #[depends(a)]
    async fn c(&self, a: &u64) -> Result<u64, Failed> {
        self.0.act(2, a + 10).await
    }

    #[depends(a, b)]
    async fn d(&self, a: &u64, b: &u64) -> Result<u64, Failed> {
        self.0.act(3, a + b).await
    }

    #[depends(b)]
    async fn e(&self, b: &u64) -> Result<u64, Failed> {
        self.0.act(4, b + 20).await
    }

    #[depends(c, d)]
    async fn f(&self, c: &u64, d: &u64) -> Result<u64, Failed> {
        self.0.act(5, c * d).await
    }

    #[depends(d, e)]
    async fn g(&self, d: &u64, e: &u64) -> Result<u64, Failed> {
        self.0.act(6, d * e).await
    }

    #[depends(f, g)]
    async fn h(&self, f: &u64, g: &u64) -> Result<u64, Failed> {
        self.0.act(7, f + g).await
    }
}

const VALUES: [u64; TASKS] = [1, 2, 11, 3, 22, 33, 66, 99];

/// Awaits a random task; when it fails, forgets that and awaits it again.
fn await_one(run: &GraphRun<'_>, random: &mut Random, polls: u64) {
    let task = random.below(TASKS as u64 + 1);
    loop {
        let result = match task {
            0 => wait(run.a(), polls),
            1 => wait(run.b(), polls),
            2 => wait(run.c(), polls),
            3 => wait(run.d(), polls),
            4 => wait(run.e(), polls),
            5 => wait(run.f(), polls),
            6 => wait(run.g(), polls),
            7 => wait(run.h(), polls),
            _ => wait(async { run.all().await.map(|outputs| outputs.h) }, polls),
        };
        match result {
            Some(Ok(&value)) => {
                let task = usize::try_from(task).unwrap().min(TASKS - 1);
                return assert_eq!(value, VALUES[task], "the value of task {task}");
            }
            Some(Err(_)) => run.retry_failed(),
            None => return,
        }
    }
}

fn round(round: u64, alarms: &Alarms, most_failures: u64) {
    let mut random = Random::new(round, THREADS);
    let graph = Graph(World::new(&mut random, alarms, most_failures));
    let run = graph.run();
    let run =
        if random.below(2) == 0 { run } else { run.max_concurrency(1 + usize::try_from(random.below(3)).unwrap()) };
    on_threads(THREADS, round, |random, polls| await_one(&run, random, polls));
    while let Some(Err(_)) = wait(run.all(), u64::MAX) {
        run.retry_failed();
    }
    graph.0.assert_starts(round);
}

#[test]
fn every_task_starts_once_and_every_waiter_gets_its_value() {
    let _deadline = deadline();
    stress(ROUNDS, |number, alarms| round(number, alarms, 0));
}

#[test]
fn what_fails_is_repaired_by_whoever_waits() {
    let _deadline = deadline();
    stress(ROUNDS, |number, alarms| round(number, alarms, 2));
}
