//! The place of a task in its scope, and the slot that it has there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use super::Members;
use crate::dynamic::lock;
use crate::error::TaskError;

/// A task's place in its scope.
pub(in crate::dynamic) struct Membership<N: ?Sized> {
    pub(in crate::dynamic) members: Arc<Members<N>>,
    /// How many tasks were made before, where that counts.
    pub(in crate::dynamic) rank: u64,
    /// The poll that made the task.
    making: u64,
    /// One of the `SLOT_*`; written under the scope's lock.
    slot: AtomicU8,
    /// The key in [`State::strangers`], or [`NO_STRANGER`].
    stranger: AtomicUsize,
}

const SLOT_NONE: u8 = 0;
const SLOT_HELD: u8 = 1;
/// Given back while the task waits for another.
const SLOT_LENT: u8 = 2;
/// Waits in the queue; once it is taken out of it, it holds a slot.
const SLOT_QUEUED: u8 = 3;

const NO_STRANGER: usize = usize::MAX;

impl<N: ?Sized> Membership<N> {
    /// Enters a scope.
    pub(in crate::dynamic) fn new(members: Arc<Members<N>>, making: u64) -> Self {
        let is_counted = members.has_limit() || members.observers.is_some();
        let rank = if is_counted { members.made.fetch_add(1, Ordering::Relaxed) } else { 0 };
        members.alive.fetch_add(1, Ordering::Relaxed);
        Self { members, rank, making, slot: AtomicU8::new(SLOT_NONE), stranger: AtomicUsize::new(NO_STRANGER) }
    }

    pub(in crate::dynamic) fn is_in(&self, members: &Members<N>) -> bool {
        std::ptr::eq(&raw const *self.members, members)
    }

    /// Has the task told when the scope closes: it waits for one that may not be.
    pub(in crate::dynamic) fn add_stranger(&self, node: &Arc<N>) {
        if self.stranger.load(Ordering::Relaxed) == NO_STRANGER {
            let key = lock(&self.members.state).strangers.insert(Arc::downgrade(node));
            self.stranger.store(key, Ordering::Relaxed);
        }
    }

    /// Has the scope told of a failure later, if the poll that made the task has not ended.
    pub(in crate::dynamic) fn park(&self, node: &Arc<N>, error: &TaskError) -> bool {
        let mut state = lock(&self.members.state);
        let parked = state.makings.find(self.making);
        parked.map(|parked| parked.push((Arc::clone(node), error.clone()))).is_some()
    }

    /// Returns what the task has of the scope; tells whether it had a slot.
    pub(in crate::dynamic) fn retire(&self) -> bool {
        let stranger = self.stranger.load(Ordering::Relaxed);
        if !self.members.has_limit() && stranger == NO_STRANGER {
            return false;
        }
        let mut state = lock(&self.members.state);
        let stranger = state.strangers.try_remove(stranger);
        let slot = self.slot.swap(SLOT_NONE, Ordering::Relaxed);
        let queued = if slot == SLOT_QUEUED { state.queue.remove(&self.rank) } else { None };
        let had_slot = slot == SLOT_HELD || (slot == SLOT_QUEUED && queued.is_none());
        if had_slot {
            state.slots_taken -= 1;
        }
        drop(state);
        drop((stranger, queued));
        had_slot
    }

    /// Takes a slot for a task that is ready, or queues the task until a slot is free.
    pub(in crate::dynamic) fn take_slot(&self, node: &Arc<N>) -> bool {
        let Some(limit) = self.members.limit else { return true };
        let mut state = lock(&self.members.state);
        if self.members.is_closed() {
            return true;
        }
        let is_free = state.slots_taken < limit && state.queue.is_empty();
        self.slot.store(if is_free { SLOT_HELD } else { SLOT_QUEUED }, Ordering::Relaxed);
        if is_free {
            state.slots_taken += 1;
        } else {
            state.queue.insert(self.rank, Arc::clone(node));
        }
        is_free
    }

    /// Frees the slot of a task that waits for another task. Returns the task that takes the slot.
    pub(in crate::dynamic) fn lend_slot(&self) -> Option<Arc<N>> {
        let mut state = lock(&self.members.state);
        match self.slot.load(Ordering::Relaxed) {
            SLOT_HELD => {}
            SLOT_QUEUED if !state.queue.contains_key(&self.rank) => {}
            _ => return None,
        }
        self.slot.store(SLOT_LENT, Ordering::Relaxed);
        state.slots_taken -= 1;
        self.members.take_queued(&mut state)
    }

    /// Takes a lent slot back, or waits for one: then the worker is woken.
    pub(in crate::dynamic) fn regain_slot(&self, node: &Arc<N>) -> bool {
        let Some(limit) = self.members.limit else { return true };
        let mut state = lock(&self.members.state);
        if self.members.is_closed() {
            return true;
        }
        match self.slot.load(Ordering::Relaxed) {
            SLOT_QUEUED => return !state.queue.contains_key(&self.rank),
            SLOT_LENT => {}
            _ => return true,
        }
        let is_first = state.queue.first_key_value().is_none_or(|(&rank, _)| self.rank < rank);
        if state.slots_taken < limit && is_first {
            state.slots_taken += 1;
            self.slot.store(SLOT_HELD, Ordering::Relaxed);
            return true;
        }
        state.queue.insert(self.rank, Arc::clone(node));
        self.slot.store(SLOT_QUEUED, Ordering::Relaxed);
        false
    }
}
