//! Collections whose elements have indices that mean the same in each life of a run.

use std::collections::{BTreeMap, BTreeSet, LinkedList, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// A collection that yields its elements in the same order after it was stored and read back.
///
/// In a `#[dag(durable)]` block, a task with `#[depends(page in pages)]` stores a result for each element, by its index.
/// So `pages` must return such a collection. A `HashMap` yields its elements in another order in each process.
///
/// # Examples
/// A collection of your own is one if its order is part of its stored form:
/// ```
/// # mod adagio { pub(crate) mod durable { pub(crate) use dag_runtime::Ordered; } }
/// struct Pages(Vec<String>);
///
/// impl<'p> IntoIterator for &'p Pages {
///     type Item = &'p String;
///     type IntoIter = std::slice::Iter<'p, String>;
///
///     fn into_iter(self) -> Self::IntoIter {
///         self.0.iter()
///     }
/// }
///
/// impl adagio::durable::Ordered for Pages {
///     /// It is stored as the `Vec` inside is, as with `#[serde(transparent)]`.
///     const CUT: bool = true;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the elements of `{Self}` may have another order in the next life of the run",
    label = "results for single elements are stored by their indices",
    note = "return a `Vec`, a `BTreeMap` or a `BTreeSet`; a collection of your own whose order is stored may implement \
            `adagio::durable::Ordered`"
)]
pub trait Ordered {
    /// Whether it is stored as a JSON array or object with an entry for each element, in their order, and an array or
    /// object with only one of these entries reads as a collection with only this element. An engine that runs the body
    /// for each element in a call of its own can send only this element then. By default, it sends the whole collection.
    const CUT: bool = false;

    /// Whether it sorts its entries when they are read, or leaves out some.
    #[doc(hidden)]
    const SORTS: bool = false;
}

macro_rules! list {
    ($($collection:ty),*) => {
        $(
            impl<T> Ordered for $collection {
                const CUT: bool = true;
            }
        )*
    };
}

list!(Vec<T>, [T], VecDeque<T>, LinkedList<T>);

impl<T> Ordered for BTreeSet<T> {
    const CUT: bool = true;
    const SORTS: bool = true;
}

impl<K, V> Ordered for BTreeMap<K, V> {
    const CUT: bool = true;
    const SORTS: bool = true;
}

/// An array of one entry reads as no other array.
impl<T, const COUNT: usize> Ordered for [T; COUNT] {}
impl<T> Ordered for Option<T> {}

macro_rules! pointer {
    ($($pointer:ty),*) => {
        $(
            impl<C: Ordered + ?Sized> Ordered for $pointer {
                const CUT: bool = C::CUT;
                const SORTS: bool = C::SORTS;
            }
        )*
    };
}

pointer!(&C, Box<C>, Rc<C>, Arc<C>);

/// Compiles where the results for single elements of a collection may be stored.
pub fn require_ordered<C: Ordered + ?Sized>() {}
