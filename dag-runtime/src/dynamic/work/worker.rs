//! In: a task that is ready. Out: its outcome, and those of tasks of its scope that become ready by it, one after another.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::current::{self, Entered};
use super::settle;
use crate::dynamic::members::Membership;
use crate::dynamic::node::AnyNode;

/// So many tasks in a row, and other tasks of the runtime have their turn.
const TASKS_IN_A_ROW: usize = 64;

/// A task of the runtime: runs a node, and goes on with one of its consumers.
pub(in crate::dynamic) struct Worker {
    node: Option<Arc<dyn AnyNode>>,
    /// The key of the waker that the scope has.
    key: Option<usize>,
}

impl Worker {
    pub(in crate::dynamic) fn new(node: Arc<dyn AnyNode>) -> Self {
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
                    settle::start_all(settle::pass_over(node));
                    self.node = None;
                }
                Poll::Ready(Some(ended)) => self.node = self.node.take().and_then(|node| settle::go_on(node, ended)),
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
            settle::start_all(next);
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
