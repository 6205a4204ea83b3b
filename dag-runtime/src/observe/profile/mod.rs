//! An observer that counts over many runs: which tasks decide how long a call takes, and by how much.
//!
//! A [`Recorder`](recorder::Recorder) is told about one run and belongs to it. When the run is dropped, it adds its steps to
//! the block of the run's graph and goal, under one lock. Then it tells the metrics, which are foreign code, without a lock,
//! and leaves its memory for the next run of the same graph.

mod block;
mod json;
#[cfg(feature = "metrics")]
mod meters;
mod page;
mod recorder;
mod sample;
mod table;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::graph::Graph;
use crate::observe::calls;
use crate::observe::observer::{Observer, RunEvent};
use block::Block;
use recorder::{Recorder, Steps};

/// At most this many graphs and goals are told apart.
const MOST_BLOCKS: usize = 200;
/// The memory of at most this many recorders is kept for later runs.
const MOST_SPARE: usize = 64;

/// Counts over many runs which tasks are on the critical path and for how long, in constant memory.
///
/// It is a handle: give a clone of it to each run, and read it at any time. `Display` is a table.
///
/// Runs are told apart by their graph and by their goal, the task that was awaited, or `(several)`. A run counts when it is
/// dropped, and it counts as failed if a task failed, even if another task caught that. A run that was dropped before its
/// end is listed under `(dropped)`: it is counted, but its times are not.
///
/// A task's *self* time is the part of its time for which the call has waited. On the critical path, it counts from the
/// task's start, or from the end of the input that came last if that is later, to the task's end. In a run in which the
/// task is not on the critical path, it is zero, so its quantiles are at most those of the task's time. The last column is
/// computed from the exact edges of 256 of the latest runs of at most 128 tasks: how long they would have taken with the
/// task twice as fast. It ignores contention, so it is an estimate.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::Profile;
///
/// let profile = Profile::new();
/// // For each request: `checkout.run().observe(profile.clone())`.
/// println!("{profile}");
/// # assert_eq!(profile.to_string(), "no run has ended");
/// ```
#[derive(Clone)]
pub struct Profile(Arc<Shared>);

struct Shared {
    clock: Clock,
    /// Their places stay: a recorder remembers that of its block.
    blocks: Mutex<Vec<Block>>,
    /// The memory of recorders, the latest last.
    spare: Mutex<VecDeque<Box<Steps>>>,
}

enum Clock {
    Since(Instant),
    Other(Box<dyn Fn() -> Duration + Send + Sync>),
}

/// A time in nanoseconds; 64 bits are enough for 584 years.
type Nanos = u64;

fn duration(time: Nanos) -> Duration {
    Duration::from_nanos(time)
}

impl Profile {
    /// Creates a profile of no runs.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Clock::Since(Instant::now()))
    }

    /// Creates a profile with another clock, which never goes back.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self::of(Clock::Other(Box::new(clock)))
    }

    fn of(clock: Clock) -> Self {
        Self(Arc::new(Shared { clock, blocks: Mutex::default(), spare: Mutex::default() }))
    }

    /// Adds what another profile has counted.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::Profile;
    ///
    /// let (total, of_a_worker) = (Profile::new(), Profile::new());
    /// total.merge(&of_a_worker);
    /// ```
    pub fn merge(&self, other: &Self) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        // A copy first: two profiles that are merged into each other at once hold one lock at a time.
        let theirs = other.copy();
        let mut blocks = self.blocks();
        for block in theirs {
            match blocks.iter().position(|own| own.is_of(block.graph, &block.goal)) {
                Some(own) => blocks[own].merge(&block),
                None if blocks.len() < MOST_BLOCKS => blocks.push(block),
                None => {}
            }
        }
    }

    /// Counts the calls of a graph's methods, which are made without a run, for the rest of the program: no handler
    /// changes. A profile that has counted them before counts them no more; runs are counted by [`observe`](Observer) alone.
    ///
    /// A call that is counted costs what a run costs to make. Further attempts of tasks are not counted apart.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime::{self as adagio, Graph};
    /// # struct Checkout;
    /// # impl Checkout {
    /// #     fn graph() -> &'static Graph {
    /// #         const { &Graph::new("Checkout", &[]) }
    /// #     }
    /// # }
    /// use adagio::Profile;
    ///
    /// let profile = Profile::new();
    /// profile.observe_calls(Checkout::graph());
    /// // From now on `checkout.quote().await` counts in it.
    /// ```
    pub fn observe_calls(&self, graph: &'static Graph) {
        calls::observe(graph, self.clone());
    }

    /// Returns all numbers as JSON; times are in seconds.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::Blocks(&self.copy()).to_string()
    }

    /// Returns a page, one file that needs no network: for each graph and goal the graph, with edges as thick as they are
    /// critical, and the table, which a click on a column sorts.
    #[must_use]
    pub fn to_html(&self) -> String {
        page::Page(&self.copy()).to_string()
    }

    fn blocks(&self) -> MutexGuard<'_, Vec<Block>> {
        self.0.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs that end meanwhile do not wait for what is made of it.
    fn copy(&self) -> Vec<Block> {
        self.blocks().clone()
    }

    fn spare(&self) -> MutexGuard<'_, VecDeque<Box<Steps>>> {
        self.0.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Nanos {
        let time = match &self.0.clock {
            Clock::Since(origin) => origin.elapsed(),
            Clock::Other(clock) => clock(),
        };
        Nanos::try_from(time.as_nanos()).unwrap_or(Nanos::MAX)
    }

    /// Takes the memory of an earlier run of the graph, or of a scope, if there is some.
    fn take_spare(&self, shape: Option<&'static Graph>) -> Option<Box<Steps>> {
        let mut spare = self.spare();
        let known = spare.iter().rposition(|steps| match (steps.shape, shape) {
            (Some(known), Some(shape)) => std::ptr::eq(known, shape),
            (known, shape) => known.is_none() && shape.is_none(),
        })?;
        spare.remove(known)
    }

    /// Adds a run that has ended, and keeps its memory for another.
    fn add(&self, mut steps: Box<Steps>) {
        if !steps.order.is_empty() && self.count(&mut steps) {
            #[cfg(feature = "metrics")]
            meters::tell(&mut steps);
        }
        steps.clear();
        if steps.is_small() {
            let mut spare = self.spare();
            // The oldest is perhaps of a graph that runs no more.
            let oldest = if spare.len() < MOST_SPARE { None } else { spare.pop_front() };
            spare.push_back(steps);
            drop(spare);
            drop(oldest);
        }
    }

    /// Adds a run to its block, unless there are too many.
    fn count(&self, steps: &mut Steps) -> bool {
        let (graph, goal) = (steps.graph, steps.goal());
        let mut blocks = self.blocks();
        let is_own = |place: &usize| blocks[*place].is_of(graph, goal);
        let known = steps.block.filter(is_own).or_else(|| (0..blocks.len()).find(is_own));
        let place = known.unwrap_or(blocks.len());
        if place >= MOST_BLOCKS {
            return false;
        }
        if known.is_none() {
            blocks.push(Block::new(graph, goal));
        }
        steps.enter(place);
        blocks[place].add(steps);
        true
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Profile").field("blocks", &self.blocks().len()).finish_non_exhaustive()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        table::write(&self.copy(), formatter)
    }
}

impl Observer for Profile {
    fn of_run(&self, run: &RunEvent) -> Option<Arc<dyn Observer>> {
        let mut steps = self.take_spare(run.graph()).unwrap_or_else(|| Box::new(Steps::new(run.graph())));
        steps.call_of = run.graph().zip(run.goal).map(|(graph, goal)| (goal, graph.nodes()[goal].name));
        Some(Arc::new(Recorder::new(self.clone(), steps)))
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Clone>() {}
    assert::<Profile>();
};

#[cfg(test)]
mod tests;
