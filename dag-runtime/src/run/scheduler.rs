//! The scheduler of a run: goals come and go, a failure stops only the tasks that need the failed task, slots are
//! limited, and observers are told.
//!
//! It belongs to the driver, so only the waiter that drives touches it; everything that others may ask or tell goes
//! through the [`Board`]. At the beginning of a pass it copies the wanted and the blocked tasks from the board into the
//! [`Ledger`], if they have changed, and opens the tasks that the reachable goals need. A failure is written to the
//! ledger and to the board at once, so that a waiter of a blocked goal sees it. Results are announced at the end of the
//! pass: `set_done` publishes all tasks that are done, after their values are in the cells. A pass never ends a run,
//! since another goal may be awaited later.
//!
//! Dropping the scheduler tells the observers which tasks were cancelled.

mod edges;
mod seed;
#[cfg(feature = "tokio")]
mod threads;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::board::{Board, Verdict};
#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::frame::BoardShare;
use crate::cell::{Slot, SpareChains};
use crate::each::Group;
use crate::error::{ErrorSource, TaskError};
use crate::graph::names::{Path, joined};
use crate::observe::announcer::Announcer;
use crate::observe::elements::ElementWatch;
use crate::observe::observer::Outcome;
use crate::schedule::Ledger;
use crate::schedule::Schedule;
use crate::schedule::each::Lends;
use crate::schedule::edges::{Edges, PlainEdges};
use crate::schedule::inner::{Border, poll_in_run};
use crate::schedule::limit::Limited;
use crate::schedule::{begin_dropping, end_dropping};
use crate::task_set::TaskSet;

pub use seed::Seed;

/// Decides which task of a run is polled when.
pub struct RunScheduler<const WORDS: usize, E = PlainEdges> {
    board: BoardShare<Board<WORDS>>,
    limited: Limited<WORDS>,
    announcer: Option<Arc<Announcer>>,
    /// Its wanted and blocked tasks are those that the board had when it was last read.
    ledger: Ledger<WORDS>,
    /// The blocked tasks about which observers need no further event.
    told: TaskSet<WORDS>,
    is_done_changed: bool,
    /// Tasks under way awaited the run when the board was last read.
    may_be_circular: bool,
    edges: E,
}

impl<const WORDS: usize, E: Edges<WORDS>> RunScheduler<WORDS, E> {
    /// Takes failures as if their tasks had run.
    #[cfg(feature = "durable")]
    fn with_failures(mut self, failures: &[(usize, TaskError)]) -> Self {
        for (task, error) in failures {
            self.block(&TaskSet::of(*task), error);
        }
        self
    }

    /// Opens the tasks that the reachable goals need, and the tasks that have started.
    fn reopen(&mut self) {
        self.limited.tasks.open.set(self.edges.open(&self.ledger, self.board.graph()));
    }

    /// Reads the wanted and blocked tasks from the board, and visits every task that may start.
    #[cold]
    fn take_changes(&mut self, waker: &Waker) {
        (self.ledger.wanted, self.ledger.blocked, self.may_be_circular) = self.board.changes(self.ledger.blocked);
        if self.board.cancels() && self.begin_or_end_dropping(waker) {
            return;
        }
        if self.may_be_circular {
            self.look_for_circles(waker);
        }
        self.reopen();
        if self.announcer.is_some() {
            self.tell_skipped();
        }
        self.visit_ready();
    }

    /// Begins a pass that only drops tasks, or cleans up after such passes. Returns whether this pass only drops tasks.
    #[cold]
    fn begin_or_end_dropping(&mut self, waker: &Waker) -> bool {
        let places = (&mut self.limited, &mut self.ledger, &mut self.edges);
        if !self.board.is_cancelling() {
            end_dropping(places);
            return false;
        }
        if begin_dropping(places, self.board.graph(), self.announcer.as_ref(), waker) {
            // The others may use the slots.
            self.board.look_again();
        }
        true
    }

    /// Panics if a task waits for itself. Has those polled once more that may.
    #[cold]
    fn look_for_circles(&mut self, waker: &Waker) -> TaskSet<WORDS> {
        let asked = self.edges.asked(&self.ledger, self.board.graph());
        let counts = self.limited.tasks.take_counts();
        match self.board.circle(&self.ledger.started, &asked, &counts, waker) {
            Verdict::Innocent => TaskSet::EMPTY,
            Verdict::Suspects(suspects) => {
                for task in suspects.tasks() {
                    let waker = self.limited.tasks.probe(task, waker);
                    self.board.note_probe(task, waker);
                }
                self.edges.suspect(&suspects);
                suspects
            }
            Verdict::Circle(task, message) => {
                self.board.set_current(Some(task));
                panic!("{message}");
            }
        }
    }

    /// Visits every task that may start.
    fn visit_ready(&mut self) {
        let ready = self.ledger.ready(self.board.graph(), self.limited.tasks.open.get());
        self.limited.tasks.active.extend(&ready);
    }

    /// Records a failure for all tasks that need one of the failed tasks.
    #[cold]
    fn block(&mut self, failed: &TaskSet<WORDS>, error: &TaskError) {
        self.stop(failed, failed, error);
    }

    /// Records a failure for all tasks that need one of the stopped tasks. `failed` are the tasks that failed
    /// themselves.
    fn stop(&mut self, stopped: &TaskSet<WORDS>, failed: &TaskSet<WORDS>, error: &TaskError) {
        let blocked = self.edges.block(&mut self.ledger, self.board.graph(), stopped, Some(error));
        self.board.block(failed, &blocked, error);
        self.told.extend(stopped);
        self.reopen();
        if E::ARE_MIXED {
            // A task that catches the failure may now be ready.
            self.visit_ready();
        }
        if let Some(announcer) = &self.announcer {
            failed.tasks().for_each(|task| announcer.finished(task, &Outcome::Failed(error.clone())));
        }
        self.tell_skipped();
        if E::ARE_MIXED {
            failed.tasks().for_each(|task| self.tell_unasked(task));
        }
    }

    /// Tells the observers which tasks no task can ask for any more because a task has ended.
    fn tell_unasked(&mut self, asker: usize) {
        let Some(announcer) = &self.announcer else { return };
        let graph = self.board.graph();
        let unasked = self.edges.unasked(&self.ledger, graph, asker);
        for task in unasked.tasks().filter(|&task| !graph.is_inside(task)) {
            announcer.skipped(task, self.board.name(asker));
        }
    }

    /// Tells the observers which wanted tasks will not start.
    fn tell_skipped(&mut self) {
        let Some(announcer) = &self.announcer else { return };
        let graph = self.board.graph();
        self.told.retain(&self.ledger.blocked);
        let mut skipped = self.edges.needed(&self.ledger, graph, self.ledger.wanted);
        skipped.retain(&self.ledger.blocked);
        skipped.remove_all(&self.told);
        self.told.extend(&skipped);
        // The bodies of a follower go on.
        skipped.remove_all(&self.ledger.started);
        for task in skipped.tasks().filter(|&task| !graph.is_inside(task)) {
            if let Some(because) = self.board.cause(task) {
                announcer.skipped(task, because);
            }
        }
    }

    #[inline]
    fn start(&mut self, task: usize) -> bool {
        let may_start = self.limited.admit(task);
        if may_start {
            if self.announcer.is_some() {
                self.tell_started(task);
            }
            self.board.set_current(Some(task));
        }
        may_start
    }

    /// Tells the observers that a task starts. Not inlined, like [`tell_done`](Self::tell_done): each task of the driver would
    /// have the code once more.
    #[cold]
    #[inline(never)]
    fn tell_started(&self, task: usize) {
        if let Some(announcer) = &self.announcer {
            announcer.started_after(task, self.board.current());
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_done(&mut self, task: usize) {
        if let Some(announcer) = &self.announcer {
            announcer.finished(task, &Outcome::Done);
            if E::ARE_MIXED {
                self.tell_unasked(task);
            }
        }
    }
}

impl<const WORDS: usize, E: Edges<WORDS>> Schedule for RunScheduler<WORDS, E> {
    type Spare = SpareChains;

    #[inline]
    fn spare(&self) -> SpareChains {
        SpareChains
    }

    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        self.limited.begin(cx);
        if self.board.is_changed() {
            self.take_changes(cx.waker());
        }
    }

    #[inline]
    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        self.limited.next(cx)
    }

    #[inline]
    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        // A started task waits for no dependency, even if a task whose failure it caught is tried again.
        let is_started = E::ARE_MIXED && self.ledger.started.0[word] & task != 0;
        self.limited.tasks.take_due(word, task, if is_started { task } else { waits })
    }

    #[inline]
    fn are_done(&self, word: usize, tasks: u64) -> bool {
        self.limited.tasks.open.word(word) & tasks == 0
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
            self.board.set_current(Some(task));
            if self.limited.tasks.is_condemned(task) {
                self.limited.tasks.drop_slot(task, slot);
                return Poll::Pending;
            }
            self.limited.tasks.poll_again(task, &mut slot, cx)
        };
        self.ledger.polled(task, is_fresh, result.is_ready());
        if result.is_ready() {
            self.limited.release();
        }
        result
    }

    #[inline]
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T> {
        if !self.start(task) {
            return Poll::Pending;
        }
        let result = self.limited.tasks.call_body(task, body);
        self.limited.release();
        Poll::Ready(result)
    }

    fn call_each<T>(&mut self, task: usize, body: impl FnOnce(&ElementWatch) -> T) -> Poll<T> {
        if !self.start(task) {
            return Poll::Pending;
        }
        let result = self.limited.tasks.call_elements(task, self.announcer.as_ref(), body);
        self.limited.release();
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
        if slot.is_some() {
            self.board.set_current(Some(task));
            if self.limited.drop_abandoned_group(task, slot.as_mut()) {
                self.ledger.started.remove(task);
                return Poll::Pending;
            }
        }
        let (board, announcer) = (&self.board, &self.announcer);
        let begin = |is_fresh| {
            if let Some(announcer) = announcer.as_ref().filter(|_| is_fresh) {
                announcer.started_after(task, board.current());
            }
            board.set_current(Some(task));
            announcer.as_ref()
        };
        let known = (&mut self.ledger, &mut self.edges);
        let (result, is_dropped) =
            self.limited.poll_known_group(known, (task, Lends::Never), slot, cx, (begin, start), sink);
        if let Some(announcer) = announcer.as_ref().filter(|_| is_dropped) {
            announcer.finished(task, &Outcome::Cancelled);
        }
        if is_dropped {
            // A task that catches the failure may have waited for these bodies.
            self.reopen();
            self.visit_ready();
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
        self.board.set_current(Some(border.inner_graph().driver));
        let (board, object) = (&self.board, border.inner_graph().object);
        border.enter_run(self.announcer.as_ref(), || Path::new(board.name(object), None), || board.retries());
        border.set_dropping(board.is_cancelling());
        let places = (&mut self.limited, &mut self.ledger);
        let accuse = |culprit| board.accuse(joined(board.name(object), culprit));
        let (result, stops) = poll_in_run(places, border, slot, cx, start, accuse);
        for (stopped, error) in &stops {
            self.block(stopped, error);
        }
        result
    }

    #[cfg(feature = "tokio")]
    fn attempts(&self, task: usize) -> Attempts {
        Attempts::new(self.announcer.clone(), task)
    }

    fn note_err(&mut self, task: usize) {
        if let Some(announcer) = &self.announcer {
            announcer.note_err(task);
        }
        self.limited.tasks.signals.note_err(task);
    }

    #[inline]
    fn forgets(&self, _task: usize) -> bool {
        false
    }

    #[inline]
    fn finish(&mut self, word: usize, task: u64) {
        self.limited.tasks.finish(word, task);
        self.ledger.done.0[word] |= task;
        self.is_done_changed = true;
        if self.announcer.is_some() {
            self.tell_done(word * 64 + task.trailing_zeros() as usize);
        }
    }

    #[inline]
    fn visit(&mut self, word: usize, tasks: u64) {
        self.limited.tasks.active.add(word, tasks);
    }

    fn fail(&mut self, task: usize, source: ErrorSource) {
        let error = TaskError::new(self.board.name(task), source);
        self.limited.tasks.failed(task);
        self.block(&TaskSet::of(task), &error);
    }

    fn end_pass(&mut self) -> Poll<()> {
        self.limited.end();
        if std::mem::take(&mut self.is_done_changed) {
            self.board.set_done(&self.ledger.done);
        }
        self.board.set_current(None);
        // Another goal may be awaited.
        Poll::Pending
    }
}

impl<const WORDS: usize, E> Drop for RunScheduler<WORDS, E> {
    fn drop(&mut self) {
        if let Some(announcer) = &self.announcer {
            announcer.cancel(self.board.current().filter(|_| std::thread::panicking()));
        }
    }
}
