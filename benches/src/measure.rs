//! In: the contestants of a graph. Out: what each of them takes, in passes that take turns.

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::contestants::{Contestant, Lap, Laps};
use crate::shape::Shape;

const PASSES: usize = 41;
const PASS: Duration = Duration::from_millis(1);

/// Where the runs are.
pub struct Place<'r> {
    /// How people call it.
    pub name: &'static str,
    /// The runtime.
    pub runtime: &'r Runtime,
    /// Who awaits them.
    pub from: From,
}

/// The thread that awaits a run.
#[derive(Clone, Copy, PartialEq)]
pub enum From {
    /// There is no other.
    OnlyThread,
    /// One of the runtime's, as in a server; who cannot go there stays outside.
    Worker,
    /// One that calls `block_on`.
    Outside,
}

impl Place<'_> {
    fn lap(&self, laps: &Laps, runs: u32) -> Lap {
        match laps {
            Laps::Anywhere(laps) if self.from == From::Worker => {
                let lap = self.runtime.spawn(laps(runs));
                self.runtime.block_on(lap).expect("no contestant panics")
            }
            _ => self.runtime.block_on(laps.here(runs)),
        }
    }
}

/// What a contestant takes for a run.
pub struct Figures {
    /// The runtime.
    pub place: &'static str,
    /// The graph.
    pub graph: &'static str,
    /// How many tasks it has.
    pub tasks: usize,
    /// What the tasks do.
    pub bodies: &'static str,
    /// Who.
    pub contestant: &'static str,
    /// Nanoseconds: the first quartile of the passes, the median and the third.
    pub quartiles: [f64; 3],
    /// What is allocated, where one thread does it all.
    pub allocated: Option<Allocated>,
    /// The size of the future.
    pub future_bytes: usize,
}

/// What a run allocates.
pub struct Allocated {
    /// How often.
    pub count: u64,
    /// How much at once, at most.
    pub peak_bytes: u64,
}

/// Measures the contestants of a graph.
///
/// # Panics
/// If one of them gives another result than the others.
#[must_use]
pub fn measure(place: &Place<'_>, shape: &Shape, bodies: &'static str, contestants: &[Contestant]) -> Vec<Figures> {
    let runs: Vec<u32> = contestants.iter().map(|contestant| runs_a_pass(place, &contestant.laps)).collect();
    let mut passes = vec![Vec::with_capacity(PASSES); contestants.len()];
    let result = place.lap(&contestants[0].laps, 1).result;
    for _ in 0..PASSES {
        for ((contestant, &runs), passes) in contestants.iter().zip(&runs).zip(&mut passes) {
            let lap = place.lap(&contestant.laps, runs);
            assert_eq!(lap.result, result, "{} of {} differs", contestant.name, shape.name);
            passes.push(lap.time.as_secs_f64() * 1e9 / f64::from(runs));
        }
    }
    let figures = contestants.iter().zip(passes).map(|(contestant, mut passes)| {
        passes.sort_by(f64::total_cmp);
        Figures {
            place: place.name,
            graph: shape.name,
            tasks: shape.tasks(),
            bodies,
            contestant: contestant.name,
            quartiles: [PASSES / 4, PASSES / 2, PASSES * 3 / 4].map(|pass| passes[pass]),
            allocated: (place.from == From::OnlyThread).then(|| allocated(place, &contestant.laps)),
            future_bytes: contestant.future_bytes,
        }
    });
    figures.collect()
}

/// So many runs that a pass takes about `PASS`.
fn runs_a_pass(place: &Place<'_>, laps: &Laps) -> u32 {
    let mut runs = 1;
    while place.lap(laps, runs).time < PASS {
        runs *= 2;
    }
    runs
}

fn allocated(place: &Place<'_>, laps: &Laps) -> Allocated {
    let measured = |runs| allocation_counter::measure(|| _ = place.lap(laps, runs));
    let (none, one, eleven) = (measured(0), measured(1), measured(11));
    Allocated {
        count: (eleven.count_total - one.count_total) / 10,
        peak_bytes: one.bytes_max.saturating_sub(none.bytes_max),
    }
}
