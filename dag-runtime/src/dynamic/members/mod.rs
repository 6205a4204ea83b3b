//! The tasks of a scope: how many there are, which may run, and what has failed. A task is an `N`; nothing here knows more
//! about it.
//!
//! A scope keeps no list of its tasks. It counts them in `alive`, together with whatever else the scope has to wait for
//! (a [`Presence`]: a blocking call, a scope inside). The thread that counts to zero wakes the scope's future, if that
//! future only waits for the tasks.
//!
//! To abort all tasks, `is_closed` is set under the lock, and each worker that waits is woken: it finds the scope closed at
//! its next poll, drops the body, and fails the consumers. A worker that begins to wait asks for `is_closed` under the same
//! lock, so that it either sees it or is woken. Two kinds of tasks have no worker and no input of this scope that would
//! reach them: those in `strangers`, whose inputs belong to another scope, and those that wait for a slot.
//! Closing returns both, and the caller aborts them.
//!
//! The first failure closes the scope, unless it keeps going: then it collects them. An abort is no failure.
//!
//! With a limit, a ready task takes a slot of [`Slots`], or stands in a queue. The code that frees a slot starts the task
//! that gets it. A task that awaits another one lends its slot meanwhile, and may have to queue to get one back. A scope
//! without a limit inside a task of one that has a limit shares the slots of that one. Tasks whose bodies only pass results
//! on, such as `all` and `first`, take no slot: they would queue behind tasks that they are to abort.
//!
//! The lock is never held over foreign code: what is to be woken, aborted or dropped is returned as [`Told`].

mod failures;
mod making;
mod membership;
mod slots;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;

use slab::Slab;
use tokio::runtime::Handle;

use crate::dynamic::{lock, wake};
use crate::error::TaskError;
use crate::observe::observer::Observers;

use failures::Failures;
pub(in crate::dynamic) use making::Leaving;
use making::{Making, Makings};
pub(in crate::dynamic) use membership::Membership;
use slots::Slots;

/// What the tasks of a scope share.
pub(in crate::dynamic) struct Members<N: ?Sized> {
    /// Present if there is a limit on how many tasks may be under way.
    slots: Option<Slots<N>>,
    /// The depth of tasks counts.
    is_depth_first: bool,
    /// Failures do not end it.
    keeps_going: bool,
    observers: Option<Arc<Observers>>,
    /// Where a task starts that is made, or gets a slot, on a thread without a runtime.
    runtime: Option<Handle>,
    /// How many tasks were made, where that counts.
    made: AtomicU64,
    /// Tasks that have not ended, and others whose end the scope waits for; and [`ENDED`].
    alive: AtomicUsize,
    /// Tasks that are polled from now on are aborted instead. Written under the lock.
    is_closed: AtomicBool,
    state: Mutex<State<N>>,
}

/// Set in [`Members::alive`] when the scope has ended.
const ENDED: usize = 1 << (usize::BITS - 1);

struct State<N: ?Sized> {
    failures: Failures,
    makings: Makings<N>,
    /// Of the scope's future.
    waker: Option<Waker>,
    /// The scope's future has nothing to do but to wait.
    is_draining: bool,
    /// Of the workers that wait for something.
    workers: Slab<Waker>,
    /// Tasks with inputs of other scopes, which do not end when this one is closed.
    strangers: Slab<Weak<N>>,
    /// Keeps the outer scope of one that was dropped while tasks were under way.
    outer: Option<Presence<N>>,
}

/// How many tasks of a scope may be under way, and which go first.
#[derive(Debug, Default)]
pub(in crate::dynamic) struct Limit {
    pub(in crate::dynamic) slots: Option<usize>,
    /// A task takes no slot of the scope outside.
    pub(in crate::dynamic) is_own: bool,
    pub(in crate::dynamic) is_depth_first: bool,
}

/// The tasks and wakers to be told of a change, outside of the lock.
pub(in crate::dynamic) struct Told<N: ?Sized> {
    /// Tasks to abort.
    pub(in crate::dynamic) tasks: Vec<Arc<N>>,
    pub(in crate::dynamic) wakers: Vec<Waker>,
    pub(in crate::dynamic) outer: Option<Presence<N>>,
}

impl<N: ?Sized> Default for Told<N> {
    fn default() -> Self {
        Self { tasks: Vec::new(), wakers: Vec::new(), outer: None }
    }
}

impl<N: ?Sized> Members<N> {
    pub(in crate::dynamic) fn new(limit: &Limit, observers: Observers, outer: Option<&Self>) -> Self {
        let outer = outer.filter(|_| !limit.is_own);
        let is_depth_first = limit.is_depth_first || outer.is_some_and(|outer| outer.is_depth_first);
        let outer = outer.and_then(|outer| outer.slots.as_ref());
        let slots = match *limit {
            Limit { slots: Some(slots), .. } => Some(Slots::new(slots, outer)),
            Limit { slots: None, .. } => outer.map(Slots::of_outer),
        };
        Self {
            runtime: slots.as_ref().and_then(|_| Handle::try_current().ok()),
            slots,
            is_depth_first,
            keeps_going: false,
            observers: (!observers.is_empty()).then(|| Arc::new(observers)),
            made: AtomicU64::new(0),
            alive: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            state: Mutex::new(State {
                failures: Failures::StopAtFirst(None),
                makings: Makings::NONE,
                waker: None,
                is_draining: false,
                workers: Slab::new(),
                strangers: Slab::new(),
                outer: None,
            }),
        }
    }

    /// Makes the scope collect failures; they do not close it.
    pub(in crate::dynamic) fn keep_going(mut self) -> Self {
        self.keeps_going = true;
        self.state.get_mut().expect("nobody else has it").failures = Failures::keep_going();
        self
    }

    /// Makes the tasks that are created on threads without a runtime run on the runtime of this thread.
    pub(in crate::dynamic) fn with_runtime(mut self) -> Self {
        self.runtime = self.runtime.or_else(|| Handle::try_current().ok());
        self
    }

    pub(in crate::dynamic) fn has_limit(&self) -> bool {
        self.slots.is_some()
    }

    pub(in crate::dynamic) fn keeps_going(&self) -> bool {
        self.keeps_going
    }

    pub(in crate::dynamic) fn is_depth_first(&self) -> bool {
        self.is_depth_first
    }

    pub(in crate::dynamic) fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }

    pub(in crate::dynamic) fn observers(&self) -> Option<&Arc<Observers>> {
        self.observers.as_ref()
    }

    pub(in crate::dynamic) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Makes the scope wait for something that is not a task, until the returned value is dropped.
    pub(in crate::dynamic) fn presence(self: &Arc<Self>) -> Presence<N> {
        self.alive.fetch_add(1, Ordering::Relaxed);
        Presence(Arc::clone(self))
    }

    /// Makes the scope wait for code that none of its tasks runs. Returns `None` if the scope has ended or is closed.
    pub(in crate::dynamic) fn join(self: &Arc<Self>) -> Option<Presence<N>> {
        let join = |alive| (alive & ENDED == 0 && !self.is_closed()).then_some(alive + 1);
        self.alive.fetch_update(Ordering::AcqRel, Ordering::Acquire, join).ok()?;
        Some(Presence(Arc::clone(self)))
    }

    /// Stores the waker of the scope's future. Returns whether a failure has ended the scope.
    pub(in crate::dynamic) fn listen(&self, waker: &Waker) -> bool {
        let state = lock(&self.state);
        if state.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return state.failures.end_scope();
        }
        // A waker is foreign code: it is cloned and dropped without the lock.
        drop(state);
        let fresh = waker.clone();
        let mut state = lock(&self.state);
        let previous = state.waker.replace(fresh);
        let has_failed = state.failures.end_scope();
        drop(state);
        drop(previous);
        has_failed
    }

    /// Returns the failure that has ended the scope.
    pub(in crate::dynamic) fn failure(&self) -> Option<TaskError> {
        // A failure closes the scope.
        if self.is_closed() { lock(&self.state).failures.first().cloned() } else { None }
    }

    /// Takes the failures that the scope has collected.
    pub(in crate::dynamic) fn take_failures(&self) -> Vec<TaskError> {
        lock(&self.state).failures.take()
    }

    /// Ends the scope if every task has ended: then none can be added. If not, the last task to end will wake the scope's
    /// future. Returns whether the scope has ended.
    pub(in crate::dynamic) fn end_if_drained(&self) -> bool {
        lock(&self.state).is_draining = true;
        self.end_if_empty()
    }

    /// Ends the scope if every task has ended. Returns whether the scope has ended.
    pub(in crate::dynamic) fn end_if_empty(&self) -> bool {
        match self.alive.compare_exchange(0, ENDED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(alive) => alive & ENDED != 0,
        }
    }

    /// Closes the scope: every task is to be aborted, also tasks that are created from now on.
    pub(in crate::dynamic) fn close(&self) -> Told<N> {
        let mut state = lock(&self.state);
        self.close_locked(&mut state)
    }

    fn close_locked(&self, state: &mut State<N>) -> Told<N> {
        self.is_closed.store(true, Ordering::Release);
        let mut tasks: Vec<_> = state.strangers.iter().filter_map(|(_, node)| node.upgrade()).collect();
        // A task that takes a slot sees under the lock of the slots that the scope is closed, or is found in a queue.
        tasks.extend(self.slots.iter().flat_map(|slots| slots.change(|levels| levels.queued_of(self.address()))));
        Told { tasks, wakers: state.workers.iter().map(|(_, waker)| waker.clone()).collect(), outer: None }
    }

    /// Notes a failure. The first failure closes the scope, unless the scope keeps going.
    pub(in crate::dynamic) fn fail(&self, error: &TaskError) -> Told<N> {
        if error.is_aborted() {
            return Told::default();
        }
        let mut state = lock(&self.state);
        if !state.failures.add(error) {
            return Told::default();
        }
        let mut told = self.close_locked(&mut state);
        told.wakers.extend(state.waker.take());
        told
    }

    /// Begins a poll in which tasks are made.
    pub(in crate::dynamic) fn begin_making(&self) -> u64 {
        lock(&self.state).makings.begin()
    }

    /// Ends a poll in which tasks were made. Returns those of them that have failed in the meantime.
    pub(in crate::dynamic) fn end_making(&self, making: u64) -> Vec<Leaving<N>> {
        let making = lock(&self.state).makings.remove(making);
        making.map(Making::end).unwrap_or_default()
    }

    /// Counts a task out of the scope, after [`Membership::retire`]. Returns whom to tell if it was the last one.
    pub(in crate::dynamic) fn leave(&self) -> Option<Told<N>> {
        if self.alive.fetch_sub(1, Ordering::AcqRel) > 1 {
            return None;
        }
        let mut state = lock(&self.state);
        let waker = if state.is_draining { state.waker.take() } else { None };
        Some(Told { wakers: waker.into_iter().collect(), outer: state.outer.take(), ..Told::default() })
    }

    pub(in crate::dynamic) fn is_empty(&self) -> bool {
        self.alive.load(Ordering::Acquire) & !ENDED == 0
    }

    /// Keeps `outer` until the last task has ended.
    pub(in crate::dynamic) fn outlive(&self, outer: Option<Presence<N>>) {
        lock(&self.state).outer = outer;
        let outer = if self.is_empty() { lock(&self.state).outer.take() } else { None };
        drop(outer);
    }

    /// Stores the waker of a worker, which is woken when the scope closes. Returns the key of the waker, or `None` if the
    /// scope is closed.
    pub(in crate::dynamic) fn add_worker(&self, waker: &Waker) -> Option<usize> {
        let waker = waker.clone();
        let mut state = lock(&self.state);
        if self.is_closed() {
            drop(state);
            drop(waker);
            return None;
        }
        Some(state.workers.insert(waker))
    }

    pub(in crate::dynamic) fn remove_worker(&self, key: usize) {
        let waker = lock(&self.state).workers.try_remove(key);
        drop(waker);
    }

    /// Passes free slots on. Returns a task that has all its slots now.
    pub(in crate::dynamic) fn next_queued(&self) -> Option<Arc<N>> {
        self.slots.as_ref()?.pass_on()
    }

    /// Returns a number that differs between scopes that exist at the same time.
    pub(in crate::dynamic) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// Something that a scope waits for.
pub(in crate::dynamic) struct Presence<N: ?Sized>(pub(in crate::dynamic) Arc<Members<N>>);

impl<N: ?Sized> Drop for Presence<N> {
    fn drop(&mut self) {
        let Some(Told { wakers, outer, .. }) = self.0.leave() else { return };
        wakers.into_iter().for_each(wake);
        drop(outer);
    }
}
