//! The loan of values that their last reader takes.
//!
//! A value that was *kept* leaves its cell while the group is shared, so no reader may hold a plain reference to it. Each
//! reader borrows it through a guard, [`Lent`], and the state of the cell counts the guards: `KEPT + n`. The value is
//! taken from `KEPT` alone, in one exchange, after which no guard can be made. So a reference and a taken value never
//! meet, no matter what a driver does: if the value is lent when its last reader wants it, that reader gets a clone.
//!
//! The count has one byte. A guard too many makes the value `SET` for good: nobody takes it any more, so the guards that
//! count need not end.

use std::mem::needs_drop;
use std::ops::Deref;

use super::{KEPT, Ordering, RawCell, SET, TaskCell};
use crate::check::{CloneResult, clone_result};

/// The loan of a value: the value stays in its cell as long as this guard exists.
pub struct Lent<'c, T> {
    cell: &'c RawCell<T>,
    /// The state of the cell counts this guard, unless it is `SET`.
    is_counted: bool,
}

impl<T, C> TaskCell<T, C> {
    /// Lends the value of a task that the scheduler has seen done, whether it was kept or set.
    ///
    /// # Panics
    /// If the task is not done, or the value has been taken.
    #[inline]
    #[track_caller]
    pub fn lend(&self) -> Lent<'_, T> {
        self.raw.lend()
    }
}

/// Takes the value of a task that the scheduler has seen done, if it was kept and is not lent, and clones it otherwise.
///
/// # Panics
/// If the task is not done, or the value has been taken.
#[inline]
#[track_caller]
pub fn take_or_clone<T: CloneResult, C>(cell: &TaskCell<T, C>) -> T {
    let taken = if needs_drop::<T>() { cell.take() } else { None };
    match taken {
        Some(value) => value,
        None => clone_result(&*cell.lend()),
    }
}

impl<T> RawCell<T> {
    #[inline]
    #[track_caller]
    fn lend(&self) -> Lent<'_, T> {
        // A value without drop glue is never kept to be taken while others read it.
        let kept = if needs_drop::<T>() { self.lend_kept() } else { None };
        match kept {
            Some(lent) => lent,
            None => {
                self.ready();
                Lent { cell: self, is_counted: false }
            }
        }
    }

    #[inline]
    pub(super) fn lend_kept(&self) -> Option<Lent<'_, T>> {
        let count = |state: u8| (state >= KEPT).then(|| state.checked_add(1).unwrap_or(SET));
        let counted = self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, count);
        // Only a guard that was counted may be made: its drop counts down.
        counted.is_ok().then(|| Lent { cell: self, is_counted: true })
    }
}

impl<T> Deref for Lent<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard was made when the value was initialised, and has seen the Release store after that. Until the
        // guard ends, nobody takes the value through a shared borrow of the cell: the value is `SET`, or the guard keeps
        // the state above `KEPT`. Nobody has the cell exclusively, since the guard borrows it.
        self.cell.value.with(|value| unsafe { (*value).assume_init_ref() })
    }
}

impl<T> Drop for Lent<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.is_counted {
            let count = |state: u8| (state > KEPT).then(|| state - 1);
            // It fails if a guard too many made the value `SET`.
            _ = self.cell.state.fetch_update(Ordering::Release, Ordering::Relaxed, count);
        }
    }
}
