//! The settings of a run: what is known before it starts. Out: its scheduler.

use std::sync::Arc;

use super::RunScheduler;
use crate::cell::frame::BoardShare;
#[cfg(feature = "tokio")]
use crate::close::Leave;
#[cfg(feature = "durable")]
use crate::durable::{Deferral, Kept, Seeds};
#[cfg(feature = "durable")]
use crate::error::TaskError;
#[cfg(feature = "tokio")]
use crate::graph::Node;
use crate::observe::announcer::Announcer;
use crate::observe::observer::Observers;
use crate::observe::signals::Signals;
use crate::run::board::Board;
#[cfg(feature = "tokio")]
use crate::run::board::elsewhere::Home;
use crate::schedule::edges::{Edges, MixedEdges};
use crate::schedule::limit::Limited;
use crate::schedule::{Ledger, Scheduler};
use crate::task_set::TaskSet;

/// The settings of a run before it starts.
pub struct Seed<const WORDS: usize> {
    pub(in crate::run) board: BoardShare<Board<WORDS>>,
    pub(crate) done: TaskSet<WORDS>,
    pub(crate) limit: usize,
    pub(in crate::run) observers: Observers,
    pub(in crate::run) announcer: Option<Arc<Announcer>>,
    pub(crate) signals: Signals,
    #[cfg(feature = "durable")]
    pub(in crate::run) deferral: Option<Deferral>,
    #[cfg(feature = "durable")]
    pub(in crate::run) kept: Option<Arc<Kept>>,
    /// The stored outcomes of tasks of inner graphs.
    #[cfg(feature = "durable")]
    pub(in crate::run) seeds: Option<Arc<Seeds>>,
    /// The failures that an engine has stored.
    #[cfg(feature = "durable")]
    pub(in crate::run) failures: Vec<(usize, TaskError)>,
}

impl<const WORDS: usize> Seed<WORDS> {
    /// Returns the tasks of the block.
    #[cfg(feature = "tokio")]
    pub(crate) fn nodes(&self) -> &'static [Node] {
        self.board.nodes()
    }

    /// Returns where the bodies on other threads belong.
    #[cfg(feature = "tokio")]
    pub(crate) fn home(&self) -> Home<WORDS> {
        Home::new(&self.board)
    }

    /// Returns the announcer, if there are observers. From now on no observer can be added.
    pub(crate) fn announcer(&mut self) -> Option<Arc<Announcer>> {
        let is_told = !self.observers.is_empty();
        #[cfg(feature = "durable")]
        let is_told = is_told || self.deferral.is_some() || self.kept.is_some() || self.seeds.is_some();
        if is_told {
            let announcer = Announcer::new(std::mem::take(&mut self.observers), self.board.graph());
            #[cfg(feature = "durable")]
            let announcer = announcer.of_engine(self.deferral.take(), self.kept.take(), self.seeds.take());
            self.announcer = Some(Arc::new(announcer));
            if self.board.graph().has_closers() {
                self.announcer.iter().for_each(|announcer| self.board.keep_announcer(announcer));
            }
        }
        self.announcer.clone()
    }

    /// Returns whether tasks that nobody waits for any more are dropped.
    #[cfg(feature = "tokio")]
    pub(crate) fn cancels_abandoned(&self) -> bool {
        self.board.cancels()
    }

    /// Returns the guard with which the other threads leave a run that may be closed.
    #[cfg(feature = "tokio")]
    pub(crate) fn leave(&self) -> Option<Leave> {
        self.board.graph().has_closers().then(|| self.board.leave_by_exit())
    }

    /// Creates the scheduler of the run.
    #[must_use]
    pub fn into_scheduler(self) -> RunScheduler<WORDS> {
        self.scheduler()
    }

    /// Creates the scheduler for the run of a block with dependencies that are not plain.
    #[must_use]
    pub fn into_edge_scheduler(self) -> RunScheduler<WORDS, MixedEdges<WORDS>> {
        self.scheduler()
    }

    fn scheduler<E: Edges<WORDS>>(mut self) -> RunScheduler<WORDS, E> {
        let scheduler = RunScheduler {
            announcer: self.announcer(),
            board: self.board,
            limited: Limited::of(Scheduler::within(self.signals, TaskSet::EMPTY, TaskSet::EMPTY), self.limit),
            ledger: Ledger::new(self.done),
            told: TaskSet::EMPTY,
            is_done_changed: false,
            may_be_circular: false,
            edges: E::default(),
        };
        #[cfg(feature = "durable")]
        let scheduler = scheduler.with_failures(&self.failures);
        scheduler
    }
}
