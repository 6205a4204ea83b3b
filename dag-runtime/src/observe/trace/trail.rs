//! The spans of tasks that have ended, until the tasks that they released have begun.
//!
//! A link needs both spans, and a span that is kept seems to last longer than its task. So a span is kept only while a
//! task is about to begin that the end of its task has released. The driver notes which tasks these are, and forgets
//! them at the end of its pass: a task that has not begun by then waits for a slot, and has no link. A task that goes to
//! a worker is *departed*: it is remembered until the worker begins it.
//!
//! A worker leaves the span of each task that it has finished. The driver may learn of the end only in its next pass, so
//! such a span may stay for the rest of one pass and for the whole of the next one.
//!
//! The driver, its workers and the drivers of inner graphs share the trail. The name of a task is the one that the
//! outermost graph knows. No span is dropped under the lock, because that calls the subscriber.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Span;

#[derive(Clone, Default)]
pub(super) struct Trail(Arc<Mutex<Vec<Ended>>>);

struct Ended {
    task: &'static str,
    span: Arc<Span>,
    released: Vec<Released>,
    /// The driver has not seen the end of the task, so that the span outlives one end of a pass.
    is_unseen: bool,
}

struct Released {
    task: &'static str,
    is_departed: bool,
}

impl Trail {
    /// Leaves the span of a task that has ended.
    #[cfg(feature = "tokio")]
    pub(super) fn leave(&self, task: &'static str, span: Span, is_unseen: bool) {
        self.lock().push(Ended { task, span: Arc::new(span), released: Vec::new(), is_unseen });
    }

    /// Notes what the driver knows of a task that has ended: the tasks that it has released, and its span, unless a
    /// worker has left that.
    pub(super) fn see(&self, task: &'static str, span: Option<Span>, released: Vec<&'static str>) {
        let mut span = span.map(Arc::new);
        let mut trail = self.lock();
        let place = trail.iter().rposition(|ended| ended.task == task).or_else(|| {
            trail.push(Ended { task, span: span.take()?, released: Vec::new(), is_unseen: false });
            Some(trail.len() - 1)
        });
        if let Some(place) = place {
            trail[place].is_unseen = false;
            trail[place].released.extend(released.into_iter().map(|task| Released { task, is_departed: false }));
        }
        drop(trail);
    }

    /// Notes that a task which has ended has released tasks that go to workers.
    #[cfg(feature = "tokio")]
    pub(super) fn release(&self, task: &str, released: impl Iterator<Item = &'static str>) {
        if let Some(ended) = self.lock().iter_mut().rfind(|ended| ended.task == task) {
            ended.released.extend(released.map(|task| Released { task, is_departed: true }));
        }
    }

    /// Notes that a released task goes to a worker.
    #[cfg(feature = "tokio")]
    pub(super) fn depart(&self, task: &str) {
        let mut trail = self.lock();
        let released = trail.iter_mut().flat_map(|ended| &mut ended.released);
        released.filter(|released| released.task == task).for_each(|released| released.is_departed = true);
    }

    /// Notes that the driver does not wait for a task.
    #[cfg(feature = "tokio")]
    pub(super) fn settle(&self, task: &str) {
        self.retain(|ended| {
            ended.is_unseen &= ended.task != task;
            ended.task != task || !ended.is_idle()
        });
    }

    /// Returns the span of the task that has released the given one.
    pub(super) fn before(&self, task: &str) -> Option<Arc<Span>> {
        let trail = self.lock();
        let ended = trail.iter().rfind(|ended| ended.released.iter().any(|released| released.task == task));
        ended.map(|ended| Arc::clone(&ended.span))
    }

    /// Notes that a task has begun.
    pub(super) fn begun(&self, task: &str) {
        self.retain(|ended| {
            let before = ended.released.len();
            ended.released.retain(|released| released.task != task);
            before == ended.released.len() || !ended.is_idle()
        });
    }

    /// Forgets what has not begun in a pass of the driver, other than departed tasks.
    pub(super) fn end_pass(&self) {
        self.retain(|ended| {
            ended.released.retain(|released| released.is_departed);
            let stays = !ended.is_idle();
            ended.is_unseen = false;
            stays
        });
    }

    fn retain(&self, mut stays: impl FnMut(&mut Ended) -> bool) {
        let mut forgotten = Vec::new();
        let mut trail = self.lock();
        for place in (0..trail.len()).rev() {
            if !stays(&mut trail[place]) {
                forgotten.push(trail.remove(place));
            }
        }
        drop(trail);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ended>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ended {
    fn is_idle(&self) -> bool {
        self.released.is_empty() && !self.is_unseen
    }
}
