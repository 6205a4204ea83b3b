//! The elements of a collection, and how a body takes one.

use std::iter::Enumerate;

use crate::cell::Followed;
use crate::check::{CloneResult, clone_result};

/// The elements of a group, each with its index.
pub trait Elements {
    /// What a body takes.
    type Element;
    /// Whether they are the results of another such task.
    #[doc(hidden)]
    const FOLLOW: bool;

    /// Returns the next element that is there.
    #[doc(hidden)]
    fn next(&mut self) -> Option<(usize, Self::Element)>;

    /// Returns whether there may be a next element now.
    #[doc(hidden)]
    fn has_next(&self) -> bool;

    /// Returns whether no element comes any more.
    #[doc(hidden)]
    fn is_over(&self) -> bool;
}

/// The elements of a collection that has been counted.
pub struct Counted<I> {
    elements: Enumerate<I>,
    count: usize,
    is_over: bool,
}

impl<I: Iterator> Counted<I> {
    pub(super) fn new(elements: I, count: usize) -> Self {
        Self { elements: elements.enumerate(), count, is_over: false }
    }
}

impl<I: Iterator> Elements for Counted<I> {
    type Element = I::Item;
    const FOLLOW: bool = false;

    #[inline]
    fn next(&mut self) -> Option<(usize, I::Item)> {
        let next = self.elements.next();
        match &next {
            Some((index, _)) => {
                assert!(*index < self.count, "a wide task needs a collection that yields as many elements each time");
            }
            None => self.is_over = true,
        }
        next
    }

    #[inline]
    fn has_next(&self) -> bool {
        !self.is_over
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.is_over
    }
}

impl<'c, T, C> Elements for Followed<'c, T, C> {
    type Element = &'c T;
    const FOLLOW: bool = true;

    #[inline]
    fn next(&mut self) -> Option<(usize, &'c T)> {
        Self::next(self)
    }

    #[inline]
    fn has_next(&self) -> bool {
        Self::has_next(self)
    }

    #[inline]
    fn is_over(&self) -> bool {
        Self::is_over(self)
    }
}

/// What iterates by reference. Method calls look through references and smart pointers until they find such a type, so
/// the result of a task may be an `Arc<[T]>`.
#[doc(hidden)]
pub trait IterateByReference {
    /// The iterator over the elements.
    type Elements: Iterator;

    /// Returns an iterator over the elements. rustc shows the name if a collection does not iterate.
    fn elements_for_in(self) -> Self::Elements;
}

impl<'c, C: ?Sized> IterateByReference for &'c C
where
    &'c C: IntoIterator,
{
    type Elements = <&'c C as IntoIterator>::IntoIter;

    #[inline]
    fn elements_for_in(self) -> Self::Elements {
        self.into_iter()
    }
}

/// An element that a body takes as a `T`: the element itself, or a clone of what it refers to.
#[diagnostic::on_unimplemented(
    message = "the elements of this collection are `{Self}`, not `{T}`",
    label = "this parameter takes a `{T}`",
    note = "take the element as it is, or a clone of it by value"
)]
#[doc(hidden)]
pub trait TakeElement<T> {
    /// The type that has to be `Clone`. It is no bound of the impl, or rustc would not look at a type without `Clone` and
    /// report something else.
    type Cloned;

    /// Returns the value.
    fn take(self) -> T
    where
        Self::Cloned: CloneResult;
}

impl<T> TakeElement<T> for T {
    type Cloned = ();

    #[inline]
    fn take(self) -> T {
        self
    }
}

impl<T> TakeElement<T> for &T {
    type Cloned = T;

    #[inline]
    fn take(self) -> T
    where
        T: CloneResult,
    {
        clone_result(self)
    }
}

/// Returns an element by value.
#[inline]
pub fn take_element<T, E: TakeElement<T>>(element: E) -> T
where
    E::Cloned: CloneResult,
{
    element.take()
}
