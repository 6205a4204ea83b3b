//! A fixed set of task ids as bits: what is open, active or done.

mod active;

use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use active::ActiveSet;

/// A set of task ids below `64 * WORDS`.
#[derive(Clone, Copy, PartialEq)]
pub struct TaskSet<const WORDS: usize>(pub [u64; WORDS]);

impl<const WORDS: usize> TaskSet<WORDS> {
    /// The set without a task.
    pub(crate) const EMPTY: Self = Self([0; WORDS]);

    /// Makes the set of the first `tasks` tasks.
    pub(crate) fn first(tasks: usize) -> Self {
        Self(std::array::from_fn(|word| match tasks.saturating_sub(word * 64) {
            0 => 0,
            left if left >= 64 => u64::MAX,
            left => (1 << left) - 1,
        }))
    }

    /// Makes the set of one task.
    pub(crate) fn of(task: usize) -> Self {
        let mut set = Self::EMPTY;
        set.insert(task);
        set
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

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

    /// Adds the tasks of another set.
    #[inline]
    pub(crate) fn extend(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// Returns the set with the tasks of some words added.
    pub(crate) fn with(mut self, words: &[u64]) -> Self {
        for (word, added) in self.0.iter_mut().zip(words) {
            *word |= added;
        }
        self
    }

    /// Returns whether a task is in both sets.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(word, other)| word & other != 0)
    }

    /// Returns the tasks, in ascending order.
    pub(crate) fn tasks(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(index, mut word)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(index * 64 + bit)
            })
        })
    }

    /// Keeps the tasks that are in another set, too.
    pub(crate) fn retain(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    /// Removes the tasks of another set.
    #[inline]
    pub(crate) fn remove_all(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
    }
}

impl<const WORDS: usize> AsRef<[u64]> for TaskSet<WORDS> {
    fn as_ref(&self) -> &[u64] {
        &self.0
    }
}

/// A [`TaskSet`] that changes bit by bit and is read word by word.
///
/// Atomics keep the compiler from narrowing a change of a bit to a store of a byte: the next load of the whole word
/// would have to wait for it, which doubles the cost of a task. They are never shared, and compile to plain moves.
pub(crate) struct LiveSet<const WORDS: usize>([AtomicU64; WORDS]);

impl<const WORDS: usize> LiveSet<WORDS> {
    #[inline]
    pub(crate) fn new(tasks: TaskSet<WORDS>) -> Self {
        Self(tasks.0.map(AtomicU64::new))
    }

    #[inline]
    pub(crate) fn get(&self) -> TaskSet<WORDS> {
        TaskSet(std::array::from_fn(|word| self.word(word)))
    }

    #[inline]
    pub(crate) fn set(&mut self, tasks: TaskSet<WORDS>) {
        *self = Self::new(tasks);
    }

    #[inline]
    pub(crate) fn contains(&self, task: usize) -> bool {
        self.word(task / 64) & (1 << (task % 64)) != 0
    }

    #[inline]
    pub(crate) fn word(&self, word: usize) -> u64 {
        self.0[word].load(Ordering::Relaxed)
    }

    /// Adds tasks of one word.
    #[inline]
    pub(crate) fn add(&mut self, word: usize, tasks: u64) {
        self.0[word].store(self.word(word) | tasks, Ordering::Relaxed);
    }

    /// Removes tasks of one word.
    #[inline]
    pub(crate) fn take(&mut self, word: usize, tasks: u64) {
        self.0[word].store(self.word(word) & !tasks, Ordering::Relaxed);
    }

    /// Adds the tasks of another set.
    #[inline]
    pub(crate) fn extend(&mut self, other: &TaskSet<WORDS>) {
        for (word, &tasks) in other.0.iter().enumerate() {
            self.add(word, tasks);
        }
    }

    /// Keeps the tasks that are in another set, too.
    #[inline]
    pub(crate) fn retain(&mut self, other: &TaskSet<WORDS>) {
        for (word, &tasks) in other.0.iter().enumerate() {
            self.take(word, !tasks);
        }
    }

    /// Removes the tasks of another set.
    #[inline]
    pub(crate) fn remove_all(&mut self, other: &TaskSet<WORDS>) {
        for (word, &tasks) in other.0.iter().enumerate() {
            self.take(word, tasks);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn set(tasks: &[usize]) -> TaskSet<2> {
        tasks.iter().fold(TaskSet::EMPTY, |mut set, &task| {
            set.insert(task);
            set
        })
    }

    #[test]
    fn the_first_tasks_fill_one_word_after_another() {
        for tasks in [0, 1, 63, 64, 65, 127, 128] {
            let first = TaskSet::<2>::first(tasks);
            assert!(first.tasks().eq(0..tasks) && first.len() == tasks && first.is_empty() == (tasks == 0));
        }
    }

    #[test]
    fn what_is_added_twice_is_there_once() {
        let mut twice = set(&[3, 3, 70]);
        twice.extend(&set(&[3, 4]));
        assert!(twice == set(&[3, 4, 70]) && twice.with(&[1 << 3]) == twice);
        let mut live = LiveSet::new(twice);
        live.add(0, 1 << 3);
        live.extend(&set(&[70, 71]));
        assert!(live.get() == set(&[3, 4, 70, 71]));
    }

    #[test]
    fn what_is_not_there_can_be_removed() {
        let mut some = set(&[3, 70]);
        some.remove(4);
        some.remove_all(&set(&[70, 71]));
        assert!(some == set(&[3]));
        let mut live = LiveSet::new(set(&[3, 70]));
        live.take(0, 1 << 4);
        live.remove_all(&set(&[70, 71]));
        assert!(live.get() == set(&[3]));
    }

    #[test]
    fn what_is_kept_is_in_both_sets() {
        let other = set(&[3, 4, 70]);
        let mut some = set(&[3, 71]);
        assert!(some.meets(&other) && !set(&[71]).meets(&other));
        some.retain(&other);
        assert!(some == set(&[3]));
        let mut live = LiveSet::new(set(&[3, 71]));
        live.retain(&other);
        assert!(live.get() == set(&[3]));
        let mut active = ActiveSet::new(set(&[3, 71]));
        assert!(!active.retain_each(&LiveSet::new(other)) && active.get() == set(&[3]));
        // The same bit of two words.
        let two = set(&[3, 67]);
        assert!(!ActiveSet::new(two).retain_each(&LiveSet::new(two)));
        assert!(active.retain_each(&LiveSet::new(set(&[4]))) && active.get() == TaskSet::EMPTY);
    }
}
