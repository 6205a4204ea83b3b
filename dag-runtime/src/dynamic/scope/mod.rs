//! In: a future that creates tasks. Out: its output, once all tasks have ended; or the first failure.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::dynamic::node::{Members, Presence};
use crate::dynamic::work::current::{self, Entered, Waiting};
use crate::dynamic::work::settle;
use crate::error::TaskError;
use crate::observe::observer::{Observer, Observers, RunEvent};

/// Runs a future, and waits for every task that is created inside, nested calls included.
///
/// The future need not be `'static`. A task belongs to the scope whose future, or whose task, is being polled when the
/// task is created. Tasks created inside your own `tokio::spawn` belong to no scope. Scopes nest.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Task, scope};
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// static UPLOADS: AtomicU32 = AtomicU32::new(0);
///
/// let names = scope(async {
///     for _ in 0..3 {
///         Task::spawn(async { UPLOADS.fetch_add(1, Ordering::Relaxed) }); // nobody awaits it: the scope does
///     }
///     vec!["a", "b", "c"]
/// })
/// .await?;
/// assert_eq!((names.len(), UPLOADS.load(Ordering::Relaxed)), (3, 3));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The first failure or panic of a task drops the future and aborts the other tasks; the scope returns it once all
/// tasks have ended. A task that is lost because its runtime has shut down is a failure, too. A task that was aborted
/// by [`Task::abort`](crate::Task::abort), and tasks that depend on it, do not fail the scope.
///
/// # Panics
/// If the future panics. A panic of a task is an error.
///
/// # Cancel safety
/// Dropping the future aborts all tasks, and does not wait for them.
pub async fn scope<F: Future>(future: F) -> Result<F::Output, TaskError> {
    Scope::new().run(future).await
}

/// A [`scope`] with a limit, or with observers.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Scope, Task};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// // A hundred tasks, four at a time.
/// let tasks = async { (0..100).map(|id| Task::spawn(async move { id * id })).collect::<Vec<_>>() };
/// let squares = Scope::new().max_concurrency(4).run(tasks).await?;
/// assert_eq!((&squares[9]).await?, 81);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a scope does nothing until it runs a future"]
pub struct Scope {
    limit: Option<usize>,
    observers: Observers,
}

impl Scope {
    /// Creates a scope without a limit and without observers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets at most `tasks` tasks be under way at once. Free slots go to the ready tasks in the order in which they
    /// were created.
    ///
    /// A task that awaits a [`Task`](crate::Task) lends its slot while it waits, so that tasks that create tasks can
    /// finish even with a limit of 1. A task keeps its slot during other waits: for a lock, for a channel that another
    /// task sends into, or in a `block_on` inside a `#[task(blocking)]` body.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_concurrency(mut self, tasks: usize) -> Self {
        assert!(tasks > 0, "`max_concurrency` is at least 1: with 0 nothing would ever run");
        self.limit = Some(tasks);
        self
    }

    /// Adds an observer, which is told of each task that is created, starts, finishes or is skipped. Ids are unique in
    /// the scope.
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.add(observer, &RunEvent::new(None));
        self
    }

    /// Runs a future in the scope; see [`scope`].
    ///
    /// # Errors
    /// If a task fails or panics.
    ///
    /// # Cancel safety
    /// Dropping the future aborts all tasks, and does not wait for them.
    pub async fn run<F: Future>(self, future: F) -> Result<F::Output, TaskError> {
        let members = Arc::new(Members::new(self.limit, self.observers));
        // The outer scope waits until the last task of this one has ended, even if nobody polls this one any more.
        let outer = current::members().map(|outer| outer.presence());
        let closing = Closing { members: &members, outer };
        let mut future = pin!(Some(future));
        let mut output = None;
        let mut waiting = None;
        poll_fn(|cx| {
            let mut has_failed = members.listen(cx.waker());
            if let (false, Some(running)) = (has_failed, future.as_mut().as_pin_mut()) {
                let entered = Entered::scope(&members);
                if let Poll::Ready(value) = running.poll(cx) {
                    output = Some(value);
                    future.set(None);
                }
                drop(entered);
                has_failed = members.failure().is_some();
            }
            if has_failed {
                let _entered = Entered::scope(&members);
                future.set(None);
            }
            if future.is_none() && members.is_drained() {
                waiting = None;
                return Poll::Ready(());
            }
            if future.is_none() && waiting.is_none() {
                waiting = Waiting::begin();
            }
            Poll::Pending
        })
        .await;
        drop(closing);
        match (members.failure(), output) {
            (None, Some(output)) => Ok(output),
            (Some(error), _) => Err(error),
            (None, None) => unreachable!("a scope ends with its future or with a failure"),
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scope").field("max_concurrency", &self.limit).finish_non_exhaustive()
    }
}

/// Aborts the tasks under way when the scope's future is gone.
struct Closing<'s> {
    members: &'s Arc<Members>,
    outer: Option<Presence>,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        if !self.members.is_empty() {
            settle::close(self.members);
            self.members.outlive(self.outer.take());
        }
    }
}
