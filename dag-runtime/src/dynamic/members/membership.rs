//! The place of a task in its scope, and the slot that it has there.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::slots::{Levels, Order};
use super::{Leaving, Members, State};
use crate::dynamic::lock;

/// A task's place in its scope.
pub(in crate::dynamic) struct Membership<N: ?Sized> {
    pub(in crate::dynamic) members: Arc<Members<N>>,
    /// How many tasks of the scope were made before, if the scope has a limit or observers.
    pub(in crate::dynamic) rank: u64,
    /// The place in the queues, if there is a limit.
    order: Order,
    /// The number of tasks in the longest chain that leads to it, if the scope is depth-first.
    pub(in crate::dynamic) depth: u32,
    /// The poll that made the task.
    making: u64,
    /// It takes no slot: it only passes the results of other tasks on.
    is_slotless: bool,
    /// One of the `SLOT_*`; written under the lock of the slots.
    slot: AtomicU8,
    /// The scope has been told of the failure; written under the scope's lock.
    has_left: AtomicBool,
    /// The key in [`State::strangers`], or [`NO_STRANGER`]; written under the scope's lock.
    stranger: AtomicUsize,
}

const SLOT_NONE: u8 = 0;
const SLOT_HELD: u8 = 1;
/// Given back while the task waits for another.
const SLOT_LENT: u8 = 2;
/// Waits in a queue; once it is in none, it holds a slot.
const SLOT_QUEUED: u8 = 3;

const NO_STRANGER: usize = usize::MAX;

impl<N: ?Sized> Membership<N> {
    /// Enters a scope.
    pub(in crate::dynamic) fn new(members: Arc<Members<N>>, making: u64, depth: u32, is_slotless: bool) -> Self {
        let is_counted = members.has_limit() || members.observers.is_some();
        let rank = if is_counted { members.made.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let order = members.slots.as_ref().map(|slots| slots.next_order(depth)).unwrap_or_default();
        members.alive.fetch_add(1, Ordering::Relaxed);
        Self {
            members,
            rank,
            order,
            depth,
            making,
            is_slotless,
            slot: AtomicU8::new(SLOT_NONE),
            has_left: AtomicBool::new(false),
            stranger: AtomicUsize::new(NO_STRANGER),
        }
    }

    pub(in crate::dynamic) fn is_in(&self, members: &Members<N>) -> bool {
        std::ptr::eq(&raw const *self.members, members)
    }

    /// Notes that the task must be aborted when the scope closes: it waits for a task of another scope, which does not end
    /// then. Returns whether that can still happen; if not, the scope is closed, and the caller aborts the task.
    pub(in crate::dynamic) fn add_stranger(&self, node: &Arc<N>) -> bool {
        if self.stranger.load(Ordering::Relaxed) != NO_STRANGER {
            return true;
        }
        let mut state = lock(&self.members.state);
        // The task has left if its input has failed on another thread since the task waits for it.
        if !self.members.is_closed() && !self.has_left.load(Ordering::Relaxed) {
            let key = state.strangers.insert(Arc::downgrade(node));
            self.stranger.store(key, Ordering::Relaxed);
        }
        !self.members.is_closed()
    }

    fn take_stranger(&self, state: &mut State<N>) -> Option<Weak<N>> {
        // `NO_STRANGER` is the key of none.
        state.strangers.try_remove(self.stranger.swap(NO_STRANGER, Ordering::Relaxed))
    }

    /// Parks a failure until the end of the poll that made this task; the scope is told afterwards.
    ///
    /// # Errors
    /// Returns `leaving` if that poll has ended.
    pub(in crate::dynamic) fn park(&self, leaving: Leaving<N>) -> Result<(), Leaving<N>> {
        let mut state = lock(&self.members.state);
        let mut unparked = match state.makings.park(self.making, leaving) {
            Ok(()) => return Ok(()),
            Err(unparked) => unparked,
        };
        let late = state.makings.take_late(Arc::as_ptr(&unparked.node).addr());
        drop(state);
        unparked.dependent = late.or(unparked.dependent);
        Err(unparked)
    }

    /// Lets a failed task leave the scope after this task.
    ///
    /// # Errors
    /// Returns `leaving` if this task has left.
    pub(in crate::dynamic) fn leave_before(&self, leaving: Leaving<N>) -> Result<(), Leaving<N>> {
        let mut state = lock(&self.members.state);
        if self.has_left.load(Ordering::Relaxed) {
            return Err(leaving);
        }
        state.makings.add_behind(std::ptr::from_ref(self).addr(), leaving);
        Ok(())
    }

    /// Notes that the scope has been told of this task. Returns the tasks that leave after it.
    pub(in crate::dynamic) fn has_left(&self) -> Vec<Leaving<N>> {
        let mut state = lock(&self.members.state);
        self.has_left.store(true, Ordering::Relaxed);
        let stranger = self.take_stranger(&mut state);
        let behind = state.makings.take_behind(std::ptr::from_ref(self).addr());
        drop(state);
        drop(stranger);
        behind
    }

    /// Notes that a dependent had failed before this task failed, if the poll that made this task goes on; `node` is the
    /// address of its node. The failure is no abort: the task is parked, or is about to leave, and no other one gets the
    /// address until then.
    pub(in crate::dynamic) fn note_dependent(&self, node: usize, dependent: &Arc<N>) {
        let mut state = lock(&self.members.state);
        let previous = state.makings.note_dependent(self.making, node, dependent);
        drop(state);
        drop(previous);
    }

    /// Releases everything that the task has of the scope. Returns whether it had a slot.
    pub(in crate::dynamic) fn retire(&self) -> bool {
        if self.stranger.load(Ordering::Relaxed) != NO_STRANGER {
            let stranger = self.take_stranger(&mut lock(&self.members.state));
            drop(stranger);
        }
        let Some(slots) = &self.members.slots else { return false };
        let (had_slot, queued) = slots.change(|levels| {
            let slot = self.slot.swap(SLOT_NONE, Ordering::Relaxed);
            if let (SLOT_QUEUED, Some((queued, had_slot))) = (slot, levels.leave_queue(self.order)) {
                return (had_slot, Some(queued));
            }
            let had_slot = matches!(slot, SLOT_HELD | SLOT_QUEUED);
            if had_slot {
                levels.free();
            }
            (had_slot, None)
        });
        drop(queued);
        had_slot
    }

    /// Takes a slot for a task that is ready, or queues the task until a slot is free. Returns whether the task may run.
    pub(in crate::dynamic) fn take_slot(&self, node: &Arc<N>) -> bool {
        let Some(slots) = self.members.slots.as_ref().filter(|_| !self.is_slotless) else { return true };
        slots.change(|levels| self.members.is_closed() || self.take_locked(levels, node))
    }

    fn take_locked(&self, levels: &mut Levels<'_, N>, node: &Arc<N>) -> bool {
        let is_taken = levels.take(self.order, node, self.members.address());
        self.slot.store(if is_taken { SLOT_HELD } else { SLOT_QUEUED }, Ordering::Relaxed);
        is_taken
    }

    /// Frees the slot of a task that waits for another task. Returns the task that takes the slot.
    pub(in crate::dynamic) fn lend_slot(&self) -> Option<Arc<N>> {
        self.members.slots.as_ref()?.change(|levels| {
            match self.slot.load(Ordering::Relaxed) {
                SLOT_HELD => {}
                SLOT_QUEUED if !levels.is_queued(self.order) => {}
                _ => return None,
            }
            self.slot.store(SLOT_LENT, Ordering::Relaxed);
            levels.free();
            levels.pass_on()
        })
    }

    /// Takes a lent slot back, or queues the task, whose worker is woken when it gets a slot. Returns whether it may run.
    pub(in crate::dynamic) fn regain_slot(&self, node: &Arc<N>) -> bool {
        let Some(slots) = &self.members.slots else { return true };
        slots.change(|levels| {
            self.members.is_closed()
                || match self.slot.load(Ordering::Relaxed) {
                    SLOT_QUEUED => !levels.is_queued(self.order),
                    SLOT_LENT => self.take_locked(levels, node),
                    _ => true,
                }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamic::members::Limit;
    use crate::observe::observer::Observers;

    #[test]
    fn a_stranger_that_has_ended_leaves_nothing_in_its_scope() {
        let members = Arc::new(Members::new(&Limit::default(), Observers::default(), None));
        let node = Arc::new("stranger");
        let own = Membership::new(Arc::clone(&members), 0, 0, false);
        assert!(own.add_stranger(&node) && own.add_stranger(&node));
        assert_eq!(lock(&members.state).strangers.len(), 1);
        own.retire();
        assert!(lock(&members.state).strangers.is_empty());
    }

    #[test]
    fn a_worker_that_has_ended_leaves_nothing_in_its_scope() {
        let members = Members::<()>::new(&Limit::default(), Observers::default(), None);
        let key = members.add_worker(std::task::Waker::noop()).unwrap();
        members.remove_worker(key);
        assert!(lock(&members.state).workers.is_empty());
    }
}
