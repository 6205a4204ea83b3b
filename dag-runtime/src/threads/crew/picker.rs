//! The work of one picker: it takes an element and runs its body, then takes the next one.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::rota::{Broken, Rota, State, wake};
use super::wait::Asking;
use super::{Hire, Stock};
use crate::attempt::Attempts;
use crate::cell::EachCell;
use crate::lazy::AskList;
use crate::observe::elements::{ElementWatch, WatchedElement};
use crate::observe::trace::Span;
use crate::threads::team::{Around, Team};

/// A picker that never waits would keep its thread from all other tasks: after this many bodies in a row it yields.
const BODIES_IN_A_ROW: usize = 32;

/// One of the pickers of a crew.
pub struct Picker<O, C, F, const WORDS: usize> {
    team: Arc<Team<O, C, F, WORDS>>,
    rota: Arc<Rota<F>>,
    task: usize,
    /// The span of the task.
    span: Span,
    watch: ElementWatch,
    /// The element whose body is under way, if somebody watches.
    element: Option<WatchedElement>,
    hire: Hire<O, C, F, WORDS>,
    is_blocking: bool,
    /// How many pickers it hires next, if it is on call; otherwise 0.
    next_hires: usize,
    in_a_row: usize,
    /// It waits for an element, and its waker may be on the rota.
    is_idle: bool,
    /// It takes no more elements.
    has_left: bool,
}

impl<O, C, F, const WORDS: usize> Picker<O, C, F, WORDS> {
    /// Makes a picker that the rota counts already.
    pub(super) fn new(
        team: Arc<Team<O, C, F, WORDS>>,
        rota: Arc<Rota<F>>,
        (task, hire): (usize, Hire<O, C, F, WORDS>),
        (span, watch): (Span, ElementWatch),
        is_blocking: bool,
    ) -> Self {
        if !is_blocking {
            team.enter_picker(task);
        }
        let (element, next_hires, in_a_row, is_idle, has_left) = (None, 0, 0, false, false);
        Self { team, rota, task, span, watch, element, hire, is_blocking, next_hires, in_a_row, is_idle, has_left }
    }

    /// Puts the picker on call.
    pub(super) fn on_call(mut self) -> Self {
        self.next_hires = 1;
        self
    }

    /// Puts the picker on the runtime.
    pub(super) fn start(self) {
        let hire = self.hire;
        Team::hire_picker(self, hire);
    }

    /// Returns the shared state of the tasks.
    #[must_use]
    pub fn team(&self) -> Arc<Team<O, C, F, WORDS>> {
        Arc::clone(&self.team)
    }

    pub(in crate::threads) fn task(&self) -> usize {
        self.task
    }

    pub(in crate::threads) fn is_blocking(&self) -> bool {
        self.is_blocking
    }

    /// Begins to go over the elements, or notes that this panics.
    pub fn look<S>(&mut self, elements: impl FnOnce() -> S) -> Option<S> {
        self.catch(elements)
    }

    /// Takes the next element, with its index. Waits while there may be more; returns nothing if there are none, or if the
    /// work was broken off.
    pub async fn next<S: Stock, T>(&mut self, cell: &EachCell<T, C>, elements: &mut S) -> Option<(usize, S::Element)> {
        let place = poll_fn(|cx| self.seek(cx, cell, &mut *elements)).await?;
        self.element(place, elements)
    }

    /// [`next`](Self::next) on a thread that may block: returns nothing if it would wait.
    pub fn next_here<S: Stock, T>(&mut self, cell: &EachCell<T, C>, elements: &mut S) -> Option<(usize, S::Element)> {
        let place = {
            let mut rota = self.rota.lock();
            let is_closed = rota.is_closed || self.team.is_closed();
            let place = (!is_closed).then(|| take(&mut rota, cell, elements)).flatten();
            if place.is_none() {
                rota.takers -= 1;
                self.has_left = true;
            }
            place?
        };
        self.element(place, elements)
    }

    fn element<S: Stock>(&mut self, place: Place, elements: &mut S) -> Option<(usize, S::Element)> {
        self.element = self.watch.begin(place.index);
        let element = self.catch(|| {
            let element = elements.at(place.number);
            if place.is_last {
                elements.end();
            }
            element
        });
        element.map(|element| (place.index, element))
    }

    /// Makes the attempts of a body on a thread that may block. Makes no other attempt and ends the wait for it once the
    /// work is broken off; then, or if an attempt panics, returns nothing.
    pub fn attempt<A: Future>(&mut self, attempts: impl FnOnce() -> A) -> Option<A::Output> {
        let (team, rota, number) = (Arc::clone(&self.team), Arc::clone(&self.rota), self.number());
        let result = self.catch(|| {
            let mut attempts = pin!(attempts());
            Handle::current().block_on(poll_fn(|cx| {
                if team.is_closed() || !rota.wait_for_attempt(number, cx.waker()) {
                    return Poll::Ready(None);
                }
                attempts.as_mut().poll(cx).map(Some)
            }))
        });
        rota.end_wait(number);
        result.flatten()
    }

    fn seek<S: Stock, T>(&mut self, cx: &Context<'_>, cell: &EachCell<T, C>, elements: &mut S) -> Poll<Option<Place>> {
        if self.in_a_row >= BODIES_IN_A_ROW || self.next_hires > 0 && self.hires() {
            self.in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if std::mem::take(&mut self.is_idle) {
            drop(self.rota.take_idle(self.number()));
        }
        let mut waker = None;
        loop {
            let mut rota = self.rota.lock();
            let is_closed = rota.is_closed || self.team.is_closed();
            let place = (!is_closed).then(|| take(&mut rota, cell, elements)).flatten();
            if place.is_some() {
                self.in_a_row += 1;
                return Poll::Ready(place);
            }
            if is_closed || rota.is_all_taken() {
                rota.takers -= 1;
                self.has_left = true;
                return Poll::Ready(None);
            }
            if let Some(waker) = waker.take() {
                self.is_idle = true;
                rota.idle.push((self.number(), waker));
                return Poll::Pending;
            }
            // A waker is cloned without the lock. An element may come in the meantime.
            drop(rota);
            waker = Some(cx.waker().clone());
        }
    }

    /// Hires more pickers, if there are elements for them; otherwise it is on call no more. Returns whether it has hired.
    fn hires(&mut self) -> bool {
        let mut rota = self.rota.lock();
        let hired = if rota.is_closed { 0 } else { rota.wanted().min(self.next_hires) };
        rota.has_on_call = hired > 0;
        rota.enter(hired);
        drop(rota);
        self.next_hires = if hired > 0 { 2 * self.next_hires } else { 0 };
        let picker = |_| {
            let (team, rota) = (Arc::clone(&self.team), Arc::clone(&self.rota));
            Self::new(team, rota, (self.task, self.hire), (self.span.clone(), self.watch.clone()), false)
        };
        (0..hired).map(picker).collect::<Vec<_>>().into_iter().for_each(Self::start);
        hired > 0
    }

    /// Returns a number that no other picker has: its address, since it is pinned while it waits.
    #[must_use]
    pub fn number(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Returns how a body waits for its lazy dependencies.
    #[must_use]
    pub fn asking<'a>(&self, asks: AskList<'a>) -> Asking<'a, F> {
        Asking::new(&self.rota, asks, self.number(), self.team.is_limited())
    }

    /// Returns what surrounds the polls of a body.
    #[must_use]
    pub fn around(&self) -> Around {
        Around::of_element(self.own_span().clone())
    }

    /// Returns the reporter for the attempts for an element.
    #[must_use]
    pub fn attempts(&self, index: usize) -> Attempts {
        Attempts::of_watched(&self.watch, index)
    }

    /// Returns the span of the element, or else that of the task.
    fn own_span(&self) -> &Span {
        self.element.as_ref().and_then(WatchedElement::span).unwrap_or(&self.span)
    }

    /// Notes whether the body of a task with `catch` has failed, whose result is a value all the same.
    pub fn note_err(&mut self, is_err: bool) {
        if let Some(element) = &mut self.element {
            element.note_err(is_err);
        }
    }

    /// Takes the result for an element.
    pub fn put<T>(&mut self, cell: impl FnOnce(&C) -> &EachCell<T, C>, index: usize, value: T) {
        if let Some(element) = self.element.take() {
            // Before the result can be seen. Otherwise it is dropped below, as the task has ended.
            if !self.rota.lock().is_closed {
                element.returned(true);
            }
        }
        let mut rota = self.rota.lock();
        if rota.is_closed {
            drop(rota);
            drop(value);
            return;
        }
        // Under the lock, so that nothing is written once the rota is closed.
        self.team.put_element(cell, index, value);
        rota.under_way -= 1;
        let waker = if rota.tells_ends || rota.is_over() { rota.waker.take() } else { None };
        drop(rota);
        wake(waker);
    }

    /// Takes the failure of the body for an element.
    pub fn fail(&mut self, index: usize, failure: F) {
        if let Some(element) = self.element.take() {
            element.fails();
        }
        self.rota.break_off(Broken::Failed(index, failure));
    }

    /// Takes the failure of the body for an element after the keeper has answered.
    #[cfg(feature = "durable")]
    pub fn lose(&mut self, index: usize, source: crate::error::ErrorSource) {
        if let Some(element) = self.element.take() {
            element.fails();
        }
        self.rota.break_off(Broken::Kept(index, source));
    }

    /// Takes the panic of a body.
    pub fn panic(&mut self, payload: Box<dyn Any + Send>) {
        if let Some(element) = self.element.take() {
            element.panicked();
        }
        self.rota.break_off(Broken::Panicked(payload));
    }

    /// Calls code of the user, in the span of the task. Returns nothing if it panics.
    pub fn catch<R>(&mut self, work: impl FnOnce() -> R) -> Option<R> {
        match catch_unwind(AssertUnwindSafe(|| self.own_span().enter(work))) {
            Ok(result) => Some(result),
            Err(payload) => {
                self.panic(payload);
                None
            }
        }
    }
}

/// The place of an element that a picker has taken.
#[derive(Clone, Copy)]
struct Place {
    number: usize,
    /// The index of its result.
    index: usize,
    is_last: bool,
}

/// Takes the next element that needs a body.
fn take<F, S: Stock, T, C>(rota: &mut State<F>, cell: &EachCell<T, C>, elements: &S) -> Option<Place> {
    while rota.next < rota.frontier {
        let number = rota.next;
        rota.next += 1;
        let index = elements.index_at(number);
        if !cell.has(index) {
            rota.open -= 1;
            rota.under_way += 1;
            return Some(Place { number, index, is_last: number + 1 == rota.count });
        }
    }
    None
}

impl<O, C, F, const WORDS: usize> Drop for Picker<O, C, F, WORDS> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.panic(Box::new("a body panicked while it was dropped, or an argument while it was cloned"));
        } else if !self.has_left && !self.team.is_closed() && !self.rota.lock().is_over() {
            self.rota.break_off(Broken::Lost);
        }
        let idle = self.rota.take_idle(self.number());
        let mut rota = self.rota.lock();
        rota.takers -= usize::from(!self.has_left);
        rota.present -= 1;
        let waker = if rota.broken.is_some() && rota.present == 0 { rota.waker.take() } else { None };
        drop(rota);
        drop(idle);
        wake(waker);
        if !self.is_blocking {
            self.team.go_picker(self.task);
        }
    }
}
