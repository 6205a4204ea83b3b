//! A gate for each element, which the test opens, and a log of what bodies do.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// The gates of all elements.
#[derive(Default)]
pub(crate) struct Gates {
    gates: Mutex<Vec<Gate>>,
    log: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Gate {
    is_open: bool,
    polls: usize,
    waker: Option<Waker>,
}

impl Gates {
    /// Logs the start of a body, waits at the gate of its element, and logs its end, or its drop if it does not end.
    pub(crate) async fn act(&self, task: &str, index: usize) {
        self.log(format!("start {task}{index}"));
        let mut act = Act { gates: self, name: format!("{task}{index}"), outcome: "drop" };
        self.pass(index).await;
        act.outcome = "end";
    }

    /// Waits at the gate of an element.
    pub(crate) async fn pass(&self, index: usize) {
        std::future::poll_fn(|cx| {
            self.with(index, |gate| {
                gate.polls += 1;
                gate.waker = Some(cx.waker().clone());
                if gate.is_open { Poll::Ready(()) } else { Poll::Pending }
            })
        })
        .await;
    }

    /// Opens the gates of some elements, and wakes the bodies there.
    pub(crate) fn open(&self, indices: impl IntoIterator<Item = usize>) {
        for index in indices {
            let waker = self.with(index, |gate| {
                gate.is_open = true;
                gate.waker.take()
            });
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Returns how often the gates were polled since the last call.
    pub(crate) fn polls(&self) -> usize {
        lock(&self.gates).iter_mut().map(|gate| std::mem::take(&mut gate.polls)).sum()
    }

    pub(crate) fn log(&self, event: impl Into<String>) {
        lock(&self.log).push(event.into());
    }

    /// Returns the events since the last call.
    pub(crate) fn events(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.log))
    }

    fn with<T>(&self, index: usize, change: impl FnOnce(&mut Gate) -> T) -> T {
        let mut gates = lock(&self.gates);
        if gates.len() <= index {
            gates.resize_with(index + 1, Gate::default);
        }
        change(&mut gates[index])
    }
}

/// A body under way.
struct Act<'g> {
    gates: &'g Gates,
    name: String,
    outcome: &'static str,
}

impl Drop for Act<'_> {
    fn drop(&mut self) {
        self.gates.log(format!("{} {}", self.outcome, self.name));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
