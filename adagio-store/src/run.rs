//! A run that goes on, or has ended, and its handle.

use std::any::Any;
use std::collections::hash_map::Entry;
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;

use adagio::TaskError;
use adagio::durable::{Durable, DurableRun};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::Error;
use crate::keeper::FileKeeper;
use crate::sql::{self, Fence, status};
use crate::store::{Inner, Stop, lock};

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It is under way.
    Running,
    /// Every task that no other task needs has its result. A failure that a task caught does not change that.
    Done,
    /// A task failed, and because of it a task that no other task needs has no result.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// The handle of a stored run, which derefs to the run of its graph: `order.ship().await`.
///
/// The run goes on when all handles are dropped. Its own functions are called as `StoredRun::status(&order)`, because a
/// task may have any name.
pub struct StoredRun<G: Durable>(Arc<Live<G>>);

impl<G: Durable> StoredRun<G> {
    pub(crate) fn new(live: Arc<Live<G>>) -> Self {
        Self(live)
    }

    /// Returns the name of the run.
    #[must_use]
    pub fn id(this: &Self) -> &str {
        &this.0.id
    }

    /// Returns the state of the run, as far as this process knows it.
    #[must_use]
    pub fn status(this: &Self) -> Status {
        this.0.ending.borrow().0
    }

    /// Waits until the run has ended, and returns how. Returns [`Status::Running`] if the run stops in this process
    /// before its end: if another process has taken it, if the file cannot be written, or if the runtime ends on which the
    /// run was started or taken up.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: the run goes on.
    pub async fn ended(this: &Self) -> Status {
        let mut ending = this.0.ending.subscribe();
        // The sender is in `this`.
        let ended = ending.wait_for(|(_, is_over)| *is_over).await;
        ended.map_or(Status::Running, |ended| ended.0)
    }
}

impl<G: Durable> StoredRun<G> {
    /// Waits until the run has ended, and returns an error if it is not done.
    ///
    /// # Errors
    /// [`Error::Failed`] with the failure of the task, [`Error::Cancelled`], or [`Error::Stopped`] where
    /// [`ended`](Self::ended) returns [`Status::Running`].
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: the run goes on.
    pub async fn done(this: &Self) -> Result<(), Error> {
        let id = || Self::id(this).to_owned();
        match Self::ended(this).await {
            Status::Done => Ok(()),
            Status::Cancelled => Err(Error::Cancelled { id: id() }),
            Status::Running => Err(Error::Stopped { id: id() }),
            Status::Failed => {
                let failure = this.0.failure.get().cloned();
                Err(Error::Failed {
                    id: id(),
                    source: failure.unwrap_or_else(|| G::GRAPH.failure("", "it has failed")),
                })
            }
        }
    }
}

impl<G: Durable> Clone for StoredRun<G> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<G: Durable> Deref for StoredRun<G> {
    type Target = G::Run;

    fn deref(&self) -> &G::Run {
        &self.0.run
    }
}

impl<G: Durable> fmt::Debug for StoredRun<G> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StoredRun").field("id", &self.0.id).field("status", &Self::status(self)).finish()
    }
}

/// A run in this process.
pub(crate) struct Live<G: Durable> {
    store: Arc<Inner>,
    pub(crate) id: Arc<str>,
    run: G::Run,
    /// `None` if the run had ended before: nothing of it runs.
    keeper: Option<FileKeeper>,
    /// The status, and whether it stays as it is.
    ending: watch::Sender<(Status, bool)>,
    is_stopped: Mutex<bool>,
    /// The runtime on which it was begun: its bodies are dropped there.
    runtime: Handle,
    /// The failure because of which it has failed.
    failure: OnceLock<TaskError>,
}

impl<G: Durable> Live<G> {
    pub(crate) fn new(
        store: &Arc<Inner>,
        id: Arc<str>,
        run: G::Run,
        status: Status,
        keeper: Option<FileKeeper>,
    ) -> Self {
        let (ending, failure) = (watch::Sender::new((status, keeper.is_none())), OnceLock::new());
        let (store, is_stopped, runtime) = (Arc::clone(store), Mutex::new(false), Handle::current());
        Self { store, id, run, keeper, ending, is_stopped, runtime, failure }
    }

    /// Names the failure of a run that has failed, as it is stored.
    pub(crate) fn has_failed(&self, task: &str, error: &str) {
        _ = self.failure.set(G::GRAPH.failure(task, error));
    }

    /// Whether it is under way, so that a new handle of the stored run may share it.
    pub(crate) fn is_current(&self) -> bool {
        !*lock(&self.is_stopped) && *self.ending.borrow() == (Status::Running, false)
    }

    /// Lets a run that had ended before read its stored outcome, and nothing else.
    pub(crate) async fn close(&self) {
        self.run.settle().await;
        self.run.stop();
    }

    /// Runs it to its end, and writes how it ended.
    pub(crate) async fn drive(self: Arc<Self>) {
        let Some(keeper) = self.keeper.clone() else { return };
        let fence = keeper.fence();
        let mut left = Left(Some((&self, fence)));
        let failures = caught(self.run.complete()).await;
        let is_stopped = *lock(&self.is_stopped);
        let outcome = if is_stopped || keeper.is_broken() { None } else { Some(outcome(failures, &keeper)) };
        let ended = match outcome {
            Some((status, failed, error)) => {
                if let Some(error) = &error {
                    self.has_failed(failed.as_deref().unwrap_or_default(), error);
                }
                let ended = self.store.writer.ask(move |connection| {
                    sql::end(connection, fence, status, (failed.as_deref(), error.as_deref()), Some(Inner::now()))
                });
                matches!(ended.await, Ok(true)).then_some(status)
            }
            None => None,
        };
        let ended = match ended {
            Some(status) => Status::of(status),
            None => self.stored_status(fence).await,
        };
        left.0 = None;
        self.take_out(fence);
        // What failed stays failed: `retry` of the graph makes another run.
        self.drop_bodies();
        self.end(ended);
    }

    /// Drops the bodies under way. A body that panics then does not keep the run from its end.
    fn drop_bodies(&self) {
        // This may be a thread without a runtime, and bodies may need one when they are dropped.
        let _runtime = self.runtime.enter();
        _ = catch_unwind(AssertUnwindSafe(|| self.run.stop()));
    }

    /// Takes it out of the runs of this process. A retry of the run may have taken its place by now.
    fn take_out(&self, fence: Fence) {
        if let Entry::Occupied(held) = lock(&self.store.live).entry(fence.run) {
            if held.get().0 == fence.take {
                held.remove();
            }
        }
    }

    /// Tells those that wait for its end how it ended, unless they know already.
    fn end(&self, status: Status) {
        self.ending.send_if_modified(|ending| {
            let is_news = !ending.1;
            if is_news {
                *ending = (status, true);
            }
            is_news
        });
    }

    /// Returns how a run ended that did not end here: cancelled, or not at all if another process has it or if the file
    /// cannot be written.
    async fn stored_status(&self, fence: Fence) -> Status {
        let stored = self.store.writer.read(move |connection| sql::status_of(connection, fence)).await;
        stored.ok().flatten().map_or(Status::Running, Status::of)
    }

    /// Ends it here because it was cancelled.
    pub(crate) fn cancel(&self) {
        self.end(Status::Cancelled);
        self.stop();
    }
}

/// Leaves a run that is no longer driven because its runtime ends: it stops here, and is free for any process.
struct Left<'l, G: Durable>(Option<(&'l Live<G>, Fence)>);

impl<G: Durable> Drop for Left<'_, G> {
    fn drop(&mut self) {
        let Some((live, fence)) = self.0 else { return };
        // The bodies first: the run must not go on elsewhere while they do.
        live.stop();
        live.take_out(fence);
        let release = move |connection: &_| sql::end(connection, fence, status::RUNNING, (None, None), None);
        // The writer runs the job, although nobody waits for it.
        drop(live.store.writer.ask(release));
        live.end(Status::Running);
    }
}

impl<G: Durable> Stop for Live<G> {
    fn stop(&self) {
        *lock(&self.is_stopped) = true;
        self.drop_bodies();
    }
}

/// Returns how a run ended.
fn outcome(failures: Result<Vec<TaskError>, String>, keeper: &FileKeeper) -> (i64, Option<String>, Option<String>) {
    match failures {
        Ok(failures) => match failures.first() {
            None => (status::DONE, None, None),
            Some(error) => (status::FAILED, Some(error.stored_name()), Some(error.causes())),
        },
        Err(panic) => (status::FAILED, keeper.panicked(), Some(format!("panicked: {panic}"))),
    }
}

/// Waits for a future, and returns the message of its panic.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = std::pin::pin!(future);
    let poll = std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(message(&*panic))),
    });
    poll.await
}

/// Returns the message of a panic.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use adagio::dag;

    use super::*;
    use crate::Store;

    struct Stuck;

    #[dag(durable)]
    impl Stuck {
        pub(crate) async fn never(&self) -> u32 {
            pending().await
        }
    }

    #[tokio::test]
    async fn a_run_ends_for_its_waiters_when_the_thread_of_the_file_has_panicked() {
        let store = Store::in_memory().await.unwrap();
        let run = store.graph("stuck", |(): ()| Stuck).start("a", ()).await.unwrap();
        store.0.writer.ask(|_| -> rusqlite::Result<()> { panic!("a mistake") }).await.unwrap_err();
        let ended = tokio::time::timeout(Duration::from_secs(120), StoredRun::ended(&run)).await;
        assert_eq!(ended.expect("it hangs"), Status::Running);
        assert!(run.never().await.unwrap_err().is_aborted());
    }
}
