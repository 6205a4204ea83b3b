//! The elements of a collection, and how a body takes one.

use crate::check::{CloneResult, clone_result};

/// What iterates by reference. Method calls look through references and smart pointers until they find such a type, so
/// the result of a task may be an `Arc<[T]>`.
#[doc(hidden)]
pub trait IterateByReference {
    /// The iterator over the elements.
    type Elements: Iterator;

    /// Returns an iterator over the elements.
    fn iterate_by_reference(self) -> Self::Elements;
}

impl<'c, C: ?Sized> IterateByReference for &'c C
where
    &'c C: IntoIterator,
{
    type Elements = <&'c C as IntoIterator>::IntoIter;

    #[inline]
    fn iterate_by_reference(self) -> Self::Elements {
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
