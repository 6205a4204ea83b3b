//! The first waiter of a run, which drives without the lock.

use super::sync::Ordering;
use super::{Board, DRIVING, LOOKED};
use crate::run::notices::{Notices, Target};
use crate::task_set::TaskSet;

/// Above this number of bits of the state is the goal of the first waiter: the number of its task plus one, or `ALL`.
const FIRST: u32 = 8;
const ALL: u32 = u32::MAX >> FIRST;

impl<const WORDS: usize> Board<WORDS> {
    /// Takes the right to drive for the first waiter, unless anybody has looked at the board before.
    #[inline]
    pub(super) fn claim_first(&self, goal: Target) -> bool {
        let first = match goal {
            // A value may have been injected.
            Target::Task(task) if !self.is_done(task) => u32::try_from(task).map_or(ALL, |task| task + 1),
            Target::All if !self.are_all_done() => ALL,
            _ => return false,
        };
        let state = first << FIRST | DRIVING | LOOKED;
        let is_taken = (first < ALL || goal == Target::All)
            && self.state.compare_exchange(0, state, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if is_taken {
            self.is_first_new.store(true, Ordering::Relaxed);
        }
        is_taken
    }

    /// Returns the wanted tasks for the driver, if nothing but the goal of the first waiter is new.
    pub(super) fn take_first(&self) -> Option<TaskSet<WORDS>> {
        let is_new = self.is_first_new.load(Ordering::Relaxed);
        self.is_first_new.store(false, Ordering::Relaxed);
        if !is_new || self.is_changed.load(Ordering::Acquire) {
            return None;
        }
        self.first(self.state.load(Ordering::Relaxed))
    }

    /// Adds the goal of the first waiter to the notices, if it has taken no lock. From now on every new waiter takes the lock.
    #[cold]
    pub(super) fn learn_first(&self, notices: &mut Notices<WORDS>) {
        let mut state = self.state.load(Ordering::Acquire);
        if state & LOOKED == 0 {
            state = self.state.fetch_or(LOOKED, Ordering::AcqRel);
        }
        notices.is_first_known = true;
        if let Some(wanted) = self.first(state) {
            notices.is_awaited = true;
            notices.wanted.extend(&wanted);
        }
    }

    /// Returns the tasks that the first waiter wants, if it took no lock.
    fn first(&self, state: u32) -> Option<TaskSet<WORDS>> {
        match state >> FIRST {
            0 => None,
            ALL => Some(self.graph.own_tasks()),
            task => Some(TaskSet::of(task as usize - 1)),
        }
    }

    /// Returns whether a goal has been awaited, even one that was already reached.
    pub(crate) fn is_awaited(&self) -> bool {
        self.state.load(Ordering::Acquire) & LOOKED != 0 && self.lock().is_awaited
    }
}
