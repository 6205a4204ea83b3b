//! What the scheduler of an outer graph and that of an inner one tell each other: before each poll of the inner driver
//! what is wanted and how much may start, after it what came of that.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::TaskError;
use crate::graph::names::Path;
use crate::graph::{Inside, Node};
use crate::observe::announcer::Announcer;
use crate::observe::signals::{Signals, SignalsInside};
use crate::schedule::limit::NO_LIMIT;

/// An inner task that the outer graph names.
pub struct InnerGoal {
    inner: usize,
    is_wanted: AtomicBool,
}

impl InnerGoal {
    /// Takes its id in the inner graph.
    #[inline]
    #[must_use]
    pub fn new(inner: usize) -> Self {
        Self { inner, is_wanted: AtomicBool::new(false) }
    }
}

/// The border between an outer graph and an inner one.
///
/// One thread at a time drives both, so nothing is ordered here; atomics make it `Sync`, and allocate nothing.
pub struct Border<'b> {
    inside: &'static Inside,
    goals: &'b [InnerGoal],
    /// The inner task that is being polled.
    current: AtomicUsize,
    /// How many slots the outer graph has in all, how many of them are left for the inner one, and how many it has.
    slots: AtomicUsize,
    left: AtomicUsize,
    taken: AtomicUsize,
    /// An inner task is ready and found no slot.
    is_waiting: AtomicBool,
    /// No inner task is under way.
    is_idle: AtomicBool,
    is_in_run: AtomicBool,
    signals: SignalsInside,
    /// What there is in runs alone.
    run: Mutex<Option<RunBorder>>,
}

/// How often a run has forgotten its failures, as graphs inside know it.
#[derive(Clone, Default)]
pub(crate) struct Retries(Arc<AtomicUsize>);

impl Retries {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What crosses the border in a run.
struct RunBorder {
    path: Path,
    /// Tells the observers of the outer graph.
    announcer: Option<Arc<Announcer>>,
    /// The nodes of the outer graph that failures stop.
    failures: Vec<(Vec<usize>, TaskError)>,
    /// The nodes of the inner graph.
    nodes: &'static [Node],
    /// Where failures inside are caught: tells that the run forgets failures.
    retries: Option<Retries>,
    /// The task that has panicked, as the inner graph calls it, if it lies deeper.
    culprit: Option<&'static str>,
}

impl<'b> Border<'b> {
    /// Draws the border around an inner graph.
    #[inline]
    #[must_use]
    pub fn new(inside: &'static Inside, goals: &'b [InnerGoal]) -> Self {
        Self {
            inside,
            goals,
            current: AtomicUsize::new(usize::MAX),
            slots: AtomicUsize::new(NO_LIMIT),
            left: AtomicUsize::new(NO_LIMIT),
            taken: AtomicUsize::new(0),
            is_waiting: AtomicBool::new(false),
            is_idle: AtomicBool::new(false),
            is_in_run: AtomicBool::new(false),
            signals: SignalsInside::new(),
            run: Mutex::new(None),
        }
    }

    #[inline]
    pub(crate) fn inside(&self) -> &'static Inside {
        self.inside
    }

    /// Returns the node of the outer graph that failed, where an inner task did: the first that needs it. `deeper` is
    /// the inner task if it is one of a graph inside of that one.
    ///
    /// # Panics
    /// If no task that the outer graph names needs it.
    #[cold]
    #[must_use]
    pub fn failed_goal(&self, deeper: Option<usize>) -> usize {
        self.failed_goal_of(deeper, |_| true)
            .expect("an inner task runs because the outer graph names one that needs it")
    }

    /// [`failed_goal`](Self::failed_goal) where the failure is the end of the outer graph only for some of its nodes;
    /// none if it stops none of these.
    #[cold]
    #[must_use]
    pub fn fatal_goal(&self, deeper: Option<usize>, fatal: &impl AsRef<[u64]>) -> Option<usize> {
        let contains = |node: usize| fatal.as_ref()[node / 64] & 1 << (node % 64) != 0;
        self.failed_goal_of(deeper, contains)
    }

    fn failed_goal_of(&self, deeper: Option<usize>, is_fatal: impl Fn(usize) -> bool) -> Option<usize> {
        let graph = (self.inside.graph)();
        let failed = deeper.unwrap_or_else(|| self.current());
        let stops =
            |place: &usize| is_fatal(self.inside.tasks[*place].0) && graph.stops(failed, self.goals[*place].inner);
        let is_wanted = |place: &usize| self.goals[*place].is_wanted.load(Ordering::Relaxed);
        let wanted = (0..self.goals.len()).filter(is_wanted).find(stops);
        // One that nobody wants any more may fail, too.
        let place = wanted.or_else(|| (0..self.goals.len()).find(stops));
        place.map(|place| self.inside.tasks[place].0)
    }

    /// Says which of the inner tasks the outer graph wants; in a terminal that does not change.
    #[inline]
    pub(crate) fn want(&self, is_first: bool, is_wanted: impl Fn(usize) -> bool) {
        if !is_first && !self.is_in_run() {
            return;
        }
        for (goal, (outer, _)) in self.goals.iter().zip(self.inside.tasks) {
            goal.is_wanted.store(is_wanted(*outer), Ordering::Relaxed);
        }
    }

    /// Says what is told of the tasks of the outer graph.
    #[inline]
    pub(crate) fn set_signals(&self, outer: &Signals) {
        self.signals.set(outer, self.inside.object, self.inside.graph, || self.known());
    }

    /// Returns the inner tasks that the outer graph names, and how it numbers them.
    fn known(&self) -> Vec<(usize, usize)> {
        self.goals.iter().zip(self.inside.tasks).map(|(goal, (outer, _))| (goal.inner, *outer)).collect()
    }

    /// Returns what tells of the inner tasks.
    #[inline]
    pub(super) fn signals(&self) -> Signals {
        self.signals.signals()
    }

    /// Returns the inner tasks that are wanted.
    #[inline]
    pub(super) fn wanted(&self) -> impl Iterator<Item = usize> {
        self.goals.iter().filter(|goal| goal.is_wanted.load(Ordering::Relaxed)).map(|goal| goal.inner)
    }

    /// Returns the inner tasks that the outer graph names.
    pub(super) fn goals(&self) -> impl Iterator<Item = usize> {
        self.goals.iter().map(|goal| goal.inner)
    }

    #[inline]
    pub(super) fn set_current(&self, task: usize) {
        self.current.store(task, Ordering::Relaxed);
    }

    pub(super) fn current(&self) -> usize {
        self.current.load(Ordering::Relaxed)
    }

    /// Says how many slots there are, and how many of them the inner graph may take beside those that it has.
    pub(crate) fn offer(&self, slots: usize, left: usize) {
        self.slots.store(slots, Ordering::Relaxed);
        self.left.store(left, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn slots(&self) -> usize {
        self.slots.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Says how many slots the inner graph has, and whether it waits for more.
    #[inline]
    pub(super) fn take(&self, taken: usize, is_waiting: bool) {
        self.taken.store(taken, Ordering::Relaxed);
        self.is_waiting.store(is_waiting, Ordering::Relaxed);
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Relaxed)
    }

    pub(super) fn set_idle(&self, is_idle: bool) {
        self.is_idle.store(is_idle, Ordering::Relaxed);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<RunBorder>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the outer graph is that of a run, before the inner one starts.
    pub(crate) fn enter_run(
        &self,
        announcer: Option<&Arc<Announcer>>,
        path: impl FnOnce() -> Path,
        retries: impl FnOnce() -> Retries,
    ) {
        self.is_in_run.store(true, Ordering::Relaxed);
        self.lock().get_or_insert_with(|| RunBorder {
            path: path(),
            announcer: announcer.cloned(),
            failures: Vec::new(),
            nodes: &[],
            retries: (self.inside.graph)().catches().then(retries),
            culprit: None,
        });
    }

    /// Returns where the inner graph of a run is.
    pub(super) fn path(&self) -> Option<Path> {
        self.lock().as_ref().map(|run| run.path.clone())
    }

    /// Tells whether the outer graph is that of a run.
    #[inline]
    pub(super) fn is_in_run(&self) -> bool {
        self.is_in_run.load(Ordering::Relaxed)
    }

    /// Starts the inner graph of a run; gives what tells its observers, and that failures are forgotten, if there are
    /// any observers, and if failures are caught inside.
    pub(super) fn start_run(&self, nodes: &'static [Node]) -> (Option<Arc<Announcer>>, Option<Retries>) {
        let mut run = self.lock();
        let Some(run) = run.as_mut() else { return (None, None) };
        run.nodes = nodes;
        let ids = self.known();
        let announcer = run.announcer.as_ref().map(|announcer| announcer.inside(self.inside.object, nodes, &ids));
        (announcer, run.retries.clone())
    }

    /// Takes a failure that stops a goal; others stay inside.
    pub(super) fn fail(&self, is_stopped: impl Fn(usize) -> bool, error: &TaskError) {
        let goals = self.goals.iter().zip(self.inside.tasks);
        let stopped: Vec<_> = goals.filter(|(goal, _)| is_stopped(goal.inner)).map(|(_, (outer, _))| *outer).collect();
        if stopped.is_empty() {
            return;
        }
        if let Some(run) = &mut *self.lock() {
            run.failures.push((stopped, error.clone()));
        }
    }

    pub(crate) fn take_failures(&self) -> Vec<(Vec<usize>, TaskError)> {
        self.lock().as_mut().map_or_else(Vec::new, |run| std::mem::take(&mut run.failures))
    }

    pub(super) fn accuse(&self, culprit: &'static str) {
        if let Some(run) = &mut *self.lock() {
            run.culprit = Some(culprit);
        }
    }

    /// Returns the name of the inner task that has panicked.
    pub(crate) fn culprit(&self) -> Option<&'static str> {
        let run = self.lock();
        let run = run.as_ref()?;
        run.culprit.or_else(|| run.nodes.get(self.current()).map(|node| node.name))
    }
}
