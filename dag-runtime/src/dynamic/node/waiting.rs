//! The tasks that take the result of a task, and the futures that await it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;

use super::state::{InputState, MissingInput, Node, Wait, Waiter, WaiterKey};
use crate::dynamic::lock;

impl Node {
    /// Adds a consumer that is told when the task ends, unless the task has ended.
    pub(in crate::dynamic) fn add_consumer(&self, consumer: impl FnOnce() -> MissingInput) -> InputState {
        let mut progress = lock(&self.shared.progress);
        if !progress.phase.is_over() {
            progress.consumers.add(consumer());
            return InputState::Pending;
        }
        drop(progress);
        self.error().map_or(InputState::Done, |error| InputState::Failed(error.clone()))
    }

    /// Stores `waker`, which is woken when the task ends, unless the task has ended. With another waker the wait begins
    /// anew, because another task may await it now.
    pub(in crate::dynamic) fn poll_ended(&self, waiter: &mut Option<WaiterKey>, waker: &Waker) -> Wait {
        let progress = lock(&self.shared.progress);
        if progress.phase.is_over() {
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
        let mut guard = lock(&self.shared.progress);
        let progress = &mut *guard;
        if progress.phase.is_over() {
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
        let waiter = lock(&self.shared.progress).waiters.try_remove(waiter.place);
        drop(waiter);
    }

    /// Notes in which task's body a waiter is. Returns whether the waiter still waits.
    pub(in crate::dynamic) fn wait_by(&self, waiter: WaiterKey, task: &Arc<Self>) -> bool {
        let mut progress = lock(&self.shared.progress);
        let standing = progress.waiters.get_mut(waiter.place).filter(|standing| standing.serial == waiter.serial);
        let still_waits = standing.is_some();
        let previous = standing.and_then(|standing| standing.task.replace(Arc::clone(task)));
        drop(progress);
        drop(previous);
        still_waits
    }

    /// Adds the tasks that wait for this one.
    pub(in crate::dynamic) fn add_waiting_tasks(&self, found: &mut Vec<Arc<Self>>) {
        let progress = lock(&self.shared.progress);
        found.extend(progress.consumers.iter().map(MissingInput::whole));
        found.extend(progress.waiters.iter().filter_map(|(_, waiter)| waiter.task.clone()));
    }

    /// Returns whether the task may wait for another.
    pub(in crate::dynamic) fn may_wait(&self) -> bool {
        self.is_missing() || self.head().has_waited.load(Ordering::SeqCst)
    }
}
