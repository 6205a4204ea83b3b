//! A fixed set of task ids as bits: what is needed, ready, pending or woken.

/// A set of task ids below `64 * WORDS`.
#[derive(Clone, Copy)]
pub struct TaskSet<const WORDS: usize>(pub [u64; WORDS]);

impl<const WORDS: usize> TaskSet<WORDS> {
    /// The set without a task.
    pub(crate) const EMPTY: Self = Self([0; WORDS]);

    #[inline]
    pub(crate) fn contains(&self, task: usize) -> bool {
        self.0[task / 64] & (1 << (task % 64)) != 0
    }

    #[inline]
    pub(crate) fn insert(&mut self, task: usize) {
        self.0[task / 64] |= 1 << (task % 64);
    }

    #[inline]
    pub(crate) fn remove(&mut self, task: usize) {
        self.0[task / 64] &= !(1 << (task % 64));
    }
}
