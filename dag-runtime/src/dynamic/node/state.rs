//! The state of a task that does not depend on its type: its head, its phase, and the tasks and futures that wait for it.

use std::sync::{Arc, Mutex};
use std::task::Waker;

use slab::Slab;

use super::consumers::Consumers;
use super::head;
use crate::cell::body::{Bodied, Bodiless, MISSING, One, Outcome, Portion};
use crate::dynamic::members;
use crate::error::TaskError;
use crate::observe::trace::NodeSpan;

/// A task of any type.
pub(in crate::dynamic) type Node = Bodied<State>;
/// A task whose body is missing.
pub(in crate::dynamic) type NodeWithoutBody<T, F> = Bodiless<State, T, F>;
/// The body of a task while the task is made, and inputs that are not done. The end of the last portion returns the task,
/// which is ready then, or has ended.
pub(in crate::dynamic) type Missing = Portion<State, MISSING>;
/// One input of a task.
pub(in crate::dynamic) type MissingInput = Portion<State, MISSING, One>;
/// A task whose result is a `T`.
pub(super) type TypedNode<T> = Outcome<State, T>;

pub(in crate::dynamic) type Head = head::Head<Node>;
pub(in crate::dynamic) type Members = members::Members<Node>;
pub(in crate::dynamic) type Membership = members::Membership<Node>;
pub(in crate::dynamic) type Leaving = members::Leaving<Node>;
pub(in crate::dynamic) type Presence = members::Presence<Node>;
pub(in crate::dynamic) type Told = members::Told<Node>;

/// The part of a task that does not depend on its type.
pub(in crate::dynamic) struct State {
    pub(in crate::dynamic) head: Head,
    pub(super) progress: Mutex<Progress>,
}

pub(super) struct Progress {
    pub(super) phase: Phase,
    /// The waker of the worker that has the task.
    pub(super) worker: Option<Waker>,
    pub(super) consumers: Consumers<MissingInput>,
    pub(super) waiters: Slab<Waiter>,
    /// How many waiters there have been.
    pub(super) waiters_so_far: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The task waits for inputs, or for a slot.
    Waiting,
    /// A worker has the task and has not polled it.
    Scheduled,
    /// A worker polls the body.
    UnderWay,
    /// The worker is to drop the body instead of polling it.
    Aborting,
    /// The outcome is its own.
    Ended,
    /// It has not run, because of another task.
    Skipped,
}

impl Phase {
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Skipped)
    }
}

impl State {
    #[inline]
    pub(in crate::dynamic) fn new(head: Head) -> Self {
        Self::in_phase(Phase::Waiting, head)
    }

    /// Makes the state of a task that is done.
    pub(in crate::dynamic) fn done(function: &'static str) -> Self {
        Self::in_phase(Phase::Ended, Head { span: NodeSpan::none(), ..Head::new(function) })
    }

    #[inline]
    fn in_phase(phase: Phase, head: Head) -> Self {
        let (consumers, waiters) = (Consumers::default(), Slab::new());
        Self { head, progress: Mutex::new(Progress { phase, worker: None, consumers, waiters, waiters_so_far: 0 }) }
    }
}

/// The tasks and waiters that must be told that a task has ended.
pub(in crate::dynamic) struct Ended {
    pub(in crate::dynamic) error: Option<TaskError>,
    pub(in crate::dynamic) consumers: Consumers<MissingInput>,
    pub(in crate::dynamic) waiters: Slab<Waiter>,
    /// Tasks that nobody holds any more because this one was aborted.
    pub(in crate::dynamic) upstream: Vec<Arc<Node>>,
}

/// A future that awaits a task.
pub(in crate::dynamic) struct Waiter {
    /// Distinguishes it from other waiters that had its place before.
    pub(super) serial: u64,
    pub(in crate::dynamic) waker: Waker,
    /// The task whose body awaits it, once that has been polled to the end.
    pub(in crate::dynamic) task: Option<Arc<Node>>,
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

/// The outcome of a poll by a waiter of a task.
pub(in crate::dynamic) enum Wait {
    Begins,
    GoesOn,
    IsOver,
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
