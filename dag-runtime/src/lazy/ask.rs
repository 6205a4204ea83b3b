//! The futures that wait for lazy dependencies.
//!
//! An [`Ask`] belongs to one lazy dependency of one asker. Its wakers are changed under its lock; no waker is cloned,
//! woken or dropped under it, because all three may run foreign code. `is_waited_for` mirrors whether there are wakers,
//! so that the driver reads it without the lock. Every change that the driver must see sets `is_changed` of the [`Bell`]:
//! the first waiter of an ask, the last one that leaves, and a change of a gate. The driver clears the flag before it
//! reads the asks, so that a change in between is read in the next pass. An asker in the driver's own thread is polled by
//! the driver, which looks at the flag afterwards; an asker on another thread wakes the driver.

use std::sync::PoisonError;
use std::task::Waker;

use super::sync::{AtomicBool, Mutex, MutexGuard, Ordering};
use super::{AtDoor, AtGate, Bell, Door, Gate, Lazy};
use crate::cell::TaskCell;
use crate::observe::observer::returns;

/// The asks of a block, in the order of its lazy dependencies, and the doors of its tasks with `permit`. The asks of one
/// asker are adjacent.
pub struct Asks<const N: usize, const DOORS: usize = 0> {
    lazy: [Ask; N],
    doors: [Door; DOORS],
    bell: Bell,
}

impl<const N: usize> Asks<N> {
    /// Takes, for each lazy dependency, whether its asker runs on a different thread than the driver.
    #[must_use]
    pub fn new(are_away: [bool; N]) -> Self {
        Self::with_doors(are_away, [])
    }
}

impl<const N: usize, const DOORS: usize> Asks<N, DOORS> {
    /// Also takes the id of each task with `permit`, and whether it runs on a different thread than the driver.
    #[must_use]
    pub fn with_doors(are_away: [bool; N], doors: [(usize, bool); DOORS]) -> Self {
        let doors = doors.map(|(task, is_away)| Door::new(task, is_away));
        Self { lazy: are_away.map(Ask::new), doors, bell: Bell::new() }
    }

    /// Returns all of them.
    #[inline]
    #[must_use]
    pub fn all(&self) -> AskList<'_> {
        AskList { asks: &self.lazy, doors: &self.doors, bell: &self.bell }
    }

    /// Returns the asks of a task with `permit`, starting with its first, and its door.
    #[inline]
    #[must_use]
    pub fn behind(&self, first: usize, count: usize, door: usize) -> AskList<'_> {
        AskList { doors: &self.doors[door..=door], ..self.of(first, count) }
    }

    /// Returns the door of a task, for its attempts.
    #[inline]
    #[must_use]
    pub fn at(&self, door: usize) -> AtDoor<'_> {
        AtDoor { door: &self.doors[door], bell: &self.bell }
    }

    /// Returns the asks of one asker, starting with its first.
    #[inline]
    #[must_use]
    pub fn of(&self, first: usize, count: usize) -> AskList<'_> {
        AskList { asks: &self.lazy[first..first + count], doors: &[], bell: &self.bell }
    }

    /// Creates the argument that a body takes.
    #[inline]
    #[must_use]
    pub fn lazy<'l, T, C>(&'l self, ask: usize, cell: &'l TaskCell<T, C>) -> Lazy<'l, T> {
        self.lazy_of(ask, cell, 0)
    }

    /// Creates the argument for one of the bodies of a wide task on other threads, by a number that no other body has.
    #[inline]
    #[must_use]
    pub fn lazy_of<'l, T, C>(&'l self, ask: usize, cell: &'l TaskCell<T, C>, body: usize) -> Lazy<'l, T> {
        Lazy { cell: cell.raw(), ask: &self.lazy[ask], bell: &self.bell, body }
    }

    /// Wakes the futures that wait for a dependency that is done, except through the waker `own`: its owner calls this
    /// and visits the asker anyway.
    #[inline]
    pub fn answer(&self, ask: usize, own: Option<&Waker>) {
        self.lazy[ask].answer(own);
    }

    /// Stores the waker of the driver, before the driver reads the asks.
    pub fn attend(&self, waker: &Waker) {
        self.bell.attend(waker);
    }
}

/// Some asks, and the doors of some tasks.
#[derive(Clone, Copy)]
pub struct AskList<'a> {
    asks: &'a [Ask],
    doors: &'a [Door],
    pub(super) bell: &'a Bell,
}

impl<'a> AskList<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a Ask> {
        self.asks.iter()
    }

    /// Returns the doors of the tasks.
    pub(crate) fn doors(self) -> &'a [Door] {
        self.doors
    }

    /// Returns whether a future waits for one of them.
    #[inline]
    pub(crate) fn are_waited_for(self) -> bool {
        self.asks.iter().any(Ask::is_waited_for)
    }

    /// Returns whether a future waits for one of them, or for a permit.
    #[inline]
    pub(crate) fn are_waiting(self) -> bool {
        self.are_waited_for() || self.doors.iter().any(|door| door.look() == AtGate::Lent)
    }

    /// Returns whether the asker runs on a different thread than the driver.
    pub(crate) fn are_away(self) -> bool {
        self.asks.first().is_some_and(Ask::is_away)
    }

    /// Returns whether a future of one of the bodies of a wide task waits.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_waiting(self, body: usize) -> bool {
        self.asks.iter().any(|ask| ask.is_waited_for() && ask.lock().has(body))
    }

    /// Forgets the waiters of one of the bodies of a wide task.
    #[cfg(feature = "tokio")]
    pub(crate) fn end_body(self, body: usize) {
        for ask in self.asks.iter().filter(|ask| ask.is_waited_for()) {
            ask.forget(body, self.bell);
        }
    }

    /// Forgets the waiters of a body that has ended: futures that were never dropped.
    #[inline]
    pub(crate) fn end(self) {
        for ask in self.asks.iter().filter(|ask| ask.is_waited_for()) {
            ask.answer(None);
            self.bell.is_changed.store(true, Ordering::SeqCst);
        }
    }

    /// Returns whether an ask or a gate has changed since [`take_changes`](Self::take_changes) was last called.
    #[inline]
    pub(crate) fn are_changed(self) -> bool {
        self.bell.is_changed.load(Ordering::SeqCst)
    }

    /// Returns whether an ask or a gate has changed since this was last called.
    #[inline]
    pub(crate) fn take_changes(self) -> bool {
        self.are_changed() && self.bell.is_changed.swap(false, Ordering::SeqCst)
    }

    /// Returns the gate of an asker on another thread, if the task has lazy dependencies.
    #[cfg(feature = "tokio")]
    pub(crate) fn gate(self) -> Option<&'a Gate> {
        self.asks.first().map(|ask| &ask.gate)
    }
}

/// The waiters for one lazy dependency.
pub(crate) struct Ask {
    waiters: Mutex<Waiters>,
    /// There are waiters; changed under the lock.
    is_waited_for: AtomicBool,
    /// Its asker runs on a different thread than the driver.
    is_away: bool,
    /// The gate of the asker; only the gate of the asker's first ask is used.
    pub(crate) gate: Gate,
}

struct Waiters {
    /// Usually there is one waiter, for which nothing is allocated.
    first: Option<Waiter>,
    others: Vec<Waiter>,
    /// The number of the next waiter.
    next: u64,
}

struct Waiter {
    place: u64,
    /// Which of the bodies of a wide task on other threads waits.
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "no body is on another thread"))]
    body: usize,
    waker: Waker,
}

impl Waiters {
    fn find(&mut self, place: u64) -> Option<&mut Waiter> {
        self.first.iter_mut().chain(&mut self.others).find(|waiter| waiter.place == place)
    }

    fn remove(&mut self, place: u64) -> Option<Waiter> {
        if self.first.as_ref().is_some_and(|first| first.place == place) {
            return self.first.take();
        }
        let position = self.others.iter().position(|waiter| waiter.place == place)?;
        Some(self.others.swap_remove(position))
    }

    #[cfg(feature = "tokio")]
    fn has(&self, body: usize) -> bool {
        self.first.iter().chain(&self.others).any(|waiter| waiter.body == body)
    }

    fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_empty()
    }
}

impl Ask {
    pub(super) fn new(is_away: bool) -> Self {
        let waiters = Waiters { first: None, others: Vec::new(), next: 0 };
        Self { waiters: Mutex::new(waiters), is_waited_for: AtomicBool::new(false), is_away, gate: Gate::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a future waits.
    #[inline]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.is_waited_for.load(Ordering::SeqCst)
    }

    /// Returns whether its asker runs on a different thread than the driver.
    pub(super) fn is_away(&self) -> bool {
        self.is_away
    }

    /// Returns whether one future waits, and has left this waker.
    pub(crate) fn has_only(&self, waker: &Waker) -> bool {
        let waiters = self.lock();
        waiters.others.is_empty() && waiters.first.as_ref().is_some_and(|first| first.waker.will_wake(waker))
    }

    /// Stores a waker. Returns whether no other future waited before.
    pub(super) fn wait(&self, place: &mut Option<u64>, body: usize, waker: &Waker) -> bool {
        if let Some(known) = *place {
            let is_left = self.lock().find(known).is_some_and(|waiter| waiter.waker.will_wake(waker));
            if is_left {
                return false;
            }
        }
        // Cloning and dropping a waker run foreign code, so both happen outside the lock.
        let waker = waker.clone();
        let mut waiters = self.lock();
        if let Some(waiter) = place.and_then(|known| waiters.find(known)) {
            let left = std::mem::replace(&mut waiter.waker, waker);
            drop(waiters);
            drop(left);
            return false;
        }
        let is_first = waiters.is_empty();
        let waiter = Waiter { place: waiters.next, body, waker };
        *place = Some(waiters.next);
        waiters.next += 1;
        if waiters.first.is_none() {
            waiters.first = Some(waiter);
        } else {
            waiters.others.push(waiter);
        }
        self.is_waited_for.store(true, Ordering::SeqCst);
        is_first
    }

    /// Removes a waker. The driver notices this with the next change, because nothing waits for it.
    pub(super) fn leave(&self, place: &mut Option<u64>, bell: &Bell) {
        let Some(place) = place.take() else { return };
        // Usually the answer has already taken it.
        if !self.is_waited_for() {
            return;
        }
        let mut waiters = self.lock();
        let left = waiters.remove(place);
        if left.is_some() && waiters.is_empty() {
            self.is_waited_for.store(false, Ordering::SeqCst);
            bell.is_changed.store(true, Ordering::SeqCst);
        }
        drop(waiters);
        drop(left);
    }

    /// Removes the wakers of futures that were never dropped.
    #[cfg(feature = "tokio")]
    fn forget(&self, body: usize, bell: &Bell) {
        let mut waiters = self.lock();
        let first = waiters.first.take_if(|waiter| waiter.body == body);
        let (left, kept) = std::mem::take(&mut waiters.others).into_iter().partition::<Vec<_>, _>(|it| it.body == body);
        waiters.others = kept;
        if (first.is_some() || !left.is_empty()) && waiters.is_empty() {
            self.is_waited_for.store(false, Ordering::SeqCst);
            bell.is_changed.store(true, Ordering::SeqCst);
        }
        drop(waiters);
        drop((first, left));
    }

    fn answer(&self, own: Option<&Waker>) {
        // A future that takes the lock later sees the result, because the result was set before.
        let mut waiters = self.lock();
        let (first, others) = (waiters.first.take(), std::mem::take(&mut waiters.others));
        self.is_waited_for.store(false, Ordering::SeqCst);
        drop(waiters);
        let wake = |Waiter { waker, .. }| {
            if !own.is_some_and(|own| waker.will_wake(own)) {
                returns(|| waker.wake());
            }
        };
        first.into_iter().for_each(wake);
        if !others.is_empty() {
            others.into_iter().for_each(wake);
        }
    }
}
