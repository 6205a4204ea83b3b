//! Several wakers in one allocation.
//!
//! A [`Waker`] is a pointer and a table of functions. Here, the pointer leads to one of the numbers of a [`Row`]. It is
//! made of the pointer to the whole row, so it may reach the rest of it: the number is also the distance from the first
//! one, and so from the row. Every clone of a waker owns a share of the row, as an [`Arc`] of it does.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of};
use std::ops::Deref;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// How many wakers a row has.
pub(crate) const ROW: usize = 32;

/// What the wakers of a row have in common.
pub(crate) trait WakeOne: Send + Sync + 'static {
    /// Is called when the waker with this number wakes.
    fn wake(&self, number: usize);
}

/// Wakers with the numbers from 0 to 31.
pub(crate) struct WakerRow<W>(Arc<Row<W>>);

struct Row<W> {
    numbers: [u8; ROW],
    common: W,
}

impl<W: WakeOne> WakerRow<W> {
    const TABLE: &'static RawWakerVTable = &RawWakerVTable::new(clone::<W>, wake::<W>, wake_by_ref::<W>, release::<W>);

    pub(crate) fn new(common: W) -> Self {
        let mut number = 0..;
        Self(Arc::new(Row { numbers: [(); ROW].map(|()| number.next().unwrap_or_default()), common }))
    }

    /// Returns what the wakers have in common.
    #[inline]
    pub(crate) fn common(&self) -> &W {
        &self.0.common
    }

    /// Lends a waker.
    ///
    /// # Panics
    /// If the row has no such number.
    #[inline]
    pub(crate) fn waker(&self, number: usize) -> LentWaker<'_> {
        assert!(number < ROW, "a row has {ROW} wakers");
        let row = Arc::as_ptr(&self.0);
        // SAFETY: the row is alive, and the number is one of its numbers.
        let place = unsafe { (&raw const (*row).numbers).cast::<u8>().add(number) };
        // SAFETY: the functions of the table take such a place, and may be called from any thread (`W: Send + Sync`). As long
        // as `self` is borrowed the row is alive, and the waker is never dropped, so that it needs no share.
        let waker = ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(place.cast(), Self::TABLE)) });
        LentWaker { waker, row: PhantomData }
    }
}

/// A waker as long as its row is borrowed.
pub(crate) struct LentWaker<'r> {
    waker: ManuallyDrop<Waker>,
    row: PhantomData<&'r ()>,
}

impl Deref for LentWaker<'_> {
    type Target = Waker;

    #[inline]
    fn deref(&self) -> &Waker {
        &self.waker
    }
}

/// Returns the row in which a number has its place, and the number.
///
/// # Safety
/// `place` is that of a number in a `Row<W>` that is alive, and was made by [`WakerRow::waker`].
#[inline]
unsafe fn row_of<W>(place: *const ()) -> (*const Row<W>, usize) {
    // SAFETY: the row is alive.
    let number = usize::from(unsafe { *place.cast::<u8>() });
    // SAFETY: the place is `number` bytes behind the numbers of the row, in the same allocation.
    let row = unsafe { place.byte_sub(offset_of!(Row<W>, numbers) + number) };
    (row.cast(), number)
}

/// Clones a waker.
///
/// # Safety
/// That of [`row_of`].
unsafe fn clone<W: WakeOne>(place: *const ()) -> RawWaker {
    // SAFETY: the caller's.
    let (row, _) = unsafe { row_of::<W>(place) };
    // SAFETY: the pointer is that of the `Arc`, which the waker that is cloned keeps alive.
    unsafe { Arc::increment_strong_count(row) };
    RawWaker::new(place, WakerRow::<W>::TABLE)
}

/// Wakes with a waker that ends.
///
/// # Safety
/// That of [`row_of`]; and the waker owns a share of the row, which ends here.
unsafe fn wake<W: WakeOne>(place: *const ()) {
    // SAFETY: the caller's.
    let (row, number) = unsafe { row_of::<W>(place) };
    // SAFETY: the share of the waker. It ends also if waking panics.
    let row = unsafe { Arc::from_raw(row) };
    row.common.wake(number);
}

/// Wakes.
///
/// # Safety
/// That of [`row_of`].
unsafe fn wake_by_ref<W: WakeOne>(place: *const ()) {
    // SAFETY: the caller's.
    let (row, number) = unsafe { row_of::<W>(place) };
    // SAFETY: the waker, which is borrowed, keeps the row alive.
    unsafe { &*row }.common.wake(number);
}

/// Drops a waker.
///
/// # Safety
/// That of [`row_of`]; and the waker owns a share of the row, which ends here.
unsafe fn release<W: WakeOne>(place: *const ()) {
    // SAFETY: the caller's.
    let (row, _) = unsafe { row_of::<W>(place) };
    // SAFETY: the share of the waker.
    unsafe { Arc::decrement_strong_count(row) };
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<usize>>>);

    impl WakeOne for Log {
        fn wake(&self, number: usize) {
            self.0.lock().unwrap().push(number);
        }
    }

    impl Log {
        fn numbers(&self) -> Vec<usize> {
            self.0.lock().unwrap().clone()
        }
    }

    #[test]
    fn each_waker_of_a_row_wakes_with_its_own_number() {
        let log = Log::default();
        let row = WakerRow::new(log.clone());
        for number in 0..ROW {
            let lent = row.waker(number);
            let clone = lent.clone();
            assert!(lent.will_wake(&clone) && !lent.will_wake(&row.waker((number + 1) % ROW)));
            lent.wake_by_ref();
            clone.wake_by_ref();
            clone.wake();
            assert_eq!(log.numbers().split_off(3 * number), [number; 3]);
        }
        assert_eq!(Arc::strong_count(&row.0), 1);
    }

    #[test]
    fn a_row_lives_as_long_as_a_clone_of_one_of_its_wakers() {
        let log = Log::default();
        let row = WakerRow::new(log.clone());
        let [first, last] = [0, ROW - 1].map(|number| row.waker(number).clone());
        let weak = Arc::downgrade(&row.0);
        drop(row);
        let last = thread::spawn(move || last.wake());
        first.wake_by_ref();
        last.join().unwrap();
        let mut numbers = log.numbers();
        numbers.sort_unstable();
        assert_eq!((numbers, weak.strong_count()), (vec![0, ROW - 1], 1));
        drop(first);
        assert_eq!((weak.strong_count(), Arc::strong_count(&log.0)), (0, 1));
    }

    #[test]
    fn a_wake_that_panics_leaves_no_share_behind() {
        struct Panics;

        impl WakeOne for Panics {
            fn wake(&self, _: usize) {
                panic!("as told");
            }
        }

        let row = WakerRow::new(Panics);
        let waker = row.waker(3).clone();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake())).is_err());
        assert_eq!(Arc::strong_count(&row.0), 1);
    }

    #[test]
    #[should_panic(expected = "a row has 32 wakers")]
    fn a_row_has_no_other_wakers() {
        _ = WakerRow::new(Log::default()).waker(ROW);
    }
}
