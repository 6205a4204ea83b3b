//! The part of the scheduler that only a block with dependencies that are not plain needs.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::RunScheduler;
#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::Slot;
use crate::each::Group;
use crate::error::ErrorSource;
use crate::lazy::AskList;
use crate::observe::observer::Outcome;
#[cfg(feature = "tokio")]
use crate::schedule::ScheduleThreads;
#[cfg(feature = "tokio")]
use crate::schedule::edges::AwayVisit;
use crate::schedule::edges::{AskerPoll, Causes, MixedEdges, ScheduleEdges};
use crate::task_set::TaskSet;

impl<const WORDS: usize> RunScheduler<WORDS, MixedEdges<WORDS>> {
    /// Continues with the tasks that bodies ask for, and with the bodies that must be dropped.
    #[cold]
    fn take_asks(&mut self, asks: AskList<'_>, waker: &Waker) {
        let graph = self.board.graph();
        let (mut visits, condemned) = self.edges.look_at_asks(&mut self.ledger, graph, asks);
        for (task, error) in condemned {
            if let Some(error) = error {
                self.stop(&TaskSet::of(task), &TaskSet::EMPTY, &error);
            }
        }
        self.reopen();
        if self.may_be_circular {
            visits.extend(&self.look_for_circles(waker));
        }
        visits.extend(&self.ledger.ready(graph, self.limited.tasks.open.get()));
        self.limited.go_on_with(visits);
    }

    /// Notes whether an asker that was just probed waits for one lazy dependency and for nothing else.
    #[cold]
    fn end_probe(&mut self, asker: usize, asks: AskList<'_>, cx: &Context<'_>) {
        let tasks = &self.limited.tasks;
        if tasks.clones(asker) == Some(1) {
            self.edges.end_probe(asker, asks, self.board.graph(), tasks.waker_of(asker, cx));
        }
    }
}

/// A run keeps every failure: each of its goals decides whether the failure ends it.
impl<const WORDS: usize> ScheduleEdges for RunScheduler<WORDS, MixedEdges<WORDS>> {
    type Nodes = TaskSet<WORDS>;

    fn fatal(&self) -> Self::Nodes {
        TaskSet([u64::MAX; WORDS])
    }

    fn is_fatal(&self, _task: usize) -> bool {
        true
    }

    fn is_readable(&self, _task: usize) -> bool {
        true
    }

    fn catch(&mut self, task: usize, _source: Option<ErrorSource>) {
        unreachable!("a run keeps the failure of task {task}");
    }

    fn note_causes(&mut self, causes: &Causes) {
        #[cfg(feature = "durable")]
        self.edges.decide_causes(self.announcer.as_ref());
        self.edges.note_causes(causes);
    }

    fn has_failed(&self) -> bool {
        self.edges.has_failed()
    }

    #[inline]
    fn next_asked_group(&mut self, asks: AskList<'_>, cx: &mut Context<'_>) -> Option<usize> {
        loop {
            let group = self.edges.next_group(&mut self.limited, &self.ledger, self.board.graph(), asks, cx);
            if group.is_some() || !self.edges.are_asks_changed(asks) {
                return group;
            }
            self.take_asks(asks, cx.waker());
        }
    }

    fn asker_waker<'w>(&'w self, asker: usize, cx: &'w Context<'_>) -> &'w Waker {
        self.limited.tasks.waker_of(asker, cx)
    }

    #[inline]
    fn poll_asker<T: Future>(
        &mut self,
        task: usize,
        asks: AskList<'_>,
        slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        let is_probed = self.edges.begin_probe(task);
        let (board, announcer) = (&self.board, &self.announcer);
        let begin = |is_fresh| {
            if let Some(announcer) = announcer.as_ref().filter(|_| is_fresh) {
                announcer.started(task);
            }
            board.set_current(Some(task));
        };
        match self.edges.poll_asker(&mut self.limited, (task, asks), slot, cx, start, begin) {
            AskerPoll::Waits => Poll::Pending,
            AskerPoll::Polled { is_fresh, result } => {
                self.ledger.polled(task, is_fresh, result.is_ready());
                if is_probed && result.is_pending() {
                    self.end_probe(task, asks, cx);
                }
                result
            }
            AskerPoll::Dropped => {
                self.ledger.started.remove(task);
                if let Some(announcer) = &self.announcer {
                    announcer.finished(task, &Outcome::Cancelled);
                }
                self.reopen();
                Poll::Pending
            }
        }
    }

    fn poll_asking_each<G: Group, B>(
        &mut self,
        task: usize,
        asks: AskList<'_>,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        // For bodies that wait for themselves, as in `poll_each`, no circle is looked for.
        self.edges.begin_probe(task);
        let (board, announcer) = (&self.board, &self.announcer);
        let begin = |is_fresh| {
            if let Some(announcer) = announcer.as_ref().filter(|_| is_fresh) {
                announcer.started_after(task, board.current());
            }
            board.set_current(Some(task));
            announcer.as_ref()
        };
        let known = (&mut self.limited, &mut self.ledger);
        let polled = self.edges.poll_asking_group(known, (task, asks), slot, cx, (begin, start), sink);
        if let Some(result) = polled {
            return result;
        }
        if let Some(announcer) = &self.announcer {
            announcer.finished(task, &Outcome::Cancelled);
        }
        // A task that catches the failure may have waited for these bodies.
        self.reopen();
        self.visit_ready();
        Poll::Pending
    }

    #[cfg(feature = "tokio")]
    fn depart_asker(&mut self, task: usize, asks: AskList<'_>) -> bool {
        let is_started = self.ledger.started.contains(task);
        match self.edges.visit_away(&mut self.limited, (task, asks), is_started) {
            AwayVisit::Starts => self.depart(task),
            AwayVisit::HasEntered => {
                self.ledger.started.insert(task);
                true
            }
            AwayVisit::Stays => false,
        }
    }

    #[cfg(feature = "tokio")]
    fn waits(&self, task: usize) -> Attempts {
        Attempts::new(self.announcer.clone(), task)
    }
}
