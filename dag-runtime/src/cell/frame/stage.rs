//! The driver in its place in a frame, from its settings to its end.

use std::pin::Pin;
use std::task::Context;

/// Creates a driver of the settings `Y`.
pub trait Begins<Y, F> {
    /// Creates the driver.
    fn begin(self, settings: Y) -> F;
}

/// A driver without its own type. `Y` are its settings.
pub trait Drive<Y> {
    /// Returns the settings, as long as the driver has not begun.
    fn settings(self: Pin<&mut Self>) -> Option<&mut Y>;

    /// Polls the driver once, which begins in the first poll.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>);

    /// Drops the driver.
    fn end(self: Pin<&mut Self>);
}

/// What stands in the place of a driver. It is moved only before it is pinned.
pub enum Stage<Y, S, F> {
    /// The settings, and what creates the driver.
    Before(Y, S),
    /// The driver.
    Running(F),
    /// Dropped by a panic, or because the run was stopped.
    Gone,
}

impl<Y, S: Begins<Y, F>, F> Stage<Y, S, F> {
    /// Creates the driver. The place is as large as a driver, so only what is in it is moved out.
    #[inline]
    fn begin(&mut self) {
        let Self::Before(settings, start) = self else { return };
        // SAFETY: the values are read once: the place gets another value before anything can panic, and nothing drops the
        // old one. Afterwards the place has nothing to drop.
        unsafe {
            let (settings, start) = (std::ptr::read(settings), std::ptr::read(start));
            std::ptr::write(self, Self::Gone);
            let driver = start.begin(settings);
            std::ptr::write(self, Self::Running(driver));
        }
    }
}

impl<Y, S: Begins<Y, F>, F: Future<Output = ()>> Drive<Y> for Stage<Y, S, F> {
    fn settings(self: Pin<&mut Self>) -> Option<&mut Y> {
        // SAFETY: only the future in `Running` is pinned. It is not moved here.
        match unsafe { self.get_unchecked_mut() } {
            Self::Before(settings, _) => Some(settings),
            _ => None,
        }
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        // A shared reference to the future, such as a `Pin` derefs to, would break what it has borrowed exclusively from itself.
        // SAFETY: only the future in `Running` is pinned. It is not moved here.
        let place = unsafe { self.get_unchecked_mut() };
        if let Self::Before(..) = place {
            place.begin();
        }
        if let Self::Running(driver) = place {
            // SAFETY: the future is pinned as long as it is in its place: all others drop it there, with `Pin::set`.
            _ = unsafe { Pin::new_unchecked(driver) }.poll(cx);
        }
    }

    fn end(mut self: Pin<&mut Self>) {
        self.set(Self::Gone);
    }
}
