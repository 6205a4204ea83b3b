//! The gate, where an asker on another thread and the driver agree on the asker's slot and on its end.
//!
//! The body goes through the gate before each poll. Under a limit, it lends its slot while one of its futures waits
//! (`LENT`), and is still polled. When none of them waits any more, it stops at the gate (`OWES`) until the driver has
//! a slot for it (`HELD`). If a task that the body waits for fails, the driver sets `CONDEMNED`, and the body is
//! dropped at its next poll. Only the asker changes `HELD` to `LENT` and `LENT` to `OWES`; only the driver makes all
//! other changes. Each of them stores a waker before it reads the state again.

#[cfg(feature = "tokio")]
use std::{
    future::poll_fn,
    pin::pin,
    sync::PoisonError,
    task::{Poll, Waker},
};

use super::sync::{AtomicU8, Ordering};
#[cfg(feature = "tokio")]
use super::{AskList, sync::Mutex};
#[cfg(feature = "tokio")]
use crate::observe::observer::returns;

/// The body may run and has its slot.
const HELD: u8 = 0;
/// The body waits and needs no slot; the driver may have given it to another task.
const LENT: u8 = 1;
/// The body could run, but waits for a slot.
const OWES: u8 = 2;
/// The body must be dropped.
#[cfg(feature = "tokio")]
const CONDEMNED: u8 = 3;

pub(crate) struct Gate {
    /// `HELD`, `LENT`, `OWES` or `CONDEMNED`.
    state: AtomicU8,
    /// The waker of the asker.
    #[cfg(feature = "tokio")]
    waker: Mutex<Option<Waker>>,
}

/// The state of a gate that the driver sees.
#[derive(Clone, Copy, PartialEq)]
pub enum AtGate {
    Held,
    Lent,
    Owes,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            state: AtomicU8::new(HELD),
            #[cfg(feature = "tokio")]
            waker: Mutex::new(None),
        }
    }

    /// Returns the state of the asker.
    pub(crate) fn look(&self) -> AtGate {
        match self.state.load(Ordering::SeqCst) {
            LENT => AtGate::Lent,
            OWES => AtGate::Owes,
            _ => AtGate::Held,
        }
    }

    /// Lets the body continue; it has a slot.
    pub(crate) fn open(&self) {
        if self.change(OWES, HELD) {
            #[cfg(feature = "tokio")]
            self.wake();
        }
    }

    /// Sets the gate for an attempt that begins, with a slot or without.
    pub(super) fn begin(&self, has_slot: bool) {
        self.state.store(if has_slot { HELD } else { LENT }, Ordering::SeqCst);
    }

    /// Returns the slot. Returns whether the body had one.
    #[cfg(feature = "tokio")]
    pub(super) fn lend(&self) -> bool {
        self.change(HELD, LENT)
    }

    /// Asks for a slot. Returns whether this is new to the driver.
    #[cfg(feature = "tokio")]
    pub(super) fn ask(&self) -> bool {
        self.change(LENT, OWES)
    }

    /// Resets the gate after an attempt that has ended: the next attempt may begin later, and has its slot until it
    /// lends it.
    #[cfg(feature = "tokio")]
    pub(crate) fn renew(&self) {
        self.state.store(HELD, Ordering::SeqCst);
    }

    /// Makes the asker drop its body.
    #[cfg(feature = "tokio")]
    pub(crate) fn condemn(&self) {
        self.state.store(CONDEMNED, Ordering::SeqCst);
        self.wake();
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    #[cfg(feature = "tokio")]
    pub(super) fn leave(&self, waker: &Waker) {
        let waker = waker.clone();
        let left = self.waker.lock().unwrap_or_else(PoisonError::into_inner).replace(waker);
        drop(left);
    }

    #[cfg(feature = "tokio")]
    pub(super) fn wake(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            returns(|| waker.wake());
        }
    }
}

/// Forgets the waiters of a body, when this guard is dropped after the body.
#[cfg(feature = "tokio")]
struct Ends<'a>(AskList<'a>);

#[cfg(feature = "tokio")]
impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Runs the body of an asker on another thread. Returns `None` if the body is dropped because a task that it waits for
/// has failed.
#[cfg(feature = "tokio")]
pub async fn asking<T>(asks: AskList<'_>, is_limited: bool, body: impl Future<Output = T>) -> Option<T> {
    let Some(gate) = asks.gate() else { unreachable!("an asker has lazy dependencies") };
    // An earlier attempt may have left another state.
    gate.state.store(HELD, Ordering::SeqCst);
    let _ends = Ends(asks);
    let mut body = pin!(Some(body));
    poll_fn(|cx| {
        if gate.look() != AtGate::Held && !asks.are_waited_for() && gate.change(LENT, OWES) {
            gate.leave(cx.waker());
            asks.bell.ring(true);
        }
        let state = gate.state.load(Ordering::SeqCst);
        if state == OWES {
            gate.leave(cx.waker());
            // The driver may have opened the gate before the waker was stored.
            if gate.state.load(Ordering::SeqCst) == OWES {
                return Poll::Pending;
            }
        }
        let polled = match body.as_mut().as_pin_mut() {
            Some(body) if gate.state.load(Ordering::SeqCst) != CONDEMNED => body.poll(cx),
            _ => {
                body.set(None);
                return Poll::Ready(None);
            }
        };
        if polled.is_pending() && asks.are_waited_for() {
            gate.leave(cx.waker());
            if is_limited && gate.change(HELD, LENT) {
                asks.bell.ring(true);
            }
            if gate.state.load(Ordering::SeqCst) == CONDEMNED {
                // The driver did not find the waker.
                cx.waker().wake_by_ref();
            }
        }
        polled.map(Some)
    })
    .await
}
