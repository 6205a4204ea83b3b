//! A future that waits for a run of any type.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "tokio")]
use super::board::Board;
use super::board::Step;
use super::notices::{Place, Target};
use super::{Drive, Run, Settings};
use crate::check::IfSend;
use crate::error::TaskError;

/// A run without its type parameters, as its waiters see it.
pub trait AnyRun {
    /// Checks whether the target is reached, and drives the run if not.
    #[doc(hidden)]
    fn poll_target(&self, target: Target, place: &mut Place, cx: &mut Context<'_>) -> Poll<Result<(), TaskError>>;

    /// Frees the place of a waiter.
    #[doc(hidden)]
    fn leave(&self, place: &mut Place);

    /// Returns the failure of a task, or of one that it needs, if there is one.
    #[doc(hidden)]
    fn failure(&self, task: usize) -> Option<TaskError>;
}

#[cfg(feature = "tokio")]
impl<O, C, D, const WORDS: usize> Run<O, C, D, WORDS>
where
    D: Drive<Settings<C, WORDS>> + ?Sized,
{
    /// Continues the poll of a waiter that is inside a task on another thread. Separate from the polls of other waiters,
    /// which are many more.
    #[cold]
    #[inline(never)]
    fn poll_elsewhere(
        &self,
        target: Target,
        place: &mut Place,
        cx: &mut Context<'_>,
        drives: bool,
    ) -> Poll<Result<(), TaskError>> {
        if drives {
            self.drive();
            if let Some(result) = self.board().end_driving(target, place, cx.waker()) {
                return Poll::Ready(result);
            }
        }
        Board::leave_elsewhere(self.owner.share_board(), place, cx.waker());
        Poll::Pending
    }
}

impl<O, C, D, const WORDS: usize> Run<O, C, D, WORDS>
where
    D: Drive<Settings<C, WORDS>> + ?Sized,
{
    /// Drives, and then drops the tasks that nobody waits for any more: waiters may have left in the meantime.
    #[cold]
    #[inline(never)]
    fn poll_and_cancel(
        &self,
        target: Target,
        place: &mut Place,
        cx: &mut Context<'_>,
        is_elsewhere: bool,
    ) -> Poll<Result<(), TaskError>> {
        self.drive();
        let result = self.board().end_driving(target, place, cx.waker());
        if result.is_some() {
            self.board().look_for_abandoned();
        }
        self.make_cancelling_passes();
        #[cfg(feature = "tokio")]
        if is_elsewhere && result.is_none() {
            Board::leave_elsewhere(self.owner.share_board(), place, cx.waker());
        }
        #[cfg(not(feature = "tokio"))]
        debug_assert!(!is_elsewhere, "without tokio there are no other threads");
        result.map_or(Poll::Pending, Poll::Ready)
    }

    /// Drops the tasks that nobody waits for any more, after a waiter has left. If another waiter drives, that one does it.
    #[cold]
    #[inline(never)]
    fn drop_abandoned(&self) {
        self.board().look_for_abandoned();
        self.make_cancelling_passes();
    }

    fn make_cancelling_passes(&self) {
        let mut panic = None;
        while self.board().begin_cancelling() {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.drive())) {
                panic.get_or_insert(payload);
            }
            self.board().end_cancelling();
        }
        // This may be the drop of a future: a second panic would abort the process.
        if let Some(payload) = panic.filter(|_| !std::thread::panicking()) {
            resume_unwind(payload);
        }
    }
}

impl<O, C, D, const WORDS: usize> AnyRun for Run<O, C, D, WORDS>
where
    D: Drive<Settings<C, WORDS>> + ?Sized,
{
    fn poll_target(&self, target: Target, place: &mut Place, cx: &mut Context<'_>) -> Poll<Result<(), TaskError>> {
        match self.board().look(target, place, cx.waker()) {
            Step::Resolved(result) => {
                if self.board().cancels() {
                    self.drop_abandoned();
                }
                Poll::Ready(result)
            }
            Step::Wait => Poll::Pending,
            Step::Drive => {
                self.drive();
                // One poll per wake, even if the tasks wake themselves during the poll: the executor has other work,
                // too.
                self.board().end_driving(target, place, cx.waker()).map_or(Poll::Pending, Poll::Ready)
            }
            Step::DriveAndCancel { is_elsewhere } => self.poll_and_cancel(target, place, cx, is_elsewhere),
            #[cfg(feature = "tokio")]
            Step::Elsewhere { drives } => self.poll_elsewhere(target, place, cx, drives),
        }
    }

    fn leave(&self, place: &mut Place) {
        if self.board().leave(place) {
            self.drop_abandoned();
        }
    }

    fn failure(&self, task: usize) -> Option<TaskError> {
        self.board().failure(task)
    }
}

/// Waits for tasks of a run, and drives the run while it does.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Wait<'r, R: AnyRun + ?Sized> {
    run: &'r R,
    target: Target,
    place: Place,
}

impl<'r, R: AnyRun + ?Sized> Wait<'r, R> {
    pub(super) fn new(run: &'r R, target: Target) -> Self {
        Self { run, target, place: Place::default() }
    }

    /// Returns the failure of the awaited task, if there is one.
    pub(super) fn failure(&self) -> Option<TaskError> {
        match self.target {
            Target::Task(task) => self.run.failure(task),
            _ => None,
        }
    }
}

impl<R: AnyRun + ?Sized> Future for Wait<'_, R> {
    type Output = Result<(), TaskError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { run, target, place } = &mut *self;
        run.poll_target(*target, place, cx)
    }
}

impl<R: AnyRun + ?Sized> Drop for Wait<'_, R> {
    fn drop(&mut self) {
        self.run.leave(&mut self.place);
    }
}

impl<'r, R: AnyRun + Sync> IfSend<&'r R> {
    /// Returns a run that any thread may drive.
    #[must_use]
    pub fn any(self, run: &'r R) -> &'r (dyn AnyRun + Sync + 'r) {
        run
    }
}

/// Is used only where the inherent method of [`IfSend`] does not apply.
pub trait NotShared: Sized {
    /// Only has to compile: the build fails at the task, the result or the object that is at fault.
    ///
    /// # Panics
    /// Always.
    #[must_use]
    fn any<'r, R>(self, _run: &'r R) -> &'r (dyn AnyRun + Sync + 'r) {
        unreachable!("what cannot be shared does not compile")
    }
}

impl<T> NotShared for IfSend<T> {}
