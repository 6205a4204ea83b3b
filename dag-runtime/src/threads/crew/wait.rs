//! The bodies of a crew that wait for lazy dependencies, and the slot that they lend meanwhile.
//!
//! Under a limit, the first body that waits lends one slot (`LENT`), in which the dependency can run. Each body knows for
//! itself whether it waits: after a poll it looks for its futures among the asks. A body that waits no more goes on if
//! another one still waits. The last one stops at the gate (`OWES`) until the driver has a slot for it (`HELD`). So while the
//! slot is lent or owed, one body at least does not work. A body may begin to wait while the slot is owed: it lends the slot
//! when the gate opens. All of this changes under the lock of the rota, and the driver is woken for each change; only the
//! driver opens the gate.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::rota::{Rota, State, wake};
use crate::lazy::{AskList, AtGate};

/// How a body waits for its lazy dependencies.
pub struct Asking<'a, F> {
    rota: Arc<Rota<F>>,
    asks: AskList<'a>,
    body: usize,
    is_limited: bool,
    body_is: BodyIs,
}

#[derive(Clone, Copy, PartialEq)]
enum BodyIs {
    AtWork,
    /// It waits, and is one of those that the rota counts.
    Waiting,
    /// It could go on, and stops at the gate.
    Stopped,
}

/// Runs a body that has lazy dependencies.
pub async fn asking_together<F, T>(mut asking: Asking<'_, F>, body: impl Future<Output = T>) -> T {
    let mut body = pin!(body);
    poll_fn(|cx| {
        if !asking.goes_on(cx.waker()) {
            return Poll::Pending;
        }
        let polled = body.as_mut().poll(cx);
        if polled.is_pending() {
            asking.note_wait();
        }
        polled
    })
    .await
}

impl<'a, F> Asking<'a, F> {
    pub(super) fn new(rota: &Arc<Rota<F>>, asks: AskList<'a>, body: usize, is_limited: bool) -> Self {
        Self { rota: Arc::clone(rota), asks, body, is_limited, body_is: BodyIs::AtWork }
    }

    /// Returns whether the body may be polled. If not, its waker is woken once it may.
    fn goes_on(&mut self, waker: &Waker) -> bool {
        if self.body_is == BodyIs::AtWork || self.body_is == BodyIs::Waiting && self.asks.is_waiting(self.body) {
            return true;
        }
        // A waker is cloned and dropped without the lock.
        let mut own = Some(waker.clone());
        let mut rota = self.rota.lock();
        if self.body_is == BodyIs::Waiting {
            rota.waiting -= 1;
        }
        let driver = rota.tell_gate();
        let goes_on = rota.gate != AtGate::Owes;
        self.body_is = if goes_on { BodyIs::AtWork } else { BodyIs::Stopped };
        if !goes_on && !rota.stopped.iter().any(|known| known.will_wake(waker)) {
            rota.stopped.extend(own.take());
        }
        drop(rota);
        wake(driver);
        goes_on
    }

    /// Lends the slot, if the body waits and no other one has lent it.
    fn note_wait(&mut self) {
        if !self.is_limited || self.body_is != BodyIs::AtWork || !self.asks.is_waiting(self.body) {
            return;
        }
        self.body_is = BodyIs::Waiting;
        let mut rota = self.rota.lock();
        rota.waiting += 1;
        let driver = rota.tell_gate();
        drop(rota);
        wake(driver);
    }
}

impl<F> Drop for Asking<'_, F> {
    fn drop(&mut self) {
        self.asks.end_body(self.body);
        if self.body_is == BodyIs::Waiting {
            let mut rota = self.rota.lock();
            rota.waiting -= 1;
            let driver = rota.tell_gate();
            drop(rota);
            wake(driver);
        }
    }
}

impl<F> State<F> {
    /// Lends the slot if a body waits, or asks for it if none does any more. Returns the driver's waker if that is new to it.
    fn tell_gate(&mut self) -> Option<Waker> {
        self.gate = match self.gate {
            AtGate::Held if self.waiting > 0 => AtGate::Lent,
            AtGate::Lent if self.waiting == 0 => AtGate::Owes,
            _ => return None,
        };
        self.waker.take()
    }
}

impl<F> Rota<F> {
    /// Lets all bodies go on, and lends the slot again if one of them waits.
    pub(super) fn open(&self) {
        let mut rota = self.lock();
        rota.gate = AtGate::Held;
        let driver = rota.tell_gate();
        let stopped = std::mem::take(&mut rota.stopped);
        drop(rota);
        wake(driver.into_iter().chain(stopped));
    }
}
