//! The handle of a task.

use std::fmt;
use std::future::poll_fn;

use super::ending::{Ending, TaskFuture};
use super::name::name_of;
use super::shared::{Shared, TakeError, take};
use crate::dynamic::node::Held;
use crate::dynamic::work::worker;
use crate::error::TaskError;

/// A task made at run time: the return value of a `#[task]` function.
///
/// It is running already, or will be as soon as its inputs are done. Clone it, pass it by value or by reference to any
/// number of tasks, await it or `&task`: it runs once. Dropping a handle stops nothing.
///
/// # Panics
/// A task panics if its body awaits its own handle, or a task that waits for it, also in one branch of a `select!`. The
/// message names the circle: ``task `a` waits for itself: `a` -> `b` -> `a` ``. A circle through
/// [`outcomes`](crate::outcomes) or [`first`](crate::first) is not found.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::Task;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// let name = Task::value("Ada".to_owned());
/// let length = name.then(|name| async move { name.len() });
/// let greeting = name.then(|name| async move { format!("Hello, {name}!") });
///
/// assert_eq!(length.await?, 3);
/// assert_eq!(greeting.await?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
pub struct Task<T>(pub(in crate::dynamic) Held<T>);

impl<T: Send + Sync + 'static> Task<T> {
    /// Waits until the task has ended, and returns a handle to its result, which need not be `Clone`.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), adagio::TaskError> {
    /// struct Big([u8; 3]);
    ///
    /// let big = adagio::Task::spawn(async { Big([1, 2, 3]) }).shared().await?;
    /// assert_eq!(big.0.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the task, or one that it needs, failed, panicked or was aborted.
    ///
    /// # Cancel safety
    /// Dropping the future does not affect the task.
    pub fn shared(&self) -> impl Future<Output = Result<Shared<T>, TaskError>> + Send + use<T> {
        let ending = Ending::new(self.0.clone());
        async move {
            let held = ending.await;
            match held.outcome() {
                Some(Err(error)) => Err(error.clone()),
                _ => Ok(Shared(held)),
            }
        }
    }

    /// Waits until the task has ended, and returns its result itself, which need not be `Clone`.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{TakeError, Task};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// struct Connection(u16); // not `Clone`
    ///
    /// let task = Task::spawn(async { Connection(443) });
    /// let shared = task.shared().await.unwrap();
    /// let Err(TakeError::Shared { result, handles, tasks, .. }) = task.take().await else { panic!() };
    /// assert_eq!((result.0, handles, tasks), (443, 1, 0));
    ///
    /// assert_eq!(Task::spawn(async { Connection(80) }).take().await.unwrap().0, 80);
    /// # drop(shared);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the task, or one that it needs, failed, panicked or was aborted; or if others hold the result when the task has
    /// ended: other handles, or tasks that take it and have not ended.
    ///
    /// # Cancel safety
    /// Dropping the future does not affect the task, and drops this handle.
    pub fn take(self) -> impl Future<Output = Result<T, TakeError<T>>> + Send + use<T> {
        let ending = Ending::new(self.0);
        async move {
            let mut held = Some(ending.await);
            poll_fn(|cx| take(&mut held, cx)).await
        }
    }

    /// Names the task: errors, observers and spans show the name from now on. A task that has a name keeps it.
    ///
    /// Tasks of a `#[task(name = "fetch {url}")]` function have a name. Call this on others, in the expression that
    /// creates the task: an observer may be told of events under the name of the function before. If the task has failed
    /// by then, its error has the name, too. A name is cut after 100 letters. Reports still fold the tasks of one
    /// function into one line.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::Task;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let settings = Task::<String>::try_spawn(async { Err("no such file") }).named("load settings");
    /// assert_eq!(settings.await.unwrap_err().to_string(), "task `load settings` failed");
    /// # }
    /// ```
    #[expect(clippy::return_self_not_must_use, reason = "the task runs without its handle")]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.0.set_name(&name_of(format_args!("{}", name.into())));
        self
    }

    /// Aborts the task: its future is dropped, and tasks that depend on it fail with the same error.
    ///
    /// The abort also reaches the inputs: a task is aborted, too, if the dropped future held its last handle or input.
    /// A task that is shared with others is not affected. A task that is done does not change.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = adagio::Task::spawn(std::future::pending::<()>());
    /// task.abort();
    /// let error = task.await.unwrap_err();
    /// assert!(error.is_aborted());
    /// assert_eq!(error.to_string(), "task `spawn` was aborted");
    /// # }
    /// ```
    pub fn abort(&self) {
        worker::fail(self.0.node(), self.0.head().aborted());
    }
}

impl<T> Clone for Task<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

// rustc shows these lines where the result is not `Clone`.
impl<T> IntoFuture for Task<T>
where
    T: Clone, // if it is not: `.take().await` for the result itself, or `.shared().await` for a handle to it
{
    type Output = Result<T, TaskError>;
    type IntoFuture = TaskFuture<T>;

    fn into_future(self) -> TaskFuture<T> {
        TaskFuture::new(self.0)
    }
}

impl<T> IntoFuture for &Task<T>
where
    T: Clone, // if it is not: `.take().await` for the result itself, or `.shared().await` for a handle to it
{
    type Output = Result<T, TaskError>;
    type IntoFuture = TaskFuture<T>;

    fn into_future(self) -> TaskFuture<T> {
        TaskFuture::new(self.0.clone())
    }
}

impl<T: Send + Sync> fmt::Debug for Task<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Task").field(&self.0.name()).finish()
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Unpin>() {}
    assert::<Task<u64>>();
    assert::<TaskFuture<u64>>();
};
