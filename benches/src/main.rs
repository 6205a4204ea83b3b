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
    ours: Box<dyn Fn(u32) -> Duration + 'r>,
    by_hand: Box<dyn Fn(u32) -> Duration + 'r>,
    run: Box<dyn Fn(u32) -> Duration + 'r>,
    allocations: (u64, u64, u64),
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
        let run = |runs: u32| {
            $runtime.block_on(async {
                let graph = black_box($module::Graph);
                let start = Instant::now();
                for _ in 0..runs {
                    black_box($module::run(&graph).await);
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
            allocations: (count(&by_hand), count(&ours), count(&run)),
            bytes: size_of_val(&$module::ours(&$module::Graph)),
            ours: Box::new(ours),
            by_hand: Box::new(by_hand),
            run: Box::new(run),
        }
    }};
}

fn contests(runtime: &Runtime) -> Vec<Contest<'_>> {
    vec![
        contest!(runtime, "7-task diamond", "at once", diamond_trivial),
        contest!(runtime, "chain of 10", "at once", chain_of_10_trivial),
        contest!(runtime, "chain of 100", "at once", chain_trivial),
        contest!(runtime, "fan-out 1-100-1", "at once", fan_out_trivial),
        contest!(runtime, "10 layers of 10", "at once", layers_trivial),
        contest!(runtime, "7-task diamond", "one yield", diamond_yields),
        contest!(runtime, "chain of 10", "one yield", chain_of_10_yields),
        contest!(runtime, "chain of 100", "one yield", chain_yields),
        contest!(runtime, "fan-out 1-100-1", "one yield", fan_out_yields),
        contest!(runtime, "10 layers of 10", "one yield", layers_yields),
    ]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    println!("| graph | bodies | by hand | adagio | ratio | as a run | ratio | allocations | future |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut slopes = Vec::new();
    for contest in contests(&runtime) {
        let runs = runs_a_pass(&contest);
        let (mut by_hand, mut ours, mut run) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..PASSES {
            by_hand.push(nanoseconds(&contest.by_hand, runs));
            ours.push(nanoseconds(&contest.ours, runs));
            run.push(nanoseconds(&contest.run, runs));
        }
        let (by_hand, ours, run) = (median(by_hand), median(ours), median(run));
        let (allocated_by_hand, allocated, allocated_by_run) = contest.allocations;
        println!(
            "| {} | {} | {by_hand:.0} ns | {ours:.0} ns | {:.2} | {run:.0} ns | {:.2} | {allocated_by_hand} / {allocated} / \
             {allocated_by_run} | {} B |",
            contest.name,
            contest.bodies,
            ours / by_hand,
            run / ours,
            contest.bytes,
        );
        if contest.name.starts_with("chain") {
            slopes.push((contest.bodies, contest.tasks, ours, run));
        }
    }
    println!();
    for pair in slopes.chunks(2) {
        if let [(bodies, few, ours_few, run_few), (_, many, ours_many, run_many)] = *pair {
            let tasks = f64::from(many - few);
            let (ours, run) = ((ours_many - ours_few) / tasks, (run_many - run_few) / tasks);
            println!(
                "a task more in a chain, {bodies}: adagio {ours:.1} ns, as a run {run:.1} ns, ratio {:.2}",
                run / ours
            );
        }
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
