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

    /// [`poll_slot`](Self::poll_slot) for a slot without a body. A run looks into the slot before it polls, and would look
    /// again.
    #[inline]
    pub(crate) fn poll_first<T: Future>(
        &mut self,
        task: usize,
        slot: &mut impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(task),
            None => cx.waker(),
        };
        let mut own = Context::from_waker(waker);
        self.signals.open(task);
        let result = self.signals.enter(task, || slot.fill(start()).poll(&mut own));
        self.end_poll(task, slot, result)
    }

    /// [`poll_slot`](Self::poll_slot) for a body that has been polled before.
    #[inline]
    pub(crate) fn poll_again<T: Future>(
        &mut self,
        task: usize,
        slot: &mut impl Slot<T>,
        cx: &mut Context<'_>,
    ) -> Poll<T::Output> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(task),
            None => cx.waker(),
        };
        let mut own = Context::from_waker(waker);
        let Some(body) = slot.body() else { slot_is_empty() };
        let result = self.signals.enter(task, || body.poll(&mut own));
        if result.is_pending() {
            self.polled_in_vain = true;
        }
        self.end_poll(task, slot, result)
    }

    #[inline]
    fn end_poll<T: Future>(
        &mut self,
        task: usize,
        slot: &mut impl Slot<T>,
        result: Poll<T::Output>,
    ) -> Poll<T::Output> {
        if result.is_ready() {
            self.signals.returned(task);
            slot.clear();
        }
        result
    }
}

/// Nothing is inlined in a debug build, so only what needs the type of the body stands here.
#[cfg(debug_assertions)]
impl<const WORDS: usize> Scheduler<WORDS> {
    pub(crate) fn poll_slot<T: Future>(
        &mut self,
        task: usize,
        mut slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        let is_fresh = slot.is_vacant();
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

    pub(crate) fn poll_first<T: Future>(
        &mut self,
        task: usize,
        slot: &mut impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        self.signals.open(task);
        self.signals.enter(task, || _ = slot.fill(start()));
        self.poll_filled(task, true, slot, cx)
    }

    pub(crate) fn poll_again<T: Future>(
        &mut self,
        task: usize,
        slot: &mut impl Slot<T>,
        cx: &mut Context<'_>,
    ) -> Poll<T::Output> {
        self.poll_filled(task, false, slot, cx)
    }

    fn poll_filled<T: Future>(
        &mut self,
        task: usize,
        is_fresh: bool,
        slot: &mut impl Slot<T>,
        cx: &mut Context<'_>,
    ) -> Poll<T::Output> {
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

#[cold]
#[inline(never)]
fn slot_is_empty() -> ! {
    unreachable!("the slot has a body");
}
