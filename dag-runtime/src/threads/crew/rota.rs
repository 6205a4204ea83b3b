//! What a crew and its pickers share: who takes which element, how many bodies are under way, and what broke off the work.
//! Its lock is never held while foreign code runs.

use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::lazy::AtGate;

pub(super) struct Rota<F> {
    state: Mutex<State<F>>,
}

pub(super) struct State<F> {
    /// How many elements there are.
    pub(super) count: usize,
    /// The next place that a picker takes.
    pub(super) next: usize,
    /// Pickers take only places before this one.
    pub(super) frontier: usize,
    /// How many elements in these places need a body.
    pub(super) open: usize,
    pub(super) under_way: usize,
    /// How many pickers may take elements.
    pub(super) limit: usize,
    /// How many pickers take elements.
    pub(super) takers: usize,
    /// How many pickers there are, including those that are being dropped.
    pub(super) present: usize,
    /// A picker is on call.
    pub(super) has_on_call: bool,
    /// The pickers that wait for an element, each with its number.
    pub(super) idle: Vec<(usize, Waker)>,
    /// The threads that wait for another attempt of a body, each with the number of its picker.
    pub(super) asleep: Vec<(usize, Waker)>,
    /// Whether the bodies have lent a slot, or need it back.
    pub(super) gate: AtGate,
    /// How many bodies wait for lazy dependencies and do not work.
    pub(super) waiting: usize,
    /// The bodies that could go on, and stop at the gate.
    pub(super) stopped: Vec<Waker>,
    /// The waker of the driver, until it is woken.
    pub(super) waker: Option<Waker>,
    /// The driver is woken when a body ends.
    pub(super) tells_ends: bool,
    /// No body starts any more, and no result is written.
    pub(super) is_closed: bool,
    pub(super) broken: Option<Broken<F>>,
}

/// What broke off the work.
pub(super) enum Broken<F> {
    /// The body for an element failed.
    Failed(usize, F),
    Panicked(Box<dyn Any + Send>),
    /// The keeper did not take the result for an element, or it is a failure that the keeper has.
    #[cfg(feature = "durable")]
    Kept(usize, crate::error::ErrorSource),
    /// A picker was dropped by its runtime.
    Lost,
}

impl<F> Rota<F> {
    pub(super) fn new(count: usize, limit: usize) -> Self {
        let state = State {
            count,
            next: 0,
            frontier: 0,
            open: 0,
            under_way: 0,
            limit,
            takers: 0,
            present: 0,
            has_on_call: false,
            idle: Vec::new(),
            asleep: Vec::new(),
            gate: AtGate::Held,
            waiting: 0,
            stopped: Vec::new(),
            waker: None,
            tells_ends: false,
            is_closed: false,
            broken: None,
        };
        Self { state: Mutex::new(state) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the driver's waker. Returns whether the work was broken off.
    pub(super) fn register(&self, waker: &Waker) -> bool {
        let is_known = self.lock().waker.as_ref().is_some_and(|known| known.will_wake(waker));
        let waker = (!is_known).then(|| waker.clone());
        let mut rota = self.lock();
        let left = if waker.is_some() { std::mem::replace(&mut rota.waker, waker) } else { None };
        let is_broken = rota.broken.is_some();
        drop(rota);
        drop(left);
        is_broken
    }

    /// Breaks off the work, unless it was broken off before. The driver hears of the first cause.
    pub(super) fn break_off(&self, broken: Broken<F>) {
        let mut rota = self.lock();
        if rota.is_closed {
            drop(rota);
            drop(broken);
            return;
        }
        rota.is_closed = true;
        rota.broken = Some(broken);
        let (waker, asleep) = (rota.waker.take(), std::mem::take(&mut rota.asleep));
        drop(rota);
        wake(waker.into_iter().chain(asleep.into_iter().map(|(_, waker)| waker)));
    }

    /// Lets no body start and no result be written any more. Returns what is left, to be dropped by the caller.
    pub(super) fn close(&self) -> impl Sized + use<F> {
        let mut rota = self.lock();
        rota.is_closed = true;
        let asleep = std::mem::take(&mut rota.asleep);
        let left = (rota.waker.take(), rota.broken.take(), std::mem::take(&mut rota.idle));
        drop(rota);
        wake(asleep.into_iter().map(|(_, waker)| waker));
        left
    }

    /// Returns the waker of a picker that waits no more for an element.
    pub(super) fn take_idle(&self, number: usize) -> Option<Waker> {
        let mut rota = self.lock();
        let place = rota.idle.iter().position(|(picker, _)| *picker == number)?;
        Some(rota.idle.swap_remove(place).1)
    }

    /// Has a thread be woken that waits for another attempt, if the work is broken off. Returns false if it is.
    pub(super) fn wait_for_attempt(&self, number: usize, waker: &Waker) -> bool {
        let waker = waker.clone();
        let left = self.end_wait(number);
        let mut rota = self.lock();
        if rota.is_closed {
            return false;
        }
        rota.asleep.push((number, waker));
        drop(rota);
        drop(left);
        true
    }

    /// Returns the waker of a thread that waits no more.
    pub(super) fn end_wait(&self, number: usize) -> Option<Waker> {
        let mut rota = self.lock();
        let place = rota.asleep.iter().position(|(picker, _)| *picker == number)?;
        Some(rota.asleep.swap_remove(place).1)
    }
}

impl<F> State<F> {
    /// Returns how many bodies are under way or may begin.
    pub(super) fn committed(&self) -> usize {
        self.under_way + self.open
    }

    /// Returns how many more pickers would have an element.
    pub(super) fn wanted(&self) -> usize {
        self.limit.min(self.committed()).saturating_sub(self.takers)
    }

    /// Adds pickers.
    pub(super) fn enter(&mut self, hired: usize) {
        self.takers += hired;
        self.present += hired;
    }

    /// Returns whether all elements have had their bodies.
    pub(super) fn is_over(&self) -> bool {
        self.frontier == self.count && self.committed() == 0
    }

    /// Returns whether no body begins any more.
    pub(super) fn is_all_taken(&self) -> bool {
        self.frontier == self.count && self.open == 0
    }
}

/// Wakes the driver, or a picker. A waker that panics does not keep the others from being woken.
pub(super) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        crate::observe::observer::returns(|| waker.wake());
    }
}
