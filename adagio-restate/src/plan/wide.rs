//! The tasks each of whose elements is a call of its own: which of these can be made.

use std::collections::BTreeSet;

use adagio::durable::element_of;
use restate_sdk::errors::TerminalError;
use serde_json::value::RawValue;

use crate::entry::{PlannedCall, Record};
use crate::order::Order;
use crate::outbox::now;
use crate::results::Results;

/// Such a task, the number of whose elements is known.
pub(super) struct Wide {
    pub(super) task: usize,
    /// The dependency for each of whose elements it runs.
    collection: usize,
    /// Whether the results that it depends on are there. That of the collection is there element by element if that is such
    /// a task, too.
    is_ready: bool,
    /// The elements of the collection are there as they come.
    follows: bool,
    can_be_cut: bool,
    elements: Vec<Element>,
}

/// What is known of an element.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Element {
    is_done: bool,
    is_under_way: bool,
    /// It is there in the collection.
    is_there: bool,
}

impl Wide {
    /// Returns those that have no outcome, in topological order. A collection that cannot be read ends the run.
    pub(super) fn all(
        order: &Order,
        results: &Results,
        under_way: &BTreeSet<&str>,
    ) -> Result<Vec<Self>, TerminalError> {
        let mut all = Vec::new();
        let tasks = order.tasks().iter().copied();
        for task in tasks.filter(|&task| order.is_by_element(task) && !results.has(task)) {
            all.extend(Self::new(order, results, &all, task)?);
        }
        for wide in &mut all {
            let called = under_way.iter().filter_map(|name| element_of(name));
            for (_, index) in called.filter(|(task, _)| *task == name_of(order, wide.task)) {
                if let Some(element) = wide.elements.get_mut(index) {
                    element.is_under_way = true;
                }
            }
        }
        Ok(all)
    }

    fn new(order: &Order, results: &Results, others: &[Self], task: usize) -> Result<Option<Self>, TerminalError> {
        let Some(collection) = order.collection(task) else { return Ok(None) };
        let mut needs = order.graph().tasks[task].dependencies.iter().filter(|&&needed| needed != collection);
        let is_ready = needs.all(|&needed| results.get(name_of(order, needed)).is_some());
        let (follows, can_be_cut, mut elements) = match results.count(order, task)? {
            Some(stored) => {
                let there = Element { is_there: true, ..Element::default() };
                (false, stored.can_be_cut, vec![there; stored.count])
            }
            None => {
                let Some(followed) = others.iter().find(|other| other.task == collection) else { return Ok(None) };
                let there = |element: &Element| Element { is_there: element.is_done, ..Element::default() };
                (true, true, followed.elements.iter().map(there).collect())
            }
        };
        for index in results.elements(name_of(order, task)) {
            if let Some(element) = elements.get_mut(index) {
                element.is_done = true;
            }
        }
        Ok(Some(Self { task, collection, is_ready, follows, can_be_cut, elements }))
    }

    /// Whether it goes on with the results of another such task before that has all of them.
    pub(super) fn follows(&self) -> bool {
        self.follows
    }

    /// Whether all elements have results: the first entry that says so has the number of them.
    pub(super) fn is_done(&self) -> bool {
        self.is_ready && self.elements.iter().all(|element| element.is_done)
    }

    /// Returns how many elements have no result.
    pub(super) fn left(&self) -> usize {
        self.elements.iter().filter(|element| !element.is_done).count()
    }

    pub(super) fn under_way(&self) -> usize {
        self.elements.iter().filter(|element| element.is_under_way).count()
    }

    /// Returns the elements whose calls can be made, in their order.
    pub(super) fn due(&self) -> impl Iterator<Item = usize> {
        let is_due = |element: &Element| element.is_there && !element.is_done && !element.is_under_way;
        let due = self.elements.iter().enumerate().filter(move |(_, element)| self.is_ready && is_due(element));
        due.map(|(index, _)| index)
    }

    /// Whether some elements are there in the collection, and whether all are.
    pub(super) fn are_there(&self) -> (bool, bool) {
        let mut there = self.elements.iter().map(|element| element.is_there);
        (there.clone().any(|is| is), there.all(|is| is))
    }

    /// Returns the call for an element.
    pub(super) fn call(&self, results: &Results, index: usize) -> PlannedCall {
        results.needed_by_element(self.task, index, self.can_be_cut.then_some(self.collection))
    }

    /// Returns the record of the whole.
    pub(super) fn whole(&self, order: &Order, results: &Results) -> Record {
        let task = name_of(order, self.task);
        let (value, now) = (RawValue::from_string(self.elements.len().to_string()), now());
        Record {
            task: task.to_owned(),
            value: value.expect("a number is JSON"),
            is_count: true,
            failure: None,
            because: None,
            attempt: 1,
            version: results.version(task),
            started: now,
            ended: now,
        }
    }
}

fn name_of(order: &Order, task: usize) -> &'static str {
    order.graph().tasks[task].name
}

#[cfg(test)]
mod tests;
