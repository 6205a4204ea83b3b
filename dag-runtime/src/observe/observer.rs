//! What a run tells about its tasks while it runs.

use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::TaskError;
use crate::graph::Graph;
use crate::observe::trace;

/// Is told when tasks start and finish.
///
/// Its methods are called by the future that drives the run, between two polls of tasks, and by the threads of spawned
/// tasks, so they should return soon. If a method panics, the observer is not called again, and the run continues.
///
/// A task that runs once for each element of a collection has events of its own, and between its start and its end those of
/// its elements: see [`TaskEvent::index`]. If a run is dropped or ends by a panic while another thread tells of an element,
/// the end of that element may come after that of its task.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Observer, Outcome, TaskEvent};
///
/// struct Log;
///
/// impl Observer for Log {
///     fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
///         println!("{}: {outcome:?}", task.name());
///     }
/// }
/// # let _: Box<dyn Observer> = Box::new(Log);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no observer",
    label = "expected an `Observer`, such as a `Timeline`",
    note = "for an `Events`, pass `events.observer()`"
)]
pub trait Observer: Send + Sync {
    /// Returns an observer of one run, which is told in place of this one and is dropped with the run, or `None` if
    /// this one is told itself. Ids of tasks are unique only in a run, so an observer that is given to many runs
    /// creates one for each.
    fn of_run(&self, run: &RunEvent) -> Option<Arc<dyn Observer>> {
        _ = run;
        None
    }

    /// A task was created at run time.
    fn made(&self, task: &TaskEvent<'_>) {
        _ = task;
    }

    /// A task was given a name after it was created, by `Task::named`. The event has the name; it may come after the task
    /// has ended.
    fn named(&self, task: &TaskEvent<'_>) {
        _ = task;
    }

    /// An attempt of a task starts.
    fn started(&self, task: &TaskEvent<'_>) {
        _ = task;
    }

    /// A task under way waits for its permit or for a slot to continue or, if it was made at run time, for another task. It
    /// has no slot meanwhile. A body that awaits a `Lazy` has no such event.
    fn paused(&self, task: &TaskEvent<'_>) {
        _ = task;
    }

    /// A task that waited continues.
    fn resumed(&self, task: &TaskEvent<'_>) {
        _ = task;
    }

    /// An attempt of a task has ended. A skipped task has only this event.
    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        _ = (task, outcome);
    }

    /// The result of a task is being closed, because the run ends. A task without `close` has no such event.
    fn closing(&self, task: &TaskEvent<'_>) {
        _ = task;
    }

    /// The result of a task is closed. `Cancelled` means that the future of `close()` was dropped half-way.
    fn closed(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        _ = (task, outcome);
    }
}

/// Makes a pointer to an observer an observer.
macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<O: Observer + ?Sized> Observer for $pointer {
            fn of_run(&self, run: &RunEvent) -> Option<Arc<dyn Observer>> {
                (**self).of_run(run)
            }

            fn made(&self, task: &TaskEvent<'_>) {
                (**self).made(task);
            }

            fn named(&self, task: &TaskEvent<'_>) {
                (**self).named(task);
            }

            fn started(&self, task: &TaskEvent<'_>) {
                (**self).started(task);
            }

            fn paused(&self, task: &TaskEvent<'_>) {
                (**self).paused(task);
            }

            fn resumed(&self, task: &TaskEvent<'_>) {
                (**self).resumed(task);
            }

            fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
                (**self).finished(task, outcome);
            }

            fn closing(&self, task: &TaskEvent<'_>) {
                (**self).closing(task);
            }

            fn closed(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
                (**self).closed(task, outcome);
            }
        }
    )*};
}

forward!(Arc<O>, Box<O>, &'static O);

/// The run, the scope or the call whose tasks an [`Observer`] will be told about.
#[derive(Clone, Copy, Debug)]
pub struct RunEvent {
    pub(crate) graph: Option<&'static Graph>,
    /// The id of the task that a call is for; a run does not know beforehand which results are awaited.
    #[cfg_attr(not(feature = "profile"), expect(dead_code, reason = "only a profile is told about calls"))]
    pub(crate) goal: Option<usize>,
}

impl RunEvent {
    /// Creates an event outside of any run, for tests of observers.
    #[doc(hidden)]
    #[must_use]
    pub fn new(graph: Option<&'static Graph>) -> Self {
        Self { graph, goal: None }
    }

    /// Returns the graph that runs, or `None` for a scope.
    #[must_use]
    pub fn graph(&self) -> Option<&'static Graph> {
        self.graph
    }
}

/// The task that an [`Observer`] is told about.
#[derive(Clone, Copy, Debug)]
pub struct TaskEvent<'e> {
    pub(crate) id: u64,
    pub(crate) name: &'e str,
    /// The name that all tasks of the same function have; `None` if it is the same as `name`.
    pub(crate) function: Option<&'e str>,
    pub(crate) inputs: &'e [u64],
    pub(crate) attempt: u32,
    pub(crate) maker: Option<u64>,
    /// The index of the element that this event is about.
    pub(crate) index: Option<usize>,
    /// The name of the task because of which this one is skipped, if an event tells of that.
    pub(crate) because: Option<&'e str>,
    /// Nothing was polled since the last task of the run finished, so its end is the time of this event, too.
    #[cfg_attr(not(feature = "profile"), expect(dead_code, reason = "nobody else asks for the time so often"))]
    pub(crate) is_at_once: bool,
}

impl<'e> TaskEvent<'e> {
    /// Creates an event outside of any run, for tests of observers.
    #[doc(hidden)]
    #[must_use]
    pub fn new(id: u64, name: &'e str, inputs: &'e [u64], attempt: u32) -> Self {
        let (function, maker, index, because) = (None, None, None, None);
        Self { id, name, function, inputs, attempt, maker, index, because, is_at_once: false }
    }

    /// Makes it the event of a task of a function, which has a name of its own.
    #[doc(hidden)]
    #[must_use]
    pub fn of_function(self, function: &'e str) -> Self {
        Self { function: Some(function), ..self }
    }

    /// Makes it the event of a task that another one created.
    #[doc(hidden)]
    #[must_use]
    pub fn made_by(self, maker: u64) -> Self {
        Self { maker: Some(maker), ..self }
    }

    /// Makes it the event of an element of a task that runs once for each.
    #[doc(hidden)]
    #[must_use]
    pub fn of_element(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }
}

impl TaskEvent<'_> {
    /// Returns the number of the task, unique in its run.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the name of the task; raw identifiers have no `r#`. A task made at run time may have a name of its own, such
    /// as `fetch /a`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// Returns the name of the task's function, such as `fetch`. Unlike [`name`](Self::name), it is the same for all
    /// tasks of the function, so that they can be counted together.
    #[must_use]
    pub fn function(&self) -> &str {
        self.function.unwrap_or(self.name)
    }

    /// Returns the ids of the tasks that this one depends on.
    #[must_use]
    pub fn inputs(&self) -> &[u64] {
        self.inputs
    }

    /// Returns the index of the element that this event is about, if the task runs once for each element of a collection.
    /// The task itself has events, too, without an index: it starts before the first element, and ends after the last one.
    ///
    /// The name of an element is that of the task with the index, such as `pages[3]`, its [`function`](Self::function) is
    /// `pages`, and its [`maker`](Self::maker) is the task. If `page in pages` is an element of another such task, the inputs have
    /// the element that it was made from.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// use adagio::{Observer, Outcome, TaskEvent};
    ///
    /// /// Counts the elements that are done.
    /// #[derive(Default)]
    /// struct Elements(AtomicUsize);
    ///
    /// impl Observer for Elements {
    ///     fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
    ///         if let (Some(_), Outcome::Done) = (task.index(), outcome) {
    ///             self.0.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     }
    /// }
    /// # let elements = Elements::default();
    /// # elements.finished(&TaskEvent::new(0, "pages", &[], 1), &Outcome::Done);
    /// # elements.finished(&TaskEvent::new(1, "pages[3]", &[], 1).of_element(3), &Outcome::Done);
    /// # assert_eq!(elements.0.into_inner(), 1);
    /// ```
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.index
    }

    /// Returns the id of the task whose body created this one, if it belongs to the same scope; for an element, that of the
    /// task that runs for it.
    #[must_use]
    pub fn maker(&self) -> Option<u64> {
        self.maker
    }

    /// Returns the name of the task because of which this one is skipped, or `None` if it is not skipped. Unlike
    /// [`Outcome::Skipped`], which has the name of the function, this is the name that the task was given, such as
    /// `fetch /a`.
    #[must_use]
    pub fn because(&self) -> Option<&str> {
        self.because
    }

    /// Returns the number of the attempt, from 1. It continues to count after a run forgets its failures. It is 0 when the
    /// result of a task is closed that was injected.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// How an attempt of a task ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned its result.
    Done,
    /// It failed, even if another task catches that. For a task with `catch`, the error only says that it returned an
    /// `Err`.
    Failed(TaskError),
    /// It panicked.
    Panicked,
    /// It was dropped half-way.
    Cancelled,
    /// It did not start, because something that it needs failed, or because nothing awaits it that could.
    Skipped {
        /// The task that failed, or the last that could have awaited it; of a task made at run time its function, see
        /// [`TaskEvent::because`].
        because: &'static str,
    },
}

/// The observers of a run, who may be told from several threads at once.
#[derive(Default)]
pub(crate) struct Observers(Vec<Told>);

/// An observer, which stays until the run is dropped, so that telling it takes no lock.
struct Told {
    observer: Arc<dyn Observer>,
    /// It has panicked, and is told nothing more.
    is_broken: AtomicBool,
}

impl Observers {
    /// Adds an observer of a run.
    pub(crate) fn add(&mut self, observer: impl Observer + 'static, run: &RunEvent) {
        let mut own = None;
        // One that panics here is told all the same, and no more if it goes on so.
        returns(|| own = observer.of_run(run));
        let observer = own.unwrap_or_else(|| Arc::new(observer));
        self.0.push(Told { observer, is_broken: AtomicBool::new(false) });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells each that has not panicked.
    pub(crate) fn tell(&self, event: impl Fn(&dyn Observer)) {
        for told in &self.0 {
            if !told.is_broken.load(Ordering::Relaxed) && !returns(|| event(&*told.observer)) {
                told.is_broken.store(true, Ordering::Relaxed);
                trace::observer_panicked();
            }
        }
    }
}

/// The drop of one of them may panic, which breaks nothing.
impl Drop for Observers {
    fn drop(&mut self) {
        for told in self.0.drain(..) {
            returns(|| drop(told));
        }
    }
}

/// Calls foreign code; returns whether it came back without a panic.
pub(crate) fn returns(call: impl FnOnce()) -> bool {
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else { return true };
    // The drop of a payload may panic in its turn; that second payload is leaked, so that this comes to an end.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        forget(payload);
    }
    false
}
