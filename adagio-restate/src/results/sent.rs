//! What is sent to a call, and what a call takes from it.

use std::borrow::Cow;
use std::sync::Arc;

use adagio::durable::element_of;
use serde_json::value::RawValue;

use super::Results;
use crate::collections::alone;
use crate::entry::{Inputs, PlannedCall};

impl Results {
    /// Takes the inputs of a task: those of this version of the program.
    pub(crate) fn extend_with_inputs(&mut self, inputs: &Inputs) {
        for (task, value) in &inputs.results {
            let value: Arc<RawValue> = value.clone().into();
            self.note_last(task, &value);
            self.put(task.clone(), self.version(task), 500, Ok(value));
        }
        // A task comes before those that it needs, so each gets its own failure and not that of another.
        let place = |task: &str| self.graph.position(task);
        let mut failures: Vec<_> = inputs.failures.iter().collect();
        failures.sort_by_key(|(task, _)| std::cmp::Reverse(place(task)));
        for (task, failed) in failures {
            self.put(task.clone(), self.version(task), 500, Err(failed.clone()));
        }
    }

    /// Returns the call of a task with the results and the failures that it depends on, and with the results for its
    /// elements that are there.
    pub(crate) fn needed_by(&self, task: usize) -> PlannedCall {
        let is_wide = self.wide.contains(&task);
        let task = &self.graph.tasks[task];
        let names = task.dependencies.iter().map(|&task| self.graph.tasks[task].name);
        let results = names.clone().filter(|name| self.get(name).is_some()).map(str::to_owned);
        let failures = names.filter_map(|name| Some((name.to_owned(), self.failure(name)?.clone())));
        let elements = is_wide.then(|| self.elements(task.name)).into_iter().flatten();
        let results = results.chain(elements.map(|index| format!("{}[{index}]", task.name)));
        PlannedCall {
            task: task.name.to_owned(),
            results: results.collect(),
            failures: failures.collect(),
            ..PlannedCall::default()
        }
    }

    /// Returns the call for an element of a task, which gets the result of another task cut to this element.
    pub(crate) fn needed_by_element(&self, task: usize, index: usize, cut: Option<usize>) -> PlannedCall {
        let task = &self.graph.tasks[task];
        let names = task.dependencies.iter().map(|&task| self.graph.tasks[task].name.to_owned());
        PlannedCall {
            task: format!("{}[{index}]", task.name),
            results: names.collect(),
            cut: cut.map(|cut| self.graph.tasks[cut].name.to_owned()),
            ..PlannedCall::default()
        }
    }

    /// Returns all results and failures, for a task that runs beside those that it needs.
    pub(crate) fn all(&self, task: usize) -> PlannedCall {
        let results = self.outcomes.iter().filter(|(_, stored)| stored.outcome.is_ok());
        let failures = self
            .outcomes
            .iter()
            .filter_map(|(name, stored)| Some((name.clone(), stored.outcome.as_ref().err()?.clone())));
        PlannedCall {
            task: self.graph.tasks[task].name.to_owned(),
            results: results.map(|(name, _)| name.clone()).collect(),
            failures: failures.collect(),
            ..PlannedCall::default()
        }
    }

    /// Returns the inputs of a call.
    pub(crate) fn inputs(&self, call: &PlannedCall, run: &str, input: &RawValue) -> Inputs {
        Inputs {
            run: run.to_owned(),
            input: input.to_owned(),
            results: self.sent(call).map(|(name, value)| (name.clone(), value.into_owned())).collect(),
            failures: call.failures.clone(),
            element: element_of(&call.task).map(|(_, index)| index),
        }
    }

    /// Returns how many bytes the inputs of a call have, at most.
    pub(crate) fn bytes(&self, call: &PlannedCall, input: &RawValue) -> usize {
        let results = self.sent(call).map(|(name, value)| name.len() + value.get().len() + 8);
        let failures = call.failures.iter().map(|(name, failed)| name.len() + failed.bytes());
        input.get().len() + results.sum::<usize>() + failures.sum::<usize>() + 32
    }

    /// Returns the results that a call gets.
    fn sent<'r>(&'r self, call: &'r PlannedCall) -> impl Iterator<Item = (&'r String, Cow<'r, RawValue>)> {
        let index = element_of(&call.task).map(|(_, index)| index);
        call.results.iter().filter_map(move |name| {
            let value = match index {
                Some(index) if call.cut.as_ref() == Some(name) => Cow::Owned(self.piece(name, index)?),
                _ => Cow::Borrowed(&*self.last.get(name)?.value),
            };
            Some((name, value))
        })
    }

    /// Returns a collection that has only one element of a result of the journal, whether that is there as a whole or only
    /// as results for elements.
    fn piece(&self, task: &str, index: usize) -> Option<Box<RawValue>> {
        let (whole, element) = (self.last.get(task), self.last.get(&format!("{task}[{index}]")));
        match (whole, element) {
            (Some(whole), element) if element.is_none_or(|element| element.number < whole.number) => {
                self.collections.cut(task, &whole.value).get(index).cloned()
            }
            (_, element) => alone(&element?.value),
        }
    }
}
