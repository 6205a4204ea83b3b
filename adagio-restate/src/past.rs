//! In: what the server has of an invocation. Out: what its tasks did, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use adagio::EdgeKind;
use adagio::durable::{DurableEdge, DurableGraph, Past, PastEnd};
use serde::Deserialize;
use serde_json::Value;

use crate::entry::{Entry, Record, whole_of};
use crate::failure::told;
use crate::order::Order;

/// What the server knows of an invocation beside its journal. Times are in milliseconds since 1970.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Invocation {
    pub(crate) service: String,
    pub(crate) handler: String,
    pub(crate) status: String,
    pub(crate) created: Option<u64>,
    running: Option<u64>,
    completed: Option<u64>,
    /// When the attempt that is under way began.
    last_start: Option<u64>,
    retry_count: Option<u64>,
    completion_failure: Option<String>,
}

impl Invocation {
    /// The columns of a query.
    pub(crate) const COLUMNS: &str = "target_service_name as service, target_handler_name as handler, status, \
        arrow_cast(created_at, 'Int64') as created, arrow_cast(running_at, 'Int64') as running, \
        arrow_cast(completed_at, 'Int64') as completed, arrow_cast(last_start_at, 'Int64') as last_start, retry_count, \
        completion_failure";

    /// Returns when it ended, if it has.
    pub(crate) fn ended(&self) -> Option<Duration> {
        self.completed.filter(|_| self.status == "completed").map(Duration::from_millis)
    }

    fn started(&self) -> Option<Duration> {
        self.running
            .or(self.created)
            .filter(|_| self.running.is_some() || self.completed.is_some())
            .map(Duration::from_millis)
    }

    /// Returns the message of the failure with which it ended.
    fn failure(&self) -> Option<&str> {
        let failure = self.completion_failure.as_deref()?;
        Some(failure.split_once("] ").map_or(failure, |(_, message)| message))
    }
}

/// A row of the journal.
#[derive(Deserialize)]
pub(crate) struct Row {
    entry_json: Option<String>,
}

/// An attempt of an invocation that failed.
#[derive(Deserialize)]
pub(crate) struct Event {
    /// In milliseconds since 1970.
    appended: u64,
    event_json: Option<String>,
}

/// What the server has of an invocation.
pub(crate) struct History {
    pub(crate) invocation: Invocation,
    /// The rows of its journal, in their order, and then those of the journals of its calls.
    pub(crate) rows: Vec<Row>,
    pub(crate) events: Vec<Event>,
    /// The invocations that it called.
    pub(crate) calls: Vec<Invocation>,
}

/// Attempts of tasks, by the places of the tasks.
type Attempts = BTreeMap<usize, Vec<(Duration, Option<(Duration, PastEnd)>)>>;

/// Returns what the tasks of an invocation did, attempt by attempt.
pub(crate) fn read(order: &Order, edges: &[DurableEdge], history: &History, now: Duration) -> Vec<Past> {
    let graph = order.graph();
    let (records, running) = records(history);
    let mut attempts = Attempts::new();
    for record in &records {
        let Some(task) = graph.position(whole_of(&record.task)) else { continue };
        if !is_of(record, graph.tasks[task].name) {
            continue;
        }
        let is_element = whole_of(&record.task) != record.task;
        let end = record.failure.as_ref().map_or(PastEnd::Done, |failure| {
            let error = &failure.error;
            PastEnd::Failed(if is_element { format!("`{}`: {error}", record.task) } else { error.clone() })
        });
        let ended = Some((micros(record.ended), end));
        // The plan that has the number of the elements came after all of them.
        let began_before = is_element || record.is_count && order.is_by_element(task);
        let of_task = records.iter().filter(|other| began_before && whole_of(&other.task) == whole_of(&record.task));
        let of_task = of_task.filter(|other| other.version == record.version);
        let started = of_task.map(|other| other.started).chain([record.started]).min().unwrap_or(record.started);
        attempts.entry(task).or_default().push((micros(started), ended));
    }
    note_panics(graph, history, &mut attempts);
    let under_way = if order.has_remote() {
        called(order, history, &records)
    } else {
        ready(order, edges, history, (&records, &running), now)
    };
    end(graph, history, &under_way, &mut attempts);

    let tasks: BTreeSet<usize> = order.tasks().iter().chain(attempts.keys()).copied().collect();
    let mut past = Vec::new();
    for task in tasks {
        let Some(attempts) = attempts.remove(&task) else {
            past.push(Past { task, started: None, ended: None });
            continue;
        };
        past.extend(attempts.into_iter().map(|(started, ended)| Past { task, started: Some(started), ended }));
    }
    past
}

/// Returns the attempts that are in the journals, and the tasks that were under way at the last entry.
fn records(history: &History) -> (Vec<Record>, BTreeMap<String, u64>) {
    let (mut records, mut running) = (Vec::<Record>::new(), BTreeMap::new());
    for row in &history.rows {
        let entry: Value =
            row.entry_json.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let Some(completion) = entry.pointer("/Notification/Completion") else { continue };
        let results = ["Run", "Call"].iter().find_map(|kind| completion.get(kind)?.pointer("/result/Success"));
        let bytes: Option<Vec<u8>> = results.and_then(|bytes| serde_json::from_value(bytes.clone()).ok());
        let Some(entry) = bytes.and_then(|json| serde_json::from_slice::<Entry>(&json).ok()) else { continue };
        if entry.plan.is_none() {
            running = entry.running;
        }
        // The result of a call is in the journals of both sides.
        let is_known = |new: &Record| records.iter().any(|old| (&old.task, old.ended) == (&new.task, new.ended));
        let new: Vec<_> = entry.tasks.into_iter().filter(|new| new.because.is_none() && !is_known(new)).collect();
        records.extend(new);
    }
    records.sort_by_key(|record| record.ended);
    (records, running)
}

/// Adds the attempts that panicked. The server remembers the first of several that are alike, and their number.
fn note_panics(graph: DurableGraph, history: &History, attempts: &mut Attempts) {
    let mut count = 0;
    let mut last = None;
    for event in &history.events {
        let json: Value =
            event.event_json.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let Some(message) = json["error_message"].as_str() else { continue };
        let Some((name, _)) = message.strip_prefix("task `").and_then(|rest| rest.split_once("` panicked")) else {
            continue;
        };
        let Some(task) = graph.position(name) else { continue };
        let ended = Duration::from_millis(event.appended);
        let started = history.invocation.started().unwrap_or(ended).min(ended);
        attempts.entry(task).or_default().push((started, Some((ended, PastEnd::Panicked))));
        (count, last) = (count + 1, Some((task, ended)));
    }
    if let Some((task, ended)) = last.filter(|_| count == history.events.len() as u64) {
        let more = history.invocation.retry_count.unwrap_or_default().saturating_sub(count);
        let alike = (0..more).map(|_| (ended, Some((ended, PastEnd::Panicked))));
        attempts.entry(task).or_default().extend(alike);
    }
}

/// Returns the tasks whose calls are under way, and when they began. A task whose elements are calls is under way from the
/// first of them until its end.
fn called(order: &Order, history: &History, records: &[Record]) -> Vec<(usize, Duration)> {
    let (graph, mut first) = (order.graph(), BTreeMap::<usize, Duration>::new());
    let mut under_way = Vec::new();
    for call in &history.calls {
        let task = call.service.rsplit_once('.').and_then(|(_, task)| graph.position(task));
        let Some((task, started)) = task.and_then(|task| Some((task, call.started()?))) else { continue };
        if records.iter().any(|it| is_of(it, graph.tasks[task].name) && is_last(it)) {
            continue;
        }
        if order.is_by_element(task) {
            let first = first.entry(task).or_insert(started);
            *first = started.min(*first);
        } else {
            under_way.push((task, started));
        }
    }
    under_way.extend(first);
    under_way
}

/// Returns the tasks that could run when the journal ends, and when they began: an entry names those that ran then, and
/// others became ready by it.
fn ready(
    order: &Order,
    edges: &[DurableEdge],
    history: &History,
    (records, running): (&[Record], &BTreeMap<String, u64>),
    now: Duration,
) -> Vec<(usize, Duration)> {
    let graph = order.graph();
    let Some(began) = history.invocation.started() else { return Vec::new() };
    if !["running", "completed"].contains(&history.invocation.status.as_str()) {
        return Vec::new();
    }
    // What ran before was dropped with the attempt of the invocation.
    let began = began.max(Duration::from_millis(history.invocation.last_start.unwrap_or_default()));
    let last = |task: usize| records.iter().rev().find(|record| is_of(record, graph.tasks[task].name));
    let is_done = |task: usize| last(task).is_some_and(|record| record.failure.is_none());
    let has_ended = |task: usize| last(task).is_some_and(is_last);
    let may_start = |task: usize| {
        graph.tasks[task].dependencies.iter().all(|&dependency| match DurableEdge::kind_of(edges, task, dependency) {
            EdgeKind::Lazy => true,
            EdgeKind::Catch => has_ended(dependency),
            _ => is_done(dependency),
        })
    };
    let mut under_way = Vec::new();
    for &task in order.tasks().iter().chain(order.askable()) {
        let name = graph.tasks[task].name;
        let is_needed = order.tasks().contains(&task);
        let next = last(task).and_then(|record| record.failure.as_ref()?.next).map(micros);
        if has_ended(task) || next.is_some_and(|next| next > now) {
            continue;
        }
        let ends = graph.tasks[task].dependencies.iter().filter_map(|&it| Some(micros(last(it)?.ended)));
        let since = ends.max().map_or(began, |end| end.max(began));
        match running.get(name) {
            Some(&started) => under_way.push((task, micros(started).max(began))),
            None if is_needed && may_start(task) => under_way.push((task, next.unwrap_or(since))),
            None => {}
        }
    }
    under_way.sort_by_key(|&(_, started)| started);
    under_way.truncate(graph.max_concurrency.unwrap_or(usize::MAX));
    under_way
}

/// Adds the attempts that were under way at the end: they were dropped, because of a failure or because the invocation was
/// cancelled. Without an end they go on.
fn end(graph: DurableGraph, history: &History, under_way: &[(usize, Duration)], attempts: &mut Attempts) {
    let Some(ended) = history.invocation.ended() else {
        for &(task, started) in under_way {
            attempts.entry(task).or_default().push((started, None));
        }
        return;
    };
    let failure = history.invocation.failure().and_then(told);
    let failed = failure.and_then(|(name, error)| Some((graph.position(whole_of(name))?, error)));
    let mut decided = ended;
    if let Some((task, error)) = failed {
        let has_failed = |(_, end): &(_, Option<(Duration, PastEnd)>)| match end {
            Some((ended, PastEnd::Failed(_))) => Some(*ended),
            _ => None,
        };
        let last = attempts.get(&task).and_then(|attempts| attempts.last().and_then(has_failed));
        decided = last.unwrap_or(ended);
        if last.is_none() {
            // Its result could not be stored, so the journal has no entry of it.
            let started = under_way.iter().find(|(other, _)| *other == task).map_or(ended, |&(_, started)| started);
            let end = (ended, PastEnd::Failed(error.to_owned()));
            attempts.entry(task).or_default().push((started, Some(end)));
        }
    }
    for &(task, started) in under_way.iter().filter(|(task, _)| Some(*task) != failed.map(|(task, _)| task)) {
        // A moment before, so that the failure is what decided the end.
        let dropped = if failed.is_some() { decided.saturating_sub(Duration::from_micros(1)) } else { ended };
        attempts.entry(task).or_default().push((started, Some((dropped.max(started), PastEnd::Cancelled))));
    }
}

/// Whether it is an outcome of a task: the final failure for an element is one.
fn is_of(record: &Record, task: &str) -> bool {
    record.task == task || whole_of(&record.task) == task && record.failure.is_some() && is_last(record)
}

/// Whether it is the last attempt of its task.
fn is_last(record: &Record) -> bool {
    record.failure.as_ref().is_none_or(|failure| failure.next.is_none())
}

fn micros(time: u64) -> Duration {
    Duration::from_micros(time)
}

#[cfg(test)]
mod tests {
    use adagio::dag;
    use adagio::durable::Durable;
    use serde_json::json;

    use super::*;

    struct Crawl;

    #[dag(durable)]
    impl Crawl {
        fn ids(&self) -> Vec<u32> {
            vec![1, 2]
        }

        #[depends(id in ids)]
        pub(crate) fn pages(&self, id: u32) -> u32 {
            id
        }
    }

    struct Far;

    #[dag(durable)]
    #[allow(clippy::unused_async, reason = "the tasks do not run here")]
    impl Far {
        fn ids(&self) -> Vec<u32> {
            vec![1, 2]
        }

        #[depends(id in ids)]
        #[task(remote)]
        pub(crate) async fn pages(&self, id: u32) -> u32 {
            id
        }
    }

    /// Returns what a wide task did, by the records of the journal, and by the times at which calls of it began.
    fn pages_of<G: Durable>(records: &[&str], calls: &[u64]) -> Vec<Past> {
        let row = |record: &&str| {
            let bytes = format!(r#"{{"tasks":[{record}]}}"#).into_bytes();
            let entry = json!({"Notification": {"Completion": {"Run": {"result": {"Success": bytes}}}}});
            Row { entry_json: Some(entry.to_string()) }
        };
        let rows = records.iter().map(row).collect();
        let call = |&began: &u64| Invocation {
            service: "Far.pages".to_owned(),
            running: Some(began),
            ..Invocation::default()
        };
        let (invocation, calls) = (Invocation::default(), calls.iter().map(call).collect());
        let history = History { invocation, rows, events: Vec::new(), calls };
        let past = read(&Order::of::<G>(1), G::EDGES, &history, Duration::from_secs(1));
        past.into_iter().filter(|past| past.task == 1).collect()
    }

    fn pages(records: &[&str]) -> Vec<Past> {
        pages_of::<Crawl>(records, &[])
    }

    #[test]
    fn a_wide_task_whose_elements_are_calls_is_shown_as_one() {
        let first = r#"{"task":"pages[0]","value":1,"attempt":1,"version":1,"started":2000,"ended":3000}"#;
        let [Past { started, ended: None, .. }] = &pages_of::<Far>(&[first], &[7, 2, 5])[..] else { panic!("one bar") };
        assert_eq!(*started, Some(Duration::from_millis(2)), "under way from the first call on");
        let second = r#"{"task":"pages[1]","value":1,"attempt":1,"version":1,"started":2500,"ended":4000}"#;
        let end = r#"{"task":"pages","value":2,"is_count":true,"attempt":1,"version":1,"started":4500,"ended":4500}"#;
        let other = r#"{"task":"pages[0]","value":1,"attempt":1,"version":2,"started":1000,"ended":1500}"#;
        let past = pages_of::<Far>(&[other, first, second, end], &[2, 2]);
        let [Past { started, ended: Some(ended), .. }] = &past[..] else { panic!("one bar") };
        assert_eq!((*started, ended), (Some(micros(2000)), &(micros(4500), PastEnd::Done)));
        let failed = r#"{"task":"pages[1]","value":null,"failure":{"error":"gone","code":500},"attempt":1,"version":1,"started":2500,"ended":6000}"#;
        let past = pages_of::<Far>(&[first, failed], &[2, 2]);
        let [Past { started, ended: Some(ended), .. }] = &past[..] else { panic!("one bar") };
        let failure = PastEnd::Failed("`pages[1]`: gone".to_owned());
        assert_eq!((*started, ended), (Some(micros(2000)), &(micros(6000), failure)));
    }

    #[test]
    fn a_wide_task_is_shown_as_one() {
        let first = r#"{"task":"pages[0]","value":1,"attempt":1,"version":1,"started":2000,"ended":3000}"#;
        let end = r#"{"task":"pages","value":1,"is_count":true,"attempt":1,"version":1,"started":1000,"ended":4000}"#;
        let [Past { started, ended: Some(ended), .. }] = &pages(&[first, end])[..] else { panic!("one bar") };
        assert_eq!((*started, ended), (Some(micros(1000)), &(micros(4000), PastEnd::Done)));
        let again = r#"{"task":"pages[1]","value":null,"failure":{"error":"gone","code":500,"next":9000},"attempt":1,"version":1,"started":2000,"ended":5000}"#;
        let failed = r#"{"task":"pages[1]","value":null,"failure":{"error":"gone","code":500},"attempt":2,"version":1,"started":5000,"ended":6000}"#;
        let [Past { started, ended: Some(ended), .. }] = &pages(&[first, again, failed])[..] else { panic!("one bar") };
        let failure = PastEnd::Failed("`pages[1]`: gone".to_owned());
        assert_eq!((*started, ended), (Some(micros(2000)), &(micros(6000), failure)));
    }
}
