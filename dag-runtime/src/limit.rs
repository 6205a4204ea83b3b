//! At most so many tasks under way: which of those that are ready has to wait for a slot.

use crate::task_set::TaskSet;

/// The slots of a run.
pub(crate) struct Limit<const WORDS: usize> {
    slots: usize,
    taken: usize,
    /// Tasks that are ready and found no slot, in a pass that goes in ascending order.
    waiting: TaskSet<WORDS>,
}

impl<const WORDS: usize> Limit<WORDS> {
    pub(crate) const NONE: usize = usize::MAX;

    pub(crate) fn new(slots: usize) -> Self {
        Self { slots, taken: 0, waiting: TaskSet::EMPTY }
    }

    /// Takes a slot for a task, unless none is free or another task that is ready comes first.
    #[inline]
    pub(crate) fn take(&mut self, task: usize) -> bool {
        let is_free = self.taken < self.slots && self.waiting.is_empty();
        if is_free {
            self.taken += 1;
        } else {
            self.waiting.insert(task);
        }
        is_free
    }

    /// Gives a slot back.
    #[inline]
    pub(crate) fn give_back(&mut self) {
        self.taken -= 1;
    }

    /// Gives the tasks that wait, if there is a slot for one.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<TaskSet<WORDS>> {
        let is_some = self.taken < self.slots && !self.waiting.is_empty();
        is_some.then(|| self.take_waiting())
    }

    /// Gives the tasks that wait, to be looked at again.
    pub(crate) fn take_waiting(&mut self) -> TaskSet<WORDS> {
        std::mem::replace(&mut self.waiting, TaskSet::EMPTY)
    }
}
