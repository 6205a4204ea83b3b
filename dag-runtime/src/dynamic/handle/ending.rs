//! In: a task. Out: a future that is done when the task has ended.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::dynamic::node::{Held, Wait, WaiterKey};
use crate::dynamic::work::current::{self, Waiting};
use crate::error::TaskError;

/// Waits for a task, and returns what it held.
pub(in crate::dynamic) struct Ending<T> {
    node: Option<Held<T>>,
    /// The key of the waker that the node has.
    waiter: Option<WaiterKey>,
    waiting: Option<Waiting>,
}

impl<T> Ending<T> {
    pub(in crate::dynamic) fn new(node: Held<T>) -> Self {
        Self { node: Some(node), waiter: None, waiting: None }
    }
}

impl<T> Future for Ending<T> {
    type Output = Held<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { node: slot, waiter, waiting } = &mut *self;
        let node = slot.take().expect("a future is not polled again after it is done");
        match node.poll_ended(waiter, cx.waker()) {
            Wait::IsOver => {
                *waiting = None;
                return Poll::Ready(node);
            }
            Wait::Begins => current::awaits(&node, *waiter),
            Wait::GoesOn => {}
        }
        if waiting.is_none() {
            *waiting = Waiting::begin();
        }
        *slot = Some(node);
        Poll::Pending
    }
}

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        if let (Some(node), Some(waiter)) = (&self.node, self.waiter) {
            node.stop_waiting(waiter);
        }
    }
}

/// The future of a [`Task`](crate::Task): waits until the task has ended, and returns a clone of its result, or the
/// result itself if nobody else holds it.
///
/// # Cancel safety
/// Dropping it does not affect the task.
#[must_use = "futures do nothing unless you await them"]
pub struct TaskFuture<T>(Ending<T>);

impl<T> TaskFuture<T> {
    pub(in crate::dynamic) fn new(node: Held<T>) -> Self {
        Self(Ending::new(node))
    }
}

impl<T: Clone> Future for TaskFuture<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Held::into_outcome)
    }
}

impl<T> fmt::Debug for TaskFuture<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TaskFuture").finish_non_exhaustive()
    }
}
