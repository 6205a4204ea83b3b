//! The phases of a task: the operations that start, poll, fail and end it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll};

use super::state::{Ended, Failing, Head, Missing, Node, NodeWithoutBody, Phase, Progress, TypedNode};
use super::upstream;
use crate::dynamic::{drop_quietly, lock};
use crate::error::TaskError;
use crate::observe::observer::{Outcome, returns};

impl Node {
    pub(in crate::dynamic) fn head(&self) -> &Head {
        &self.shared.head
    }

    pub(in crate::dynamic) fn name(&self) -> &str {
        self.head().name()
    }

    /// Names the task, unless it has a name. An error of its own has the name, too, even if others have that error already.
    pub(in crate::dynamic) fn set_name(&self, name: &Arc<str>) {
        // Under the lock, so that a task that ends meanwhile finds the name, or is found.
        let progress = lock(&self.shared.progress);
        let is_set = self.head().name.set(Arc::clone(name)).is_ok();
        let has_own_outcome = progress.phase == Phase::Ended;
        drop(progress);
        if !is_set {
            return;
        }
        if let Some(error) = self.error().filter(|_| has_own_outcome) {
            error.set_name(name);
        }
        self.head().tell_named(name);
    }

    /// Notes that a worker has the task. Returns whether the task is still to run.
    pub(in crate::dynamic) fn schedule(&self) -> bool {
        let mut progress = lock(&self.shared.progress);
        if progress.phase == Phase::Waiting {
            progress.phase = Phase::Scheduled;
        }
        progress.phase == Phase::Scheduled
    }

    /// Wakes the worker of a task under way. Returns whether it has one.
    pub(in crate::dynamic) fn wake_worker(&self) -> bool {
        let progress = lock(&self.shared.progress);
        let worker = progress.worker.clone();
        let has_worker = matches!(progress.phase, Phase::UnderWay | Phase::Aborting);
        drop(progress);
        if let Some(worker) = worker {
            worker.wake();
        }
        has_worker
    }

    /// Polls the body. Returns `Poll::Ready(None)` if the task has ended already.
    pub(in crate::dynamic) fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Ended>> {
        let mut progress = lock(&self.shared.progress);
        let has_started = progress.worker.is_some();
        if progress.phase.is_over() {
            return Poll::Ready(None);
        }
        let is_aborting = progress.phase == Phase::Aborting || self.head().is_closed();
        progress.phase = if is_aborting { Phase::Aborting } else { Phase::UnderWay };
        drop(progress);
        if is_aborting {
            return Poll::Ready(Some(self.end_aborted(has_started)));
        }
        if !has_started {
            self.head().tell_started();
        }
        let poll = || self.head().span.enter(|| self.poll_body(cx));
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(Poll::Pending) => self.suspend(cx),
            Ok(Poll::Ready(())) => Poll::Ready(Some(self.end_polled())),
            Err(payload) => {
                returns(|| self.drop_body());
                let error = TaskError::panicked(self.head().function, &*payload);
                drop_quietly(payload);
                Poll::Ready(Some(self.end(error, &Outcome::Panicked)))
            }
        }
    }

    /// Keeps the body for the next poll.
    fn suspend(&self, cx: &Context<'_>) -> Poll<Option<Ended>> {
        let mut progress = lock(&self.shared.progress);
        if progress.phase == Phase::Aborting {
            drop(progress);
            return Poll::Ready(Some(self.end_aborted(true)));
        }
        let previous = match &progress.worker {
            Some(worker) if worker.will_wake(cx.waker()) => None,
            _ => progress.worker.replace(cx.waker().clone()),
        };
        drop(progress);
        drop(previous);
        Poll::Pending
    }

    /// Ends a task that has an outcome.
    fn end_polled(&self) -> Ended {
        let error = self.error().cloned();
        if let Some(error) = &error {
            self.head().name_in(error);
        }
        match &error {
            None => self.head().tell_finished(&Outcome::Done),
            Some(error) => self.head().tell_finished(&Outcome::Failed(error.clone())),
        }
        self.close(lock(&self.shared.progress), Phase::Ended, error)
    }

    fn end_aborted(&self, has_started: bool) -> Ended {
        self.end_dropped(has_started, self.head().aborted())
    }

    /// Drops the body, and ends the task with an error.
    fn end_dropped(&self, has_started: bool, error: TaskError) -> Ended {
        let upstream = self.drop_with_upstream();
        let head = self.head();
        head.name_in(&error);
        if has_started {
            head.tell_finished(&Outcome::Cancelled);
        } else {
            head.tell_skipped(head.function, head.name());
        }
        Ended { upstream, ..self.close(lock(&self.shared.progress), Phase::Ended, Some(error)) }
    }

    /// Drops the body. Returns the tasks that nothing holds any more.
    fn drop_with_upstream(&self) -> Vec<Arc<Self>> {
        upstream::of_dropped(|| _ = returns(|| self.drop_body()))
    }

    /// Tells the observers how a task ended, and ends it with an error.
    fn end(&self, error: TaskError, told: &Outcome) -> Ended {
        self.head().name_in(&error);
        self.head().tell_finished(told);
        self.close(lock(&self.shared.progress), Phase::Ended, Some(error))
    }

    /// Stores the error, if that is the outcome. From now on, nothing can begin to wait for the task.
    fn close(&self, mut progress: MutexGuard<'_, Progress>, phase: Phase, error: Option<TaskError>) -> Ended {
        progress.phase = phase;
        if let Some(error) = &error {
            // The name may have been set a moment ago.
            if phase == Phase::Ended {
                self.head().name_in(error);
            }
            self.set_error(error.clone());
        }
        let (consumers, waiters) = (std::mem::take(&mut progress.consumers), std::mem::take(&mut progress.waiters));
        let worker = progress.worker.take();
        drop(progress);
        drop(worker);
        Ended { error, consumers, waiters, upstream: Vec::new() }
    }

    /// Returns whether the task is to be aborted when its worker polls it.
    pub(in crate::dynamic) fn is_aborting(&self) -> bool {
        lock(&self.shared.progress).phase == Phase::Aborting
    }

    /// Fails a task that has not started; one under way is aborted.
    pub(in crate::dynamic) fn fail(&self, error: &TaskError) -> Failing {
        let mut progress = lock(&self.shared.progress);
        match progress.phase {
            Phase::Waiting => {}
            Phase::Scheduled | Phase::UnderWay => {
                progress.phase = Phase::Aborting;
                return Failing::Told(progress.worker.clone());
            }
            Phase::Aborting => return Failing::Nothing,
            Phase::Ended | Phase::Skipped => {
                let has_failed = self.error().is_some_and(|error| !error.is_aborted());
                return if has_failed { Failing::HadFailed } else { Failing::Nothing };
            }
        }
        // It ends before its body is dropped, so that a worker that is about to run it finds that it has ended.
        let mut ended = self.close(progress, Phase::Skipped, Some(error.clone()));
        let upstream = self.drop_with_upstream();
        if error.is_aborted() {
            ended.upstream = upstream;
        }
        self.head().tell_skipped(error.task(), error.name());
        Failing::Ended(ended)
    }

    /// Ends a task whose worker is dropped with its runtime.
    pub(in crate::dynamic) fn abandon(&self) -> Option<Ended> {
        let mut progress = lock(&self.shared.progress);
        if progress.phase.is_over() {
            return None;
        }
        let error = match progress.phase {
            Phase::Aborting => self.head().aborted(),
            _ if self.head().is_closed() => self.head().aborted(),
            _ => self.head().lost(),
        };
        progress.phase = Phase::Aborting;
        let has_started = progress.worker.is_some();
        drop(progress);
        Some(self.end_dropped(has_started, error))
    }

    /// Ends a task under way as one that has panicked.
    pub(in crate::dynamic) fn panic(&self, message: &str) -> Option<Ended> {
        let mut progress = lock(&self.shared.progress);
        if progress.phase != Phase::UnderWay {
            return None;
        }
        progress.phase = Phase::Aborting;
        drop(progress);
        // The panic hook prints the message, and the tasks that wait for this one get the same message.
        let payload = catch_unwind(|| panic!("{message}")).unwrap_err();
        returns(|| self.drop_body());
        Some(self.end(TaskError::panicked(self.head().function, &*payload), &Outcome::Panicked))
    }
}

impl<T, F> NodeWithoutBody<T, F>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<T, TaskError>> + Send + 'static,
{
    /// Sets the body of the task, or drops the body if the task has ended. If only the body is missing, a worker runs
    /// the task next.
    pub(in crate::dynamic) fn set_body(self, body: F, missing: &Missing) -> TypedNode<T> {
        let typed = self.set(body);
        let node = typed.bodied();
        let mut progress = lock(&node.shared.progress);
        if progress.phase.is_over() {
            drop(progress);
            returns(|| node.drop_body());
            return typed;
        }
        if missing.others() == 0 && node.head().waits.is_none() {
            progress.phase = Phase::Scheduled;
        }
        drop(progress);
        typed
    }
}
