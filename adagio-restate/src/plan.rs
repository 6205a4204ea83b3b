//! In: what is known of a run with remote tasks. Out: its next plan, or the failure with which it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use adagio::durable::{DurableTask, element_of};
use restate_sdk::errors::TerminalError;
use serde_json::value::RawValue;

use crate::entry::{Entry, Failed, Failure, LIMIT, Plan, PlannedCall, Record, whole_of};
use crate::failure::{is_gone, terminal_again, told, too_long};
use crate::order::Order;
use crate::outbox::now;
use crate::results::Results;
use wide::Wide;

mod wide;

/// More calls at a time gain nothing, and their many small frames look like an attack to HTTP/2.
const CALLS: usize = 500;

/// The calls that end before others take their places, if there are as many as may be at a time.
const REFILL: usize = 50;

/// The calls of a task that programs do not have any more. They are made in the course of a minute.
const CALLS_GONE: u32 = 8;

/// The names in a plan have at most about as many bytes.
const NAMES: usize = 8 << 20;

/// A task that failed, the versions of the tasks in the program that called it, and its failure.
pub(crate) type FailedCall = (String, Arc<BTreeMap<String, u32>>, TerminalError);

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
    /// Notes before a plan which task has failed, if one has. Those that cannot run because of it, or because of an earlier
    /// failure, fail with it: their own outcomes may have been forgotten meanwhile.
    pub(crate) fn settle(&mut self, order: Option<&Order>, results: &mut Results, failed: Option<FailedCall>) {
        self.pause = 0;
        if let Some((task, versions, error)) = failed {
            self.note(order, results, (&task, &versions), error);
        }
        if let Some(order) = order {
            block_all(order, results);
        }
    }

    /// Notes that a task failed, for a program with some versions of the tasks.
    fn note(
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
        let place = order.and_then(|order| Some((order, order.graph().position(whole_of(task))?)));
        let Some((order, place)) = place else { return };
        if whole_of(task) != task && order.collection(place).is_none() {
            // The task does not run for each element any more.
            return;
        }
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

/// Notes all failures also for the tasks that cannot run because of them.
pub(crate) fn block_all(order: &Order, results: &mut Results) {
    order.tasks().iter().for_each(|&task| block(order, results, task));
}

/// Returns the failure of a task as the others see it, if the goal can have a result in spite of it.
fn caught(order: &Order, task: usize, error: &TerminalError) -> Option<Failed> {
    let (name, causes) = told(error.message()).filter(|_| !order.stops(task))?;
    Some(Failed { task: name.to_owned(), error: causes.to_owned() })
}

/// Returns the next plan: all calls that can be made. Some of the calls under way have ended already.
pub(crate) fn next(
    order: &Order,
    results: &Results,
    (under_way, ended): (&BTreeSet<&str>, &[&str]),
    failures: &Failures,
    input: &RawValue,
) -> Result<Entry, TerminalError> {
    let (graph, mut plan, mut tasks, mut is_full) = (order.graph(), Plan::default(), Vec::new(), false);
    let name = |task: usize| graph.tasks[task].name;
    plan.pause = failures.pause;
    if let Some(error) = stopped(order, results, failures) {
        return Err(error);
    }
    plan.cancel = failed_elements(results, under_way);
    let is_cancelled = |task: &str| plan.cancel.iter().any(|whole| whole == whole_of(task));
    let under_way: BTreeSet<&str> = under_way.iter().copied().filter(|task| !is_cancelled(task)).collect();
    let wide = Wide::all(order, results, &under_way)?;
    if order.has_remote() {
        let units = units(order, results, &wide, &under_way);
        tasks.extend(wide.iter().filter(|wide| wide.is_done()).map(|wide| wide.whole(order, results)));
        let limit = graph.max_concurrency.map_or(CALLS, |limit| limit.min(CALLS));
        let is_alone = units.len() == 1 && under_way.is_empty() && tasks.is_empty();
        let mut bytes = 0;
        for unit in units {
            let has_place = under_way.len() + plan.calls.len() < limit;
            let (task, call) = match unit {
                Unit::Task(task) if is_in_place(&graph.tasks[task], is_alone) => {
                    plan.here.push(name(task).to_owned());
                    continue;
                }
                _ if !has_place => continue,
                _ if bytes >= NAMES => {
                    is_full = true;
                    break;
                }
                Unit::Task(task) => (task, results.needed_by(task)),
                Unit::Element(wide, index) => (wide.task, wide.call(results, index)),
            };
            let size = results.bytes(&call, input);
            if size <= LIMIT {
                bytes += names_of(&call);
                plan.calls.push(call);
                continue;
            }
            let unsent = unsent(order, (task, &call.task), size, results.version(name(task)))?;
            if !tasks.iter().any(|record: &Record| whole_of(&record.task) == name(task)) {
                tasks.push(unsent);
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
        // Those that have ended are taken together, so that not each of them has a plan.
        let ended = ended.iter().filter(|task| calls.contains(*task)).count();
        plan.wait = wait(order, results, &calls)?.max(ended).min(calls.len());
    }
    Ok(Entry { tasks, plan: Some(plan), versions: results.versions().clone(), ..Entry::default() })
}

/// What a call is for.
enum Unit<'w> {
    Task(usize),
    Element(&'w Wide, usize),
}

/// Returns what can start: the elements that follow others first, so that what has begun comes to its end, and then all in
/// topological order.
fn units<'w>(order: &Order, results: &Results, wide: &'w [Wide], under_way: &BTreeSet<&str>) -> Vec<Unit<'w>> {
    let has_started = has_started(order, under_way);
    let due = |wide: &'w Wide| {
        let limit = order.graph().tasks[wide.task].max_concurrency.unwrap_or(usize::MAX);
        let places = if has_started[wide.task] { 0 } else { limit.saturating_sub(wide.under_way()) };
        wide.due().take(places).map(move |index| Unit::Element(wide, index))
    };
    let mut units: Vec<_> = wide.iter().rev().filter(|wide| wide.follows()).flat_map(due).collect();
    let mut ready = order.ready(&has_started, |task| results.has(task)).into_iter().peekable();
    for &task in order.tasks() {
        let is_ready = ready.next_if_eq(&task).is_some();
        if !order.is_by_element(task) {
            units.extend(is_ready.then_some(Unit::Task(task)));
        } else if let Some(wide) = wide.iter().find(|wide| wide.task == task && !wide.follows()) {
            units.extend(due(wide));
        }
    }
    units
}

/// Returns for each task whether its call is under way, or that of an element, if it is to be a call as a whole.
fn has_started(order: &Order, under_way: &BTreeSet<&str>) -> Vec<bool> {
    let graph = order.graph();
    let mut has_started: Vec<_> = graph.tasks.iter().map(|task| under_way.contains(task.name)).collect();
    for whole in under_way.iter().filter_map(|name| Some(element_of(name)?.0)) {
        if let Some(task) = graph.position(whole).filter(|&task| !order.is_by_element(task)) {
            has_started[task] = true;
        }
    }
    has_started
}

/// Returns the tasks that have failed of which there are calls for elements.
fn failed_elements(results: &Results, under_way: &BTreeSet<&str>) -> Vec<String> {
    let wholes = under_way.iter().filter_map(|name| Some(element_of(name)?.0));
    let failed: BTreeSet<_> = wholes.filter(|whole| results.failure(whole).is_some()).collect();
    failed.into_iter().map(str::to_owned).collect()
}

/// Returns the failure with which the run ends, if no task catches it.
fn stopped(order: &Order, results: &Results, failures: &Failures) -> Option<TerminalError> {
    let name = |task: usize| order.graph().tasks[task].name;
    let needed = || order.tasks().iter().chain(order.askable()).copied();
    for (failed, error) in &failures.failed {
        let task = needed().find(|&task| name(task) == whole_of(failed));
        if task.is_some_and(|task| !results.has(task)) {
            return Some(error.clone());
        }
    }
    let failure = |task: usize| Some((task, results.failure(name(task))?));
    let mut failed = needed().filter_map(failure).filter(|&(task, _)| order.stops(task));
    failed.next().map(|(task, failed)| terminal_again(failed, results.code(name(task))))
}

/// Returns the number of calls that end before another task can start, at least.
fn wait(order: &Order, results: &Results, calls: &BTreeSet<&str>) -> Result<usize, TerminalError> {
    if !order.has_remote() {
        // What an earlier program called.
        return Ok(calls.len());
    }
    let (graph, wide) = (order.graph(), Wide::all(order, results, calls)?);
    let of = |task: usize| wide.iter().find(|wide| wide.task == task);
    let left = |task: usize| if results.has(task) { 0 } else { of(task).map_or(1, |wide| wide.left().max(1)) };
    let place = |limit: Option<usize>| limit.or(graph.max_concurrency).map_or(REFILL, |_| 1);
    let missing = |task: usize| {
        let whole = if order.is_by_element(task) { order.collection(task) } else { None };
        let others = graph.tasks[task].dependencies.iter().filter(|&&dependency| Some(dependency) != whole);
        let needs: usize = others.map(|&dependency| left(dependency)).sum();
        let (is_begun, is_there) = of(task).map_or((whole.is_none(), true), Wide::are_there);
        match needs + usize::from(!is_begun) {
            0 if whole.is_none() => Some(place(None)),
            0 if of(task).is_some_and(|wide| wide.due().next().is_some()) => {
                Some(place(graph.tasks[task].max_concurrency))
            }
            0 => (!is_there).then_some(1),
            needs => Some(needs),
        }
    };
    let has_started = has_started(order, calls);
    let waiting = order.tasks().iter().filter(|&&task| !results.has(task) && !has_started[task]);
    Ok(waiting.filter_map(|&task| missing(task)).min().unwrap_or(calls.len()))
}

/// Returns the failure of a task whose inputs do not fit into a message.
fn unsent(order: &Order, (task, name): (usize, &str), bytes: usize, version: u32) -> Result<Record, TerminalError> {
    let error = too_long(name, bytes);
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
