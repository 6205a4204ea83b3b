//! The stored outcomes of tasks of inner graphs, and the stored results for single elements.
//!
//! The cells of an inner graph exist only while its driver does, so a stored result cannot be put there before the run
//! starts, as it is for the tasks of the block itself. It waits here instead, by the full name of its task, and the
//! future of that task takes it when the task starts: then the body does not run.
//!
//! The cell of a task that runs once for each element has no places before its collection is known. So results such as
//! `pages[3]` wait here, too, and the future of each body takes its own. If all of them are there, the run need not look
//! at the collection: the task of the block is done before the run starts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::element_of;
use crate::each::Only;
use crate::error::TaskError;

/// A stored outcome: the bytes of a result, or a failure.
pub(crate) type Outcome = Result<Vec<u8>, TaskError>;

/// The outcomes by the names of their tasks, such as `pricing.total`.
#[derive(Default)]
pub(crate) struct Seeds {
    stored: Mutex<Stored>,
    /// The task of which the run has the body for one element only, and the number of this element.
    only: Option<(&'static str, usize)>,
}

#[derive(Default)]
struct Stored {
    /// Of a task that runs for each element: the number of its results, or a failure.
    outcomes: BTreeMap<String, Outcome>,
    /// The results for single elements.
    elements: BTreeMap<String, BTreeMap<usize, Vec<u8>>>,
}

impl Seeds {
    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the run have the body for one element of a task only.
    pub(crate) fn set_only(&mut self, task: &'static str, number: usize) {
        self.only = Some((task, number));
    }

    /// Returns which elements of a task have bodies.
    pub(crate) fn only(&self, task: &str) -> Only {
        Only(self.only.filter(|(other, _)| *other == task).map(|(_, number)| number))
    }

    /// Takes the outcome of a task. The failure for an element is that of its task; of several, the first counts.
    pub(crate) fn put(&self, name: &str, outcome: Outcome) {
        let mut stored = self.lock();
        match (element_of(name), outcome) {
            (Some((task, index)), Ok(result)) => {
                stored.elements.entry(task.to_owned()).or_default().insert(index, result);
            }
            (Some((task, _)), Err(error)) => {
                let known = stored.outcomes.entry(task.to_owned()).or_insert_with(|| Err(error.clone()));
                if known.is_ok() {
                    *known = Err(error);
                }
            }
            (None, outcome) => {
                stored.outcomes.insert(name.to_owned(), outcome);
            }
        }
    }

    /// Returns the outcome of a task once: a task that is tried again afterwards runs.
    pub(crate) fn take(&self, task: &str) -> Option<Outcome> {
        self.lock().outcomes.remove(task)
    }

    /// Returns whether there is a result for an element.
    pub(crate) fn has_element(&self, task: &str, index: usize) -> bool {
        self.lock().elements.get(task).is_some_and(|elements| elements.contains_key(&index))
    }

    /// Returns the result for an element once.
    pub(crate) fn take_element(&self, task: &str, index: usize) -> Option<Outcome> {
        self.lock().elements.get_mut(task)?.remove(&index).map(Ok)
    }

    /// Returns the results for all elements, if they are there, and it is known how many there are.
    pub(crate) fn take_all(&self, task: &str) -> Option<Vec<Vec<u8>>> {
        let mut stored = self.lock();
        let count = stored.outcomes.get(task)?.as_ref().ok().and_then(|count| count_in(count))?;
        let elements = stored.elements.get(task);
        // The length first: this is asked after each of many elements.
        let is_long = elements.map_or(0, BTreeMap::len) >= count;
        if !is_long || elements.map_or(0, |elements| elements.range(..count).count()) < count {
            return None;
        }
        stored.outcomes.remove(task);
        let elements = stored.elements.remove(task).unwrap_or_default();
        Some(elements.into_values().take(count).collect())
    }
}

/// Returns the number in the stored form of a task that runs once for each element.
pub(crate) fn count_in(stored: &[u8]) -> Option<usize> {
    std::str::from_utf8(stored).ok()?.parse().ok()
}
