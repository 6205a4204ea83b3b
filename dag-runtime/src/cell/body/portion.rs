//! One strong count of an `Arc`, divided into portions.
//!
//! A counter in the [`Bodied`] says how many portions there are. Together they own one strong count, so as long as there is
//! a portion, the `Bodied` is there; the end of the last one gives back the `Arc`. So to hold a task and to be counted is one
//! atomic operation, and several portions in one hand end with one.
//!
//! A `Bodied` has two such counters, each of which owns a strong count of its own: [`HELD`] and [`MISSING`].

use std::mem::ManuallyDrop;
use std::process::abort;
use std::ptr::NonNull;
use std::sync::Arc;

use super::super::sync::{AtomicUsize, Ordering};
use super::Bodied;

/// The counter of what holds the task or its outcome.
pub(crate) const HELD: usize = 0;
/// The counter of what has to be there before the task can start.
pub(crate) const MISSING: usize = 1;

/// A value that several share in a [`Bodied`].
pub(crate) trait Unheld: Sized {
    /// Takes a `Bodied` that nobody holds any more.
    fn unheld(whole: Arc<Bodied<Self>>) {
        drop(whole);
    }
}

/// One portion of the strong count that the counter `OF` owns, or several.
pub(crate) struct Portion<S: Unheld, const OF: usize, A: Amount = usize> {
    /// Comes from an `Arc`, which is there as long as there is a portion.
    whole: NonNull<Bodied<S>>,
    amount: A,
}

/// How many portions are in one hand.
///
/// # Safety
/// `get` always returns the same, at least 1.
pub(crate) unsafe trait Amount: Copy {
    fn get(self) -> usize;
}

// SAFETY: `Portion` asks for at least 1 where it takes a number.
unsafe impl Amount for usize {
    #[inline]
    fn get(self) -> usize {
        self
    }
}

/// One portion, without a number to store.
#[derive(Clone, Copy)]
pub(crate) struct One;

// SAFETY: it is 1.
unsafe impl Amount for One {
    #[inline]
    fn get(self) -> usize {
        1
    }
}

// SAFETY: it owns a part of an `Arc`, and does with it no more than an `Arc` does.
unsafe impl<S: Unheld, const OF: usize, A: Amount> Send for Portion<S, OF, A> where Arc<Bodied<S>>: Send {}
// SAFETY: as above.
unsafe impl<S: Unheld, const OF: usize, A: Amount> Sync for Portion<S, OF, A> where Arc<Bodied<S>>: Sync {}

impl<S: Unheld, const OF: usize> Portion<S, OF> {
    /// Takes the first `amount` portions.
    ///
    /// # Safety
    /// The counter is `amount`, at least 1, and there was no portion of it before.
    #[inline]
    pub(super) unsafe fn first(whole: Arc<Bodied<S>>, amount: usize) -> Self {
        // SAFETY: the pointer of an `Arc` is not null.
        Self { whole: unsafe { NonNull::new_unchecked(Arc::into_raw(whole).cast_mut()) }, amount }
    }

    #[inline]
    pub(crate) fn amount(&self) -> usize {
        self.amount
    }

    /// Makes `amount` more portions, at least one.
    #[inline]
    pub(crate) fn fork(&self, amount: usize) -> Self {
        assert!(amount > 0, "there is no empty portion");
        self.grow(amount);
        Self { whole: self.whole, amount }
    }

    /// Makes `more` portions, and keeps them.
    pub(crate) fn add(&mut self, more: usize) {
        self.grow(more);
        self.amount += more;
    }

    /// Returns one of several portions, and keeps the others.
    ///
    /// # Panics
    /// If it is the only one.
    #[inline]
    pub(crate) fn split(&mut self) -> Portion<S, OF, One> {
        assert!(self.amount > 1, "one portion is left for oneself");
        self.amount -= 1;
        Portion { whole: self.whole, amount: One }
    }

    /// Lends the `Bodied` alone, if these are all portions and nothing else has the `Arc`.
    #[inline]
    pub(super) fn alone(&mut self) -> Option<&mut Bodied<S>> {
        // Only a portion makes another one, so none comes before the borrow ends.
        if self.others() > 0 {
            return None;
        }
        // SAFETY: the pointer is that of an `Arc`; what is made of it here is not dropped.
        let mut whole = ManuallyDrop::new(unsafe { Arc::from_raw(self.whole.as_ptr()) });
        // SAFETY: `get_mut` has seen that the strong count of the portions is the only one, and these are all portions. They
        // are borrowed exclusively for as long.
        Arc::get_mut(&mut whole).map(|_| unsafe { self.whole.as_mut() })
    }

    #[inline]
    fn grow(&self, more: usize) {
        let before = self.counter().fetch_add(more, Ordering::Relaxed);
        if before > usize::MAX / 2 {
            // As in an `Arc`: handles were forgotten until the number is too large.
            abort();
        }
    }
}

impl<S: Unheld, const OF: usize, A: Amount> Portion<S, OF, A> {
    #[inline]
    pub(crate) fn bodied(&self) -> &Bodied<S> {
        // SAFETY: the counter is at least the amount of this portion, so the strong count has not been given back.
        unsafe { self.whole.as_ref() }
    }

    /// Returns the `Arc`, once more.
    pub(crate) fn whole(&self) -> Arc<Bodied<S>> {
        // SAFETY: the pointer is that of an `Arc`, whose strong count is at least 1, as above.
        unsafe {
            Arc::increment_strong_count(self.whole.as_ptr());
            Arc::from_raw(self.whole.as_ptr())
        }
    }

    #[inline]
    fn counter(&self) -> &AtomicUsize {
        &self.bodied().counts[OF]
    }

    /// Returns how many portions others have.
    #[inline]
    pub(crate) fn others(&self) -> usize {
        self.counter().load(Ordering::Acquire) - self.amount.get()
    }

    /// Ends these portions. Returns the `Arc` if they were the last.
    #[inline]
    pub(crate) fn end(self) -> Option<Arc<Bodied<S>>> {
        ManuallyDrop::new(self).end_once()
    }

    #[inline]
    fn end_once(&mut self) -> Option<Arc<Bodied<S>>> {
        // Release, for the one that ends the last; Acquire, for that one: it sees all that was done with the others.
        let amount = self.amount.get();
        let is_last = self.counter().fetch_sub(amount, Ordering::AcqRel) == amount;
        // SAFETY: all portions have ended, so their strong count goes to the caller. `end` and `drop` have this one for the
        // last time.
        is_last.then(|| unsafe { Arc::from_raw(self.whole.as_ptr()) })
    }
}

impl<S: Unheld, const OF: usize, A: Amount> Drop for Portion<S, OF, A> {
    #[inline]
    fn drop(&mut self) {
        if let Some(whole) = self.end_once() {
            if OF == HELD { S::unheld(whole) } else { drop(whole) }
        }
    }
}
