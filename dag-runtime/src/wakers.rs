//! In: wakes of single tasks, from any thread. Out: which tasks to poll, so that a wide fan-out is not polled whole for
//! every leaf that wakes.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// A waker for each task under way.
pub(crate) struct TaskWakers {
    shared: Arc<Woken>,
    /// The tasks to poll in the current pass.
    woken: Box<[u64]>,
    wakers: Box<[Option<Waker>]>,
}

impl TaskWakers {
    /// Makes wakers for `tasks` tasks, none of which has been polled with its own yet: all count as woken.
    pub(crate) fn new(tasks: usize, parent: &Waker) -> Self {
        let words = tasks.div_ceil(64);
        let shared =
            Woken { tasks: (0..words).map(|_| AtomicU64::new(0)).collect(), parent: Mutex::new(Some(parent.clone())) };
        Self { shared: Arc::new(shared), woken: vec![u64::MAX; words].into(), wakers: vec![None; tasks].into() }
    }

    /// Starts a pass: wakes from now on reach `parent`, those so far are in [`woken`](Self::woken).
    pub(crate) fn begin_pass(&mut self, parent: &Waker) {
        self.shared.set_parent(parent);
        for (woken, shared) in self.woken.iter_mut().zip(&self.shared.tasks) {
            *woken = shared.swap(0, Ordering::AcqRel);
        }
    }

    /// Gives the tasks woken before this pass, as a word of bits.
    pub(crate) fn woken(&self, word: usize) -> u64 {
        self.woken[word]
    }

    /// Gives the waker of one task.
    pub(crate) fn waker(&mut self, task: usize) -> &Waker {
        self.wakers[task]
            .get_or_insert_with(|| Waker::from(Arc::new(TaskWaker { task, shared: Arc::clone(&self.shared) })))
    }

    /// Forgets the waker of a task that is done.
    pub(crate) fn forget(&mut self, task: usize) {
        self.wakers[task] = None;
    }
}

/// What the wakers of all tasks share.
struct Woken {
    tasks: Box<[AtomicU64]>,
    /// Taken by the first wake after a pass: one event wakes the terminal once.
    parent: Mutex<Option<Waker>>,
}

impl Woken {
    fn parent(&self) -> MutexGuard<'_, Option<Waker>> {
        self.parent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_parent(&self, waker: &Waker) {
        if self.parent().as_ref().is_some_and(|parent| parent.will_wake(waker)) {
            return;
        }
        // Foreign code runs in the clone and in the drop of a waker: outside the lock.
        let waker = waker.clone();
        let previous = mem::replace(&mut *self.parent(), Some(waker));
        drop(previous);
    }
}

struct TaskWaker {
    task: usize,
    shared: Arc<Woken>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let bit = 1 << (self.task % 64);
        let before = self.shared.tasks[self.task / 64].fetch_or(bit, Ordering::AcqRel);
        if before & bit == 0 {
            let parent = self.shared.parent().take();
            if let Some(parent) = parent {
                parent.wake();
            }
        }
    }
}
