//! A task of any type: the operations that start, end and abort it.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::consumers::Consumers;
use super::head;
use crate::dynamic::members;
use crate::error::TaskError;

pub(in crate::dynamic) type Head = head::Head<dyn AnyNode>;
pub(in crate::dynamic) type Members = members::Members<dyn AnyNode>;
pub(in crate::dynamic) type Membership = members::Membership<dyn AnyNode>;
pub(in crate::dynamic) type Leaving = members::Leaving<dyn AnyNode>;
pub(in crate::dynamic) type Presence = members::Presence<dyn AnyNode>;
pub(in crate::dynamic) type Told = members::Told<dyn AnyNode>;

/// The tasks and waiters that must be told that a task has ended.
pub(in crate::dynamic) struct Ended {
    pub(in crate::dynamic) error: Option<TaskError>,
    pub(in crate::dynamic) consumers: Consumers<Arc<dyn AnyNode>>,
    pub(in crate::dynamic) waiters: Slab<Waiter>,
    /// Tasks that nobody holds any more because this one was aborted.
    pub(in crate::dynamic) upstream: Vec<Arc<dyn AnyNode>>,
}

/// A future that awaits a task.
pub(in crate::dynamic) struct Waiter {
    /// Distinguishes it from other waiters that had its place before.
    pub(super) serial: u64,
    pub(in crate::dynamic) waker: Waker,
    /// The task whose body awaits it, once that has been polled to the end.
    pub(in crate::dynamic) task: Option<Arc<dyn AnyNode>>,
}

impl Waiter {
    pub(super) fn new(waker: Waker, serial: u64) -> Self {
        Self { serial, waker, task: None }
    }
}

/// Identifies a waiter of a task, even if another waiter has its place by now.
#[derive(Clone, Copy)]
pub(in crate::dynamic) struct WaiterKey {
    pub(super) place: usize,
    pub(super) serial: u64,
}

/// The effect of telling a task that it fails.
pub(in crate::dynamic) enum Failing {
    /// It did not run, and has ended.
    Ended(Ended),
    /// Its worker drops the body, once it is woken.
    Told(Option<Waker>),
    /// It had failed before.
    HadFailed,
    /// It has ended otherwise, or is being aborted already.
    Nothing,
}

/// The state of an input when a consumer is added.
pub(in crate::dynamic) enum InputState {
    /// The consumer is told when it has ended.
    Pending,
    Done,
    Failed(TaskError),
}

/// A node of any type.
pub(in crate::dynamic) trait AnyNode: Send + Sync {
    fn head(&self) -> &Head;

    /// Adds a consumer that is told when the task ends, unless the task has ended.
    fn add_consumer(&self, consumer: &Arc<dyn AnyNode>) -> InputState;

    /// Notes that a worker has the task. Returns whether the task is still to run.
    fn schedule(&self) -> bool;

    /// Wakes the worker of a task under way. Returns whether it has one.
    fn wake_worker(&self) -> bool;

    /// Polls the body. Returns `Poll::Ready(None)` if the task has ended already.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Ended>>;

    /// Tells whether the task is to be aborted when its worker polls it.
    fn is_aborting(&self) -> bool;

    /// Fails a task that has not started; one under way is aborted.
    fn fail(&self, error: &TaskError) -> Failing;

    /// Ends a task whose worker is dropped with its runtime.
    fn abandon(&self) -> Option<Ended>;

    /// Notes in which task's body a waiter is. Returns whether the waiter still waits.
    fn wait_by(&self, waiter: WaiterKey, task: &Arc<dyn AnyNode>) -> bool;

    /// Adds the tasks that wait for this one.
    fn those_who_wait(&self, found: &mut Vec<Arc<dyn AnyNode>>);

    /// Tells whether the task may wait for another.
    fn may_wait(&self) -> bool;

    /// Ends a task under way as one that has panicked.
    fn panic(&self, message: &str) -> Option<Ended>;
}
