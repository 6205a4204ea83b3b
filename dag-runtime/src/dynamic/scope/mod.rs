//! In: a future that creates tasks. Out: its output, once all tasks have ended; or the first failure.
//!
//! The future of a scope is polled and dropped inside of the scope. A scope holds no task: it has an `Arc<Members>`, as
//! each of its tasks has, and waits until they have counted themselves out. A scope that is dropped early is closed: its
//! tasks are aborted, and the scope outside waits for them instead. A scope that has ended stays so: its handles make no
//! task.

mod body;
mod handle;
mod running;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

pub use body::{IsFunction, IsFuture, ScopeBody};
pub use handle::{ScopeEnded, ScopeHandle};

use crate::dynamic::node::{Limit, Members};
use crate::dynamic::work::current;
use crate::error::TaskError;
use crate::observe::observer::{Observer, Observers, RunEvent};

/// Runs a future, or calls a function and runs the future that it returns; and waits for every task that is created inside,
/// nested calls included.
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
/// A failure that your code handles where it awaits the task has already failed the scope: await
/// [`task.caught()`](crate::Task::caught) instead, or use [`Scope::keep_going`].
///
/// # Panics
/// If the future panics. A panic of a task is an error.
///
/// # Cancel safety
/// Dropping the future aborts all tasks, and does not wait for them.
pub async fn scope<B: ScopeBody<Kind>, Kind>(body: B) -> Result<B::Output, TaskError> {
    Scope::new().run(body).await
}

/// Calls a function with a handle to the scope and runs the future that it returns, as [`scope`] does. Tasks that are
/// created through the handle belong to the scope wherever they are created: on another thread, in a callback, inside your
/// own `tokio::spawn`.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{ScopeEnded, scope_with};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// let (number, handle) = scope_with(|scope| async move {
///     let inside = scope.clone();
///     let number = tokio::spawn(async move { inside.spawn(async { 42 }) }).await.unwrap();
///     (number.expect("the scope has not ended"), scope)
/// })
/// .await?;
/// assert_eq!(number.await?, 42);
/// assert!(matches!(handle.spawn(async { 43 }), Err(ScopeEnded { .. })));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`scope`].
///
/// # Panics
/// If the function or the future panics.
///
/// # Cancel safety
/// Dropping the future aborts all tasks, and does not wait for them.
pub async fn scope_with<F: Future>(body: impl FnOnce(ScopeHandle) -> F) -> Result<F::Output, TaskError> {
    Scope::new().run_with(body).await
}

/// A [`scope`] with a limit, with observers, or that goes on after failures.
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
#[must_use = "a scope does nothing until it runs a future"]
pub struct Scope<M = FailFast> {
    limit: Limit,
    observers: Observers,
    mode: PhantomData<fn() -> M>,
}

/// The mode of a [`Scope`] that the first failure ends.
#[derive(Debug)]
pub enum FailFast {}

/// The mode of a [`Scope`] that goes on after failures; see [`Scope::keep_going`].
#[derive(Debug)]
pub enum KeepGoing {}

impl Scope {
    /// Creates a scope without a limit and without observers. The first failure ends it.
    pub fn new() -> Self {
        Self { limit: Limit::default(), observers: Observers::default(), mode: PhantomData }
    }

    /// Makes the scope go on after failures. [`run`](Scope::<KeepGoing>::run) then returns the output of the future and
    /// all failures, in the order in which they happened.
    ///
    /// Nothing is aborted. Tasks that depend on a failed task are skipped: they fail with the same error, which is in
    /// the list once.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{Scope, Task};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let numbers = async { ["1", "x", "3"].map(|text| Task::try_spawn(async { text.parse::<u32>() })) };
    /// let (numbers, failures) = Scope::new().keep_going().run(numbers).await;
    ///
    /// assert_eq!(numbers[2].clone().await.unwrap(), 3);
    /// assert_eq!(failures.len(), 1);
    /// assert!(failures[0].downcast_ref::<std::num::ParseIntError>().is_some());
    /// # }
    /// ```
    pub fn keep_going(self) -> Scope<KeepGoing> {
        let Self { limit, observers, .. } = self;
        Scope { limit, observers, mode: PhantomData }
    }

    /// Runs a future in the scope; see [`scope`].
    ///
    /// # Errors
    /// If a task fails or panics.
    ///
    /// # Panics
    /// If the future panics.
    ///
    /// # Cancel safety
    /// Dropping the future aborts all tasks, and does not wait for them.
    pub async fn run<B: ScopeBody<Kind>, Kind>(self, body: B) -> Result<B::Output, TaskError> {
        fail_fast(&Arc::new(self.members()), body.into_body()).await
    }

    /// Calls a function with a handle to the scope and runs the future that it returns; see [`scope_with`].
    ///
    /// # Errors
    /// If a task fails or panics.
    ///
    /// # Panics
    /// If the function or the future panics.
    ///
    /// # Cancel safety
    /// Dropping the future aborts all tasks, and does not wait for them.
    pub async fn run_with<F: Future>(self, body: impl FnOnce(ScopeHandle) -> F) -> Result<F::Output, TaskError> {
        let members = Arc::new(self.members().with_runtime());
        let handle = ScopeHandle::new(&members);
        fail_fast(&members, async { body(handle).await }).await
    }
}

async fn fail_fast<F: Future>(members: &Arc<Members>, future: F) -> Result<F::Output, TaskError> {
    let output = running::run(members, future).await;
    match (members.failure(), output) {
        (None, Some(output)) => Ok(output),
        (Some(error), _) => Err(error),
        (None, None) => unreachable!("a scope ends with its future or with a failure"),
    }
}

async fn keep_going<F: Future>(members: &Arc<Members>, future: F) -> (F::Output, Vec<TaskError>) {
    let output = running::run(members, future).await;
    (output.expect("no failure ends the scope"), members.take_failures())
}

impl Scope<KeepGoing> {
    /// Runs a future in the scope, and waits for every task. Returns the output of the future, and every failure and panic
    /// of a task, in the order in which they happened. A task that was aborted is no failure.
    ///
    /// # Panics
    /// If the future panics.
    ///
    /// # Cancel safety
    /// Dropping the future aborts all tasks, and does not wait for them.
    pub async fn run<B: ScopeBody<Kind>, Kind>(self, body: B) -> (B::Output, Vec<TaskError>) {
        keep_going(&Arc::new(self.members().keep_going()), body.into_body()).await
    }

    /// Calls a function with a handle to the scope and runs the future that it returns; see [`scope_with`]. Returns the same
    /// as [`run`](Self::run).
    ///
    /// # Panics
    /// If the function or the future panics.
    ///
    /// # Cancel safety
    /// Dropping the future aborts all tasks, and does not wait for them.
    pub async fn run_with<F: Future>(self, body: impl FnOnce(ScopeHandle) -> F) -> (F::Output, Vec<TaskError>) {
        let members = Arc::new(self.members().keep_going().with_runtime());
        let handle = ScopeHandle::new(&members);
        keep_going(&members, async { body(handle).await }).await
    }
}

impl<M> Scope<M> {
    /// Lets at most `tasks` tasks be under way at once. Free slots go to the ready tasks in the order in which they
    /// were created.
    ///
    /// Inside a task of a scope with a limit, each task needs a slot of both scopes. A scope without a limit of its own
    /// shares the slots of that outer scope, too.
    ///
    /// A task that awaits a [`Task`](crate::Task) lends its slot while it waits, so that tasks that create tasks can
    /// finish even with a limit of 1. So the limit does not bound how many bodies have begun, but how many of these do not
    /// wait for a task. A task keeps its slot during other waits: for a lock, for a channel that another task sends into, or
    /// in a `block_on` inside a `#[task(blocking)]` body. Tasks that only pass results on, such as those of
    /// [`all`](crate::all), [`first`](crate::first) and [`caught`](crate::Task::caught), take no slot.
    ///
    /// [`own_limit`](Self::own_limit) replaces it.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_concurrency(mut self, tasks: usize) -> Self {
        assert!(tasks > 0, "`max_concurrency` is at least 1: with 0 nothing would ever run");
        self.limit = Limit { slots: Some(tasks), is_own: false, ..self.limit };
        self
    }

    /// Lets at most `tasks` tasks be under way at once, whatever the limit of the scope outside: they take no slots of
    /// that one. The limit is for this scope alone: a task that waits for such a scope lends its slot, so any number of
    /// them may be under way.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{Scope, Task};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), adagio::TaskError> {
    /// let pages = Scope::new().max_concurrency(2).run(async {
    ///     Task::spawn(async {
    ///         // Eight at once, though the scope outside lets two run.
    ///         let parts = async { (0..100).map(|part| Task::spawn(async move { part })).count() };
    ///         Scope::new().own_limit(8).run(parts).await.unwrap()
    ///     })
    ///     .await
    /// });
    /// assert_eq!(pages.await??, 100);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn own_limit(mut self, tasks: usize) -> Self {
        assert!(tasks > 0, "`own_limit` is at least 1: with 0 nothing would ever run");
        self.limit = Limit { slots: Some(tasks), is_own: true, ..self.limit };
        self
    }

    /// Assigns free slots to the deepest of the ready tasks, and among these to the oldest. A task is as deep as the longest
    /// chain of tasks that leads to it: its inputs, and the task whose body created it.
    ///
    /// So tasks that continue an item go before tasks that begin a new one, and at most about as many items are in memory as
    /// there are slots. It has an effect only where a limit holds tasks back, and holds for scopes inside that share the
    /// slots.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{Scope, Task};
    /// use std::sync::{Arc, Mutex};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), adagio::TaskError> {
    /// let log = Arc::new(Mutex::new(Vec::new()));
    /// let run = Scope::new().max_concurrency(1).depth_first().run(async {
    ///     let note = |text| {
    ///         let log = Arc::clone(&log);
    ///         async move { log.lock().unwrap().push(text) }
    ///     };
    ///     let downloads = ["download 1", "download 2"].map(|text| Task::spawn(note(text)));
    ///     let (upload_1, upload_2) = (note("upload 1"), note("upload 2"));
    ///     downloads[0].then(|()| upload_1);
    ///     downloads[1].then(|()| upload_2);
    /// });
    /// run.await?;
    /// assert_eq!(*log.lock().unwrap(), ["download 1", "upload 1", "download 2", "upload 2"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn depth_first(mut self) -> Self {
        self.limit.is_depth_first = true;
        self
    }

    fn members(self) -> Members {
        let outer = current::outer_with_slots();
        Members::new(&self.limit, self.observers, outer.as_deref())
    }

    /// Adds an observer, which is told of each task that is created, starts, finishes or is skipped. Ids are unique in
    /// the scope.
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.add(observer, &RunEvent::new(None));
        self
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> fmt::Debug for Scope<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scope").field("limit", &self.limit).finish_non_exhaustive()
    }
}
