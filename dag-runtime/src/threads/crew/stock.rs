//! The elements of a task whose bodies run on other threads: the crew knows which are there, and each picker goes over
//! them.

use crate::cell::Followed;

/// Which elements are there, for the driver.
pub trait Shelf {
    /// Whether they are the results of another such task.
    #[doc(hidden)]
    const FOLLOW: bool;

    /// Returns the index of the element in a place, if it is there.
    #[doc(hidden)]
    fn index_at(&self, place: usize) -> Option<usize>;

    /// Returns whether no element comes any more, once all have been taken.
    #[doc(hidden)]
    fn is_over(&self) -> bool;
}

/// The elements of a collection, which are all there: their number is known to the rota.
impl Shelf for usize {
    const FOLLOW: bool = false;

    #[inline]
    fn index_at(&self, place: usize) -> Option<usize> {
        (place < *self).then_some(place)
    }

    #[inline]
    fn is_over(&self) -> bool {
        true
    }
}

impl<T, C> Shelf for Followed<'_, T, C> {
    const FOLLOW: bool = true;

    #[inline]
    fn index_at(&self, place: usize) -> Option<usize> {
        Self::index_at(self, place)
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.is_whole()
    }
}

const COUNTED: &str = "a wide task needs a collection that yields as many elements each time";

/// The elements, for one picker.
pub trait Stock {
    /// What a body takes.
    type Element;

    /// Returns the index of the element in a place that the crew has seen.
    #[doc(hidden)]
    fn index_at(&self, place: usize) -> usize;

    /// Returns the element in a place. Places are asked for in ascending order.
    #[doc(hidden)]
    fn at(&mut self, place: usize) -> Self::Element;

    /// Checks that there is no element after the last one that the crew has counted.
    #[doc(hidden)]
    fn end(&mut self) {}
}

/// The elements of a collection: an iterator that skips those of other pickers.
pub struct Walk<I> {
    elements: I,
    /// The place of the next element.
    next: usize,
}

impl<I: Iterator> Walk<I> {
    /// Begins with the first element.
    pub fn new(elements: I) -> Self {
        Self { elements, next: 0 }
    }

    /// Begins with the first element, where the thread may change between the elements.
    pub fn across(elements: I) -> Self
    where
        // rustc shows these lines where the iterator of a collection is not `Send`.
        I: Send,       // take `spawn` away, or return a collection such as a `Vec`
        I::Item: Send, // take `spawn` away, or return a collection such as a `Vec`
    {
        Self::new(elements)
    }
}

impl<I: Iterator> Stock for Walk<I> {
    type Element = I::Item;

    #[inline]
    fn index_at(&self, place: usize) -> usize {
        place
    }

    #[inline]
    fn at(&mut self, place: usize) -> I::Item {
        let skipped = place - self.next;
        self.next = place + 1;
        self.elements.nth(skipped).expect(COUNTED)
    }

    #[inline]
    fn end(&mut self) {
        assert!(self.elements.next().is_none(), "{COUNTED}");
    }
}

impl<'c, T, C> Stock for Followed<'c, T, C> {
    type Element = &'c T;

    #[inline]
    fn index_at(&self, place: usize) -> usize {
        Self::index_at(self, place).expect("the crew has seen the result")
    }

    #[inline]
    fn at(&mut self, place: usize) -> &'c T {
        self.get(place).expect("the crew has seen the result").1
    }
}
