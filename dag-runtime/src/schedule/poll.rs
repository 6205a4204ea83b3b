//! Polls the body of a task in its slot. The compiler generates this code for every task.

#[cfg(debug_assertions)]
use std::pin::Pin;
use std::task::{Context, Poll};

use super::terminal::Scheduler;
use crate::cell::Slot;
#[cfg(debug_assertions)]
use crate::observe::signals::Signals;

#[cfg(not(debug_assertions))]
impl<const WORDS: usize> Scheduler<WORDS> {
    #[inline]
    pub(crate) fn poll_slot<T: Future>(
        &mut self,
        task: usize,
        mut slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(task),
            None => cx.waker(),
        };
        let mut own = Context::from_waker(waker);
        let result = if let Some(body) = slot.body() {
            // Two calls of `poll` instead of a shared one: the other call is merged with the start of the body.
            let result = self.signals.enter(task, || body.poll(&mut own));
            if result.is_pending() {
                self.polled_in_vain = true;
            }
            result
        } else {
            self.signals.open(task);
            self.signals.enter(task, || slot.fill(start()).poll(&mut own))
        };
        if result.is_ready() {
            self.signals.returned(task);
            slot.clear();
        }
        result
    }
}

/// Nothing is inlined in a debug build, so only what needs the type of the body stands in `poll_slot`.
#[cfg(debug_assertions)]
impl<const WORDS: usize> Scheduler<WORDS> {
    pub(crate) fn poll_slot<T: Future>(
        &mut self,
        task: usize,
        mut slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        let is_fresh = slot.is_none();
        if is_fresh {
            self.signals.open(task);
            if Signals::ARE_SEEN {
                self.signals.enter(task, || _ = slot.fill(start()));
            } else {
                slot.fill(start());
            }
        }
        let Some(body) = slot.body() else { slot_is_empty() };
        let result = self.poll_body(task, is_fresh, body, cx);
        if result.is_ready() {
            slot.clear();
        }
        result
    }

    fn poll_body<T>(
        &mut self,
        task: usize,
        is_fresh: bool,
        body: Pin<&mut dyn Future<Output = T>>,
        cx: &mut Context<'_>,
    ) -> Poll<T> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(task),
            None => cx.waker(),
        };
        let mut own = Context::from_waker(waker);
        let result = self.signals.enter(task, || body.poll(&mut own));
        if result.is_ready() {
            self.signals.returned(task);
        } else if !is_fresh {
            self.polled_in_vain = true;
        }
        result
    }
}

#[cfg(debug_assertions)]
fn slot_is_empty() -> ! {
    unreachable!("the slot was just filled");
}
