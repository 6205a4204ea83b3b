//! A value that counts its clones and how many of it are alive.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The counts of all values that were made from it.
#[derive(Clone, Default)]
pub(crate) struct Counts(Arc<Counters>);

#[derive(Default)]
struct Counters {
    clones: AtomicUsize,
    alive: AtomicUsize,
    most: AtomicUsize,
}

impl Counts {
    /// Makes a value.
    pub(crate) fn value(&self) -> Counted {
        let alive = self.0.alive.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(alive, Ordering::SeqCst);
        Counted(self.clone())
    }

    /// Returns how often a value was cloned since the last call.
    pub(crate) fn clones(&self) -> usize {
        self.0.clones.swap(0, Ordering::SeqCst)
    }

    /// Returns how many values are alive.
    pub(crate) fn alive(&self) -> usize {
        self.0.alive.load(Ordering::SeqCst)
    }

    /// Returns the largest number of values that were alive at the same time.
    pub(crate) fn most(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }
}

/// A value that counts its clones.
pub(crate) struct Counted(Counts);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.0.clones.fetch_add(1, Ordering::SeqCst);
        self.0.value()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}
