//! The bodies on other threads that a run cancels because nobody waits for them any more.
//!
//! The driver condemns tasks: it sets their bits, and wakes the workers that run them. A worker stores its waker before
//! it reads the bit of its task, and does so before each poll of the body. The thread that clears a bit decides: the
//! worker that then drops the body, or the driver that needs the task again. A bit that is set before the task starts is
//! found by the first poll.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::observe::observer::returns;
use crate::threads::finish;

/// The condemned tasks of a run, and the wakers of the workers that run its tasks.
pub(super) struct Leash {
    condemned: Box<[AtomicU64]>,
    workers: Mutex<Vec<Option<Waker>>>,
}

impl Leash {
    pub(super) fn new(tasks: usize) -> Arc<Self> {
        let condemned = (0..tasks.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { condemned, workers: Mutex::new(vec![None; tasks]) })
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Option<Waker>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the bodies of some tasks of one word dropped.
    pub(super) fn condemn(&self, word: usize, tasks: u64) {
        let Some(condemned) = self.condemned.get(word) else { return };
        condemned.fetch_or(tasks, Ordering::SeqCst);
        let mut workers = self.workers();
        let of_word = workers.iter_mut().enumerate().skip(word * 64).take(64);
        let woken = of_word.filter(|(task, _)| tasks & 1 << (task % 64) != 0).filter_map(|(_, worker)| worker.take());
        let woken: Vec<_> = woken.collect();
        drop(workers);
        for worker in woken {
            returns(|| worker.wake());
        }
    }

    /// Lets tasks run that are needed again.
    pub(super) fn pardon(&self, word: usize, tasks: u64) {
        if let Some(condemned) = self.condemned.get(word) {
            condemned.fetch_and(!tasks, Ordering::SeqCst);
        }
    }

    fn keep(&self, task: usize, waker: Option<Waker>) {
        let left = std::mem::replace(&mut self.workers()[task], waker);
        drop(left);
    }
}

/// The part of the leash that the worker of one body holds.
pub(super) struct Collar {
    leash: Arc<Leash>,
    task: usize,
    /// The body ends once it has started, and it has started.
    is_off: bool,
}

impl Collar {
    pub(super) fn new(leash: &Arc<Leash>, task: usize) -> Self {
        Self { leash: Arc::clone(leash), task, is_off: false }
    }

    /// Returns whether the body must be dropped in place of a poll.
    pub(super) fn is_pulled(&mut self, waker: &Waker) -> bool {
        if self.is_off {
            return false;
        }
        self.leash.keep(self.task, Some(waker.clone()));
        let bit = 1 << (self.task % 64);
        finish::begin_poll();
        self.leash.condemned[self.task / 64].fetch_and(!bit, Ordering::SeqCst) & bit != 0
    }

    /// Notes that the body was polled.
    pub(super) fn polled(&mut self) {
        self.is_off |= finish::has_begun();
    }
}

impl Drop for Collar {
    fn drop(&mut self) {
        self.leash.keep(self.task, None);
    }
}

/// The payload with which a worker learns that it must drop a body.
pub(super) struct Abandoned;

impl Abandoned {
    pub(super) fn payload() -> Box<dyn Any + Send> {
        Box::new(Self)
    }

    pub(super) fn is_in(payload: &(dyn Any + Send)) -> bool {
        payload.is::<Self>()
    }
}
