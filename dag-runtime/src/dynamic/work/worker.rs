//! In: a task that is ready. Out: its outcome, and those of tasks of its scope that become ready by it, one after another.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::current::{self, Entered};
use super::settle;
use crate::dynamic::drop_quietly;
use crate::dynamic::node::{AnyNode, Ended, Members, Membership};
use crate::error::TaskError;

/// So many tasks in a row, and other tasks of the runtime have their turn.
const TASKS_IN_A_ROW: usize = 64;

/// A task of the runtime: runs a node, and goes on with one of its consumers.
struct Worker {
    node: Option<Arc<dyn AnyNode>>,
    /// The key of the waker that the scope has.
    key: Option<usize>,
}

impl Worker {
    fn new(node: Arc<dyn AnyNode>) -> Self {
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
                Poll::Pending if self.is_listening(cx) => {
                    self.lend_slot();
                    return Poll::Pending;
                }
                // The scope was closed meanwhile: the next poll aborts.
                Poll::Pending => {}
            }
        }
        if let Some(node) = &self.node {
            node.schedule();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Has this worker woken when its scope closes; not if it is closed.
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

/// Tells whether a task that has lent its slot has one again, or needs none because it is aborted.
fn may_go_on(node: &Arc<dyn AnyNode>) -> bool {
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

/// Goes on after a task of the current scope; gives one that its worker can go on with.
fn go_on(node: Arc<dyn AnyNode>, ended: Ended) -> Option<Arc<dyn AnyNode>> {
    if ended.error.is_some() {
        start_all(settle::failed(node, ended));
        return None;
    }
    let membership = node.head().membership.as_ref();
    let (is_member, had_slot) = (membership.is_some(), membership.is_some_and(Membership::retire));
    // Before its consumers run, so that the last of them can have the result itself.
    drop_quietly(node);
    for (_, waker) in ended.waiters {
        settle::wake(waker);
    }
    let mut next = None;
    for consumer in ended.consumers {
        if consumer.head().input_is_done() && may_run(&consumer) {
            if next.is_none() && current::is_of(consumer.head()) {
                next = Some(consumer);
            } else {
                start(consumer);
            }
        }
    }
    if had_slot {
        start_all(current::with_members(Members::next_queued).flatten());
    }
    if is_member {
        current::with_members(Members::leave).into_iter().for_each(settle::tell);
    }
    next
}

/// Tells whether a task that is ready has a slot.
pub(in crate::dynamic) fn may_run(node: &Arc<dyn AnyNode>) -> bool {
    node.head().membership.as_ref().is_none_or(|membership| membership.take_slot(node))
}

/// Gives a task to a worker of its own, unless it has one, which is woken then. Tells whether there was a runtime for it.
pub(in crate::dynamic) fn start(node: Arc<dyn AnyNode>) -> bool {
    let mut next = Some(node);
    while let Some(node) = next.take() {
        if node.schedule() {
            match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(Worker::new(node))),
                Err(_) => {
                    settle::abandon(node);
                    return false;
                }
            }
        } else if !node.wake_worker() {
            next = pass_over(&node);
        }
    }
    true
}

/// Starts each.
fn start_all(nodes: impl IntoIterator<Item = Arc<dyn AnyNode>>) {
    for node in nodes {
        start(node);
    }
}

/// Gives the slot of a task back that was ended before it could run; gives the task to go on with.
fn pass_over(node: &Arc<dyn AnyNode>) -> Option<Arc<dyn AnyNode>> {
    let membership = node.head().membership.as_ref().filter(|membership| membership.retire())?;
    membership.members.next_queued()
}

/// Fails a task that has not started; one under way is aborted.
pub(in crate::dynamic) fn fail(node: Arc<dyn AnyNode>, error: TaskError) {
    start_all(settle::fail(node, error));
}
