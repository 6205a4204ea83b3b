//! The polls that make tasks, and the failures that the scope is told of when such a poll has ended.
//!
//! Whoever makes a task may say in the same poll that its failure is to be caught. The task may have failed by then: on
//! another thread, or at once because of an input. Therefore the first task that is made in a poll opens a making, which
//! ends with that poll. A task that fails while its making is open is parked there, and leaves the scope afterwards. A
//! parked task is still alive, so the scope waits for it.

use std::sync::Arc;

use crate::error::TaskError;

/// The makings of a scope that are open.
pub(super) struct Makings<N: ?Sized> {
    begun: u64,
    open: Vec<(u64, Parked<N>)>,
}

/// Tasks that have failed while their making was open.
pub(in crate::dynamic) type Parked<N> = Vec<(Arc<N>, TaskError)>;

impl<N: ?Sized> Makings<N> {
    pub(super) const NONE: Self = Self { begun: 0, open: Vec::new() };

    pub(super) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.open.push((self.begun, Vec::new()));
        self.begun
    }

    pub(super) fn end(&mut self, making: u64) -> Parked<N> {
        let place = self.open.iter().position(|(open, _)| *open == making);
        place.map(|place| self.open.swap_remove(place).1).unwrap_or_default()
    }

    /// Returns the place for a failure of a task that was made in a making that is open.
    pub(super) fn find(&mut self, making: u64) -> Option<&mut Parked<N>> {
        self.open.iter_mut().find(|(open, _)| *open == making).map(|(_, parked)| parked)
    }
}
