//! A run whose tasks are partly on other threads.

use super::RunScheduler;
use crate::error::TaskError;
use crate::schedule::edges::Edges;
use crate::schedule::{Ledger, ScheduleThreads};
use crate::task_set::TaskSet;

impl<const WORDS: usize, E: Edges<WORDS>> ScheduleThreads for RunScheduler<WORDS, E> {
    fn depart(&mut self, task: usize) -> bool {
        if E::ARE_MIXED && self.ledger.started.contains(task) {
            // A task whose failure it caught was tried again.
            self.limited.tasks.active.take(task / 64, 1 << (task % 64));
            return false;
        }
        let departs = self.limited.depart(task);
        if departs {
            self.ledger.started.insert(task);
        }
        departs
    }

    fn arrive(&mut self, task: usize) {
        // A task that a worker started has no slot: then there is no limit.
        self.ledger.started.remove(task);
        let arrival = self.edges.arrive(task);
        if arrival.has_slot {
            self.limited.arrive(task);
        }
        if arrival.is_dropped {
            self.reopen();
            self.visit_ready();
        }
    }

    fn open(&self, word: usize) -> u64 {
        self.limited.open(word)
    }

    fn wanted(&self, word: usize) -> u64 {
        self.ledger.wanted.0[word] & self.limited.open(word)
    }

    fn is_dropping(&self) -> bool {
        self.board.is_cancelling()
    }

    fn needed(&self, word: usize) -> u64 {
        let ledger = Ledger { started: TaskSet::EMPTY, ..self.ledger };
        self.edges.open(&ledger, self.board.graph()).0[word]
    }

    fn take_back(&mut self) {
        self.reopen();
        self.visit_ready();
    }

    fn blame(&mut self, task: usize) {
        self.board.set_current(Some(task));
    }

    fn fail_with(&mut self, task: usize, error: TaskError) {
        self.limited.tasks.failed(task);
        self.block(&TaskSet::of(task), &error);
    }
}
