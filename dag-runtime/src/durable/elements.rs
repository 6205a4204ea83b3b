//! The elements of a stored collection, for an engine that makes a call for each.

use super::{DurableGraph, Ordered, Storable, Stored};
use crate::error::TaskError;

/// The elements of a stored collection, as [`Durable::elements`](super::Durable::elements) returns them.
///
/// # Examples
/// ```
/// # mod adagio { pub(crate) use dag_runtime::TaskError; pub(crate) mod durable { pub(crate) use dag_runtime::Durable; } }
/// use adagio::TaskError;
/// use adagio::durable::Durable;
///
/// /// Returns how many calls a task needs, and whether each gets the whole collection.
/// fn plan<G: Durable>(task: usize, collection: &[u8]) -> Result<(usize, bool), TaskError> {
///     let elements = G::elements(task, collection)?;
///     Ok((elements.count, !elements.can_be_cut))
/// }
/// # let _ = plan::<Never>;
/// # use std::sync::Arc;
/// # struct Never;
/// # impl Durable for Never {
/// #     const GRAPH: dag_runtime::DurableGraph =
/// #         dag_runtime::DurableGraph { name: "Never", tasks: &[], max_concurrency: None };
/// #     type Run = NeverRun;
/// #     fn durable_run(self: &Arc<Self>) -> NeverRun { NeverRun }
/// # }
/// # struct NeverRun;
/// # impl dag_runtime::DurableRun for NeverRun {
/// #     fn seed(self, _: &str, _: &[u8]) -> Result<Self, TaskError> { Ok(self) }
/// #     async fn result(&self, _: &str) -> Result<Vec<u8>, TaskError> { Ok(Vec::new()) }
/// #     fn defer_retries(self, _: &dag_runtime::Deferral) -> Self { self }
/// #     fn observe(self, _: impl dag_runtime::Observer + 'static) -> Self { self }
/// #     fn keep(self, _: impl dag_runtime::Keeper + 'static) -> Self { self }
/// #     fn seed_failure(self, _: &str, _: TaskError) -> Self { self }
/// #     async fn settle(&self) -> Vec<TaskError> { Vec::new() }
/// #     fn retry_failed(&self) {}
/// #     fn stop(&self) {}
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredElements {
    /// How many there are.
    pub count: usize,
    /// Whether the stored form is a JSON array or object with an entry for each element, in their order, and an array or
    /// object with only one of these entries reads as a collection with only this element. See [`Ordered::CUT`].
    pub can_be_cut: bool,
}

impl<T: Storable + Ordered> Stored<T> {
    /// Returns the elements of a stored collection, the result of `task`.
    ///
    /// # Errors
    /// If the bytes are of something else.
    pub fn elements(
        self,
        task: &'static str,
        stored: &[u8],
        count: impl FnOnce(&T) -> usize,
    ) -> Result<StoredElements, TaskError> {
        let collection = self.read(task, stored)?;
        // Sets and maps read their entries in any order, and the same entry twice.
        let is_in_order = || !T::SORTS || Self::FORM.write(task, &collection).is_ok_and(|written| written == stored);
        Ok(StoredElements { count: count(&collection), can_be_cut: T::CUT && is_in_order() })
    }
}

impl DurableGraph {
    /// Returns the failure of a task to have elements in calls of their own.
    #[doc(hidden)]
    #[must_use]
    pub fn no_elements(&self, task: usize) -> TaskError {
        let name = self.tasks.get(task).map_or(self.name, |task| task.name);
        TaskError::new(name, "it has no `#[task(remote)]`, or does not run for each element of a collection".into())
    }
}

/// Panics because a task has no elements in calls of their own.
#[track_caller]
pub(crate) fn no_elements(task: &str) -> ! {
    panic!("no task `{task}` with `#[task(remote)]` runs once for each element of a collection")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::*;

    /// Returns the number of elements, and whether they can be cut.
    fn elements<T: Storable + Ordered>(stored: &str, count: fn(&T) -> usize) -> (usize, bool) {
        let elements = Stored::<T>::FORM.elements("ids", stored.as_bytes(), count).unwrap();
        (elements.count, elements.can_be_cut)
    }

    #[test]
    fn a_list_can_be_cut() {
        assert_eq!(elements::<Vec<u32>>("[3, 1, 1]", Vec::len), (3, true));
        assert_eq!(elements::<Box<[u32]>>("[]", |ids| ids.len()), (0, true));
        assert_eq!([<Arc<[u32]>>::CUT, <Arc<BTreeSet<u32>>>::SORTS], [true; 2]);
    }

    #[test]
    fn what_reads_only_as_a_whole_cannot_be_cut() {
        assert_eq!(elements::<[u32; 2]>("[3,1]", |ids| ids.len()), (2, false));
        assert_eq!(elements::<Option<u32>>("3", |id| id.iter().count()), (1, false));
    }

    #[test]
    fn a_set_can_be_cut_if_its_entries_are_those_of_its_elements() {
        assert_eq!(elements::<BTreeSet<u32>>("[1,3]", BTreeSet::len), (2, true));
        assert_eq!(elements::<BTreeSet<u32>>("[3,1]", BTreeSet::len), (2, false), "it was a `Vec` when it was stored");
        assert_eq!(elements::<BTreeSet<u32>>("[1,1]", BTreeSet::len), (1, false));
        assert_eq!(elements::<BTreeMap<u32, u32>>(r#"{"2":0,"10":0}"#, BTreeMap::len), (2, true));
        assert_eq!(elements::<BTreeMap<u32, u32>>(r#"{"10":0,"2":0}"#, BTreeMap::len), (2, false));
    }

    #[test]
    fn something_else_is_a_failure_of_its_task() {
        let error = Stored::<Vec<u32>>::FORM.elements("ids", b"{}", Vec::len).unwrap_err();
        assert_eq!(error.task(), "ids");
    }
}
