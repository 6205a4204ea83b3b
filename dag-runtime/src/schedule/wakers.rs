//! In: wakes of single tasks, from any thread. Out: which tasks to poll, so that not every leaf of a wide fan-out is
//! polled whenever one leaf wakes.
//!
//! A task under way has one of two wakers: the parent's waker, with which the terminal is polled, or its own waker. Its
//! own waker notes that the task was woken, and wakes the parent if this is the first wake since the last pass began. A
//! pass skips a task only if the task was last polled with its own waker and nothing has woken it since. A task that
//! still holds the parent's waker is polled in every pass, because nothing records which of these tasks a wake was for;
//! that poll gives the task its own waker. So no wake is lost, no matter in which order tasks are started or held back.
//!
//! A body may spend the budget that tokio gives a task for one poll; bodies polled after it then wait for nothing and wake
//! themselves. If the first task did so in each pass, the others would never get on. So the pass after such a pass begins
//! with the next task of those that were woken, and leaves those before it to one more pass.
//!
//! A *probe* finds out what can wake a task: it gives the task a new waker, with which this pass polls it. Everything that
//! the body waits for then has a clone of that waker, and at the end of the pass the clones are counted.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use crate::schedule::is_budget_spent;
use crate::task_set::{ActiveSet, TaskSet};

thread_local! {
    /// The address of the waker that this thread polls a task with, if it is the task's own. A task of another graph may be
    /// polled inside the body; after its pass, the address is that of the outer task again.
    static POLLED: Cell<usize> = const { Cell::new(0) };
}

/// Returns whether this thread polls a task with the waker at this address, which is the task's own.
pub(crate) fn is_polled_with(address: usize) -> bool {
    POLLED.get() == address
}

/// A waker for each task under way.
pub(crate) struct TaskWakers<const WORDS: usize> {
    shared: Arc<Woken<WORDS>>,
    /// The tasks that were last polled with their own waker.
    own: TaskSet<WORDS>,
    /// The tasks under way that the current pass does not poll because nothing woke them.
    asleep: TaskSet<WORDS>,
    wakers: Box<[Option<Waker>]>,
    /// The address of the waker of the task around the current pass.
    outside: usize,
    /// The first task that the current pass polls.
    first: Option<usize>,
    /// If the last pass spent the budget of the executor: the first task that it polled.
    tired_from: Option<usize>,
    /// The current pass began with a budget. A pass that did not polls in vain, and is nobody's turn.
    had_budget: bool,
    /// Those of this pass, and those of the last one until they are read.
    probes: Vec<Probe<WORDS>>,
    /// The tasks whose bodies are dropped in place of a poll (`abandon.rs`).
    condemned: TaskSet<WORDS>,
    /// The tasks that the next ordinary pass polls: a pass that drops bodies has read their wakes.
    restless: TaskSet<WORDS>,
}

struct Probe<const WORDS: usize> {
    waker: Arc<TaskWaker<WORDS>>,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    /// The pass has not ended.
    Open,
    /// The number of clones that may wake the task, unless it was woken or not polled in the pass.
    Counted(Option<usize>),
}

impl<const WORDS: usize> TaskWakers<WORDS> {
    /// Creates wakers for all tasks. No task has been polled with its own waker yet.
    pub(crate) fn new(parent: &Waker) -> Self {
        let shared =
            Woken { tasks: std::array::from_fn(|_| AtomicU64::new(0)), parent: Mutex::new(Some(parent.clone())) };
        let wakers = vec![None; 64 * WORDS].into();
        Self {
            shared: Arc::new(shared),
            own: TaskSet::EMPTY,
            asleep: TaskSet::EMPTY,
            wakers,
            outside: POLLED.get(),
            first: None,
            tired_from: None,
            had_budget: true,
            probes: Vec::new(),
            condemned: TaskSet::EMPTY,
            restless: TaskSet::EMPTY,
        }
    }

    /// Begins a pass. From now on, wakes reach `parent`. Only the active tasks that were woken, or may have been woken,
    /// stay active.
    pub(crate) fn begin_pass(&mut self, parent: &Waker, active: &mut ActiveSet<WORDS>) {
        self.outside = POLLED.get();
        self.shared.set_parent(parent);
        let woken = TaskSet(std::array::from_fn(|word| self.shared.tasks[word].swap(0, Ordering::AcqRel)));
        self.asleep = active.get();
        self.asleep.retain(&self.own);
        self.asleep.remove_all(&woken);
        active.remove_all(&self.asleep);
        self.had_budget = !is_budget_spent();
        if let Some(first) = self.tired_from.take_if(|_| self.had_budget) {
            self.begin_after(first, parent, active);
        }
        self.first = active.get().tasks().next();
    }

    /// Leaves the tasks up to `first` to the next pass, if others are to be polled. Woken tasks take turns in this way.
    fn begin_after(&mut self, first: usize, parent: &Waker, active: &mut ActiveSet<WORDS>) {
        let (mut later, mut left) = (TaskSet::EMPTY, TaskSet::EMPTY);
        active.get().tasks().for_each(|task| if task > first { later.insert(task) } else { left.insert(task) });
        if later.is_empty() || left.is_empty() {
            return;
        }
        active.set(later);
        for (tasks, left) in self.shared.tasks.iter().zip(left.0) {
            tasks.fetch_or(left, Ordering::AcqRel);
        }
        self.asleep.extend(&left);
        parent.wake_by_ref();
    }

    /// Notes that this pass has spent the budget of the executor, so that tasks may have been polled in vain: the next pass
    /// begins with the task after the first one of this pass; before there were wakers, that was the first of `active`.
    pub(super) fn tire(&mut self, active: &TaskSet<WORDS>) {
        if self.had_budget {
            self.tired_from = self.first.or_else(|| active.tasks().next());
        }
    }

    /// Ends a pass: the tasks that it did not poll are active again.
    pub(crate) fn end_pass(&mut self, active: &mut ActiveSet<WORDS>) {
        POLLED.set(self.outside);
        active.extend(&std::mem::replace(&mut self.asleep, TaskSet::EMPTY));
        for index in 0..self.probes.len() {
            self.probes[index].outcome = Outcome::Counted(self.count(&self.probes[index]));
        }
    }

    /// Makes a new waker, with which a task is polled next. Returns its address.
    pub(crate) fn probe(&mut self, task: usize) -> usize {
        let waker = Arc::new(TaskWaker { task, shared: Arc::clone(&self.shared) });
        let address = Arc::as_ptr(&waker).addr();
        self.wakers[task] = Some(Waker::from(Arc::clone(&waker)));
        self.own.remove(task);
        self.probes.retain(|probe| probe.waker.task != task);
        self.probes.push(Probe { waker, outcome: Outcome::Open });
        address
    }

    /// Returns how many clones others have of the waker of a probed task, unless the task has been woken or has not been
    /// polled with the waker.
    pub(crate) fn clones(&self, task: usize) -> Option<usize> {
        self.count(self.probes.iter().find(|probe| probe.waker.task == task)?)
    }

    fn count(&self, probe: &Probe<WORDS>) -> Option<usize> {
        let task = probe.waker.task;
        // The probe has one, and so has the list of wakers.
        let clones = Arc::strong_count(&probe.waker) - 2;
        // A wake is noted before its clone is dropped.
        fence(Ordering::Acquire);
        let woken = self.shared.tasks[task / 64].load(Ordering::Acquire);
        (self.own.contains(task) && woken & 1 << (task % 64) == 0).then_some(clones)
    }

    /// Returns the probed tasks, each with the number of clones at the end of the last pass. Each number is returned once:
    /// it is of no use after the next poll of the task.
    pub(crate) fn take_counts(&mut self) -> Vec<(usize, Option<usize>)> {
        let counts = self.probes.iter().map(|probe| match probe.outcome {
            Outcome::Open => (probe.waker.task, None),
            Outcome::Counted(clones) => (probe.waker.task, clones),
        });
        let counts = counts.collect();
        self.probes.retain(|probe| probe.outcome == Outcome::Open);
        counts
    }

    /// Has the bodies of some tasks dropped, and the next ordinary pass poll others. A dropped body leaves neither a
    /// waker nor a count to the next one. The count of a task that was woken is lost, too: this pass has read the wake,
    /// and does not poll the task. So the task has to be probed again.
    pub(super) fn condemn(&mut self, tasks: &TaskSet<WORDS>, restless: &TaskSet<WORDS>) {
        for task in tasks.tasks() {
            self.wakers[task] = None;
            self.own.remove(task);
        }
        self.probes.retain(|probe| !tasks.contains(probe.waker.task) && !restless.contains(probe.waker.task));
        self.condemned.extend(tasks);
        self.restless.extend(restless);
    }

    #[inline]
    pub(super) fn is_condemned(&self, task: usize) -> bool {
        self.condemned.contains(task)
    }

    pub(super) fn take_condemned_one(&mut self, task: usize) -> bool {
        let is_condemned = self.condemned.contains(task);
        self.condemned.remove(task);
        is_condemned
    }

    /// Returns the tasks whose bodies were dropped, and wakes those that the pass must poll.
    pub(super) fn take_condemned(&mut self, active: &mut ActiveSet<WORDS>) -> TaskSet<WORDS> {
        let mut restless = std::mem::replace(&mut self.restless, TaskSet::EMPTY);
        self.own.remove_all(&restless);
        restless.retain(&self.asleep);
        self.asleep.remove_all(&restless);
        active.extend(&restless);
        std::mem::replace(&mut self.condemned, TaskSet::EMPTY)
    }

    /// Returns the waker of a task that was last polled with it.
    pub(crate) fn known(&self, task: usize) -> Option<&Waker> {
        self.wakers[task].as_ref().filter(|_| self.own.contains(task))
    }

    /// Returns whether a task was last polled with its own waker.
    pub(super) fn is_own(&self, task: usize) -> bool {
        self.own.contains(task)
    }

    /// Notes that parts of a task still have the waker of the parent: the next pass polls the task.
    pub(super) fn disown(&mut self, task: usize) {
        self.own.remove(task);
    }

    /// Returns the waker of a task that is about to be polled with it.
    pub(crate) fn waker(&mut self, task: usize) -> &Waker {
        self.own.insert(task);
        let waker = self.wakers[task]
            .get_or_insert_with(|| Waker::from(Arc::new(TaskWaker { task, shared: Arc::clone(&self.shared) })));
        POLLED.set(waker.data().addr());
        waker
    }
}

impl<const WORDS: usize> Drop for TaskWakers<WORDS> {
    /// After a panic, the pass has not ended: this thread must forget the address of a waker that is gone. Few runs have
    /// wakers, so the code stays out of the others.
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        let polled = POLLED.get();
        if polled != 0 && self.wakers.iter().flatten().any(|waker| waker.data().addr() == polled) {
            POLLED.set(self.outside);
        }
    }
}

/// The state that the wakers of all tasks share.
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
        // Cloning and dropping a waker run foreign code, so both happen outside the lock.
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_waker_of_a_pass_that_has_not_ended_is_forgotten_when_it_is_dropped() {
        let address = |wakers: &mut TaskWakers<1>| wakers.waker(0).data().addr();
        let mut outer = TaskWakers::<1>::new(Waker::noop());
        let outside = address(&mut outer);
        let mut inner = TaskWakers::<1>::new(Waker::noop());
        let polled = address(&mut inner);
        assert!(is_polled_with(polled));
        drop(inner);
        assert!(is_polled_with(outside), "the body around it is still being polled");
        drop(outer);
        assert!(!is_polled_with(outside));
    }
}
