//! In: a task that fails. Out: the tasks that waited for it have failed, and so on; their waiters are woken, and their
//! scopes are told. Failures go through a list: a chain of any length needs no more stack than one task.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;

use crate::dynamic::node::{Ended, Failing, Leaving, Members, MissingInput, Node, Presence, Told};
use crate::dynamic::{drop_quietly, wake};
use crate::error::TaskError;

/// Ends a task that nothing can run any more. The task is lost, and its scope fails with that, unless the task was to be
/// aborted.
pub(in crate::dynamic) fn abandon(node: Arc<Node>) {
    let mut failures = Failures::default();
    if let Some(ended) = node.abandon() {
        failures.add(node, ended);
    }
    // A runtime that shuts down starts nothing more: the tasks that wait for slots are lost, too.
    for node in failures.settle() {
        lose(node);
    }
}

/// Fails a task that has just got a slot, and the tasks that get the slot next.
fn lose(node: Arc<Node>) {
    let mut next = vec![node];
    while let Some(node) = next.pop() {
        let error = node.head().lost();
        next.extend(fail(node, error));
    }
}

/// Fails a task that has not started; one under way is aborted. Returns the tasks that can start because of it.
#[must_use]
pub(super) fn fail(node: Arc<Node>, error: TaskError) -> Vec<Arc<Node>> {
    let mut failures = Failures::default();
    failures.open.push_back(Open { node, error, input: None, missing: None });
    failures.settle()
}

/// Goes on after a task that has failed. Returns the tasks that can start because of it.
#[must_use]
pub(super) fn failed(node: Arc<Node>, ended: Ended) -> Vec<Arc<Node>> {
    let mut failures = Failures::default();
    failures.add(node, ended);
    failures.settle()
}

/// Aborts the tasks of a scope. Returns the tasks that can start because of it.
#[must_use]
pub(super) fn close(members: &Members) -> Vec<Arc<Node>> {
    let mut failures = Failures::default();
    failures.tell(members.close());
    failures.settle()
}

/// Tells a scope of failures that it was not told of before. Returns the tasks that can start because of it.
#[must_use]
pub(super) fn leave(parked: Vec<Leaving>) -> Vec<Arc<Node>> {
    let failures = Failures { leaving: parked.into(), ..Failures::default() };
    failures.settle()
}

/// Returns whether a task of which nothing is missing has a slot.
pub(super) fn may_run(node: &Arc<Node>) -> bool {
    node.head().membership.as_ref().is_none_or(|membership| membership.take_slot(node))
}

/// A task that is to fail.
struct Open {
    node: Arc<Node>,
    error: TaskError,
    /// The input whose failure it is.
    input: Option<Arc<Node>>,
    /// Ends once the task has failed, so that a worker that gets the task finds that it has.
    missing: Option<MissingInput>,
}

/// The work that is left to do after a failure.
#[derive(Default)]
struct Failures {
    open: VecDeque<Open>,
    leaving: VecDeque<Leaving>,
    /// Dependents of tasks that are leaving which had failed before, by the addresses of the nodes of these tasks.
    dependents: BTreeMap<usize, Arc<Node>>,
    wakers: Vec<Waker>,
    /// Tasks that can start, because they take a failure as a value.
    ready: Vec<Arc<Node>>,
    /// Scopes in which a slot has become free.
    slots: Vec<Arc<Members>>,
    outer: Vec<Presence>,
}

impl Failures {
    /// Adds what follows from the failure of a task.
    fn add(&mut self, node: Arc<Node>, ended: Ended) {
        let Ended { error, consumers, waiters, upstream } = ended;
        let Some(error) = error else { return };
        self.abort(upstream);
        consumers.for_each(|missing| {
            if missing.bodied().head().catches(node.head()) {
                self.ready.extend(missing.end().filter(may_run));
            } else {
                let (consumer, input) = (missing.whole(), Arc::clone(&node));
                self.open.push_back(Open {
                    node: consumer,
                    error: error.clone(),
                    input: Some(input),
                    missing: Some(missing),
                });
            }
        });
        self.wakers.extend(waiters.into_iter().map(|(_, waiter)| waiter.waker));
        self.leaving.push_back(Leaving { node, error, dependent: None });
    }

    fn abort(&mut self, tasks: Vec<Arc<Node>>) {
        self.open.extend(tasks.into_iter().map(|node| {
            let error = node.head().aborted();
            Open { node, error, input: None, missing: None }
        }));
    }

    fn tell(&mut self, told: Told) {
        let Told { tasks, wakers, outer } = told;
        self.abort(tasks);
        self.wakers.extend(wakers);
        self.outer.extend(outer);
    }

    /// Does the work; returns the tasks that can start because of it.
    fn settle(mut self) -> Vec<Arc<Node>> {
        loop {
            if let Some(Open { node, error, input, missing }) = self.open.pop_front() {
                match node.fail(&error) {
                    Failing::Ended(ended) => {
                        if let Some(input) = input {
                            input.head().pass_failure_on_to(node.head());
                        }
                        self.add(node, ended);
                    }
                    Failing::HadFailed => self.note_dependent(input, node),
                    Failing::Told(worker) => self.wakers.extend(worker),
                    Failing::Nothing => {}
                }
                drop_quietly(missing);
            } else if let Some(leaving) = self.leaving.pop_front() {
                self.leave(leaving);
            } else {
                break;
            }
        }
        self.wakers.into_iter().for_each(wake);
        drop(self.outer);
        self.ready.extend(self.slots.iter().filter_map(|members| members.next_queued()));
        self.ready
    }

    /// A dependent of a task that is leaving had failed before.
    fn note_dependent(&mut self, input: Option<Arc<Node>>, dependent: Arc<Node>) {
        let Some(input) = input.filter(|input| input.head().is_beside(dependent.head())) else { return };
        // The input has not left: no task leaves before every dependent has failed.
        self.dependents.insert(address(&input), dependent);
    }

    fn leave(&mut self, mut leaving: Leaving) {
        if let Some(dependent) = self.dependents.remove(&address(&leaving.node)) {
            leaving.dependent = Some(dependent);
        }
        if let Some(membership) = &Arc::clone(&leaving.node).head().membership {
            if membership.retire() {
                self.slots.push(Arc::clone(&membership.members));
            }
            if !leaving.error.is_aborted() {
                match membership.park(leaving) {
                    Ok(()) => return,
                    Err(unparked) => leaving = unparked,
                }
            }
            let dependent = leaving.dependent.clone();
            if let Some(theirs) = dependent.as_ref().and_then(|dependent| dependent.head().membership.as_ref()) {
                match theirs.leave_before(leaving) {
                    Ok(()) => return,
                    Err(last) => leaving = last,
                }
            }
            let is_caught = dependent.is_some_and(|dependent| dependent.head().catches_others());
            if !is_caught && !leaving.node.head().is_quiet() {
                self.tell(membership.members.fail(&leaving.error));
            }
            self.leaving.extend(membership.has_left());
            if let Some(told) = membership.members.leave() {
                self.tell(told);
            }
        }
        drop_quietly(leaving.node);
    }
}

fn address(node: &Arc<Node>) -> usize {
    Arc::as_ptr(node).addr()
}

/// Wakes the futures that wait for a scope.
pub(super) fn tell(told: Told) {
    told.wakers.into_iter().for_each(wake);
    drop(told.outer);
}
