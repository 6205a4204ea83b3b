//! A frame: the one allocation of a run, with its board, its cells and its driver.
//!
//! These three live for different times. The *driver* belongs to the [`Owner`] alone, which drops it in its place. The
//! *cells* belong to the owner and to the handles of type [`CellsShare`], such as the one in the driver; the last of
//! these drops them. The *board* belongs to all of these and to the handles of type [`BoardShare`], such as the wakers of
//! the driver; the last of all drops the board and frees the memory. So a waker, which may outlive everything that the
//! cells and the driver borrow, keeps only the board and the memory, and its drop runs no code of theirs.
//!
//! There are two counts. `owners` counts the owner and the shares of the cells. `memory` counts the shares of the board,
//! and one more for all owners together. A handle that finds a count of one is the only one: no other handle can be cloned
//! or dropped, so no locked instruction is needed then.
//!
//! No reference to a frame as a whole exists, only pointers with the provenance of the allocation, and references to its
//! parts: shared ones to the counts, the board and the cells, and one at a time to the driver, which `is_polled` guards.

#[cfg(all(test, loom))]
mod loom_tests;
mod shares;
mod stage;
#[cfg(all(test, not(loom)))]
mod tests;

use std::any::Any;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::task::{RawWakerVTable, Waker};

use super::ArcWriter;
use super::sync::{AtomicBool, AtomicUsize, Ordering, fence};

pub(crate) use shares::{BoardShare, CellsShare, Notified};
pub use stage::{Begins, Drive, Stage};

/// The counts of a frame.
struct Head {
    memory: AtomicUsize,
    owners: AtomicUsize,
    /// Drops the board and frees the memory. Only this function knows the type of the frame.
    free: unsafe fn(NonNull<Head>),
    /// The functions of the wakers, at one address for all of them: the compiler may make several copies of a constant, and
    /// wakers with different copies are not equal.
    table: &'static RawWakerVTable,
}

/// The part of a frame that lives as long as its memory.
#[repr(C)]
struct Part<B> {
    head: Head,
    board: B,
}

/// The part of a frame that lives as long as an owner, and whose type is known without the driver's.
#[repr(C)]
struct Shared<B, C> {
    part: Part<B>,
    cells: C,
    is_polled: AtomicBool,
}

#[repr(C)]
struct Frame<B, C, D> {
    shared: Shared<B, C>,
    driver: D,
}

impl<B: Notified, C, D> Frame<B, C, D> {
    /// Allocates a frame that counts `owners` owners and `others`, the shares of the board. The driver is missing.
    #[inline]
    fn allocate(board: B, cells: C, owners: usize, others: usize) -> NonNull<Self> {
        let frame = NonNull::from(Box::leak(Box::<Self>::new_uninit())).cast::<Self>();
        let head = Head {
            memory: AtomicUsize::new(others + 1),
            owners: AtomicUsize::new(owners),
            free: Self::free,
            table: BoardShare::<B>::TABLE,
        };
        let shared = Shared { part: Part { head, board }, cells, is_polled: AtomicBool::new(false) };
        // SAFETY: the place is in the memory of the frame, of which nobody else knows yet.
        unsafe { (&raw mut (*frame.as_ptr()).shared).write(shared) };
        frame
    }

    /// # Safety
    /// The pointer is that of a frame of this type, to which no handle is left, and whose cells and driver are gone.
    unsafe fn free(head: NonNull<Head>) {
        // SAFETY: `allocate` took the memory from a box of this type. Only the board is left in it. The box frees the memory
        // even if the drop of the board panics.
        unsafe {
            let mut frame = Box::from_raw(head.cast::<MaybeUninit<Self>>().as_ptr());
            (&raw mut (*frame.as_mut_ptr()).shared.part.board).drop_in_place();
        }
    }
}

/// Counts one handle more.
#[inline]
fn count_up(count: &AtomicUsize) {
    // As in `Arc`: the new handle comes from one that exists, so nothing needs to be ordered. Only handles that are forgotten
    // can let the count overflow.
    if count.fetch_add(1, Ordering::Relaxed) > usize::MAX / 2 {
        std::process::abort();
    }
}

/// Counts one handle less. Returns whether it was the last: then all uses of the others have
/// happened before.
///
/// # Safety
/// The count is there as long as it counts a handle, and the handle is not used after this.
#[inline]
unsafe fn count_down(count: *const AtomicUsize) -> bool {
    // SAFETY: the count is there, since it counts the handle until the subtraction, after which it is not used.
    unsafe {
        if (*count).load(Ordering::Acquire) == 1 {
            return true;
        }
        if (*count).fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
    }
    fence(Ordering::Acquire);
    true
}

/// Counts one handle to the memory of a frame less, and frees the memory if it was the last.
///
/// # Safety
/// The frame is there, and `memory` counts the handle, which is not used after this.
#[inline]
unsafe fn release(head: NonNull<Head>) {
    // SAFETY: the frame is there until its last handle is given up, and `free` is the function of its type.
    unsafe {
        if count_down(&raw const (*head.as_ptr()).memory) {
            ((*head.as_ptr()).free)(head);
        }
    }
}

/// The owner of a frame, and of its driver.
pub(crate) struct Owner<B: Notified, C, D: ?Sized> {
    shared: NonNull<Shared<B, C>>,
    driver: NonNull<D>,
    /// It drops cells and a driver, and does not move them. It lends the driver exclusively through a shared reference, so it is
    /// invariant in `D`, as a `Mutex<D>` is.
    parts: PhantomData<(Box<C>, Box<Mutex<D>>)>,
}

// SAFETY: an owner is a share of a `B` and a `C`, as an `Arc` of each is (`B: Send + Sync`), and the only owner of a `D`.
unsafe impl<B: Notified, C: Send + Sync, D: ?Sized + Send> Send for Owner<B, C, D> {}
// SAFETY: a shared owner lends the board and the cells as `&B` and `&C` and makes shares of the board, and it lends the driver
// to one thread at a time, as a `Mutex<D>` does.
unsafe impl<B: Notified, C: Send + Sync, D: ?Sized + Send> Sync for Owner<B, C, D> {}

impl<B: Notified, C, D> Owner<B, C, D> {
    /// Allocates a frame. `driver` makes the driver of a share of the board and of the right to write the cells.
    #[inline]
    pub(crate) fn new(board: B, cells: C, driver: impl FnOnce(BoardShare<B>, ArcWriter<C>) -> D) -> Self {
        let frame = Frame::<B, C, D>::allocate(board, cells, 2, 1).as_ptr();
        // SAFETY: the counts are those of these two handles and of the owner. Nobody else writes the cells, since this is the
        // one writer of the group. If `driver` panics, the frame leaks. The place of the driver is in the frame and is empty.
        unsafe {
            let shared = NonNull::new_unchecked(&raw mut (*frame).shared);
            let driver = driver(BoardShare::new(shared.cast()), ArcWriter::of(CellsShare::of(shared)));
            let place = NonNull::new_unchecked(&raw mut (*frame).driver);
            place.write(driver);
            Self { shared, driver: place, parts: PhantomData }
        }
    }
}

impl<B: Notified, C, Y, S, F> Owner<B, C, Stage<Y, S, F>>
where
    S: Begins<Y, F>,
    F: Future<Output = ()>,
{
    /// Forgets the type of a driver that any thread may poll.
    #[inline]
    pub(crate) fn of_any_thread<'f>(self) -> Owner<B, C, dyn Drive<Y> + Send + 'f>
    where
        Stage<Y, S, F>: Send + 'f,
    {
        let owner = ManuallyDrop::new(self);
        Owner { shared: owner.shared, driver: owner.driver, parts: PhantomData }
    }

    /// Forgets the type of a driver that stays on its thread.
    #[inline]
    pub(crate) fn of_one_thread<'f>(self) -> Owner<B, C, dyn Drive<Y> + 'f>
    where
        Stage<Y, S, F>: 'f,
    {
        let owner = ManuallyDrop::new(self);
        Owner { shared: owner.shared, driver: owner.driver, parts: PhantomData }
    }
}

impl<B: Notified, C, D: ?Sized> Owner<B, C, D> {
    /// Returns the board.
    #[inline]
    pub(crate) fn board(&self) -> &B {
        // SAFETY: the owner keeps the frame, and nobody has its board exclusively.
        unsafe { &(*self.shared.as_ptr()).part.board }
    }

    /// Returns a share of the board.
    #[cfg(feature = "tokio")]
    pub(crate) fn share_board(&self) -> BoardShare<B> {
        // SAFETY: the owner keeps the frame, and the count is that of the new handle.
        unsafe {
            count_up(&(*self.shared.as_ptr()).part.head.memory);
            BoardShare::new(self.shared.cast())
        }
    }

    /// Returns the cells for reading.
    #[inline]
    pub(crate) fn cells(&self) -> &C {
        // SAFETY: the owner keeps the cells, and nobody has them exclusively.
        unsafe { &(*self.shared.as_ptr()).cells }
    }

    /// Lends the driver, unless it is lent already, and a waker that notifies the board.
    #[inline]
    pub(crate) fn driver<R>(&self, lend: impl FnOnce(Pin<&mut D>, &Waker) -> R) -> Option<R> {
        // SAFETY: the owner keeps the frame.
        let is_polled = unsafe { &(*self.shared.as_ptr()).is_polled };
        if is_polled.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return None;
        }
        let _lent = Lent(is_polled);
        // SAFETY: the owner keeps the driver, which never moves before it is dropped in its place. The flag was not set, so
        // this is the only reference, until `_lent` is dropped after it. The waker has no share of its own, and needs none
        // during the call: the owner has one.
        unsafe {
            let waker = ManuallyDrop::new(BoardShare::<B>::waker_of(self.shared.cast()));
            Some(lend(Pin::new_unchecked(&mut *self.driver.as_ptr()), &waker))
        }
    }

    /// Returns the driver.
    #[inline]
    pub(crate) fn driver_mut(&mut self) -> Pin<&mut D> {
        // SAFETY: as for `driver`; the exclusive borrow stands for the flag.
        unsafe { Pin::new_unchecked(&mut *self.driver.as_ptr()) }
    }

    /// Drops the driver. Returns a share of the cells, and the payload if the drop panics.
    pub(crate) fn end(self) -> (CellsShare<C>, Option<Box<dyn Any + Send>>) {
        let owner = ManuallyDrop::new(self);
        // SAFETY: the owner, which is not dropped, hands its count over to the share.
        let cells = unsafe { CellsShare::of(owner.shared) };
        // SAFETY: the owner has the driver alone, and nobody uses it afterwards.
        let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { owner.driver.drop_in_place() }));
        (cells, dropped.err())
    }
}

impl<B: Notified, C, D: ?Sized> Drop for Owner<B, C, D> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the owner gives its count over to the share, which drops its part of the cells after the driver, even if
        // the drop of the driver panics. The owner has the driver alone, and nobody uses it afterwards.
        unsafe {
            let _cells = CellsShare::of(self.shared);
            self.driver.drop_in_place();
        }
    }
}

/// Ends the loan of a driver.
struct Lent<'f>(&'f AtomicBool);

impl Drop for Lent<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
