//! The order of the final failures of a run.
//!
//! A task that catches a failure gets the first one that reached its dependency, and in the next life of the run it must be
//! the same one. The next life knows only in which order the keeper got the failures. So a failure becomes known to the run
//! in its turn: once all those that the keeper got before it are known. A turn is taken right before the failure goes to
//! the keeper, and ends when the future of the task is dropped: after its failure is known, or because it was cancelled.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The failures that are on their way: at the keeper, or not known yet.
#[derive(Default)]
pub(super) struct Line(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    next: u64,
    /// In the order of their turns, each with the waker of its task if that waits for its turn.
    turns: VecDeque<(u64, Option<Waker>)>,
}

/// The place of a failure in the line.
pub(super) struct Turn {
    line: Arc<Line>,
    number: u64,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    pub(super) fn take(line: &Arc<Line>) -> Self {
        let mut waiting = line.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.turns.push_back((number, None));
        drop(waiting);
        Self { line: Arc::clone(line), number }
    }

    /// Waits until it is the first.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut waiting = self.line.lock();
        if waiting.turns.front().is_some_and(|first| first.0 == self.number) {
            return Poll::Ready(());
        }
        let own = waiting.turns.iter_mut().find(|turn| turn.0 == self.number);
        let earlier = own.and_then(|own| own.1.replace(waker));
        drop(waiting);
        drop(earlier);
        Poll::Pending
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.line.lock();
        waiting.turns.retain(|turn| turn.0 != self.number);
        let next = waiting.turns.front_mut().and_then(|next| next.1.take());
        drop(waiting);
        if let Some(next) = next {
            next.wake();
        }
    }
}
