//! In: what is known of a run with remote tasks. Out: its next plan, or the failure with which it ends.

use std::collections::{BTreeMap, BTreeSet};

use adagio::durable::DurableTask;
use restate_sdk::errors::TerminalError;
use serde_json::value::RawValue;

use crate::entry::{Entry, Failed, Failure, LIMIT, Plan, PlannedCall, Record};
use crate::failure::{is_gone, terminal_again, told, too_long};
use crate::order::Order;
use crate::outbox::now;
use crate::results::Results;

/// More calls at a time gain nothing, and their many small frames look like an attack to HTTP/2.
const CALLS: usize = 500;

/// The calls that end before others take their places, if there are as many as may be at a time.
const REFILL: usize = 50;

/// The calls of a task that programs do not have any more. They are made in the course of a minute.
const CALLS_GONE: u32 = 8;

/// The names in a plan have at most about as many bytes.
const NAMES: usize = 8 << 20;

/// The tasks that failed, in the order in which they did.
#[derive(Default)]
pub(crate) struct Failures {
    /// Those whose failures no task catches.
    failed: Vec<(String, TerminalError)>,
    /// How often the programs that were called did not have a task any more, and how long the run had paused by its next call.
    gone: BTreeMap<String, (u32, u64)>,
    /// The milliseconds before the next plan, and those before all plans so far.
    pub(crate) pause: u64,
    pub(crate) paused: u64,
}

impl Failures {
    /// Notes that a task failed, for a program with some versions of the tasks.
    pub(crate) fn note(
        &mut self,
        order: Option<&Order>,
        results: &mut Results,
        (task, versions): (&str, &BTreeMap<String, u32>),
        error: TerminalError,
    ) {
        // The next call goes to the deployment that was registered last, perhaps not before all processes at an address have
        // been replaced.
        if is_gone(&error) {
            let (calls, paused) = self.gone.entry(task.to_owned()).or_default();
            *calls += 1;
            if *calls < CALLS_GONE {
                // Several such tasks pause together.
                let pause = if *calls == 1 { 0 } else { 500 << (*calls - 1) };
                self.pause = u64::saturating_sub(pause, self.paused.saturating_sub(*paused));
                *paused = self.paused + self.pause;
                return;
            }
        }
        if results.is_stale(task, versions) {
            return;
        }
        let place = order.and_then(|order| Some((order, order.graph().position(task)?)));
        let Some((order, place)) = place else { return };
        match caught(order, place, &error) {
            Some(failed) => {
                results.fail(place, failed);
                block(order, results, place);
            }
            None => self.failed.push((task.to_owned(), error)),
        }
    }
}

/// Notes a failure also for all tasks that cannot run because of it.
pub(crate) fn block(order: &Order, results: &mut Results, task: usize) {
    let Some(failed) = results.failure(order.graph().tasks[task].name).cloned() else { return };
    for blocked in order.blocked_by(task) {
        if !results.has(blocked) {
            results.fail(blocked, failed.clone());
        }
    }
}

/// Returns the failure of a task as the others see it, if the goal can have a result in spite of it.
fn caught(order: &Order, task: usize, error: &TerminalError) -> Option<Failed> {
    let (name, causes) = told(error.message()).filter(|_| !order.stops(task))?;
    Some(Failed { task: name.to_owned(), error: causes.to_owned() })
}

/// Returns the next plan: all calls that can be made, in topological order.
pub(crate) fn next(
    order: &Order,
    results: &Results,
    under_way: &BTreeSet<&str>,
    failures: &Failures,
    input: &RawValue,
) -> Result<Entry, TerminalError> {
    let (graph, mut plan, mut tasks, mut is_full) = (order.graph(), Plan::default(), Vec::new(), false);
    let name = |task: usize| graph.tasks[task].name;
    plan.pause = failures.pause;
    if let Some(error) = stopped(order, results, failures) {
        return Err(error);
    }
    let is_under_way = |task: usize| under_way.contains(name(task));
    let has_started: Vec<_> = (0..graph.tasks.len()).map(is_under_way).collect();
    let ready = order.ready(&has_started, |task| results.has(task));
    if order.has_remote() {
        let limit = graph.max_concurrency.map_or(CALLS, |limit| limit.min(CALLS));
        let is_alone = ready.len() == 1 && under_way.is_empty();
        let mut bytes = 0;
        for &task in &ready {
            let has_place = under_way.len() + plan.calls.len() < limit;
            if is_in_place(&graph.tasks[task], is_alone) {
                plan.here.push(name(task).to_owned());
            } else if has_place && bytes >= NAMES {
                is_full = true;
            } else if has_place {
                let call = results.needed_by(task);
                let size = results.bytes(&call, input);
                if size > LIMIT {
                    tasks.push(unsent(order, task, size, results.version(name(task)))?);
                } else {
                    bytes += names_of(&call);
                    plan.calls.push(call);
                }
            }
        }
    } else if under_way.is_empty() {
        // An earlier program had remote tasks; this one does not call its own.
        plan.here.push(name(order.goal()).to_owned());
    }
    // The next plan makes the calls for which this one has no room.
    if plan.here.is_empty() && tasks.is_empty() && !is_full {
        let calls: BTreeSet<_> =
            plan.calls.iter().map(|call| call.task.as_str()).chain(under_way.iter().copied()).collect();
        plan.wait = wait(order, results, &calls);
    }
    Ok(Entry { tasks, plan: Some(plan), versions: results.versions().clone(), ..Entry::default() })
}

/// Returns the failure with which the run ends, if no task catches it.
fn stopped(order: &Order, results: &Results, failures: &Failures) -> Option<TerminalError> {
    let name = |task: usize| order.graph().tasks[task].name;
    let needed = || order.tasks().iter().chain(order.askable()).copied();
    for (failed, error) in &failures.failed {
        let task = needed().find(|&task| name(task) == failed);
        if task.is_some_and(|task| !results.has(task)) {
            return Some(error.clone());
        }
    }
    let failure = |task: usize| Some((task, results.failure(name(task))?));
    let mut failed = needed().filter_map(failure).filter(|&(task, _)| order.stops(task));
    failed.next().map(|(task, failed)| terminal_again(failed, results.code(name(task))))
}

/// Returns the number of calls that end before another task can start, at least.
fn wait(order: &Order, results: &Results, calls: &BTreeSet<&str>) -> usize {
    let graph = order.graph();
    let missing = |task: usize| {
        let needs = graph.tasks[task].dependencies.iter().filter(|&&dependency| !results.has(dependency)).count();
        if needs > 0 { needs } else { graph.max_concurrency.map_or(REFILL, |_| 1) }
    };
    let waiting = order.tasks().iter().filter(|&&task| !results.has(task) && !calls.contains(graph.tasks[task].name));
    // Only the goal is under way, or what an earlier program called.
    let least = if order.has_remote() { waiting.map(|&task| missing(task)).min() } else { None };
    least.unwrap_or(calls.len()).min(calls.len())
}

/// Returns the failure of a task whose inputs do not fit into a message.
fn unsent(order: &Order, task: usize, bytes: usize, version: u32) -> Result<Record, TerminalError> {
    let error = too_long(order.graph().tasks[task].name, bytes);
    let Some(Failed { task, error: text }) = caught(order, task, &error) else { return Err(error) };
    let (failure, now) = (Failure { error: text, code: error.code(), next: None }, now());
    let value = RawValue::NULL.to_owned();
    let (is_count, because, attempt) = (false, None, 0);
    Ok(Record { task, value, is_count, failure: Some(failure), because, attempt, version, started: now, ended: now })
}

fn names_of(call: &PlannedCall) -> usize {
    let failures = call.failures.iter().map(|(name, failed)| name.len() + failed.bytes());
    call.results.iter().map(|name| name.len() + 4).sum::<usize>() + failures.sum::<usize>() + 64
}

/// Whether a task is run where its goal is: because it waits for nothing, or because nothing else could go on
/// meanwhile.
fn is_in_place(task: &DurableTask, is_alone: bool) -> bool {
    !task.is_remote && (task.is_computation || is_alone)
}

#[cfg(test)]
mod tests;
