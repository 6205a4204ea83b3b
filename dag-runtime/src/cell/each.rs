//! The cell of a task that runs once for each element of a collection: the results of the elements at first, and their
//! `Vec` in the end.
//!
//! The cell is *opened* when the task starts and the number of elements is known. It then has a buffer with a place for
//! each result, and two bits for each place: one says that a writer has claimed the place, the other that the result is
//! there. Results are written in any order and stay in their places. When all are there, the writer *completes* the
//! cell: the buffer becomes the `Vec`, without a copy, and the `Vec` is the value of an ordinary [`TaskCell`]. From then
//! on readers use that cell alone.
//!
//! Other tasks may *follow* such a task: they read each result as soon as it is there, also from other threads. A cell
//! with followers notes in which order its results came. Its `Vec` is kept to be taken only if nobody has followed, and
//! then nobody can any more: a result that was lent stays where it is for as long as the cell is borrowed.
//!
//! If the task fails half-way, the cell stays open, so that another attempt needs only the missing results. A cell that
//! is dropped half-way drops the results that are there.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::sync::{AtomicU8, AtomicU64, Ordering, UnsafeCell};
use super::{RawCell, TaskCell};

/// There is no buffer.
const CLOSED: u8 = 0;
/// One thread is about to make the buffer.
const OPENING: u8 = 1;
/// The buffer is there, and belongs to the cell.
const OPEN: u8 = 2;
/// The buffer belongs to the `Vec`.
const COMPLETE: u8 = 3;

/// Nobody has followed the cell, and its `Vec` is not kept.
const FREE: u8 = 0;
/// Somebody follows, or has followed.
const FOLLOWED: u8 = 1;
/// The `Vec` is kept to be taken, so nobody may follow any more.
const TO_BE_TAKEN: u8 = 2;

/// An entry of the order that was not written yet.
const NOT_THERE: u64 = u64::MAX;

/// The results of one task of the group `C` for the elements of a collection.
pub struct EachCell<T, C> {
    state: AtomicU8,
    /// Other tasks read single results. Never changes.
    is_followed: bool,
    /// Who has the results of a cell that others may follow.
    tenure: AtomicU8,
    /// Is written once, before the state is `OPEN`.
    parts: UnsafeCell<Option<Parts<T>>>,
    whole: TaskCell<Vec<T>, C>,
}

/// The buffer of the later `Vec`.
struct Parts<T> {
    buffer: NonNull<T>,
    capacity: usize,
    count: usize,
    /// For each 64 places, a word whose bits say which are claimed, and one whose bits say which have a result.
    marks: Box<[Marks]>,
    order: Order,
}

struct Marks {
    claimed: AtomicU64,
    there: AtomicU64,
}

/// The indices of the results, in the order in which they came. Has no entries if nobody follows.
struct Order {
    entries: Box<[AtomicU64]>,
    /// How many entries writers have taken.
    taken: AtomicU64,
}

// SAFETY: the cell owns its results, as the `Vec` that they become does. The pointer is to memory of its own.
unsafe impl<T: Send, C> Send for EachCell<T, C> {}
// SAFETY: as for a `RawCell`: a shared cell hands out `&Vec<T>` to any thread (`T: Sync`), and a writer on one thread may
// put a `T` into a cell that another thread drops (`T: Send`).
unsafe impl<T: Send + Sync, C> Sync for EachCell<T, C> {}

impl<T, C> EachCell<T, C> {
    /// Makes a cell without results.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(false)
    }

    /// Makes a cell without results, for a task that others follow.
    #[must_use]
    pub fn followed() -> Self {
        Self::new(true)
    }

    fn new(is_followed: bool) -> Self {
        let parts = UnsafeCell::new(None);
        let (state, tenure) = (AtomicU8::new(CLOSED), AtomicU8::new(FREE));
        Self { state, is_followed, tenure, parts, whole: TaskCell::empty() }
    }

    /// Makes a place for each of `count` results. Those of an earlier attempt are kept.
    ///
    /// # Panics
    /// If there are places for another number of results, or if the cell is complete.
    pub(crate) fn open(&self, count: usize) {
        let claim = self.state.compare_exchange(CLOSED, OPENING, Ordering::Relaxed, Ordering::Relaxed);
        if claim.is_ok() {
            let parts = Parts::new(count, self.is_followed);
            // SAFETY: only the thread that has changed `CLOSED` to `OPENING` gets here, once, and no other code reads the
            // parts before the state is `OPEN`.
            self.parts.with_mut(|place| unsafe { *place = Some(parts) });
            self.state.store(OPEN, Ordering::Release);
        }
        let known = self.parts().count;
        assert!(known == count, "a collection of {known} elements has {count} when its task is tried again");
    }

    /// Returns the number of elements, if the cell is open.
    #[cfg(feature = "durable")]
    pub(crate) fn count(&self) -> usize {
        self.parts().count
    }

    /// Returns whether the result of an element is there.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.parts().marks[index / 64].there.load(Ordering::Acquire) & 1 << (index % 64) != 0
    }

    /// Returns whether followers may start before the task is done: its results are there one by one.
    #[inline]
    #[must_use]
    pub fn is_lending(&self) -> bool {
        self.state.load(Ordering::Acquire) == OPEN
    }

    /// Returns the results as they come, from the first on. The task has begun, or is done.
    ///
    /// # Panics
    /// If the cell is not for a task that others follow, if it has neither places nor results, or if the results are kept
    /// to be taken.
    #[track_caller]
    #[must_use]
    pub fn follow(&self) -> Followed<'_, T, C> {
        assert!(self.is_followed, "only a cell for a task that others follow lends single results");
        assert!(self.settle_tenure(FOLLOWED), "the results are kept to be taken");
        let is_opened = self.state.load(Ordering::Acquire) >= OPEN;
        let whole = (!is_opened).then(|| &self.whole.ready()[..]);
        let count = whole.map_or_else(|| self.opened().count, <[T]>::len);
        Followed { cell: self, whole, count, next: 0 }
    }

    /// Takes the results of a task that the scheduler has seen done.
    ///
    /// # Panics
    /// If the task is not done.
    #[track_caller]
    pub fn take_value(&mut self) -> Vec<T> {
        self.whole.take_value()
    }

    /// Takes the results, if the task is done. Those of a task that ended half-way are dropped.
    pub fn remove(&mut self) -> Option<Vec<T>> {
        let whole = self.whole.remove();
        *self = Self::new(self.is_followed);
        whole
    }

    /// Returns the buffer of an open cell.
    #[track_caller]
    fn parts(&self) -> &Parts<T> {
        assert!(self.state.load(Ordering::Acquire) == OPEN, "the cell is open while its task runs");
        self.opened()
    }

    /// Returns the buffer of a cell that was opened. It may belong to the `Vec` already.
    #[track_caller]
    fn opened(&self) -> &Parts<T> {
        assert!(self.state.load(Ordering::Acquire) >= OPEN, "the cell was opened");
        self.parts.with(|parts| {
            // SAFETY: the parts were written before the state was `OPEN`, and nobody writes them again while the cell is
            // shared.
            unsafe { (*parts).as_ref() }.expect("an open cell has a buffer")
        })
    }

    /// Puts a result into its place.
    ///
    /// # Safety
    /// Nobody else writes to this cell at the same time.
    pub(super) unsafe fn put_alone(&self, index: usize, value: T) {
        let (parts, bit) = (self.parts(), 1 << (index % 64));
        let there = &parts.marks[index / 64].there;
        let before = there.load(Ordering::Relaxed);
        assert!(index < parts.count && before & bit == 0, "each element has one result");
        // SAFETY: the place lies in the buffer and has no result. The caller is the only writer.
        unsafe { parts.buffer.add(index).write(value) };
        there.store(before | bit, Ordering::Release);
        parts.order.note(index);
    }

    /// Puts a result into its place, unless another writer has claimed the place.
    ///
    /// # Safety
    /// All writes that are under way at the same time go through this function.
    pub(super) unsafe fn put_claimed(&self, index: usize, value: T) {
        let (parts, bit) = (self.parts(), 1 << (index % 64));
        assert!(index < parts.count, "each element has one result");
        let marks = &parts.marks[index / 64];
        let claimed = marks.claimed.fetch_or(bit, Ordering::Relaxed);
        let is_there = marks.there.load(Ordering::Relaxed) & bit != 0;
        assert!(claimed & bit == 0 && !is_there, "each element has one result");
        // SAFETY: the place lies in the buffer. Every write goes through the claim above, so exactly one does, unless a
        // result was written before the group had several writers; then it is there.
        unsafe { parts.buffer.add(index).write(value) };
        marks.there.fetch_or(bit, Ordering::Release);
        parts.order.note(index);
    }

    /// Returns the results as a `Vec`, for a writer that stores it in the cell of the whole.
    ///
    /// # Safety
    /// It is called once, by the code that has the only right to write the cell of the whole, which is empty.
    ///
    /// # Panics
    /// If a result is missing. The results stay where they are then.
    pub(super) unsafe fn assemble(&self) -> Vec<T> {
        let Parts { buffer, capacity, count, marks, .. } = self.parts();
        let missing = (0..*count).step_by(64).find(|&first| {
            let all = u64::MAX >> (64 - (count - first).min(64));
            marks[first / 64].there.load(Ordering::Acquire) != all
        });
        assert!(missing.is_none(), "a wide task needs a collection that yields as many elements each time");
        self.state.store(COMPLETE, Ordering::Release);
        // SAFETY: `Parts::new` took these parts from a `Vec`. All results are there, and seen, since each bit was set with
        // Release after its result was written. The state says that the cell no longer owns them; the caller does this once.
        unsafe { Vec::from_raw_parts(buffer.as_ptr(), *count, *capacity) }
    }

    /// Returns whether the whole may be kept to be taken: nobody may borrow single results then.
    pub(super) fn may_be_kept(&self) -> bool {
        !self.is_followed
    }

    /// Returns whether the whole may be kept to be taken because nobody follows. From then on nobody can.
    pub(super) fn stays_unfollowed(&self) -> bool {
        self.may_be_kept() || self.settle_tenure(TO_BE_TAKEN)
    }

    /// Lets the first caller decide who has the results. Returns whether this decision is also that of the caller.
    fn settle_tenure(&self, tenure: u8) -> bool {
        let before = self.tenure.compare_exchange(FREE, tenure, Ordering::Relaxed, Ordering::Relaxed);
        before.is_ok() || before == Err(tenure)
    }

    /// Returns the cell of the whole, without its group.
    pub(super) fn raw(&self) -> &RawCell<Vec<T>> {
        &self.whole.raw
    }
}

/// The cell of the whole: readers use it as that of any other task.
impl<T, C> Deref for EachCell<T, C> {
    type Target = TaskCell<Vec<T>, C>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.whole
    }
}

/// The results of a task as they come, for a follower.
pub struct Followed<'c, T, C> {
    cell: &'c EachCell<T, C>,
    /// The results, if they came as a whole, without the task. Otherwise they come one by one.
    whole: Option<&'c [T]>,
    count: usize,
    /// How many results the follower has had.
    next: usize,
}

impl<'c, T, C> Followed<'c, T, C> {
    /// Returns the result with this number alone, in the first place. A single result has any number. Returns none at all
    /// if there is no such result, or if they do not come as a whole.
    #[cfg(feature = "durable")]
    pub(crate) fn narrowed(self, number: usize) -> Self {
        let one = match self.whole {
            Some(one @ [_]) => one,
            Some(many) => many.get(number..=number).unwrap_or_default(),
            None => &[],
        };
        Self { whole: Some(one), count: one.len(), ..self }
    }

    /// Returns how many results there will be.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns whether a result is there that the follower has not had.
    pub(crate) fn has_next(&self) -> bool {
        self.next < self.count && (self.whole.is_some() || self.cell.opened().order.get(self.next).is_some())
    }

    /// Returns whether the follower has had all results, and the task is done.
    pub(crate) fn is_over(&self) -> bool {
        self.next == self.count && self.cell.whole.get().is_some()
    }

    /// Returns whether all results are there as a whole: the task is done.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_whole(&self) -> bool {
        self.cell.whole.get().is_some()
    }

    /// Returns the index of the result that came in a certain place, if it is there.
    #[cfg(feature = "tokio")]
    pub(crate) fn index_at(&self, place: usize) -> Option<usize> {
        if self.whole.is_some() { Some(place) } else { self.cell.opened().order.get(place) }
    }

    /// Returns the next result that is there, with its index.
    pub(crate) fn next(&mut self) -> Option<(usize, &'c T)> {
        let next = self.get(self.next)?;
        self.next += 1;
        Some(next)
    }

    /// Returns the result that came in a certain place, with its index, if it is there.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> Option<(usize, &'c T)> {
        let cell = self.cell;
        if place == self.count {
            return None;
        }
        if let Some(whole) = self.whole {
            return Some((place, &whole[place]));
        }
        let parts = cell.opened();
        let index = parts.order.get(place)?;
        // SAFETY: the index was noted with Release after the result was written, and read with Acquire. The result lies in
        // the buffer of the cell or of its `Vec`, which is the same memory, and nobody writes it or moves it out while the
        // cell is shared: a cell that somebody has followed is never kept to be taken, and only `&mut` takes or drops what a
        // cell has.
        Some((index, unsafe { parts.buffer.add(index).as_ref() }))
    }
}

impl Order {
    fn new(count: usize) -> Self {
        let entries = (0..count).map(|_| AtomicU64::new(NOT_THERE)).collect();
        Self { entries, taken: AtomicU64::new(0) }
    }

    /// Notes that a result has come. It was written before.
    #[inline]
    fn note(&self, index: usize) {
        if self.entries.is_empty() {
            return;
        }
        // Each writer takes an entry of its own, and there are as many as results.
        let place = self.taken.fetch_add(1, Ordering::Relaxed);
        let place = usize::try_from(place).expect("there are as many entries as results");
        self.entries[place].store(index as u64, Ordering::Release);
    }

    /// Returns the index of the result that came in a certain place.
    #[inline]
    fn get(&self, place: usize) -> Option<usize> {
        let index = self.entries[place].load(Ordering::Acquire);
        if index == NOT_THERE { None } else { usize::try_from(index).ok() }
    }
}

impl<T> Parts<T> {
    fn new(count: usize, is_followed: bool) -> Self {
        let marks = (0..count.div_ceil(64)).map(|_| Marks { claimed: AtomicU64::new(0), there: AtomicU64::new(0) });
        let marks = marks.collect();
        let mut buffer = ManuallyDrop::new(Vec::with_capacity(count));
        let start = NonNull::new(buffer.as_mut_ptr()).expect("the pointer of a `Vec` is not null");
        let order = Order::new(if is_followed { count } else { 0 });
        Self { buffer: start, capacity: buffer.capacity(), count, marks, order }
    }

    /// Drops the results that are there, and the buffer.
    ///
    /// # Safety
    /// The buffer belongs to the cell, and nobody uses it any more.
    unsafe fn clear(&mut self) {
        // SAFETY: `new` took these parts from a `Vec`.
        let buffer = unsafe { Vec::from_raw_parts(self.buffer.as_ptr(), 0, self.capacity) };
        if std::mem::needs_drop::<T>() {
            // If a result panics while it is dropped, the drop of this drops the others. A second panic aborts.
            Rest { parts: self, next: 0 }.clear();
        }
        drop(buffer);
    }
}

/// The results of a cell that is being dropped, from a certain place on. Only [`Parts::clear`] makes one.
struct Rest<'p, T> {
    parts: &'p mut Parts<T>,
    next: usize,
}

impl<T> Rest<'_, T> {
    fn clear(&mut self) {
        while self.next < self.parts.count {
            let index = self.next;
            self.next += 1;
            if self.parts.marks[index / 64].there.load(Ordering::Acquire) & 1 << (index % 64) != 0 {
                // SAFETY: the result is there. The caller of `Parts::clear` promises that nobody uses it any more, and each
                // place is reached once, since `next` has passed it already.
                unsafe { self.parts.buffer.add(index).drop_in_place() };
            }
        }
    }
}

impl<T> Drop for Rest<'_, T> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<T, C> Drop for EachCell<T, C> {
    fn drop(&mut self) {
        if self.state.load(Ordering::Acquire) == OPEN {
            self.parts.with_mut(|parts| {
                // SAFETY: `&mut self` is exclusive, and no code uses a cell after its drop. The state says that the
                // buffer belongs to the cell.
                if let Some(parts) = unsafe { (*parts).as_mut() } {
                    // SAFETY: as above.
                    unsafe { parts.clear() };
                }
            });
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
