//! Which goals are reached, and with what outcome.

use super::Board;
use super::sync::Ordering;
use crate::error::TaskError;
use crate::run::notices::{Notices, Target};
use crate::task_set::TaskSet;

impl<const WORDS: usize> Board<WORDS> {
    pub(super) fn is_reached(&self, notices: &Notices<WORDS>, goal: Target) -> bool {
        match goal {
            Target::Task(task) => self.is_done(task) || notices.blocked.contains(task),
            Target::All => notices.first_failure.is_some() || self.are_all_done(),
            Target::Settled => self.is_settled(notices),
            #[cfg(feature = "durable")]
            Target::Complete => self.is_complete(notices),
        }
    }

    #[inline]
    pub(super) fn result(&self, notices: &Notices<WORDS>, goal: Target) -> Option<Result<(), TaskError>> {
        match goal {
            Target::Task(task) if self.is_done(task) => Some(Ok(())),
            Target::Task(task) => notices.causes.get(task).cloned().flatten().map(Err),
            _ => self.result_of_all(notices, goal),
        }
    }

    /// Separate from the look-up of one task, which happens in every poll.
    #[inline(never)]
    fn result_of_all(&self, notices: &Notices<WORDS>, goal: Target) -> Option<Result<(), TaskError>> {
        if goal == Target::Settled {
            return self.is_settled(notices).then_some(Ok(()));
        }
        #[cfg(feature = "durable")]
        if goal == Target::Complete {
            return self.is_complete(notices).then_some(Ok(()));
        }
        if self.are_all_done() { Some(Ok(())) } else { notices.first_failure.clone().map(Err) }
    }

    /// Returns whether no task of the block can run any more. Separate from the look-ups of other goals, which happen
    /// in every poll.
    #[cold]
    #[inline(never)]
    fn is_settled(&self, notices: &Notices<WORDS>) -> bool {
        self.have_ended(notices, &self.graph.own_tasks())
    }

    /// Returns whether each of some tasks is done or blocked.
    pub(super) fn have_ended(&self, notices: &Notices<WORDS>, tasks: &TaskSet<WORDS>) -> bool {
        let ended =
            self.done.iter().zip(notices.blocked.0).map(|(done, blocked)| done.load(Ordering::Acquire) | blocked);
        ended.zip(tasks.0).all(|(ended, tasks)| ended & tasks == tasks)
    }

    /// Returns the failures in topological order, if no task can run any more.
    pub(crate) fn failures(&self) -> Option<Vec<TaskError>> {
        let notices = self.lock();
        if !self.is_settled(&notices) {
            return None;
        }
        let mut failures: Vec<TaskError> = Vec::new();
        // A task that was about to be done when the run was stopped has its result.
        for task in notices.failed.tasks().filter(|&task| !self.is_done(task)) {
            let Some(Some(error)) = notices.causes.get(task) else { continue };
            // One failure in an inner graph may stop several of its tasks that are named here.
            if failures.iter().all(|known| !known.is_same(error)) {
                failures.push(error.clone());
            }
        }
        Some(failures)
    }
}
