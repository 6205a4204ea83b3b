//! A group is a struct of [`TaskCell`]s, one for the result of each task. The holder of the right to write the group, a
//! unique [`Writer`] or a [`SharedWriter`], puts a value into the cell of each task that is done; every dependent reads
//! it as `&T`. A value is written once, and does not move until the group is owned again. The exception is a value that
//! was *kept*: it is lent only through guards, and the last task that reads it takes it ([`lend`]).
//!
//! A [`Writer`] writes without a claim, which would cost one locked instruction per task (`OnceLock` needs two). So two
//! writers must never reach the same cell. Three rules ensure this in safe code, for any type of group:
//! - A cell names its group in its type, `TaskCell<T, C>`, and only a writer of a `C` takes it.
//! - A writer takes only a cell that lies inside the memory of its own group.
//! - A writer is created from the exclusive borrow of its group, or from the group itself.
//!
//! A cell that two writers accept would lie in two groups of the same type. Either these groups would be the same place
//! in memory, which cannot be borrowed exclusively twice, or one would contain the other, and no type contains itself.
//! A lock or another type with interior mutability may lend a part of a group exclusively while the group has a writer;
//! but that part is no `C`.
//!
//! The results of the elements of a collection have a cell of their own kind, [`each`], and the futures that make them are
//! in [`places`], and share wakers with [`waker_row`]. The bodies of tasks that are not alive together are in a [`chain`].
//! The cells of a run are in one allocation with its board and its driver, a [`frame`].
//!
//! This module, with [`writer`], [`lend`], [`each`], [`places`], [`waker_row`], [`chain`], [`frame`] and [`body`], has all
//! the unsafe code.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::MaybeUninit;

pub use chain::{
    Chain2, Chain3, Chain4, Chain5, Chain6, Chain7, Chain8, Chain9, Chain10, ChainSlot, NoSpare, Spare, SpareChains,
};
pub use each::{EachCell, Followed};
pub use lend::{Lent, take_or_clone};
pub(crate) use places::Places;
pub use slot::Slot;
use sync::{AtomicU8, Ordering, UnsafeCell};
pub(crate) use waker_row::{LentWaker, ROW, WakeOne, WakerRow};
pub use writer::{ArcWriter, SharedWriter, Writer};

/// No writer has written the value or begun to write it.
const EMPTY: u8 = 0;
/// One of several possible writers has begun to write the value.
const CLAIMED: u8 = 1;
/// The value has been taken.
const TAKEN: u8 = 2;
/// The value is initialised, and is neither written nor taken while the cell is shared.
const SET: u8 = 3;
/// The value is initialised, to be taken once. `KEPT + n` means that `n` guards lend it meanwhile (`lend.rs`).
const KEPT: u8 = 4;

/// The result of one task of the group `C`: empty until the task is done, then readable for as long as the cell lives.
pub struct TaskCell<T, C> {
    raw: RawCell<T>,
    /// A function, so that the cell owns no `C`: neither its drop nor its auto traits depend on its group.
    group: PhantomData<fn() -> C>,
}

impl<T, C> TaskCell<T, C> {
    /// Makes a cell without a value.
    #[must_use]
    #[inline]
    pub fn empty() -> Self {
        Self { raw: RawCell::empty(), group: PhantomData }
    }

    /// Returns the value if the task is done.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.raw.get()
    }

    /// Returns the value of a task that the scheduler has seen done.
    ///
    /// # Panics
    /// If the task is not done.
    #[inline]
    #[track_caller]
    pub fn ready(&self) -> &T {
        self.raw.ready()
    }

    /// Takes the value that was kept to be taken, unless it is lent.
    #[inline]
    pub fn take(&self) -> Option<T> {
        self.raw.take()
    }

    /// Takes the value of a task that the scheduler has seen done. The cell stays where it is: a terminal that moved it out
    /// of its group would make the compiler drop all others one by one.
    ///
    /// # Panics
    /// If the task is not done.
    #[inline]
    #[track_caller]
    pub fn take_value(&mut self) -> T {
        self.raw.take_value()
    }

    /// Takes the value, if there is one, after the group has been used.
    pub fn remove(&mut self) -> Option<T> {
        self.raw.remove()
    }

    /// Returns the cell without its group, for readers.
    pub(crate) fn raw(&self) -> &RawCell<T> {
        &self.raw
    }
}

/// The cell of any group.
pub(crate) struct RawCell<T> {
    /// `EMPTY`, `CLAIMED`, `TAKEN`, `SET`, or `KEPT` and more.
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: a shared cell hands out `&T` to any thread (`T: Sync`), and a `Writer` on one thread may put a `T` into a
// cell that another thread drops (`T: Send`).
unsafe impl<T: Send + Sync> Sync for RawCell<T> {}

impl<T> RawCell<T> {
    #[inline]
    fn empty() -> Self {
        Self { state: AtomicU8::new(EMPTY), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Like [`TaskCell::get`].
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        if self.state.load(Ordering::Acquire) == SET {
            // SAFETY: `SET` is stored with Release after the value is written, and nothing writes it afterwards while
            // the cell is borrowed: both writers refuse a cell that is set.
            Some(self.value.with(|value| unsafe { (*value).assume_init_ref() }))
        } else {
            None
        }
    }

    /// Like [`TaskCell::ready`].
    #[inline]
    #[track_caller]
    pub(crate) fn ready(&self) -> &T {
        self.get().expect("a task reads only dependencies that are done")
    }

    /// Writes the value if no other writer has begun to write one.
    ///
    /// # Safety
    /// All writes of this cell go through this function.
    unsafe fn write(&self, value: T, state: u8) -> Result<(), T> {
        if self.state.compare_exchange(EMPTY, CLAIMED, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return Err(value);
        }
        // SAFETY: every write goes through the claim above, so exactly one does. The cell is not set, so no reference to its
        // value exists. This thread has a shared borrow of the cell: either the cell is of this thread, or `T: Send`.
        self.value.with_mut(|slot| unsafe {
            (*slot).write(value);
        });
        self.state.store(state, Ordering::Release);
        Ok(())
    }

    #[inline]
    fn take(&self) -> Option<T> {
        let claim = self.state.compare_exchange(KEPT, TAKEN, Ordering::Acquire, Ordering::Relaxed);
        // SAFETY: `KEPT` was stored with Release after the value was written. `get` lends no value that is kept, and a
        // guard that lends it counts in the state until it has ended, with Release: so no reference to the value exists.
        // The claim succeeds once, so that the value is not duplicated, and `drop` leaves a value that was taken alone.
        claim.is_ok().then(|| self.value.with_mut(|value| unsafe { (*value).assume_init_read() }))
    }

    fn remove(&mut self) -> Option<T> {
        self.has_value().then(|| self.take_value())
    }

    /// Returns whether the value is there, for the owner of the cell: the exclusive borrow has seen every store.
    #[inline]
    fn has_value(&mut self) -> bool {
        self.state.load(Ordering::Relaxed) >= SET
    }

    #[inline]
    #[track_caller]
    fn take_value(&mut self) -> T {
        assert!(self.has_value(), "a terminal takes only a result that is there");
        self.state.store(TAKEN, Ordering::Relaxed);
        // SAFETY: the value is initialised. `&mut self` is exclusive, so no other code reads the cell, and no guard lends
        // it. A value that was taken is never read or dropped again, so it is not duplicated.
        self.value.with_mut(|value| unsafe { (*value).assume_init_read() })
    }
}

impl<T> Drop for RawCell<T> {
    fn drop(&mut self) {
        if self.has_value() {
            // SAFETY: the value is initialised, `&mut self` is exclusive, and no code reads a cell after its drop.
            self.value.with_mut(|value| unsafe { (*value).assume_init_drop() });
        }
    }
}

#[cfg(any(feature = "tokio", all(test, loom)))]
#[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "the models need a part of it"))]
pub(crate) mod body;
mod chain;
mod each;
pub(crate) mod frame;
mod lend;
mod places;
mod slot;
mod sync;
#[cfg(all(test, not(loom)))]
mod tests;
mod waker_row;
mod writer;

#[cfg(all(test, loom))]
mod loom_tests;
