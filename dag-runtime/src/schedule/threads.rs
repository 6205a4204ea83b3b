//! The part of a scheduler that tasks on other threads need.

use crate::error::TaskError;
use crate::observe::signals::WorkerSignals;
use crate::schedule::Schedule;

/// The methods that a driver needs from a scheduler in a block with tasks on other threads.
pub trait ScheduleThreads: Schedule {
    /// Takes a due task out of the passes because another thread runs it. Returns false if the task must wait for a slot,
    /// or has started before.
    fn depart(&mut self, task: usize) -> bool;

    /// Takes back a task that was on another thread and has ended.
    fn arrive(&mut self, task: usize);

    /// Returns which of 64 tasks are needed and not done.
    fn open(&self, word: usize) -> u64;

    /// Returns which of 64 tasks are waited for, besides the goal of a terminal.
    fn wanted(&self, _word: usize) -> u64 {
        0
    }

    /// Returns whether the pass that now begins only drops tasks that nobody waits for.
    fn is_dropping(&self) -> bool {
        false
    }

    /// Returns which of 64 tasks lead to a goal and are not done. Is called only in a run that cancels all others.
    fn needed(&self, word: usize) -> u64 {
        self.open(word)
    }

    /// Notes that tasks whose bodies were dropped on other threads may start again.
    fn take_back(&mut self) {}

    /// Notes that a task on another thread has failed, if that does not end the driver.
    fn fail_with(&mut self, task: usize, error: TaskError);

    /// Notes the task whose panic is about to be resumed.
    fn blame(&mut self, task: usize);

    /// Traces the call as its workers do, and counts it with their announcer, if calls are traced or counted.
    fn join(&mut self, _workers: &WorkerSignals<'_>) {}
}
