//! Many calls and runs of one block with caught failures, on several threads, in any order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adagio::{TaskError, dag};
use tokio::runtime::Builder;
use tokio::task::yield_now;

use crate::common::deadline;
use crate::random::Random;

/// Longer than any machine takes for a round.
const LONG: Duration = Duration::from_secs(120);
const TASKS: usize = 9;

/// The behaviour of each task: how often it yields, and whether it fails.
struct World {
    yields: [u64; TASKS],
    fails: [bool; TASKS],
    starts: [AtomicUsize; TASKS],
}

impl World {
    fn new(random: &mut Random) -> Self {
        Self {
            yields: [(); TASKS].map(|()| random.next() % 4),
            fails: [(); TASKS].map(|()| random.is(1, 3)),
            starts: Default::default(),
        }
    }

    /// Returns a world with the same behaviour, in which nothing has started.
    fn again(&self) -> Arc<Self> {
        Arc::new(Self { yields: self.yields, fails: self.fails, starts: Default::default() })
    }

    async fn act(&self, task: usize) -> Result<usize, String> {
        self.starts[task].fetch_add(1, Ordering::SeqCst);
        for _ in 0..self.yields[task] {
            yield_now().await;
        }
        if self.fails[task] { Err(format!("{task}")) } else { Ok(task) }
    }

    /// Returns the expected result of `sum`: the results that are there, and the first number of each missing task.
    fn expected(&self) -> String {
        let [c, d] = [[0, 1], [1, 2]].map(|above| !above.iter().any(|&task| self.fails[task]));
        let [c, d] = [c && !self.fails[3], d && !self.fails[4]];
        let e = !self.fails[5];
        format!("{} {} {}", u8::from(c), u8::from(d), u8::from(e && !self.fails[6]))
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

    #[depends(t0, t1)]
    async fn t3(&self) -> Result<usize, String> {
        self.act(3).await
    }

    #[depends(t1, t2)]
    #[task(inline)]
    async fn t4(&self) -> Result<usize, String> {
        self.act(4).await
    }

    #[task(blocking)]
    fn t5(&self) -> Result<usize, String> {
        if self.fails[5] { Err("5".to_owned()) } else { Ok(5) }
    }

    #[depends(t5)]
    async fn t6(&self) -> Result<usize, String> {
        self.act(6).await
    }

    #[depends(catch t3, catch t4, catch t6)]
    async fn sum(&self, t3: Option<usize>, t4: Result<usize, TaskError>, t6: Option<&usize>) -> String {
        if let Err(error) = &t4 {
            assert!(["t1", "t2", "t4"].contains(&error.task()));
        }
        yield_now().await;
        format!("{} {} {}", u8::from(t3.is_some()), u8::from(t4.is_ok()), u8::from(t6.is_some()))
    }

    #[depends(sum, catch t0)]
    fn goal(&self, sum: &str, t0: Result<&usize, TaskError>) -> String {
        assert_eq!(t0.is_err(), self.fails[0]);
        sum.to_owned()
    }
}

async fn round(world: World, random: &mut Random) {
    let expected = world.expected();
    let calls = world.again();
    // A call that is dropped leaves nothing behind that others wait for.
    if random.is(1, 4) {
        _ = tokio::time::timeout(Duration::ZERO, calls.goal()).await;
    }
    assert_eq!(calls.goal().await, expected);
    for limit in [1, 2, usize::MAX] {
        // A thread may still begin a body that the calls, or an earlier run, have given up.
        let world = world.again();
        let run = Arc::new(world.run().max_concurrency(limit));
        let other = tokio::spawn({
            let run = Arc::clone(&run);
            async move { run.goal().await.clone() }
        });
        let given_up = Duration::from_micros(random.next() % 50);
        _ = tokio::time::timeout(given_up, run.goal()).await;
        assert_eq!(*run.goal().await, expected);
        assert_eq!(other.await.unwrap(), expected);
        let failures = run.settle().await;
        let failed = failures.iter().map(TaskError::task);
        let fails = |task: &str| world.fails[task[1..].parse::<usize>().unwrap()];
        assert!(failed.clone().all(fails), "{failures:?}");
        assert!(world.starts.iter().all(|starts| starts.load(Ordering::SeqCst) <= 1));
        run.retry_failed();
        assert_eq!(run.settle().await.len(), failures.len());
        assert_eq!(*run.goal().await, expected);
    }
}

#[test]
fn whatever_fails_in_whatever_order_the_goal_is_reached() {
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
