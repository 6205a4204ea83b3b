//! Tasks made of any value, function or future, where it is called.

use std::convert::Infallible;
use std::error::Error;
use std::iter;
use std::sync::atomic::Ordering;

use super::make::{Edge, FailsWith, NewTask};
use super::task::Task;
use crate::dynamic::node::{Held, NodeWithoutBody, State};
use crate::dynamic::work::current;
use crate::error::TaskError;

impl<T: Clone + Send + Sync + 'static> Task<T> {
    /// Creates a task from a function of the result of this one. The function takes the result itself if nobody else
    /// holds it, else a clone. The task is called `then`.
    ///
    /// The output of the function is the result of the task, even if it is a `Result`: see
    /// [`try_then`](Self::try_then).
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// async fn double(number: u32) -> u32 {
    ///     2 * number
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(adagio::Task::value(21).then(double).await.unwrap(), 42);
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn then<F, R>(&self, function: F) -> Task<R::Output>
    where
        F: FnOnce(T) -> R + Send + 'static,
        R: Future<Output: Send + Sync + 'static> + Send + 'static,
    {
        let input = self.0.input();
        NewTask::new("then", &[Edge(Some(&self.0))]).start(async move { Ok(function(input.into_value()).await) })
    }

    /// Creates a task as [`then`](Self::then) does, from a function that can fail: its `Err` is the failure of the
    /// task.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let number = adagio::Task::value("x").try_then(|text| async move { text.parse::<u32>() });
    /// assert_eq!(number.await.unwrap_err().to_string(), "task `then` failed");
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn try_then<F, R, U, E>(&self, function: F) -> Task<U>
    where
        F: FnOnce(T) -> R + Send + 'static,
        R: Future<Output = Result<U, E>> + Send + 'static,
        U: Send + Sync + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let input = self.0.input();
        NewTask::new("then", &[Edge(Some(&self.0))])
            .start(async move { function(input.into_value()).await.fails_as("then") })
    }

    /// Creates a task whose result is the outcome of this one, as a value: a failure, a panic or an abort of this task is
    /// an `Err` of the new one, and does not fail the scope. The task is called `caught`, and takes no slot of
    /// [`Scope::max_concurrency`](crate::Scope::max_concurrency).
    ///
    /// Call it in the expression that creates the task, or at least before the next `.await`: then it is never too late,
    /// on a runtime with one thread or many. The scope learns of a failure no earlier than at the end of the poll in which
    /// the task was created. Called later, it catches only a failure that is still to come.
    ///
    /// A failure that reached this task through its inputs is caught, too: `parse(fetch(url)).caught()` catches that of
    /// `fetch`. Another task that depends on the failed one still fails, and its scope with it, unless that is caught in
    /// its turn. So does a task that a body awaits: catch it there.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{Task, TaskError, scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), TaskError> {
    /// let length = scope(async {
    ///     let page = Task::<String>::try_spawn(async { Err("not found") }).caught();
    ///     page.await.map(|page| page.map_or(0, |page| page.len()))
    /// })
    /// .await?;
    /// assert_eq!(length?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    #[must_use = "a failure that is caught is nobody else's"]
    pub fn caught(&self) -> Task<Result<T, TaskError>> {
        self.0.head().is_caught.store(true, Ordering::Release);
        let input = self.0.input();
        NewTask::catching("caught", &self.0).start(async move { Ok(input.into_outcome()) })
    }
}

impl<T: Send + Sync + 'static> Task<T> {
    /// Creates a task that is done. It is called `value`.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(adagio::Task::value(42).await.unwrap(), 42);
    /// # }
    /// ```
    #[must_use]
    pub fn value(value: T) -> Self {
        if current::is_unwatched() {
            let node = NodeWithoutBody::<T, Infallible>::with_outcome(State::done("value"), Ok(value));
            return Self(Held::first(node.without_body()));
        }
        NewTask::slotless("value", iter::empty).start(async move { Ok(value) })
    }

    /// Creates a task from a future. The output of the future is the result of the task, even if it is a `Result`: see
    /// [`try_spawn`](Self::try_spawn). The task is called `spawn`.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(adagio::Task::spawn(async { 6 * 7 }).await.unwrap(), 42);
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn spawn(future: impl Future<Output = T> + Send + 'static) -> Self {
        NewTask::new("spawn", &[]).start(async move { Ok(future.await) })
    }

    /// Creates a task as [`spawn`](Self::spawn) does, from a future that can fail: its `Err` is the failure of the
    /// task.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = adagio::Task::<()>::try_spawn(async { Err("no network") });
    /// assert_eq!(task.await.unwrap_err().to_string(), "task `spawn` failed");
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn try_spawn<E>(future: impl Future<Output = Result<T, E>> + Send + 'static) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        NewTask::new("spawn", &[]).start(async move { future.await.fails_as("spawn") })
    }
}
