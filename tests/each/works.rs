//! How many bodies work at once, and a number that decides what each of them does.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bodies that work.
#[derive(Default)]
pub(crate) struct Works {
    seed: usize,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

/// A body that works, and does not wait for something lazy.
pub(crate) struct Work<'w>(&'w Works);

impl Works {
    pub(crate) fn of(seed: usize) -> Self {
        Self { seed, ..Self::default() }
    }

    pub(crate) fn begin(&self) -> Work<'_> {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        Work(self)
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    /// Returns how many have worked at once, at most.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// Returns a number below 5 that depends on the seed.
    pub(crate) fn pick(&self, id: usize, salt: usize) -> usize {
        let mixed = (id * 31 + salt * 7 + self.seed * 101).wrapping_mul(0x9e37_79b9) >> 7;
        mixed % 5
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}
