//! The notice board, through which the driver of a run and its waiters communicate.
//!
//! A *waiter* is a future that user code awaits, such as `run.quote()`. The *driver* is the one future that polls the
//! tasks. Any waiter may poll the driver, one at a time. The board contains:
//!
//! - `notices`, under a lock: the wanted goals, the blocked tasks with their causes, and the waker of each waiter. The
//!   lock is never held while foreign code runs: wakers are cloned, woken and dropped outside of it, and errors are
//!   dropped outside of it.
//! - `done`, which only the driver writes, after the result is in its cell.
//! - `state`, with flags. `EVENT`: something happened that the driver has not seen; for example, a task was woken
//!   or a goal became wanted. `DRIVING`: a waiter polls the driver. `WAITED`: a waiter has left its waker at some time.
//!   `FAILED`: a task was blocked at some time. `LOOKED`: the lock was taken, or the first waiter drives without it. A run
//!   that cancels abandoned tasks has three more flags (`board/abandon.rs`). Above the flags is the goal of the first waiter.
//!
//! When a waiter is polled, it returns if its goal is reached. Otherwise it makes the goal wanted. If there is an event
//! and no other waiter drives, it replaces `EVENT` by `DRIVING` and polls the driver once; if not, it leaves its waker
//! on the board. After driving, it clears `DRIVING`. If an event happened in the meantime, it wakes all waiters; if
//! not, it wakes the waiters whose goals are reached. It does not poll the driver again at once: a body that wakes
//! itself would keep the executor from all other work.
//!
//! The driver's waker sets `EVENT`. If neither this flag nor `DRIVING` was set before, it wakes all waiters, and the first
//! one that is polled drives. It sets the flag before it takes the lock; a waiter reads the flag and leaves its waker
//! without releasing the lock in between. So one of them sees the other, and no wake is lost. An event wakes all waiters, so a
//! waiter that is dropped need not pass the wake on.
//!
//! Only one of the woken waiters can drive. To wake that one alone is not possible: the board does not know which waiters
//! are going to be polled. A future may be kept in a task that awaits something else for now, such as a branch of a
//! `select!` in a loop; to the board it is a waiter like all others. If the wake went to that task alone, the others would
//! sleep on. But waiters of one task leave equal wakers: where they are next to one another, that task is woken once.
//!
//! `WAITED` is set as soon as a waiter has to leave its waker, and stays set. Before, nobody can be woken, and so the lock
//! is not taken for it. The waiter sets the flag under the lock, and then looks once more at the results and at `state`.
//! Whoever changes these afterwards sees the flag in `state`, and takes the lock to wake.
//!
//! `FAILED` is set as soon as a task is blocked, and stays set. As long as neither it nor `WAITED` is there, the waiter that
//! has driven does not take the lock either: only results can have changed, and nobody is to be woken but itself.
//!
//! If nobody has taken the lock before, the first waiter of a run takes the right to drive without it: in one step, it sets
//! `DRIVING` and `LOOKED` and puts its goal into the upper bits of `state`. Whoever takes the lock first adds this goal to
//! the notices, or sets `LOOKED` if there is none. Once `LOOKED` is set, every new waiter takes the lock.
//!
//! A panic drops the driver. Then `panicked` contains the name of the task, and every waiter panics with that name.

mod abandon;
mod circle;
#[cfg(feature = "durable")]
mod complete;
#[cfg(feature = "tokio")]
pub(super) mod elsewhere;
mod first;
mod inside;
mod outcome;
mod rare;
mod waiters;

use std::sync::{OnceLock, PoisonError};

use sync::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering};

use super::notices::{Notices, Target};
use crate::cell::frame::Notified;
use crate::error::TaskError;
use crate::graph::{Graph, Node};
use crate::task_set::TaskSet;

pub(super) use circle::Verdict;
use rare::Rare;

/// Something happened that the driver has not seen.
const EVENT: u32 = 1;
/// A waiter polls the driver.
const DRIVING: u32 = 2;
/// Tasks that nobody waits for any more are dropped (`abandon.rs`); set once and for all.
const CANCELS: u32 = 4;
/// A task may be waited for by nobody since the last pass that dropped such tasks.
const ABANDONED: u32 = 8;
/// The waiter that drives only drops tasks.
const CANCELLING: u32 = 16;
/// A waiter has left its waker on the board at some time. Until then, nobody is woken.
const WAITED: u32 = 32;
/// A task was blocked at some time. Until then, no goal has failed.
const FAILED: u32 = 64;
/// The lock has been taken, or the first waiter drives or has driven without it; set once and for all (`first.rs`).
const LOOKED: u32 = 128;
/// All flags, without the goal in the upper bits.
const FLAGS: u32 = 255;

/// The notice board of a run.
pub(crate) struct Board<const WORDS: usize> {
    graph: &'static Graph,
    notices: Mutex<Notices<WORDS>>,
    /// The tasks that have their results, written by the driver alone.
    done: [AtomicU64; WORDS],
    /// The flags above. The upper bits are the goal of the first waiter, if it did not take the lock.
    state: AtomicU32,
    /// The driver has not read the goal of the first waiter, which did not take the lock. Only the waiter that drives uses it.
    is_first_new: AtomicBool,
    /// The wanted or blocked tasks have changed since the driver last read them.
    is_changed: AtomicBool,
    /// The task that is being polled, for the message of a panic.
    current: AtomicUsize,
    /// There are observers.
    is_observed: AtomicBool,
    /// The run was stopped for good.
    #[cfg(feature = "durable")]
    is_stopped: AtomicBool,
    rare: OnceLock<Box<Rare>>,
}

/// How the poll of a waiter continues.
pub(crate) enum Step {
    Resolved(Result<(), TaskError>),
    /// The waiter must poll the driver, then read the board again.
    Drive,
    /// The same, and then it must drop the tasks that nobody waits for any more. `is_elsewhere`: it is inside a task on
    /// another thread.
    DriveAndCancel {
        is_elsewhere: bool,
    },
    Wait,
    /// The waiter is inside a task on another thread; it must drive, or wait.
    #[cfg(feature = "tokio")]
    Elsewhere {
        drives: bool,
    },
}

impl<const WORDS: usize> Board<WORDS> {
    pub(crate) fn new(graph: &'static Graph) -> Self {
        Self {
            graph,
            notices: Mutex::new(Notices::new()),
            done: std::array::from_fn(|_| AtomicU64::new(0)),
            state: AtomicU32::new(0),
            is_first_new: AtomicBool::new(false),
            is_changed: AtomicBool::new(false),
            current: AtomicUsize::new(usize::MAX),
            is_observed: AtomicBool::new(false),
            #[cfg(feature = "durable")]
            is_stopped: AtomicBool::new(false),
            rare: OnceLock::new(),
        }
    }

    pub(crate) fn nodes(&self) -> &'static [Node] {
        self.graph.nodes()
    }

    pub(crate) fn graph(&self) -> &'static Graph {
        self.graph
    }

    pub(crate) fn name(&self, task: usize) -> &'static str {
        self.nodes()[task].name
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Notices<WORDS>> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.is_first_known {
            self.learn_first(&mut notices);
        }
        notices
    }

    /// Publishes which results are in their cells.
    pub(crate) fn set_done(&self, done: &TaskSet<WORDS>) {
        for (word, done) in self.done.iter().zip(done.0) {
            word.store(done, Ordering::Release);
        }
    }

    /// Returns the names of the tasks that have their results, and of those that failed.
    pub(crate) fn ended(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let mut done = TaskSet::<WORDS>::EMPTY;
        for (word, live) in done.0.iter_mut().zip(&self.done) {
            *word = live.load(Ordering::Acquire);
        }
        let notices = self.lock();
        let mut failed: Vec<&'static str> = notices.causes.iter().flatten().map(TaskError::task).collect();
        drop(notices);
        failed.sort_unstable();
        failed.dedup();
        (done.tasks().map(|task| self.name(task)).collect(), failed)
    }

    /// Fails every task that has no result, and wakes all waiters. The caller drops the driver afterwards.
    #[cfg(feature = "durable")]
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        let mut notices = self.lock();
        self.state.fetch_or(FAILED, Ordering::AcqRel);
        for task in 0..self.nodes().len() {
            if !self.is_done(task) && !notices.blocked.contains(task) {
                let (stopped, error) = (TaskSet::of(task), TaskError::aborted(self.name(task)));
                notices.block((&stopped, &stopped), self.nodes().len(), &error);
            }
        }
        self.wake(notices, |_, _| true);
    }

    #[cfg(feature = "durable")]
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }

    /// Records a failure for the tasks that it blocks.
    pub(crate) fn block(&self, failed: &TaskSet<WORDS>, blocked: &TaskSet<WORDS>, error: &TaskError) {
        let mut notices = self.lock();
        self.state.fetch_or(FAILED, Ordering::AcqRel);
        notices.block((failed, blocked), self.nodes().len(), error);
    }

    pub(crate) fn retry_failed(&self) {
        #[cfg(feature = "durable")]
        self.forget_causes();
        let mut notices = self.lock();
        // `stop` sets its flag before it takes the lock, so nothing is forgotten after a stop.
        #[cfg(feature = "durable")]
        if self.is_stopped() {
            return;
        }
        let blocked = std::mem::replace(&mut notices.blocked, TaskSet::EMPTY);
        notices.failed = TaskSet::EMPTY;
        notices.wanted.remove_all(&blocked);
        self.is_changed.store(true, Ordering::Release);
        let causes = std::mem::take(&mut notices.causes);
        let first_failure = notices.first_failure.take();
        // A goal that is still wanted may need a task to run again: one whose failure it catches.
        let mut is_caught = self.graph.has_edges() && !blocked.is_empty();
        if let Some(retries) = self.known_retries() {
            retries.add();
            is_caught = true;
        }
        if is_caught {
            self.state.fetch_or(EVENT, Ordering::AcqRel);
        }
        // A waiter that was about to receive a failure must read the board, so that its goal is wanted again.
        self.wake(notices, |_, goal| match goal {
            _ if is_caught => true,
            Target::Task(task) => blocked.contains(task),
            Target::All => first_failure.is_some(),
            Target::Settled => !blocked.is_empty(),
            #[cfg(feature = "durable")]
            Target::Complete => !blocked.is_empty(),
        });
        drop((causes, first_failure));
    }

    /// Returns whether the wanted or blocked tasks have changed.
    #[inline]
    pub(crate) fn is_changed(&self) -> bool {
        self.is_changed.load(Ordering::Acquire) || self.is_first_new.load(Ordering::Relaxed)
    }

    /// Makes the driver read the board when its next pass begins.
    #[cold]
    pub(crate) fn look_again(&self) {
        self.is_changed.store(true, Ordering::Release);
        self.note_event();
    }

    /// Returns the wanted tasks, the blocked tasks, and whether a task may wait for itself. `blocked` are the tasks that the
    /// driver itself has blocked, if it has not read the board before.
    pub(crate) fn changes(&self, blocked: TaskSet<WORDS>) -> (TaskSet<WORDS>, TaskSet<WORDS>, bool) {
        if let Some(wanted) = self.take_first() {
            return (wanted, blocked, false);
        }
        let notices = self.lock();
        self.is_changed.store(false, Ordering::Release);
        (notices.wanted, notices.blocked, !notices.inside.is_empty())
    }

    /// Returns the name of the task whose failure blocks a task.
    pub(crate) fn cause(&self, task: usize) -> Option<&'static str> {
        self.lock().causes.get(task)?.as_ref().map(TaskError::task)
    }

    /// Returns the failure that blocks a task.
    pub(crate) fn failure(&self, task: usize) -> Option<TaskError> {
        self.lock().causes.get(task)?.clone()
    }

    /// Notes that there are observers.
    pub(crate) fn observe(&self) {
        self.is_observed.store(true, Ordering::Relaxed);
    }

    /// Names the task that is polled from now on.
    pub(crate) fn set_current(&self, task: Option<usize>) {
        self.current.store(task.unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    pub(crate) fn current(&self) -> Option<usize> {
        let current = self.current.load(Ordering::Relaxed);
        (current < self.nodes().len()).then_some(current)
    }

    fn is_done(&self, task: usize) -> bool {
        self.done[task / 64].load(Ordering::Acquire) & (1 << (task % 64)) != 0
    }

    fn are_all_done(&self) -> bool {
        let all = self.graph.own_tasks::<WORDS>();
        self.done.iter().zip(all.0).all(|(done, all)| done.load(Ordering::Acquire) & all == all)
    }

    /// Notes the name of the inner task whose panic unwinds through the task that is being polled.
    pub(crate) fn accuse(&self, culprit: &'static str) {
        self.lock().culprit = Some(culprit);
    }

    /// Ends the run for good because the current task panicked.
    pub(crate) fn poison(&self) {
        let mut notices = self.lock();
        let current = || self.current().map(|task| self.name(task));
        notices.panicked = Some(notices.culprit.or_else(current).unwrap_or("?"));
        self.wake(notices, |_, _| true);
    }

    /// Notes an event, and wakes all waiters; the first one that is polled drives.
    fn note_event(&self) {
        if self.state.fetch_or(EVENT, Ordering::AcqRel) & (EVENT | DRIVING | WAITED) == WAITED {
            self.wake(self.lock(), |_, _| true);
        }
    }
}

impl<const WORDS: usize> Notified for Board<WORDS> {
    fn notify(&self) {
        self.note_event();
    }
}

#[cfg(not(all(test, loom)))]
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
    pub(super) use std::sync::{Mutex, MutexGuard};
}

#[cfg(all(test, loom))]
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
    pub(super) use loom::sync::{Mutex, MutexGuard};
}

#[cfg(all(test, loom))]
mod loom_tests;
