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
/// impl adagio::durable::Ordered for Pages {}
/// ```
#[diagnostic::on_unimplemented(
    message = "the elements of `{Self}` may have another order in the next life of the run",
    label = "results for single elements are stored by their indices",
    note = "return a `Vec`, a `BTreeMap` or a `BTreeSet`; a collection of your own whose order is stored may implement \
            `adagio::durable::Ordered`"
)]
pub trait Ordered {}

impl<T> Ordered for Vec<T> {}
impl<T> Ordered for [T] {}
impl<T, const COUNT: usize> Ordered for [T; COUNT] {}
impl<T> Ordered for VecDeque<T> {}
impl<T> Ordered for LinkedList<T> {}
impl<T> Ordered for BTreeSet<T> {}
impl<K, V> Ordered for BTreeMap<K, V> {}
impl<T> Ordered for Option<T> {}
impl<C: Ordered + ?Sized> Ordered for &C {}
impl<C: Ordered + ?Sized> Ordered for Box<C> {}
impl<C: Ordered + ?Sized> Ordered for Rc<C> {}
impl<C: Ordered + ?Sized> Ordered for Arc<C> {}

/// Compiles where the results for single elements of a collection may be stored.
pub fn require_ordered<C: Ordered + ?Sized>() {}
