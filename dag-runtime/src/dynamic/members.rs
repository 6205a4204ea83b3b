//! The tasks of a scope: who is there, who may run, and what has failed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;

use slab::Slab;

use super::lock;
use super::node::AnyNode;
use crate::error::TaskError;
use crate::observer::{Observer, Observers};

/// What the tasks of a scope share.
pub(super) struct Members {
    /// How many tasks may be under way.
    limit: Option<usize>,
    observers: Option<Mutex<Observers>>,
    /// How many tasks were made.
    made: AtomicU64,
    state: Mutex<State>,
}

struct State {
    members: Slab<Member>,
    /// Tasks, and others whose end the scope waits for.
    alive: usize,
    /// What is made now is aborted.
    is_closed: bool,
    failure: Option<TaskError>,
    /// Of the scope's future.
    waker: Option<Waker>,
    /// The scope's future has nothing to do but to wait.
    is_draining: bool,
    slots_taken: usize,
    /// What is ready and has no slot, the first made first.
    queue: BTreeMap<u64, Arc<dyn AnyNode>>,
    /// Keeps the outer scope of one that was dropped while tasks were under way.
    outer: Option<Presence>,
}

struct Member {
    node: Weak<dyn AnyNode>,
    slot: Slot,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Not ready yet.
    None,
    Held,
    /// Given back while the task waits for another.
    Lent,
    Queued,
}

/// A task's place in its scope.
pub(super) struct Membership {
    pub(super) members: Arc<Members>,
    key: AtomicUsize,
    /// How many tasks were made before.
    pub(super) rank: u64,
}

impl Clone for Membership {
    fn clone(&self) -> Self {
        Self { members: Arc::clone(&self.members), key: self.key.load(Ordering::Relaxed).into(), rank: self.rank }
    }
}

/// What is to be done after a task has left.
#[derive(Default)]
pub(super) struct Left {
    /// The tasks to abort, because this one has failed.
    pub(super) rest: Vec<Arc<dyn AnyNode>>,
    /// Of the scope's future.
    pub(super) waker: Option<Waker>,
    pub(super) outer: Option<Presence>,
    pub(super) had_slot: bool,
}

impl Members {
    pub(super) fn new(limit: Option<usize>, observers: Observers) -> Self {
        let state = State {
            members: Slab::new(),
            alive: 0,
            is_closed: false,
            failure: None,
            waker: None,
            is_draining: false,
            slots_taken: 0,
            queue: BTreeMap::new(),
            outer: None,
        };
        let observers = (!observers.is_empty()).then(|| Mutex::new(observers));
        Self { limit, observers, made: AtomicU64::new(0), state: Mutex::new(state) }
    }

    pub(super) fn has_limit(&self) -> bool {
        self.limit.is_some()
    }

    pub(super) fn has_observers(&self) -> bool {
        self.observers.is_some()
    }

    pub(super) fn tell(&self, event: impl Fn(&dyn Observer)) {
        if let Some(observers) = &self.observers {
            lock(observers).tell(event);
        }
    }

    /// Has the scope wait for something that is no task.
    pub(super) fn presence(self: &Arc<Self>) -> Presence {
        lock(&self.state).alive += 1;
        Presence(Arc::clone(self))
    }

    /// Has the scope's future woken when it is to look here again; tells whether a task has failed.
    pub(super) fn listen(&self, waker: &Waker) -> bool {
        let mut state = lock(&self.state);
        let previous = match &state.waker {
            Some(known) if known.will_wake(waker) => None,
            _ => state.waker.replace(waker.clone()),
        };
        let has_failed = state.failure.is_some();
        drop(state);
        drop(previous);
        has_failed
    }

    pub(super) fn has_failed(&self) -> bool {
        lock(&self.state).failure.is_some()
    }

    pub(super) fn failure(&self) -> Option<TaskError> {
        lock(&self.state).failure.clone()
    }

    /// Tells whether every task has ended; from now on the last one wakes the scope's future.
    pub(super) fn is_drained(&self) -> bool {
        let mut state = lock(&self.state);
        state.is_draining = true;
        state.alive == 0
    }

    /// Lets no task in any more, and gives those that are there.
    pub(super) fn close(&self) -> Vec<Arc<dyn AnyNode>> {
        lock(&self.state).close()
    }

    /// Keeps `outer` as long as a task is there.
    pub(super) fn outlive(&self, outer: Option<Presence>) {
        let mut state = lock(&self.state);
        if state.alive > 0 {
            state.outer = outer;
            return;
        }
        drop(state);
        drop(outer);
    }

    /// Takes the first of those that wait for a slot, if there is one for it.
    fn next_queued(&self, state: &mut State) -> Option<Arc<dyn AnyNode>> {
        if state.is_closed || state.slots_taken >= self.limit? {
            return None;
        }
        let (_, node) = state.queue.pop_first()?;
        state.slots_taken += 1;
        if let Some(membership) = &node.head().membership {
            state.members[membership.key()].slot = Slot::Held;
        }
        Some(node)
    }
}

impl State {
    fn close(&mut self) -> Vec<Arc<dyn AnyNode>> {
        self.is_closed = true;
        self.members.iter().filter_map(|(_, member)| member.node.upgrade()).collect()
    }

    /// Gives who is to be told that the last one has left.
    fn drained(&mut self) -> (Option<Waker>, Option<Presence>) {
        if self.alive > 0 {
            return (None, None);
        }
        (self.waker.take().filter(|_| self.is_draining), self.outer.take())
    }
}

impl Membership {
    pub(super) fn new(members: Arc<Members>) -> Self {
        let rank = members.made.fetch_add(1, Ordering::Relaxed);
        Self { members, key: AtomicUsize::new(usize::MAX), rank }
    }

    fn key(&self) -> usize {
        self.key.load(Ordering::Relaxed)
    }

    /// Enters the scope; not if it is closed.
    pub(super) fn join(&self, node: &Arc<dyn AnyNode>) -> bool {
        let mut state = lock(&self.members.state);
        if state.is_closed {
            return false;
        }
        let key = state.members.insert(Member { node: Arc::downgrade(node), slot: Slot::None });
        state.alive += 1;
        // Under the lock, so that who finds the node there finds its key.
        self.key.store(key, Ordering::Relaxed);
        true
    }

    /// Leaves the scope. A failure closes it.
    pub(super) fn leave(&self, error: Option<&TaskError>) -> Left {
        let mut state = lock(&self.members.state);
        let Some(member) = state.members.try_remove(self.key()) else { return Left::default() };
        let mut left = Left { had_slot: member.slot == Slot::Held, ..Left::default() };
        if left.had_slot {
            state.slots_taken -= 1;
        }
        let queued = if member.slot == Slot::Queued { state.queue.remove(&self.rank) } else { None };
        state.alive -= 1;
        (left.waker, left.outer) = state.drained();
        if let Some(error) = error.filter(|error| !error.is_aborted() && state.failure.is_none()) {
            state.failure = Some(error.clone());
            left.rest = state.close();
            left.waker = left.waker.or_else(|| state.waker.take());
        }
        drop(state);
        drop((member, queued));
        left
    }

    /// Gives a slot to a task that is ready, or has it wait for one.
    pub(super) fn take_slot(&self, node: &Arc<dyn AnyNode>) -> bool {
        let Some(limit) = self.members.limit else { return true };
        let mut state = lock(&self.members.state);
        let is_free = state.slots_taken < limit && state.queue.is_empty();
        let Some(member) = state.members.get_mut(self.key()) else { return true };
        member.slot = if is_free { Slot::Held } else { Slot::Queued };
        if is_free {
            state.slots_taken += 1;
        } else {
            state.queue.insert(self.rank, Arc::clone(node));
        }
        is_free
    }

    /// Gives the slot of a task back that waits for another; gives the task to go on with.
    pub(super) fn lend_slot(&self) -> Option<Arc<dyn AnyNode>> {
        let mut state = lock(&self.members.state);
        let member = state.members.get_mut(self.key())?;
        if member.slot != Slot::Held {
            return None;
        }
        member.slot = Slot::Lent;
        state.slots_taken -= 1;
        self.members.next_queued(&mut state)
    }

    /// Takes a lent slot back, or waits for one: then the worker is woken.
    pub(super) fn regain_slot(&self) -> bool {
        let Some(limit) = self.members.limit else { return true };
        let mut state = lock(&self.members.state);
        let is_free = state.slots_taken < limit && state.queue.first_key_value().is_none_or(|(&rank, _)| self.rank < rank);
        let is_closed = state.is_closed;
        let Some(member) = state.members.get_mut(self.key()) else { return true };
        match member.slot {
            Slot::Held | Slot::None => return true,
            Slot::Queued => return is_closed,
            Slot::Lent if is_free => {
                member.slot = Slot::Held;
                state.slots_taken += 1;
                return true;
            }
            Slot::Lent => {}
        }
        if let Some(node) = member.node.upgrade() {
            member.slot = Slot::Queued;
            state.queue.insert(self.rank, node);
        }
        is_closed
    }

    /// Gives the task that a slot that was given back is for.
    pub(super) fn next_queued(&self) -> Option<Arc<dyn AnyNode>> {
        self.members.next_queued(&mut lock(&self.members.state))
    }
}

/// Something that a scope waits for.
pub(super) struct Presence(pub(super) Arc<Members>);

impl Drop for Presence {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.alive -= 1;
        let (waker, outer) = state.drained();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        drop(outer);
    }
}
