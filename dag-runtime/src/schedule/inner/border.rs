//! The exchange between the scheduler of an outer graph and the scheduler of an inner graph. Before each poll of the
//! inner driver, the outer scheduler writes which tasks are wanted and how many may start. After the poll, the inner
//! scheduler writes how many slots it has and which failures happened.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::TaskError;
use crate::graph::names::Path;
use crate::graph::{Graph, InnerGraph, Node};
use crate::observe::announcer::Announcer;
use crate::observe::signals::{Signals, SignalsInside};
use crate::schedule::edges::FatalNodes;
use crate::schedule::limit::NO_LIMIT;

/// An inner task that the outer graph names.
pub struct InnerGoal {
    inner: usize,
    is_wanted: AtomicBool,
    /// Which task of the inner graph has stopped this one when the last failure came from further inside, if the inner graph
    /// catches failures: its id and 1, or 0.
    stopped_by: AtomicU32,
}

impl InnerGoal {
    /// Takes its id in the inner graph.
    #[inline]
    #[must_use]
    pub fn new(inner: usize) -> Self {
        Self { inner, is_wanted: AtomicBool::new(false), stopped_by: AtomicU32::new(0) }
    }

    fn stopped_by(&self) -> Option<usize> {
        self.stopped_by.load(Ordering::Relaxed).checked_sub(1).map(|task| task as usize)
    }
}

/// Two functions of a graph: the task of it that a failure from further inside belongs to, and how that becomes another one.
pub(super) type Blame<F> = (fn(&F) -> Option<usize>, fn(&mut F, usize));

/// The border between an outer graph and an inner one.
///
/// One thread at a time drives both, so no memory ordering is needed. Atomics make the border `Sync` and allocate
/// nothing.
pub struct Border<'b> {
    inner_graph: &'static InnerGraph,
    goals: &'b [InnerGoal],
    /// The inner task that is being polled.
    current: AtomicUsize,
    /// How many slots the outer graph has in total, how many are left for the inner graph, and how many the inner graph
    /// has.
    slots: AtomicUsize,
    left: AtomicUsize,
    taken: AtomicUsize,
    /// An inner task is ready and found no slot.
    is_waiting: AtomicBool,
    /// No inner task is under way.
    is_idle: AtomicBool,
    is_in_run: AtomicBool,
    /// The current pass of a run only drops tasks.
    is_dropping: AtomicBool,
    signals: SignalsInside,
    /// The part that only runs need.
    run: Mutex<Option<RunBorder>>,
}

/// How often a run has forgotten its failures; inner graphs read it.
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

/// The data that crosses the border only in a run.
struct RunBorder {
    path: Path,
    /// Tells the observers of the outer graph.
    announcer: Option<Arc<Announcer>>,
    /// The nodes of the outer graph that failures stop.
    failures: Vec<(Vec<usize>, TaskError)>,
    /// The nodes of the inner graph.
    nodes: &'static [Node],
    /// How often the run has forgotten failures, if failures inside are caught.
    retries: Option<Retries>,
    /// The name that the inner graph has for the task that panicked, if that task is in a graph further inside.
    culprit: Option<&'static str>,
}

impl<'b> Border<'b> {
    /// Creates the border around an inner graph.
    #[inline]
    #[must_use]
    pub fn new(inner_graph: &'static InnerGraph, goals: &'b [InnerGoal]) -> Self {
        Self {
            inner_graph,
            goals,
            current: AtomicUsize::new(usize::MAX),
            slots: AtomicUsize::new(NO_LIMIT),
            left: AtomicUsize::new(NO_LIMIT),
            taken: AtomicUsize::new(0),
            is_waiting: AtomicBool::new(false),
            is_idle: AtomicBool::new(false),
            is_in_run: AtomicBool::new(false),
            is_dropping: AtomicBool::new(false),
            signals: SignalsInside::new(),
            run: Mutex::new(None),
        }
    }

    #[inline]
    pub(crate) fn inner_graph(&self) -> &'static InnerGraph {
        self.inner_graph
    }

    /// Returns the node of the outer graph that fails because an inner task failed: the first node that needs it.
    /// `deeper` is the inner task if the failure comes from a graph further inside.
    ///
    /// # Panics
    /// If no inner task named in the outer graph needs it.
    #[cold]
    #[must_use]
    pub fn failed_goal(&self, deeper: Option<usize>) -> usize {
        self.failed_goal_of(deeper, |_| true)
            .expect("an inner task runs because the outer graph names one that needs it")
    }

    /// [`failed_goal`](Self::failed_goal) where only the failures of some nodes end the outer graph. Returns `None` if
    /// the failure stops none of these nodes.
    #[cold]
    #[must_use]
    pub fn fatal_goal<F>(&self, failure: &mut F, (origin, blame): Blame<F>, fatal: &impl FatalNodes) -> Option<usize> {
        let deeper = origin(failure);
        let goal = self.failed_goal_of(deeper, |node| fatal.contains(node));
        // A failure from further inside may also stop tasks that the one it names does not stop.
        let goal = goal.or_else(|| {
            deeper?;
            let (place, task) = self.find_goal(|place| {
                let task = self.goals[place].stopped_by()?;
                fatal.contains(self.inner_graph.tasks[place].0).then_some(task)
            })?;
            blame(failure, task);
            Some(self.inner_graph.tasks[place].0)
        });
        if goal.is_some() {
            fatal.tell(|| self.stopped_nodes(deeper));
        }
        goal
    }

    /// Returns the nodes of the outer graph that a failure stops.
    fn stopped_nodes(&self, deeper: Option<usize>) -> Box<[usize]> {
        let (graph, failed) = ((self.inner_graph.graph)(), deeper.unwrap_or_else(|| self.current()));
        let is_stopped =
            |goal: &InnerGoal| graph.stops(failed, goal.inner) || deeper.is_some() && goal.stopped_by().is_some();
        let goals = self.goals.iter().zip(self.inner_graph.tasks);
        goals.filter(|(goal, _)| is_stopped(goal)).map(|(_, (outer, _))| *outer).collect()
    }

    /// Notes which tasks of the inner graph a failure from further inside has stopped.
    pub(super) fn note_stopped(&self, tasks: &[usize]) {
        let graph = (self.inner_graph.graph)();
        for goal in self.goals {
            let task = tasks.iter().find(|&&task| graph.stops(task, goal.inner));
            let number = task.map_or(0, |&task| u32::try_from(task + 1).expect("a graph has fewer tasks"));
            goal.stopped_by.store(number, Ordering::Relaxed);
        }
    }

    /// Returns the first inner task that the outer graph names and for which there is an answer; one that is wanted, if there
    /// is one. A task that is no longer wanted may fail, too.
    fn find_goal<T>(&self, answer: impl Fn(usize) -> Option<T>) -> Option<(usize, T)> {
        let is_wanted = |place: &usize| self.goals[*place].is_wanted.load(Ordering::Relaxed);
        let answer = |place: usize| Some((place, answer(place)?));
        let wanted = (0..self.goals.len()).filter(is_wanted).find_map(answer);
        wanted.or_else(|| (0..self.goals.len()).find_map(answer))
    }

    fn failed_goal_of(&self, deeper: Option<usize>, is_fatal: impl Fn(usize) -> bool) -> Option<usize> {
        let graph = (self.inner_graph.graph)();
        let failed = deeper.unwrap_or_else(|| self.current());
        let stops = |place: usize| {
            let is_stopped = is_fatal(self.inner_graph.tasks[place].0) && graph.stops(failed, self.goals[place].inner);
            is_stopped.then_some(())
        };
        self.find_goal(stops).map(|(place, ())| self.inner_graph.tasks[place].0)
    }

    /// Sets which inner tasks the outer graph wants; in a terminal, they do not change.
    #[inline]
    pub(crate) fn want(&self, is_first: bool, is_wanted: impl Fn(usize) -> bool) {
        if !is_first && !self.is_in_run() {
            return;
        }
        for (goal, (outer, _)) in self.goals.iter().zip(self.inner_graph.tasks) {
            goal.is_wanted.store(is_wanted(*outer), Ordering::Relaxed);
        }
    }

    /// Sets the signals of the outer graph, from which those of the inner tasks are made.
    #[inline]
    pub(crate) fn set_signals(&self, outer: &Signals) {
        self.signals.set(outer, self.inner_graph.object, self.inner_graph.graph, || self.known());
    }

    /// Returns the inner tasks that the outer graph names, with their numbers there.
    fn known(&self) -> Vec<(usize, usize)> {
        self.goals.iter().zip(self.inner_graph.tasks).map(|(goal, (outer, _))| (goal.inner, *outer)).collect()
    }

    /// Returns the signals of the inner tasks.
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

    /// Sets how many slots there are, and how many more of them the inner graph may take.
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

    /// Sets how many slots the inner graph has, and whether it waits for more.
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

    /// Notes that the outer graph belongs to a run, before the inner graph starts.
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
            retries: (self.inner_graph.graph)().catches().then(retries),
            culprit: None,
        });
    }

    /// Returns the path of the inner graph of a run.
    pub(super) fn path(&self) -> Option<Path> {
        self.lock().as_ref().map(|run| run.path.clone())
    }

    /// Notes whether the current pass of a run only drops tasks.
    pub(crate) fn set_dropping(&self, is_dropping: bool) {
        self.is_dropping.store(is_dropping, Ordering::Relaxed);
    }

    /// Returns whether the current pass of a run only drops tasks.
    pub(super) fn is_dropping(&self) -> bool {
        self.is_dropping.load(Ordering::Relaxed)
    }

    /// Returns whether the outer graph belongs to a run.
    #[inline]
    pub(super) fn is_in_run(&self) -> bool {
        self.is_in_run.load(Ordering::Relaxed)
    }

    /// Starts the inner graph of a run. Returns its announcer if there are observers, and the count of forgotten
    /// failures if failures are caught inside.
    pub(super) fn start_run(&self, graph: &'static Graph) -> (Option<Arc<Announcer>>, Option<Retries>) {
        let mut run = self.lock();
        let Some(run) = run.as_mut() else { return (None, None) };
        run.nodes = graph.nodes();
        let ids = self.known();
        let announcer = run.announcer.as_ref().map(|announcer| announcer.inside(self.inner_graph.object, graph, &ids));
        (announcer, run.retries.clone())
    }

    /// Takes a failure that stops a goal; other failures stay inside.
    pub(super) fn fail(&self, is_stopped: impl Fn(usize) -> bool, error: &TaskError) {
        let goals = self.goals.iter().zip(self.inner_graph.tasks);
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
