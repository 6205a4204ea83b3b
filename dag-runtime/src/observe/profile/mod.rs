//! An observer that counts over many runs: which tasks decide how long a call takes, and by how much.
//!
//! A [`Recorder`](recorder::Recorder) is told about one run and belongs to it. When the run is dropped, it adds its steps to
//! the block of the run's graph and goal, under one lock, and gives its memory back for the next run.

mod block;
mod json;
#[cfg(feature = "metrics")]
mod meters;
mod page;
mod recorder;
mod sample;
mod table;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::observe::observer::{Observer, RunEvent};
use block::Block;
use recorder::{Recorder, Steps};

/// At most this many graphs and goals are told apart.
const MOST_BLOCKS: usize = 200;
/// The memory of at most this many recorders is kept for later runs.
const MOST_SPARE: usize = 64;

/// Counts over many runs which tasks are on the critical path and for how long, in constant memory.
///
/// It is a handle: give a clone of it to each run, and read it at any time. Runs are told apart by their graph and goal;
/// a run that was dropped half-way is counted and no more. A run counts when it is dropped. `Display` is a table.
///
/// A task's *self* time is the part of the call that it decided: from the end of the input that came last to its own end,
/// where it is on the critical path. The last column is arithmetic on the exact edges of the latest 256 runs of at most 128
/// tasks: how long they would have taken with the task twice as fast. It ignores contention, so it is an estimate.
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
pub struct Profile {
    clock: Arc<dyn Fn() -> Duration + Send + Sync>,
    blocks: Arc<Mutex<Vec<Block>>>,
    spare: Arc<Mutex<Vec<Steps>>>,
}

impl Profile {
    /// Creates a profile of no runs.
    #[must_use]
    pub fn new() -> Self {
        let origin = Instant::now();
        Self::with_clock(move || origin.elapsed())
    }

    /// Creates a profile with another clock, which never goes back.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), blocks: Arc::default(), spare: Arc::default() }
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
        if Arc::ptr_eq(&self.blocks, &other.blocks) {
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
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs that end meanwhile do not wait for what is made of it.
    fn copy(&self) -> Vec<Block> {
        self.blocks().clone()
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Steps>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        (self.clock)()
    }

    /// Adds a run that has ended, and keeps its memory for another.
    fn add(&self, graph: &'static str, mut steps: Steps) {
        if !steps.is_empty() {
            let goal = steps.goal();
            let mut blocks = self.blocks();
            let known = blocks.iter().position(|block| block.is_of(graph, goal));
            let place = known.or_else(|| {
                (blocks.len() < MOST_BLOCKS).then(|| {
                    blocks.push(Block::new(graph, goal));
                    blocks.len() - 1
                })
            });
            if let Some(place) = place {
                blocks[place].add(&steps);
            }
        }
        steps.clear();
        let mut spare = self.spare();
        if spare.len() < MOST_SPARE && steps.is_small() {
            spare.push(steps);
        }
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
        let graph = run.graph().map_or("scope", crate::graph::Graph::name);
        let steps = self.spare().pop().unwrap_or_default();
        Some(Arc::new(Recorder::new(self.clone(), graph, steps)))
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Clone>() {}
    assert::<Profile>();
};

#[cfg(test)]
mod tests;
