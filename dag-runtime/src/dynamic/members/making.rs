//! The polls that make tasks, and the failures that the scope is told of when such a poll has ended.
//!
//! The code that makes a task may say in the same poll that the failure of the task is to be caught. The task may have
//! failed by then: on another thread, or at once because of an input. Therefore the first task that is made in a poll opens
//! a *making*, which ends with that poll. A task that fails while its making is open is parked there, and leaves the scope
//! afterwards. A parked task is still alive, so the scope waits for it.
//!
//! A dependent of a failed task may have failed before, because of another input. Then the task leaves after that dependent:
//! its failure is caught if the failure of the dependent is caught.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::TaskError;

/// The open makings of a scope. Usually there is at most one, for which nothing is allocated.
pub(super) struct Makings<N: ?Sized> {
    begun: u64,
    first: Option<Making<N>>,
    others: Vec<Making<N>>,
    /// Tasks that leave after a dependent, by the address of the dependent's membership.
    behind: BTreeMap<usize, Vec<Leaving<N>>>,
    /// Dependents of tasks that failed in a making and have not been parked before its end, by the addresses of the nodes of
    /// these tasks: another thread is about to let them leave.
    late: BTreeMap<usize, Arc<N>>,
}

pub(super) struct Making<N: ?Sized> {
    number: u64,
    parked: Vec<Leaving<N>>,
    /// Dependents of tasks that are parked here, or are about to be, by the addresses of the nodes of these tasks.
    dependents: BTreeMap<usize, Arc<N>>,
}

impl<N: ?Sized> Making<N> {
    /// Returns the tasks that are parked.
    pub(super) fn end(mut self) -> Vec<Leaving<N>> {
        if !self.dependents.is_empty() {
            for leaving in &mut self.parked {
                let dependent = self.dependents.remove(&Arc::as_ptr(&leaving.node).addr());
                leaving.dependent = dependent.or(leaving.dependent.take());
            }
        }
        self.parked
    }
}

/// A task that has failed, and whose scope has not been told.
pub(in crate::dynamic) struct Leaving<N: ?Sized> {
    pub(in crate::dynamic) node: Arc<N>,
    pub(in crate::dynamic) error: TaskError,
    /// A dependent that had failed before, because of another input. If its failure is caught, this one is caught, too.
    pub(in crate::dynamic) dependent: Option<Arc<N>>,
}

impl<N: ?Sized> Makings<N> {
    pub(super) const NONE: Self =
        Self { begun: 0, first: None, others: Vec::new(), behind: BTreeMap::new(), late: BTreeMap::new() };

    pub(super) fn begin(&mut self) -> u64 {
        self.begun += 1;
        let making = Making { number: self.begun, parked: Vec::new(), dependents: BTreeMap::new() };
        if self.first.is_none() {
            self.first = Some(making);
        } else {
            self.others.push(making);
        }
        self.begun
    }

    /// Removes a making. The caller ends it outside of the lock.
    pub(super) fn remove(&mut self, number: u64) -> Option<Making<N>> {
        let first = self.first.take_if(|first| first.number == number);
        let mut making = first.or_else(|| {
            let place = self.others.iter().position(|making| making.number == number)?;
            Some(self.others.swap_remove(place))
        })?;
        if !making.dependents.is_empty() {
            let parked: BTreeSet<_> = making.parked.iter().map(|leaving| Arc::as_ptr(&leaving.node).addr()).collect();
            let dependents = std::mem::take(&mut making.dependents).into_iter();
            let (here, late): (BTreeMap<_, _>, BTreeMap<_, _>) =
                dependents.partition(|(node, _)| parked.contains(node));
            making.dependents = here;
            self.late.extend(late);
        }
        Some(making)
    }

    /// Takes the dependent of a task that was not parked in time, by the address of the task's node.
    pub(super) fn take_late(&mut self, node: usize) -> Option<Arc<N>> {
        self.late.remove(&node)
    }

    pub(super) fn add_behind(&mut self, dependent: usize, leaving: Leaving<N>) {
        self.behind.entry(dependent).or_default().push(leaving);
    }

    pub(super) fn take_behind(&mut self, dependent: usize) -> Vec<Leaving<N>> {
        self.behind.remove(&dependent).unwrap_or_default()
    }

    /// Parks a failure in the making with this number.
    ///
    /// # Errors
    /// Returns `leaving` if the making has ended.
    pub(super) fn park(&mut self, number: u64, leaving: Leaving<N>) -> Result<(), Leaving<N>> {
        match self.find(number) {
            Some(making) => {
                making.parked.push(leaving);
                Ok(())
            }
            None => Err(leaving),
        }
    }

    /// Notes a dependent of a task of the making with this number, by the address of the task's node. Returns the dependent
    /// that was noted before.
    pub(super) fn note_dependent(&mut self, number: u64, node: usize, dependent: &Arc<N>) -> Option<Arc<N>> {
        self.find(number)?.dependents.insert(node, Arc::clone(dependent))
    }

    fn find(&mut self, number: u64) -> Option<&mut Making<N>> {
        let mut makings = self.first.iter_mut().chain(&mut self.others);
        makings.find(|making| making.number == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Leaving<u8> {
        Leaving { node: Arc::new(1), error: TaskError::aborted("task"), dependent: None }
    }

    #[test]
    fn a_failure_is_parked_in_its_own_making_whichever_ends_first() {
        for first_ends in [true, false] {
            let mut makings = Makings::NONE;
            let (first, second) = (makings.begin(), makings.begin());
            assert!(makings.park(first, failed()).is_ok() && makings.park(second, failed()).is_ok());
            assert!(makings.park(second, failed()).is_ok());
            let ends = if first_ends { [(first, 1), (second, 2)] } else { [(second, 2), (first, 1)] };
            for (making, parked) in ends {
                assert_eq!(makings.remove(making).unwrap().end().len(), parked);
                assert!(makings.remove(making).is_none() && makings.park(making, failed()).is_err());
            }
        }
    }
}
