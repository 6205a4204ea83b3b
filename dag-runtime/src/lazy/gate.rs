//! Where an asker on another thread and the driver agree on its slot, and on its end.
//!
//! The body goes through the gate before each poll. Under a limit it lends its slot while a future of it waits
//! (`LENT`), and is polled all the same; when none waits any more, it stops before the gate (`OWES`) until the driver has
//! a slot for it (`HELD`). A body whose demand has failed is `CONDEMNED` by the driver, and dropped at its next poll. The
//! asker alone goes from `HELD` to `LENT` and from there to `OWES`, the driver alone everywhere else. Each of them leaves
//! a waker before it looks at the state again.

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

/// The body goes on, with the slot that it has.
const HELD: u8 = 0;
/// The body waits and needs no slot; the driver may have given it to another task.
const LENT: u8 = 1;
/// The body would go on, and waits for a slot.
const OWES: u8 = 2;
/// The body is to be dropped.
#[cfg(feature = "tokio")]
const CONDEMNED: u8 = 3;

pub(crate) struct Gate {
    /// `HELD`, `LENT`, `OWES` or `CONDEMNED`.
    state: AtomicU8,
    /// That of the asker.
    #[cfg(feature = "tokio")]
    waker: Mutex<Option<Waker>>,
}

/// What the driver finds.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum AtGate {
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

    /// Tells how the asker stands.
    pub(crate) fn look(&self) -> AtGate {
        match self.state.load(Ordering::SeqCst) {
            LENT => AtGate::Lent,
            OWES => AtGate::Owes,
            _ => AtGate::Held,
        }
    }

    /// Lets the body go on, which has a slot.
    #[cfg(feature = "tokio")]
    pub(crate) fn open(&self) {
        if self.change(OWES, HELD) {
            self.wake();
        }
    }

    /// Makes it as it was before an attempt that has ended: the next may begin late, and has its slot until it lends it.
    #[cfg(feature = "tokio")]
    pub(crate) fn renew(&self) {
        self.state.store(HELD, Ordering::SeqCst);
    }

    /// Has the body dropped.
    #[cfg(feature = "tokio")]
    pub(crate) fn condemn(&self) {
        self.state.store(CONDEMNED, Ordering::SeqCst);
        self.wake();
    }

    #[cfg(feature = "tokio")]
    fn change(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    #[cfg(feature = "tokio")]
    fn leave(&self, waker: &Waker) {
        let waker = waker.clone();
        let left = self.waker.lock().unwrap_or_else(PoisonError::into_inner).replace(waker);
        drop(left);
    }

    #[cfg(feature = "tokio")]
    fn wake(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            returns(|| waker.wake());
        }
    }
}

/// Runs the body of an asker on another thread; none if it is dropped, because what it waits for has failed.
#[cfg(feature = "tokio")]
pub async fn asking<T>(asks: AskList<'_>, is_limited: bool, body: impl Future<Output = T>) -> Option<T> {
    let gate = asks.gate();
    // As an attempt before this one may have left it.
    gate.state.store(HELD, Ordering::SeqCst);
    let mut body = pin!(Some(body));
    poll_fn(|cx| {
        if gate.look() != AtGate::Held && !asks.are_waited_for() && gate.change(LENT, OWES) {
            gate.leave(cx.waker());
            asks.bell.ring_for_gate();
        }
        let state = gate.state.load(Ordering::SeqCst);
        if state == OWES {
            gate.leave(cx.waker());
            // The driver may have opened it before the waker was there.
            if gate.state.load(Ordering::SeqCst) == OWES {
                return Poll::Pending;
            }
        }
        let polled = match body.as_mut().as_pin_mut() {
            Some(body) if gate.state.load(Ordering::SeqCst) != CONDEMNED => body.poll(cx),
            _ => {
                body.set(None);
                asks.end();
                return Poll::Ready(None);
            }
        };
        if polled.is_pending() && asks.are_waited_for() {
            gate.leave(cx.waker());
            if is_limited && gate.change(HELD, LENT) {
                asks.bell.ring_for_gate();
            }
            if gate.state.load(Ordering::SeqCst) == CONDEMNED {
                // The driver has not found the waker.
                cx.waker().wake_by_ref();
            }
        }
        if polled.is_ready() {
            asks.end();
        }
        polled.map(Some)
    })
    .await
}
