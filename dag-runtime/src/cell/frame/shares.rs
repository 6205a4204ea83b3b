//! The handles to parts of a frame.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of};
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::{Frame, Head, Part, Shared, count_down, count_up, release};

/// A board that the wakers of a driver notify.
pub(crate) trait Notified: Send + Sync + 'static {
    /// Is called when such a waker wakes.
    fn notify(&self);
}

/// The board of cells alone.
impl Notified for () {
    fn notify(&self) {}
}

/// A handle that keeps the board of a frame and the memory, but not the cells.
pub(crate) struct BoardShare<B: Notified> {
    part: NonNull<Part<B>>,
}

// SAFETY: it is a share of a `B`, as an `Arc<B>` is, and `B: Send + Sync`. Its drop may free the memory of a frame, in which
// nothing but the board is left then.
unsafe impl<B: Notified> Send for BoardShare<B> {}
// SAFETY: the same.
unsafe impl<B: Notified> Sync for BoardShare<B> {}

impl<B: Notified> BoardShare<B> {
    pub(super) const TABLE: &'static RawWakerVTable =
        &RawWakerVTable::new(clone::<B>, wake::<B>, wake_by_ref::<B>, drop_waker::<B>);

    /// # Safety
    /// The pointer is that of a frame whose `memory` counts this handle.
    #[inline]
    pub(super) unsafe fn new(part: NonNull<Part<B>>) -> Self {
        Self { part }
    }

    /// Returns a waker whose data is the address of the board.
    ///
    /// # Safety
    /// The pointer is that of a frame whose `memory` counts this waker, if the waker is dropped.
    #[inline]
    pub(super) unsafe fn waker_of(part: NonNull<Part<B>>) -> Waker {
        // SAFETY: the board is a part of the frame. The functions of the table take such a pointer, which has the provenance of
        // the frame, and may be called from any thread (`B: Send + Sync`).
        unsafe {
            let board = &raw const (*part.as_ptr()).board;
            Waker::from_raw(RawWaker::new(board.cast(), (*part.as_ptr()).head.table))
        }
    }
}

impl<B: Notified> Deref for BoardShare<B> {
    type Target = B;

    #[inline]
    fn deref(&self) -> &B {
        // SAFETY: the handle keeps the board, and nobody has it exclusively.
        unsafe { &(*self.part.as_ptr()).board }
    }
}

impl<B: Notified> Clone for BoardShare<B> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the handle keeps the frame, whose count is that of the new handle.
        unsafe {
            count_up(&(*self.part.as_ptr()).head.memory);
            Self::new(self.part)
        }
    }
}

impl<B: Notified> Drop for BoardShare<B> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `memory` counts the handle, which ends here.
        unsafe { release(self.part.cast::<Head>()) };
    }
}

/// Returns the share that a waker is.
///
/// # Safety
/// The pointer is the data of a waker of `BoardShare::<B>::TABLE`. The share is dropped only together with the waker.
#[inline]
unsafe fn share_of<B: Notified>(board: *const ()) -> ManuallyDrop<BoardShare<B>> {
    // SAFETY: the pointer has the provenance of the frame, in which the board is at this distance from the beginning.
    unsafe {
        let part = board.byte_sub(offset_of!(Part<B>, board)).cast::<Part<B>>().cast_mut();
        ManuallyDrop::new(BoardShare::new(NonNull::new_unchecked(part)))
    }
}

unsafe fn clone<B: Notified>(board: *const ()) -> RawWaker {
    // SAFETY: the caller has such a waker, which is not dropped here. The new share is the new waker's.
    unsafe {
        let share = ManuallyDrop::new(BoardShare::clone(&share_of::<B>(board)));
        RawWaker::new(board, (*share.part.as_ptr()).head.table)
    }
}

unsafe fn wake<B: Notified>(board: *const ()) {
    // SAFETY: the caller gives up such a waker, so its share is dropped here.
    let share = ManuallyDrop::into_inner(unsafe { share_of::<B>(board) });
    share.notify();
}

unsafe fn wake_by_ref<B: Notified>(board: *const ()) {
    // SAFETY: the caller has such a waker, which is not dropped here.
    unsafe { share_of::<B>(board) }.notify();
}

unsafe fn drop_waker<B: Notified>(board: *const ()) {
    // SAFETY: the caller gives up such a waker, so its share is dropped here.
    drop(ManuallyDrop::into_inner(unsafe { share_of::<B>(board) }));
}

/// A handle that keeps the cells of a frame, whatever its board is.
pub(crate) struct CellsShare<C> {
    head: NonNull<Head>,
    cells: NonNull<C>,
    /// The last one drops the cells.
    owned: PhantomData<Box<C>>,
}

// SAFETY: it is a share of a `C`, as an `Arc<C>` is. The board, which the last one may drop, is `Send + Sync`.
unsafe impl<C: Send + Sync> Send for CellsShare<C> {}
// SAFETY: the same.
unsafe impl<C: Send + Sync> Sync for CellsShare<C> {}

impl<C> CellsShare<C> {
    /// Allocates a frame of cells alone.
    pub(crate) fn alone(cells: C) -> Self {
        let frame = Frame::<(), C, ()>::allocate((), cells, 1, 0);
        // SAFETY: the frame counts one owner, which is this handle.
        unsafe { Self::of(frame.cast::<Shared<(), C>>()) }
    }

    /// # Safety
    /// The pointer is that of a frame whose `owners` count this handle.
    #[inline]
    pub(super) unsafe fn of<B>(shared: NonNull<Shared<B, C>>) -> Self {
        // SAFETY: the cells are a part of the frame.
        let cells = unsafe { NonNull::new_unchecked(&raw mut (*shared.as_ptr()).cells) };
        Self { head: shared.cast(), cells, owned: PhantomData }
    }

    /// Ends the handle. Returns the cells if it was the last.
    pub(crate) fn into_inner(self) -> Option<C> {
        let share = ManuallyDrop::new(self);
        // SAFETY: `owners` counts the handle, which is not used after this function. If it was the last, nobody else reads the
        // cells, now or later, and all owners together have one handle to the memory.
        unsafe {
            count_down(&raw const (*share.head.as_ptr()).owners).then(|| {
                let cells = share.cells.read();
                release(share.head);
                cells
            })
        }
    }
}

impl<C> Deref for CellsShare<C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        // SAFETY: the handle keeps the cells, and nobody has them exclusively.
        unsafe { self.cells.as_ref() }
    }
}

impl<C> Clone for CellsShare<C> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the handle keeps the frame, whose count is that of the new handle.
        count_up(unsafe { &(*self.head.as_ptr()).owners });
        Self { ..*self }
    }
}

impl<C> Drop for CellsShare<C> {
    #[inline]
    fn drop(&mut self) {
        /// Ends the handle of all owners to the memory, even if the drop of a result panics.
        struct Memory(NonNull<Head>);

        impl Drop for Memory {
            #[inline]
            fn drop(&mut self) {
                // SAFETY: it is made by the last owner, for all of them.
                unsafe { release(self.0) };
            }
        }

        // SAFETY: `owners` counts the handle, which ends here. If it was the last, nobody else uses the cells any more.
        unsafe {
            if count_down(&raw const (*self.head.as_ptr()).owners) {
                let _memory = Memory(self.head);
                self.cells.drop_in_place();
            }
        }
    }
}
