//! In: the same kinds of graphs with more and more tasks. Out: what a task costs in each.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::graphs::{hundred, ten, thirty};
#[cfg(feature = "growth")]
use crate::graphs::{thousand, three_hundred};
use crate::step::Step;

/// Tasks that a lap runs at least, so that the clock's own cost is lost among them.
const TASKS_A_LAP: usize = 10_000;

struct Row {
    tasks: usize,
    /// Runs the graph so often: with bodies that return at once, and with those that yield.
    laps: [fn(usize) -> f64; 2],
    future_bytes: usize,
}

/// Returns the nanoseconds of a run. A macro, so that the future is made where it stays.
macro_rules! lap {
    ($runs:ident, $future:expr) => {{
        let start = Instant::now();
        for _ in 0..$runs {
            black_box(finish(pin!($future)));
        }
        start.elapsed().as_secs_f64() * 1e9 / $runs as f64
    }};
}

macro_rules! rows {
    ($kind:ident, $extra:literal: $($module:ident $tasks:literal)*) => {
        vec![$(Row {
            tasks: $tasks + $extra,
            laps: [
                |runs| lap!(runs, $module::$kind::terminal(black_box(&$module::$kind::Graph(Step::AtOnce)))),
                |runs| lap!(runs, $module::$kind::terminal(black_box(&$module::$kind::Graph(Step::OneYield)))),
            ],
            future_bytes: size_of_val(&$module::$kind::terminal(&$module::$kind::Graph(Step::AtOnce))),
        }),*]
    };
}

/// Polls until it is done. Nothing waits but for its next turn.
fn finish(mut future: Pin<&mut impl Future<Output = u64>>) -> u64 {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut cx) {
            return result;
        }
    }
}

pub(crate) fn print(passes: usize) {
    println!("| graph | tasks | at once, a task | one yield, a task | future, a task |\n|---|---|---|---|---|");
    let kinds = [
        ("chain", rows!(chain, 0: ten 10 thirty 30 hundred 100)),
        #[cfg(feature = "growth")]
        ("chain", rows!(chain, 0: three_hundred 300 thousand 1000)),
        ("fan-out", rows!(fan_out, 2: ten 10 thirty 30 hundred 100)),
        #[cfg(feature = "growth")]
        ("fan-out", rows!(fan_out, 2: three_hundred 300 thousand 1000)),
        ("layers of 10", rows!(layers, 1: ten 10 thirty 30 hundred 100)),
        #[cfg(feature = "growth")]
        ("layers of 10", rows!(layers, 1: three_hundred 300 thousand 1000)),
    ];
    for (name, rows) in kinds {
        for (row, [at_once, one_yield]) in rows.iter().zip(medians(&rows, passes)) {
            let (tasks, bytes) = (row.tasks, row.future_bytes / row.tasks);
            println!("| {name} | {tasks} | {at_once:.1} ns | {one_yield:.1} ns | {bytes} B |");
        }
    }
}

/// Returns the medians of passes that take turns, in nanoseconds a task.
fn medians(rows: &[Row], passes: usize) -> Vec<[f64; 2]> {
    let mut samples = vec![[const { Vec::new() }; 2]; rows.len()];
    for _ in 0..passes {
        for (row, samples) in rows.iter().zip(&mut samples) {
            for (lap, samples) in row.laps.iter().zip(samples) {
                samples.push(lap(TASKS_A_LAP.div_ceil(row.tasks)) / row.tasks as f64);
            }
        }
    }
    samples.into_iter().map(|of_row| of_row.map(median)).collect()
}

pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
