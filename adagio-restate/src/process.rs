//! A run in this process, which is taken up where the journal ends. In: the results so far. Out: entry after entry.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use adagio::TaskError;
use adagio::durable::{Deferral, DurableRun};
use restate_sdk::errors::HandlerResult;
use serde_json::value::RawValue;

use crate::entry::{Entry, Failed, Record, Results};
use crate::failure::{panicked, terminal, transient};
use crate::order::Order;
use crate::progress::{Attempt, Progress};

/// Runs all that is needed at once, while the journal takes one task after another.
pub(crate) struct Process<'o, R> {
    order: &'o Order,
    run: R,
    deferral: Deferral,
    progress: Progress,
    is_wanted: AtomicBool,
    /// The tasks whose failures are in the journal.
    failed: BTreeSet<String>,
}

impl<'o, R: DurableRun> Process<'o, R> {
    /// Takes a run of which nothing has started up from the results so far.
    pub(crate) fn new(order: &'o Order, run: R, results: &Results) -> Result<Self, TaskError> {
        let graph = order.graph();
        let deferral = Deferral::except(graph, order.tried_here());
        let progress = Progress::default();
        let run = run.defer_retries(&deferral).observe(progress.clone());
        let run = results.iter().try_fold(run, |run, (task, value)| run.seed(task, value.get().as_bytes()))?;
        // A task comes before those that it needs, so each gets its own failure and not that of another.
        let run = results.failures().fold(run, |run, (task, failed)| {
            run.seed_failure(task, graph.failure(&failed.task, failed.error.as_str()))
        });
        let failed = results.failures().map(|(_, failed)| failed.task.clone()).collect();
        Ok(Self { order, run, deferral, progress, is_wanted: AtomicBool::new(false), failed })
    }

    /// Waits for one task, and returns the results that are there by then and not in the journal.
    ///
    /// A task that is to be tried again is given to the engine when nothing else is under way and everything that is
    /// done stands in the journal: its further attempts repeat no other task.
    pub(crate) async fn entry(&self, task: usize, results: &Results) -> HandlerResult<Entry> {
        let mut entry = pin!(self.advance(task, results));
        poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| entry.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(payload) => {
                let guilty = self.progress.panicked();
                Poll::Ready(Err(panicked(guilty.as_deref().unwrap_or(self.name(task)), &*payload)))
            }
        })
        .await
    }

    async fn advance(&self, task: usize, results: &Results) -> HandlerResult<Entry> {
        if !self.is_wanted.swap(true, Ordering::Relaxed) {
            self.want(results).await;
        }
        let failure = match self.reach(task).await? {
            Err(failure) if !self.is_final(&failure) => failure,
            // Its result is there, or a failure that is caught.
            _ => return Ok(self.done(task, results).await),
        };
        for &other in self.order.tasks() {
            _ = self.reach(other).await?;
        }
        let entry = self.done(task, results).await;
        if entry.is_empty() { Err(transient(&failure)) } else { Ok(entry) }
    }

    /// Makes a goal of every task, so that those that do not need one that is to be tried again go on. They stay
    /// wanted.
    async fn want(&self, results: &Results) {
        poll_fn(|cx| {
            for &task in self.order.tasks().iter().filter(|&&task| !results.has(task)) {
                _ = self.look(task, cx);
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Waits for a task, or for a failure of any that ends the invocation.
    async fn reach(&self, task: usize) -> HandlerResult<Result<Vec<u8>, TaskError>> {
        let mut result = pin!(self.run.result(self.name(task)));
        poll_fn(|cx| {
            let poll = result.as_mut().poll(cx);
            if let Some(error) = self.progress.failures().into_iter().find(|error| self.is_fatal(error, cx)) {
                return Poll::Ready(Err(terminal(&error).into()));
            }
            match poll {
                // It cannot be stored, or the goal has asked for a failure that is in the journal.
                Poll::Ready(Err(error)) if self.is_final(&error) && !self.is_caught(task, &error) => {
                    Poll::Ready(Err(terminal(&error).into()))
                }
                poll => poll.map(Ok),
            }
        })
        .await
    }

    /// Returns the outcomes that are there and not in the journal. The task `awaited` has ended, even if no observer has
    /// been told so.
    async fn done(&self, awaited: usize, results: &Results) -> Entry {
        // A task that cannot run has an outcome, and never started.
        let has_ended = |task: usize| task == awaited || self.progress.attempt(task).has_ended;
        let needed = self.order.tasks().iter().filter(|&&task| self.order.catches() || has_ended(task));
        let asked = self.order.askable().iter().filter(|&&task| has_ended(task));
        let mut open: Vec<usize> = needed.chain(asked).copied().filter(|&task| !results.has(task)).collect();
        // A look drives the run. The dependents come first, so that a result is never there without a failure that its task
        // has caught.
        open.sort_unstable_by(|one, other| other.cmp(one));
        let mut entry = Entry::new();
        poll_fn(|cx| {
            for &task in &open {
                let (value, failed) = match self.look(task, cx) {
                    Poll::Ready(Ok(stored)) => (String::from_utf8(stored).ok(), None),
                    Poll::Ready(Err(error)) if self.is_final(&error) && self.is_caught(task, &error) => {
                        let failed = Failed { task: error.task().to_owned(), error: error.causes() };
                        (Some("null".to_owned()), Some(failed))
                    }
                    Poll::Pending | Poll::Ready(Err(_)) => continue,
                };
                // What cannot be stored is told when the task's own turn comes.
                let Some(value) = value.and_then(|json| RawValue::from_string(json).ok()) else { continue };
                let Attempt { started, ended, .. } = self.progress.attempt(task);
                entry.insert(self.name(task).to_owned(), Record { value, failed, started, ended });
            }
            Poll::Ready(())
        })
        .await;
        entry
    }

    /// Whether the engine makes no other attempt.
    fn is_final(&self, error: &TaskError) -> bool {
        !self.deferral.has(error.task())
    }

    /// Whether it is the failure of a task, and not one of reading or writing a result. Observers are not told of those in
    /// the journal.
    fn is_known(&self, error: &TaskError) -> bool {
        self.failed.contains(error.task()) || self.progress.failures().iter().any(|known| known.task() == error.task())
    }

    /// Whether another task may catch the error with which a task has ended.
    fn is_caught(&self, task: usize, error: &TaskError) -> bool {
        task != self.order.goal() && self.is_known(error)
    }

    /// Whether the goal has no result because of a failure. A task with `catch` that has failed has a result all the same,
    /// and so has a goal if a failure on the way to it is caught, or if it was an attempt that is not the last.
    fn is_fatal(&self, error: &TaskError, cx: &mut Context<'_>) -> bool {
        if !self.is_final(error) || self.failed.contains(error.task()) {
            return false;
        }
        let mut has_failed = |task: usize| matches!(self.look(task, cx), Poll::Ready(Err(_)));
        // A task of a graph inside counts as the task that returns the object.
        let place = self.order.graph().position(error.task());
        let object = || self.order.graph().position(error.task().split('.').next()?);
        place.is_none_or(&mut has_failed)
            && has_failed(self.order.goal())
            && place.or_else(object).is_none_or(|task| self.order.stops(task))
    }

    fn look(&self, task: usize, cx: &mut Context<'_>) -> Poll<Result<Vec<u8>, TaskError>> {
        let mut result = pin!(self.run.result(self.name(task)));
        Pin::as_mut(&mut result).poll(cx)
    }

    fn name(&self, task: usize) -> &'static str {
        self.order.graph().tasks[task].name
    }
}

#[cfg(test)]
mod caught;

#[cfg(test)]
mod tests;
