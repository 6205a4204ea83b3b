//! In: a task that is ready. Out: its outcome, and those of the tasks that become ready by it, one after another.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::current::Entered;
use super::node::AnyNode;
use super::settle;

/// So many tasks in a row, and other tasks of the runtime have their turn.
const TASKS_IN_A_ROW: usize = 64;

/// A task of the runtime: runs a node, and goes on with one of its consumers.
pub(super) struct Worker {
    node: Option<Arc<dyn AnyNode>>,
}

impl Worker {
    pub(super) fn new(node: Arc<dyn AnyNode>) -> Self {
        Self { node: Some(node) }
    }

    /// Polls one task; tells whether there is another one to go on with.
    fn poll_node(&mut self, entered: &Entered, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(node) = &self.node else { return Poll::Ready(false) };
        entered.switch_to(node.head());
        match node.poll(cx) {
            Poll::Pending => {
                lend_slot(&**node);
                Poll::Pending
            }
            Poll::Ready(ended) => {
                let node = self.node.take();
                self.node = node.zip(ended).and_then(|(node, ended)| settle::go_on(node, ended));
                Poll::Ready(self.node.is_some())
            }
        }
    }
}

impl Future for Worker {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let entered = Entered::nowhere();
        for _ in 0..TASKS_IN_A_ROW {
            match self.poll_node(&entered, cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        if let Some(node) = &self.node {
            node.schedule();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Lets another task run while this one waits for one.
fn lend_slot(node: &dyn AnyNode) {
    let head = node.head();
    if head.waits.as_ref().is_some_and(|waits| waits.is_waiting()) {
        let next = head.membership.as_ref().and_then(|membership| membership.lend_slot());
        next.into_iter().for_each(settle::start);
    }
}

impl Drop for Worker {
    /// The runtime is shut down.
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            settle::abandon(&node);
        }
    }
}
