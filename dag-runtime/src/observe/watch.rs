//! In: what happens to a task. Out: the events for the observers of its scope, with the number of the attempt, and one end
//! for each attempt.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crate::error::{ErrorSource, TaskError};
use crate::observe::observer::{Observers, Outcome, TaskEvent};

/// Set in the number of attempts while one is under way.
const UNDER_WAY: u32 = 1;

/// Tells of one task.
pub(crate) struct Watch {
    observers: Arc<Observers>,
    id: u64,
    function: &'static str,
    /// The name that the task was given.
    name: OnceLock<Arc<str>>,
    inputs: Vec<u64>,
    /// The task that made this one.
    maker: Option<u64>,
    /// It waits for another task.
    is_paused: AtomicBool,
    /// Twice the number of attempts, and `UNDER_WAY`.
    attempts: AtomicU32,
}

impl Watch {
    /// Tells that a task was made.
    pub(crate) fn new(
        observers: Arc<Observers>,
        id: u64,
        function: &'static str,
        name: OnceLock<Arc<str>>,
        inputs: Vec<u64>,
        maker: Option<u64>,
    ) -> Arc<Self> {
        let (is_paused, attempts) = (AtomicBool::new(false), AtomicU32::new(0));
        let watch = Self { observers, id, function, name, inputs, maker, is_paused, attempts };
        let event = watch.event(1);
        watch.observers.tell(|observer| observer.made(&event));
        Arc::new(watch)
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Tells that the task was given a name.
    pub(crate) fn named(&self, name: &Arc<str>) {
        if self.name.set(Arc::clone(name)).is_ok() {
            let event = self.event((self.attempts.load(Ordering::Relaxed) / 2).max(1));
            self.observers.tell(|observer| observer.named(&event));
        }
    }

    /// Tells that an attempt starts.
    pub(crate) fn started(&self) {
        let before = self.attempts.fetch_add(2 | UNDER_WAY, Ordering::Relaxed);
        let event = self.event(before / 2 + 1);
        self.observers.tell(|observer| observer.started(&event));
    }

    /// Tells that the task waits for another one, or goes on, unless that is known. Its worker alone calls this.
    pub(crate) fn pause(&self, is_paused: bool) {
        if self.is_paused.load(Ordering::Relaxed) == is_paused {
            return;
        }
        self.is_paused.store(is_paused, Ordering::Relaxed);
        let event = self.event((self.attempts.load(Ordering::Relaxed) / 2).max(1));
        if is_paused {
            self.observers.tell(|observer| observer.paused(&event));
        } else {
            self.observers.tell(|observer| observer.resumed(&event));
        }
    }

    /// Tells that an attempt failed, and that there will be another.
    pub(crate) fn failed(&self, source: ErrorSource) {
        let error = TaskError::new(self.function, source);
        if let Some(name) = self.name.get() {
            error.set_name(name);
        }
        self.finished(&Outcome::Failed(error));
    }

    /// Tells how the attempt ended, if one is under way, or that there was none.
    pub(crate) fn finished(&self, outcome: &Outcome) {
        let before = self.attempts.fetch_and(!UNDER_WAY, Ordering::Relaxed);
        if before & UNDER_WAY != 0 {
            let event = self.event((before / 2).max(1));
            self.observers.tell(|observer| observer.finished(&event, outcome));
        }
    }

    /// Tells that the task does not start, because of a task with this function and this name.
    pub(crate) fn skipped(&self, because: &'static str, name: &str) {
        let before = self.attempts.fetch_and(!UNDER_WAY, Ordering::Relaxed);
        let event = TaskEvent { because: Some(name), ..self.event((before / 2).max(1)) };
        self.observers.tell(|observer| observer.finished(&event, &Outcome::Skipped { because }));
    }

    fn event(&self, attempt: u32) -> TaskEvent<'_> {
        let name = self.name.get().map_or(self.function, |name| name);
        TaskEvent {
            id: self.id,
            name,
            function: Some(self.function),
            inputs: &self.inputs,
            attempt,
            maker: self.maker,
            index: None,
            because: None,
            is_at_once: false,
        }
    }
}
