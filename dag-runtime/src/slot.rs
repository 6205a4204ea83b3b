//! In: the place of a task's future, and how to make it. Out: its result; the future is made at the first poll and
//! dropped as soon as it is done.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Polls the task in `slot`, made by `start` if it is not there yet, and empties the slot once it is done.
#[inline]
pub fn poll_slot<F: Future + Send>(
    slot: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
    start: impl FnOnce() -> F,
) -> Poll<F::Output> {
    poll_local_slot(slot, cx, start)
}

/// [`poll_slot`] for a `#[dag(local)]` block, whose tasks need not be `Send`.
#[inline]
pub fn poll_local_slot<F: Future>(
    mut slot: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
    start: impl FnOnce() -> F,
) -> Poll<F::Output> {
    if slot.is_none() {
        slot.set(Some(start()));
    }
    let task = slot.as_mut().as_pin_mut().expect("the slot was just filled");
    let output = ready!(task.poll(cx));
    slot.set(None);
    Poll::Ready(output)
}
