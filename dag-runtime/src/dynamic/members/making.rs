//! The polls that make tasks, and the failures that the scope is told of when such a poll has ended.
//!
//! Whoever makes a task may say in the same poll that its failure is to be caught. The task may have failed by then: on
//! another thread, or at once because of an input. Therefore the first task that is made in a poll opens a making, which
//! ends with that poll. A task that fails while its making is open is parked there, and leaves the scope
//! afterwards. Where a dependent had failed before, because of another input, a task leaves after that one: its failure is
//! caught if that of the dependent is. A
//! parked task is still alive, so the scope waits for it.

use std::sync::Arc;

use crate::error::TaskError;

/// The makings of a scope that are open.
pub(super) struct Makings<N: ?Sized> {
    begun: u64,
    open: Vec<(u64, Vec<Leaving<N>>)>,
    /// Tasks that leave after a dependent, by the address of its place.
    behind: Vec<(usize, Leaving<N>)>,
}

/// A task that has failed, and whose scope has not been told.
pub(in crate::dynamic) struct Leaving<N: ?Sized> {
    pub(in crate::dynamic) node: Arc<N>,
    pub(in crate::dynamic) error: TaskError,
    /// A dependent that had failed before, because of another input. If that is caught, this failure is, too.
    pub(in crate::dynamic) dependent: Option<Arc<N>>,
}

impl<N: ?Sized> Makings<N> {
    pub(super) const NONE: Self = Self { begun: 0, open: Vec::new(), behind: Vec::new() };

    pub(super) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.open.push((self.begun, Vec::new()));
        self.begun
    }

    pub(super) fn end(&mut self, making: u64) -> Vec<Leaving<N>> {
        let place = self.open.iter().position(|(open, _)| *open == making);
        place.map(|place| self.open.swap_remove(place).1).unwrap_or_default()
    }

    pub(super) fn add_behind(&mut self, dependent: usize, leaving: Leaving<N>) {
        self.behind.push((dependent, leaving));
    }

    pub(super) fn take_behind(&mut self, dependent: usize) -> Vec<Leaving<N>> {
        let (found, others) =
            std::mem::take(&mut self.behind).into_iter().partition(|(behind, _)| *behind == dependent);
        self.behind = others;
        let found: Vec<_> = found;
        found.into_iter().map(|(_, leaving)| leaving).collect()
    }

    /// Returns the place for a failure of a task that was made in a making that is open.
    pub(super) fn find(&mut self, making: u64) -> Option<&mut Vec<Leaving<N>>> {
        self.open.iter_mut().find(|(open, _)| *open == making).map(|(_, parked)| parked)
    }
}
