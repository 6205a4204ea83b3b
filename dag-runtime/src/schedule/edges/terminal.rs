//! The scheduler of a terminal that needs dependencies which are not plain: a failure ends the terminal only if some
//! path from the task to the goal has no `catch`.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[cfg(feature = "tokio")]
use super::AwayVisit;
use super::{AskerPoll, Causes, Edges, MixedEdges, ScheduleEdges};
#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::{Slot, SpareChains};
use crate::each::Group;
use crate::error::{ErrorSource, TaskError};
use crate::graph::Graph;
use crate::graph::names::Path;
use crate::lazy::AskList;
use crate::observe::elements::ElementWatch;
use crate::observe::signals::Signals;
#[cfg(feature = "tokio")]
use crate::observe::signals::WorkerSignals;
#[cfg(feature = "tokio")]
use crate::schedule::ScheduleThreads;
use crate::schedule::each::Lends;
use crate::schedule::inner::{Border, Retries, poll_in_run};
use crate::schedule::limit::{Limited, NO_LIMIT};
use crate::schedule::{Ledger, Schedule, Scheduler};
use crate::task_set::TaskSet;

/// The progress of such a terminal.
pub struct EdgeScheduler<const WORDS: usize> {
    graph: &'static Graph,
    goal: usize,
    fatal: TaskSet<WORDS>,
    readable: TaskSet<WORDS>,
    limited: Limited<WORDS>,
    ledger: Ledger<WORDS>,
    edges: MixedEdges<WORDS>,
}

impl<const WORDS: usize> EdgeScheduler<WORDS> {
    /// Takes the task that the terminal is for, the tasks that it needs, those of them without dependencies, those
    /// whose failure ends the terminal, those whose error a task may read that catches it, and how many tasks may be
    /// under way.
    #[inline]
    #[must_use]
    pub fn new(
        graph: &'static Graph,
        goal: usize,
        [needed, ready, fatal, readable]: [TaskSet<WORDS>; 4],
        limit: Option<usize>,
    ) -> Self {
        let mut ledger = Ledger::new(TaskSet::EMPTY);
        ledger.wanted.insert(goal);
        let tasks = Scheduler::within(Signals::of_terminal(graph, || Some(goal)), needed, ready);
        let limited = Limited::of(tasks, limit.unwrap_or(NO_LIMIT));
        Self { graph, goal, fatal, readable, limited, ledger, edges: MixedEdges::default() }
    }

    /// Stops the tasks that cannot run because some tasks failed, and starts the tasks that waited only for these.
    #[cold]
    fn block(&mut self, failed: &TaskSet<WORDS>, error: Option<&TaskError>) {
        self.edges.block(&mut self.ledger, self.graph, failed, error);
        let ready = self.reopen();
        self.limited.tasks.active.extend(&ready);
    }

    /// Opens the tasks that the goal needs and that can still run, the tasks that are asked for, and the tasks that
    /// have started. Returns those that may start.
    fn reopen(&mut self) -> TaskSet<WORDS> {
        let open = self.edges.open(&self.ledger, self.graph);
        self.limited.tasks.open.set(open);
        self.ledger.ready(self.graph, open)
    }

    /// Continues with the tasks that bodies ask for, and with the bodies that must be dropped.
    #[cold]
    fn take_asks(&mut self, asks: AskList<'_>) {
        let (mut visits, condemned) = self.edges.look_at_asks(&mut self.ledger, self.graph, asks);
        for (task, error) in condemned {
            self.edges.block(&mut self.ledger, self.graph, &TaskSet::of(task), error.as_ref());
        }
        visits.extend(&self.reopen());
        self.limited.go_on_with(visits);
    }
}

impl<const WORDS: usize> Schedule for EdgeScheduler<WORDS> {
    type Spare = SpareChains;

    #[inline]
    fn spare(&self) -> SpareChains {
        SpareChains
    }

    #[inline]
    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        self.limited.begin(cx);
    }

    #[inline]
    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        self.limited.next(cx)
    }

    #[inline]
    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        self.limited.tasks.take_due(word, task, waits)
    }

    #[inline]
    fn are_done(&self, word: usize, tasks: u64) -> bool {
        self.limited.tasks.are_done(word, tasks)
    }

    #[inline]
    fn poll<T: Future>(
        &mut self,
        task: usize,
        mut slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        let is_fresh = slot.is_vacant();
        if is_fresh && !self.limited.admit(task) {
            return Poll::Pending;
        }
        let result = self.limited.tasks.poll_slot(task, slot, cx, start);
        self.ledger.polled(task, is_fresh, result.is_ready());
        if result.is_ready() {
            self.limited.release();
        }
        result
    }

    #[inline]
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T> {
        self.limited.call(task, body)
    }

    fn call_each<T>(&mut self, task: usize, body: impl FnOnce(&ElementWatch) -> T) -> Poll<T> {
        self.limited.call_each(task, body)
    }

    fn poll_each<G: Group, B>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        let known = (&mut self.ledger, &mut self.edges);
        let (result, is_dropped) =
            self.limited.poll_known_group(known, (task, Lends::Never), slot, cx, (|_| None, start), sink);
        if is_dropped {
            // A task that catches the failure may have waited for these bodies.
            let ready = self.reopen();
            self.limited.tasks.active.extend(&ready);
        }
        result
    }

    fn poll_graph<T: Future>(
        &mut self,
        border: &Border<'_>,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        // As in a run, a failure inside does not end the other inner tasks that are needed.
        let graph = self.graph;
        border.enter_run(None, || Path::new(graph.node_name(border.inner_graph().object), None), Retries::default);
        let places = (&mut self.limited, &mut self.ledger);
        let (result, stops) = poll_in_run(places, border, slot, cx, start, |_| {});
        for (stopped, error) in &stops {
            self.block(stopped, Some(error));
        }
        result
    }

    fn note_err(&mut self, task: usize) {
        self.limited.note_err(task);
    }

    #[inline]
    fn forgets(&self, _task: usize) -> bool {
        true
    }

    #[inline]
    fn finish(&mut self, word: usize, task: u64) {
        self.limited.finish(word, task);
        self.ledger.done.0[word] |= task;
    }

    #[inline]
    fn visit(&mut self, word: usize, tasks: u64) {
        self.limited.visit(word, tasks);
    }

    fn fail(&mut self, task: usize, _source: ErrorSource) {
        unreachable!("a terminal ends when task {task} fails, or somebody catches it");
    }

    #[inline]
    fn end_pass(&mut self) -> Poll<()> {
        self.limited.end();
        // Started tasks may still be under way: the goal does not wait for tasks that it no longer needs.
        if self.ledger.done.contains(self.goal) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(feature = "tokio")]
impl<const WORDS: usize> ScheduleThreads for EdgeScheduler<WORDS> {
    fn depart(&mut self, task: usize) -> bool {
        let departs = self.limited.depart(task);
        if departs {
            self.ledger.started.insert(task);
        }
        departs
    }

    fn arrive(&mut self, task: usize) {
        self.ledger.started.remove(task);
        let arrival = self.edges.arrive(task);
        if arrival.has_slot {
            self.limited.arrive(task);
        }
        if arrival.is_dropped {
            let ready = self.reopen();
            self.limited.tasks.active.extend(&ready);
        }
    }

    fn open(&self, word: usize) -> u64 {
        self.limited.open(word)
    }

    fn blame(&mut self, task: usize) {
        self.limited.blame(task);
    }

    fn fail_with(&mut self, task: usize, error: TaskError) {
        self.limited.tasks.failed(task);
        self.block(&TaskSet::of(task), Some(&error));
    }

    #[inline]
    fn join(&mut self, workers: &WorkerSignals<'_>) {
        self.limited.join(workers);
    }
}

impl<const WORDS: usize> ScheduleEdges for EdgeScheduler<WORDS> {
    type Nodes = TaskSet<WORDS>;

    fn fatal(&self) -> Self::Nodes {
        self.fatal
    }

    fn is_fatal(&self, task: usize) -> bool {
        self.fatal.contains(task)
    }

    fn is_readable(&self, task: usize) -> bool {
        self.readable.contains(task)
    }

    fn catch(&mut self, task: usize, source: Option<ErrorSource>) {
        let error = source.map(|source| TaskError::new(self.graph.node_name(task), source));
        self.limited.tasks.failed(task);
        self.block(&TaskSet::of(task), error.as_ref());
    }

    fn note_causes(&mut self, causes: &Causes) {
        self.edges.note_causes(causes);
    }

    fn has_failed(&self) -> bool {
        self.edges.has_failed()
    }

    #[inline]
    fn next_asked_group(&mut self, asks: AskList<'_>, cx: &mut Context<'_>) -> Option<usize> {
        loop {
            let group = self.edges.next_group(&mut self.limited, &self.ledger, self.graph, asks, cx);
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
        match self.edges.poll_asker(&mut self.limited, (task, asks), slot, cx, start, |_| {}) {
            AskerPoll::Waits => Poll::Pending,
            AskerPoll::Polled { is_fresh, result } => {
                self.ledger.polled(task, is_fresh, result.is_ready());
                result
            }
            AskerPoll::Dropped => {
                self.ledger.started.remove(task);
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
        let known = (&mut self.limited, &mut self.ledger);
        let polled = self.edges.poll_asking_group(known, (task, asks), slot, cx, (|_| None, start), sink);
        if let Some(result) = polled {
            return result;
        }
        // A task that catches the failure may have waited for these bodies.
        let ready = self.reopen();
        self.limited.tasks.active.extend(&ready);
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

    /// A terminal has no observers; a profile may count its calls.
    #[cfg(feature = "tokio")]
    fn waits(&self, task: usize) -> Attempts {
        Attempts::new(self.limited.tasks.signals.announcer(), task)
    }
}
