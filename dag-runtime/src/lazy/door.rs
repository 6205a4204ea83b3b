//! The door of a task with `permit`, where an attempt and the driver agree on a slot.
//!
//! Without a limit, nobody needs a slot and the door is always open. Under a limit, an attempt that waits for its permit
//! has no slot (`LENT`). Once it has the permit, it stops at the door (`OWES`) until the driver has a slot for it
//! (`HELD`). So a task always takes its permit before its slot, and no task keeps a slot while it waits for a permit
//! that another task has, which waits for a slot. As at any [`Gate`], only the attempt changes `HELD` to `LENT` and
//! `LENT` to `OWES`, and only the driver makes all other changes. If the driver goes while a task with `finish` is under
//! way, the door stays open.

use super::sync::{AtomicBool, Ordering};
use super::{AtGate, Bell, Gate};

/// The door of one task.
pub(crate) struct Door {
    /// The id of the task.
    pub(crate) task: usize,
    /// The task runs on a different thread than the driver.
    is_away: bool,
    /// Tasks need slots.
    is_limited: AtomicBool,
    gate: Gate,
}

impl Door {
    pub(super) fn new(task: usize, is_away: bool) -> Self {
        Self { task, is_away, is_limited: AtomicBool::new(false), gate: Gate::new() }
    }

    /// Begins the first attempt of a task that needs a slot, and has one or not.
    pub(crate) fn begin(&self, has_slot: bool) {
        self.is_limited.store(true, Ordering::SeqCst);
        self.gate.begin(has_slot);
    }

    /// Returns the state of the attempt.
    #[inline]
    pub(crate) fn look(&self) -> AtGate {
        self.gate.look()
    }

    /// Lets the attempt continue; it has a slot.
    pub(crate) fn open(&self) {
        self.gate.open();
    }

    /// Returns whether the driver has to visit the task: it may have to take the slot back, or the attempt needs one.
    pub(crate) fn calls_driver(&self) -> bool {
        match self.look() {
            AtGate::Held => false,
            AtGate::Lent => self.is_away,
            AtGate::Owes => true,
        }
    }
}

/// A door as an attempt sees it.
#[derive(Clone, Copy)]
pub struct AtDoor<'d> {
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "permits are a feature"))]
    pub(super) door: &'d Door,
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "permits are a feature"))]
    pub(super) bell: &'d Bell,
}

#[cfg(feature = "tokio")]
impl AtDoor<'_> {
    /// Returns the slot of an attempt that waits for its permit.
    pub(crate) fn lend(self) {
        let Self { door, bell } = self;
        if door.is_limited.load(Ordering::SeqCst) && door.gate.lend() && door.is_away {
            bell.ring(true);
        }
    }

    /// Asks for a slot for an attempt that has its permit. Returns whether it has one, or needs none.
    pub(crate) fn pass(self, waker: &std::task::Waker) -> bool {
        let Self { door, bell } = self;
        if !door.is_limited.load(Ordering::SeqCst) || door.look() == AtGate::Held {
            return true;
        }
        if door.is_away {
            door.gate.leave(waker);
        }
        if door.gate.ask() {
            bell.ring(door.is_away);
        }
        // The driver may have opened the door before the waker was stored.
        door.look() == AtGate::Held
    }
}

/// Runs a task with `finish`, which goes on if this future is dropped. The driver is gone then, so the task needs no
/// slot any more.
#[cfg(feature = "tokio")]
pub async fn behind<T>(door: AtDoor<'_>, body: impl Future<Output = T>) -> T {
    let _stays_open = StaysOpen(door);
    body.await
}

/// Opens a door for good, when it is dropped.
#[cfg(feature = "tokio")]
struct StaysOpen<'d>(AtDoor<'d>);

#[cfg(feature = "tokio")]
impl Drop for StaysOpen<'_> {
    fn drop(&mut self) {
        let Door { is_limited, gate, .. } = self.0.door;
        is_limited.store(false, Ordering::SeqCst);
        gate.begin(true);
        gate.wake();
    }
}
