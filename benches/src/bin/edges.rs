//! Prints the cost of a caught and of a lazy dependency, beside plain ones: medians of interleaved passes, and
//! allocations. With the number of a row and a number of calls, makes only these calls, so that instructions can be
//! counted.
#![allow(dead_code, reason = "the plain block has as many tasks as the one beside it")]
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "all bodies here are done at once")]

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use adagio::{Lazy, TaskError, dag};

/// The tasks of `Caught` with plain dependencies.
struct Plain {
    value: u64,
    fails: bool,
}

#[dag]
impl Plain {
    async fn one(&self) -> u64 {
        self.value
    }

    #[depends(one)]
    async fn two(&self, one: &u64) -> u64 {
        one + 1
    }

    async fn source(&self) -> Result<u64, std::fmt::Error> {
        if self.fails { Err(std::fmt::Error) } else { Ok(self.value) }
    }

    #[depends(source)]
    async fn option(&self, source: &u64) -> u64 {
        source + 1
    }

    #[depends(source)]
    async fn result(&self, source: &u64) -> u64 {
        source + 1
    }
}

/// Fails if it is told to.
struct Caught {
    value: u64,
    fails: bool,
}

#[dag]
impl Caught {
    async fn one(&self) -> u64 {
        self.value
    }

    #[depends(one)]
    async fn two(&self, one: &u64) -> u64 {
        one + 1
    }

    async fn source(&self) -> Result<u64, std::fmt::Error> {
        if self.fails { Err(std::fmt::Error) } else { Ok(self.value) }
    }

    #[depends(catch source)]
    async fn option(&self, source: Option<&u64>) -> u64 {
        source.map_or(0, |source| source + 1)
    }

    #[depends(catch source)]
    async fn result(&self, source: Result<&u64, TaskError>) -> u64 {
        source.map_or(0, |source| source + 1)
    }
}

struct Asking {
    value: u64,
    asks: bool,
}

#[dag]
impl Asking {
    async fn one(&self) -> u64 {
        self.value
    }

    #[depends(one)]
    async fn two(&self, one: &u64) -> u64 {
        one + 1
    }

    async fn load(&self) -> u64 {
        self.value
    }

    #[depends(lazy load)]
    async fn page(&self, load: Lazy<'_, u64>) -> u64 {
        if self.asks { load.await + 1 } else { 0 }
    }
}

const PASSES: usize = 101;
const RUNS: u32 = 20_000;

/// Polls once: nothing waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nothing waits"),
    }
}

fn time(run: &dyn Fn() -> u64) -> f64 {
    let start = Instant::now();
    for _ in 0..RUNS {
        black_box(run());
    }
    nanoseconds(start.elapsed()) / f64::from(RUNS)
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

fn main() {
    let (plain, good, bad) =
        (Plain { value: 7, fails: false }, Caught { value: 7, fails: false }, Caught { value: 7, fails: true });
    let (asks, asks_not) = (Asking { value: 7, asks: true }, Asking { value: 7, asks: false });
    let ways: [(&str, &dyn Fn() -> u64); 12] = [
        ("one poll of a future", &|| now(poll_fn(|_| Poll::Ready(black_box(7))))),
        ("a chain of 2, plain block", &|| now(black_box(&plain).two())),
        ("a chain of 2, block with `catch`", &|| now(black_box(&good).two())),
        ("`Option`, no failure", &|| now(black_box(&good).option())),
        ("`Option`, a failure", &|| now(black_box(&bad).option())),
        ("`Result`, no failure", &|| now(black_box(&good).result())),
        ("`Result`, a failure", &|| now(black_box(&bad).result())),
        ("a chain of 2, block with `lazy`", &|| now(black_box(&asks).two())),
        ("`lazy`, asked for", &|| now(black_box(&asks).page())),
        ("`lazy`, not asked for", &|| now(black_box(&asks_not).page())),
        ("run: a chain of 2, plain block", &|| now(async { *black_box(&plain).run().two().await })),
        ("run: `Option`, a failure", &|| now(async { *black_box(&bad).run().option().await })),
    ];
    let arguments: Vec<usize> = std::env::args().skip(1).map(|it| it.parse().expect("a number")).collect();
    if let [row, calls] = arguments[..] {
        for _ in 0..calls {
            black_box(ways[row].1());
        }
        return;
    }
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..PASSES {
        for ((_, run), times) in ways.iter().zip(&mut times) {
            times.push(time(run));
        }
    }
    println!("{:36}{:>8}  allocations", "", "ns");
    for ((name, run), mut times) in ways.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let allocated = allocation_counter::measure(|| _ = black_box(run())).count_total;
        println!("{name:36}{:8.0}  {allocated:11}", times[PASSES / 2]);
    }
}
