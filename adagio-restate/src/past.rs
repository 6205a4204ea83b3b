//! In: the journal of an invocation. Out: what its tasks did, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use adagio::durable::{DurableGraph, Past, PastEnd};
use serde::Deserialize;
use serde_json::Value;

use crate::entry::Entry;

/// A row of the journal.
#[derive(Deserialize)]
pub(crate) struct Row {
    /// In milliseconds since 1970.
    appended: Option<u64>,
    entry_json: Option<String>,
}

impl Row {
    /// The query that returns the rows of an invocation.
    pub(crate) fn query(invocation: &str) -> String {
        format!(
            "select arrow_cast(appended_at, 'Int64') as appended, entry_json \
             from sys_journal where id = '{invocation}' order by index"
        )
    }

    fn appended(&self) -> Duration {
        Duration::from_millis(self.appended.unwrap_or_default())
    }

    fn entry(&self) -> Value {
        self.entry_json.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

/// Returns what the tasks of an invocation did. Of attempts before the last the journal has nothing.
pub(crate) fn read(graph: DurableGraph, tasks: &[usize], rows: &[Row]) -> Vec<Past> {
    let idle = |&task: &usize| (task, Past { task, started: None, ended: None });
    let mut past: BTreeMap<usize, Past> = tasks.iter().map(idle).collect();
    let mut under_way = BTreeMap::new();
    for row in rows {
        let entry = row.entry();
        if let Some((id, task)) = command(graph, &entry) {
            under_way.insert(id, (task, row.appended()));
        }
        let Some((id, result)) = completion(&entry) else { continue };
        let Some((task, started)) = under_way.remove(&id) else { continue };
        if let Some(message) = result.pointer("/Failure/message").and_then(Value::as_str) {
            let end = if message == "cancelled" { PastEnd::Cancelled } else { PastEnd::Failed(plain(message)) };
            let task = guilty(graph, message).unwrap_or(task);
            past.insert(task, Past { task, started: Some(started), ended: Some((row.appended(), end)) });
        }
        let stored: Option<Vec<u8>> = serde_json::from_value(result["Success"].clone()).ok();
        let results: Entry = stored.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        for record in results.tasks {
            let Some(task) = graph.position(&record.task) else { continue };
            let end = record.failure.map_or(PastEnd::Done, |failure| PastEnd::Failed(failure.error));
            let ended = Some((Duration::from_micros(record.ended), end));
            past.insert(task, Past { task, started: Some(Duration::from_micros(record.started)), ended });
        }
    }
    for (task, started) in under_way.into_values() {
        past.insert(task, Past { task, started: Some(started), ended: None });
    }
    past.into_values().collect()
}

/// Returns the number by which the engine answers a command, and the task of the command.
fn command(graph: DurableGraph, entry: &Value) -> Option<(u64, usize)> {
    if let Some(run) = entry.pointer("/Command/Run") {
        return Some((run["completion_id"].as_u64()?, graph.position(run["name"].as_str()?)?));
    }
    let call = entry.pointer("/Command/Call")?;
    let service = call.pointer("/request/invocation_target/Service/name")?.as_str()?;
    let (_, task) = service.rsplit_once('.')?;
    Some((call["result_completion_id"].as_u64()?, graph.position(task)?))
}

fn completion(entry: &Value) -> Option<(u64, &Value)> {
    let completion = entry.pointer("/Notification/Completion")?;
    let completion = ["Run", "Call"].iter().find_map(|kind| completion.get(kind))?;
    Some((completion["completion_id"].as_u64()?, &completion["result"]))
}

/// Returns the task that a failure names: the entry may be that of another, which was waited for.
fn guilty(graph: DurableGraph, message: &str) -> Option<usize> {
    let (name, _) = message.strip_prefix("task `")?.split_once("` failed")?;
    graph.position(name)
}

/// Returns the message without the name of the task.
fn plain(message: &str) -> String {
    message.split_once("` failed: ").map_or(message, |(_, cause)| cause).to_owned()
}
