//! The outcomes of single elements, such as `pages[3]`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use adagio::durable::{StoredElements, element_of};
use restate_sdk::errors::TerminalError;
use serde_json::value::RawValue;

use super::{Last, Results};
use crate::entry::whole_of;
use crate::failure::unreadable_result;
use crate::order::Order;

impl Results {
    /// Returns the indexes of the elements of a task that have results.
    pub(crate) fn elements(&self, task: &str) -> impl Iterator<Item = usize> {
        let stored = elements_in(&self.outcomes, task).filter(|(_, stored)| stored.outcome.is_ok());
        stored.filter_map(|(name, _)| Some(element_of(name)?.1))
    }

    /// Returns the elements of the collection of a task, if it is there.
    pub(crate) fn count(&self, order: &Order, task: usize) -> Result<Option<StoredElements>, TerminalError> {
        let name = order.collection(task).map(|collection| self.graph.tasks[collection].name);
        let known = name.and_then(|name| Some((name, self.outcomes.get(name)?.outcome.as_ref().ok()?)));
        let Some((name, stored)) = known else { return Ok(None) };
        let elements = self.collections.count(order, task, stored);
        let mut elements = elements.map_err(|error| unreadable_result(&error, self.version(name) + 1))?;
        // Each call gets a piece of it, by the index of the element.
        elements.can_be_cut = elements.can_be_cut && self.collections.cut(name, stored).len() == elements.count;
        Ok(Some(elements))
    }

    /// Notes the last result of a task in the journal.
    pub(super) fn note_last(&mut self, task: &str, value: &Arc<RawValue>) {
        let last = Last { value: Arc::clone(value), number: self.next };
        self.next += 1;
        self.last.insert(task.to_owned(), last);
    }

    /// Whether a result is the last in the journal: no other result of the task is, and none of its elements, or of the
    /// task to which this element belongs.
    pub(super) fn is_last(&self, task: &str, value: &Arc<RawValue>) -> bool {
        let Some(last) = self.last.get(task).filter(|last| Arc::ptr_eq(&last.value, value)) else { return false };
        let whole = (whole_of(task) != task).then(|| self.last.get(whole_of(task))).flatten();
        let mut others = elements_in(&self.last, task).map(|(_, other)| other).chain(whole);
        others.all(|other| other.number < last.number)
    }

    /// Whether a result in the journal is the last one instead of one that this program uses.
    pub(super) fn is_replaced_by(&self, task: &str) -> bool {
        let names = [task, whole_of(task)];
        names.iter().any(|&name| self.outcomes.contains_key(name)) || elements_in(&self.outcomes, task).next().is_some()
    }

    /// Whether it is an element with a result that this program uses. The number of the elements takes the last result of each.
    pub(super) fn is_element_in_use(&self, task: &str) -> bool {
        whole_of(task) != task && self.outcomes.contains_key(task)
    }

    /// Makes the failure for an element that of its task: the first one counts.
    pub(super) fn fail_wholes(&mut self) {
        let failed = self.outcomes.iter().filter(|(task, stored)| stored.outcome.is_err() && whole_of(task) != *task);
        let mut failed: Vec<_> = failed.map(|(task, stored)| (stored.number, task.clone())).collect();
        failed.sort();
        for (_, task) in failed {
            let whole = whole_of(&task);
            let is_wide = self.graph.position(whole).is_some_and(|place| self.wide.contains(&place));
            let Some(stored) = self.outcomes.remove(&task) else { continue };
            if is_wide && !self.outcomes.contains_key(whole) {
                self.put(whole.to_owned(), stored.version, stored.code, stored.outcome);
            }
        }
    }

    /// Forgets the outcomes of elements: their task has its own.
    pub(super) fn forget_elements(&mut self, task: &str) {
        let elements: Vec<_> = elements_in(&self.outcomes, task).map(|(name, _)| name.clone()).collect();
        for name in elements {
            self.outcomes.remove(&name);
        }
    }
}

/// Returns what is there of the elements of a task.
fn elements_in<'m, T>(
    map: &'m BTreeMap<String, T>,
    task: &str,
) -> impl Iterator<Item = (&'m String, &'m T)> + use<'m, T> {
    let prefix = format!("{task}[");
    let from = map.range::<str, _>((Bound::Included(&*prefix), Bound::Unbounded));
    from.take_while(move |(name, _)| name.starts_with(&prefix))
}
