//! An observer that keeps what happened in a run, to be read as text, pictures, a page, a trace and data.

mod analysis;
mod chrome_trace;
pub(in crate::observe) mod date;
mod folded;
mod gantt;
mod log;
pub(in crate::observe) mod page;
mod rows;
pub(in crate::observe) mod scale;
mod server_timing;
mod task;
mod text;
pub(crate) mod verdict;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "durable")]
use std::time::SystemTime;
use std::time::{Duration, Instant};

use crate::graph::Graph;
use crate::observe::observer::{Observer, Outcome, RunEvent, TaskEvent};
use analysis::Recording;
use log::Log;
pub use task::{TimelineAttempt, TimelineTask};

/// Keeps what happens in a run: when each attempt of each task starts and ends, and how it ends.
///
/// It is a handle: give a clone of it to one run, and read it at any time, also while the run continues. `Display`
/// prints a chart of bars. Its width is the one of `{:120}`, else that of the variable `COLUMNS`, else 100 columns;
/// with the feature `progress`, the width of the terminal comes before the 100 columns. Tasks on the critical path are
/// marked. Of more than 160 tasks the chart shows the costliest, the failed ones and the critical path, and folds the
/// others by name. The elements of a task that runs once for each element of a collection are tasks here, too, whose work is
/// that of the task.
///
/// Times count from the first event. A task takes the time from its start to its end. A task made at run time that
/// awaits another one does not work while it waits: the wait counts neither as work nor as concurrency.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Observer, Outcome, TaskEvent, Timeline};
///
/// let timeline = Timeline::new();
/// // What `checkout.run().observe(timeline.clone())` tells it:
/// # let user = TaskEvent::new(0, "user", &[], 1);
/// timeline.started(&user);
/// timeline.finished(&user, &Outcome::Done);
///
/// println!("{timeline}");
/// assert_eq!(timeline.critical_path()[0].name(), "user");
/// ```
#[derive(Clone)]
pub struct Timeline {
    clock: Arc<dyn Fn() -> Duration + Send + Sync>,
    log: Arc<Mutex<Log>>,
}

impl Timeline {
    /// Creates an empty timeline.
    #[must_use]
    pub fn new() -> Self {
        let origin = Instant::now();
        Self::with_clock(move || origin.elapsed())
    }

    /// Creates a timeline with another clock, which must never go back.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), log: Arc::default() }
    }

    /// Sets the name of the graph, and the moment of the first event if it is known.
    #[cfg(feature = "durable")]
    pub(crate) fn set_about(&self, graph: &'static str, begun: Option<SystemTime>) {
        let about = &mut self.log().about;
        about.graph = Some(graph);
        about.begun = begun.or(about.begun);
    }

    /// Says more about the run in the head of the page: its name, or its id and its status.
    #[cfg(feature = "durable")]
    pub fn set_run(&self, run: impl Into<String>) {
        self.log().about.run = Some(run.into());
    }

    /// Keeps the last `tasks` tasks and forgets tasks that ended before them; tasks under way are kept. All readings
    /// are about the tasks that are kept.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::Timeline;
    ///
    /// // For a scope that makes millions of tasks.
    /// let timeline = Timeline::new().keep_last(10_000);
    /// # drop(timeline);
    /// ```
    #[must_use]
    pub fn keep_last(self, tasks: usize) -> Self {
        self.log().keep_last(tasks);
        self
    }

    /// Returns the tasks that have had an event, in the order of their first events.
    #[must_use]
    pub fn tasks(&self) -> Vec<TimelineTask> {
        self.recording().tasks
    }

    /// Returns the critical path: the chain of tasks that decided the end. The last one is the task that ended last,
    /// without cancelled tasks, or the one that failed, if others were cancelled then; before each task comes the one of
    /// its inputs that ended last. A lazy dependency counts as an input, even if the body did not await it.
    #[must_use]
    pub fn critical_path(&self) -> Vec<TimelineTask> {
        let recording = self.recording();
        recording.critical_path().into_iter().map(|position| recording.tasks[position].clone()).collect()
    }

    /// Returns the time from the first event to the last, or until now if something is under way.
    #[must_use]
    pub fn wall_time(&self) -> Duration {
        self.recording().wall_time
    }

    /// Returns the time that all attempts of all tasks take together, without the time in which a task waits for
    /// its permit or, if it was made at run time, for another task. The time in which a body awaits a `Lazy` counts.
    #[must_use]
    pub fn total_work(&self) -> Duration {
        self.recording().total_work()
    }

    /// Returns how many tasks were under way at once, on average: the total work divided by the wall time, or 0 if
    /// there are no tasks.
    #[must_use]
    pub fn parallelism(&self) -> f64 {
        self.recording().parallelism()
    }

    /// Returns the chart as an SVG file that needs nothing else. Of more than 160 tasks it shows the costliest, the
    /// failed ones and the critical path, and folds the others by name.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let recording = self.recording();
        let rows = rows::rows(&recording, &recording.critical_path());
        gantt::Gantt::new(&recording, &rows, dag_layout::Frame::Own).to_string()
    }

    /// Returns an HTML page in one file, which needs no network: what ran and how it ended, the graph coloured by
    /// outcome, with a box around the tasks of each inner graph, the chart, the critical path, and a table of the tasks
    /// with the costliest first. Many tasks are folded by name. The graph is left out if no task depends on another.
    #[must_use]
    pub fn to_html(&self) -> String {
        page::Page::new(&self.recording()).to_string()
    }

    /// Returns the value of a header `Server-Timing`, which browsers show beside a request: the time of each of the 30
    /// costliest tasks in milliseconds, with the costliest first.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::Timeline;
    ///
    /// let timeline = Timeline::new();
    /// // After `checkout.run().observe(timeline.clone()).quote().await`: `cart;dur=17.680, user;dur=12.300`.
    /// let value = timeline.server_timing();
    /// # assert_eq!(value, "");
    /// ```
    #[must_use]
    pub fn server_timing(&self) -> String {
        server_timing::value(&self.recording())
    }

    /// Returns a trace in the format that [Perfetto](https://ui.perfetto.dev) and `chrome://tracing` open: an event for
    /// each attempt, and an arrow from each input.
    #[must_use]
    pub fn to_chrome_trace(&self) -> String {
        chrome_trace::ChromeTrace(&self.recording()).to_string()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a copy, so that no reader keeps the run waiting.
    fn recording(&self) -> Recording {
        let log = self.log();
        let now = (self.clock)();
        Recording::new(log.tasks(), log.about.clone(), log.first(), now)
    }

    /// Notes an event. The time is taken under the lock: the order of the events is that of their times.
    fn note(&self, note: impl FnOnce(&mut Log, Duration)) {
        let mut log = self.log();
        let now = (self.clock)();
        note(&mut log, now);
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Timeline").field("tasks", &self.tasks()).finish()
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(&self.recording(), formatter)
    }
}

impl Observer for Timeline {
    fn of_run(&self, run: &RunEvent) -> Option<Arc<dyn Observer>> {
        let about = &mut self.log().about;
        (about.graph, about.shape) = (run.graph().map(Graph::name), run.graph());
        None
    }

    fn made(&self, task: &TaskEvent<'_>) {
        self.note(|log, now| log.made(task, now));
    }

    fn named(&self, task: &TaskEvent<'_>) {
        self.note(|log, now| log.named(task, now));
    }

    fn started(&self, task: &TaskEvent<'_>) {
        self.note(|log, now| log.started(task, now));
    }

    fn paused(&self, task: &TaskEvent<'_>) {
        self.note(|log, now| log.paused(task, now));
    }

    fn resumed(&self, task: &TaskEvent<'_>) {
        self.note(|log, now| log.resumed(task, now));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        self.note(|log, now| log.finished(task, outcome, now));
    }

    fn closing(&self, task: &TaskEvent<'_>) {
        self.note(|log, now| log.closing(task, now));
    }

    fn closed(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        self.note(|log, now| log.closed(task, outcome, now));
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Clone>() {}
    assert::<Timeline>();
};

#[cfg(test)]
mod tests;
