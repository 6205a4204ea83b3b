//! Spans that a subscriber of `tracing` sees.

use std::sync::OnceLock;

use tracing::field::Empty;
use tracing::{Level, level_enabled};

use crate::graph::Graph;
use crate::graph::names::joined;

/// The span of a task, or of the caller.
#[derive(Clone)]
pub struct Span(tracing::Span);

impl Span {
    /// Stands for no span.
    #[cfg(feature = "tokio")]
    pub(crate) const NONE: Self = Self(tracing::Span::none());

    /// Returns the span that this thread is in.
    pub(crate) fn current() -> Self {
        Self(tracing::Span::current())
    }

    /// Does something in the span.
    #[cfg(feature = "tokio")]
    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.in_scope(work)
    }

    /// Notes how the task ended.
    pub(crate) fn end(&self, outcome: &'static str) {
        self.0.record("outcome", outcome);
    }
}

/// What the spans of the tasks of a terminal or run have in common.
#[derive(Clone)]
pub(crate) struct Scene {
    /// The name of the outermost graph.
    dag: &'static str,
    /// For an inner graph, the name of the task that returns its object.
    within: Option<&'static str>,
    graph: &'static Graph,
    parent: Span,
}

impl Scene {
    /// Makes the span of a task.
    pub(crate) fn span(&self, task: usize) -> Span {
        let (dag, task) = (self.dag, self.name(task));
        Span(tracing::info_span!(target: "adagio", parent: &self.parent.0, "task", dag, task, outcome = Empty))
    }
}

impl Scene {
    fn name(&self, task: usize) -> &'static str {
        let name = self.graph.nodes()[task].name;
        self.within.map_or(name, |within| joined(within, name))
    }

    /// Makes that of the graph whose object a task returns.
    fn inside(&self, object: usize, graph: &'static Graph) -> Self {
        Self { within: Some(self.name(object)), graph, parent: self.parent.clone(), ..*self }
    }
}

/// The scene of an inner graph, once the outer one has said in which its own tasks are.
pub(crate) struct SceneInside(OnceLock<Scene>);

impl SceneInside {
    pub(crate) fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn set(&self, outer: &Spans, object: usize, graph: fn() -> &'static Graph) {
        if let Some(open) = &outer.0 {
            _ = self.0.set(open.scene.inside(object, graph()));
        }
    }

    pub(crate) fn spans(&self) -> Spans {
        Spans(self.0.get().map(|scene| Box::new(Open::new(scene.clone()))))
    }
}

/// The spans of the tasks that a driver polls.
///
/// None where nobody listens, and apart, so that a terminal is no larger then.
pub(crate) struct Spans(Option<Box<Open>>);

struct Open {
    scene: Scene,
    /// For each task under way.
    spans: Vec<Option<Span>>,
    /// The task that is being polled.
    polled: Option<usize>,
    /// The task that has returned, and of which nobody has said that it is done.
    returned: Option<usize>,
}

impl Spans {
    #[inline]
    pub(crate) fn new(graph: &'static Graph) -> Self {
        let scene = || Scene { dag: graph.name(), within: None, graph, parent: Span::current() };
        Self(level_enabled!(Level::INFO).then(|| Box::new(Open::new(scene()))))
    }

    /// Returns the spans of a driver that has not started.
    #[inline]
    pub(crate) fn none() -> Self {
        Self(None)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn scene(&self) -> Option<Scene> {
        self.0.as_ref().map(|open| open.scene.clone())
    }

    /// Makes the span of a task that starts.
    #[inline]
    pub(crate) fn open(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.start(task);
        }
    }

    /// Polls a task in its span.
    #[inline]
    pub(crate) fn enter<T>(&mut self, task: usize, poll: impl FnOnce() -> T) -> T {
        match &mut self.0 {
            Some(open) => open.enter(task, poll),
            None => poll(),
        }
    }

    /// Notes that a task has come to an end, for better or worse.
    #[inline]
    pub(crate) fn returned(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.returned = Some(task);
        }
    }

    /// Notes that a task is done.
    #[inline]
    pub(crate) fn done(&mut self, word: usize, task: u64) {
        if let Some(open) = &mut self.0 {
            open.end(word * 64 + task.trailing_zeros() as usize, "done");
        }
    }

    /// Notes that a task has failed.
    pub(crate) fn failed(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.end(task, "failed");
        }
    }

    /// Notes that the body of a task was dropped.
    pub(crate) fn dropped(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.end(task, "cancelled");
        }
    }
}

impl Open {
    fn new(scene: Scene) -> Self {
        Self { scene, spans: Vec::new(), polled: None, returned: None }
    }

    fn start(&mut self, task: usize) {
        let length = self.spans.len().max(task + 1);
        self.spans.resize(length, None);
        self.spans[task] = Some(self.scene.span(task));
    }

    fn enter<T>(&mut self, task: usize, poll: impl FnOnce() -> T) -> T {
        let Some(Some(span)) = self.spans.get(task) else { return poll() };
        self.polled = Some(task);
        let result = span.0.in_scope(poll);
        self.polled = None;
        result
    }

    fn end(&mut self, task: usize, outcome: &'static str) {
        if let Some(span) = self.spans.get_mut(task).and_then(Option::take) {
            span.end(outcome);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        for task in 0..self.spans.len() {
            let outcome = match Some(task) {
                polled if polled == self.polled && std::thread::panicking() => "panicked",
                // A failure ends a terminal on the spot.
                returned if returned == self.returned => "failed",
                _ => "cancelled",
            };
            self.end(task, outcome);
        }
    }
}

/// Tells that an observer was dropped.
pub(crate) fn observer_panicked() {
    tracing::error!(target: "adagio", "an observer panicked: it is told nothing more");
}
