//! Prints what it costs that four of six tasks are a graph of their own: medians of interleaved passes.
#![allow(clippy::unused_async, reason = "the bodies of half the graphs are done at once")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use adagio::dag;
use adagio_benches::body::YieldOnce;
use tokio::runtime::Runtime;

/// The same six tasks in one block, and with `b` to `e` in a block inside.
macro_rules! graphs {
    ($module:ident, $($wait:stmt)?) => {
        mod $module {
            use super::*;

            pub(crate) struct Flat(pub(crate) u64);

            #[dag]
            impl Flat {
                async fn a(&self) -> u64 {
                    $($wait)?
                    self.0
                }

                #[depends(a)]
                async fn b(&self, a: &u64) -> u64 {
                    $($wait)?
                    a + 1
                }

                #[depends(a)]
                async fn c(&self, a: &u64) -> u64 {
                    $($wait)?
                    a + 2
                }

                #[depends(b, c)]
                async fn d(&self, b: &u64, c: &u64) -> u64 {
                    $($wait)?
                    b * c
                }

                #[depends(d)]
                async fn e(&self, d: &u64) -> u64 {
                    $($wait)?
                    d + 1
                }

                #[depends(d, e)]
                pub(crate) async fn f(&self, d: &u64, e: &u64) -> u64 {
                    $($wait)?
                    d + e
                }
            }

            struct Inner(u64);

            #[dag]
            impl Inner {
                async fn b(&self) -> u64 {
                    $($wait)?
                    self.0 + 1
                }

                async fn c(&self) -> u64 {
                    $($wait)?
                    self.0 + 2
                }

                #[depends(b, c)]
                async fn d(&self, b: &u64, c: &u64) -> u64 {
                    $($wait)?
                    b * c
                }

                #[depends(d)]
                async fn e(&self, d: &u64) -> u64 {
                    $($wait)?
                    d + 1
                }
            }

            pub(crate) struct Nested(pub(crate) u64);

            #[dag]
            impl Nested {
                async fn a(&self) -> u64 {
                    $($wait)?
                    self.0
                }

                #[depends(a)]
                #[task(graph)]
                fn inner(&self, a: u64) -> Inner {
                    Inner(a)
                }

                #[depends(inner.d, inner.e)]
                pub(crate) async fn f(&self, d: &u64, e: &u64) -> u64 {
                    $($wait)?
                    d + e
                }
            }
        }
    };
}

graphs!(trivial,);
graphs!(yields, YieldOnce::default().await);

const PASSES: usize = 101;
const RUNS: u32 = 20_000;

macro_rules! measure {
    ($runtime:ident, $module:ident $($as_run:tt)*) => {{
        let (flat, nested) = ($module::Flat(7), $module::Nested(7));
        let (mut of_flat, mut of_nested) = (Vec::new(), Vec::new());
        for _ in 0..PASSES {
            of_flat.push(measure!(@time $runtime, flat $($as_run)*));
            of_nested.push(measure!(@time $runtime, nested $($as_run)*));
        }
        let allocated = allocation_counter::measure(|| _ = measure!(@once $runtime, nested $($as_run)*)).count_total;
        (median(of_flat), median(of_nested), allocated)
    }};
    (@time $runtime:ident, $graph:ident) => {
        time($runtime, async || *black_box(&black_box(&$graph).f().await))
    };
    (@time $runtime:ident, $graph:ident run) => {
        time($runtime, async || *black_box(black_box(&$graph).run().f().await))
    };
    (@once $runtime:ident, $graph:ident) => { $runtime.block_on($graph.f()) };
    (@once $runtime:ident, $graph:ident run) => { $runtime.block_on(async { *$graph.run().f().await }) };
}

fn time(runtime: &Runtime, run: impl AsyncFn() -> u64) -> f64 {
    runtime.block_on(async {
        let start = Instant::now();
        for _ in 0..RUNS {
            black_box(run().await);
        }
        nanoseconds(start.elapsed())
    })
}

fn nanoseconds(passed: Duration) -> f64 {
    passed.as_secs_f64() * 1e9 / f64::from(RUNS)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn main() {
    let runtime = &tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    println!("| six tasks | flat | four of them inside | more | ratio | allocations |");
    println!("|---|---|---|---|---|---|");
    let rows = [
        ("at once", measure!(runtime, trivial)),
        ("one yield", measure!(runtime, yields)),
        ("at once, as a run", measure!(runtime, trivial run)),
        ("one yield, as a run", measure!(runtime, yields run)),
    ];
    for (name, (flat, nested, allocated)) in rows {
        let (more, ratio) = (nested - flat, nested / flat);
        println!("| {name} | {flat:.0} ns | {nested:.0} ns | {more:.0} ns | {ratio:.2} | {allocated} |");
    }
}
