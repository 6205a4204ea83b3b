//! The scheduler of a run: goals come and go, a failure stops what needs it and no more, slots are limited, and
//! observers are told.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::board::Board;
use crate::announcer::Announcer;
use crate::error::{ErrorSource, TaskError};
use crate::limit::Limited;
#[cfg(feature = "tokio")]
use crate::node::Node;
use crate::observer::{Observers, Outcome};
#[cfg(feature = "tokio")]
use crate::retry::Attempts;
use crate::schedule::Schedule;
use crate::scheduler::Scheduler;
use crate::task_set::TaskSet;
use crate::trace::Spans;

/// What a run knows before it starts.
pub struct Seed<const WORDS: usize> {
    pub(super) board: Arc<Board<WORDS>>,
    pub(crate) done: TaskSet<WORDS>,
    pub(crate) limit: usize,
    pub(super) observers: Observers,
    pub(super) announcer: Option<Arc<Announcer>>,
    pub(crate) spans: Spans,
}

impl<const WORDS: usize> Seed<WORDS> {
    /// Gives the tasks of the block.
    #[cfg(feature = "tokio")]
    pub(crate) fn nodes(&self) -> &'static [Node] {
        self.board.nodes()
    }

    /// Gives what tells the observers, where there are any: from now on none can be added.
    pub(crate) fn announcer(&mut self) -> Option<Arc<Announcer>> {
        if !self.observers.is_empty() {
            self.announcer = Some(Announcer::new(std::mem::take(&mut self.observers), self.board.nodes()));
        }
        self.announcer.clone()
    }

    /// Makes the scheduler of the run.
    #[must_use]
    pub fn into_scheduler(mut self) -> RunScheduler<WORDS> {
        RunScheduler {
            announcer: self.announcer(),
            board: self.board,
            limited: Limited::of(Scheduler::within(self.spans, TaskSet::EMPTY, TaskSet::EMPTY), self.limit),
            wanted: TaskSet::EMPTY,
            done: self.done,
            blocked: TaskSet::EMPTY,
            told: TaskSet::EMPTY,
            started: TaskSet::EMPTY,
            is_done_changed: false,
        }
    }
}

/// Decides which task of a run is polled when.
pub struct RunScheduler<const WORDS: usize> {
    board: Arc<Board<WORDS>>,
    limited: Limited<WORDS>,
    announcer: Option<Arc<Announcer>>,
    /// What the board said when it was last read.
    wanted: TaskSet<WORDS>,
    blocked: TaskSet<WORDS>,
    done: TaskSet<WORDS>,
    /// The blocked tasks that observers need not be told of any more.
    told: TaskSet<WORDS>,
    /// The tasks under way, but for one that is polled for the first time.
    started: TaskSet<WORDS>,
    is_done_changed: bool,
}

impl<const WORDS: usize> RunScheduler<WORDS> {
    /// Opens what the goals need that can still be reached, and what has started.
    fn reopen(&mut self) {
        let mut goals = self.wanted;
        goals.remove_all(&self.blocked);
        let mut open = self.needed(goals);
        open.extend(&self.started);
        self.limited.tasks.open.set(open);
    }

    /// Gives what some goals need that is not done.
    fn needed(&self, mut goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        let nodes = self.board.nodes();
        goals.remove_all(&self.done);
        let needed = goals.tasks().fold(TaskSet::EMPTY, |needed, goal| needed.with(nodes[goal].needed));
        if needed.meets(&self.done) { self.still_needed(goals) } else { needed }
    }

    /// Goes back from the goals, no further than to what is done.
    fn still_needed(&self, goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        let nodes = self.board.nodes();
        let mut needed = goals;
        // Dependencies have lower numbers: from the highest down, each task is met after all that need it.
        for task in (0..nodes.len()).rev() {
            if needed.contains(task) {
                nodes[task]
                    .dependencies()
                    .filter(|&dependency| !self.done.contains(dependency))
                    .for_each(|it| needed.insert(it));
            }
        }
        needed
    }

    /// Takes over what is wanted and blocked, and looks at everything that may start.
    #[cold]
    fn take_changes(&mut self) {
        (self.wanted, self.blocked) = self.board.changes();
        self.reopen();
        if self.announcer.is_some() {
            self.tell_skipped();
        }
        let mut ready = self.limited.tasks.open.get();
        ready.remove_all(&self.started);
        self.limited.tasks.active.extend(&ready);
    }

    /// Remembers a failure for all that need the task.
    #[cold]
    fn block(&mut self, task: usize, error: &TaskError) {
        let nodes = self.board.nodes();
        let mut blocked = TaskSet::EMPTY;
        blocked.insert(task);
        for (dependent, node) in nodes.iter().enumerate().skip(task + 1) {
            let needs_blocked = node.dependencies().any(|dependency| blocked.contains(dependency));
            if needs_blocked && !self.done.contains(dependent) {
                blocked.insert(dependent);
            }
        }
        self.board.lock().block(&blocked, nodes.len(), error);
        self.blocked.extend(&blocked);
        self.told.insert(task);
        self.reopen();
        if let Some(announcer) = &self.announcer {
            announcer.finished(task, &Outcome::Failed(error.clone()));
        }
        self.tell_skipped();
    }

    /// Tells the observers what somebody wants that will not start.
    fn tell_skipped(&mut self) {
        let Some(announcer) = &self.announcer else { return };
        self.told.retain(&self.blocked);
        let mut skipped = self.needed(self.wanted);
        skipped.retain(&self.blocked);
        skipped.remove_all(&self.told);
        self.told.extend(&skipped);
        for task in skipped.tasks() {
            if let Some(because) = self.board.cause(task) {
                announcer.skipped(task, because);
            }
        }
    }

    #[inline]
    fn start(&mut self, task: usize) -> bool {
        let may_start = self.limited.admit(task);
        if may_start {
            if let Some(announcer) = &self.announcer {
                announcer.started(task);
            }
            self.board.set_current(Some(task));
        }
        may_start
    }
}

impl<const WORDS: usize> Schedule for RunScheduler<WORDS> {
    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        self.limited.begin(cx);
        if self.board.is_changed() {
            self.take_changes();
        }
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
        self.limited.tasks.open.word(word) & tasks == 0
    }

    #[inline]
    fn poll<T: Future>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        let is_fresh = slot.is_none();
        if !is_fresh {
            self.board.set_current(Some(task));
        } else if !self.start(task) {
            return Poll::Pending;
        }
        let result = self.limited.tasks.poll_slot(task, slot, cx, start);
        match (is_fresh, result.is_ready()) {
            (true, false) => self.started.insert(task),
            (false, true) => self.started.remove(task),
            _ => {}
        }
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

    #[cfg(feature = "tokio")]
    fn depart(&mut self, task: usize) -> bool {
        let departs = self.limited.depart(task);
        if departs {
            self.started.insert(task);
        }
        departs
    }

    #[cfg(feature = "tokio")]
    fn arrive(&mut self, task: usize) {
        // One that another worker started has no slot: there is no limit then.
        self.started.remove(task);
        self.limited.arrive(task);
    }

    #[cfg(feature = "tokio")]
    fn open(&self, word: usize) -> u64 {
        self.limited.open(word)
    }

    #[cfg(feature = "tokio")]
    fn wanted(&self, word: usize) -> u64 {
        self.wanted.0[word] & self.limited.open(word)
    }

    #[cfg(feature = "tokio")]
    fn blame(&mut self, task: usize) {
        self.board.set_current(Some(task));
    }

    #[cfg(feature = "tokio")]
    fn fail_with(&mut self, task: usize, error: TaskError) {
        self.block(task, &error);
    }

    #[cfg(feature = "tokio")]
    fn attempts(&self, task: usize) -> Attempts {
        Attempts::new(self.announcer.clone(), task)
    }

    #[inline]
    fn finish(&mut self, word: usize, task: u64) {
        self.limited.tasks.finish(word, task);
        self.done.0[word] |= task;
        self.is_done_changed = true;
        if let Some(announcer) = &self.announcer {
            announcer.finished(word * 64 + task.trailing_zeros() as usize, &Outcome::Done);
        }
    }

    #[inline]
    fn visit(&mut self, word: usize, tasks: u64) {
        self.limited.tasks.active.add(word, tasks);
    }

    fn fail(&mut self, task: usize, source: ErrorSource) {
        let error = TaskError::new(self.board.name(task), source);
        self.limited.tasks.spans.failed(task);
        self.block(task, &error);
    }

    fn end_pass(&mut self) -> Poll<()> {
        self.limited.end();
        if std::mem::take(&mut self.is_done_changed) {
            self.board.set_done(&self.done);
        }
        self.board.set_current(None);
        // Another goal may come.
        Poll::Pending
    }
}

impl<const WORDS: usize> Drop for RunScheduler<WORDS> {
    fn drop(&mut self) {
        if let Some(announcer) = &self.announcer {
            announcer.cancel(self.board.current().filter(|_| std::thread::panicking()));
        }
    }
}
