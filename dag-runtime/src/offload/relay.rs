//! What a worker runs: a spawned task, and the next one that becomes ready by it, without a detour over another thread.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use super::Team;
use super::desk::Report;
use crate::cell::TaskCell;
use crate::observer::Outcome;
use crate::trace::Span;

/// A worker that never waits would keep its thread from all others: after so many tasks in a row it makes way.
const TASKS_IN_A_ROW: usize = 32;

/// The tasks that one worker runs, one after another.
pub struct Relay<O, C, F, const WORDS: usize> {
    team: Arc<Team<O, C, F, WORDS>>,
    /// The task that is under way, or is next.
    task: Option<usize>,
    /// Of the task that is under way.
    span: Span,
    in_a_row: usize,
}

impl<O, C, F, const WORDS: usize> Relay<O, C, F, WORDS> {
    pub(super) fn new(team: Arc<Team<O, C, F, WORDS>>, task: usize) -> Self {
        Self { team, task: Some(task), span: Span::NONE, in_a_row: 0 }
    }

    /// Gives what the tasks share.
    #[must_use]
    pub fn team(&self) -> Arc<Team<O, C, F, WORDS>> {
        Arc::clone(&self.team)
    }

    /// Begins the next task, if there is one.
    pub fn begin(&mut self) -> Option<usize> {
        let task = self.task.filter(|_| !self.team.desk.is_closed())?;
        if let Some(announcer) = &self.team.announcer {
            announcer.started(task);
        }
        self.span = self.team.scene.as_ref().map_or(Span::NONE, |scene| scene.span(task));
        Some(task)
    }

    /// Gives what the task is in, for those who trace.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// Takes the result of the task. If it made one other ready, that is the next; if more, each gets a worker of its own,
    /// because a thread that is busy with one would hold up the other.
    pub fn finish<T>(&mut self, cell: impl FnOnce(&C) -> &TaskCell<T>, value: T) {
        let Some(task) = self.task.take() else { return };
        self.span.end("done");
        let team = &self.team;
        team.put(task, cell, value);
        if let Some(announcer) = &team.announcer {
            announcer.finished(task, &Outcome::Done);
        }
        let followers = team.progress.finish(task);
        if followers.is_awaited {
            team.desk.wake();
        }
        self.in_a_row += 1;
        let is_alone = followers.ready.len() == 1;
        for task in followers.ready.tasks() {
            if is_alone && self.in_a_row < TASKS_IN_A_ROW {
                self.task = Some(task);
            } else {
                self.team.spawn(task);
            }
        }
    }

    /// Takes the failure of the task.
    pub fn fail(&mut self, failure: F) {
        if let Some(task) = self.task.take() {
            self.span.end("failed");
            self.team.fail(task, failure);
        }
    }

    /// Takes the panic of the task.
    pub fn panic(&mut self, payload: Box<dyn Any + Send>) {
        let Some(task) = self.task.take() else { return };
        self.span.end("panicked");
        let team = &self.team;
        team.progress.fail();
        if let Some(announcer) = &team.announcer {
            announcer.finished(task, &Outcome::Panicked);
        }
        team.desk.close();
        team.desk.report(Report::Panicked(task, payload));
    }
}

impl<O, C, F, const WORDS: usize> Drop for Relay<O, C, F, WORDS> {
    fn drop(&mut self) {
        let Some(task) = self.task else { return };
        self.span.end("cancelled");
        let Team { announcer, desk, .. } = &*self.team;
        if let Some(announcer) = announcer {
            announcer.finished(task, &Outcome::Cancelled);
        }
        if !desk.is_closed() {
            desk.report(Report::Lost(task));
        }
    }
}

/// Runs a task in its span; it stays where it is pinned. Catches its panic.
///
/// # Errors
/// The payload of the panic.
pub fn caught<T>(
    span: Span,
    mut task: Pin<&mut impl Future<Output = T>>,
) -> impl Future<Output = Result<T, Box<dyn Any + Send>>> {
    poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| span.enter(|| task.as_mut().poll(cx)))) {
        Ok(poll) => poll.map(Ok),
        Err(payload) => Poll::Ready(Err(payload)),
    })
}
