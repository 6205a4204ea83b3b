//! The contestants: each is a loop that runs a graph a given number of times.

use std::time::{Duration, Instant};

use futures::future::{BoxFuture, LocalBoxFuture};
use rustix::time::{ClockId, clock_gettime};

use crate::body::Body;
use crate::shape::Shape;

mod async_dag;
mod dagrs;
pub mod dagx;
mod in_degrees;
mod join_all;
mod join_set;
mod once_cell;
mod operese_dagx;
mod shared;
mod taski;

/// An implementation that can run a graph.
pub struct Contestant {
    /// Its usual name.
    pub name: &'static str,
    /// The size of the future of one run.
    pub future_bytes: usize,
    /// Creates a loop of a given number of runs.
    pub laps: Laps,
}

/// A loop of a given number of runs, one after another.
pub enum Laps {
    /// It may run on any thread.
    Anywhere(Box<dyn Fn(u32) -> BoxFuture<'static, Lap>>),
    /// Its future is not `Send`.
    Here(Box<dyn Fn(u32) -> LocalBoxFuture<'static, Lap>>),
}

impl Laps {
    /// Makes the loop for the thread at hand.
    #[must_use]
    pub fn here(&self, runs: u32) -> LocalBoxFuture<'static, Lap> {
        match self {
            Self::Anywhere(laps) => laps(runs),
            Self::Here(laps) => laps(runs),
        }
    }
}

/// The outcome of a loop of runs.
#[derive(Clone, Copy)]
pub struct Lap {
    /// How long it took.
    pub time: Duration,
    /// The processor time that the thread has used meanwhile.
    pub processor: Duration,
    /// The result of the last run.
    pub result: u64,
}

/// The clocks of a loop, when it began.
#[derive(Clone, Copy)]
pub struct Clocks(Duration, Instant);

impl Clocks {
    /// Starts a loop.
    #[must_use]
    pub fn start() -> Self {
        Self(thread_time(), Instant::now())
    }

    /// Ends the loop, whose last run had this result.
    #[must_use]
    pub fn lap(self, result: u64) -> Lap {
        let time = self.1.elapsed();
        // A loop that was moved to another thread has no processor time.
        Lap { time, processor: thread_time().saturating_sub(self.0), result }
    }
}

fn thread_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("a time is not negative")
}

/// Awaits the future of a run so often. A macro, so that the future is made where it stays: a large one moved by a call
/// is copied, and the copy would be measured.
macro_rules! laps {
    ($runs:ident, $future:expr) => {{
        // The first run finds cold memory.
        let uncounted = $runs.min(1);
        let (mut clocks, mut result) = ($crate::contestants::Clocks::start(), 0);
        for run in 0..$runs + uncounted {
            if run == uncounted {
                clocks = $crate::contestants::Clocks::start();
            }
            result = ::std::hint::black_box($future.await);
        }
        clocks.lap(result)
    }};
}
pub(crate) use laps;

/// A contestant made for a graph: an object, and a function that runs the graph of it.
macro_rules! contestant {
    ($name:literal, $object:expr, $run:path) => {
        $crate::contestants::Contestant {
            name: $name,
            future_bytes: size_of_val(&$run(&$object)),
            laps: $crate::contestants::Laps::Anywhere(Box::new(move |runs| {
                Box::pin(async move {
                    let object = &::std::hint::black_box($object);
                    $crate::contestants::laps!(runs, $run(object))
                })
            })),
        }
    };
}
pub(crate) use contestant;

/// A contestant that makes the graph anew for each run.
macro_rules! told {
    ($laps:ident, $name:expr, $future:expr) => {
        Contestant {
            name: $name,
            future_bytes: size_of_val(&$future),
            laps: Laps::$laps(Box::new(move |runs| Box::pin(async move { laps!(runs, $future) }))),
        }
    };
}

/// Returns a contestant that is a function, whose future is small.
pub fn function<F>(name: &'static str, run: impl Fn() -> F + Copy + Send + Sync + 'static) -> Contestant
where
    F: Future<Output = u64> + Send + 'static,
{
    told!(Anywhere, name, run())
}

/// Returns the contestant that is told of the graph as the program runs and needs no other library.
pub fn in_one_loop<B: Body>(shape: &'static Shape, body: B) -> Contestant {
    let dependents: &[Vec<usize>] = shape.dependents().leak();
    told!(Anywhere, "FuturesUnordered", in_degrees::run(shape, dependents, body))
}

/// Returns the contestants that are told of the graph as the program runs; dagx and dagrs spawn whatever one does.
pub fn told<B: dagx::Tasks>(shape: &'static Shape, body: B) -> Vec<Contestant> {
    let dependents: &[Vec<usize>] = shape.dependents().leak();
    let (eight, twelve) = (&*shape.narrowed(8).leak(), &*shape.narrowed(12).leak());
    let mut contestants = vec![
        in_one_loop(shape, body),
        told!(Anywhere, "tokio OnceCell", once_cell::run(shape, body)),
        told!(Here, "async_dag 0.1", async_dag::run(twelve, body)),
        told!(Anywhere, "operese-dagx 0.4", operese_dagx::inline(eight, body)),
        told!(Anywhere, "dagx 0.3", body.run_all(eight)),
        told!(Anywhere, "dagrs 0.9", dagrs::run(shape, dependents, body)),
        told!(Here, "taski 0.0.7", taski::run(eight, body)),
    ];
    // Each poll of a `Shared` that waits polls all that it waits for anew: 10^10 polls in ten layers of ten.
    if !(B::WAITS && shape.name == "10 layers of 10") {
        contestants.insert(2, told!(Anywhere, "futures Shared", shared::run(shape, body)));
    }
    if shape.name.starts_with("fan-out") {
        contestants.push(told!(Anywhere, "by hand, join_all", join_all::run(body)));
    }
    contestants
}

/// Returns those of them that spawn tasks onto the threads of the runtime.
pub fn told_spawning<B: dagx::Tasks>(shape: &'static Shape, body: B) -> Vec<Contestant> {
    let dependents: &[Vec<usize>] = shape.dependents().leak();
    let eight = &*shape.narrowed(8).leak();
    vec![
        told!(Anywhere, "tokio JoinSet", join_set::run(shape, dependents, body)),
        told!(Anywhere, "operese-dagx 0.4, spawned", operese_dagx::spawned(eight, body)),
        told!(Anywhere, "dagx 0.3", body.run_all(eight)),
        told!(Anywhere, "dagrs 0.9", dagrs::run(shape, dependents, body)),
    ]
}
