//! The entries of the journal, as JSON that people can read in Restate's own pages.

use std::collections::BTreeMap;

use adagio::durable::DurableGraph;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The result of a task, and when it ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) value: Box<RawValue>,
    /// Set instead of the value, which is `null`, if the task has none because of a failure that is caught.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<Failed>,
    /// In microseconds since 1970, by the clock of the machine that ran it.
    pub(crate) started: u64,
    pub(crate) ended: u64,
}

/// The failure because of which a task has no result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    /// The task that failed: the task itself, or one that it needs.
    pub(crate) task: String,
    pub(crate) error: String,
}

/// The results that one entry of the journal holds, by the names of their tasks: that of the entry's own task, and
/// those of others that were done by then.
pub(crate) type Entry = BTreeMap<String, Record>;

/// The inputs of the call of a single task.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// The input from which the object is made.
    pub(crate) input: Box<RawValue>,
    /// The results that the task depends on.
    pub(crate) results: BTreeMap<String, Box<RawValue>>,
    /// The failures that it catches.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failures: BTreeMap<String, Failed>,
}

/// The outcome of a task.
type Outcome = Result<Box<RawValue>, Failed>;

/// The outcomes of the tasks of an invocation, as far as they are in its journal: results, and failures that are caught.
pub(crate) struct Results {
    graph: DurableGraph,
    outcomes: Vec<Option<Outcome>>,
}

impl Results {
    pub(crate) fn new(graph: DurableGraph) -> Self {
        Self { graph, outcomes: graph.tasks.iter().map(|_| None).collect() }
    }

    /// Whether a task has an outcome.
    pub(crate) fn has(&self, task: usize) -> bool {
        self.outcomes[task].is_some()
    }

    pub(crate) fn get(&self, task: usize) -> Option<&RawValue> {
        self.outcomes[task].as_ref()?.as_deref().ok()
    }

    pub(crate) fn failure(&self, task: usize) -> Option<&Failed> {
        self.outcomes[task].as_ref()?.as_ref().err()
    }

    pub(crate) fn fail(&mut self, task: usize, failed: Failed) {
        self.outcomes[task] = Some(Err(failed));
    }

    /// Takes an entry of the journal; the result of a task that the graph does not have any more is ignored.
    pub(crate) fn extend(&mut self, values: impl IntoIterator<Item = (String, Box<RawValue>)>) {
        self.take(values.into_iter().map(|(task, value)| (task, Ok(value))));
    }

    pub(crate) fn extend_with(&mut self, entry: Entry) {
        self.take(entry.into_iter().map(|(task, Record { value, failed, .. })| (task, failed.map_or(Ok(value), Err))));
    }

    /// Takes the inputs of a task.
    pub(crate) fn extend_with_inputs(&mut self, Inputs { results, failures, .. }: Inputs) {
        self.extend(results);
        self.take(failures.into_iter().map(|(task, failed)| (task, Err(failed))));
    }

    fn take(&mut self, outcomes: impl Iterator<Item = (String, Outcome)>) {
        for (task, outcome) in outcomes {
            if let Some(task) = self.graph.position(&task) {
                self.outcomes[task] = Some(outcome);
            }
        }
    }

    /// Returns the results that are there, with the names of the tasks.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &RawValue)> {
        (0..self.outcomes.len()).filter_map(|task| Some((self.graph.tasks[task].name, self.get(task)?)))
    }

    /// Returns the failures that are there, with the names of the tasks: a task comes before those that it needs.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static str, &Failed)> {
        (0..self.outcomes.len()).rev().filter_map(|task| Some((self.graph.tasks[task].name, self.failure(task)?)))
    }

    /// Returns what a task is called with elsewhere.
    pub(crate) fn inputs(&self, task: usize, input: &RawValue) -> Inputs {
        let name = |task: usize| self.graph.tasks[task].name.to_owned();
        let dependencies = self.graph.tasks[task].dependencies;
        let results = dependencies.iter().filter_map(|&task| Some((name(task), self.get(task)?.to_owned())));
        let failures = dependencies.iter().filter_map(|&task| Some((name(task), self.failure(task)?.clone())));
        Inputs { input: input.to_owned(), results: results.collect(), failures: failures.collect() }
    }
}
