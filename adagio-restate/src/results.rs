//! In: the entries of a journal. Out: the outcomes of tasks, as far as this version of the program may use them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use adagio::durable::{Durable, DurableGraph, DurableRun, GraphInside, element_of};
use restate_sdk::errors::TerminalError;
use serde_json::value::{RawValue, to_raw_value};

use crate::collections::Collections;
use crate::entry::{Entry, Failed, Record, whole_of};
use crate::failure::unreadable_result;

mod elements;
mod sent;

/// The outcomes of the tasks of an invocation, by the names of the tasks.
pub(crate) struct Results {
    graph: DurableGraph,
    inside: &'static [GraphInside],
    /// The places of the tasks that run for each element of a collection.
    wide: &'static [usize],
    /// The versions of the tasks in this program, of those that are not 1.
    versions: BTreeMap<String, u32>,
    /// The tasks that the journal is about, without the indexes of elements.
    known: BTreeSet<String>,
    outcomes: BTreeMap<String, Stored>,
    /// The last result of each task in the journal, also if this program does not use it. Calls are made with these, so that
    /// their inputs depend on the journal alone.
    last: BTreeMap<String, Last>,
    collections: Collections,
    has_plans: bool,
    /// For each task of the graph, by its place, whether it has an outcome.
    has: Vec<bool>,
    /// The attempts that failed, of tasks that are to be tried again.
    attempts: BTreeMap<String, Attempts>,
    /// Why tasks have no results, as bodies were told.
    causes: BTreeMap<String, Failed>,
    /// The number of the next outcome.
    next: usize,
}

struct Stored {
    outcome: Result<Arc<RawValue>, Failed>,
    version: u32,
    code: u16,
    /// Failures are told to a run in the order in which they happened.
    number: usize,
}

/// The last result in the journal.
struct Last {
    value: Arc<RawValue>,
    /// Of a whole and an element of it, the one with the higher number counts.
    number: usize,
}

/// The attempts of a task that failed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Attempts {
    pub(crate) failed: u32,
    /// When the next one is due, in microseconds since 1970.
    pub(crate) next: u64,
    version: u32,
}

impl Results {
    /// Returns those of a graph, of which nothing has run.
    pub(crate) fn of<G: Durable>() -> Self {
        Self { wide: G::WIDE, ..Self::new(G::GRAPH, G::INSIDE) }
    }

    pub(crate) fn new(graph: DurableGraph, inside: &'static [GraphInside]) -> Self {
        let has = vec![false; graph.tasks.len()];
        let mut versions = BTreeMap::new();
        note_versions(graph, inside, "", &mut versions);
        let (known, outcomes) = (BTreeSet::new(), BTreeMap::new());
        let (attempts, causes) = (BTreeMap::new(), BTreeMap::new());
        let (last, collections, has_plans) = (BTreeMap::new(), Collections::default(), false);
        let wide = &[];
        Self {
            graph,
            inside,
            wide,
            versions,
            known,
            outcomes,
            last,
            collections,
            has_plans,
            has,
            attempts,
            causes,
            next: 0,
        }
    }

    #[cfg(test)]
    pub(crate) fn with_wide(graph: DurableGraph, wide: &'static [usize]) -> Self {
        Self { wide, ..Self::new(graph, &[]) }
    }

    pub(crate) fn versions(&self) -> &BTreeMap<String, u32> {
        &self.versions
    }

    pub(crate) fn graphs(&self) -> (DurableGraph, &'static [GraphInside]) {
        (self.graph, self.inside)
    }

    /// Whether a task has an outcome.
    pub(crate) fn has(&self, task: usize) -> bool {
        self.has[task]
    }

    pub(crate) fn get(&self, task: &str) -> Option<&RawValue> {
        self.outcomes.get(task)?.outcome.as_deref().ok()
    }

    pub(crate) fn failure(&self, task: &str) -> Option<&Failed> {
        self.outcomes.get(task)?.outcome.as_ref().err()
    }

    /// Returns the code with which the invocation ends because of the failure of a task.
    pub(crate) fn code(&self, task: &str) -> u16 {
        self.outcomes.get(task).map_or(500, |stored| stored.code)
    }

    /// Returns the attempts that failed of the tasks that are to be tried again.
    pub(crate) fn attempts(&self) -> BTreeMap<String, Attempts> {
        let is_same = |task: &str, attempts: &Attempts| self.version(task) == attempts.version;
        let attempts = self.attempts.iter().filter(|(task, attempts)| is_same(task, attempts));
        attempts.map(|(task, attempts)| (task.clone(), *attempts)).collect()
    }

    /// Returns the code with which the invocation ends because of a failure that is stored.
    pub(crate) fn codes(&self) -> BTreeMap<String, u16> {
        self.outcomes.iter().map(|(task, stored)| (task.clone(), stored.code)).collect()
    }

    /// Returns why tasks have no results, as bodies were told, as far as the program has the tasks that failed.
    pub(crate) fn causes(&self) -> BTreeMap<String, Failed> {
        let is_known = |(_, failed): &(&String, &Failed)| self.graph.version(self.inside, &failed.task).is_some();
        self.causes.iter().filter(is_known).map(|(task, failed)| (task.clone(), failed.clone())).collect()
    }

    pub(crate) fn fail(&mut self, task: usize, failed: Failed) {
        let task = self.graph.tasks[task].name;
        self.put(task.to_owned(), self.version(task), 500, Err(failed));
    }

    /// Notes tasks that the journal says have failed, or do not run because of a failure: a body that catches this was made
    /// from it, as from a result.
    pub(crate) fn note_told<'t>(&mut self, tasks: impl IntoIterator<Item = &'t String>) {
        self.known.extend(tasks.into_iter().map(|task| whole_of(task).to_owned()));
    }

    /// Takes the next entry of the journal. If another program wrote it, in which a task had another version, this one
    /// does not use what the entry says of that task and of those that need it: it was made from the earlier results.
    pub(crate) fn extend(&mut self, entry: Entry) {
        self.known.extend(entry.tasks.iter().map(|record| whole_of(&record.task).to_owned()));
        let is_stale =
            self.stale(entry.tasks.iter().map(|record| (record.task.as_str(), record.version)), &entry.versions);
        for Record { task, value, is_count, failure, because, attempt, version, .. } in entry.tasks {
            let is_stale = is_stale.contains(&task);
            if failure.is_none() && because.is_none() {
                let value = if is_count { self.assemble(&task, &value, is_stale) } else { Some(value) };
                let Some(value) = value.map(Arc::<RawValue>::from) else { continue };
                self.note_last(&task, &value);
                if !is_stale {
                    self.put(task, version, 500, Ok(value));
                } else if self.has_plans && self.is_replaced_by(&task) || self.is_element_in_use(&task) {
                    self.forget(&task);
                }
                continue;
            }
            if is_stale {
                continue;
            }
            if let Some(failed) = because {
                self.causes.insert(task, failed);
            } else if let Some(failure) = failure {
                match failure.next {
                    None => {
                        let failed = Failed { task: task.clone(), error: failure.error };
                        self.put(task, version, failure.code, Err(failed));
                        if self.has_plans {
                            self.fail_wholes();
                        }
                    }
                    Some(next) => _ = self.attempts.insert(task, Attempts { failed: attempt, next, version }),
                }
            }
        }
    }

    /// Returns the results of all elements in one. The journal has them before their number, whatever the program is.
    fn assemble(&mut self, task: &str, count: &RawValue, is_stale: bool) -> Option<Box<RawValue>> {
        let count: usize = count.get().parse().ok()?;
        let names: Vec<_> = (0..count).map(|index| format!("{task}[{index}]")).collect();
        let elements: Option<Vec<_>> = names.iter().map(|name| self.last.get(name).map(|last| &*last.value)).collect();
        let whole = to_raw_value(&elements?).ok()?;
        for name in &names {
            self.last.remove(name);
            if !is_stale {
                self.outcomes.remove(name);
            }
        }
        Some(whole)
    }

    /// Whether this program does not use what one with some versions says of a task.
    pub(crate) fn is_stale(&self, task: &str, versions: &BTreeMap<String, u32>) -> bool {
        let version = versions.get(whole_of(task)).copied().unwrap_or(1);
        self.stale([(task, version)].into_iter(), versions).contains(task)
    }

    /// Returns those of the tasks of an entry about which this program does not use what the entry says.
    fn stale<'t>(
        &'t self,
        tasks: impl Iterator<Item = (&'t str, u32)> + Clone,
        versions: &BTreeMap<String, u32>,
    ) -> BTreeSet<String> {
        if *versions == self.versions && tasks.clone().all(|(task, version)| version == self.version(task)) {
            return BTreeSet::new();
        }
        // A task that no entry is about has changed nothing.
        let version = |task: &String| versions.get(task).copied().unwrap_or(1);
        let known = self.known.iter().map(|task| (task.as_str(), version(task)));
        let fresh: BTreeSet<_> = self.graph.fresh_names(self.inside, known.chain(tasks.clone())).into_iter().collect();
        let is_known = |task: &str| self.graph.version(self.inside, task).is_some();
        let stale = tasks.filter(|&(task, _)| is_known(task) && !fresh.contains(task));
        stale.map(|(task, _)| task.to_owned()).collect()
    }

    fn put(&mut self, task: String, version: u32, code: u16, outcome: Result<Arc<RawValue>, Failed>) {
        self.attempts.remove(&task);
        let stored = Stored { outcome, version, code, number: self.next };
        self.next += 1;
        if self.outcomes.contains_key(&task) {
            self.forget(&task);
        }
        if stored.outcome.is_ok() {
            self.forget_elements(&task);
        }
        if let Some(place) = self.graph.position(&task) {
            self.has[place] = true;
        }
        self.outcomes.insert(task, stored);
    }

    /// Says that the journal has plans from here on. Calls take the last result of the journal, so what this program has from
    /// before that is of no use.
    pub(crate) fn follow_plans(&mut self) {
        self.has_plans = true;
        self.fail_wholes();
        let is_replaced =
            |(task, stored): &(&String, &Stored)| stored.outcome.as_ref().is_ok_and(|value| !self.is_last(task, value));
        let replaced: Vec<_> = self.outcomes.iter().filter(is_replaced).map(|(task, _)| task.clone()).collect();
        for task in replaced {
            if self.outcomes.contains_key(&task) {
                self.forget(&task);
            }
        }
    }

    /// Forgets the outcome of a task that ran again, since its version was another in a program, and those of the tasks
    /// that need it.
    fn forget(&mut self, again: &str) {
        let version = |task: &str, stored: &Stored| {
            if whole_of(again) == whole_of(task) { u32::MAX } else { stored.version }
        };
        let versions = self.outcomes.iter().map(|(task, stored)| (task.as_str(), version(task, stored)));
        let fresh = self.graph.fresh_names(self.inside, versions);
        let is_known = |task: &str| self.graph.version(self.inside, task).is_some();
        let stale = self.outcomes.keys().filter(|task| is_known(task) && !fresh.contains(&task.as_str()));
        for task in stale.cloned().collect::<Vec<_>>() {
            // Bodies that run again are told anew.
            self.causes.clear();
            self.outcomes.remove(&task);
            if let Some(place) = self.graph.position(&task) {
                self.has[place] = false;
            }
        }
    }

    pub(crate) fn version(&self, task: &str) -> u32 {
        self.graph.version(self.inside, task).unwrap_or(1)
    }

    /// Seeds a run with the outcomes. Those of tasks that the program does not have any more are ignored.
    pub(crate) fn seed<R: DurableRun>(&self, mut run: R) -> Result<R, TerminalError> {
        let is_wide = |whole: &str| self.graph.position(whole).is_none_or(|place| self.wide.contains(&place));
        let is_part = |task: &str| element_of(task).is_none_or(|(whole, _)| is_wide(whole));
        let is_known = |task: &str| is_part(task) && self.graph.version(self.inside, task).is_some();
        let mut outcomes: Vec<_> = self.outcomes.iter().filter(|(task, _)| is_known(task)).collect();
        outcomes.sort_by_key(|(_, stored)| stored.number);
        for (task, stored) in outcomes {
            run = match &stored.outcome {
                Ok(value) => {
                    let seeded = run.seed(task, value.get().as_bytes());
                    seeded.map_err(|error| unreadable_result(&error, stored.version + 1))?
                }
                Err(failed) => run.seed_failure(task, self.graph.failure(&failed.task, failed.error.as_str())),
            };
        }
        Ok(run)
    }
}

/// Notes the versions of the tasks of a graph, and of those inside, that are not 1.
fn note_versions(graph: DurableGraph, inside: &[GraphInside], prefix: &str, versions: &mut BTreeMap<String, u32>) {
    for task in graph.tasks.iter().filter(|task| task.version != 1) {
        versions.insert(format!("{prefix}{}", task.name), task.version);
    }
    for inner in inside {
        let prefix = format!("{prefix}{}.", graph.tasks[inner.task].name);
        note_versions(inner.graph, inner.inside, &prefix, versions);
    }
}
