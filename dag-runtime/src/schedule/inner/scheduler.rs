//! The scheduler of an inner graph. It starts the tasks that the outer graph wants, within the slots of both graphs. In
//! a run, a failure stops only the tasks that need the failed task.
//!
//! The driver of an inner graph is one task of the outer graph. Before each poll, the outer scheduler writes into the
//! [`Border`] which tasks are wanted and how many slots are left; after the poll, it reads which slots are taken and which
//! failures happened. In a terminal with plain dependencies, all wanted tasks are known when the driver starts, and this
//! scheduler opens them once. Otherwise more tasks may be wanted at every poll, and a failure need not end the outer graph:
//! `run` then holds the progress as a [`Ledger`], as the scheduler of a run does, and each pass begins with a look at the
//! wanted tasks. A failure goes through the border to the outer scheduler, which blocks its own tasks.

mod edges;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::poll::poll_in_run;
use super::{Border, Retries};
#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::{Slot, SpareChains};
use crate::each::Group;
use crate::error::{ErrorSource, TaskError};
use crate::graph::Graph;
use crate::graph::names::{Path, joined};
use crate::observe::announcer::Announcer;
use crate::observe::elements::ElementWatch;
use crate::observe::observer::Outcome;
use crate::observe::signals::Signals;
use crate::schedule::Ledger;
use crate::schedule::Schedule;
use crate::schedule::Scheduler;
use crate::schedule::each::Lends;
use crate::schedule::edges::{Edges, MixedEdges, PlainEdges, fatal_for};
use crate::schedule::limit::{Limited, NO_LIMIT};
use crate::schedule::{begin_dropping, end_dropping};
use crate::task_set::TaskSet;

/// Decides which task of an inner graph is polled when.
pub struct InnerScheduler<'b, const WORDS: usize, E = PlainEdges> {
    border: &'b Border<'b>,
    graph: &'static Graph,
    limited: Limited<WORDS>,
    is_started: bool,
    /// `None` in a terminal with plain dependencies: all wanted tasks are known at the start, and a failure ends the
    /// terminal. With dependencies that are not plain, a failure need not end a terminal either.
    run: Option<Box<InnerRun<WORDS>>>,
    /// The nodes whose failures go to the outer graph, if dependencies are not plain.
    fatal: TaskSet<WORDS>,
    edges: E,
}

/// The state that an inner graph needs in a run.
struct InnerRun<const WORDS: usize> {
    graph: &'static Graph,
    ledger: Ledger<WORDS>,
    announcer: Option<Arc<Announcer>>,
    /// The task that is being polled.
    current: Option<usize>,
    /// If failures are caught here or further inside: how often the run had forgotten failures at the last look, and
    /// its counter.
    retries: Option<(usize, Retries)>,
    /// The last pass only dropped tasks.
    has_dropped: bool,
}

impl<const WORDS: usize> InnerRun<WORDS> {
    /// Returns whether the run has forgotten failures since the last call.
    fn is_retried(&mut self) -> bool {
        let Some((known, retries)) = &mut self.retries else { return false };
        let count = retries.count();
        std::mem::replace(known, count) != count
    }
}

impl<'b, const WORDS: usize> InnerScheduler<'b, WORDS> {
    /// Creates the scheduler before the driver of the inner graph starts; `limit` is that of the inner block.
    #[inline]
    #[must_use]
    pub fn new(border: &'b Border<'b>, graph: &'static Graph, limit: Option<usize>) -> Self {
        Self::waiting(border, graph, limit)
    }
}

impl<'b, const WORDS: usize> InnerScheduler<'b, WORDS, MixedEdges<WORDS>> {
    /// [`new`](InnerScheduler::new) for a block with dependencies that are not plain.
    #[must_use]
    pub fn with_edges(border: &'b Border<'b>, graph: &'static Graph, limit: Option<usize>) -> Self {
        Self::waiting(border, graph, limit)
    }
}

impl<'b, const WORDS: usize, E: Edges<WORDS>> InnerScheduler<'b, WORDS, E> {
    #[inline]
    fn waiting(border: &'b Border<'b>, graph: &'static Graph, limit: Option<usize>) -> Self {
        let tasks = Scheduler::within(Signals::none(), TaskSet::EMPTY, TaskSet::EMPTY);
        let limited = Limited::of(tasks, limit.unwrap_or(NO_LIMIT));
        let (fatal, edges) = (TaskSet::EMPTY, E::default());
        Self { border, graph, limited, is_started: false, run: None, fatal, edges }
    }

    /// Returns the nodes whose failures go to the outer graph.
    fn fatal_nodes(&self) -> TaskSet<WORDS> {
        let mut goals = TaskSet::EMPTY;
        if self.border.is_in_run() {
            // A goal that is not wanted yet may be wanted later: its failure must be known then.
            self.border.goals().for_each(|goal| goals.insert(goal));
        } else {
            self.border.wanted().for_each(|goal| goals.insert(goal));
        }
        fatal_for(self.graph, &goals)
    }

    /// Begins with the tasks that the outer graph wants.
    #[inline]
    fn start_driver(&mut self) {
        if E::ARE_MIXED {
            self.fatal = self.fatal_nodes();
        }
        self.is_started = true;
        self.limited.tasks.signals = self.border.signals();
        self.limited.narrow(self.border.slots());
        if E::ARE_MIXED || self.border.is_in_run() {
            let (announcer, retries) = self.border.start_run(self.graph);
            let retries = retries.map(|retries| (retries.count(), retries));
            let run = InnerRun {
                graph: self.graph,
                ledger: Ledger::new(TaskSet::EMPTY),
                announcer,
                current: None,
                retries,
                has_dropped: false,
            };
            self.run = Some(Box::new(run));
            return;
        }
        let nodes = self.graph.nodes();
        let needed = self.border.wanted().fold(TaskSet::EMPTY, |needed, goal| needed.with(nodes[goal].needed));
        self.limited.tasks.open.set(needed);
        let mut active = needed;
        active.remove_all(&self.graph.passive());
        self.limited.tasks.active.set(active);
    }

    /// Reads which tasks the outer graph wants.
    #[cold]
    fn take_wants(&mut self, waker: &Waker) {
        let Some(run) = &mut self.run else { return };
        let mut wanted = TaskSet::EMPTY;
        self.border.wanted().for_each(|task| wanted.insert(task));
        if self.border.is_dropping() {
            run.ledger.wanted = wanted;
            run.has_dropped = true;
            let places = (&mut self.limited, &mut run.ledger, &mut self.edges);
            begin_dropping(places, run.graph, run.announcer.as_ref(), waker);
            return;
        }
        let has_dropped = std::mem::take(&mut run.has_dropped);
        if has_dropped {
            end_dropping((&mut self.limited, &mut run.ledger, &mut self.edges));
        }
        let nodes = run.graph.nodes();
        // A task that is wanted although it has failed must be tried again.
        let mut again = wanted;
        again.retain(&run.ledger.blocked);
        let is_retried = E::ARE_MIXED && run.is_retried();
        if wanted == run.ledger.wanted && again.is_empty() && !is_retried && !has_dropped {
            return;
        }
        if is_retried {
            run.ledger.blocked = TaskSet::EMPTY;
        }
        run.ledger.wanted = wanted;
        let forgotten = again.tasks().fold(TaskSet::EMPTY, |needed, task| needed.with(nodes[task].needed));
        run.ledger.blocked.remove_all(&forgotten);
        let ready = self.reopen();
        self.limited.tasks.active.extend(&ready);
    }

    /// Opens the tasks that the outer graph wants and that can still run, the tasks that are asked for, and the tasks
    /// that have started. Returns those that may start.
    fn reopen(&mut self) -> TaskSet<WORDS> {
        let Some(run) = &self.run else { return TaskSet::EMPTY };
        let open = self.edges.open(&run.ledger, run.graph);
        self.limited.tasks.open.set(open);
        run.ledger.ready(run.graph, open)
    }

    /// Records a failure for all tasks that need one of the failed tasks, and tells the outer graph.
    #[cold]
    fn block(&mut self, failed: &TaskSet<WORDS>, error: &TaskError) {
        self.stop(failed, failed, error);
    }

    /// Records a failure for all tasks that need one of the stopped tasks. `failed` are the tasks that failed
    /// themselves.
    fn stop(&mut self, stopped: &TaskSet<WORDS>, failed: &TaskSet<WORDS>, error: &TaskError) {
        let Some(run) = &mut self.run else { return };
        let mut skipped = self.limited.tasks.open.get();
        skipped.remove_all(&run.ledger.blocked);
        skipped.remove_all(stopped);
        let blocked = self.edges.block(&mut run.ledger, run.graph, stopped, Some(error));
        skipped.retain(&blocked);
        // The bodies of a follower go on.
        skipped.remove_all(&run.ledger.started);
        let ready = self.reopen();
        if E::ARE_MIXED {
            // A task that catches the failure may now be ready.
            self.limited.tasks.active.extend(&ready);
        }
        self.border.fail(|task| blocked.contains(task), error);
        let Some(run) = &self.run else { return };
        let Some(announcer) = &run.announcer else { return };
        failed.tasks().for_each(|task| announcer.finished(task, &Outcome::Failed(error.clone())));
        for skipped in skipped.tasks().filter(|&task| !run.graph.is_inside(task)) {
            announcer.skipped(skipped, error.task());
        }
        if E::ARE_MIXED {
            failed.tasks().for_each(|task| self.tell_unasked(task));
        }
    }

    /// Tells the observers which tasks no task can ask for any more because a task has ended.
    fn tell_unasked(&mut self, asker: usize) {
        let Some(run) = &self.run else { return };
        let Some(announcer) = &run.announcer else { return };
        let unasked = self.edges.unasked(&run.ledger, run.graph, asker);
        for task in unasked.tasks().filter(|&task| !run.graph.is_inside(task)) {
            announcer.skipped(task, announcer.name(asker));
        }
    }

    #[inline]
    fn start(&mut self, task: usize) -> bool {
        let may_start = self.limited.admit(task);
        if may_start {
            self.border.set_current(task);
            if let Some(run) = &mut self.run {
                run.current = Some(task);
                if let Some(announcer) = &run.announcer {
                    announcer.started(task);
                }
            }
        }
        may_start
    }

    #[inline]
    fn went_on(&mut self, task: usize, is_fresh: bool, is_ready: bool) {
        if is_ready {
            self.limited.release();
        }
        if let Some(run) = &mut self.run {
            run.current = None;
            run.ledger.polled(task, is_fresh, is_ready);
        }
    }
}

impl<const WORDS: usize, E: Edges<WORDS>> Schedule for InnerScheduler<'_, WORDS, E> {
    type Spare = SpareChains;

    #[inline]
    fn spare(&self) -> SpareChains {
        SpareChains
    }

    #[inline]
    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        if !self.is_started {
            self.start_driver();
        }
        self.limited.lend(self.border.left());
        self.limited.begin(cx);
        if self.run.is_some() {
            self.take_wants(cx.waker());
        }
    }

    #[inline]
    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        self.limited.next(cx)
    }

    #[inline]
    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        // A started task waits for no dependency, even if a task whose failure it caught is tried again.
        let is_started = E::ARE_MIXED && self.run.as_ref().is_some_and(|run| run.ledger.started.0[word] & task != 0);
        self.limited.tasks.take_due(word, task, if is_started { task } else { waits })
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
        let result = if is_fresh {
            if !self.start(task) {
                return Poll::Pending;
            }
            self.limited.tasks.poll_first(task, &mut slot, cx, start)
        } else {
            self.border.set_current(task);
            if let Some(run) = &mut self.run {
                run.current = Some(task);
                if self.limited.tasks.is_condemned(task) {
                    self.limited.tasks.drop_slot(task, slot);
                    return Poll::Pending;
                }
            }
            self.limited.tasks.poll_again(task, &mut slot, cx)
        };
        self.went_on(task, is_fresh, result.is_ready());
        result
    }

    #[inline]
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T> {
        if !self.start(task) {
            return Poll::Pending;
        }
        let result = self.limited.tasks.call_body(task, body);
        self.went_on(task, true, true);
        Poll::Ready(result)
    }

    fn call_each<T>(&mut self, task: usize, body: impl FnOnce(&ElementWatch) -> T) -> Poll<T> {
        if !self.start(task) {
            return Poll::Pending;
        }
        let announcer = self.run.as_ref().and_then(|run| run.announcer.as_ref());
        let result = self.limited.tasks.call_elements(task, announcer, body);
        self.went_on(task, true, true);
        Poll::Ready(result)
    }

    fn poll_each<G: Group, B>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        let mut slot = slot;
        self.border.set_current(task);
        if let Some(run) = &mut self.run {
            run.current = Some(task);
            if self.limited.drop_abandoned_group(task, slot.as_mut()) {
                run.ledger.started.remove(task);
                return Poll::Pending;
            }
        }
        let Some(run) = &mut self.run else { return self.limited.poll_each(task, slot, cx, start, sink) };
        let announcer = &run.announcer;
        let begin = |is_fresh| {
            if let Some(announcer) = announcer.as_ref().filter(|_| is_fresh) {
                announcer.started(task);
            }
            announcer.as_ref()
        };
        let known = (&mut run.ledger, &mut self.edges);
        let (result, is_dropped) =
            self.limited.poll_known_group(known, (task, Lends::Never), slot, cx, (begin, start), sink);
        if let Some(announcer) = run.announcer.as_ref().filter(|_| is_dropped) {
            announcer.finished(task, &Outcome::Cancelled);
        }
        run.current = None;
        if is_dropped {
            // A task that catches the failure may have waited for these bodies.
            let ready = self.reopen();
            self.limited.tasks.active.extend(&ready);
        }
        result
    }

    #[inline]
    fn poll_graph<T: Future>(
        &mut self,
        border: &Border<'_>,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        let Some(run) = &mut self.run else { return self.limited.poll_graph(border, slot, cx, start) };
        self.border.set_current(border.inner_graph().driver);
        let (outer, object) = (self.border, run.graph.node_name(border.inner_graph().object));
        let retries = || run.retries.as_ref().map(|(_, retries)| retries.clone()).unwrap_or_default();
        border.enter_run(run.announcer.as_ref(), || Path::new(object, outer.path()), retries);
        border.set_dropping(outer.is_dropping());
        let places = (&mut self.limited, &mut run.ledger);
        let accuse = |culprit| outer.accuse(joined(object, culprit));
        let (result, stops) = poll_in_run(places, border, slot, cx, start, accuse);
        for (stopped, error) in &stops {
            self.block(stopped, error);
        }
        result
    }

    #[cfg(feature = "tokio")]
    fn attempts(&self, task: usize) -> Attempts {
        let announcer = self.run.as_ref().and_then(|run| run.announcer.clone());
        announcer.map_or(Attempts::UNOBSERVED, |announcer| Attempts::new(Some(announcer), task))
    }

    fn note_err(&mut self, task: usize) {
        if let Some(announcer) = self.run.as_ref().and_then(|run| run.announcer.as_ref()) {
            announcer.note_err(task);
        }
        self.limited.tasks.signals.note_err(task);
    }

    #[inline]
    fn forgets(&self, task: usize) -> bool {
        // The outer graph reads the results that it wants, in a call the same ones from the start; its run remembers all.
        !self.border.is_in_run() && self.border.wanted().all(|goal| goal != task)
    }

    #[inline]
    fn finish(&mut self, word: usize, task: u64) {
        self.limited.tasks.finish(word, task);
        if let Some(run) = &mut self.run {
            run.ledger.done.0[word] |= task;
            if let Some(announcer) = &run.announcer {
                let task = word * 64 + task.trailing_zeros() as usize;
                announcer.finished(task, &Outcome::Done);
                if E::ARE_MIXED {
                    self.tell_unasked(task);
                }
            }
        }
    }

    #[inline]
    fn visit(&mut self, word: usize, tasks: u64) {
        self.limited.tasks.active.add(word, tasks);
    }

    fn fail(&mut self, task: usize, source: ErrorSource) {
        let Some(run) = &self.run else { unreachable!("a terminal ends when an inner task fails") };
        let name = run.graph.nodes()[task].name;
        let mut error = TaskError::new(name, source);
        // The outer graph knows only the inner tasks that it names, and the failed task need not be one of them.
        if let Some(path) = self.border.path() {
            error.rename(path.name(name));
        }
        self.limited.tasks.failed(task);
        self.block(&TaskSet::of(task), &error);
    }

    #[inline]
    fn end_pass(&mut self) -> Poll<()> {
        let is_over = self.limited.end();
        let (taken, is_waiting) = self.limited.claims();
        self.border.take(taken, is_waiting);
        match &mut self.run {
            None if is_over => Poll::Ready(()),
            None => Poll::Pending,
            Some(run) => {
                run.current = None;
                self.border.set_idle(is_over);
                if E::ARE_MIXED
                    && !self.border.is_in_run()
                    && self.border.wanted().all(|it| run.ledger.done.contains(it))
                {
                    // Tasks that are still under way are dropped with the driver.
                    self.border.take(0, false);
                    return Poll::Ready(());
                }
                // More of its tasks may become wanted.
                Poll::Pending
            }
        }
    }
}

impl<const WORDS: usize, E> Drop for InnerScheduler<'_, WORDS, E> {
    fn drop(&mut self) {
        let Some(run) = &self.run else { return };
        if let Some(announcer) = &run.announcer {
            announcer.cancel(run.current.filter(|_| std::thread::panicking()));
        }
    }
}
