//! Polls the body in the slot of a task. The compiler generates this code for every task.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::terminal::Scheduler;

impl<const WORDS: usize> Scheduler<WORDS> {
    #[inline]
    pub(crate) fn poll_slot<T: Future>(
        &mut self,
        task: usize,
        mut slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(task),
            None => cx.waker(),
        };
        let mut own = Context::from_waker(waker);
        let result = if cfg!(debug_assertions) {
            // The compiler generates this code for every task: in a debug build, one call of `poll` makes it shorter.
            let is_fresh = slot.is_none();
            if is_fresh {
                self.signals.open(task);
            }
            let result = self.signals.enter(task, || {
                if is_fresh {
                    slot.set(Some(start()));
                }
                slot.as_mut().as_pin_mut().expect("the slot is filled").poll(&mut own)
            });
            self.polled_in_vain |= !is_fresh && result.is_pending();
            result
        } else if let Some(future) = slot.as_mut().as_pin_mut() {
            // Two calls of `poll` instead of a shared one: the other call is merged with the start of the body.
            let result = self.signals.enter(task, || future.poll(&mut own));
            if result.is_pending() {
                self.polled_in_vain = true;
            }
            result
        } else {
            self.signals.open(task);
            self.signals.enter(task, || {
                slot.set(Some(start()));
                slot.as_mut().as_pin_mut().expect("the slot was just filled").poll(&mut own)
            })
        };
        if result.is_ready() {
            self.signals.returned(task);
            slot.set(None);
        }
        result
    }
}
