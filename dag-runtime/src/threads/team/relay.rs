//! The work of one worker: it runs a spawned task, then a task that this one made ready, or another ready task, without
//! a detour through another thread.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Team;
use super::desk::{Desk, Report};
use crate::cell::TaskCell;
use crate::observe::observer::Outcome;
use crate::observe::trace::Span;
use crate::run::Mark;
use crate::threads::leash::{Abandoned, Collar};

/// A worker that never waits would keep its thread from all other tasks: after this many tasks in a row it yields.
const TASKS_IN_A_ROW: usize = 32;

/// The tasks that one worker runs, one after another.
pub struct Relay<O, C, F, const WORDS: usize> {
    team: Arc<Team<O, C, F, WORDS>>,
    /// The task that is under way or comes next.
    task: Option<usize>,
    /// The span of the task that is under way.
    span: Span,
    /// The task has failed, and its result is a value all the same.
    has_failed: bool,
    in_a_row: usize,
    /// It serves the ready tasks, no matter what the other workers do.
    is_on_call: bool,
    /// The body of the task is dropped, because nobody waits for it any more.
    is_abandoned: bool,
}

impl<O, C, F, const WORDS: usize> Relay<O, C, F, WORDS> {
    pub(super) fn new(team: Arc<Team<O, C, F, WORDS>>, task: Option<usize>, is_on_call: bool) -> Self {
        team.desk.enter();
        Self { team, task, span: Span::NONE, has_failed: false, in_a_row: 0, is_on_call, is_abandoned: false }
    }

    /// Returns the shared state of the tasks.
    #[must_use]
    pub fn team(&self) -> Arc<Team<O, C, F, WORDS>> {
        Arc::clone(&self.team)
    }

    /// Begins the next task, if there is one.
    pub async fn begin(&mut self) -> Option<usize> {
        if std::mem::take(&mut self.is_abandoned) {
            self.cancel();
        }
        poll_fn(|cx| self.seek(cx)).await;
        let task = self.task?;
        if let Some(announcer) = &self.team.announcer {
            announcer.started(task);
        }
        self.span = self.team.scene.as_ref().map_or(Span::NONE, |scene| scene.begin(task));
        Some(task)
    }

    /// Finds the next task.
    fn seek(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Team { ready, desk, .. } = &*self.team;
        if desk.is_closed() {
            self.task = None;
        } else if self.is_on_call {
            return self.attend(cx);
        } else if self.task.is_none() && self.in_a_row < TASKS_IN_A_ROW {
            self.task = ready.take();
        }
        Poll::Ready(())
    }

    /// Takes the ready task if it is the only one. If there are more, hires help and yields: any thread can take the
    /// worker on call from the end of the runtime's queue, but none can take it from behind a task under way.
    fn attend(&mut self, cx: &Context<'_>) -> Poll<()> {
        let team = &self.team;
        if team.ready.len() > 1 {
            team.hire(None, false);
        } else {
            let last = team.ready.take();
            if team.ready.leave() {
                self.is_on_call = false;
                self.task = last;
                return Poll::Ready(());
            }
            if let Some(task) = last {
                team.spawn(task);
            }
        }
        self.in_a_row = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Returns what surrounds the polls of the task.
    #[must_use]
    pub fn span(&self) -> Around {
        let home = self.team.home.as_ref().zip(self.task);
        let leash = self.team.leash.as_ref().zip(self.task);
        Around {
            span: self.span.clone(),
            mark: home.map_or(Mark::NONE, |(home, task)| home.mark(task)),
            collar: leash.map(|(leash, task)| Collar::new(leash, task)),
        }
    }

    /// Tells observers that the task, which has `catch`, has returned an `Err`, which is a value all the same.
    pub fn note_err(&mut self) {
        self.has_failed = true;
        if let (Some(announcer), Some(task)) = (&self.team.announcer, self.task) {
            announcer.note_err(task);
        }
    }

    /// Takes the result of the task. If this made one other task ready, that task is next. If it made several tasks
    /// ready, they go to any free worker, because a thread that is busy with one would delay the others.
    pub fn finish<T>(&mut self, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        self.finish_with(|team, task| team.put(task, cell, value));
    }

    /// [`finish`](Self::finish) for a result that moves in a call.
    pub fn finish_or_keep<T>(&mut self, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        self.finish_with(|team, task| team.put_or_keep(task, cell, value));
    }

    fn finish_with(&mut self, put: impl FnOnce(&Team<O, C, F, WORDS>, usize)) {
        let Some(task) = self.task.take() else { return };
        self.span.end(if std::mem::take(&mut self.has_failed) { "failed" } else { "done" });
        let team = &self.team;
        put(team, task);
        if let Some(announcer) = &team.announcer {
            announcer.finished(task, &Outcome::Done);
        }
        if let Some(scene) = &team.scene {
            scene.leave(task, &self.span);
        }
        let followers = team.progress.finish(task);
        if let Some(scene) = &team.scene {
            scene.release(task, followers.ready.tasks());
            if !followers.is_awaited {
                scene.settle(task);
            }
        }
        self.span = Span::NONE;
        if followers.is_awaited {
            team.desk.wake();
        }
        self.in_a_row += 1;
        let mut ready = followers.ready.tasks();
        match (ready.next(), ready.next()) {
            (Some(next), None) if self.in_a_row < TASKS_IN_A_ROW => self.task = Some(next),
            (Some(next), None) => team.spawn(next),
            (Some(_), Some(_)) => self.is_on_call = team.ready.add(&followers.ready),
            (None, _) => {}
        }
    }

    /// Takes the failure of the task.
    pub fn fail(&mut self, failure: F) {
        if let Some(task) = self.task.take() {
            self.span.end("failed");
            if let Some(scene) = &self.team.scene {
                scene.leave(task, &self.span);
            }
            self.team.fail(task, failure);
        }
    }

    /// Takes the failure of the task of a durable block, as its run keeps it.
    #[cfg(feature = "durable")]
    pub fn fail_kept(&mut self, source: crate::error::ErrorSource) {
        if let Some(task) = self.task.take() {
            self.span.end("failed");
            self.team.fail_kept(task, source);
        }
    }

    /// Notes that the body of the task was dropped: a task that it asked for failed, or nobody waits for it any more.
    pub fn cancel(&mut self) {
        let Some(task) = self.task.take() else { return };
        self.span.end("cancelled");
        if let Some(announcer) = &self.team.announcer {
            announcer.finished(task, &Outcome::Cancelled);
        }
        self.team.desk.report(Report::Dropped(task));
    }

    /// Takes the panic of the task.
    pub fn panic(&mut self, payload: Box<dyn Any + Send>) {
        if Abandoned::is_in(&*payload) {
            // The body is dropped before the next task begins, and only then the driver may start the task again.
            self.is_abandoned = true;
            return;
        }
        let Some(task) = self.task.take() else { return };
        self.span.end("panicked");
        self.team.panic(task, payload);
    }
}

impl<O, C, F, const WORDS: usize> Drop for Relay<O, C, F, WORDS> {
    fn drop(&mut self) {
        let team = Arc::clone(&self.team);
        let Team { announcer, desk, ready, .. } = &*team;
        // This also holds if the subscriber of the span panics: a failed terminal waits for every relay.
        let _goes = Goes(desk);
        if self.is_abandoned {
            // No await lies between the end of the body and its drop, so the drop has panicked.
            self.panic(Box::new("the body panicked while it was dropped"));
        } else if std::thread::panicking() {
            // The arguments are made outside of `caught`.
            self.panic(Box::new("an argument of a spawned task panicked while it was cloned"));
        }
        if let Some(task) = self.task {
            self.span.end("cancelled");
            if let Some(announcer) = announcer {
                announcer.finished(task, &Outcome::Cancelled);
            }
        }
        let on_call = || if self.is_on_call { ready.desert() } else { None };
        if let Some(lost) = self.task.or_else(on_call).filter(|_| !desk.is_closed()) {
            desk.report(Report::Lost(lost));
        }
    }
}

/// What surrounds the polls of a task on another thread: its span, the mark by which its run knows what it awaits, and the
/// collar by which its run stops it.
pub struct Around {
    span: Span,
    mark: Mark,
    /// Present in a run that cancels abandoned tasks.
    collar: Option<Collar>,
}

impl Around {
    /// The body has no mark: while it waits for its task, another body of the task may fail, which ends the wait.
    pub(in crate::threads) fn of_element(span: Span) -> Self {
        Self { span, mark: Mark::NONE, collar: None }
    }
}

/// Notes that a relay is gone, when this guard is dropped.
struct Goes<'d, F>(&'d Desk<F>);

impl<F> Drop for Goes<'_, F> {
    fn drop(&mut self) {
        self.0.go();
    }
}

/// Runs a task in its span and with its mark; it stays where it is pinned. Catches its panic.
///
/// # Errors
/// The payload of the panic.
pub fn caught<T>(
    Around { span, mut mark, mut collar }: Around,
    mut task: Pin<&mut impl Future<Output = T>>,
) -> impl Future<Output = Result<T, Box<dyn Any + Send>>> {
    poll_fn(move |cx| {
        if collar.as_mut().is_some_and(|collar| collar.is_pulled(cx.waker())) {
            return Poll::Ready(Err(Abandoned::payload()));
        }
        let result =
            mark.poll(cx, |cx| match catch_unwind(AssertUnwindSafe(|| span.enter(|| task.as_mut().poll(cx)))) {
                Ok(poll) => poll.map(Ok),
                Err(payload) => Poll::Ready(Err(payload)),
            });
        if let Some(collar) = &mut collar {
            collar.polled();
        }
        result
    })
}
