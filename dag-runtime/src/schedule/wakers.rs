//! In: wakes of single tasks, from any thread. Out: which tasks to poll, so that a wide fan-out is not polled whole for
//! every leaf that wakes.
//!
//! A task is under way with one of two wakers: the parent's, which the terminal is polled with, or one of its own. Its
//! own notes that the task was woken, and wakes the parent if it is the first to do so since the last pass began. A
//! pass skips a task only if the task was last polled with its own waker and nothing has woken it since. A task that
//! still holds the parent's waker is polled in every pass, because nothing says which of these tasks a wake was for;
//! that poll gives it its own. So whoever starts or holds back tasks, and in whatever order, no wake is lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::task_set::{LiveSet, TaskSet};

/// A waker for each task under way.
pub(crate) struct TaskWakers<const WORDS: usize> {
    shared: Arc<Woken<WORDS>>,
    /// The tasks that were last polled with their own waker.
    own: TaskSet<WORDS>,
    /// The tasks under way that the current pass does not poll, since nothing woke them.
    asleep: TaskSet<WORDS>,
    wakers: Box<[Option<Waker>]>,
}

impl<const WORDS: usize> TaskWakers<WORDS> {
    /// Makes wakers for all tasks, none of which has been polled with its own yet.
    pub(crate) fn new(parent: &Waker) -> Self {
        let shared =
            Woken { tasks: std::array::from_fn(|_| AtomicU64::new(0)), parent: Mutex::new(Some(parent.clone())) };
        let wakers = vec![None; 64 * WORDS].into();
        Self { shared: Arc::new(shared), own: TaskSet::EMPTY, asleep: TaskSet::EMPTY, wakers }
    }

    /// Begins a pass: wakes from now on reach `parent`, and of the active tasks those remain that were woken, or may
    /// have been.
    pub(crate) fn begin_pass(&mut self, parent: &Waker, active: &mut LiveSet<WORDS>) {
        self.shared.set_parent(parent);
        let woken = TaskSet(std::array::from_fn(|word| self.shared.tasks[word].swap(0, Ordering::AcqRel)));
        self.asleep = active.get();
        self.asleep.retain(&self.own);
        self.asleep.remove_all(&woken);
        active.remove_all(&self.asleep);
    }

    /// Ends a pass: the tasks that it did not poll are active again.
    pub(crate) fn end_pass(&mut self, active: &mut LiveSet<WORDS>) {
        active.extend(&std::mem::replace(&mut self.asleep, TaskSet::EMPTY));
    }

    /// Returns the waker of a task that was last polled with it.
    pub(crate) fn known(&self, task: usize) -> Option<&Waker> {
        self.wakers[task].as_ref().filter(|_| self.own.contains(task))
    }

    /// Returns the waker of a task that is about to be polled with it.
    pub(crate) fn waker(&mut self, task: usize) -> &Waker {
        self.own.insert(task);
        self.wakers[task]
            .get_or_insert_with(|| Waker::from(Arc::new(TaskWaker { task, shared: Arc::clone(&self.shared) })))
    }
}

/// What the wakers of all tasks share.
struct Woken<const WORDS: usize> {
    tasks: [AtomicU64; WORDS],
    /// Taken by the first wake after a pass: one event wakes the terminal once.
    parent: Mutex<Option<Waker>>,
}

impl<const WORDS: usize> Woken<WORDS> {
    fn parent(&self) -> MutexGuard<'_, Option<Waker>> {
        self.parent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_parent(&self, waker: &Waker) {
        if self.parent().as_ref().is_some_and(|parent| parent.will_wake(waker)) {
            return;
        }
        // Foreign code runs in the clone and in the drop of a waker: outside the lock.
        let waker = waker.clone();
        let previous = self.parent().replace(waker);
        drop(previous);
    }
}

struct TaskWaker<const WORDS: usize> {
    task: usize,
    shared: Arc<Woken<WORDS>>,
}

impl<const WORDS: usize> Wake for TaskWaker<WORDS> {
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
