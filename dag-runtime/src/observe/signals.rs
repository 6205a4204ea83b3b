//! What the driver of a terminal or a run tells those who watch its tasks, beside observers: spans, and profiles of calls.
//! Both are nothing without their features.

use std::sync::Arc;

use crate::graph::Graph;
use crate::observe::announcer::Announcer;
use crate::observe::calls::{Calls, CallsInside};
use crate::observe::elements::ElementWatch;
#[cfg(feature = "tokio")]
use crate::observe::trace::Scene;
use crate::observe::trace::{SceneInside, Spans};

/// The signals of the tasks that a driver polls.
pub(crate) struct Signals {
    spans: Spans,
    calls: Calls,
}

impl Signals {
    /// Whether a task can be seen in its span or in a profile. Otherwise [`enter`](Self::enter) only calls its argument.
    #[cfg(debug_assertions)]
    pub(crate) const ARE_SEEN: bool = cfg!(any(feature = "tracing", feature = "profile"));

    #[inline]
    pub(crate) fn of_terminal(graph: &'static Graph, goal: impl FnOnce() -> Option<usize>) -> Self {
        Self { spans: Spans::new(graph), calls: Calls::new(graph, goal) }
    }

    /// A run has observers of its own.
    #[inline]
    pub(crate) fn of_run(graph: &'static Graph) -> Self {
        Self { spans: Spans::new(graph), calls: Calls::NONE }
    }

    /// Returns the signals of a driver that has not started.
    #[inline]
    pub(crate) fn none() -> Self {
        Self { spans: Spans::none(), calls: Calls::NONE }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn scene(&mut self) -> Option<Scene> {
        self.spans.scene()
    }

    /// Returns what counts the call, if somebody does.
    #[cfg(feature = "tokio")]
    pub(crate) fn announcer(&self) -> Option<Arc<Announcer>> {
        self.calls.announcer()
    }

    /// Counts and traces the call as its workers do.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn join(&mut self, workers: &WorkerSignals<'_>) {
        self.spans.join(workers.scene);
        self.calls.join(workers.announcer);
    }

    /// Tells that a task starts.
    #[inline]
    pub(crate) fn open(&mut self, task: usize) {
        self.calls.open(task);
        self.spans.open(task);
    }

    /// Polls a task in its span.
    #[inline]
    pub(crate) fn enter<T>(&mut self, task: usize, poll: impl FnOnce() -> T) -> T {
        let Self { spans, calls } = self;
        calls.enter(task, || spans.enter(task, poll))
    }

    /// Returns what tells of the elements of a task that has started. A run tells its observers, too.
    pub(crate) fn elements(&self, task: usize, announcer: Option<&Arc<Announcer>>) -> ElementWatch {
        ElementWatch::new(announcer, self.spans.elements(task), task)
    }

    /// Tells that a task has come to an end, for better or worse.
    #[inline]
    pub(crate) fn returned(&mut self, task: usize) {
        self.calls.returned(task);
        self.spans.returned(task);
    }

    /// Tells that a task is done. `is_open` tells whether another is needed and not done.
    #[inline]
    pub(crate) fn done(&mut self, word: usize, task: u64, is_open: impl Fn(usize) -> bool) {
        self.calls.done(word * 64 + task.trailing_zeros() as usize);
        self.spans.done(word, task, is_open);
    }

    /// Tells that a task has failed.
    pub(crate) fn failed(&mut self, task: usize, is_open: impl Fn(usize) -> bool) {
        self.calls.failed(task);
        self.spans.failed(task, is_open);
    }

    /// Tells that a task has failed whose result is a value all the same; that it is done is told next.
    pub(crate) fn note_err(&mut self, task: usize) {
        self.calls.failed(task);
        self.spans.note_err(task);
    }

    /// Tells that a pass ends.
    #[inline]
    pub(crate) fn end_pass(&mut self) {
        self.spans.end_pass();
    }

    /// Tells that the body of a task was dropped.
    pub(crate) fn dropped(&mut self, task: usize) {
        self.calls.dropped(task);
        self.spans.dropped(task);
    }

    /// Tells that a body of a task on another thread has panicked.
    #[cfg(feature = "tokio")]
    pub(crate) fn panicked(&mut self, task: usize) {
        self.spans.panicked(task);
    }
}

/// What the workers of a terminal tell, and the driver tells with them.
#[cfg(feature = "tokio")]
pub struct WorkerSignals<'w> {
    pub(crate) scene: Option<&'w Scene>,
    pub(crate) announcer: Option<&'w Arc<Announcer>>,
}

/// The signals of an inner graph, once the outer one has said in which its own tasks are.
pub(crate) struct SignalsInside {
    scene: SceneInside,
    calls: CallsInside,
}

impl SignalsInside {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { scene: SceneInside::new(), calls: CallsInside::new() }
    }

    /// `known` are the inner tasks that the outer graph names, and how it numbers them.
    #[inline]
    pub(crate) fn set(
        &self,
        outer: &Signals,
        object: usize,
        graph: fn() -> &'static Graph,
        known: impl FnOnce() -> Vec<(usize, usize)>,
    ) {
        self.scene.set(&outer.spans, object, graph);
        self.calls.set(&outer.calls, object, graph, known);
    }

    #[inline]
    pub(crate) fn signals(&self) -> Signals {
        Signals { spans: self.scene.spans(), calls: self.calls.calls() }
    }
}
