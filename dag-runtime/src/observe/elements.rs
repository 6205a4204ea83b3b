//! What the bodies of a task that runs once for each element of a collection tell: events for the observers of their run,
//! and a span for each element.
//!
//! A group of bodies gets its [`ElementWatch`] when it is made. If nobody watches, it is empty, and this is all that an
//! element pays for.

use std::mem::forget;
use std::sync::Arc;

use crate::observe::announcer::{Announcer, ElementOf};
use crate::observe::observer::Outcome;
use crate::observe::trace::{ElementScene, Span};

/// Tells of the elements of one task, if somebody watches.
#[derive(Clone)]
pub struct ElementWatch(Option<Arc<Watched>>);

struct Watched {
    announcer: Option<Arc<Announcer>>,
    scene: Option<ElementScene>,
    task: usize,
    /// The attempt of the task.
    round: u32,
    /// The number of the first element of the group: other than 0 if that is the only one (`each/only.rs`).
    first: usize,
}

/// An element under way that somebody watches. If it is dropped, the element was cancelled: observers hear of this with the
/// end of the task.
pub(crate) struct WatchedElement {
    watched: Arc<Watched>,
    index: usize,
    span: Option<Span>,
    /// The body of a task with `catch` has failed: its result is a value all the same.
    is_err: bool,
}

impl ElementWatch {
    /// Stands for a group that nobody watches.
    pub(crate) const NONE: Self = Self(None);

    /// Watches the elements of a task that has just started.
    pub(crate) fn new(announcer: Option<&Arc<Announcer>>, scene: Option<ElementScene>, task: usize) -> Self {
        if announcer.is_none() && scene.is_none() {
            return Self::NONE;
        }
        let round = announcer.map_or(0, |announcer| announcer.round(task));
        #[cfg(feature = "durable")]
        let first = announcer.map_or(0, |announcer| announcer.only(task).first());
        #[cfg(not(feature = "durable"))]
        let first = 0;
        Self(Some(Arc::new(Watched { announcer: announcer.cloned(), scene, task, round, first })))
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Tells that the body for an element starts, unless the result of an earlier life stands for it.
    #[inline]
    pub(crate) fn begin(&self, index: usize) -> Option<WatchedElement> {
        let watched = self.0.as_ref()?;
        let number = watched.first + index;
        (!watched.is_stored(number)).then(|| WatchedElement::begin(watched, number))
    }

    /// Returns the announcer of a run, and the element for it.
    #[cfg(feature = "tokio")]
    pub(crate) fn told(&self, index: usize) -> Option<(Arc<Announcer>, ElementOf)> {
        let watched = self.0.as_ref()?;
        Some((watched.announcer.clone()?, watched.of(index)))
    }
}

impl Watched {
    /// Returns whether the result of an earlier life stands for the body.
    #[cfg(feature = "durable")]
    fn is_stored(&self, index: usize) -> bool {
        self.announcer.as_ref().is_some_and(|announcer| announcer.has_stored(self.task, index))
    }

    #[cfg(not(feature = "durable"))]
    #[expect(clippy::unused_self, reason = "only a durable run has an earlier life")]
    fn is_stored(&self, _index: usize) -> bool {
        false
    }

    fn of(&self, index: usize) -> ElementOf {
        ElementOf { task: self.task, round: self.round, index }
    }
}

impl WatchedElement {
    #[cold]
    fn begin(watched: &Arc<Watched>, index: usize) -> Self {
        if let Some(announcer) = &watched.announcer {
            announcer.element_started(watched.of(index));
        }
        let span = watched.scene.as_ref().map(|scene| scene.begin(index));
        Self { watched: Arc::clone(watched), index, span, is_err: false }
    }

    /// Calls the body, or polls it, in its span. If it panics, tells so.
    pub(crate) fn enter<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let panics = Panics(self);
        let result = match &panics.0.span {
            Some(span) => span.enter(poll),
            None => poll(),
        };
        forget(panics);
        result
    }

    /// Returns the span of the element, if it has one.
    #[cfg(feature = "tokio")]
    pub(crate) fn span(&self) -> Option<&Span> {
        self.span.as_ref()
    }

    /// Notes whether the body of a task with `catch` has failed.
    pub(crate) fn note_err(&mut self, is_err: bool) {
        self.is_err = is_err;
    }

    /// Tells that the body has returned: a value, or the failure of its task.
    pub(crate) fn returned(self, is_done: bool) {
        match (is_done, self.is_err) {
            (false, _) => self.fails(),
            (true, false) => self.end("done", Some(&Outcome::Done)),
            (true, true) => {
                let announcer = self.watched.announcer.as_ref();
                let error = announcer.map(|announcer| announcer.returned_err(self.watched.of(self.index)));
                self.end("failed", error.as_ref());
            }
        }
    }

    /// Notes that the task fails because of this element.
    pub(crate) fn fails(self) {
        if let Some(announcer) = &self.watched.announcer {
            announcer.element_fails(self.watched.of(self.index));
        }
        self.end("failed", None);
    }

    /// Tells that the body has panicked.
    #[cfg(feature = "tokio")]
    pub(crate) fn panicked(self) {
        self.end("panicked", Some(&Outcome::Panicked));
    }

    fn end(mut self, word: &'static str, outcome: Option<&Outcome>) {
        self.tell(word, outcome);
    }

    fn tell(&mut self, word: &'static str, outcome: Option<&Outcome>) {
        if let (Some(announcer), Some(outcome)) = (&self.watched.announcer, outcome) {
            announcer.element_finished(self.watched.of(self.index), outcome);
        }
        if let Some(span) = self.span.take() {
            span.end(word);
        }
    }
}

impl Drop for WatchedElement {
    fn drop(&mut self) {
        self.tell("cancelled", None);
    }
}

/// Tells of the panic of a body when it is dropped by this panic.
struct Panics<'e>(&'e mut WatchedElement);

impl Drop for Panics<'_> {
    fn drop(&mut self) {
        self.0.tell("panicked", Some(&Outcome::Panicked));
    }
}
