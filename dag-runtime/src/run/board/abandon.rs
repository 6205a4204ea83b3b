//! Tasks that nobody waits for any more, in a run that cancels them.
//!
//! `CANCELS` is set in the state of such a run from its beginning. So the short way to the driver, which finds `EVENT`
//! and perhaps `WAITED`, is closed: every waiter reads the board in each poll, and leaves its waker before it drives, too.
//! From its first poll until it is resolved or dropped, each waiter is on the board, and the wanted tasks are those that
//! the waiters await.
//!
//! A waiter that leaves the board sets `ABANDONED` if a task may be needed by nobody now. If no waiter drives, it drives
//! itself, with `CANCELLING`: in this pass the driver only drops bodies (`schedule/abandon.rs`). If another waiter
//! drives, that one makes the pass after its own. A dropped body may contain waiters of the same run, which leave the
//! board during the pass and set `ABANDONED` again. So passes follow one another until nothing is abandoned.

use std::task::Waker;

use super::sync::{MutexGuard, Ordering};
use super::waiters::StopDriving;
use super::{ABANDONED, Board, CANCELLING, CANCELS, DRIVING, EVENT, Step, WAITED};
use crate::run::notices::{Notices, Place, Target};
use crate::task_set::TaskSet;

impl<const WORDS: usize> Board<WORDS> {
    /// From now on, tasks that nobody waits for any more are dropped.
    pub(crate) fn cancel_abandoned(&self) {
        // Every waiter leaves its waker. None is on the board yet, so none has to look again.
        self.state.fetch_or(CANCELS | WAITED, Ordering::Relaxed);
    }

    /// Returns whether tasks that nobody waits for any more are dropped.
    #[inline]
    pub(crate) fn cancels(&self) -> bool {
        self.state.load(Ordering::Relaxed) & CANCELS != 0
    }

    /// Returns whether the current pass only drops bodies.
    pub(crate) fn is_cancelling(&self) -> bool {
        self.state.load(Ordering::Relaxed) & CANCELLING != 0
    }

    /// Takes the right to drive, if there is an event and no other waiter has that right.
    #[cold]
    pub(super) fn claim_to_cancel(&self) -> bool {
        self.change(|state| (state & (EVENT | DRIVING) == EVENT).then_some(state & !EVENT | DRIVING))
    }

    /// Keeps a waiter on the board that is about to drive.
    #[cold]
    pub(super) fn stay(
        &self,
        mut notices: MutexGuard<'_, Notices<WORDS>>,
        goal: Target,
        waker: Waker,
        place: &mut Place,
    ) -> Step {
        let driving = StopDriving(self);
        #[cfg(feature = "tokio")]
        let is_elsewhere = self.is_polled_elsewhere(&waker);
        #[cfg(feature = "tokio")]
        if is_elsewhere {
            notices.keep_own_note(place);
        }
        #[cfg(not(feature = "tokio"))]
        let is_elsewhere = false;
        if let Some(index) = place.index.filter(|_| !is_elsewhere) {
            // A waiter that drives is not inside a task, or no longer.
            notices.forget(index);
        }
        let left = notices.occupy(goal, waker, place);
        drop(notices);
        drop(left);
        std::mem::forget(driving);
        Step::DriveAndCancel { is_elsewhere }
    }

    /// Reduces the wanted tasks to those that waiters await, after a waiter has left.
    #[cold]
    pub(crate) fn look_for_abandoned(&self) {
        let mut notices = self.lock();
        let awaited = notices.awaited(|| self.graph.own_tasks());
        let mut lost = notices.wanted;
        lost.remove_all(&awaited);
        if !lost.is_empty() {
            // A goal that is awaited and not wanted has failed, and is wanted again by its waiter.
            notices.wanted.retain(&awaited);
            self.is_changed.store(true, Ordering::Release);
        }
        // What a result needs has ended with it, unless a failure was caught or a dependency is lazy.
        if self.graph.has_edges() || lost.tasks().any(|task| !self.is_done(task)) {
            self.state.fetch_or(ABANDONED, Ordering::AcqRel);
        }
    }

    /// Takes the right to make a pass that only drops bodies, if something may be abandoned and no waiter drives.
    #[cold]
    pub(crate) fn begin_cancelling(&self) -> bool {
        let begins = self.change(|state| {
            let is_due = state & (ABANDONED | DRIVING) == ABANDONED;
            is_due.then_some(state & !ABANDONED | DRIVING | CANCELLING)
        });
        if begins {
            self.is_changed.store(true, Ordering::Release);
        }
        begins
    }

    /// Ends such a pass. If an event happened in the meantime, wakes all waiters.
    #[cold]
    pub(crate) fn end_cancelling(&self) {
        // The next pass ends what this one has begun.
        self.is_changed.store(true, Ordering::Release);
        let before = self.state.fetch_and(!(DRIVING | CANCELLING), Ordering::AcqRel);
        if before & EVENT != 0 {
            self.wake(self.lock(), |_, _| true);
        }
    }

    /// Changes the state in one step, if `change` does not refuse.
    pub(super) fn change(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, change).is_ok()
    }
}

impl<const WORDS: usize> Notices<WORDS> {
    /// Returns the tasks that waiters await; the driver also waits for some, to find circles.
    fn awaited(&self, all: impl Fn() -> TaskSet<WORDS>) -> TaskSet<WORDS> {
        let watch = self.circles.as_ref().and_then(|circles| circles.watch.index);
        let mut awaited = TaskSet::EMPTY;
        for (_, waiter) in self.waiters.iter().filter(|&(index, _)| Some(index) != watch) {
            match waiter.goal {
                Target::Task(task) => awaited.insert(task),
                _ => awaited.extend(&all()),
            }
        }
        awaited
    }
}
