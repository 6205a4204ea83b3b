//! At most so many tasks under way: which of those that are ready has to wait for a slot.

use crate::task_set::TaskSet;

/// The slots of a run.
pub(crate) struct Limit<const WORDS: usize> {
    slots: usize,
    taken: usize,
    /// Tasks that are ready and found no slot, in a pass that goes in ascending order.
    waiting: TaskSet<WORDS>,
    is_waiting: bool,
}

impl<const WORDS: usize> Limit<WORDS> {
    pub(crate) const NONE: usize = usize::MAX;

    pub(crate) fn new(slots: usize) -> Self {
        Self { slots, taken: 0, waiting: TaskSet::EMPTY, is_waiting: false }
    }

    /// Takes a slot for a task, unless none is free or another task that is ready comes first.
    #[inline]
    pub(crate) fn take(&mut self, task: usize) -> bool {
        if self.slots == Self::NONE {
            return true;
        }
        let is_free = self.taken < self.slots && !self.is_waiting;
        if is_free {
            self.taken += 1;
        } else {
            self.waiting.insert(task);
            self.is_waiting = true;
        }
        is_free
    }

    /// Gives a slot back.
    #[inline]
    pub(crate) fn give_back(&mut self) {
        if self.slots != Self::NONE {
            self.taken -= 1;
        }
    }

    /// Tells whether a task waits.
    #[inline]
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Gives the tasks that wait, if there is a slot for one.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<TaskSet<WORDS>> {
        (self.taken < self.slots).then(|| self.take_waiting()).flatten()
    }

    /// Gives the tasks that wait, to be looked at again.
    #[inline]
    pub(crate) fn take_waiting(&mut self) -> Option<TaskSet<WORDS>> {
        std::mem::take(&mut self.is_waiting).then(|| std::mem::replace(&mut self.waiting, TaskSet::EMPTY))
    }
}
