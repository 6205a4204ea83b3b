//! Prints, for each graph, what a run costs as a `#[dag]` block and by hand: medians of interleaved passes.
// The graphs are generated, as wide and as long as the bench wants them.
#![allow(
    clippy::large_futures,
    clippy::let_and_return,
    clippy::too_many_arguments,
    clippy::too_many_lines,
    clippy::unused_async
)]

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

include!(concat!(env!("OUT_DIR"), "/graphs.rs"));

/// Wakes its task and is done when polled again.
#[derive(Default)]
struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

const PASSES: usize = 41;
const PASS: Duration = Duration::from_millis(8);

/// A graph under measurement: `ours` and `by_hand` run it so many times and say how long that took.
struct Contest<'r> {
    name: &'static str,
    bodies: &'static str,
    tasks: u32,
    edges: u32,
    ours: Box<dyn Fn(u32) -> Duration + 'r>,
    by_hand: Box<dyn Fn(u32) -> Duration + 'r>,
    allocations: (u64, u64),
    bytes: usize,
}

macro_rules! contest {
    ($runtime:ident, $name:literal, $bodies:literal, $module:ident) => {{
        let ours = |runs: u32| {
            $runtime.block_on(async {
                let graph = black_box($module::Graph);
                let start = Instant::now();
                for _ in 0..runs {
                    black_box($module::ours(&graph).await);
                }
                start.elapsed()
            })
        };
        let by_hand = |runs: u32| {
            $runtime.block_on(async {
                let graph = black_box($module::ByHand);
                let start = Instant::now();
                for _ in 0..runs {
                    black_box($module::by_hand(&graph).await);
                }
                start.elapsed()
            })
        };
        assert_eq!(
            $runtime.block_on($module::ours(&$module::Graph)),
            $runtime.block_on($module::by_hand(&$module::ByHand))
        );
        let count = |run: &dyn Fn(u32) -> Duration| {
            let counted = |runs| allocation_counter::measure(|| _ = run(runs)).count_total;
            (counted(11) - counted(1)) / 10
        };
        Contest {
            name: $name,
            bodies: $bodies,
            tasks: $module::TASKS,
            edges: $module::EDGES,
            allocations: (count(&ours), count(&by_hand)),
            bytes: size_of_val(&$module::ours(&$module::Graph)),
            ours: Box::new(ours),
            by_hand: Box::new(by_hand),
        }
    }};
}

fn contests(runtime: &Runtime) -> Vec<Contest<'_>> {
    vec![
        contest!(runtime, "7-task diamond", "at once", diamond_trivial),
        contest!(runtime, "chain of 100", "at once", chain_trivial),
        contest!(runtime, "fan-out 1-100-1", "at once", fan_out_trivial),
        contest!(runtime, "10 layers of 10", "at once", layers_trivial),
        contest!(runtime, "7-task diamond", "one yield", diamond_yields),
        contest!(runtime, "chain of 100", "one yield", chain_yields),
        contest!(runtime, "fan-out 1-100-1", "one yield", fan_out_yields),
        contest!(runtime, "10 layers of 10", "one yield", layers_yields),
    ]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    println!(
        "| graph | bodies | by hand | adagio | ratio | a task beyond 1 ns an edge | allocations by hand / adagio | future |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for contest in contests(&runtime) {
        let runs = runs_a_pass(&contest);
        let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
        for _ in 0..PASSES {
            ours.push(nanoseconds(&contest.ours, runs));
            by_hand.push(nanoseconds(&contest.by_hand, runs));
        }
        let (ours, by_hand) = (median(ours), median(by_hand));
        println!(
            "| {} | {} | {by_hand:.1} ns | {ours:.1} ns | {:.2} | {:.1} ns | {} / {} | {} B |",
            contest.name,
            contest.bodies,
            ours / by_hand,
            (ours - f64::from(contest.edges)) / f64::from(contest.tasks),
            contest.allocations.1,
            contest.allocations.0,
            contest.bytes,
        );
    }
}

/// So many runs that a pass of ours takes about `PASS`.
fn runs_a_pass(contest: &Contest<'_>) -> u32 {
    let mut runs = 1;
    while (contest.ours)(runs) < PASS {
        runs *= 2;
    }
    runs
}

fn nanoseconds(run: &dyn Fn(u32) -> Duration, runs: u32) -> f64 {
    run(runs).as_secs_f64() * 1e9 / f64::from(runs)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
