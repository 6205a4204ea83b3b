//! In: the tasks that a terminal needs, and the outcome of each poll of a task. Out: which tasks to poll next, so that
//! every task starts in the poll in which its last dependency is done.
//!
//! `open` holds the tasks that are needed and not done; a task leaves it when it ends. `active` holds the tasks that a
//! pass must visit. A *pass* is one poll of the driver: it visits the active tasks in ascending order, in groups. The ids
//! are in topological order, so the dependents of a task that ends are visited later in the same pass, and one pass gets as
//! far as possible. A visit polls a task only if it is due: it is open, and none of its dependencies is. A task that is
//! visited too early leaves `active`; the end of its last dependency puts it back.
//!
//! At first all tasks are polled with the waker of the terminal, and each wake polls every task under way, which is cheap
//! for a few tasks. With more than `POLLED_TOGETHER` tasks, the first pass that polls a task in vain gives them wakers of
//! their own ([`TaskWakers`]); so does a pass that spends the budget of the executor. From then on a pass begins with the tasks that were woken.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::cell::{NoSpare, Slot};
use crate::each::{Group, Room};
use crate::error::ErrorSource;
#[cfg(feature = "tokio")]
use crate::error::TaskError;
use crate::graph::Graph;
use crate::observe::announcer::Announcer;
use crate::observe::elements::ElementWatch;
use crate::observe::signals::Signals;
#[cfg(feature = "tokio")]
use crate::observe::signals::WorkerSignals;
use crate::schedule::Schedule;
#[cfg(feature = "tokio")]
use crate::schedule::ScheduleThreads;
use crate::schedule::inner::Border;
use crate::schedule::limit::NO_LIMIT;
use crate::schedule::wakers::TaskWakers;
use crate::task_set::{ActiveSet, LiveSet, TaskSet};

/// If at most this many tasks are under way, a wake polls all of them, as `join!` does.
const POLLED_TOGETHER: usize = 32;

/// The driver visits the tasks in groups of this size: one jump per group, one bit test per task.
const GROUP: usize = 8;

/// Returns whether the executor wants this thread back, so that what is polled now only wakes itself.
pub(crate) fn is_budget_spent() -> bool {
    #[cfg(feature = "tokio")]
    return !tokio::task::coop::has_budget_remaining();
    #[cfg(not(feature = "tokio"))]
    false
}

/// The progress of one terminal.
pub struct Scheduler<const WORDS: usize> {
    /// The tasks that are needed and not done.
    pub(crate) open: LiveSet<WORDS>,
    /// The tasks that a pass must visit: those that have started, and the dependents of tasks that were just done. Such
    /// a dependent may be unneeded, or may still wait for another dependency.
    pub(crate) active: ActiveSet<WORDS>,
    /// The group that the current pass visits next. It shares a word of memory with the next field.
    next_group: u32,
    /// In the current pass, a started task was polled and is still pending: perhaps it was polled because another task
    /// woke.
    pub(super) polled_in_vain: bool,
    pub(crate) signals: Signals,
    /// Created when more than `POLLED_TOGETHER` tasks are under way and the wake of one has polled others in vain, when the
    /// budget of the executor is spent, or for a probe; kept from then on.
    pub(super) wakers: Option<Box<TaskWakers<WORDS>>>,
}

impl<const WORDS: usize> Scheduler<WORDS> {
    /// Takes the tasks to run, and those of them without dependencies.
    #[inline]
    #[must_use]
    pub fn new(graph: &'static Graph, needed: [u64; WORDS], ready: [u64; WORDS]) -> Self {
        let (needed, ready) = (TaskSet(needed), TaskSet(ready));
        // All tasks that are needed lead to the goal, and their ids are in topological order.
        let goal = || needed.tasks().last();
        Self::within(Signals::of_terminal(graph, goal), needed, ready)
    }

    #[inline]
    pub(crate) fn within(signals: Signals, needed: TaskSet<WORDS>, ready: TaskSet<WORDS>) -> Self {
        Self {
            open: LiveSet::new(needed),
            active: ActiveSet::new(ready),
            next_group: 0,
            polled_in_vain: false,
            signals,
            wakers: None,
        }
    }

    #[inline]
    pub(crate) fn begin(&mut self, cx: &mut Context<'_>) {
        self.next_group = 0;
        self.polled_in_vain = false;
        if self.wakers.is_some() {
            self.begin_woken(cx);
        }
    }

    #[cold]
    fn begin_woken(&mut self, cx: &mut Context<'_>) {
        if let Some(wakers) = &mut self.wakers {
            wakers.begin_pass(cx.waker(), &mut self.active);
        }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "a graph has fewer groups")]
    pub(crate) fn next(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        if let Some(task) = self.active.first_from(self.next_group as usize * GROUP) {
            let group = task / GROUP;
            self.next_group = group as u32 + 1;
            return Some(group);
        }
        if self.polled_in_vain { self.after_vain_polls(cx) } else { None }
    }

    /// Begins the pass again, with other tasks to visit.
    pub(crate) fn restart(&mut self, active: TaskSet<WORDS>) {
        self.active.set(active);
        self.next_group = 0;
    }

    /// If more than `POLLED_TOGETHER` tasks are under way and they have no wakers of their own, gives each its own
    /// waker and begins the pass again. Tasks that have spent the budget of the executor get wakers of their own, too, and
    /// take turns from the next pass on.
    #[cold]
    fn after_vain_polls(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        self.polled_in_vain = false;
        self.active.retain(&self.open.get());
        let active = self.active.get();
        let under_way = active.len();
        if under_way > 1 && is_budget_spent() {
            self.wakers.get_or_insert_with(|| Box::new(TaskWakers::new(cx.waker()))).tire(&active);
        }
        if self.wakers.is_some() || under_way <= POLLED_TOGETHER {
            return None;
        }
        self.wakers = Some(Box::new(TaskWakers::new(cx.waker())));
        self.next_group = 0;
        self.next(cx)
    }

    #[inline]
    pub(crate) fn take_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        if self.active.word(word) & task == 0 {
            return false;
        }
        let is_due = self.open.word(word) & waits == task;
        if !is_due {
            self.active.take(word, task);
        }
        is_due
    }

    /// Returns the waker that a task under way was last polled with, or would be.
    pub(crate) fn waker_of<'w>(&'w self, task: usize, cx: &'w Context<'_>) -> &'w Waker {
        self.wakers.as_ref().and_then(|wakers| wakers.known(task)).unwrap_or(cx.waker())
    }

    /// Polls a task in this pass with a new waker of its own. Returns the address of the waker.
    #[cold]
    pub(crate) fn probe(&mut self, task: usize, parent: &Waker) -> usize {
        self.active.add(task / 64, 1 << (task % 64));
        self.wakers.get_or_insert_with(|| Box::new(TaskWakers::new(parent))).probe(task)
    }

    /// Returns how many clones others have of the waker of a probed task, if only they can wake it.
    #[cold]
    pub(crate) fn clones(&self, task: usize) -> Option<usize> {
        self.wakers.as_ref()?.clones(task)
    }

    /// Returns the tasks that were probed in the last pass, each with the number of its clones.
    #[cold]
    pub(crate) fn take_counts(&mut self) -> Vec<(usize, Option<usize>)> {
        self.wakers.as_mut().map_or(Vec::new(), |wakers| wakers.take_counts())
    }

    /// Has the bodies of some tasks dropped when this pass visits them. The next pass polls the visited tasks, and those
    /// that are active now.
    pub(super) fn condemn(&mut self, tasks: &TaskSet<WORDS>, visits: &TaskSet<WORDS>, parent: &Waker) {
        let mut restless = self.active.get();
        restless.extend(visits);
        self.wakers.get_or_insert_with(|| Box::new(TaskWakers::new(parent))).condemn(tasks, &restless);
    }

    /// Returns whether the body of a task is dropped in place of a poll.
    #[inline]
    pub(crate) fn is_condemned(&self, task: usize) -> bool {
        self.wakers.as_ref().is_some_and(|wakers| wakers.is_condemned(task))
    }

    /// Returns whether the body of a task is dropped in place of a poll. The caller ends the task itself.
    #[inline]
    pub(super) fn take_condemned_one(&mut self, task: usize) -> bool {
        self.wakers.as_mut().is_some_and(|wakers| wakers.take_condemned_one(task))
    }

    /// Returns the tasks whose bodies were dropped since the last call.
    pub(super) fn take_condemned(&mut self) -> TaskSet<WORDS> {
        self.wakers.as_mut().map_or(TaskSet::EMPTY, |wakers| wakers.take_condemned(&mut self.active))
    }

    /// Drops the body of a task.
    #[cold]
    pub(crate) fn drop_slot<T>(&mut self, task: usize, mut slot: impl Slot<T>) {
        self.signals.enter(task, || slot.clear());
        self.signals.dropped(task);
    }

    /// [`poll_slot`](Self::poll_slot) for the driver of an inner graph, which is no task.
    #[inline]
    fn poll_driver<T: Future>(
        &mut self,
        driver: usize,
        mut slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        let waker = match &mut self.wakers {
            Some(wakers) => wakers.waker(driver),
            None => cx.waker(),
        };
        let mut own = Context::from_waker(waker);
        let is_fresh = slot.is_vacant();
        if is_fresh {
            slot.set(Some(start()));
        }
        let result = slot.as_mut().as_pin_mut().expect("the slot is filled").poll(&mut own);
        if result.is_ready() {
            slot.set(None);
        } else if !is_fresh {
            self.polled_in_vain = true;
        }
        result
    }

    #[inline]
    pub(crate) fn call_body<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> T {
        self.signals.open(task);
        let result = self.signals.enter(task, body);
        self.signals.returned(task);
        result
    }

    /// [`call_body`](Self::call_body) for a function that is called for each element. A run tells its observers, too.
    pub(crate) fn call_elements<T>(
        &mut self,
        task: usize,
        announcer: Option<&Arc<Announcer>>,
        body: impl FnOnce(&ElementWatch) -> T,
    ) -> T {
        self.signals.open(task);
        let watch = self.signals.elements(task, announcer);
        let result = self.signals.enter(task, || body(&watch));
        self.signals.returned(task);
        result
    }

    /// Tells that a task has failed, which others may catch.
    pub(crate) fn failed(&mut self, task: usize) {
        let Self { open, signals, .. } = self;
        signals.failed(task, |other| open.contains(other));
    }

    /// Ends a pass. Returns whether no task is under way any more.
    #[inline]
    pub(crate) fn end(&mut self) -> bool {
        self.signals.end_pass();
        if self.wakers.is_some() {
            self.end_woken();
        }
        self.active.retain_each(&self.open)
    }

    #[cold]
    fn end_woken(&mut self) {
        if let Some(wakers) = &mut self.wakers {
            wakers.end_pass(&mut self.active);
        }
    }
}

impl<const WORDS: usize> Schedule for Scheduler<WORDS> {
    type Spare = NoSpare;

    #[inline]
    fn spare(&self) -> NoSpare {
        NoSpare
    }

    #[inline]
    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        self.begin(cx);
    }

    #[inline]
    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        self.next(cx)
    }

    #[inline]
    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        self.take_due(word, task, waits)
    }

    #[inline]
    fn are_done(&self, word: usize, tasks: u64) -> bool {
        self.open.word(word) & tasks == 0
    }

    #[inline]
    fn poll<T: Future>(
        &mut self,
        task: usize,
        slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        self.poll_slot(task, slot, cx, start)
    }

    #[inline]
    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T> {
        Poll::Ready(self.call_body(task, body))
    }

    fn call_each<T>(&mut self, task: usize, body: impl FnOnce(&ElementWatch) -> T) -> Poll<T> {
        Poll::Ready(self.call_elements(task, None, body))
    }

    fn poll_each<G: Group, B>(
        &mut self,
        task: usize,
        slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> G,
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        let room = Room { bodies: NO_LIMIT, only_starts: false };
        self.poll_group(task, slot, cx, (room, start, None), sink)
    }

    #[inline]
    fn poll_graph<T: Future>(
        &mut self,
        border: &Border<'_>,
        mut slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        let is_fresh = slot.is_vacant();
        if is_fresh {
            border.set_signals(&self.signals);
        }
        border.want(is_fresh, |task| self.open.contains(task));
        self.poll_driver(border.inner_graph().driver, slot, cx, start)
    }

    fn note_err(&mut self, task: usize) {
        self.signals.note_err(task);
    }

    #[inline]
    fn forgets(&self, _task: usize) -> bool {
        true
    }

    #[inline]
    fn finish(&mut self, word: usize, task: u64) {
        self.open.take(word, task);
        let Self { open, signals, .. } = self;
        signals.done(word, task, |other| open.contains(other));
    }

    #[inline]
    fn visit(&mut self, word: usize, tasks: u64) {
        self.active.add(word, tasks);
    }

    fn fail(&mut self, task: usize, _source: ErrorSource) {
        unreachable!("a terminal ends when task {task} fails");
    }

    #[inline]
    fn end_pass(&mut self) -> Poll<()> {
        // Every needed task leads to the goal: if no task is under way, the goal is done.
        if self.end() { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(feature = "tokio")]
impl<const WORDS: usize> ScheduleThreads for Scheduler<WORDS> {
    fn depart(&mut self, task: usize) -> bool {
        self.active.take(task / 64, 1 << (task % 64));
        true
    }

    fn arrive(&mut self, _task: usize) {}

    fn open(&self, word: usize) -> u64 {
        self.open.word(word)
    }

    #[inline]
    fn join(&mut self, workers: &WorkerSignals<'_>) {
        self.signals.join(workers);
    }

    fn blame(&mut self, task: usize) {
        self.signals.panicked(task);
    }

    fn fail_with(&mut self, task: usize, _error: TaskError) {
        unreachable!("a terminal ends when task {task} fails");
    }
}
