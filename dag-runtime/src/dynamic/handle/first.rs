//! In: tasks, and how many of them must succeed. Out: one task with the results of the first that did.

use std::error::Error;
use std::fmt;
use std::iter;

use super::all::TaskHandle;
use super::make::NewTask;
use super::outcomes::{Outcomes, outcomes};
use super::task::Task;
use crate::error::TaskError;

/// Creates one task from several. Its result has the results of the first `n` tasks that succeed, in the order in which
/// they end; the others are aborted, also if other handles or tasks hold them. It fails as soon as fewer than `n` can
/// succeed, with all failures: see [`FirstError`]. The task is called `first`, and takes no slot of
/// [`Scope::max_concurrency`](crate::Scope::max_concurrency).
///
/// The failures of the others do not fail the scope if `first` is called before the next `.await` after the tasks were
/// created, as with [`Task::caught`](crate::Task::caught). A task that waits for `first`, and is one of `tasks`, does not
/// panic: another one may be first.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{FirstError, Task, first};
/// use std::error::Error;
///
/// async fn ask(mirror: &'static str) -> Result<&'static str, String> {
///     if mirror == "down" { Err("no answer".to_owned()) } else { Ok(mirror) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// let quickest = first(1, ["down", "a", "b"].map(|mirror| Task::try_spawn(ask(mirror))));
/// assert_eq!(quickest.await?, ["a"]);
///
/// let error = first(2, ["down", "a", "down"].map(|mirror| Task::try_spawn(ask(mirror)))).await.unwrap_err();
/// let failures = error.downcast_ref::<FirstError>().unwrap().failures();
/// assert_eq!(failures.len(), 2);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// Outside of a tokio runtime.
#[track_caller]
pub fn first<H>(n: usize, tasks: impl IntoIterator<Item = H>) -> Task<Vec<H::Value>>
where
    H: TaskHandle<Value: Clone>,
{
    let outcomes = outcomes(tasks);
    NewTask::slotless("first", iter::empty).start(async move {
        let results = first_of(n, outcomes).await;
        results.map_err(|error| TaskError::new("first", Box::new(error)))
    })
}

async fn first_of<T: Clone + Send + Sync + 'static>(n: usize, mut tasks: Outcomes<T>) -> Result<Vec<T>, FirstError> {
    let (mut results, mut failures) = (Vec::new(), Vec::new());
    let among = tasks.len();
    while results.len() < n && results.len() + tasks.len() >= n {
        match tasks.next().await {
            Some(Ok(result)) => results.push(result),
            Some(Err(error)) => failures.push(error),
            None => break,
        }
    }
    tasks.abort_all();
    if results.len() == n { Ok(results) } else { Err(FirstError { needed: n, among, failures }) }
}

/// The error of [`first`] if too few tasks succeed.
#[derive(Clone, Debug)]
pub struct FirstError {
    needed: usize,
    among: usize,
    failures: Vec<TaskError>,
}

impl FirstError {
    /// Returns the failures of the tasks, in the order in which they happened.
    #[must_use]
    pub fn failures(&self) -> &[TaskError] {
        &self.failures
    }
}

impl fmt::Display for FirstError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, among, .. } = self;
        if needed > among {
            write!(formatter, "{needed} {} had to succeed, and there {} only {among}", tasks(*needed), were(*among))?;
        } else {
            write!(formatter, "{needed} of {among} {} had to succeed", tasks(*among))?;
        }
        for (place, error) in self.failures.iter().enumerate() {
            let separator = if place == 0 { ", but " } else { "; " };
            write!(formatter, "{separator}{error}")?;
            if let Some(source) = error.source() {
                write!(formatter, ": {source}")?;
            }
        }
        Ok(())
    }
}

fn tasks(count: usize) -> &'static str {
    if count == 1 { "task" } else { "tasks" }
}

fn were(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

impl Error for FirstError {}
