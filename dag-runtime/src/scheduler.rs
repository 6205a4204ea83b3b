//! In: the tasks that a terminal needs, and from the driver what each poll gives. Out: which tasks to poll next, so that
//! every task starts in the poll in which its last dependency is done.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::task_set::TaskSet;
use crate::wakers::TaskWakers;

/// Up to so many tasks under way, a wake polls them all, as `join!` does.
const POLLED_TOGETHER: usize = 32;

/// The driver visits the tasks in groups of so many: one jump a group, a bit test a task.
const GROUP: usize = 8;

/// The progress of one terminal. Tasks are numbered in topological order and named by a word of 64 and bits in it.
pub struct Scheduler<const WORDS: usize> {
    /// The tasks that are needed and not done.
    open: TaskSet<WORDS>,
    /// The tasks that a poll has to visit: those that have started, and dependents of what was just done. Some may be done,
    /// not needed, or miss another dependency; the latter count as under way no longer than until that one is done.
    active: TaskSet<WORDS>,
    /// Where the current pass has come to.
    next_group: usize,
    /// In the current pass a task was polled that nothing had woken.
    polled_in_vain: bool,
    /// Made when a wake of one task has polled others in vain, beyond `POLLED_TOGETHER`.
    wakers: Option<Box<TaskWakers<WORDS>>>,
}

impl<const WORDS: usize> Scheduler<WORDS> {
    /// Takes the tasks to run, and those of all tasks that depend on nothing.
    #[inline]
    #[must_use]
    pub fn new(needed: TaskSet<WORDS>, roots: TaskSet<WORDS>) -> Self {
        let mut active = roots;
        active.retain(&needed);
        Self { open: needed, active, next_group: 0, polled_in_vain: false, wakers: None }
    }

    /// Begins to visit the tasks, in ascending order: dependents have higher ids than their dependencies, so that one
    /// pass reaches all that becomes ready in it.
    #[inline]
    pub fn begin_pass(&mut self, cx: &mut Context<'_>) {
        self.next_group = 0;
        self.polled_in_vain = false;
        if self.wakers.is_some() {
            self.begin_woken_pass(cx);
        }
    }

    #[cold]
    fn begin_woken_pass(&mut self, cx: &mut Context<'_>) {
        if self.active.len() <= POLLED_TOGETHER {
            // Every task under way is polled in this pass, with the terminal's own waker.
            self.wakers = None;
        } else if let Some(wakers) = &mut self.wakers {
            wakers.begin_pass(cx.waker(), &mut self.active);
        }
    }

    /// Gives the next group with a task to visit; after the last one the pass has ended.
    #[inline]
    pub fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        let mut word = self.next_group * GROUP / 64;
        let mut unvisited = u64::MAX << (self.next_group * GROUP % 64);
        while word < WORDS {
            let visit = self.active.0[word] & unvisited;
            if visit != 0 {
                let group = (word * 64 + visit.trailing_zeros() as usize) / GROUP;
                self.next_group = group + 1;
                return Some(group);
            }
            word += 1;
            unvisited = u64::MAX;
        }
        if self.polled_in_vain { self.after_vain_polls(cx) } else { None }
    }

    /// Beyond `POLLED_TOGETHER`, gives each task a waker of its own and begins the pass anew, unless they have one.
    #[cold]
    fn after_vain_polls(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        self.polled_in_vain = false;
        if self.wakers.is_some() || self.active.len() <= POLLED_TOGETHER {
            return None;
        }
        self.wakers = Some(Box::new(TaskWakers::new(cx.waker())));
        self.next_group = 0;
        self.next_group(cx)
    }

    /// Tells whether a task is to be polled: visited in this pass, needed, not done, and all its dependencies done.
    /// `task` is its bit, `waits` its bit and those of its dependencies in the same word.
    #[inline]
    pub fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        if self.active.0[word] & task == 0 {
            return false;
        }
        let is_due = self.open.0[word] & waits == task;
        if !is_due {
            self.active.0[word] &= !task;
        }
        is_due
    }

    /// Tells whether all of some tasks are done, dependencies of a task in another word.
    #[inline]
    #[must_use]
    pub fn are_done(&self, word: usize, tasks: u64) -> bool {
        self.open.0[word] & tasks == 0
    }

    /// Notes that a task is done.
    #[inline]
    pub fn finish(&mut self, word: usize, task: u64) {
        self.open.0[word] &= !task;
    }

    /// Lets the pass visit dependents of a task that was just done.
    #[inline]
    pub fn visit(&mut self, word: usize, tasks: u64) {
        self.active.0[word] |= tasks;
    }

    /// Polls a task that is due; `start` makes its future at the first poll, and it is dropped as soon as it is done.
    #[inline]
    pub fn poll<F: Future + Send>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<F>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> F,
    ) -> Poll<F::Output> {
        self.poll_local(task, slot, cx, start)
    }

    /// [`poll`](Self::poll) for a `#[dag(local)]` block, whose tasks need not be `Send`.
    #[inline]
    pub fn poll_local<F: Future>(
        &mut self,
        task: usize,
        mut slot: Pin<&mut Option<F>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> F,
    ) -> Poll<F::Output> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(task),
            None => cx.waker(),
        };
        let mut own = Context::from_waker(waker);
        // Two polls rather than one that both ways lead to: the first is folded with the start of the body.
        let result = if let Some(future) = slot.as_mut().as_pin_mut() {
            let result = future.poll(&mut own);
            if result.is_pending() {
                self.polled_in_vain = true;
            }
            result
        } else {
            slot.set(Some(start()));
            slot.as_mut().as_pin_mut().expect("the slot was just filled").poll(&mut own)
        };
        if result.is_ready() {
            slot.set(None);
        }
        result
    }

    /// Ends a pass: all is done when nothing is under way, since all that is needed leads to the goal.
    #[inline]
    pub fn end_pass<F>(&mut self) -> Poll<Result<(), F>> {
        if let Some(wakers) = &mut self.wakers {
            wakers.end_pass(&mut self.active);
        }
        self.active.retain(&self.open);
        if self.active.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
