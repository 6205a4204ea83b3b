//! The waiters on the board, each in its place. Most runs have one waiter at a time, so the first place is no allocation.

use std::task::Waker;

use super::Target;

/// A waiter that has left its waker.
pub(in crate::run) struct Waiter {
    pub(in crate::run) goal: Target,
    /// Taken when it wakes the waiter.
    waker: Option<Waker>,
    /// An equal waker has woken the waiter, so that its own was left here.
    is_woken: bool,
}

impl Waiter {
    /// Returns the waker, unless the waiter has been woken since it left the waker.
    pub(in crate::run) fn waker(&self) -> Option<&Waker> {
        self.waker.as_ref().filter(|_| !self.is_woken)
    }

    /// Takes the waker out, to wake the waiter with it.
    pub(super) fn take(&mut self) -> Option<Waker> {
        self.is_woken = true;
        self.waker.take()
    }

    /// Notes that an equal waker wakes the waiter.
    pub(super) fn skip(&mut self) {
        self.is_woken = true;
    }
}

/// The waiters, by their places.
#[derive(Default)]
pub(in crate::run) struct Waiters {
    first: Option<Waiter>,
    others: Vec<Option<Waiter>>,
}

impl Waiters {
    /// Returns whether there is no waiter, and only the first place.
    #[inline]
    pub(in crate::run) fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_empty()
    }

    /// Returns how many places there are.
    pub(in crate::run) fn len(&self) -> usize {
        self.others.len() + 1
    }

    /// Returns the waiter in a place, if there is one.
    pub(in crate::run) fn get(&self, place: usize) -> Option<&Waiter> {
        match place.checked_sub(1) {
            None => self.first.as_ref(),
            Some(other) => self.others.get(other)?.as_ref(),
        }
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Waiter> {
        self.place(place).as_mut()
    }

    fn place(&mut self, place: usize) -> &mut Option<Waiter> {
        match place.checked_sub(1) {
            None => &mut self.first,
            Some(other) => &mut self.others[other],
        }
    }

    /// Returns all waiters with their places.
    pub(in crate::run) fn iter(&self) -> impl Iterator<Item = (usize, &Waiter)> {
        let places = [&self.first].into_iter().chain(&self.others).enumerate();
        places.filter_map(|(place, waiter)| waiter.as_ref().map(|waiter| (place, waiter)))
    }

    /// Takes a waiter out of its place. Returns its waker, if it is still there.
    pub(super) fn remove(&mut self, place: usize) -> Option<Waker> {
        self.place(place).take()?.waker
    }

    /// Returns a place without a waiter.
    pub(super) fn vacant(&mut self) -> usize {
        if self.first.is_none() {
            return 0;
        }
        let vacant = self.others.iter().position(Option::is_none).unwrap_or_else(|| {
            self.others.push(None);
            self.others.len() - 1
        });
        vacant + 1
    }

    /// Puts a waiter into its place. Returns the waker that is not needed: the one that was there, or the new one if it
    /// wakes the same task.
    pub(super) fn put(&mut self, place: usize, goal: Target, waker: Waker) -> Option<Waker> {
        let place = self.place(place);
        if let Some(waiter) = place {
            if waiter.waker.as_ref().is_some_and(|known| known.will_wake(&waker)) {
                waiter.goal = goal;
                waiter.is_woken = false;
                return Some(waker);
            }
        }
        place.replace(Waiter { goal, waker: Some(waker), is_woken: false })?.waker
    }
}
