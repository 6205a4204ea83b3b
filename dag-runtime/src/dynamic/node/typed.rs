//! In: a body and how many inputs it waits for. Out: its outcome, once, and those who wait for it.

mod phases;

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Waker;

use slab::Slab;

use super::any_node::{AnyNode, Head, Waiter, WaiterKey};
use super::consumers::Consumers;
use crate::dynamic::{drop_quietly, lock};
use crate::error::TaskError;

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
        match Self::take_outcome(&mut self) {
            Some(Ok(value)) => value,
            _ => self.value().clone(),
        }
    }

    /// Returns the outcome itself if nobody else holds it, else a clone.
    pub(in crate::dynamic) fn into_outcome(mut self: Arc<Self>) -> Result<T, TaskError>
    where
        T: Clone,
    {
        Self::take_outcome(&mut self).unwrap_or_else(|| self.outcome().expect("the task has ended").clone())
    }

    /// Takes the outcome of a task that has ended, unless somebody else has the node.
    pub(super) fn take_outcome(node: &mut Arc<Self>) -> Option<Result<T, TaskError>> {
        Arc::get_mut(node).and_then(|node| node.outcome.take())
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
}
