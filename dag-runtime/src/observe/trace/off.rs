//! Spans that nobody sees, and that cost nothing.
#![allow(clippy::unused_self, reason = "with the feature these have something to do")]

use crate::graph::Graph;

/// The span of a task, or of the caller.
#[derive(Clone)]
pub struct Span;

impl Span {
    #[cfg(feature = "tokio")]
    pub(crate) const NONE: Self = Self;

    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn current() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    #[inline]
    pub(crate) fn end(&self, _outcome: &'static str) {}
}

/// The span of a task made at run time.
#[cfg(feature = "tokio")]
pub(crate) struct NodeSpan;

/// The span of a task that is done.
#[cfg(feature = "tokio")]
pub(crate) struct Released;

#[cfg(feature = "tokio")]
impl Released {
    #[inline]
    pub(crate) fn close(self) {}
}

#[cfg(feature = "tokio")]
impl NodeSpan {
    #[inline]
    pub(crate) fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn none() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn begin(
        &self,
        _function: &'static str,
        _name: Option<&std::sync::Arc<str>>,
        _released_by: Option<&Released>,
    ) {
    }

    #[inline]
    pub(crate) fn name(&self, _name: &str) {}

    #[inline]
    pub(crate) fn enter<T>(&self, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    #[inline]
    pub(crate) fn end(&self, _outcome: &crate::observe::observer::Outcome) {}

    #[inline]
    pub(crate) fn take(&self) -> Released {
        Released
    }
}

/// What the spans of the tasks of a terminal or run have in common.
#[cfg(feature = "tokio")]
pub(crate) struct Scene;

#[cfg(feature = "tokio")]
impl Scene {
    #[inline]
    pub(crate) fn begin(&self, _task: usize) -> Span {
        Span
    }

    #[inline]
    pub(crate) fn leave(&self, _task: usize, _span: &Span) {}

    #[inline]
    pub(crate) fn release(&self, _task: usize, _released: impl Iterator<Item = usize>) {}

    #[inline]
    pub(crate) fn depart(&self, _task: usize) {}

    #[inline]
    pub(crate) fn settle(&self, _task: usize) {}
}

/// What the spans of the elements of a task have in common.
pub(crate) struct ElementScene;

impl ElementScene {
    pub(crate) fn begin(&self, _index: usize) -> Span {
        Span
    }
}

/// The scene of an inner graph.
pub(crate) struct SceneInside;

impl SceneInside {
    #[inline]
    pub(crate) fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn set(&self, _outer: &Spans, _object: usize, _graph: fn() -> &'static Graph) {}

    #[inline]
    pub(crate) fn spans(&self) -> Spans {
        Spans
    }
}

/// The spans of the tasks that a driver polls.
pub(crate) struct Spans;

impl Spans {
    #[inline]
    pub(crate) fn new(_graph: &'static Graph) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn none() -> Self {
        Self
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn scene(&mut self) -> Option<Scene> {
        None
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn join(&mut self, _scene: Option<&Scene>) {}

    #[inline]
    pub(crate) fn open(&mut self, _task: usize) {}

    #[inline]
    pub(crate) fn enter<T>(&mut self, _task: usize, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    #[inline]
    pub(crate) fn elements(&self, _task: usize) -> Option<ElementScene> {
        None
    }

    #[inline]
    pub(crate) fn returned(&mut self, _task: usize) {}

    #[inline]
    pub(crate) fn done(&mut self, _word: usize, _task: u64, _is_open: impl Fn(usize) -> bool) {}

    #[inline]
    pub(crate) fn failed(&mut self, _task: usize, _is_open: impl Fn(usize) -> bool) {}

    #[inline]
    pub(crate) fn note_err(&mut self, _task: usize) {}

    #[inline]
    pub(crate) fn end_pass(&mut self) {}

    #[inline]
    pub(crate) fn dropped(&mut self, _task: usize) {}

    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn panicked(&mut self, _task: usize) {}
}

#[inline]
pub(crate) fn observer_panicked() {}
