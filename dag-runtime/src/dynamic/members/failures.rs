//! The failures of a scope: the first one, or all of them.

use std::collections::HashSet;

use crate::error::TaskError;

pub(super) enum Failures {
    /// The first failure ends the scope.
    StopAtFirst(Option<TaskError>),
    /// All are kept, each once: the dependents of a failed task fail with the same error.
    KeepGoing { all: Vec<TaskError>, known: HashSet<usize> },
}

impl Failures {
    pub(super) fn keep_going() -> Self {
        Self::KeepGoing { all: Vec::new(), known: HashSet::new() }
    }

    /// Notes a failure. Returns whether it ends the scope.
    pub(super) fn add(&mut self, error: &TaskError) -> bool {
        match self {
            Self::StopAtFirst(Some(_)) => false,
            Self::StopAtFirst(first) => {
                *first = Some(error.clone());
                true
            }
            Self::KeepGoing { all, known } => {
                // No other error gets the address, because this one is kept.
                if known.insert(error.address()) {
                    all.push(error.clone());
                }
                false
            }
        }
    }

    /// Returns whether a failure has ended the scope.
    pub(super) fn end_scope(&self) -> bool {
        self.first().is_some()
    }

    /// Returns the failure that has ended the scope.
    pub(super) fn first(&self) -> Option<&TaskError> {
        match self {
            Self::StopAtFirst(first) => first.as_ref(),
            Self::KeepGoing { .. } => None,
        }
    }

    pub(super) fn take(&mut self) -> Vec<TaskError> {
        match self {
            Self::StopAtFirst(first) => first.take().into_iter().collect(),
            Self::KeepGoing { all, .. } => std::mem::take(all),
        }
    }
}
