//! The order of the final failures of a run.
//!
//! A task that catches a failure gets the first one that reached its dependency, and the next life of the run begins with
//! the failures in the order in which the keeper got them. So a failure leaves its task in its turn: once all those that the keeper got before it have left theirs. A turn is taken together with the call of the
//! keeper, under a lock of its own, so the turns are in the order of those calls. A turn ends when the future of the task
//! is dropped: after it has returned its failure, or because it was cancelled.
//!
//! A task that the driver polls returns its failure to the run itself. A spawned task leaves it at the desk, and the driver
//! reads it in its next pass: if two tasks fail at about the same time, and one of them is spawned, the run may take the
//! failures in another order than the keeper got them. Therefore what a body is told is kept, too (`causes.rs`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The failures that are on their way: at the keeper, or not yet returned by their tasks.
#[derive(Default)]
pub(super) struct Line {
    /// Held while a turn is taken and the keeper called.
    entry: Mutex<()>,
    waiting: Mutex<Waiting>,
}

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
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Takes the next turn and calls the keeper; no other task does so in between.
    pub(super) fn take<K>(line: &Arc<Line>, keep: impl FnOnce() -> K) -> (Self, K) {
        let _entry = line.entry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = line.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.turns.push_back((number, None));
        drop(waiting);
        let turn = Self { line: Arc::clone(line), number };
        let kept = keep();
        (turn, kept)
    }

    /// Waits until it is the first.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut waiting = self.line.lock();
        if waiting.turns.front().is_some_and(|first| first.0 == self.number) {
            drop(waiting);
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
        let place = waiting.turns.iter().position(|turn| turn.0 == self.number);
        let own = place.and_then(|place| waiting.turns.remove(place));
        let next = waiting.turns.front_mut().and_then(|next| next.1.take());
        drop(waiting);
        if let Some(next) = next {
            next.wake();
        }
        // A waker is foreign code, so it is dropped after the lock, and after the next task has been woken.
        drop(own);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::task::Wake;

    use super::*;

    /// A waker that looks whether the line is free when it is dropped.
    struct Looks(Arc<Line>, Arc<AtomicU32>);

    impl Wake for Looks {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Looks {
        fn drop(&mut self) {
            self.1.fetch_add(u32::from(self.0.waiting.try_lock().is_ok()), Relaxed);
        }
    }

    #[test]
    fn a_waker_is_dropped_when_the_line_is_free() {
        let (line, free) = (Arc::new(Line::default()), Arc::new(AtomicU32::new(0)));
        let waker = || Waker::from(Arc::new(Looks(Arc::clone(&line), Arc::clone(&free))));
        let (_first, ()) = Turn::take(&line, || ());
        let (second, ()) = Turn::take(&line, || ());
        assert!(second.poll(&Context::from_waker(&waker())).is_pending());
        assert_eq!(free.load(Relaxed), 0, "the line has it");
        drop(second);
        assert_eq!(free.load(Relaxed), 1);
    }

    #[test]
    fn no_other_turn_is_taken_while_the_keeper_is_called() {
        let line = Arc::new(Line::default());
        let (_turn, is_free) = Turn::take(&line, || line.entry.try_lock().is_ok());
        assert!(!is_free);
        assert!(line.entry.try_lock().is_ok(), "the next one may");
    }
}
