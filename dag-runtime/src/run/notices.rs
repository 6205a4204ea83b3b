//! The notices on the board of a run: which tasks are wanted and blocked, and the waiters. Nothing here calls foreign
//! code: wakers are only moved in and out.

mod waiters;

use std::task::Waker;

use crate::error::TaskError;
use crate::task_set::TaskSet;

#[cfg(feature = "tokio")]
pub(super) use waiters::Waiter;
use waiters::Waiters;

pub(crate) struct Notices<const WORDS: usize> {
    /// A goal has been awaited, even one that was already reached.
    pub(crate) is_awaited: bool,
    /// The goal of the first waiter is here, if that waiter did not take the lock.
    pub(super) is_first_known: bool,
    /// The tasks that have been awaited; a task whose waiter is dropped stays wanted.
    pub(crate) wanted: TaskSet<WORDS>,
    /// The tasks that failed or need one that failed.
    pub(crate) blocked: TaskSet<WORDS>,
    /// The blocked tasks that failed themselves.
    pub(super) failed: TaskSet<WORDS>,
    /// For each blocked task, the failure that reached it first; empty until a task fails.
    pub(super) causes: Vec<Option<TaskError>>,
    /// The first failure of the run.
    pub(super) first_failure: Option<TaskError>,
    pub(super) waiters: Waiters,
    /// The waiters that are inside a task of the run.
    pub(super) inside: Vec<Inside>,
    /// Made once one of these waiters may wait for itself.
    pub(super) circles: Option<Box<Circles>>,
    /// The inner task whose panic is about to end the run.
    pub(super) culprit: Option<&'static str>,
    /// The task whose panic ended the run.
    pub(super) panicked: Option<&'static str>,
}

/// What the search for tasks that wait for themselves keeps.
#[derive(Default)]
pub(super) struct Circles {
    pub(super) suspects: Vec<Suspect>,
    /// The place where the driver waits for a task that may end the wait of a waiter inside a task.
    pub(super) watch: Place,
}

/// A waiter that is inside a task of the run.
pub(super) struct Inside {
    pub(super) place: usize,
    pub(super) task: usize,
    /// The address of the waker that the task was last polled with.
    pub(super) waker: usize,
    /// Where the task is on another thread: whether it waits for the goals of its notes and for nothing else.
    pub(super) away: Option<bool>,
}

/// A task that may wait for itself.
pub(super) struct Suspect {
    pub(super) task: usize,
    /// The address of the waker of the task that was made to find out.
    pub(super) waker: usize,
    /// How often the task has been suspected.
    pub(super) times: usize,
}

/// The place of a waiter on the board.
#[derive(Default)]
pub struct Place {
    /// The index of its waker, once it had to wait.
    pub(super) index: Option<usize>,
    /// It has read the board before.
    pub(super) is_known: bool,
}

/// The target that a waiter waits for.
#[derive(Clone, Copy, PartialEq)]
pub enum Target {
    Task(usize),
    /// All tasks, or the first failure.
    All,
    /// All tasks that can run.
    Settled,
    /// The tasks that no other task needs, and all tasks that lead to them, except those that only lazy dependencies lead
    /// to.
    #[cfg(feature = "durable")]
    Complete,
}

impl<const WORDS: usize> Notices<WORDS> {
    pub(super) fn new() -> Self {
        Self {
            is_awaited: false,
            is_first_known: false,
            wanted: TaskSet::EMPTY,
            blocked: TaskSet::EMPTY,
            failed: TaskSet::EMPTY,
            causes: Vec::new(),
            first_failure: None,
            waiters: Waiters::default(),
            inside: Vec::new(),
            circles: None,
            culprit: None,
            panicked: None,
        }
    }

    /// Takes the wakers of the waiters that are due, starting at a place, until there is no room for another. Of waiters in
    /// a row whose wakers are equal, it takes that of the first. Returns the place from which to continue.
    #[inline]
    pub(super) fn take_wakers(
        &mut self,
        from: usize,
        is_due: impl Fn(&Self, Target) -> bool,
        taken: &mut [Option<Waker>],
    ) -> usize {
        let mut count: usize = 0;
        for place in from..self.waiters.len() {
            let Some(waiter) = self.waiters.get(place) else { continue };
            let Some(waker) = waiter.waker() else { continue };
            let last = count.checked_sub(1).and_then(|last| taken[last].as_ref());
            let is_same = last.is_some_and(|last| last.will_wake(waker));
            if !is_due(self, waiter.goal) {
                continue;
            }
            if !is_same && count == taken.len() {
                return place;
            }
            let Some(waiter) = self.waiters.get_mut(place) else { continue };
            if is_same {
                waiter.skip();
            } else {
                taken[count] = waiter.take();
                count += 1;
            }
        }
        self.waiters.len()
    }

    /// Takes a waiter out of its place. Returns the waker that it has left.
    #[inline]
    pub(super) fn vacate(&mut self, place: &mut Place) -> Option<Waker> {
        let index = place.index.take()?;
        self.forget(index);
        self.waiters.remove(index)
    }

    /// Forgets that a waiter is inside a task.
    #[inline]
    pub(super) fn forget(&mut self, index: usize) {
        if self.inside.is_empty() {
            return;
        }
        if let Some(position) = self.inside.iter().position(|inside| inside.place == index) {
            let left = self.inside.swap_remove(position);
            // The body may continue with something else now.
            let others = self.inside.iter_mut().filter(|inside| inside.task == left.task);
            others.filter_map(|inside| inside.away.as_mut()).for_each(|is_alone| *is_alone = false);
        }
        if self.inside.is_empty() {
            // Otherwise the board would own itself through the driver's waker. Dropping that waker runs no foreign
            // code.
            if let Some(index) = self.circles.as_mut().and_then(|circles| circles.watch.index.take()) {
                drop(self.waiters.remove(index));
            }
        }
    }

    /// Puts a waker into the waiter's place, and returns the one of the two that is not needed.
    #[inline]
    pub(super) fn occupy(&mut self, goal: Target, waker: Waker, place: &mut Place) -> Option<Waker> {
        let index = place.index.unwrap_or_else(|| self.waiters.vacant());
        place.index = Some(index);
        self.waiters.put(index, goal, waker)
    }

    /// Records a failure for the tasks that it blocks; the first failure that reaches a task counts.
    pub(crate) fn block(
        &mut self,
        (failed, blocked): (&TaskSet<WORDS>, &TaskSet<WORDS>),
        tasks: usize,
        error: &TaskError,
    ) {
        self.failed.extend(failed);
        self.causes.resize(tasks, None);
        for task in (0..tasks).filter(|&task| blocked.contains(task)) {
            self.causes[task].get_or_insert_with(|| error.clone());
        }
        self.blocked.extend(blocked);
        self.first_failure.get_or_insert_with(|| error.clone());
    }
}
