//! The tasks that a pass visits, found without a look at each word of the set.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{LiveSet, TaskSet};

/// The tasks that the passes of a driver visit: a [`LiveSet`] in which the next task is found without a look at each word
/// between. A chain of a thousand tasks has one task in sixteen words, in each of its two thousand passes.
pub(crate) struct ActiveSet<const WORDS: usize> {
    tasks: LiveSet<WORDS>,
    /// A bit for each word with a task. The bit of a word without one may be set, too, until a pass ends. The last bit
    /// stands for all words from the 64th on. Not kept for one or two words: it takes more instructions there than it saves.
    words: AtomicU64,
}

impl<const WORDS: usize> ActiveSet<WORDS> {
    const HAS_WORDS: bool = WORDS > 2;
    const LAST: usize = 63;

    #[inline]
    pub(crate) fn new(tasks: TaskSet<WORDS>) -> Self {
        let mut this = Self { tasks: LiveSet::new(tasks), words: AtomicU64::new(0) };
        this.note_words(&tasks);
        this
    }

    #[inline]
    pub(crate) fn get(&self) -> TaskSet<WORDS> {
        self.tasks.get()
    }

    #[inline]
    pub(crate) fn set(&mut self, tasks: TaskSet<WORDS>) {
        *self = Self::new(tasks);
    }

    #[inline]
    pub(crate) fn word(&self, word: usize) -> u64 {
        self.tasks.word(word)
    }

    /// Adds tasks of one word.
    #[inline]
    pub(crate) fn add(&mut self, word: usize, tasks: u64) {
        self.tasks.add(word, tasks);
        self.note_word(word);
    }

    /// Removes tasks of one word.
    #[inline]
    pub(crate) fn take(&mut self, word: usize, tasks: u64) {
        self.tasks.take(word, tasks);
    }

    /// Adds the tasks of another set.
    #[inline]
    pub(crate) fn extend(&mut self, other: &TaskSet<WORDS>) {
        self.tasks.extend(other);
        self.note_words(other);
    }

    /// Keeps the tasks that are in another set, too.
    #[inline]
    pub(crate) fn retain(&mut self, other: &TaskSet<WORDS>) {
        self.tasks.retain(other);
    }

    /// Removes the tasks of another set.
    #[inline]
    pub(crate) fn remove_all(&mut self, other: &TaskSet<WORDS>) {
        self.tasks.remove_all(other);
    }

    /// Returns the first task that is not below the given one.
    #[inline]
    pub(crate) fn first_from(&self, task: usize) -> Option<usize> {
        let mut word = task / 64;
        let mut tasks = if word < WORDS { self.word(word) & (u64::MAX << (task % 64)) } else { 0 };
        while tasks == 0 {
            word = self.later_word(word)?;
            tasks = self.word(word);
        }
        Some(word * 64 + tasks.trailing_zeros() as usize)
    }

    /// Returns the next word after the given one in which there may be a task.
    #[inline]
    fn later_word(&self, word: usize) -> Option<usize> {
        let next = word + 1;
        if !Self::HAS_WORDS || next > Self::LAST {
            return (next < WORDS).then_some(next);
        }
        let words = self.words() >> next;
        (words != 0).then(|| next + words.trailing_zeros() as usize)
    }

    /// Keeps the tasks that are in another set, too; tells whether there are none. It goes over the words once, since
    /// each pass of a terminal does so.
    #[inline]
    pub(crate) fn retain_each(&mut self, other: &LiveSet<WORDS>) -> bool {
        if !Self::HAS_WORDS {
            return (0..WORDS).fold(0, |kept, word| kept | self.retain_word(word, other)) == 0;
        }
        let (mut left, mut kept) = (self.words(), 0);
        while left != 0 {
            let bit = left.trailing_zeros() as usize;
            let end = if bit == Self::LAST { WORDS } else { bit + 1 };
            if (bit..end).fold(0, |kept, word| kept | self.retain_word(word, other)) != 0 {
                kept |= 1 << bit;
            }
            left &= left - 1;
        }
        self.words.store(kept, Ordering::Relaxed);
        kept == 0
    }

    /// Returns what is kept of one word.
    #[inline]
    fn retain_word(&mut self, word: usize, other: &LiveSet<WORDS>) -> u64 {
        self.take(word, !other.word(word));
        self.word(word)
    }

    #[inline]
    fn words(&self) -> u64 {
        self.words.load(Ordering::Relaxed)
    }

    #[inline]
    fn note_word(&mut self, word: usize) {
        if Self::HAS_WORDS {
            self.words.store(self.words() | 1 << word.min(Self::LAST), Ordering::Relaxed);
        }
    }

    #[inline]
    fn note_words(&mut self, tasks: &TaskSet<WORDS>) {
        if Self::HAS_WORDS {
            for word in (0..WORDS).filter(|&word| tasks.0[word] != 0) {
                self.note_word(word);
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Does the same with sets of one, two, sixteen and more than sixty-four words, and with plain sets.
    fn the_next_task_is_found<const WORDS: usize>() {
        let spread = (0..WORDS).map(|word| word * 64 + word % 64).filter(|task| task / 64 % 5 != 1);
        let tasks = spread.fold(TaskSet::<WORDS>::EMPTY, |set, task| set.with(&TaskSet::<WORDS>::of(task).0));
        let all = |active: &ActiveSet<WORDS>| {
            std::iter::successors(active.first_from(0), |task| active.first_from(task + 1)).collect::<Vec<_>>()
        };
        let expected = |tasks: TaskSet<WORDS>| tasks.tasks().collect::<Vec<_>>();
        let mut active = ActiveSet::new(tasks);
        assert_eq!(all(&active), expected(tasks));
        assert!(!active.retain_each(&LiveSet::new(tasks)));
        assert_eq!(all(&active), expected(tasks), "none of them was removed");
        let last = 64 * WORDS - 1;
        active.take(0, u64::MAX);
        active.add(last / 64, 1 << (last % 64));
        active.extend(&TaskSet::of(last - 1));
        let mut changed = tasks;
        changed.0[0] = 0;
        changed.insert(last);
        changed.insert(last - 1);
        assert_eq!(all(&active), expected(changed));
        assert!(!active.retain_each(&LiveSet::new(TaskSet::of(last))));
        assert_eq!(all(&active), [last]);
        active.set(changed);
        assert_eq!(all(&active), expected(changed));
        assert!(active.retain_each(&LiveSet::new(TaskSet::EMPTY)));
        assert!(all(&active).is_empty());
    }

    #[test]
    fn the_next_task_is_found_in_any_number_of_words() {
        the_next_task_is_found::<1>();
        the_next_task_is_found::<2>();
        the_next_task_is_found::<3>();
        the_next_task_is_found::<16>();
        the_next_task_is_found::<64>();
        the_next_task_is_found::<65>();
        the_next_task_is_found::<130>();
    }
}
