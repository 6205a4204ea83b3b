//! In: the contestants of a graph. Out: what each of them takes, in passes that take turns.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::contestants::{Contestant, Lap, Laps};

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// How often each contestant has its turn, at least.
    pub least_passes: usize,
    /// How often at most.
    pub most_passes: usize,
    /// How long a turn takes, at least: short, so that few are interrupted by other programs.
    pub pass: Duration,
    /// After how long there are turns enough.
    pub enough: Duration,
}

impl Effort {
    /// For figures.
    pub const FULL: Self =
        Self { least_passes: 15, most_passes: 201, pass: Duration::from_micros(100), enough: Duration::from_secs(3) };
    /// For a look whether everyone gets there.
    pub const LEAST: Self = Self { least_passes: 1, most_passes: 1, pass: Duration::ZERO, enough: Duration::ZERO };
}

/// Where the runs are.
pub struct Place<'r> {
    /// Its name in the tables.
    pub name: &'static str,
    /// The runtime.
    pub runtime: &'r Runtime,
    /// The thread that awaits them.
    pub from: From,
    /// How much is measured there.
    pub effort: Effort,
}

/// The thread that awaits a run.
#[derive(Clone, Copy, PartialEq)]
pub enum From {
    /// The only thread of the runtime.
    OnlyThread,
    /// A worker of the runtime, as in a server; contestants that cannot be spawned stay outside.
    Worker,
    /// The thread that calls `block_on`.
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

    /// Returns the number of runs that makes a pass as long as it should be.
    fn runs_a_pass(&self, laps: &Laps) -> u32 {
        let mut runs = 1;
        // Of three, since another program may have interrupted one.
        while (0..3).any(|_| self.lap(laps, runs).time < self.effort.pass) {
            runs *= 2;
        }
        runs
    }
}

/// The cost of a run of one contestant.
pub struct Figures {
    /// The runtime.
    pub place: &'static str,
    /// The graph.
    pub graph: &'static str,
    /// How many tasks it has.
    pub tasks: usize,
    /// The name of the bodies.
    pub bodies: &'static str,
    /// The name of the contestant.
    pub contestant: &'static str,
    /// Nanoseconds: the first quartile of the passes, the median and the third.
    pub quartiles: [f64; 3],
    /// The median of the processor time in nanoseconds, if one thread runs everything.
    pub processor: Option<f64>,
    /// The allocations, if one thread runs everything.
    pub allocated: Option<Allocated>,
    /// The size of the future.
    pub future_bytes: usize,
}

impl Figures {
    /// Returns the median of a task.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // There are a thousand tasks at most.
    pub fn a_task(&self) -> f64 {
        self.quartiles[1] / self.tasks as f64
    }
}

/// The allocations of a run.
pub struct Allocated {
    /// The number of allocations.
    pub count: u64,
    /// The largest number of bytes that are allocated at the same time.
    pub peak_bytes: u64,
}

/// Measures the contestants of a graph.
///
/// # Panics
/// If one of them gives another result than the others.
#[must_use]
pub fn measure(
    place: &Place<'_>,
    (graph, tasks): (&'static str, usize),
    bodies: &'static str,
    contestants: &[Contestant],
) -> Vec<Figures> {
    let runs: Vec<u32> = contestants.iter().map(|contestant| place.runs_a_pass(&contestant.laps)).collect();
    let mut passes = vec![Vec::new(); contestants.len()];
    let result = place.lap(&contestants[0].laps, 1).result;
    let start = Instant::now();
    for pass in 0..place.effort.most_passes {
        if pass >= place.effort.least_passes && start.elapsed() > place.effort.enough {
            break;
        }
        for ((contestant, &runs), passes) in contestants.iter().zip(&runs).zip(&mut passes) {
            let lap = place.lap(&contestant.laps, runs);
            assert_eq!(lap.result, result, "{} of {graph} differs", contestant.name);
            passes.push([lap.time, lap.processor].map(|time| time.as_secs_f64() * 1e9 / f64::from(runs)));
        }
    }
    let figures = contestants.iter().zip(passes).map(|(contestant, passes)| {
        let [quartiles, processor] = [0, 1].map(|clock| {
            let mut times: Vec<f64> = passes.iter().map(|times| times[clock]).collect();
            times.sort_by(f64::total_cmp);
            [1, 2, 3].map(|quarter| times[times.len() * quarter / 4])
        });
        let is_alone = place.from == From::OnlyThread;
        Figures {
            place: place.name,
            graph,
            tasks,
            bodies,
            contestant: contestant.name,
            quartiles,
            processor: is_alone.then_some(processor[1]),
            allocated: is_alone.then(|| allocated(place, &contestant.laps)),
            future_bytes: contestant.future_bytes,
        }
    });
    figures.collect()
}

fn allocated(place: &Place<'_>, laps: &Laps) -> Allocated {
    let measured = |runs| allocation_counter::measure(|| _ = place.lap(laps, runs));
    let (none, one, eleven) = (measured(0), measured(1), measured(11));
    Allocated {
        count: (eleven.count_total - one.count_total) / 10,
        peak_bytes: one.bytes_max.saturating_sub(none.bytes_max),
    }
}
