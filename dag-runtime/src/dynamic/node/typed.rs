//! In: a body and how many inputs it waits for. Out: its outcome, once, and those who wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::any_node::{AnyNode, Ended, Failing, Head, InputState, Waiter, WaiterKey};
use super::consumers::Consumers;
use super::upstream;
use crate::dynamic::{drop_quietly, lock};
use crate::error::TaskError;
use crate::observe::observer::Outcome;

/// What a task does once its inputs are done.
pub(in crate::dynamic) type Body<T> = Pin<Box<dyn Future<Output = Result<T, TaskError>> + Send>>;

/// A task.
pub(in crate::dynamic) struct Node<T> {
    head: Head,
    outcome: OnceLock<Result<T, TaskError>>,
    progress: Mutex<Progress<T>>,
    /// Forgets the type, which a handle cannot: it is there for any `T`.
    erase: fn(Arc<Self>) -> Arc<dyn AnyNode>,
}

struct Progress<T> {
    phase: Phase,
    /// Taken out while it is polled.
    body: Option<Body<T>>,
    /// Of the worker that the task has.
    worker: Option<Waker>,
    consumers: Consumers<Arc<dyn AnyNode>>,
    waiters: Slab<Waiter>,
    /// How many waiters there have been.
    waiters_so_far: u64,
}

/// The outcome of a poll by a waiter of a task.
pub(in crate::dynamic) enum Wait {
    Begins,
    GoesOn,
    IsOver,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For inputs, or for a slot.
    Waiting,
    /// A worker has the task and has not polled it.
    Scheduled,
    /// A worker polls the body.
    UnderWay,
    /// The worker is to drop the body instead of polling it.
    Aborting,
    Ended,
}

impl<T: Send + Sync + 'static> Node<T> {
    pub(in crate::dynamic) fn new(head: Head) -> Self {
        let progress = Progress {
            phase: Phase::Waiting,
            body: None,
            worker: None,
            consumers: Consumers::default(),
            waiters: Slab::new(),
            waiters_so_far: 0,
        };
        Self { head, outcome: OnceLock::new(), progress: Mutex::new(progress), erase: |node| node }
    }

    /// Makes a node that is done.
    pub(in crate::dynamic) fn done(name: &'static str, value: T) -> Self {
        let head = Head::new(name, 0);
        let mut node = Self::new(head);
        node.outcome = OnceLock::from(Ok(value));
        node.progress.get_mut().expect("nobody else has it").phase = Phase::Ended;
        node
    }
}

impl<T> Node<T> {
    /// Returns how many hold the task.
    pub(super) fn held(&self) -> &AtomicUsize {
        &self.head.held
    }

    pub(in crate::dynamic) fn name(&self) -> &'static str {
        self.head.name
    }

    pub(in crate::dynamic) fn erased(self: Arc<Self>) -> Arc<dyn AnyNode> {
        (self.erase)(self)
    }

    /// Sets the body of the task. If only the body was missing, a worker runs the task next.
    pub(in crate::dynamic) fn set_body(&self, body: Body<T>) {
        let mut progress = lock(&self.progress);
        if progress.phase == Phase::Ended {
            drop(progress);
            drop_quietly(body);
            return;
        }
        progress.body = Some(body);
        if self.head.missing.load(Ordering::Acquire) == 1 && self.head.waits.is_none() {
            progress.phase = Phase::Scheduled;
        }
    }

    /// Returns the outcome of a task that has ended.
    pub(in crate::dynamic) fn outcome(&self) -> Option<&Result<T, TaskError>> {
        self.outcome.get()
    }

    /// Returns the result of an input: a task runs when all of them are there.
    pub(in crate::dynamic) fn value(&self) -> &T {
        match self.outcome() {
            Some(Ok(value)) => value,
            Some(Err(error)) => unreachable!("a task runs although {error}"),
            None => unreachable!("a task runs before `{}` is done", self.head.name),
        }
    }

    /// Returns the result itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_value(mut self: Arc<Self>) -> T
    where
        T: Clone,
    {
        let own = Arc::get_mut(&mut self).and_then(|node| node.outcome.take());
        match own {
            Some(Ok(value)) => value,
            _ => self.value().clone(),
        }
    }

    /// Returns the outcome itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_outcome(mut self: Arc<Self>) -> Result<T, TaskError>
    where
        T: Clone,
    {
        let own = Arc::get_mut(&mut self).and_then(|node| node.outcome.take());
        own.unwrap_or_else(|| self.outcome().expect("the task has ended").clone())
    }

    /// Has `waker` woken when the task ends, unless it has: then whoever awaits it may be another than before.
    pub(in crate::dynamic) fn poll_ended(&self, waiter: &mut Option<WaiterKey>, waker: &Waker) -> Wait {
        let progress = lock(&self.progress);
        if progress.phase == Phase::Ended {
            *waiter = None;
            return Wait::IsOver;
        }
        let known = waiter.and_then(|key| progress.waiters.get(key.place));
        if known.is_some_and(|known| known.waker.will_wake(waker)) {
            return Wait::GoesOn;
        }
        drop(progress);
        // A waker is foreign code: it is cloned without the lock.
        let fresh = waker.clone();
        let mut guard = lock(&self.progress);
        let progress = &mut *guard;
        if progress.phase == Phase::Ended {
            drop(guard);
            drop(fresh);
            *waiter = None;
            return Wait::IsOver;
        }
        progress.waiters_so_far += 1;
        let serial = progress.waiters_so_far;
        let fresh = Waiter::new(fresh, serial);
        let (place, previous) = match *waiter {
            Some(WaiterKey { place, .. }) => (place, Some(std::mem::replace(&mut progress.waiters[place], fresh))),
            None => (progress.waiters.insert(fresh), None),
        };
        *waiter = Some(WaiterKey { place, serial });
        drop(guard);
        drop(previous);
        Wait::Begins
    }

    /// Forgets a waker that [`poll_ended`](Self::poll_ended) has kept.
    pub(in crate::dynamic) fn stop_waiting(&self, waiter: WaiterKey) {
        let waiter = lock(&self.progress).waiters.try_remove(waiter.place);
        drop(waiter);
    }

    /// Ends a task that has told nobody yet.
    fn end(&self, outcome: Result<T, TaskError>, told: &Outcome) -> Ended {
        self.head.tell_finished(told);
        self.close(lock(&self.progress), outcome)
    }

    /// From here on there is an outcome, and nobody is added to those who wait.
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
            Phase::Aborting | Phase::Ended => return Failing::Nothing,
        }
        // At once, so that whoever is about to run it finds that it has ended.
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
        // Said where panics are said, and with the same words to those who wait for the task.
        let said = catch_unwind(|| panic!("{message}"));
        drop_quietly(body);
        Some(self.end_polled(said))
    }
}
