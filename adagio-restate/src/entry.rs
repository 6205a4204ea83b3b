//! The entries of the journal, as JSON that people can read in Restate's own pages.

use std::collections::BTreeMap;

use adagio::durable::DurableGraph;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The result of a task, and when it ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) value: Box<RawValue>,
    /// In microseconds since 1970, by the clock of the machine that ran it.
    pub(crate) started: u64,
    pub(crate) ended: u64,
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
}

/// The results of an invocation, as far as they are in its journal.
pub(crate) struct Results {
    graph: DurableGraph,
    values: Vec<Option<Box<RawValue>>>,
}

impl Results {
    pub(crate) fn new(graph: DurableGraph) -> Self {
        Self { graph, values: graph.tasks.iter().map(|_| None).collect() }
    }

    pub(crate) fn has(&self, task: usize) -> bool {
        self.values[task].is_some()
    }

    pub(crate) fn get(&self, task: usize) -> Option<&RawValue> {
        self.values[task].as_deref()
    }

    /// Takes an entry of the journal; the result of a task that the graph does not have any more is ignored.
    pub(crate) fn extend(&mut self, values: impl IntoIterator<Item = (String, Box<RawValue>)>) {
        for (task, value) in values {
            if let Some(task) = self.graph.position(&task) {
                self.values[task] = Some(value);
            }
        }
    }

    pub(crate) fn extend_with(&mut self, entry: Entry) {
        self.extend(entry.into_iter().map(|(task, record)| (task, record.value)));
    }

    /// Returns the results that are there, with the names of the tasks.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &RawValue)> {
        self.graph.tasks.iter().zip(&self.values).filter_map(|(task, value)| Some((task.name, value.as_deref()?)))
    }

    /// Returns what a task is called with elsewhere.
    pub(crate) fn inputs(&self, task: usize, input: &RawValue) -> Inputs {
        let dependencies = self.graph.tasks[task].dependencies.iter();
        let results = dependencies.filter_map(|&dependency| {
            Some((self.graph.tasks[dependency].name.to_owned(), self.get(dependency)?.to_owned()))
        });
        Inputs { input: input.to_owned(), results: results.collect() }
    }
}
