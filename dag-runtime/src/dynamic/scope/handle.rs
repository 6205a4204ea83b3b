//! A handle to a scope, for code outside of its tasks.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::dynamic::handle::Task;
use crate::dynamic::node::Members;
use crate::dynamic::work::current::{self, Entered};

/// A handle to a scope: tasks that are created through it belong to the scope, on any thread and in any callback.
///
/// [`scope_with`](crate::scope_with) creates it. It does not keep the scope from ending.
#[derive(Clone)]
pub struct ScopeHandle {
    members: Arc<Members>,
}

impl ScopeHandle {
    pub(super) fn new(members: &Arc<Members>) -> Self {
        Self { members: Arc::clone(members) }
    }

    /// Creates a task from a future in the scope, as [`Task::spawn`] does.
    ///
    /// # Errors
    /// If the scope has ended, has failed, or was dropped.
    ///
    /// # Panics
    /// If there is no tokio runtime on this thread, and there was none where the scope began.
    pub fn spawn<T: Send + Sync + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<Task<T>, ScopeEnded> {
        self.enter(|| Task::spawn(future))
    }

    /// Creates a task from a future in the scope, as [`Task::try_spawn`] does: an `Err` of the future is the failure of the
    /// task.
    ///
    /// # Errors
    /// If the scope has ended, has failed, or was dropped.
    ///
    /// # Panics
    /// If there is no tokio runtime on this thread, and there was none where the scope began.
    pub fn try_spawn<T, E>(
        &self,
        future: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<Task<T>, ScopeEnded>
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.enter(|| Task::try_spawn(future))
    }

    /// Calls a function. All tasks that it creates belong to the scope, which does not end meanwhile.
    ///
    /// The scope learns of their failures when the function has returned, so call [`caught`](Task::caught) inside.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{Task, scope_with};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), adagio::TaskError> {
    /// let sum = scope_with(|scope| async move {
    ///     // On a thread of its own, which belongs to no runtime.
    ///     let both = std::thread::spawn(move || {
    ///         scope.enter(|| (Task::spawn(async { 3 }), Task::spawn(async { 4 })))
    ///     });
    ///     let (three, four) = both.join().unwrap().expect("the scope has not ended");
    ///     Ok::<_, adagio::TaskError>(three.await? + four.await?)
    /// });
    /// assert_eq!(sum.await??, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the scope has ended, has failed, or was dropped. The function is not called then. Inside of the scope, it is
    /// always called.
    pub fn enter<R>(&self, make: impl FnOnce() -> R) -> Result<R, ScopeEnded> {
        if current::is_in(&self.members) {
            return Ok(make());
        }
        let presence = self.members.join().ok_or(ScopeEnded)?;
        let _entered = Entered::closure(&presence.0);
        Ok(make())
    }
}

impl fmt::Debug for ScopeHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScopeHandle").finish_non_exhaustive()
    }
}

/// The error of a [`ScopeHandle`] whose scope has ended, has failed, or was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScopeEnded;

impl fmt::Display for ScopeEnded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the scope has ended: it waits for its tasks, not for its handles")
    }
}

impl Error for ScopeEnded {}

const _: () = {
    const fn assert<T: Send + Sync + Unpin + 'static>() {}
    assert::<ScopeHandle>();
};
