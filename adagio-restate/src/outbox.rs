//! The outcomes of tasks on their way from a run to the journal.
//!
//! The run gives each outcome to the outbox before it is published, and the handler takes all that are there as the next
//! entry. Once the server has acknowledged the entry, the handler says so, and the run publishes them. So a task acts
//! only on results that are in the journal, and what is done first is in the journal first. Outcomes that come meanwhile
//! wait for the next entry.
//!
//! The handler is woken when there is something to take: an outcome, or the end of the run.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use adagio::durable::{DurableGraph, GraphInside, Keeper, Keeps, TooLarge};
use adagio::{Observer, Outcome, TaskError, TaskEvent};
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::deployment::{Code, code_of};
use crate::entry::{Entry, Failed, Failure, LIMIT, Record};
use crate::results::{Attempts, Results};

/// The keeper and the observer of a run; its clones are the same one.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Shared>);

struct Shared {
    run: Arc<str>,
    graph: DurableGraph,
    inside: &'static [GraphInside],
    versions: BTreeMap<String, u32>,
    code: Code,
    /// The failed attempts of earlier lives.
    earlier: BTreeMap<String, Attempts>,
    /// Why tasks have no results, as bodies were told in earlier lives.
    causes: BTreeMap<String, Failed>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Record, oneshot::Sender<()>)>,
    /// Those in the entry that the server has not acknowledged yet.
    taken: Vec<oneshot::Sender<()>>,
    /// When the attempts under way started.
    running: BTreeMap<String, u64>,
    /// How many attempts of a task have failed.
    failed: BTreeMap<String, u32>,
    /// The codes of failures.
    codes: BTreeMap<String, u16>,
    panicked: Option<String>,
    handler: Option<Waker>,
}

impl Outbox {
    /// Creates the outbox of a run that continues from results.
    pub(crate) fn new(run: &Arc<str>, code: &Code, results: &Results) -> Self {
        let ((graph, inside), versions) = (results.graphs(), results.versions().clone());
        let (earlier, causes, codes) = (results.attempts(), results.causes(), results.codes());
        let failed = earlier.iter().map(|(task, attempts)| (task.clone(), attempts.failed)).collect();
        let state = Mutex::new(State { failed, codes, ..State::default() });
        let (run, code) = (Arc::clone(run), Arc::clone(code));
        Self(Arc::new(Shared { run, graph, inside, versions, code, earlier, causes, state }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the outcomes that are there as an entry, as many as fit into a message.
    pub(crate) fn take(&self) -> Option<Entry> {
        let state = &mut *self.state();
        let (mut tasks, mut bytes) = (Vec::new(), 0);
        while let Some((record, _)) = state.waiting.front() {
            bytes += record.bytes();
            if bytes > LIMIT && !tasks.is_empty() {
                break;
            }
            let Some((record, safe)) = state.waiting.pop_front() else { break };
            tasks.push(record);
            state.taken.push(safe);
        }
        let running = state.running.clone();
        (!tasks.is_empty()).then(|| Entry { tasks, plan: None, running, versions: self.0.versions.clone() })
    }

    /// Says that the entry taken last is in the journal.
    pub(crate) fn publish(&self) {
        let taken = std::mem::take(&mut self.state().taken);
        // A task that does not wait any more was dropped.
        for safe in taken {
            _ = safe.send(());
        }
    }

    /// Leaves the waker of the handler, which is woken at the next outcome.
    pub(crate) fn register(&self, handler: &Waker) {
        let earlier = self.state().handler.replace(handler.clone());
        drop(earlier);
    }

    /// Returns the task that panicked.
    pub(crate) fn panicked(&self) -> Option<String> {
        self.state().panicked.clone()
    }

    /// Returns the code of the failure of a task.
    pub(crate) fn code(&self, task: &str) -> u16 {
        self.state().codes.get(task).copied().unwrap_or(500)
    }

    /// Sends the outcome of an attempt.
    fn send(&self, task: &str, attempt: u32, outcome: Result<Box<RawValue>, Failure>) -> Keeps {
        let (value, failure) = outcome.map_or_else(|failure| (null(), Some(failure)), |value| (value, None));
        self.put_ended(Record { value, failure, attempt, ..self.record(task) })
    }

    /// Sends the record of a task that ends now.
    fn put_ended(&self, record: Record) -> Keeps {
        let ended = now();
        let started = self.state().running.remove(&record.task).unwrap_or(ended);
        self.put(Record { started, ended, ..record })
    }

    fn record(&self, task: &str) -> Record {
        let version = self.0.graph.version(self.0.inside, task).unwrap_or(1);
        let (task, value) = (task.to_owned(), null());
        Record { task, value, is_count: false, failure: None, because: None, attempt: 0, version, started: 0, ended: 0 }
    }

    fn put(&self, record: Record) -> Keeps {
        let (safe, answer) = oneshot::channel();
        let mut state = self.state();
        state.waiting.push_back((record, safe));
        let handler = state.handler.take();
        drop(state);
        handler.into_iter().for_each(Waker::wake);
        Box::pin(async move { answer.await.map_err(|_| "the invocation has ended".into()) })
    }
}

impl Keeper for Outbox {
    fn run_id(&self) -> &Arc<str> {
        &self.0.run
    }

    fn accepts(&self, _: &'static str, result: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        TooLarge::check(result.len(), LIMIT)?;
        Ok(())
    }

    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
        let value = String::from_utf8(result).map_err(|error| error.to_string());
        match value.and_then(|json| RawValue::from_string(json).map_err(|error| error.to_string())) {
            Ok(value) => {
                let attempt = self.state().failed.get(task).copied().unwrap_or_default() + 1;
                self.send(task, attempt, Ok(value))
            }
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        }
    }

    fn keep_count(&self, task: &'static str, count: usize) -> Keeps {
        match serde_json::value::to_raw_value(&count) {
            Ok(value) => self.put_ended(Record { value, is_count: true, attempt: 1, ..self.record(task) }),
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        }
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps {
        let code = code_of(&self.0.code, error);
        let next = wait.map(|wait| now().saturating_add(micros(wait)));
        {
            let mut state = self.state();
            state.failed.insert(task.to_owned(), attempts);
            state.codes.insert(task.to_owned(), code);
        }
        self.send(task, attempts, Err(Failure { error: error.causes(), code, next }))
    }

    fn caused(&self, task: &'static str, cause: &TaskError) -> Keeps {
        let because = Some(Failed { task: cause.stored_name(), error: cause.causes() });
        self.put(Record { because, ..self.record(task) })
    }

    fn cause(&self, task: &'static str) -> Option<TaskError> {
        let Failed { task, error } = self.0.causes.get(task)?;
        Some(self.0.graph.failure(task, error.as_str()))
    }

    fn attempts(&self, task: &'static str) -> (u32, Duration) {
        let Some(attempts) = self.0.earlier.get(task) else { return (0, Duration::ZERO) };
        (attempts.failed, Duration::from_micros(attempts.next.saturating_sub(now())))
    }

    fn reads_back(&self) -> bool {
        // An entry that cannot be read would wedge the next life of the invocation.
        true
    }
}

impl Observer for Outbox {
    fn started(&self, task: &TaskEvent<'_>) {
        self.state().running.insert(task.name().to_owned(), now());
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let mut state = self.state();
        state.running.remove(task.name());
        if let Outcome::Panicked = outcome {
            state.panicked.get_or_insert_with(|| task.name().to_owned());
        }
    }
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Returns the time in microseconds since 1970.
pub(crate) fn now() -> u64 {
    micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use adagio::dag;
    use adagio::durable::Durable;

    use super::*;

    struct Page;

    #[dag(durable)]
    impl Page {
        pub(crate) fn load(&self) -> u32 {
            7
        }
    }

    fn outbox() -> Outbox {
        Outbox::new(&"inv_1".into(), &Code::default(), &Results::new(Page::GRAPH, Page::INSIDE))
    }

    fn bytes(entry: &Entry) -> usize {
        serde_json::to_vec(entry).unwrap().len()
    }

    #[test]
    fn texts_of_errors_count_in_an_entry() {
        let outbox = outbox();
        // Each byte of the text is six in JSON.
        let error = Page::GRAPH.failure("load", "\u{1}".repeat(60_000));
        for attempt in 0..60 {
            drop(outbox.failed("load", attempt, &error, None));
            drop(outbox.caused("load", &error));
        }
        let entries: Vec<_> = std::iter::from_fn(|| outbox.take()).collect();
        assert_eq!(entries.iter().map(|entry| entry.tasks.len()).sum::<usize>(), 120);
        assert!(
            entries.iter().all(|entry| bytes(entry) <= LIMIT),
            "{:?}",
            entries.iter().map(bytes).collect::<Vec<_>>()
        );
    }
}
