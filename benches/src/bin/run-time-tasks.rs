//! Prints, for each graph, what tasks made at run time cost beside `tokio::spawn` and `Shared` by hand: medians of
//! interleaved passes on a current-thread runtime. With three numbers it only runs one of them, to count its
//! instructions: the row, the contestant, and how often.
#![allow(clippy::unused_async, reason = "bodies that return at once are `async fn`s like others")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use adagio::{Task, scope, task};
use adagio_benches::body::YieldOnce;
use futures::future::{FutureExt, Map, Shared};
use tokio::runtime::Runtime;
use tokio::task::{JoinError, JoinHandle};

/// The graphs, of bodies that do `$wait`.
macro_rules! graphs {
    ($module:ident: $($wait:tt)*) => {
        mod $module {
            use super::*;

            async fn wait() {
                $($wait)*
            }

            pub(crate) mod ours {
                use super::*;

                #[task]
                async fn first(number: u64) -> u64 {
                    wait().await;
                    number
                }

                #[task]
                async fn next(number: &u64) -> u64 {
                    wait().await;
                    number + 1
                }

                #[task]
                async fn sum(left: &u64, right: &u64) -> u64 {
                    wait().await;
                    left + right
                }

                #[task]
                async fn total(numbers: &[u64]) -> u64 {
                    wait().await;
                    numbers.iter().sum()
                }

                pub(crate) async fn chain(length: usize) -> u64 {
                    let mut last = first(1);
                    for _ in 1..length {
                        last = next(last);
                    }
                    last.await.unwrap()
                }

                pub(crate) async fn fan(width: usize) -> u64 {
                    let source = first(1);
                    let middle: Vec<Task<u64>> = (0..width).map(|_| next(&source)).collect();
                    total(adagio::all(middle)).await.unwrap()
                }

                /// `all` for each consumer.
                pub(crate) async fn layers(width: usize) -> u64 {
                    let mut layer: Vec<Task<u64>> = (0..width).map(|_| first(1)).collect();
                    for _ in 1..width {
                        layer = (0..width).map(|_| total(adagio::all(&layer))).collect();
                    }
                    total(adagio::all(layer)).await.unwrap()
                }

                /// `all` once a layer.
                pub(crate) async fn shared_layers(width: usize) -> u64 {
                    let mut layer: Vec<Task<u64>> = (0..width).map(|_| first(1)).collect();
                    for _ in 1..width {
                        let inputs = adagio::all(layer);
                        layer = (0..width).map(|_| total(&inputs)).collect();
                    }
                    total(adagio::all(layer)).await.unwrap()
                }

                pub(crate) async fn diamond() -> u64 {
                    let a = first(1);
                    let (b, c) = (next(&a), next(&a));
                    let d = sum(&b, &c);
                    let (e, f) = (next(&d), next(&d));
                    sum(e, f).await.unwrap()
                }
            }

            pub(crate) mod by_hand {
                use super::*;

                type Handle = Shared<Map<JoinHandle<u64>, fn(Result<u64, JoinError>) -> u64>>;

                fn start(body: impl Future<Output = u64> + Send + 'static) -> Handle {
                    // `JoinError` is not `Clone`, which `shared` asks for.
                    tokio::spawn(body).map(Result::unwrap as fn(Result<u64, JoinError>) -> u64).shared()
                }

                fn first(number: u64) -> Handle {
                    start(async move {
                        wait().await;
                        number
                    })
                }

                fn next(number: Handle) -> Handle {
                    start(async move {
                        let number = number.await;
                        wait().await;
                        number + 1
                    })
                }

                fn sum(left: Handle, right: Handle) -> Handle {
                    start(async move {
                        let (left, right) = futures::join!(left, right);
                        wait().await;
                        left + right
                    })
                }

                fn total(numbers: Vec<Handle>) -> Handle {
                    start(async move {
                        let numbers = futures::future::join_all(numbers).await;
                        wait().await;
                        numbers.iter().sum()
                    })
                }

                pub(crate) async fn chain(length: usize) -> u64 {
                    let mut last = first(1);
                    for _ in 1..length {
                        last = next(last);
                    }
                    last.await
                }

                pub(crate) async fn fan(width: usize) -> u64 {
                    let source = first(1);
                    let middle = (0..width).map(|_| next(source.clone())).collect();
                    total(middle).await
                }

                pub(crate) async fn layers(width: usize) -> u64 {
                    let mut layer: Vec<Handle> = (0..width).map(|_| first(1)).collect();
                    for _ in 1..width {
                        layer = (0..width).map(|_| total(layer.clone())).collect();
                    }
                    total(layer).await
                }

                pub(crate) async fn shared_layers(width: usize) -> u64 {
                    layers(width).await
                }

                pub(crate) async fn diamond() -> u64 {
                    let a = first(1);
                    let (b, c) = (next(a.clone()), next(a));
                    let d = sum(b, c);
                    let (e, f) = (next(d.clone()), next(d));
                    sum(e, f).await
                }
            }
        }
    };
}

graphs!(at_once:);
graphs!(one_wake: YieldOnce::default().await);

const PASSES: usize = 101;
const PASS: Duration = Duration::from_millis(3);

type Measure<'r> = Box<dyn Fn(u32) -> Duration + 'r>;

/// The same graph by hand, as tasks, and as tasks of a scope.
struct Contest<'r> {
    name: &'static str,
    bodies: &'static str,
    contestants: [Measure<'r>; 3],
}

fn measure<'r, F: Future<Output = u64>>(runtime: &'r Runtime, graph: impl Fn() -> F + 'r) -> Measure<'r> {
    Box::new(move |runs| {
        runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..runs {
                black_box(graph().await);
            }
            start.elapsed()
        })
    })
}

macro_rules! contest {
    ($runtime:ident, $name:literal, $bodies:literal, $module:ident::$graph:ident($($size:literal)?)) => {
        Contest {
            name: $name,
            bodies: $bodies,
            contestants: [
                measure($runtime, || $module::by_hand::$graph($($size)?)),
                measure($runtime, || $module::ours::$graph($($size)?)),
                measure($runtime, || async { scope($module::ours::$graph($($size)?)).await.unwrap() }),
            ],
        }
    };
}

fn main() {
    let runtime = &tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    let contests = [
        contest!(runtime, "chain of 100", "at once", at_once::chain(100)),
        contest!(runtime, "fan-out 1-100-1", "at once", at_once::fan(100)),
        contest!(runtime, "7-task diamond", "at once", at_once::diamond()),
        contest!(runtime, "10 layers of 10", "at once", at_once::layers(10)),
        contest!(runtime, "10 layers of 10, one `all` a layer", "at once", at_once::shared_layers(10)),
        contest!(runtime, "chain of 100", "one wake", one_wake::chain(100)),
        contest!(runtime, "fan-out 1-100-1", "one wake", one_wake::fan(100)),
        contest!(runtime, "7-task diamond", "one wake", one_wake::diamond()),
        contest!(runtime, "10 layers of 10", "one wake", one_wake::layers(10)),
        contest!(runtime, "10 layers of 10, one `all` a layer", "one wake", one_wake::shared_layers(10)),
    ];
    let arguments: Vec<u32> = std::env::args().skip(1).map(|it| it.parse().expect("a number")).collect();
    if let [row, contestant, runs] = arguments[..] {
        black_box((contests[row as usize].contestants[contestant as usize])(runs));
        return;
    }
    println!("| graph | bodies | `spawn` + `Shared` | tasks | in a scope | ratios | allocations |");
    println!("|---|---|---|---|---|---|---|");
    for contest in contests {
        contest.print();
    }
}

impl Contest<'_> {
    fn print(&self) {
        let runs = self.runs_in_a_pass();
        let mut passes: [Vec<Duration>; 3] = Default::default();
        for _ in 0..PASSES {
            for (times, contestant) in passes.iter_mut().zip(&self.contestants) {
                times.push(contestant(runs));
            }
        }
        let [ratio, scope_ratio] = [&passes[1], &passes[2]].map(|times| median_ratio(times, &passes[0]));
        let [hand, tasks, scope] = passes.map(|times| median(times).as_secs_f64() * 1e6 / f64::from(runs));
        let [by_hand, alone, scoped] = self.contestants.each_ref().map(allocations);
        let Self { name, bodies, .. } = self;
        println!(
            "| {name} | {bodies} | {hand:.2} us | {tasks:.2} us | {scope:.2} us | {ratio:.2} / {scope_ratio:.2} | \
             {by_hand} / {alone} / {scoped} |"
        );
    }

    /// As many runs as fill a pass, at least one.
    fn runs_in_a_pass(&self) -> u32 {
        let warm_up = 64;
        let time = (self.contestants[0])(warm_up);
        let runs = PASS.as_nanos() * u128::from(warm_up) / time.as_nanos().max(1);
        u32::try_from(runs).unwrap_or(u32::MAX).max(1)
    }
}

fn allocations(contestant: &Measure<'_>) -> u64 {
    contestant(1);
    allocation_counter::measure(|| _ = contestant(1)).count_total
}

/// Compares each pass with the one beside it: what else the machine does then slows both down.
fn median_ratio(times: &[Duration], by_hand: &[Duration]) -> f64 {
    let ratios = times.iter().zip(by_hand).map(|(time, by_hand)| time.as_secs_f64() / by_hand.as_secs_f64());
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
