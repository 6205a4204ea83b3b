//! In: a task that has ended. Out: everybody told who waited for it, and what can start now started.
//! Failures go through a list: a chain of any length needs no more stack than one task.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use tokio::runtime::Handle;

use super::drop_quietly;
use super::members::{Left, Membership, Presence};
use super::node::{AnyNode, Ended, Failing};
use super::worker::Worker;
use crate::error::TaskError;

/// Goes on after a task; gives one that its worker can go on with.
pub(super) fn go_on(node: Arc<dyn AnyNode>, ended: Ended) -> Option<Arc<dyn AnyNode>> {
    let membership = node.head().membership.clone();
    if let Some(error) = ended.error {
        let mut failures = Failures::default();
        failures.open.extend(ended.consumers.into_iter().map(|consumer| (consumer, error.clone())));
        failures.wakers.extend(ended.waiters.into_iter().map(|(_, waker)| waker));
        failures.leaving.extend(membership.map(|membership| (membership, error)));
        drop_quietly(node);
        failures.settle().into_iter().for_each(start);
        return None;
    }
    // Before its consumers run, so that the last of them can have the result itself.
    drop_quietly(node);
    let left = membership.as_ref().map(|membership| membership.leave(None)).unwrap_or_default();
    for (_, waker) in ended.waiters {
        wake(waker);
    }
    let had_slot = left.had_slot;
    tell_scope(left);
    let ready = ended.consumers.into_iter().filter(|consumer| consumer.head().input_is_done() && may_run(consumer));
    let mut next = None;
    for consumer in ready {
        match next {
            None => next = Some(consumer),
            Some(_) => start(consumer),
        }
    }
    let queued = membership.filter(|_| had_slot).and_then(|membership| membership.next_queued());
    queued.into_iter().for_each(start);
    next
}

/// Tells whether a task that is ready has a slot.
pub(super) fn may_run(node: &Arc<dyn AnyNode>) -> bool {
    node.head().membership.as_ref().is_none_or(|membership| membership.take_slot(node))
}

/// Gives a task to a worker of its own, unless it has one, which is woken then.
pub(super) fn start(node: Arc<dyn AnyNode>) {
    if !node.schedule() {
        node.wake_worker();
        return;
    }
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(Worker::new(node))),
        Err(_) => abandon(&node),
    }
}

/// Ends a task that nobody can run any more, and the tasks of its scope with it.
pub(super) fn abandon(node: &Arc<dyn AnyNode>) {
    let Some(ended) = node.abandon() else { return };
    let mut failures = Failures::default();
    let error = TaskError::aborted(node.head().name);
    if let Some(membership) = &node.head().membership {
        failures.abort_all(membership.members.close());
        failures.leaving.push((membership.clone(), error.clone()));
    }
    failures.open.extend(ended.consumers.into_iter().map(|consumer| (consumer, error.clone())));
    failures.wakers.extend(ended.waiters.into_iter().map(|(_, waker)| waker));
    failures.settle();
}

/// Fails a task that has not started; one under way is aborted.
pub(super) fn fail(node: Arc<dyn AnyNode>, error: TaskError) {
    let mut failures = Failures::default();
    failures.open.push_back((node, error));
    failures.settle().into_iter().for_each(start);
}

/// Aborts tasks.
pub(super) fn abort_all(nodes: Vec<Arc<dyn AnyNode>>) {
    let mut failures = Failures::default();
    failures.abort_all(nodes);
    failures.settle().into_iter().for_each(start);
}

/// What is left to do after a failure.
#[derive(Default)]
struct Failures {
    open: VecDeque<(Arc<dyn AnyNode>, TaskError)>,
    leaving: Vec<(Membership, TaskError)>,
    wakers: Vec<Waker>,
    /// Scopes in which a slot has become free.
    slots: Vec<Membership>,
    outer: Vec<Presence>,
}

impl Failures {
    fn abort_all(&mut self, nodes: Vec<Arc<dyn AnyNode>>) {
        self.open.extend(nodes.into_iter().map(|node| {
            let error = TaskError::aborted(node.head().name);
            (node, error)
        }));
    }

    /// Does it; gives the tasks that have got a slot by it.
    fn settle(mut self) -> Vec<Arc<dyn AnyNode>> {
        loop {
            if let Some((node, error)) = self.open.pop_front() {
                self.fail(node, error);
            } else if let Some((membership, error)) = self.leaving.pop() {
                self.leave(membership, &error);
            } else {
                break;
            }
        }
        self.wakers.into_iter().for_each(wake);
        drop(self.outer);
        self.slots.iter().filter_map(Membership::next_queued).collect()
    }

    fn fail(&mut self, node: Arc<dyn AnyNode>, error: TaskError) {
        match node.fail(&error) {
            Failing::Ended(ended) => {
                self.open.extend(ended.consumers.into_iter().map(|consumer| (consumer, error.clone())));
                self.wakers.extend(ended.waiters.into_iter().map(|(_, waker)| waker));
                self.leaving.extend(node.head().membership.clone().map(|membership| (membership, error)));
            }
            Failing::Told(worker) => self.wakers.extend(worker),
            Failing::Nothing => {}
        }
        drop_quietly(node);
    }

    fn leave(&mut self, membership: Membership, error: &TaskError) {
        let Left { rest, waker, outer, had_slot } = membership.leave(Some(error));
        self.abort_all(rest);
        self.wakers.extend(waker);
        self.outer.extend(outer);
        if had_slot {
            self.slots.push(membership);
        }
    }
}

fn tell_scope(left: Left) {
    if let Some(waker) = left.waker {
        wake(waker);
    }
    drop(left.outer);
}

/// Wakes one of many: a waker that panics keeps none of the others asleep.
fn wake(waker: Waker) {
    if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake())) {
        std::mem::forget(payload);
    }
}
