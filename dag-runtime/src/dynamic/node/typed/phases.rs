//! The phases of a task: the operations that start, poll, fail and end it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll};

use super::{Body, Node, Phase, Progress};
use crate::dynamic::node::any_node::{AnyNode, Ended, Failing, Head, InputState, WaiterKey};
use crate::dynamic::node::upstream;
use crate::dynamic::{drop_quietly, lock};
use crate::error::TaskError;
use crate::observe::observer::Outcome;

impl<T> Node<T> {
    /// Tells the observers how a task ended, and ends it.
    fn end(&self, outcome: Result<T, TaskError>, told: &Outcome) -> Ended {
        self.head.tell_finished(told);
        self.close(lock(&self.progress), outcome)
    }

    /// Stores the outcome. From now on, nothing can begin to wait for the task.
    fn close(&self, mut progress: MutexGuard<'_, Progress<T>>, outcome: Result<T, TaskError>) -> Ended {
        let error = outcome.as_ref().err().cloned();
        progress.phase = Phase::Ended;
        _ = self.outcome.set(outcome);
        let (consumers, waiters) = (std::mem::take(&mut progress.consumers), std::mem::take(&mut progress.waiters));
        let worker = progress.worker.take();
        drop(progress);
        drop(worker);
        Ended { error, consumers, waiters, upstream: Vec::new() }
    }

    fn end_polled(&self, polled: std::thread::Result<Result<T, TaskError>>) -> Ended {
        match polled {
            Ok(Ok(value)) => self.end(Ok(value), &Outcome::Done),
            Ok(Err(error)) => {
                let told = Outcome::Failed(error.clone());
                self.end(Err(error), &told)
            }
            Err(payload) => {
                let error = TaskError::panicked(self.head.name, &*payload);
                drop_quietly(payload);
                self.end(Err(error), &Outcome::Panicked)
            }
        }
    }

    fn end_aborted(&self, body: Option<Body<T>>, has_started: bool) -> Ended {
        self.end_dropped(body, has_started, TaskError::aborted(self.head.name))
    }

    fn end_dropped(&self, body: Option<Body<T>>, has_started: bool, error: TaskError) -> Ended {
        let upstream = upstream::of_dropped(|| drop_quietly(body));
        let told = if has_started { Outcome::Cancelled } else { Outcome::Skipped { because: self.head.name } };
        let mut ended = self.end(Err(error), &told);
        ended.upstream = upstream;
        ended
    }

    /// Keeps the body for the next poll.
    fn suspend(&self, body: Body<T>, cx: &Context<'_>) -> Poll<Option<Ended>> {
        let mut progress = lock(&self.progress);
        if progress.phase == Phase::Aborting {
            drop(progress);
            return Poll::Ready(Some(self.end_aborted(Some(body), true)));
        }
        progress.body = Some(body);
        let previous = match &progress.worker {
            Some(worker) if worker.will_wake(cx.waker()) => None,
            _ => progress.worker.replace(cx.waker().clone()),
        };
        drop(progress);
        drop(previous);
        Poll::Pending
    }
}

impl<T: Send + Sync> AnyNode for Node<T> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn add_consumer(&self, consumer: &Arc<dyn AnyNode>) -> InputState {
        let mut progress = lock(&self.progress);
        if progress.phase != Phase::Ended {
            progress.consumers.add(Arc::clone(consumer));
            return InputState::Pending;
        }
        drop(progress);
        match self.outcome() {
            Some(Err(error)) => InputState::Failed(error.clone()),
            _ => InputState::Done,
        }
    }

    fn schedule(&self) -> bool {
        let mut progress = lock(&self.progress);
        if progress.phase == Phase::Waiting {
            progress.phase = Phase::Scheduled;
        }
        progress.phase == Phase::Scheduled
    }

    fn wake_worker(&self) -> bool {
        let progress = lock(&self.progress);
        let worker = progress.worker.clone();
        let has_worker = matches!(progress.phase, Phase::UnderWay | Phase::Aborting);
        drop(progress);
        if let Some(worker) = worker {
            worker.wake();
        }
        has_worker
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Ended>> {
        let mut progress = lock(&self.progress);
        let has_started = progress.worker.is_some();
        if progress.phase == Phase::Ended {
            return Poll::Ready(None);
        }
        let body = progress.body.take();
        let is_aborting = progress.phase == Phase::Aborting || self.head.is_closed();
        progress.phase = if is_aborting { Phase::Aborting } else { Phase::UnderWay };
        drop(progress);
        if is_aborting {
            return Poll::Ready(Some(self.end_aborted(body, has_started)));
        }
        let mut body = body.expect("what is ready has a body");
        if !has_started {
            self.head.tell_started();
        }
        let outcome = match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return self.suspend(body, cx),
            Ok(Poll::Ready(outcome)) => match catch_unwind(AssertUnwindSafe(|| drop(body))) {
                Ok(()) => Ok(outcome),
                Err(payload) => {
                    drop_quietly(outcome);
                    Err(payload)
                }
            },
            Err(payload) => {
                drop_quietly(body);
                Err(payload)
            }
        };
        Poll::Ready(Some(self.end_polled(outcome)))
    }

    fn is_aborting(&self) -> bool {
        lock(&self.progress).phase == Phase::Aborting
    }

    fn fail(&self, error: &TaskError) -> Failing {
        let mut progress = lock(&self.progress);
        match progress.phase {
            Phase::Waiting => {}
            Phase::Scheduled | Phase::UnderWay => {
                progress.phase = Phase::Aborting;
                return Failing::Told(progress.worker.clone());
            }
            Phase::Aborting => return Failing::Nothing,
            Phase::Ended => {
                let has_failed = matches!(self.outcome(), Some(Err(error)) if !error.is_aborted());
                return if has_failed { Failing::HadFailed } else { Failing::Nothing };
            }
        }
        // It ends before its body is dropped, so that a worker that is about to run it finds that it has ended.
        let body = progress.body.take();
        let mut ended = self.close(progress, Err(error.clone()));
        let upstream = upstream::of_dropped(|| drop_quietly(body));
        if error.is_aborted() {
            ended.upstream = upstream;
        }
        self.head.tell_finished(&Outcome::Skipped { because: error.task() });
        Failing::Ended(ended)
    }

    fn abandon(&self) -> Option<Ended> {
        let mut progress = lock(&self.progress);
        if progress.phase == Phase::Ended {
            return None;
        }
        let error = match progress.phase {
            Phase::Aborting => TaskError::aborted(self.head.name),
            _ if self.head.is_closed() => TaskError::aborted(self.head.name),
            _ => TaskError::lost(self.head.name),
        };
        progress.phase = Phase::Aborting;
        let (body, has_started) = (progress.body.take(), progress.worker.is_some());
        drop(progress);
        Some(self.end_dropped(body, has_started, error))
    }

    fn wait_by(&self, waiter: WaiterKey, task: &Arc<dyn AnyNode>) -> bool {
        let mut progress = lock(&self.progress);
        let standing = progress.waiters.get_mut(waiter.place).filter(|standing| standing.serial == waiter.serial);
        let still_waits = standing.is_some();
        let previous = standing.and_then(|standing| standing.task.replace(Arc::clone(task)));
        drop(progress);
        drop(previous);
        still_waits
    }

    fn those_who_wait(&self, found: &mut Vec<Arc<dyn AnyNode>>) {
        let progress = lock(&self.progress);
        found.extend(progress.consumers.iter().cloned());
        found.extend(progress.waiters.iter().filter_map(|(_, waiter)| waiter.task.clone()));
    }

    fn may_wait(&self) -> bool {
        let has_inputs = self.head.missing.load(Ordering::Acquire) > 0;
        has_inputs || self.head.has_waited.load(Ordering::SeqCst)
    }

    fn panic(&self, message: &str) -> Option<Ended> {
        let mut progress = lock(&self.progress);
        if progress.phase != Phase::UnderWay {
            return None;
        }
        progress.phase = Phase::Aborting;
        let body = progress.body.take();
        drop(progress);
        // The panic hook prints the message, and the tasks that wait for this one get the same message.
        let said = catch_unwind(|| panic!("{message}"));
        drop_quietly(body);
        Some(self.end_polled(said))
    }
}
