//! In: a task that has ended. Out: everybody told who waited for it, and what can start now started.
//! Failures go through a list: a chain of any length needs no more stack than one task.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use tokio::runtime::Handle;

use super::current;
use super::worker::Worker;
use crate::dynamic::drop_quietly;
use crate::dynamic::members::{Members, Membership, Presence, Told};
use crate::dynamic::node::{AnyNode, Ended, Failing};
use crate::error::TaskError;

/// Goes on after a task of the current scope; gives one that its worker can go on with.
pub(in crate::dynamic) fn go_on(node: Arc<dyn AnyNode>, ended: Ended) -> Option<Arc<dyn AnyNode>> {
    if ended.error.is_some() {
        let mut failures = Failures::default();
        failures.add(node, ended);
        start_all(failures.settle());
        return None;
    }
    let membership = node.head().membership.as_ref();
    let (is_member, had_slot) = (membership.is_some(), membership.is_some_and(Membership::retire));
    // Before its consumers run, so that the last of them can have the result itself.
    drop_quietly(node);
    for (_, waker) in ended.waiters {
        wake(waker);
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
        current::with_members(Members::leave).into_iter().for_each(tell);
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
                    abandon(node);
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
pub(in crate::dynamic) fn start_all(nodes: impl IntoIterator<Item = Arc<dyn AnyNode>>) {
    for node in nodes {
        start(node);
    }
}

/// Gives the slot of a task back that was ended before it could run; gives the task to go on with.
pub(in crate::dynamic) fn pass_over(node: &Arc<dyn AnyNode>) -> Option<Arc<dyn AnyNode>> {
    let membership = node.head().membership.as_ref().filter(|membership| membership.retire())?;
    membership.members.next_queued()
}

/// Ends a task that nobody can run any more, and the tasks of its scope with it.
pub(in crate::dynamic) fn abandon(node: Arc<dyn AnyNode>) {
    let mut failures = Failures::default();
    if let Some(membership) = &node.head().membership {
        failures.tell(membership.members.close());
    }
    if let Some(ended) = node.abandon() {
        failures.add(node, ended);
    }
    // A runtime that goes away starts nothing more.
    failures.settle();
}

/// Fails a task that has not started; one under way is aborted.
pub(in crate::dynamic) fn fail(node: Arc<dyn AnyNode>, error: TaskError) {
    let mut failures = Failures::default();
    failures.open.push_back((node, error));
    start_all(failures.settle());
}

/// Aborts the tasks of a scope.
pub(in crate::dynamic) fn close(members: &Members) {
    let mut failures = Failures::default();
    failures.tell(members.close());
    failures.settle();
}

/// What is left to do after a failure.
#[derive(Default)]
struct Failures {
    open: VecDeque<(Arc<dyn AnyNode>, TaskError)>,
    leaving: VecDeque<(Arc<dyn AnyNode>, TaskError)>,
    wakers: Vec<Waker>,
    /// Scopes in which a slot has become free.
    slots: Vec<Arc<Members>>,
    outer: Vec<Presence>,
}

impl Failures {
    /// Adds what follows from the failure of a task.
    fn add(&mut self, node: Arc<dyn AnyNode>, ended: Ended) {
        let Ended { error, consumers, waiters } = ended;
        let Some(error) = error else { return };
        self.open.extend(consumers.into_iter().map(|consumer| (consumer, error.clone())));
        self.wakers.extend(waiters.into_iter().map(|(_, waker)| waker));
        self.leaving.push_back((node, error));
    }

    fn tell(&mut self, told: Told) {
        let Told { tasks, wakers, outer } = told;
        self.open.extend(tasks.into_iter().map(|node| {
            let error = TaskError::aborted(node.head().name);
            (node, error)
        }));
        self.wakers.extend(wakers);
        self.outer.extend(outer);
    }

    /// Does it; gives the tasks that have got a slot by it.
    fn settle(mut self) -> Vec<Arc<dyn AnyNode>> {
        loop {
            if let Some((node, error)) = self.open.pop_front() {
                match node.fail(&error) {
                    Failing::Ended(ended) => self.add(node, ended),
                    Failing::Told(worker) => self.wakers.extend(worker),
                    Failing::Nothing => {}
                }
            } else if let Some((node, error)) = self.leaving.pop_front() {
                self.leave(node, &error);
            } else {
                break;
            }
        }
        self.wakers.into_iter().for_each(wake);
        drop(self.outer);
        self.slots.iter().filter_map(|members| members.next_queued()).collect()
    }

    fn leave(&mut self, node: Arc<dyn AnyNode>, error: &TaskError) {
        if let Some(membership) = &node.head().membership {
            if membership.retire() {
                self.slots.push(Arc::clone(&membership.members));
            }
            self.tell(membership.members.fail(error));
            self.tell(membership.members.leave());
        }
        drop_quietly(node);
    }
}

/// Tells those who wait for a scope.
fn tell(told: Told) {
    told.wakers.into_iter().for_each(wake);
    drop(told.outer);
}

/// Wakes one of many: a waker that panics keeps none of the others asleep.
fn wake(waker: Waker) {
    if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake())) {
        std::mem::forget(payload);
    }
}
