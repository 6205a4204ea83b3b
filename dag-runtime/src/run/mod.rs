//! One memo for several terminals: results that are kept, and a driver that every waiter can poll.

mod board;
#[cfg(feature = "durable")]
mod complete;
mod driver;
mod goal;
mod notices;
mod owned;
#[cfg(feature = "durable")]
mod parts;
mod scheduler;
mod wait;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Mutex;

use crate::cell::frame::Owner;
use crate::cell::{ArcWriter, TaskCell};
use crate::close::Ended;
use crate::graph::Graph;
use crate::observe::observer::{Observer, Observers, RunEvent};
use crate::observe::signals::Signals;
use crate::schedule::limit::NO_LIMIT;
use crate::task_set::TaskSet;

pub use crate::cell::frame::{Begins, Drive, Stage};
use board::Board;
#[cfg(feature = "tokio")]
pub(crate) use board::elsewhere::{Home, Mark};
pub use driver::{Begin, Settings};
pub use goal::{Goal, TryGoal};
pub use owned::OwnedObject;

use notices::Target;
pub use scheduler::{RunScheduler, Seed};
pub use wait::{AnyRun, NotShared, Wait};

/// A run of a graph: `O` is the object (a reference to it), `C` the cells, `D` the type of its driver.
///
/// Nothing starts until a goal is awaited. Every future of a goal can drive the run; while none is polled, the run
/// pauses.
pub struct Run<O, C, D: ?Sized, const WORDS: usize> {
    owner: Owner<Board<WORDS>, C, D>,
    /// The driver has the object, and one thread at a time polls it.
    object: PhantomData<Mutex<O>>,
}

/// A run that any thread may drive.
pub type SendRun<'f, O, C, const WORDS: usize> = Run<O, C, dyn Drive<Settings<C, WORDS>> + Send + 'f, WORDS>;

/// A run that stays on its thread.
pub type LocalRun<'f, O, C, const WORDS: usize> = Run<O, C, dyn Drive<Settings<C, WORDS>> + 'f, WORDS>;

/// A run whose driver still has its own type: `start` creates it when a goal is first awaited.
pub type NewRun<O, C, S, F, const WORDS: usize> = Run<O, C, Stage<Settings<C, WORDS>, Begin<O, S>, F>, WORDS>;

impl<O, C, S, F, const WORDS: usize> NewRun<O, C, S, F, WORDS>
where
    S: FnOnce(O, ArcWriter<C>, Seed<WORDS>) -> F,
    F: Future<Output = ()>,
{
    /// Creates a run in which nothing has started; `start` creates its driver when a goal is first awaited.
    #[must_use]
    #[inline]
    pub fn new(object: O, cells: C, graph: &'static Graph, limit: Option<usize>, start: S) -> Self {
        let owner = Owner::new(Board::new(graph), cells, |board, writer| {
            let seed = Seed {
                board,
                done: TaskSet::EMPTY,
                limit: limit.unwrap_or(NO_LIMIT),
                observers: Observers::default(),
                announcer: None,
                signals: Signals::of_run(graph),
                #[cfg(feature = "durable")]
                deferral: None,
                #[cfg(feature = "durable")]
                kept: None,
                #[cfg(feature = "durable")]
                seeds: None,
                #[cfg(feature = "durable")]
                failures: Vec::new(),
            };
            Stage::Before(Settings { writer, seed }, Begin { object, start })
        });
        Self { owner, object: PhantomData }
    }

    /// Returns a run that stays on its thread.
    #[must_use]
    #[inline]
    pub fn local<'f, P>(self) -> LocalRun<'f, P, C, WORDS>
    where
        Stage<Settings<C, WORDS>, Begin<O, S>, F>: 'f,
    {
        Run { owner: self.owner.of_one_thread(), object: PhantomData }
    }
}

impl<O, C, D: ?Sized, const WORDS: usize> Run<O, C, D, WORDS> {
    #[inline]
    fn board(&self) -> &Board<WORDS> {
        self.owner.board()
    }
}

impl<O, C, D, const WORDS: usize> Run<O, C, D, WORDS>
where
    D: Drive<Settings<C, WORDS>> + ?Sized,
{
    /// Returns the cells; the cell of a task is set once its goal is reached.
    #[must_use]
    pub fn cells(&self) -> &C {
        self.owner.cells()
    }

    /// Puts a value into the cell of a task; the task will not run.
    ///
    /// # Panics
    /// If a goal has been awaited, or the task has a value already.
    #[track_caller]
    pub fn inject<T>(&self, task: usize, cell: &TaskCell<T, C>, value: T) {
        let name = self.board().name(task);
        let is_fresh = self.change_before_start(&format!("inject `{name}`"), |writer, seed| {
            let is_fresh = !seed.done.contains(task);
            if is_fresh {
                writer.borrow().put(cell, value);
                seed.done.insert(task);
                self.board().set_done(&seed.done);
            }
            is_fresh
        });
        assert!(is_fresh, "`{name}` is injected twice");
    }

    /// Lets at most `tasks` tasks be under way.
    ///
    /// # Panics
    /// If it is 0, or a goal has been awaited.
    #[must_use]
    #[track_caller]
    pub fn max_concurrency(mut self, tasks: usize) -> Self {
        assert!(tasks > 0, "`max_concurrency` is at least 1: with 0 nothing would ever run");
        self.before_start("set `max_concurrency`").limit = tasks;
        self
    }

    /// Adds an observer.
    ///
    /// # Panics
    /// If a goal has been awaited.
    #[must_use]
    #[track_caller]
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.board().observe();
        let graph = self.board().graph();
        self.before_start("add an observer").observers.add(observer, &RunEvent::new(Some(graph)));
        self
    }

    /// Drops a task that nobody waits for any more. It starts anew when it is wanted again.
    ///
    /// # Panics
    /// If a goal has been awaited.
    #[must_use]
    #[track_caller]
    pub fn cancel_abandoned(mut self) -> Self {
        _ = self.before_start("cancel abandoned tasks");
        self.board().cancel_abandoned();
        self
    }

    /// Leaves further attempts of tasks to `deferral`.
    ///
    /// # Panics
    /// If a goal has been awaited.
    #[cfg(feature = "durable")]
    #[must_use]
    #[track_caller]
    pub fn defer_retries(mut self, deferral: crate::durable::Deferral) -> Self {
        self.before_start("defer retries").deferral = Some(deferral);
        self
    }

    /// Adds a keeper, which receives every result before it is published.
    ///
    /// # Panics
    /// If a goal has been awaited.
    #[cfg(feature = "durable")]
    #[must_use]
    #[track_caller]
    pub fn keep(mut self, keeper: impl crate::durable::Keeper + 'static) -> Self {
        let kept = crate::durable::Kept::new(keeper);
        if self.board().graph().catches() {
            self.board().keep_causes(&kept);
        }
        self.before_start("give the run a keeper").kept = Some(kept);
        self
    }

    /// Takes a stored failure for the outcome of a task.
    ///
    /// # Panics
    /// If a goal has been awaited.
    #[cfg(feature = "durable")]
    #[must_use]
    #[track_caller]
    pub fn seed_failure(mut self, task: usize, error: crate::TaskError) -> Self {
        self.before_start("seed a failure").failures.push((task, error));
        self
    }

    /// Takes a stored result for the outcome of a task of an inner graph. Returns false if the name is not that of such a
    /// task.
    ///
    /// # Panics
    /// If a goal has been awaited.
    #[cfg(feature = "durable")]
    #[must_use]
    #[track_caller]
    pub fn seed_inside(&self, task: &str, stored: &[u8]) -> bool {
        self.seed_outcome(task, || Ok(stored.to_vec()))
    }

    /// Takes a stored failure for the outcome of a task of an inner graph. Returns false if the name is not that of such a
    /// task.
    ///
    /// # Panics
    /// If a goal has been awaited.
    #[cfg(feature = "durable")]
    #[must_use]
    #[track_caller]
    pub fn seed_failure_inside(&self, task: &str, error: &crate::TaskError) -> bool {
        self.seed_outcome(task, || Err(error.clone()))
    }

    #[cfg(feature = "durable")]
    #[track_caller]
    fn seed_outcome(&self, task: &str, outcome: impl FnOnce() -> Result<Vec<u8>, crate::TaskError>) -> bool {
        let object = task.split_once('.').map(|(object, _)| object);
        let is_inside = object.is_some_and(|object| self.board().graph().has_graph_in(object));
        if is_inside {
            self.change_seeds(task, |seeds| seeds.put(task, outcome()));
        }
        is_inside
    }

    #[cfg(feature = "durable")]
    #[track_caller]
    fn change_seeds<T>(&self, task: &str, change: impl FnOnce(&crate::durable::Seeds) -> T) -> T {
        self.change_before_start(&format!("seed `{task}`"), |_, seed| change(seed.seeds.get_or_insert_default()))
    }

    /// Drops the driver, at once or when its poll on another thread ends: nothing of the run goes on.
    #[cfg(feature = "durable")]
    pub fn stop(&self) {
        self.board().stop();
        self.drop_if_stopped();
    }

    /// Returns the place of the task with a name.
    ///
    /// # Panics
    /// If there is none.
    #[cfg(feature = "durable")]
    #[must_use]
    #[track_caller]
    pub fn position(&self, task: &str) -> usize {
        let position = self.board().nodes().iter().position(|node| node.name == task);
        let Some(position) = position else { panic!("no task is called `{task}`") };
        position
    }

    /// Forgets all failures: a failed task runs again when a goal that needs it is awaited again.
    pub fn retry_failed(&self) {
        self.board().retry_failed();
    }

    /// Drops all that is under way, and keeps the results to be closed.
    #[must_use]
    pub fn end(self) -> Ended<C> {
        let mut owner = self.owner;
        if let Some(settings) = owner.driver_mut().settings() {
            // Its observers are told about results that were injected.
            _ = settings.seed.announcer();
        }
        let board = owner.board();
        let (nodes, announcer) = (board.nodes(), board.announcer());
        #[cfg(feature = "tokio")]
        let exit = board.exit();
        let (cells, panic) = owner.end();
        Ended {
            cells,
            nodes,
            announcer,
            #[cfg(feature = "tokio")]
            exit,
            panic,
        }
    }

    /// Waits until a task is done, or until it or a task that it needs has failed.
    pub fn goal(&self, task: usize) -> Wait<'_, Self> {
        Wait::new(self, Target::Task(task))
    }

    /// Waits until all tasks are done, or one has failed.
    pub fn all(&self) -> Wait<'_, Self> {
        Wait::new(self, Target::All)
    }

    /// Waits until no task of the block can run any more. Returns the failures in topological order.
    pub async fn settle(&self) -> Vec<crate::TaskError> {
        loop {
            // Nothing fails this goal.
            _ = Wait::new(self, Target::Settled).await;
            // A failed task may have been tried again by now.
            if let Some(failures) = self.board().failures() {
                return failures;
            }
        }
    }
}

/// Prints the type that the macro generates around it: `CheckoutRun { done: ["user"], failed: ["cart"] }`.
impl<O, C, D: ?Sized, const WORDS: usize> fmt::Debug for Run<O, C, D, WORDS> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, failed) = self.board().ended();
        let mut shown = formatter.debug_struct(&format!("{}Run", self.board().graph().name()));
        shown.field("done", &done).field("failed", &failed).finish()
    }
}
