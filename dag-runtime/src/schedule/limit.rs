//! The limit on the number of tasks under way: it decides which ready tasks must wait for a slot.
//!
//! A task takes a slot when it starts, and frees it when it ends; an inner graph takes one for each of its tasks. A ready
//! task that finds no free slot is put into `waiting` and out of `active`, so that no pass visits it. As long as a task
//! waits, a task that becomes ready waits too, even if a slot is free: slots go to the waiting tasks, in ascending order.
//! A task with `in` waits again and again, for each of its bodies. Once it has had slots, all others that wait come first.
//!
//! Slots become free in the middle of a pass, when the tasks that wait for them may lie behind. So at its end a pass with
//! waiting tasks *calls* as many of them as there are slots, and begins again with these alone. The tasks that it has
//! already polled are `parked` meanwhile: they would be polled twice otherwise. The end of the pass makes them active
//! again. If the tasks get wakers of their own in between, a parked task still has the waker of the terminal, and is
//! therefore polled in the next pass, no matter what woke it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::cell::{NoSpare, Slot};
use crate::each::Group;
use crate::error::ErrorSource;
#[cfg(feature = "tokio")]
use crate::error::TaskError;
use crate::graph::Graph;
use crate::observe::elements::ElementWatch;
#[cfg(feature = "tokio")]
use crate::observe::signals::WorkerSignals;
use crate::schedule::Schedule;
#[cfg(feature = "tokio")]
use crate::schedule::ScheduleThreads;
use crate::schedule::Scheduler;
use crate::schedule::each::Lends;
use crate::schedule::inner::Border;
use crate::task_set::TaskSet;

/// A number of slots that are never all taken.
pub(crate) const NO_LIMIT: usize = usize::MAX;

/// The progress of one terminal with a limit.
pub struct Limited<const WORDS: usize> {
    pub(crate) tasks: Scheduler<WORDS>,
    pub(super) limit: Limit<WORDS>,
    /// The tasks under way that this pass has already polled; set while the pass starts tasks that waited for a slot.
    pub(super) parked: TaskSet<WORDS>,
}

impl<const WORDS: usize> Limited<WORDS> {
    /// Takes the tasks to run, those of them without dependencies, and how many may be under way at once.
    #[must_use]
    pub fn new(graph: &'static Graph, needed: [u64; WORDS], ready: [u64; WORDS], slots: usize) -> Self {
        Self::of(Scheduler::new(graph, needed, ready), slots)
    }

    pub(crate) fn of(tasks: Scheduler<WORDS>, slots: usize) -> Self {
        Self { tasks, limit: Limit::new(slots), parked: TaskSet::EMPTY }
    }

    #[inline]
    pub(crate) fn begin(&mut self, cx: &mut Context<'_>) {
        self.tasks.begin(cx);
    }

    #[inline]
    pub(crate) fn next(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        match self.tasks.next(cx) {
            None if self.limit.is_waiting => self.start_waiting(cx),
            group => group,
        }
    }

    /// Returns whether a ready task waits for a slot.
    #[inline]
    pub(crate) fn has_waiting(&self) -> bool {
        self.limit.is_waiting
    }

    /// Begins the pass again with tasks that waited, if there are slots for them.
    #[cold]
    pub(crate) fn start_waiting(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        let first = self.limit.first_waiting()?;
        self.parked.extend(&self.tasks.active.get());
        self.tasks.restart(first);
        self.tasks.next(cx)
    }

    /// Takes a slot for a task that is about to start. If the task must wait instead, no pass visits it until a slot is
    /// free.
    #[inline]
    pub(crate) fn admit(&mut self, task: usize) -> bool {
        let is_admitted = self.limit.take(task);
        if !is_admitted {
            self.tasks.active.take(task / 64, 1 << (task % 64));
        }
        is_admitted
    }

    /// Returns whether tasks need slots.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.slots != NO_LIMIT
    }

    /// Takes a slot for a task if one is free. The task does not wait for one otherwise.
    pub(crate) fn admit_at_once(&mut self, task: usize) -> bool {
        self.limit.is_free_for(task) && self.limit.take(task)
    }

    /// Frees the slot of a task that has ended.
    #[inline]
    pub(crate) fn release(&mut self) {
        self.limit.give_back();
    }

    /// Continues a pass that has reached its end, with other tasks.
    pub(crate) fn go_on_with(&mut self, visits: TaskSet<WORDS>) {
        if !visits.is_empty() {
            self.parked.extend(&self.tasks.active.get());
            self.tasks.restart(visits);
        }
    }

    /// Makes a pass that has just begun visit some tasks alone. The bodies of the abandoned ones among them are dropped; no
    /// task starts.
    pub(super) fn begin_dropping(&mut self, abandoned: &TaskSet<WORDS>, visits: TaskSet<WORDS>, parent: &Waker) {
        self.parked.extend(&self.tasks.active.get());
        self.tasks.condemn(abandoned, &visits, parent);
        self.tasks.restart(visits);
        self.limit.is_waiting = false;
    }

    /// Cleans up after such passes. Returns the tasks whose bodies were dropped, and frees their slots.
    pub(super) fn end_dropping(&mut self) -> TaskSet<WORDS> {
        let dropped = self.tasks.take_condemned();
        dropped.tasks().for_each(|_| self.release());
        self.limit.is_waiting = !self.limit.waiting.is_empty();
        dropped
    }

    /// Limits the slots to those that an outer graph has.
    #[inline]
    pub(crate) fn narrow(&mut self, slots: usize) {
        self.limit.slots = self.limit.slots.min(slots);
    }

    /// Sets how many more slots an outer graph has for this graph.
    #[inline]
    pub(crate) fn lend(&mut self, left: usize) {
        self.limit.left = left;
    }

    /// Returns how many slots are taken, and whether a task waits for a slot of the outer graph.
    #[inline]
    pub(crate) fn claims(&self) -> (usize, bool) {
        let Limit { slots, taken, left, is_waiting, .. } = self.limit;
        (taken, is_waiting && left == 0 && taken < slots)
    }

    /// Ends a pass. Returns whether no task is under way any more.
    #[inline]
    pub(crate) fn end(&mut self) -> bool {
        let parked = std::mem::replace(&mut self.parked, TaskSet::EMPTY);
        self.tasks.active.extend(&parked);
        self.tasks.end() && self.limit.waiting.is_empty()
    }
}

impl<const WORDS: usize> Schedule for Limited<WORDS> {
    type Spare = NoSpare;

    #[inline]
    fn spare(&self) -> NoSpare {
        NoSpare
    }

    fn begin_pass(&mut self, cx: &mut Context<'_>) {
        self.begin(cx);
    }

    fn next_group(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        self.next(cx)
    }

    fn is_due(&mut self, word: usize, task: u64, waits: u64) -> bool {
        self.tasks.take_due(word, task, waits)
    }

    fn are_done(&self, word: usize, tasks: u64) -> bool {
        self.tasks.are_done(word, tasks)
    }

    fn poll<T: Future>(
        &mut self,
        task: usize,
        mut slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
    ) -> Poll<T::Output> {
        let result = if slot.is_vacant() {
            if !self.admit(task) {
                return Poll::Pending;
            }
            self.tasks.poll_first(task, &mut slot, cx, start)
        } else {
            self.tasks.poll_again(task, &mut slot, cx)
        };
        if result.is_ready() {
            self.release();
        }
        result
    }

    fn call<T>(&mut self, task: usize, body: impl FnOnce() -> T) -> Poll<T> {
        if !self.admit(task) {
            return Poll::Pending;
        }
        let result = self.tasks.call_body(task, body);
        self.release();
        Poll::Ready(result)
    }

    fn call_each<T>(&mut self, task: usize, body: impl FnOnce(&ElementWatch) -> T) -> Poll<T> {
        if !self.admit(task) {
            return Poll::Pending;
        }
        let result = self.tasks.call_elements(task, None, body);
        self.release();
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
        let polled = self.poll_group((task, Lends::Never), slot, cx, (|_| None, start, false), sink);
        polled.map_or(Poll::Pending, |(_, result)| result)
    }

    #[inline]
    fn poll_graph<T: Future>(
        &mut self,
        border: &Border<'_>,
        slot: Pin<&mut Option<T>>,
        cx: &mut Context<'_>,
        start: impl FnOnce() -> T,
    ) -> Poll<T::Output> {
        let before = self.limit.offer(border);
        let result = self.tasks.poll_graph(border, slot, cx, start);
        self.limit.settle(border, before);
        result
    }

    fn note_err(&mut self, task: usize) {
        self.tasks.note_err(task);
    }

    #[inline]
    fn forgets(&self, _task: usize) -> bool {
        true
    }

    fn finish(&mut self, word: usize, task: u64) {
        self.tasks.finish(word, task);
    }

    fn visit(&mut self, word: usize, tasks: u64) {
        self.tasks.visit(word, tasks);
    }

    fn fail(&mut self, task: usize, source: ErrorSource) {
        self.tasks.fail(task, source);
    }

    fn end_pass(&mut self) -> Poll<()> {
        if self.end() { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(feature = "tokio")]
impl<const WORDS: usize> ScheduleThreads for Limited<WORDS> {
    fn depart(&mut self, task: usize) -> bool {
        self.admit(task) && self.tasks.depart(task)
    }

    fn arrive(&mut self, _task: usize) {
        self.release();
    }

    fn open(&self, word: usize) -> u64 {
        self.tasks.open.word(word)
    }

    fn blame(&mut self, task: usize) {
        self.tasks.blame(task);
    }

    fn fail_with(&mut self, task: usize, error: TaskError) {
        self.tasks.fail_with(task, error);
    }

    #[inline]
    fn join(&mut self, workers: &WorkerSignals<'_>) {
        self.tasks.join(workers);
    }
}

/// The slots.
pub(super) struct Limit<const WORDS: usize> {
    pub(super) slots: usize,
    taken: usize,
    /// How many more slots the outer graph has.
    left: usize,
    /// Ready tasks that found no free slot, or found another task waiting. Slots go to the first task in order that is not
    /// `served`.
    pub(super) waiting: TaskSet<WORDS>,
    pub(super) is_waiting: bool,
    /// Tasks with `in` that have had slots in this round, which ends when no other task waits.
    pub(super) served: TaskSet<WORDS>,
    /// Tasks that waited and for which this pass has found slots.
    pub(super) called: TaskSet<WORDS>,
    /// The tasks that have waited and that others follow, each with the tasks that get slots first.
    pub(super) leaders: Vec<(usize, &'static [usize])>,
}

impl<const WORDS: usize> Limit<WORDS> {
    fn new(slots: usize) -> Self {
        let (waiting, served, called) = (TaskSet::EMPTY, TaskSet::EMPTY, TaskSet::EMPTY);
        Self { slots, taken: 0, left: NO_LIMIT, waiting, is_waiting: false, served, called, leaders: Vec::new() }
    }

    pub(super) fn free(&self) -> usize {
        (self.slots - self.taken).min(self.left)
    }

    pub(super) fn claim(&mut self, slots: usize) {
        self.taken += slots;
        self.left = self.left.saturating_sub(slots);
    }

    pub(super) fn unclaim(&mut self, slots: usize) {
        self.taken -= slots;
        self.left = self.left.saturating_add(slots);
    }

    /// Offers the free slots to an inner graph in its turn. Returns how many slots the inner graph has.
    #[inline]
    fn offer(&self, border: &Border<'_>) -> usize {
        if self.slots == NO_LIMIT {
            return 0;
        }
        let is_its_turn = !self.is_waiting || self.called.contains(border.inner_graph().driver);
        border.offer(self.slots, if is_its_turn { self.free() } else { 0 });
        border.taken()
    }

    /// Notes the slots that an inner graph has taken and given back; `before` is how many slots it had.
    #[inline]
    fn settle(&mut self, border: &Border<'_>, before: usize) {
        if self.slots == NO_LIMIT {
            return;
        }
        self.unclaim(before);
        self.claim(border.taken());
        if border.is_waiting() {
            self.waiting.insert(border.inner_graph().driver);
            self.is_waiting = true;
        }
    }

    /// Returns whether a slot is free, and no other task that is ready comes first.
    #[inline]
    fn is_free_for(&self, task: usize) -> bool {
        self.free() > 0 && (!self.is_waiting || self.called.contains(task))
    }

    /// Takes a slot for a task, unless none is free or another task that is ready comes first.
    #[inline]
    fn take(&mut self, task: usize) -> bool {
        if self.slots == NO_LIMIT {
            return true;
        }
        let is_free = self.is_free_for(task);
        if is_free {
            self.claim(1);
            // It has had its turn.
            self.called.remove(task);
        } else {
            self.waiting.insert(task);
            self.is_waiting = true;
        }
        is_free
    }

    /// Frees a slot.
    #[inline]
    fn give_back(&mut self) {
        if self.slots != NO_LIMIT {
            self.unclaim(1);
        }
    }

    /// Notes that a task waits for slots again although it has just taken some.
    pub(super) fn wait_for_more(&mut self, task: usize) {
        self.waiting.insert(task);
        self.is_waiting = true;
        self.served.insert(task);
    }

    /// Calls as many waiting tasks as there are slots for, in ascending order: first those that are not served, and none
    /// before its followers.
    fn first_waiting(&mut self) -> Option<TaskSet<WORDS>> {
        self.called = TaskSet::EMPTY;
        // A round does not end before a slot is free.
        if self.free() == 0 {
            return None;
        }
        let mut next = TaskSet::EMPTY;
        for task in self.waiting.tasks().filter(|&task| !self.is_behind(task)) {
            next.insert(task);
        }
        let mut in_turn = next;
        in_turn.remove_all(&self.served);
        if in_turn.is_empty() {
            self.served = TaskSet::EMPTY;
        } else {
            next = in_turn;
        }
        let mut called = TaskSet::EMPTY;
        for task in next.tasks().take(self.free()) {
            called.insert(task);
        }
        self.called = called;
        self.waiting.remove_all(&self.called);
        self.is_waiting = !self.waiting.is_empty();
        (!self.called.is_empty()).then_some(self.called)
    }
}
