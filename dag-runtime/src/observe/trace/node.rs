//! The spans of tasks made at run time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::Empty;
use tracing::{Level, Span, level_enabled};

use crate::observe::observer::Outcome;
use crate::observe::timeline::verdict;

/// The span of a task made at run time, from its first poll to its end. Its parent is the span in which the task was made.
///
/// `None` if no subscriber listened when the task was made. A span that is kept seems to last longer, and a handle of the
/// task may be kept for long, so the span is taken out when the task has ended: by `end`, or, if the task is done, by its
/// worker, after the tasks that it released have begun.
pub(crate) struct NodeSpan(Option<Mutex<Stage>>);

/// The span of a task that is done, until the tasks that it released have begun.
pub(crate) struct Released(Option<Arc<Span>>);

impl Released {
    /// Closes the span: the tasks that it released have begun.
    pub(crate) fn close(self) {
        drop(self);
    }
}

enum Stage {
    /// The span in which the task was made.
    Made(Span),
    /// `begin` creates the span, without the lock.
    Beginning,
    /// Shared, because the clone of a span calls the subscriber.
    UnderWay(Arc<Span>),
    Done(Arc<Span>),
    Ended,
}

impl NodeSpan {
    pub(crate) fn new() -> Self {
        Self(level_enabled!(Level::INFO).then(|| Mutex::new(Stage::Made(Span::current()))))
    }

    /// Stands for no span.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Begins the span, unless it has begun.
    pub(crate) fn begin(&self, function: &'static str, name: Option<&Arc<str>>, released_by: Option<&Released>) {
        let Some(mut stage) = self.stage() else { return };
        let Stage::Made(_) = &*stage else { return };
        let Stage::Made(parent) = std::mem::replace(&mut *stage, Stage::Beginning) else { return };
        drop(stage);
        let name = name.map(|name| &**name);
        let span =
            tracing::info_span!(target: "adagio", parent: &parent, "task", task = function, name, outcome = Empty);
        if let Some(Released(Some(before))) = released_by {
            span.follows_from(&**before);
        }
        let Some(mut stage) = self.stage() else { return };
        // Otherwise the task has been aborted meanwhile.
        if let Stage::Beginning = &*stage {
            *stage = Stage::UnderWay(Arc::new(span));
        }
    }

    /// Notes the name that the task was given after it was made.
    pub(crate) fn name(&self, name: &str) {
        if let Some(span) = self.under_way() {
            span.record("name", name);
        }
    }

    /// Polls the task in its span.
    pub(crate) fn enter<T>(&self, poll: impl FnOnce() -> T) -> T {
        match self.under_way() {
            Some(span) => span.in_scope(poll),
            None => poll(),
        }
    }

    /// Ends the span.
    pub(crate) fn end(&self, outcome: &Outcome) {
        let Some(span) = self.under_way() else {
            drop(self.replace(Stage::Ended));
            return;
        };
        span.record("outcome", verdict::word(Some(outcome)));
        drop(self.replace(if let Outcome::Done = outcome { Stage::Done(span) } else { Stage::Ended }));
    }

    /// Takes the span of a task that is done.
    pub(crate) fn take(&self) -> Released {
        match self.replace(Stage::Ended) {
            Some(Stage::Done(span)) => Released(Some(span)),
            _ => Released(None),
        }
    }

    fn under_way(&self) -> Option<Arc<Span>> {
        match &*self.stage()? {
            Stage::UnderWay(span) => Some(Arc::clone(span)),
            _ => None,
        }
    }

    /// Returns the previous stage, to be dropped without the lock: the drop of a span calls the subscriber.
    fn replace(&self, next: Stage) -> Option<Stage> {
        Some(std::mem::replace(&mut *self.stage()?, next))
    }

    fn stage(&self) -> Option<MutexGuard<'_, Stage>> {
        self.0.as_ref().map(|stage| stage.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
