//! Results whose tasks run only if a body awaits them.
//!
//! For each lazy dependency, the cells contain an [`Ask`] with the wakers of the futures that wait in the body of the
//! asker. The first of these futures makes the dependency asked for. When the last one is dropped without a result, the
//! dependency is no longer asked for. At the end of a pass in which an ask has changed, the driver reads all asks,
//! opens the tasks that are asked for, and continues the same pass. A future stores its waker, then reads the cell
//! again; the thread that finishes a task sets the cell, then takes the wakers. So at least one of them sees the other.
//! An asker on another thread wakes the driver, which stores its waker in the [`Bell`] before it reads the asks.

mod ask;
mod bell;
mod door;
mod gate;

use std::fmt;
use std::pin::Pin;
#[cfg(all(test, loom))]
use std::task::Waker;
use std::task::{Context, Poll};

pub(crate) use ask::Ask;
pub use ask::{AskList, Asks};
use bell::Bell;
pub use door::AtDoor;
pub(crate) use door::Door;
#[cfg(feature = "tokio")]
pub use door::behind;
#[cfg(feature = "tokio")]
pub use gate::asking;
pub(crate) use gate::{AtGate, Gate};

use crate::cell::RawCell;

/// The result of a `lazy` dependency, which runs only if it is awaited.
///
/// The first await starts the task, and all that it needs and that has not run. It can be awaited as often as needed, and
/// from several futures of one body, since it is `Copy`. If the task fails, or something that it needs, the body that
/// awaits is dropped.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::Lazy;
///
/// /// Takes what is cached, and loads the page if nothing is.
/// async fn page(cached: Option<&str>, load: Lazy<'_, String>) -> String {
///     match cached {
///         Some(page) => page.to_owned(),
///         None => load.await.clone(),
///     }
/// }
/// # let _ = page;
/// ```
///
/// # Cancel safety
/// Dropping a future that waits takes the demand back: what has started goes on, but no result waits for it.
pub struct Lazy<'l, T> {
    cell: &'l RawCell<T>,
    ask: &'l Ask,
    bell: &'l Bell,
    /// The number of the body that has it, if the task has several on other threads.
    body: usize,
}

impl<T> Clone for Lazy<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lazy<'_, T> {}

impl<'l, T> Lazy<'l, T> {
    /// Returns the result if it is there already, without asking for it.
    #[must_use]
    pub fn peek(&self) -> Option<&'l T> {
        self.cell.get()
    }
}

impl<'l, T> IntoFuture for Lazy<'l, T> {
    type Output = &'l T;
    type IntoFuture = LazyFuture<'l, T>;

    fn into_future(self) -> LazyFuture<'l, T> {
        LazyFuture { lazy: self, place: None }
    }
}

impl<T: fmt::Debug> fmt::Debug for Lazy<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Lazy").field(&self.peek()).finish()
    }
}

/// The future of a [`Lazy`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct LazyFuture<'l, T> {
    lazy: Lazy<'l, T>,
    /// The place of its waker, once it had to wait.
    place: Option<u64>,
}

impl<'l, T> Future for LazyFuture<'l, T> {
    type Output = &'l T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'l T> {
        let Self { lazy: Lazy { cell, ask, bell, body }, place } = &mut *self;
        if cell.get().is_none() && ask.wait(place, *body, cx.waker()) {
            bell.ring(ask.is_away());
        }
        // The result may have come before the waker did.
        match cell.get() {
            Some(value) => {
                ask.leave(place, bell);
                Poll::Ready(value)
            }
            None => Poll::Pending,
        }
    }
}

impl<T> Drop for LazyFuture<'_, T> {
    fn drop(&mut self) {
        self.lazy.ask.leave(&mut self.place, self.lazy.bell);
    }
}

impl<T> fmt::Debug for LazyFuture<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LazyFuture").finish_non_exhaustive()
    }
}

/// The type of a parameter that takes a `lazy` dependency.
#[diagnostic::on_unimplemented(
    message = "a `lazy` dependency is awaited in the body: take `Lazy<'_, {T}>` instead of `{Self}`",
    label = "is `lazy`, and not there yet"
)]
pub trait TakeLazy<'l, T> {
    /// Takes the dependency.
    fn take(lazy: Lazy<'l, T>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<'l, T> TakeLazy<'l, T> for Lazy<'l, T> {
    #[inline]
    fn take(lazy: Self) -> Self {
        lazy
    }
}

/// Creates the argument of a body for a `lazy` dependency.
#[inline]
#[must_use]
pub fn take_lazy<'l, T, P: TakeLazy<'l, T>>(lazy: Lazy<'l, T>) -> P {
    P::take(lazy)
}

#[cfg(not(all(test, loom)))]
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
    pub(super) use std::sync::{Mutex, MutexGuard};
}

#[cfg(all(test, loom))]
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};
    pub(super) use loom::sync::{Mutex, MutexGuard};
}

#[cfg(all(test, loom))]
mod loom_tests;
