//! Spans that a subscriber of `tracing` sees. The span of a task follows from that of the dependency that released it: the
//! one that ended last.

use std::sync::OnceLock;

use tracing::field::Empty;
use tracing::{Level, level_enabled};

use super::trail::Trail;
use crate::graph::names::joined;
use crate::graph::{EdgeKind, Graph};

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
    trail: Trail,
    /// For a graph inside, the names of the tasks that the graph around it knows.
    known: &'static [(usize, &'static str)],
    /// Workers take part.
    #[cfg(feature = "tokio")]
    has_workers: bool,
}

impl Scene {
    /// Makes the span of a task that begins, with a link to that of the task that released it.
    pub(crate) fn begin(&self, task: usize) -> Span {
        let is_first = self.graph.nodes()[task].dependencies.is_empty();
        let (dag, task) = (self.dag, self.name(task));
        let span = tracing::info_span!(target: "adagio", parent: &self.parent.0, "task", dag, task, outcome = Empty);
        // The first tasks of an inner graph depend on the task that returns its object.
        if let Some(before) = self.trail.before(self.within.filter(|_| is_first).unwrap_or(task)) {
            span.follows_from(&before.0);
        }
        self.trail.begun(task);
        Span(span)
    }

    /// Leaves the span of a task that has ended on a worker, which the driver does not know yet.
    #[cfg(feature = "tokio")]
    pub(crate) fn leave(&self, task: usize, span: &Span) {
        self.trail.leave(self.name(task), span.clone(), true);
    }

    /// Notes that a task has released tasks that go to workers.
    #[cfg(feature = "tokio")]
    pub(crate) fn release(&self, task: usize, released: impl Iterator<Item = usize>) {
        self.trail.release(self.name(task), released.map(|task| self.name(task)));
    }

    /// Notes that a task goes to a worker.
    #[cfg(feature = "tokio")]
    pub(crate) fn depart(&self, task: usize) {
        self.trail.depart(self.name(task));
    }

    /// Notes that the driver does not wait for a task that has ended on a worker.
    #[cfg(feature = "tokio")]
    pub(crate) fn settle(&self, task: usize) {
        self.trail.settle(self.name(task));
    }

    /// Notes that the driver knows how a task ended. The task has released the tasks that it was the last to keep
    /// waiting; `is_open` tells whether a task is needed and has no result.
    fn see(&self, task: usize, span: Option<Span>, has_failed: bool, is_open: impl Fn(usize) -> bool) {
        let Self { graph, known, .. } = *self;
        let is_released = |&other: &usize| {
            is_open(other)
                && graph.waits(other).any(|wait| wait == task)
                && graph.waits(other).all(|wait| wait == task || !is_open(wait))
                && (!has_failed || graph.kind_of(other, task) == EdgeKind::Catch)
        };
        // The node that stands for the driver of a graph inside has the name of the task that returns the object.
        let released: Vec<&str> =
            (task + 1..graph.nodes().len()).filter(is_released).map(|other| self.name(other)).collect();
        let is_known = known.iter().any(|(_, known)| *known == graph.nodes()[task].name);
        if is_known || !released.is_empty() {
            self.trail.see(self.name(task), span, released);
        }
    }

    fn name(&self, task: usize) -> &'static str {
        let name = self.graph.nodes()[task].name;
        self.within.map_or(name, |within| joined(within, name))
    }

    /// Makes the scene of the graph whose object a task returns.
    fn inside(&self, object: usize, graph: &'static Graph) -> Self {
        let known = self.graph.tasks_inside(object);
        let (parent, trail) = (self.parent.clone(), self.trail.clone());
        let within = Some(self.name(object));
        Self {
            dag: self.dag,
            within,
            graph,
            parent,
            trail,
            known,
            #[cfg(feature = "tokio")]
            has_workers: false,
        }
    }
}

/// What the spans of the elements of a task have in common.
pub(crate) struct ElementScene {
    dag: &'static str,
    task: &'static str,
    /// The span of the task.
    parent: Span,
}

impl ElementScene {
    /// Makes the span of an element, inside that of the task.
    pub(crate) fn begin(&self, index: usize) -> Span {
        let Self { dag, task, parent } = self;
        let span =
            tracing::info_span!(target: "adagio", parent: &parent.0, "element", dag, task, index, outcome = Empty);
        Span(span)
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
/// `None` if no subscriber listens. In a box, so that a terminal is no larger in that case.
pub(crate) struct Spans(Option<Box<Open>>);

struct Open {
    scene: Scene,
    /// For each task under way.
    spans: Vec<Option<Span>>,
    /// The task that is being polled.
    polled: Option<usize>,
    /// The task that has returned, and of which nobody has said that it is done.
    returned: Option<usize>,
    /// The task that has failed, and whose result is a value all the same.
    failed: Option<usize>,
}

impl Spans {
    #[inline]
    pub(crate) fn new(graph: &'static Graph) -> Self {
        let scene = || Scene {
            dag: graph.name(),
            within: None,
            graph,
            parent: Span::current(),
            trail: Trail::default(),
            known: &[],
            #[cfg(feature = "tokio")]
            has_workers: false,
        };
        Self(level_enabled!(Level::INFO).then(|| Box::new(Open::new(scene()))))
    }

    /// Returns the spans of a driver that has not started.
    #[inline]
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Returns the scene, in which workers make spans.
    #[cfg(feature = "tokio")]
    pub(crate) fn scene(&mut self) -> Option<Scene> {
        let open = self.0.as_mut()?;
        open.scene.has_workers = true;
        Some(open.scene.clone())
    }

    /// Makes the spans as workers do.
    #[cfg(feature = "tokio")]
    pub(crate) fn join(&mut self, scene: Option<&Scene>) {
        if let (Some(open), Some(scene)) = (&mut self.0, scene) {
            if !open.scene.has_workers {
                open.scene = scene.clone();
            }
        }
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

    /// Returns what the spans of the elements of a task have in common, if the task has a span.
    pub(crate) fn elements(&self, task: usize) -> Option<ElementScene> {
        let open = self.0.as_ref()?;
        let parent = open.spans.get(task)?.clone()?;
        Some(ElementScene { dag: open.scene.dag, task: open.scene.name(task), parent })
    }

    /// Notes that a task has ended, successfully or not.
    #[inline]
    pub(crate) fn returned(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.returned = Some(task);
            // A worker may begin a task that this one releases before the driver has noted the end of this one.
            #[cfg(feature = "tokio")]
            if let Some(Some(span)) = open.spans.get(task).filter(|_| open.scene.has_workers) {
                open.scene.trail.leave(open.scene.name(task), span.clone(), false);
            }
        }
    }

    /// Notes that a task is done. `is_open` tells whether another is needed and not done.
    #[inline]
    pub(crate) fn done(&mut self, word: usize, task: u64, is_open: impl Fn(usize) -> bool) {
        if let Some(open) = &mut self.0 {
            let task = word * 64 + task.trailing_zeros() as usize;
            let has_failed = open.failed.take_if(|failed| *failed == task).is_some();
            let span = open.end(task, if has_failed { "failed" } else { "done" });
            open.scene.see(task, span, false, is_open);
        }
    }

    /// Notes that a task has failed, which others may catch.
    pub(crate) fn failed(&mut self, task: usize, is_open: impl Fn(usize) -> bool) {
        if let Some(open) = &mut self.0 {
            let span = open.end(task, "failed");
            open.scene.see(task, span, true, is_open);
        }
    }

    /// Notes that a task has failed whose result is a value all the same. It is about to be done.
    pub(crate) fn note_err(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.failed = Some(task);
        }
    }

    /// Notes the end of a pass. One of an inner graph is a part of the pass of the outer graph.
    #[inline]
    pub(crate) fn end_pass(&mut self) {
        if let Some(open) = self.0.as_ref().filter(|open| open.scene.within.is_none()) {
            open.scene.trail.end_pass();
        }
    }

    /// Notes that the body of a task was dropped.
    pub(crate) fn dropped(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.end(task, "cancelled");
        }
    }

    /// Notes that the bodies of a task on other threads have panicked.
    #[cfg(feature = "tokio")]
    pub(crate) fn panicked(&mut self, task: usize) {
        if let Some(open) = &mut self.0 {
            open.end(task, "panicked");
        }
    }
}

impl Open {
    fn new(scene: Scene) -> Self {
        Self { scene, spans: Vec::new(), polled: None, returned: None, failed: None }
    }

    fn start(&mut self, task: usize) {
        let length = self.spans.len().max(task + 1);
        self.spans.resize(length, None);
        self.spans[task] = Some(self.scene.begin(task));
    }

    fn enter<T>(&mut self, task: usize, poll: impl FnOnce() -> T) -> T {
        let Some(Some(span)) = self.spans.get(task) else { return poll() };
        self.polled = Some(task);
        let result = span.0.in_scope(poll);
        self.polled = None;
        result
    }

    fn end(&mut self, task: usize, outcome: &'static str) -> Option<Span> {
        let span = self.spans.get_mut(task).and_then(Option::take)?;
        span.end(outcome);
        Some(span)
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
