//! The keeper of a run, which gets each result before anything else sees it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{ErrorSource, TaskError};

/// A future that ends when the bytes are safe, or with the error that says why they are not.
pub type Keeps = Pin<Box<dyn Future<Output = Result<(), ErrorSource>> + Send>>;

/// Keeps the results of one run, as bytes.
///
/// A run with a keeper publishes a result only once the keeper says that it is safe: until then, neither the dependents
/// of the task nor those who await it see the result.
///
/// If the keeper does not [accept](Self::accepts) a result, only its task fails, and a `catch` catches that. If the keeper
/// accepts a result and cannot keep it, because the disk is full, for example, the task fails with the keeper's error, and
/// no other task of the run starts any more.
///
/// # Examples
/// ```
/// # mod adagio { pub(crate) use dag_runtime::TaskError; pub(crate) mod durable { pub(crate) use dag_runtime::*; } }
/// use std::collections::BTreeMap;
/// use std::future::ready;
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
///
/// use adagio::TaskError;
/// use adagio::durable::{Keeper, Keeps};
///
/// struct Memory {
///     id: Arc<str>,
///     results: Mutex<BTreeMap<&'static str, Vec<u8>>>,
/// }
///
/// impl Keeper for Memory {
///     fn run_id(&self) -> &Arc<str> {
///         &self.id
///     }
///
///     fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps {
///         self.results.lock().unwrap().insert(task, result);
///         Box::pin(ready(Ok(())))
///     }
///
///     fn failed(&self, _: &'static str, _: u32, _: &TaskError, _: Option<Duration>) -> Keeps {
///         Box::pin(ready(Ok(())))
///     }
/// }
/// # let _ = Memory { id: "7".into(), results: Mutex::default() };
/// ```
pub trait Keeper: Send + Sync {
    /// Returns the name of the run, which bodies find in [`current`](super::current()).
    fn run_id(&self) -> &Arc<str>;

    /// Returns an error if a result must not be given to [`keep`](Self::keep), such as one that is too large for the store.
    /// The task fails with this error and is not tried again, and [`failed`](Self::failed) is told. It must not block. It
    /// must depend only on the task and the result, so that all runs of the same name decide the same. By default, all
    /// results are accepted.
    ///
    /// # Examples
    /// ```
    /// # mod adagio { pub(crate) use dag_runtime::TaskError; pub(crate) mod durable { pub(crate) use dag_runtime::*; } }
    /// # use std::error::Error;
    /// # use std::sync::Arc;
    /// # use std::time::Duration;
    /// # use adagio::TaskError;
    /// use adagio::durable::{Keeper, Keeps, TooLarge};
    ///
    /// # struct Small(Arc<str>);
    /// impl Keeper for Small {
    ///     fn accepts(&self, _: &'static str, result: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
    ///         TooLarge::check(result.len(), 1_000_000)?;
    ///         Ok(())
    ///     }
    /// #   fn run_id(&self) -> &Arc<str> { &self.0 }
    /// #   fn keep(&self, _: &'static str, _: Vec<u8>) -> Keeps { Box::pin(std::future::ready(Ok(()))) }
    /// #   fn failed(&self, _: &'static str, _: u32, _: &TaskError, _: Option<Duration>) -> Keeps {
    /// #       Box::pin(std::future::ready(Ok(())))
    /// #   }
    /// # // ..
    /// }
    /// # assert!(Small("7".into()).accepts("page", &[0; 1_000_001]).is_err());
    /// ```
    ///
    /// # Errors
    /// If the result cannot be kept.
    fn accepts(&self, task: &'static str, result: &[u8]) -> Result<(), ErrorSource> {
        _ = (task, result);
        Ok(())
    }

    /// Keeps the result of a task. It is published when the future resolves.
    ///
    /// The results of an inner graph are kept, too, if its block is durable: its tasks have names such as `pricing.total`.
    ///
    /// A task that runs once for each element of a collection keeps the result for each, under a name such as `pages[3]`.
    fn keep(&self, task: &'static str, result: Vec<u8>) -> Keeps;

    /// Keeps how many results a task has that runs once for each element of a collection: all of them are kept. By default,
    /// the number is kept as the result of the task.
    fn keep_count(&self, task: &'static str, count: usize) -> Keeps {
        self.keep(task, count.to_string().into_bytes())
    }

    /// Keeps that an attempt of a task failed. `attempts` counts the failed attempts, also those of an earlier run.
    /// `wait` is the wait before the next attempt; without it, the failure is final, and it is published when the future
    /// resolves.
    ///
    /// The run calls this method for one final failure at a time, so their order is known. It must not block, nor poll
    /// the run: what takes time belongs in the future.
    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps;

    /// Keeps why a task has no result, before a body that catches the failure is told: another task, which `cause` names,
    /// has failed. Its own failure went to [`failed`](Self::failed). The body begins when the future resolves.
    ///
    /// If two of the tasks that it needs fail, the one that comes first counts, and in a later run the other could come
    /// first. A keeper without this method and [`cause`](Self::cause) leaves that open.
    fn caused(&self, task: &'static str, cause: &TaskError) -> Keeps {
        _ = (task, cause);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Returns the failure that an earlier run of the same name gave to [`caused`](Self::caused) for a task. It may be
    /// called more than once for a task, and is not called after [`forget_causes`](Self::forget_causes).
    fn cause(&self, task: &'static str) -> Option<TaskError> {
        _ = task;
        None
    }

    /// Forgets all failures that were given to [`caused`](Self::caused). It is called by
    /// [`retry_failed`](super::DurableRun::retry_failed), after which bodies that catch failures are told new ones. It must
    /// not block.
    fn forget_causes(&self) {}

    /// Returns how many attempts of a task have failed before this run, and the time until the next one. It may be called
    /// more than once for a task.
    fn attempts(&self, task: &'static str) -> (u32, Duration) {
        _ = task;
        (0, Duration::ZERO)
    }

    /// Whether each result is read back from its bytes before it is kept: a result that cannot be read, such as a `NaN`,
    /// fails its task then, and not the next life of the run. By default in debug builds.
    fn reads_back(&self) -> bool {
        cfg!(debug_assertions)
    }
}
