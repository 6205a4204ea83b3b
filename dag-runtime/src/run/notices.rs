//! The notices on the board of a run: which tasks are wanted and blocked, and the waiters. Nothing here calls foreign
//! code: wakers are only moved in and out.

use std::task::Waker;

use crate::error::TaskError;
use crate::task_set::TaskSet;

pub(crate) struct Notices<const WORDS: usize> {
    /// A goal has been awaited, even one that was already reached.
    pub(crate) is_awaited: bool,
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
    pub(super) waiters: Vec<Option<Waiter>>,
    /// The waiters that are inside a task of the run.
    pub(super) inside: Vec<Inside>,
    /// Made once one of these waiters may wait for itself.
    pub(super) circles: Option<Box<Circles>>,
    /// The inner task whose panic is about to end the run.
    pub(super) culprit: Option<&'static str>,
    /// The task whose panic ended the run.
    pub(super) panicked: Option<&'static str>,
}

pub(super) struct Waiter {
    pub(super) goal: Target,
    /// Taken when the waiter is woken.
    pub(super) waker: Option<Waker>,
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
            wanted: TaskSet::EMPTY,
            blocked: TaskSet::EMPTY,
            failed: TaskSet::EMPTY,
            causes: Vec::new(),
            first_failure: None,
            waiters: Vec::new(),
            inside: Vec::new(),
            circles: None,
            culprit: None,
            panicked: None,
        }
    }

    /// Takes the waker of the first waiter that is due, starting at a place.
    #[inline]
    pub(super) fn take_waker(&mut self, from: usize, is_due: impl Fn(&Self, Target) -> bool) -> Option<(usize, Waker)> {
        (from..self.waiters.len()).find_map(|place| {
            let goal = self.waiters[place].as_ref()?.goal;
            if !is_due(self, goal) {
                return None;
            }
            Some((place, self.waiters[place].as_mut()?.waker.take()?))
        })
    }

    /// Takes a waiter out of its place.
    #[inline]
    pub(super) fn vacate(&mut self, place: &mut Place) -> Option<Waiter> {
        let index = place.index.take()?;
        self.forget(index);
        self.waiters[index].take()
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
                self.waiters[index] = None;
            }
        }
    }

    /// Puts a waker into the waiter's place, and returns the previous waiter.
    #[inline]
    pub(super) fn occupy(&mut self, goal: Target, waker: Waker, place: &mut Place) -> Option<Waiter> {
        let free = || self.waiters.iter().position(Option::is_none);
        let index = place.index.or_else(free).unwrap_or_else(|| {
            self.waiters.push(None);
            self.waiters.len() - 1
        });
        place.index = Some(index);
        self.waiters[index].replace(Waiter { goal, waker: Some(waker) })
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
