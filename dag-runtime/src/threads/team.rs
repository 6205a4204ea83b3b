//! Tasks on other threads. In: spawned tasks that the driver starts. Out: their results in the cells. The spawned tasks
//! that follow them start without a detour through the driver, and the driver is woken for the tasks that it waits for.
//!
//! The *driver* is the future that the caller polls; it runs the tasks that are not spawned. A *worker* is a task of tokio
//! (a [`Relay`]) that runs spawned tasks one after another. They share the [`Team`]:
//!
//! - The cells: the thread that finishes a task claims its cell and then writes the result.
//! - `progress`: which tasks are done, needed, wanted and started. The thread that finishes the last dependency of a spawned
//!   task claims it in `started`, so that each task is started once.
//! - `ready`: tasks that are claimed and that no worker has taken. While there are such tasks, one worker is on call.
//! - `desk`: failures and panics for the driver, its waker, and the handles with which the workers are aborted.
//! - `leash`: which bodies must be dropped, in a run that cancels abandoned tasks.
//!
//! A worker wakes the driver only for a task that the driver waits for: the goal, or the dependency of a task that is
//! not spawned. If there is a limit, only the driver starts tasks, because it counts them. The same holds while there
//! is a failure that the driver has not seen: a worker knows which tasks are done, not which are blocked.
//!
//! When a call fails, the desk is closed: every worker and picker (`crew.rs`) is aborted and none is added. The driver stays
//! pending until the last of them is gone, except pickers on threads that may block, and then returns the failure. A driver that is dropped also closes the desk, but does not wait.

mod desk;
mod offload;
mod relay;

use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::task::Waker;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::attempt::Attempts;
use crate::cell::{EachCell, SharedWriter, TaskCell};
use crate::close::Leave;
use crate::error::{ErrorSource, TaskError};
use crate::graph::Node;
use crate::observe::announcer::Announcer;
use crate::observe::observer::Outcome;
use crate::observe::trace::Scene;
use crate::run::Home;
use crate::runtime::tokio_runtime;
use crate::schedule::edges::unseen_error;
use crate::task_set::TaskSet;
use crate::threads::crew::{Hire, Picker};
use crate::threads::leash::Leash;
use crate::threads::progress::{Link, Progress};
use crate::threads::ready::Ready;

use desk::{Desk, Report};
pub use offload::Offload;
pub(super) use relay::Around;
pub use relay::{Relay, caught};

/// The state that the tasks of a block with off-thread tasks share: the object `O`, the cells `C`, and the progress.
/// `F` is the failure of a task.
pub struct Team<O, C, F, const WORDS: usize> {
    object: Arc<O>,
    cells: SharedWriter<C>,
    nodes: &'static [Node],
    /// The common data of the tasks' spans, if they are traced.
    scene: Option<Scene>,
    links: &'static [Link<WORDS>],
    /// The task that a terminal is for: its result is handed over, not lent.
    goal: Option<usize>,
    progress: Progress<WORDS>,
    ready: Ready<WORDS>,
    desk: Desk<F>,
    announcer: Option<Arc<Announcer>>,
    spawn: Spawn<O, C, F, WORDS>,
    keep: Keep<F>,
    /// The run of the tasks, if they are those of a run.
    home: Option<Home<WORDS>>,
    /// Stops the tasks that nobody waits for any more, in a run that cancels them.
    leash: Option<Arc<Leash>>,
    /// The runtime in which tasks are spawned: the one in which the driver first started a spawned task.
    runtime: OnceLock<Handle>,
    /// Only in a terminal that some failures do not end.
    catching: Option<Catching<F, WORDS>>,
    /// Only in a run that may be closed. The last field, so that the cells are given back before.
    _leave: Option<Leave>,
}

/// How a terminal handles failures that do not end it.
struct Catching<F, const WORDS: usize> {
    /// The tasks whose failure ends the terminal.
    fatal: TaskSet<WORDS>,
    /// The tasks whose error a task may read that catches it.
    readable: TaskSet<WORDS>,
    /// Converts any other failure into a source that a task may read.
    source: fn(F) -> Option<ErrorSource>,
}

/// The function that spawns a worker on the runtime. It belongs to the block, because a future cannot name its own
/// type.
pub type Spawn<O, C, F, const WORDS: usize> = fn(Relay<O, C, F, WORDS>, &Handle) -> AbortHandle;

/// Converts a failure into the source that a run keeps; a terminal leaves the failure unchanged.
pub type Keep<F> = fn(F) -> Result<ErrorSource, F>;

impl<O, C, F, const WORDS: usize> Team<O, C, F, WORDS> {
    /// Returns the object.
    pub fn object(&self) -> &O {
        &self.object
    }

    /// Returns the cells.
    pub fn cells(&self) -> &C {
        self.cells.reader()
    }

    /// Returns the reporter for the attempts of a spawned task that is tried again.
    pub fn attempts(&self, task: usize) -> Attempts {
        // The errors of the attempts of a terminal belong to its caller.
        Attempts::new(self.announcer.clone().filter(|_| self.goal.is_none()), task)
    }

    /// Returns the reporter for the waits of a spawned task with `permit`.
    pub fn waits(&self, task: usize) -> Attempts {
        Attempts::new(self.announcer.clone(), task)
    }

    /// Returns a guard for the body of a task that ends once it has started.
    #[must_use]
    pub fn end_of(&self, task: usize) -> EndOf<'_, F> {
        EndOf { desk: &self.desk, announcer: self.announcer.as_deref(), task }
    }

    /// Returns the runtime of the tasks on other threads.
    ///
    /// # Panics
    /// If none has started.
    fn runtime(&self) -> &Handle {
        self.runtime.get().expect("a task on another thread has a runtime")
    }

    /// Keeps an error for the observers of an attempt.
    pub fn keep(&self) -> Keep<F> {
        self.keep
    }

    /// Returns whether tasks need slots.
    pub fn is_limited(&self) -> bool {
        self.progress.is_limited()
    }

    fn put<T>(&self, task: usize, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        if self.goal == Some(task) {
            self.cells.keep(cell, value);
        } else {
            self.cells.set(cell, value);
        }
    }

    /// Puts a result into its cell. In a call, its last reader can take it: a call wants only its goal, whose dependents
    /// do not run.
    fn put_or_keep<T>(&self, task: usize, cell: impl FnOnce(&C) -> &TaskCell<T, C>, value: T) {
        if self.goal == Some(task) {
            self.cells.keep(cell, value);
        } else {
            self.cells.set_or_keep(cell, value, self.goal.is_some());
        }
    }

    pub(super) fn put_element<T>(&self, cell: impl FnOnce(&C) -> &EachCell<T, C>, index: usize, value: T) {
        self.cells.put_element(cell(self.cells.reader()), index, value);
    }

    fn complete<T>(&self, task: usize, cell: impl FnOnce(&C) -> &EachCell<T, C>, is_moved: bool) {
        let cell = cell(self.cells.reader());
        if self.goal == Some(task) {
            self.cells.complete_to_be_taken(cell);
        } else {
            self.cells.complete(cell, is_moved && self.goal.is_some());
        }
    }

    /// Starts a task on a new worker.
    fn spawn(self: &Arc<Self>, task: usize) {
        _ = self.runtime_for(task);
        self.hire(Some(task), false);
    }

    /// Spawns a worker, which begins with a task, is on call, or helps with the ready tasks.
    fn hire(self: &Arc<Self>, task: Option<usize>, is_on_call: bool) {
        self.desk.add(|| (self.spawn)(Relay::new(Arc::clone(self), task, is_on_call), self.runtime()));
    }

    /// Hires a picker for a task that runs once for each element.
    pub(super) fn hire_picker(picker: Picker<O, C, F, WORDS>, hire: Hire<O, C, F, WORDS>) {
        let (team, task) = (picker.team(), picker.task());
        if picker.is_blocking() {
            // As a blocking task that runs once: a later runtime may drive the run.
            let described = || format!("the blocking task `{}`", team.name(task));
            let runtime = Handle::try_current().unwrap_or_else(|_| tokio_runtime(&described()));
            team.desk.add_picker(task, || hire(picker, &runtime));
        } else {
            let runtime = team.runtime_for(task);
            team.desk.add_picker(task, || hire(picker, runtime));
        }
    }

    fn runtime_for(&self, task: usize) -> &Handle {
        self.runtime.get_or_init(|| tokio_runtime(&format!("the spawned task `{}`", self.name(task))))
    }

    /// Aborts the pickers of a task.
    pub(super) fn dismiss(&self, task: usize) {
        self.desk.dismiss(task);
    }

    /// Returns whether a picker of a task is left, whose last one wakes the waker then.
    pub(super) fn has_picker(&self, task: usize, waker: &Waker) -> bool {
        self.desk.has_picker(task, waker)
    }

    pub(super) fn enter_picker(&self, task: usize) {
        self.desk.enter_picker(task);
    }

    pub(super) fn go_picker(&self, task: usize) {
        self.desk.go_picker(task);
    }

    /// Returns whether all workers are aborted, and none is added.
    pub(super) fn is_closed(&self) -> bool {
        self.desk.is_closed()
    }

    /// Returns whether the tasks are those of a call.
    pub(super) fn is_of_call(&self) -> bool {
        self.goal.is_some()
    }

    pub(super) fn name(&self, task: usize) -> &'static str {
        self.nodes[task].name
    }

    /// Takes the failure of a spawned task.
    fn fail(&self, task: usize, failure: F) {
        self.progress.fail();
        let kept = match &self.catching {
            Some(catching) if !catching.fatal.contains(task) => {
                let source = catching.readable.contains(task).then(|| (catching.source)(failure));
                Ok(source.flatten().unwrap_or_else(unseen_error))
            }
            _ => (self.keep)(failure),
        };
        let report = match kept {
            Ok(source) => self.failed(task, source),
            Err(failure) => {
                if let Some(announcer) = &self.announcer {
                    let error = TaskError::new(self.nodes[task].name, "the caller has the error".into());
                    announcer.finished(task, &Outcome::Failed(error));
                }
                self.desk.close();
                Report::Failure(failure)
            }
        };
        self.desk.report(report);
    }

    /// Takes the panic of a spawned task.
    pub(super) fn panic(&self, task: usize, payload: Box<dyn Any + Send>) {
        self.progress.fail();
        if let Some(announcer) = &self.announcer {
            announcer.finished(task, &Outcome::Panicked);
        }
        self.desk.close();
        self.desk.report(Report::Panicked(task, payload));
    }

    fn failed(&self, task: usize, source: ErrorSource) -> Report<F> {
        let error = TaskError::new(self.nodes[task].name, source);
        if let Some(announcer) = &self.announcer {
            announcer.finished(task, &Outcome::Failed(error.clone()));
        }
        Report::Failed(task, error)
    }

    /// Takes the failure of a spawned task as the run keeps it.
    #[cfg(feature = "durable")]
    fn fail_kept(&self, task: usize, source: ErrorSource) {
        self.progress.fail();
        self.desk.report(self.failed(task, source));
    }
}

/// Tells the observers, when it is dropped, that an attempt has ended whose worker is gone.
pub struct EndOf<'t, F> {
    desk: &'t Desk<F>,
    announcer: Option<&'t Announcer>,
    task: usize,
}

impl<F> Drop for EndOf<'_, F> {
    fn drop(&mut self) {
        if let Some(announcer) = self.announcer.filter(|_| self.desk.is_closed()) {
            announcer.finished(self.task, &Outcome::Cancelled);
        }
    }
}
