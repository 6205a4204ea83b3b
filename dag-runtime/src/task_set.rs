//! A fixed set of task ids as bits: what is open or active.

/// A set of task ids below `64 * WORDS`.
#[derive(Clone, Copy)]
pub struct TaskSet<const WORDS: usize>(pub [u64; WORDS]);

impl<const WORDS: usize> TaskSet<WORDS> {
    /// The set without a task.
    pub(crate) const EMPTY: Self = Self([0; WORDS]);

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Adds the tasks of another set.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// Keeps the tasks that are in another set, too.
    #[inline]
    pub(crate) fn retain(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    /// Removes the tasks of another set.
    pub(crate) fn remove_all(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
    }
}
