//! The entries of the journal, as JSON that people can read in Restate's own pages.

use std::collections::BTreeMap;

pub(crate) use adagio::durable::whole_of;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The name of every entry of tasks that run in the process: an entry says itself whose results it holds, so a run under
/// way goes on after a task was added, moved, renamed or removed.
pub(crate) const NAME: &str = "tasks";

/// The largest entry, and the largest inputs of a call: a message of the server has 32 MiB, and more than these bytes in it.
pub(crate) const LIMIT: usize = (32 << 20) - (64 << 10);

/// An entry: the outcomes of tasks, in the order in which they were there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) tasks: Vec<Record>,
    /// What a run with remote tasks does next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<Plan>,
    /// When the tasks that were under way by then started, in microseconds since 1970: for reports.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) running: BTreeMap<String, u64>,
    /// The versions of the tasks in the program that wrote the entry, of those that are not 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) versions: BTreeMap<String, u32>,
}

/// What a run with remote tasks does until its next plan: another program that takes it up does the same first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The milliseconds before all that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) pause: u64,
    /// The tasks whose calls it cancels, with those for single elements, before it makes others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cancel: Vec<String>,
    /// The calls that it makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) calls: Vec<PlannedCall>,
    /// The tasks that it runs in its own process, one after the other. It makes its next plan after them, or after the
    /// first that fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) here: Vec<String>,
    /// The number of calls for whose end it waits, or for the first that fails.
    #[serde(default)]
    pub(crate) wait: usize,
    /// The goal has its result, so the calls that are under way are cancelled.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) is_last: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_false(is: &bool) -> bool {
    !is
}

/// The call of a task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PlannedCall {
    /// The task, or an element of it, such as `pages[3]`.
    pub(crate) task: String,
    /// The tasks whose results it is called with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) results: Vec<String>,
    /// The failures that it is called with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failures: BTreeMap<String, Failed>,
    /// The result of which it gets only the element with its index, in a collection of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cut: Option<String>,
}

/// The outcome of a task, or of one of its attempts, and when that ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) task: String,
    /// `null` if the attempt failed.
    pub(crate) value: Box<RawValue>,
    /// The value is the number of the results of the task, which runs for each element of a collection. They have records
    /// of their own, before this one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) is_count: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
    /// The task has no result, and did not run, because another one failed: bodies were told so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<Failed>,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
    pub(crate) version: u32,
    /// In microseconds since 1970, by the clock of the machine that ran it.
    pub(crate) started: u64,
    pub(crate) ended: u64,
}

impl Entry {
    /// Returns it as the answer to the call of a task, or of an element of one. It is none if it has no result of that: an
    /// earlier version of this crate takes the call for an element for one of the whole task.
    pub(crate) fn answer_of(mut self, task: &str) -> Option<Self> {
        self.tasks.retain(|record| record.task == task);
        (!self.tasks.is_empty()).then_some(self)
    }

    /// Makes it the answer to a call of a program with some versions. The one that was called may have others, but it got its
    /// inputs from this one, and this one is to use its result, whatever its version.
    pub(crate) fn answer_to(&mut self, versions: &BTreeMap<String, u32>) {
        for record in &mut self.tasks {
            record.version = versions.get(whole_of(&record.task)).copied().unwrap_or(1);
        }
        self.versions.clone_from(versions);
    }
}

impl Record {
    /// Returns how many bytes it has in an entry, at most.
    pub(crate) fn bytes(&self) -> usize {
        let failure = self.failure.as_ref().map_or(0, |failure| text_bytes(&failure.error));
        let because = self.because.as_ref().map_or(0, Failed::bytes);
        // Names and numbers need little.
        self.value.get().len() + failure + because + 1024
    }
}

impl Failed {
    /// Returns how many bytes it has in a message, at most.
    pub(crate) fn bytes(&self) -> usize {
        self.task.len() + text_bytes(&self.error) + 64
    }
}

/// Returns how many bytes a text has in JSON, at most: `\u0000` stands for one byte.
fn text_bytes(text: &str) -> usize {
    6 * text.len()
}

/// The failure of an attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) error: String,
    /// The code of the invocation if it ends because of this failure.
    pub(crate) code: u16,
    /// When there is another attempt, in microseconds since 1970. Without it, the failure is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<u64>,
}

/// The failure because of which a task has no result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    /// The task that failed: the task itself, or one that it needs.
    pub(crate) task: String,
    pub(crate) error: String,
}

/// The inputs of the call of a single task.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// The invocation that needs the task.
    pub(crate) run: String,
    /// The input from which the object is made.
    pub(crate) input: Box<RawValue>,
    /// The results that the task depends on.
    pub(crate) results: BTreeMap<String, Box<RawValue>>,
    /// The failures that it catches.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failures: BTreeMap<String, Failed>,
    /// The element that the call is for. Its collection is the whole, or has only this element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) element: Option<usize>,
}

/// What journals hold, so later versions of this crate have to read it.
#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    /// Reads a text and writes it again.
    fn again<T: Serialize + DeserializeOwned>(json: &str) -> String {
        serde_json::to_string(&serde_json::from_str::<T>(json).unwrap()).unwrap()
    }

    #[test]
    fn an_entry_is_this_text() {
        let results = concat!(
            r#"{"tasks":[{"task":"a","value":[1, 2],"attempt":1,"version":2,"started":3,"ended":4},"#,
            r#"{"task":"b","value":null,"failure":{"error":"closed","code":500,"next":9},"attempt":1,"version":1,"started":5,"ended":6},"#,
            r#"{"task":"c","value":null,"because":{"task":"b","error":"closed"},"attempt":0,"version":1,"started":7,"ended":8}],"#,
            r#""running":{"d":3},"versions":{"a":2}}"#,
        );
        assert_eq!(again::<Entry>(results), results);
        assert_eq!(again::<Entry>(r#"{"tasks":[]}"#), r#"{"tasks":[]}"#);
        let elements = concat!(
            r#"{"tasks":[{"task":"a[0]","value":7,"attempt":1,"version":1,"started":3,"ended":4},"#,
            r#"{"task":"a","value":1,"is_count":true,"attempt":1,"version":1,"started":3,"ended":5}]}"#,
        );
        assert_eq!(again::<Entry>(elements), elements);
    }

    #[test]
    fn an_answer_is_of_the_task_or_element_that_was_called() {
        let record = r#"{"task":"pages","value":[7],"attempt":1,"version":1,"started":0,"ended":0}"#;
        let entry: Entry = serde_json::from_str(&format!(r#"{{"tasks":[{record}]}}"#)).unwrap();
        assert!(entry.clone().answer_of("pages[0]").is_none());
        assert_eq!(entry.answer_of("pages").map(|answer| answer.tasks.len()), Some(1));
    }

    #[test]
    fn a_plan_is_this_text() {
        let full = concat!(
            r#"{"pause":1000,"calls":[{"task":"a"},"#,
            r#"{"task":"c","results":["a"],"failures":{"b":{"task":"b","error":"closed"}}}],"#,
            r#""here":["d"],"wait":2,"is_last":true}"#,
        );
        assert_eq!(again::<Plan>(full), full);
        let elements = r#"{"cancel":["pages"],"calls":[{"task":"rows[3]","results":["ids"],"cut":"ids"}],"wait":1}"#;
        assert_eq!(again::<Plan>(elements), elements);
        assert_eq!(again::<Plan>("{}"), r#"{"wait":0}"#);
        let entry = r#"{"tasks":[],"plan":{"wait":1}}"#;
        assert_eq!(again::<Entry>(entry), entry);
    }

    #[test]
    fn inputs_are_this_text() {
        let full = concat!(
            r#"{"run":"inv_1","input":{"id": 7},"results":{"a":[1, 2]},"#,
            r#""failures":{"b":{"task":"b","error":"closed"}}}"#,
        );
        assert_eq!(again::<Inputs>(full), full);
        let element = r#"{"run":"inv_1","input":null,"results":{"ids":[3]},"element":3}"#;
        assert_eq!(again::<Inputs>(element), element);
        let least = r#"{"run":"inv_1","input":null,"results":{}}"#;
        assert_eq!(again::<Inputs>(least), least);
    }
}
