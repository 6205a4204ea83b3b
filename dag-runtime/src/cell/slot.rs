//! The place of the body of a task in the driver: a slot of its own, or one in a chain.

use std::pin::Pin;

/// The place for the body of a task.
pub trait Slot<T> {
    /// Returns whether there is no body. A slot of a chain remembers it, so that no later call asks again.
    fn is_vacant(&mut self) -> bool;

    /// Returns the body, if there is one.
    #[doc(hidden)]
    fn body(&mut self) -> Option<Pin<&mut T>>;

    /// Puts a body into the slot, which has none.
    #[doc(hidden)]
    fn fill(&mut self, body: T) -> Pin<&mut T>;

    /// Drops the body, if there is one.
    #[doc(hidden)]
    fn clear(&mut self);
}

impl<T> Slot<T> for Pin<&mut Option<T>> {
    #[inline]
    fn is_vacant(&mut self) -> bool {
        // A shared reference to the slot would break what a body has borrowed exclusively from itself.
        self.body().is_none()
    }

    #[inline]
    fn body(&mut self) -> Option<Pin<&mut T>> {
        self.as_mut().as_pin_mut()
    }

    #[inline]
    fn fill(&mut self, body: T) -> Pin<&mut T> {
        self.set(Some(body));
        self.as_mut().as_pin_mut().expect("the slot was just filled")
    }

    #[inline]
    fn clear(&mut self) {
        self.set(None);
    }
}
