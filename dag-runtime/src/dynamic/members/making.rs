//! The polls that make tasks, and the failures that the scope is told of when such a poll has ended.
//!
//! The code that makes a task may say in the same poll that the failure of the task is to be caught. The task may have
//! failed by then: on another thread, or at once because of an input. Therefore the first task that is made in a poll opens
//! a *making*, which ends with that poll. A task that fails while its making is open is parked there, and leaves the scope
//! afterwards. A parked task is still alive, so the scope waits for it.
//!
//! A dependent of a failed task may have failed before, because of another input. Then the task leaves after that dependent:
//! its failure is caught if the failure of the dependent is caught.

use std::sync::Arc;

use crate::error::TaskError;

/// The open makings of a scope. Usually there is at most one, for which nothing is allocated.
pub(super) struct Makings<N: ?Sized> {
    begun: u64,
    first: Option<Making<N>>,
    others: Vec<Making<N>>,
    /// Tasks that leave after a dependent, each with the address of the dependent's membership.
    behind: Vec<(usize, Leaving<N>)>,
}

struct Making<N: ?Sized> {
    number: u64,
    parked: Vec<Leaving<N>>,
}

/// A task that has failed, and whose scope has not been told.
pub(in crate::dynamic) struct Leaving<N: ?Sized> {
    pub(in crate::dynamic) node: Arc<N>,
    pub(in crate::dynamic) error: TaskError,
    /// A dependent that had failed before, because of another input. If its failure is caught, this one is caught, too.
    pub(in crate::dynamic) dependent: Option<Arc<N>>,
}

impl<N: ?Sized> Makings<N> {
    pub(super) const NONE: Self = Self { begun: 0, first: None, others: Vec::new(), behind: Vec::new() };

    pub(super) fn begin(&mut self) -> u64 {
        self.begun += 1;
        let making = Making { number: self.begun, parked: Vec::new() };
        if self.first.is_none() {
            self.first = Some(making);
        } else {
            self.others.push(making);
        }
        self.begun
    }

    pub(super) fn end(&mut self, number: u64) -> Vec<Leaving<N>> {
        if let Some(first) = self.first.take_if(|first| first.number == number) {
            return first.parked;
        }
        let place = self.others.iter().position(|making| making.number == number);
        place.map(|place| self.others.swap_remove(place).parked).unwrap_or_default()
    }

    pub(super) fn add_behind(&mut self, dependent: usize, leaving: Leaving<N>) {
        self.behind.push((dependent, leaving));
    }

    pub(super) fn take_behind(&mut self, dependent: usize) -> Vec<Leaving<N>> {
        let behind = std::mem::take(&mut self.behind);
        let (found, others): (Vec<_>, Vec<_>) = behind.into_iter().partition(|(behind, _)| *behind == dependent);
        self.behind = others;
        found.into_iter().map(|(_, leaving)| leaving).collect()
    }

    /// Returns the place for a failure of a task that was made in a making that is open.
    pub(super) fn find(&mut self, number: u64) -> Option<&mut Vec<Leaving<N>>> {
        let mut makings = self.first.iter_mut().chain(&mut self.others);
        makings.find(|making| making.number == number).map(|making| &mut making.parked)
    }
}
