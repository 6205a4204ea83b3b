//! Waiters that are dropped at any poll while a run finds out whether a body waits for itself: the waiters that are left
//! get the right outcome, and nothing is kept of the dropped ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use crate::common::{CountingWaker, Driven};

/// More polls than a waiter needs until nothing wakes it.
pub(crate) const POLLS: usize = 7;

/// The message to a waiter that comes after the one that was told of the circle.
pub(crate) const ENDED: &str = "the run has ended: task `page` panicked";

/// The value of a waiter, or the message of its panic.
pub(crate) type Told = Result<u64, String>;

/// A future that is polled only when something has woken it, as by an executor.
pub(crate) struct Waiter<'f> {
    goal: Driven<'f, u64>,
    seen: Option<usize>,
}

impl<'f> Waiter<'f> {
    pub(crate) fn new(goal: impl Future<Output = &'f u64> + 'f) -> Self {
        Self { goal: Driven::new(async { *goal.await }), seen: None }
    }

    fn is_woken(&self) -> bool {
        self.seen != Some(self.goal.wakes())
    }

    fn poll(&mut self) -> Option<Told> {
        if !self.is_woken() {
            return None;
        }
        self.seen = Some(self.goal.wakes());
        match catch_unwind(AssertUnwindSafe(|| self.goal.poll())) {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(value)) => Some(Ok(value)),
            Err(payload) => Some(Err(*payload.downcast().expect("the message is made of names"))),
        }
    }

    /// Polls until there is an outcome. `pause` lets the other threads and tasks go on.
    pub(crate) fn end(mut self, pause: &dyn Fn()) -> Told {
        loop {
            assert!(self.is_woken(), "nothing woke the waiter");
            if let Some(told) = self.poll() {
                return told;
            }
            pause();
        }
    }

    /// Drops the future, of whose waker nothing else has a clone then.
    fn leave(mut self) {
        let waker: Arc<CountingWaker> = self.goal.change_waker();
        drop(self);
        assert_eq!(Arc::strong_count(&waker), 1, "a waker of a dropped waiter is kept");
    }
}

/// When waiters leave: the one for `page` and the one for `user` after a number of polls. A third one, for `user`, stays; it
/// is there from the beginning or comes at the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    after: [usize; 2],
    third_is_early: bool,
}

impl Leaving {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let after = (0..=POLLS).flat_map(|page| (0..=POLLS).map(move |user| [page, user]));
        after.flat_map(|after| [false, true].map(|third_is_early| Self { after, third_is_early }))
    }

    /// Polls the waiters in turns. `open` opens the gate at which `page` may wait, when nothing else happens any more.
    /// Returns the outcomes of the two that leave, as far as they have any, and then that of the third.
    pub(crate) fn watch<'f>(
        self,
        page: Waiter<'f>,
        user: &dyn Fn() -> Waiter<'f>,
        open: impl Fn(),
        pause: &dyn Fn(),
    ) -> Vec<Told> {
        let mut told = Vec::new();
        let mut third = self.third_is_early.then(user);
        let mut waiters = [Some(page), Some(user())];
        for poll in 0..POLLS {
            for (waiter, after) in waiters.iter_mut().zip(self.after) {
                let outcome = waiter.as_mut().filter(|_| poll < after).and_then(Waiter::poll);
                if outcome.is_some() || poll >= after {
                    told.extend(outcome);
                    if let Some(waiter) = waiter.take() {
                        waiter.leave();
                    }
                }
                pause();
            }
            if let Some(outcome) = third.as_mut().and_then(Waiter::poll) {
                assert!(outcome.is_err(), "no gate is open, {self:?}");
                told.push(outcome);
                return told;
            }
            pause();
        }
        assert!(third.as_ref().is_none_or(|third| !third.is_woken()), "more polls are needed, {self:?}");
        open();
        pause();
        let third = third.get_or_insert_with(user);
        let mut is_woken = true;
        loop {
            assert!(is_woken, "nothing woke the last waiter, {self:?}");
            if let Some(outcome) = third.poll() {
                told.push(outcome);
                return told;
            }
            pause();
            // The others are polled by the same executor.
            is_woken = third.is_woken();
            for waiter in waiters.iter_mut().flatten().filter(|waiter| waiter.is_woken()) {
                told.extend(waiter.poll());
                is_woken = true;
                pause();
            }
        }
    }

    /// Checks that the last waiter has its value.
    pub(crate) fn assert_served(self, told: &[Told]) {
        assert_eq!(told.last(), Some(&Ok(7)), "{self:?}");
    }
}
