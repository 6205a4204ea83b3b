//! In: a task that is ready. Out: its outcome, and those of tasks of its scope that become ready by it, one after
//! another.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::current::{self, Entered};
use super::{circle, settle};
use crate::dynamic::node::{Ended, Leaving, Members, Membership, Node};
use crate::dynamic::{drop_quietly, wake};
use crate::error::TaskError;

/// After this many tasks in a row, a worker yields to the other tasks of the runtime.
const TASKS_IN_A_ROW: usize = 64;

/// A task of the runtime: runs a node, and continues with one of its consumers.
struct Worker {
    node: Option<Arc<Node>>,
    /// The key of the waker that the scope has.
    key: Option<usize>,
}

impl Worker {
    fn new(node: Arc<Node>) -> Self {
        Self { node: Some(node), key: None }
    }

    /// Polls one task after another.
    fn poll_nodes(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..TASKS_IN_A_ROW {
            let Some(node) = &self.node else { return Poll::Ready(()) };
            current::switch_to(node.head());
            if !may_go_on(node) {
                return Poll::Pending;
            }
            node.head().tell_paused(false);
            match node.poll(cx) {
                Poll::Ready(None) => {
                    start_all(pass_over(node));
                    self.node = None;
                }
                Poll::Ready(Some(ended)) => self.node = self.node.take().and_then(|node| go_on(node, ended)),
                Poll::Pending => {
                    if let Some(ended) = circle::end_of(node, current::take_awaited()) {
                        self.node = self.node.take().and_then(|node| go_on(node, ended));
                    } else if self.is_listening(cx) {
                        self.lend_slot();
                        return Poll::Pending;
                    }
                    // Otherwise the scope was closed meanwhile: the next poll aborts.
                }
            }
        }
        if let Some(node) = &self.node {
            node.schedule();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Stores the waker of this worker, which is woken when the scope closes. Returns false if the scope is closed.
    fn is_listening(&mut self, cx: &Context<'_>) -> bool {
        if self.key.is_some() {
            return true;
        }
        match current::with_members(|members| members.add_worker(cx.waker())) {
            None => true,
            Some(key) => {
                self.key = key;
                key.is_some()
            }
        }
    }

    /// Lets another task run while this one waits for one.
    fn lend_slot(&self) {
        let Some(head) = self.node.as_ref().map(|node| node.head()) else { return };
        if head.waits.as_ref().is_some_and(|waits| waits.is_waiting()) {
            head.tell_paused(true);
            let next = head.membership.as_ref().and_then(Membership::lend_slot);
            start_all(next);
        }
    }
}

/// Returns whether a task that has lent its slot has one again, or needs none because it is aborted.
fn may_go_on(node: &Arc<Node>) -> bool {
    let head = node.head();
    let membership = head.membership.as_ref().filter(|_| head.waits.is_some());
    membership.is_none_or(|membership| membership.regain_slot(node) || node.is_aborting())
}

impl Future for Worker {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _entered = Entered::nowhere();
        let polled = self.poll_nodes(cx);
        if let Some(key) = self.key.take_if(|_| polled.is_ready()) {
            current::with_members(|members| members.remove_worker(key));
        }
        polled
    }
}

impl Drop for Worker {
    /// The runtime is shut down.
    fn drop(&mut self) {
        let Some(node) = self.node.take() else { return };
        if let (Some(key), Some(membership)) = (self.key, &node.head().membership) {
            membership.members.remove_worker(key);
        }
        settle::abandon(node);
    }
}

/// Handles the end of a task of the current scope; returns a task with which its worker can continue.
fn go_on(node: Arc<Node>, ended: Ended) -> Option<Arc<Node>> {
    if ended.error.is_some() {
        start_all(settle::failed(node, ended));
        return None;
    }
    let membership = node.head().membership.as_ref();
    let (is_member, had_slot) = (membership.is_some(), membership.is_some_and(Membership::retire));
    let span = node.head().span.take();
    // Before its consumers run, so that the last of them can have the result itself.
    drop_quietly(node);
    if !ended.waiters.is_empty() {
        for (_, waiter) in ended.waiters {
            drop(waiter.task);
            wake(waiter.waker);
        }
    }
    let mut next = None;
    ended.consumers.for_each(|missing| {
        if let Some(consumer) = missing.end().filter(settle::may_run) {
            consumer.head().begin_span(Some(&span));
            if next.is_none() && current::is_of(consumer.head()) {
                next = Some(consumer);
            } else {
                start_all([consumer]);
            }
        }
    });
    span.close();
    if had_slot {
        start_all(current::with_members(Members::next_queued).flatten());
    }
    if is_member {
        current::with_members(Members::leave).flatten().into_iter().for_each(settle::tell);
    }
    next
}

/// Passes a task to a new worker. If the task has a worker already, wakes that worker.
///
/// # Errors
/// Returns the task if there is no runtime for it.
fn start(node: Arc<Node>) -> Result<(), Arc<Node>> {
    let mut next = Some(node);
    while let Some(node) = next.take() {
        if node.schedule() {
            let Some(runtime) = runtime_of(&node) else { return Err(node) };
            drop(runtime.spawn(Worker::new(node)));
        } else if !node.wake_worker() {
            next = pass_over(&node);
        }
    }
    Ok(())
}

/// Returns the runtime that is running here, or else that of the task's scope: an abort on any thread frees a slot.
fn runtime_of(node: &Arc<Node>) -> Option<Handle> {
    let of_scope = || node.head().membership.as_ref()?.members.runtime().cloned();
    Handle::try_current().ok().or_else(of_scope)
}

/// Starts each task. A task that no runtime can run is lost.
fn start_all(nodes: impl IntoIterator<Item = Arc<Node>>) {
    for node in nodes {
        if let Err(node) = start(node) {
            settle::abandon(node);
        }
    }
}

/// Frees the slot of a task that ended before it could run. Returns the task that takes the slot.
fn pass_over(node: &Arc<Node>) -> Option<Arc<Node>> {
    let membership = node.head().membership.as_ref().filter(|membership| membership.retire())?;
    membership.members.next_queued()
}

/// Fails a task that has not started; one under way is aborted.
pub(in crate::dynamic) fn fail(node: Arc<Node>, error: TaskError) {
    start_all(settle::fail(node, error));
}

/// Aborts the tasks of a scope.
pub(in crate::dynamic) fn close(members: &Members) {
    start_all(settle::close(members));
}

/// Tells a scope of failures that it was not told of before.
pub(in crate::dynamic) fn leave(parked: Vec<Leaving>) {
    start_all(settle::leave(parked));
}

/// Starts a task that is ready, as soon as it has a slot.
///
/// # Errors
/// Returns the task if there is no runtime for it.
pub(in crate::dynamic) fn start_ready(node: Arc<Node>) -> Result<(), Arc<Node>> {
    if settle::may_run(&node) { start(node) } else { Ok(()) }
}

/// Ends a task for which there is no runtime, as if it was aborted.
pub(in crate::dynamic) fn take_back(node: Arc<Node>) {
    let error = node.head().aborted();
    _ = settle::fail(Arc::clone(&node), error);
    settle::abandon(node);
}
