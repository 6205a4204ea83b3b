//! Many runs and calls at once that share a semaphore, with failures, panics and drops at random, beside a model of what
//! each must return.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adagio::{TaskError, dag};
use futures::FutureExt;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

/// Longer than any machine takes for a round.
const LONG: Duration = Duration::from_secs(120);
const TASKS: usize = 8;
const ROUNDS: u64 = 150;

/// Xorshift.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 20).unwrap() % end
    }

    fn is(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }
}

/// How a task behaves.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Ok,
    /// Its first attempt fails, and there is another.
    Second,
    Err,
    Panic,
}

/// What all calls and runs of a round share.
struct Database {
    permits: Semaphore,
    holders: AtomicUsize,
    most: usize,
}

/// Counts a body while it holds a permit.
struct Holder<'d>(&'d Database);

impl<'d> Holder<'d> {
    fn new(database: &'d Database) -> Self {
        let before = database.holders.fetch_add(1, Ordering::SeqCst);
        assert!(before < database.most, "too many hold a permit");
        Self(database)
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        self.0.holders.fetch_sub(1, Ordering::SeqCst);
    }
}

struct World {
    database: Arc<Database>,
    yields: [usize; TASKS],
    ends: [End; TASKS],
    /// How many attempts of each task have begun.
    begun: [AtomicUsize; TASKS],
}

/// What each task needs.
const NEEDS: [&[usize]; TASKS] = [&[], &[], &[0], &[0, 1], &[1], &[2, 3], &[4], &[5, 6]];

impl World {
    fn new(database: &Arc<Database>, random: &mut Random) -> Arc<Self> {
        let end = |random: &mut Random| match random.below(24) {
            0 => End::Panic,
            1 | 2 => End::Err,
            3..=6 => End::Second,
            _ => End::Ok,
        };
        Arc::new(Self {
            database: Arc::clone(database),
            yields: [(); TASKS].map(|()| random.below(3)),
            ends: [(); TASKS].map(|()| end(random)),
            begun: Default::default(),
        })
    }

    /// Does the part of a task that does not wait.
    fn begin(&self, task: usize) -> Result<usize, String> {
        let before = self.begun[task].fetch_add(1, Ordering::SeqCst);
        match self.ends[task] {
            End::Second if before == 0 => Err("again".to_owned()),
            End::Ok | End::Second => Ok(task),
            End::Err => Err(format!("{task}")),
            End::Panic => panic!("{task}"),
        }
    }

    async fn hold(&self, task: usize) -> Result<usize, String> {
        let _holder = Holder::new(&self.database);
        for _ in 0..self.yields[task] {
            yield_now().await;
        }
        self.begin(task)
    }

    fn may_panic(&self) -> bool {
        self.ends.contains(&End::Panic)
    }

    /// Returns whether a task succeeds.
    fn succeeds(&self, task: usize) -> bool {
        matches!(self.ends[task], End::Ok | End::Second) && NEEDS[task].iter().all(|&need| self.succeeds(need))
    }

    /// Returns how often the body of each task runs, if nothing panics and everything that can run does.
    fn expected(&self) -> [usize; TASKS] {
        std::array::from_fn(|task| {
            let is_run = NEEDS[task].iter().all(|&need| self.succeeds(need));
            let attempts = match self.ends[task] {
                End::Second | End::Err => 2,
                End::Ok | End::Panic => 1,
            };
            if is_run { attempts } else { 0 }
        })
    }
}

#[dag]
impl World {
    #[task(permit = |this| &this.database.permits, retry = 1, backoff = "1ms..1ms")]
    async fn t0(&self) -> Result<usize, String> {
        self.hold(0).await
    }

    #[task(spawn, permit = |this| &this.database.permits, retry = 1, backoff = "1ms..1ms")]
    async fn t1(&self) -> Result<usize, String> {
        self.hold(1).await
    }

    #[depends(t0)]
    #[task(spawn, permit = |this| &this.database.permits, retry = 1, backoff = "1ms..1ms")]
    async fn t2(&self, t0: usize) -> Result<usize, String> {
        self.hold(t0 + 2).await
    }

    #[depends(t0, t1)]
    #[task(blocking, permit = |this| &this.database.permits, retry = 1, backoff = "1ms..1ms")]
    fn t3(&self, t0: usize, t1: usize) -> Result<usize, String> {
        let _holder = Holder::new(&self.database);
        self.begin(t0 + t1 + 2)
    }

    #[depends(t1)]
    #[task(retry = 1, backoff = "1ms..1ms")]
    async fn t4(&self, t1: usize) -> Result<usize, String> {
        self.begin(t1 + 3)
    }

    #[depends(t2, t3)]
    #[task(permit = |this| &this.database.permits, retry = 1, backoff = "1ms..1ms")]
    fn t5(&self, t2: usize, t3: usize) -> Result<usize, String> {
        let _holder = Holder::new(&self.database);
        self.begin(t2 + t3)
    }

    #[depends(t4)]
    #[task(spawn, finish, permit = |this| &this.database.permits, retry = 1, backoff = "1ms..1ms")]
    async fn t6(&self, t4: usize) -> Result<usize, String> {
        self.hold(t4 + 2).await
    }

    #[depends(t5, t6)]
    #[task(retry = 1, backoff = "1ms..1ms")]
    async fn t7(&self, t5: usize, t6: usize) -> Result<usize, String> {
        self.begin(t5 + t6 - 4)
    }
}

/// Awaits a future, or drops it after some polls.
async fn perhaps<T>(future: impl Future<Output = T>, polls: Option<usize>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == Some(0) {
            return std::task::Poll::Ready(None);
        }
        left = left.map(|left| left - 1);
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// One call or run, which is dropped after some polls, or ends.
async fn use_world(world: Arc<World>, limit: usize, is_run: bool, polls: Option<usize>) {
    if !is_run {
        let call = perhaps(AssertUnwindSafe(world.t7()).catch_unwind(), polls).await;
        match call {
            Some(Ok(result)) => assert_eq!(result.is_ok(), world.succeeds(7)),
            Some(Err(_)) => assert!(world.may_panic()),
            None => {}
        }
        return;
    }
    let run = world.run().max_concurrency(limit);
    let settled = perhaps(AssertUnwindSafe(run.settle()).catch_unwind(), polls).await;
    match settled {
        Some(Ok(failures)) => {
            let failed: Vec<_> = failures.iter().map(TaskError::task).collect();
            let fails = |task: &usize| world.ends[*task] == End::Err && world.expected()[*task] > 0;
            let expected: Vec<_> = (0..TASKS).filter(fails).map(|task| format!("t{task}")).collect();
            let order = |mut names: Vec<String>| {
                names.sort();
                names
            };
            assert_eq!(order(failed.into_iter().map(str::to_owned).collect()), order(expected));
            let begun = world.begun.each_ref().map(|begun| begun.load(Ordering::SeqCst));
            assert_eq!(begun, world.expected());
        }
        Some(Err(_)) => assert!(world.may_panic()),
        None => {}
    }
}

#[test]
fn permits_are_never_lost_and_never_held_twice() {
    let _deadline = crate::common::deadline();
    std::panic::set_hook(Box::new(|info| {
        // The panics of tasks are expected.
        if info.payload().downcast_ref::<String>().is_none_or(|text| text.parse::<usize>().is_err()) {
            eprintln!("{info}");
        }
    }));
    for round in 0..ROUNDS {
        let mut random = Random::new(round);
        let most = 1 + random.below(3);
        let permits = Semaphore::new(most);
        let database = Arc::new(Database { permits, holders: AtomicUsize::new(0), most });
        let mut builder = if random.is(1, 3) { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        let runtime = builder.worker_threads(1 + random.below(3)).enable_time().build().unwrap();
        let uses: Vec<_> = (0..=random.below(4))
            .map(|_| {
                let world = World::new(&database, &mut random);
                let limit = if random.is(1, 3) { usize::MAX } else { 1 + random.below(3) };
                let (is_run, polls) = (random.is(2, 3), random.is(1, 3).then(|| random.below(8)));
                runtime.spawn(use_world(world, limit, is_run, polls))
            })
            .collect();
        runtime.block_on(async {
            let ends = async {
                for one in uses {
                    one.await.unwrap();
                }
                // Bodies with `finish` or `blocking` may outlive their callers.
                let all = database.permits.acquire_many(u32::try_from(most).unwrap()).await;
                assert_eq!(all.unwrap().num_permits(), most);
            };
            tokio::time::timeout(LONG, ends).await.unwrap_or_else(|_| panic!("round {round} hangs"));
        });
    }
}
