//! The part of the scheduler that only a block with dependencies that are not plain needs.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::InnerScheduler;
#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::Slot;
use crate::each::Group;
use crate::error::ErrorSource;
use crate::lazy::AskList;
use crate::observe::observer::Outcome;
use crate::schedule::Schedule;
use crate::schedule::edges::{AskerPoll, Causes, FatalNodes, MixedEdges, ScheduleEdges, unseen_error};
use crate::schedule::inner::Border;
use crate::task_set::TaskSet;

impl<const WORDS: usize> InnerScheduler<'_, WORDS, MixedEdges<WORDS>> {
    /// Continues with the tasks that bodies ask for, and with the bodies that must be dropped.
    #[cold]
    fn take_asks(&mut self, asks: AskList<'_>) {
        let Some(run) = &mut self.run else { return };
        let graph = run.graph;
        let (mut visits, condemned) = self.edges.look_at_asks(&mut run.ledger, graph, asks);
        for (task, error) in condemned {
            if let Some(error) = error {
                self.stop(&TaskSet::of(task), &TaskSet::EMPTY, &error);
            }
        }
        visits.extend(&self.reopen());
        self.limited.go_on_with(visits);
    }
}

/// The nodes of an inner graph whose failures go to the outer graph.
#[derive(Clone, Copy)]
pub struct FatalInside<'b, const WORDS: usize> {
    nodes: TaskSet<WORDS>,
    border: &'b Border<'b>,
}

impl<const WORDS: usize> FatalNodes for FatalInside<'_, WORDS> {
    fn contains(&self, node: usize) -> bool {
        self.nodes.contains(node)
    }

    fn tell(&self, stopped: impl FnOnce() -> Box<[usize]>) {
        self.border.note_stopped(&stopped());
    }
}

impl<'b, const WORDS: usize> ScheduleEdges for InnerScheduler<'b, WORDS, MixedEdges<WORDS>> {
    type Nodes = FatalInside<'b, WORDS>;

    fn fatal(&self) -> Self::Nodes {
        FatalInside { nodes: self.fatal_nodes(), border: self.border }
    }

    fn is_fatal(&self, task: usize) -> bool {
        self.fatal.contains(task)
    }

    fn is_readable(&self, _task: usize) -> bool {
        true
    }

    fn catch(&mut self, task: usize, source: Option<ErrorSource>) {
        self.fail(task, source.unwrap_or_else(unseen_error));
    }

    fn note_causes(&mut self, causes: &Causes) {
        #[cfg(feature = "durable")]
        self.edges.decide_causes(self.run.as_ref().and_then(|run| run.announcer.as_ref()));
        self.edges.note_causes(causes);
    }

    fn has_failed(&self) -> bool {
        self.edges.has_failed()
    }

    #[inline]
    fn next_asked_group(&mut self, asks: AskList<'_>, cx: &mut Context<'_>) -> Option<usize> {
        loop {
            let Some(run) = &self.run else { unreachable!("a graph with lazy dependencies keeps a ledger") };
            let group = self.edges.next_group(&mut self.limited, &run.ledger, run.graph, asks, cx);
            if group.is_some() || !self.edges.are_asks_changed(asks) {
                return group;
            }
            self.take_asks(asks);
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
        let (border, run) = (self.border, &mut self.run);
        let begin = |is_fresh| {
            border.set_current(task);
            if let Some(run) = run {
                run.current = Some(task);
                if let Some(announcer) = run.announcer.as_ref().filter(|_| is_fresh) {
                    announcer.started(task);
                }
            }
        };
        let polled = self.edges.poll_asker(&mut self.limited, (task, asks), slot, cx, start, begin);
        let Some(run) = &mut self.run else { unreachable!("a graph with lazy dependencies keeps a ledger") };
        match polled {
            AskerPoll::Waits => Poll::Pending,
            AskerPoll::Polled { is_fresh, result } => {
                run.current = None;
                run.ledger.polled(task, is_fresh, result.is_ready());
                result
            }
            AskerPoll::Dropped => {
                run.ledger.started.remove(task);
                if let Some(announcer) = &run.announcer {
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
        let (border, Some(run)) = (self.border, &mut self.run) else {
            unreachable!("a graph with lazy dependencies keeps a ledger")
        };
        border.set_current(task);
        run.current = Some(task);
        let announcer = run.announcer.clone();
        let begin = |is_fresh| {
            if let Some(announcer) = announcer.as_ref().filter(|_| is_fresh) {
                announcer.started(task);
            }
            announcer.as_ref()
        };
        let known = (&mut self.limited, &mut run.ledger);
        let polled = self.edges.poll_asking_group(known, (task, asks), slot, cx, (begin, start), sink);
        run.current = None;
        if let Some(result) = polled {
            return result;
        }
        if let Some(announcer) = &run.announcer {
            announcer.finished(task, &Outcome::Cancelled);
        }
        // A task that catches the failure may have waited for these bodies.
        let ready = self.reopen();
        self.limited.tasks.active.extend(&ready);
        Poll::Pending
    }

    #[cfg(feature = "tokio")]
    fn depart_asker(&mut self, task: usize, _asks: AskList<'_>) -> bool {
        unreachable!("task {task} of an inner graph runs on another thread");
    }

    #[cfg(feature = "tokio")]
    fn waits(&self, task: usize) -> Attempts {
        let announcer = self.run.as_ref().and_then(|run| run.announcer.clone());
        Attempts::new(announcer.or_else(|| self.limited.tasks.signals.announcer()), task)
    }
}
