//! The steps of a waiter: it looks at the board, drives or waits, and is woken.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Waker;

use super::sync::{MutexGuard, Ordering};
use super::{Board, DRIVING, EVENT, FAILED, FLAGS, LOOKED, Step, WAITED};
use crate::error::TaskError;
use crate::run::notices::{Notices, Place, Target};

/// How many tasks are woken each time that the lock is held.
const WAKERS: usize = 4;

impl<const WORDS: usize> Board<WORDS> {
    /// Checks whether a goal is reached. If not, makes it wanted, and then either lets the waiter drive or leaves its
    /// waker.
    ///
    /// # Panics
    /// If a task of the run has panicked.
    #[inline]
    pub(crate) fn look(&self, goal: Target, place: &mut Place, waker: &Waker) -> Step {
        // The goal of a known waiter is already wanted: the waiter drives first and then reads the outcome.
        if if place.is_known { self.claim(false) } else { self.claim_first(goal) } {
            place.is_known = true;
            return Step::Drive;
        }
        self.look_closely(goal, place, waker)
    }

    /// The rest of [`look`](Self::look), separate from the code that runs in every poll.
    #[inline(never)]
    fn look_closely(&self, goal: Target, place: &mut Place, borrowed: &Waker) -> Step {
        place.is_known = true;
        let waker = borrowed.clone();
        let mut notices = self.lock();
        if let Some(task) = notices.panicked {
            drop(notices);
            panic!("the run has ended: task `{task}` panicked");
        }
        notices.is_awaited = true;
        let result = self.result(&notices, goal);
        let is_over = match &result {
            // The driver must tell the observers about tasks that were never wanted before.
            Some(Ok(())) if goal == Target::Settled => {
                !self.is_observed.load(Ordering::Relaxed) || notices.wanted == self.graph.own_tasks()
            }
            #[cfg(feature = "durable")]
            Some(Ok(())) if goal == Target::Complete => {
                !self.is_observed.load(Ordering::Relaxed) || self.is_complete_wanted(&notices)
            }
            Some(Ok(())) => true,
            // The driver must tell the observers which tasks are skipped.
            Some(Err(_)) => !self.is_observed.load(Ordering::Relaxed),
            None => false,
        };
        if !is_over {
            let is_new = self.want(&mut notices, goal);
            if self.claim(is_new) {
                let driving = StopDriving(self);
                #[cfg(feature = "tokio")]
                if self.is_polled_elsewhere(&waker) {
                    notices.keep_own_note(place);
                    drop(notices);
                    drop(waker);
                    std::mem::forget(driving);
                    return Step::Elsewhere { drives: true };
                }
                if let Some(index) = place.index {
                    // A waiter that drives is not inside a task, or no longer.
                    notices.forget(index);
                }
                drop(notices);
                drop(waker);
                std::mem::forget(driving);
                return Step::Drive;
            }
            if self.cancels() && self.claim_to_cancel() {
                return self.stay(notices, goal, waker, place);
            }
        }
        if result.is_none() && self.note_waiter() {
            drop(notices);
            drop(waker);
            return self.look_closely(goal, place, borrowed);
        }
        let left = match &result {
            Some(_) => notices.vacate(place),
            #[cfg(feature = "tokio")]
            None if self.is_polled_elsewhere(&waker) => {
                notices.keep_own_note(place);
                let left = notices.occupy(goal, waker, place);
                drop(notices);
                drop(left);
                return Step::Elsewhere { drives: false };
            }
            None => {
                let task = self.task_around(&waker);
                let address = waker.data().addr();
                let left = notices.occupy(goal, waker, place);
                if notices.note(place, task, address) {
                    self.is_changed.store(true, Ordering::Release);
                    self.state.fetch_or(EVENT, Ordering::AcqRel);
                }
                left
            }
        };
        drop(notices);
        drop(left);
        result.map_or(Step::Wait, Step::Resolved)
    }

    /// Lets other waiters drive again. Returns the result of the waiter that has driven, or leaves its waker. If an
    /// event happened in the meantime, wakes all waiters; if not, wakes those whose goals are reached.
    pub(crate) fn end_driving(&self, goal: Target, place: &mut Place, waker: &Waker) -> Option<Result<(), TaskError>> {
        if place.index.is_none() && matches!(goal, Target::Task(task) if self.is_done(task)) {
            let before = self.state.fetch_and(!DRIVING, Ordering::AcqRel);
            if before & WAITED != 0 {
                self.wake(self.lock(), |notices, goal| before & EVENT != 0 || self.is_reached(notices, goal));
            }
            return Some(Ok(()));
        }
        if place.index.is_none() && matches!(goal, Target::Task(_)) && self.end_driving_alone() {
            waker.wake_by_ref();
            return None;
        }
        let driving = StopDriving(self);
        // After an event all waiters are woken; this waiter is woken by `waker`.
        let own = (self.state.load(Ordering::Acquire) & EVENT == 0).then(|| waker.clone());
        let mut notices = self.lock();
        let result = self.result(&notices, goal);
        let is_left = own.is_some() && result.is_none();
        let left = if result.is_some() {
            notices.vacate(place)
        } else {
            if self.want(&mut notices, goal) {
                self.state.fetch_or(EVENT, Ordering::AcqRel);
            }
            own.and_then(|own| {
                self.note_waiter();
                notices.occupy(goal, own, place)
            })
        };
        let is_eventful = driving.stop();
        self.wake(notices, |notices, goal| is_eventful || self.is_reached(notices, goal));
        if is_eventful && result.is_none() && !is_left {
            waker.wake_by_ref();
        }
        drop(left);
        result
    }

    /// Lets other waiters drive again, if there is an event, nobody is to be woken, and only results can have changed.
    #[inline]
    fn end_driving_alone(&self) -> bool {
        let now = self.state.load(Ordering::Relaxed);
        now & FLAGS & !LOOKED == EVENT | DRIVING
            && self.state.compare_exchange(now, now & !DRIVING, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Takes the right to drive, if there is an event and no other waiter has that right. If it is a new event, notes it.
    fn claim(&self, is_new: bool) -> bool {
        let mut before = self.state.load(Ordering::Relaxed);
        loop {
            let event = if is_new { before | EVENT } else { before };
            let may_drive = event & FLAGS & !(WAITED | FAILED | LOOKED) == EVENT;
            if !may_drive && !is_new {
                return false;
            }
            let after = if may_drive { event ^ (EVENT | DRIVING) } else { event };
            match self.state.compare_exchange_weak(before, after, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return may_drive,
                Err(now) => before = now,
            }
        }
    }

    /// Notes that wakers are left on the board from now on. Returns whether none was left before: then a waiter must look
    /// again, since nobody else has looked for its waker so far.
    fn note_waiter(&self) -> bool {
        self.state.load(Ordering::Relaxed) & WAITED == 0 && self.state.fetch_or(WAITED, Ordering::AcqRel) & WAITED == 0
    }

    /// Makes a goal wanted. Returns whether it was not wanted before, which is an event.
    fn want(&self, notices: &mut Notices<WORDS>, goal: Target) -> bool {
        match goal {
            Target::Task(task) if notices.wanted.contains(task) => return false,
            Target::Task(task) => notices.wanted.insert(task),
            Target::All | Target::Settled => {
                let all = self.graph.own_tasks();
                if notices.wanted == all {
                    return false;
                }
                notices.wanted = all;
            }
            #[cfg(feature = "durable")]
            Target::Complete if self.is_complete_wanted(notices) => return false,
            #[cfg(feature = "durable")]
            Target::Complete => notices.wanted.extend(&self.graph.eager_tasks()),
        }
        self.is_changed.store(true, Ordering::Release);
        true
    }

    /// Frees the place of a waiter. Returns whether tasks are to be dropped that nobody waits for any more.
    pub(crate) fn leave(&self, place: &mut Place) -> bool {
        if place.index.is_none() {
            return false;
        }
        let left = self.lock().vacate(place);
        drop(left);
        self.cancels()
    }

    /// Wakes the waiters that are due, outside the lock. If a waker panics, the others are still woken.
    #[inline]
    pub(super) fn wake<'b>(
        &'b self,
        notices: MutexGuard<'b, Notices<WORDS>>,
        is_due: impl Fn(&Notices<WORDS>, Target) -> bool,
    ) {
        if !notices.waiters.is_empty() {
            self.wake_due(notices, is_due);
        }
    }

    #[inline(never)]
    fn wake_due<'b>(
        &'b self,
        mut notices: MutexGuard<'b, Notices<WORDS>>,
        is_due: impl Fn(&Notices<WORDS>, Target) -> bool,
    ) {
        let mut next = 0;
        let mut panic = None;
        loop {
            let mut wakers = [const { None }; WAKERS];
            next = notices.take_wakers(next, &is_due, &mut wakers);
            let is_last = next == notices.waiters.len();
            drop(notices);
            for waker in wakers.into_iter().map_while(|waker| waker) {
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| Waker::wake(waker))) {
                    panic.get_or_insert(payload);
                }
            }
            if is_last {
                break;
            }
            notices = self.lock();
        }
        // If two panics meet, only the first continues: a second one would abort the process.
        if let Some(payload) = panic.filter(|_| !std::thread::panicking()) {
            resume_unwind(payload);
        }
    }
}

/// Lets other waiters drive, and wakes them, if a foreign waker panics while this waiter has the right to drive.
pub(super) struct StopDriving<'b, const WORDS: usize>(pub(super) &'b Board<WORDS>);

impl<const WORDS: usize> StopDriving<'_, WORDS> {
    /// Ends the right to drive without an unwind. Returns whether an event happened in the meantime.
    fn stop(self) -> bool {
        let is_eventful = self.0.state.fetch_and(!DRIVING, Ordering::AcqRel) & EVENT != 0;
        std::mem::forget(self);
        is_eventful
    }
}

impl<const WORDS: usize> Drop for StopDriving<'_, WORDS> {
    fn drop(&mut self) {
        self.0.change(|state| Some(state & !DRIVING | EVENT));
        self.0.wake(self.0.lock(), |_, _| true);
    }
}
