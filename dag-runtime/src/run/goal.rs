//! The futures of the results of a run: they wait for a task and return a reference to the value in its cell.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::notices::Target;
use super::wait::{AnyRun, Wait};
use crate::cell::{RawCell, TaskCell};
use crate::error::{TaskError, reached};

/// Whoever polls it drives all running tasks of the run. Its output is a `&T`; the run keeps the value.
///
/// The third parameter is the run: one that any thread may drive, unless its block is `#[dag(local)]`.
///
/// # Panics
/// If a task of the run panics; every later poll panics too and names the task.
///
/// A task panics whose body awaits its own result, or one that needs it, and nothing else: nothing can end that wait. The
/// message names the cycle, ``task `page` waits for itself: `page` -> `user` -> `page` ``. A body that also awaits something
/// else, for example in a `select!`, is polled once more and then waits. So does a body that polls the result with a waker of
/// its own.
///
/// # Cancel safety
/// Dropping the future loses and repeats nothing: the task stays wanted, and starts or continues when another result of the run
/// is awaited. After `cancel_abandoned()`, tasks that only this future waited for are dropped, and start anew when they are
/// wanted again.
///
/// A future that is kept and not polled holds up no other: whichever future of the run is polled drives. But as long as it is not
/// dropped, it waits: `cancel_abandoned()` keeps its task.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Goal<'r, T, R: AnyRun + ?Sized = dyn AnyRun + Sync + 'r> {
    wait: Wait<'r, R>,
    cell: &'r RawCell<T>,
}

impl<'r, T, R: AnyRun + ?Sized> Goal<'r, T, R> {
    #[doc(hidden)]
    #[inline]
    pub fn new<C>(run: &'r R, task: usize, cell: &'r TaskCell<T, C>) -> Self {
        Self { wait: Wait::new(run, Target::Task(task)), cell: cell.raw() }
    }

    /// Returns the result if it is there already. Neither asks for the task nor drives the run.
    #[must_use]
    pub fn peek(&self) -> Option<&'r T> {
        self.cell.get()
    }
}

impl<T, R: AnyRun + ?Sized> fmt::Debug for Goal<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Goal").field("is_done", &self.peek().is_some()).finish_non_exhaustive()
    }
}

impl<'r, T, R: AnyRun + ?Sized> Future for Goal<'r, T, R> {
    type Output = &'r T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let cell = self.cell;
        Pin::new(&mut self.wait).poll(cx).map(|result| {
            reached(result);
            cell.ready()
        })
    }
}

/// Whoever polls it drives all running tasks of the run. Its output is a `&T`, which the run keeps, or a [`TaskError`].
///
/// The third parameter is the run: one that any thread may drive, unless its block is `#[dag(local)]`.
///
/// # Errors
/// If the task, or one that it needs, fails. Failures are remembered until `retry_failed()` is called on the run.
///
/// # Panics
/// If a task of the run panics; every later poll panics too and names the task.
///
/// A task panics whose body awaits its own result, or one that needs it, and nothing else: nothing can end that wait. The
/// message names the cycle, ``task `page` waits for itself: `page` -> `user` -> `page` ``. A body that also awaits something
/// else, for example in a `select!`, is polled once more and then waits. So does a body that polls the result with a waker of
/// its own.
///
/// # Cancel safety
/// Dropping the future loses and repeats nothing: the task stays wanted, and starts or continues when another result of the run
/// is awaited. After `cancel_abandoned()`, tasks that only this future waited for are dropped, and start anew when they are
/// wanted again.
///
/// A future that is kept and not polled holds up no other: whichever future of the run is polled drives. But as long as it is not
/// dropped, it waits: `cancel_abandoned()` keeps its task.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct TryGoal<'r, T, R: AnyRun + ?Sized = dyn AnyRun + Sync + 'r> {
    wait: Wait<'r, R>,
    cell: &'r RawCell<T>,
}

impl<'r, T, R: AnyRun + ?Sized> TryGoal<'r, T, R> {
    #[doc(hidden)]
    #[inline]
    pub fn new<C>(run: &'r R, task: usize, cell: &'r TaskCell<T, C>) -> Self {
        Self { wait: Wait::new(run, Target::Task(task)), cell: cell.raw() }
    }

    /// Returns the result or the failure if it is there already. Neither asks for the task nor drives the run.
    ///
    /// # Errors
    /// If the task, or one that it needs, has failed.
    #[must_use]
    pub fn peek(&self) -> Option<Result<&'r T, TaskError>> {
        self.cell.get().map(Ok).or_else(|| self.wait.failure().map(Err))
    }
}

impl<T, R: AnyRun + ?Sized> fmt::Debug for TryGoal<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryGoal").field("is_done", &self.peek().is_some()).finish_non_exhaustive()
    }
}

impl<'r, T, R: AnyRun + ?Sized> Future for TryGoal<'r, T, R> {
    type Output = Result<&'r T, TaskError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let cell = self.cell;
        Pin::new(&mut self.wait).poll(cx).map_ok(|()| cell.ready())
    }
}
