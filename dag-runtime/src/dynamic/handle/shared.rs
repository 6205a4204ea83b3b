//! The two ways to get a result that need not be `Clone`: a handle to it, and the result itself.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::task::{Context, Poll};

use crate::dynamic::node::{Held, Holders};
use crate::error::TaskError;

/// The result of a task, shared with others: dereferences to `T`, and can be cloned without cloning the `T`.
///
/// [`Task::shared`](crate::Task::shared) returns it.
pub struct Shared<T>(pub(super) Held<T>);

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.value()
    }
}

impl<T> AsRef<T> for Shared<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

/// The result of a task could not be taken; see [`Task::take`](crate::Task::take).
pub enum TakeError<T> {
    /// The task, or one that it needs, failed, panicked or was aborted.
    Failed(TaskError),
    /// The task is done, and others hold its result.
    #[non_exhaustive]
    Shared {
        /// A handle to the result.
        result: Shared<T>,
        /// How many other [`Task`](crate::Task)s and [`Shared`]s there are.
        handles: usize,
        /// How many tasks take the result and have not ended.
        tasks: usize,
    },
}

impl<T> fmt::Display for TakeError<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(formatter),
            Self::Shared { result, handles, tasks } => {
                let some = |count: &usize, one: &str| match *count {
                    0 => None,
                    1 => Some(format!("by 1 {one}")),
                    count => Some(format!("by {count} {one}s")),
                };
                let holders = [some(handles, "other handle"), some(tasks, "task")];
                let holders = holders.into_iter().flatten().collect::<Vec<_>>().join(" and ");
                let task = result.0.name();
                write!(
                    formatter,
                    "the result of task `{task}` is also held {holders}: use `.shared()`, or drop them first"
                )
            }
        }
    }
}

impl<T> fmt::Debug for TakeError<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => formatter.debug_tuple("Failed").field(error).finish(),
            Self::Shared { handles, tasks, .. } => {
                let mut text = formatter.debug_struct("Shared");
                text.field("handles", handles).field("tasks", tasks).finish_non_exhaustive()
            }
        }
    }
}

impl<T> Error for TakeError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Shared { .. } => None,
        }
    }
}

/// Takes the result of a task that has ended.
pub(super) fn take<T>(slot: &mut Option<Held<T>>, cx: &Context<'_>) -> Poll<Result<T, TakeError<T>>> {
    let mut held = slot.take().expect("a future is not polled again after it is done");
    if let Some(Err(error)) = held.outcome() {
        return Poll::Ready(Err(TakeError::Failed(error.clone())));
    }
    let Holders { handles, inputs } = held.others();
    if handles + inputs > 0 {
        return Poll::Ready(Err(TakeError::Shared { result: Shared(held), handles, tasks: inputs }));
    }
    match held.take_outcome() {
        Some(outcome) => Poll::Ready(outcome.map_err(TakeError::Failed)),
        None => {
            // Its worker, or whoever looks for circles, has the node for a moment.
            *slot = Some(held);
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Unpin>() {}
    assert::<Shared<u64>>();
    assert::<TakeError<u64>>();
};
