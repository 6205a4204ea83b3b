//! Further attempts of a task that failed, after waits that grow.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

#[cfg(feature = "durable")]
use crate::durable::{Keeps, KeptTask};
#[cfg(feature = "durable")]
use crate::each::Only;
use crate::error::{ErrorSource, RETURNED_ERR, TaskError, at_index};
use crate::observe::announcer::{Announcer, ElementOf};
use crate::observe::elements::ElementWatch;
use crate::observe::observer::Outcome;
use crate::observe::watch::Watch;
use crate::runtime::tokio_runtime;

/// How often a task is tried again, and after which waits.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    times: u32,
    shortest: Duration,
    longest: Duration,
}

impl Retry {
    /// Takes the number of further attempts, and the shortest and the longest wait before one.
    #[must_use]
    pub const fn new(times: u32, shortest: Duration, longest: Duration) -> Self {
        Self { times, shortest, longest }
    }

    /// Returns the number of further attempts.
    #[must_use]
    pub const fn times(self) -> u32 {
        self.times
    }

    /// Returns the wait before the first further attempt.
    #[must_use]
    pub const fn shortest(self) -> Duration {
        self.shortest
    }

    /// Returns the longest wait before a further attempt.
    #[must_use]
    pub const fn longest(self) -> Duration {
        self.longest
    }

    /// Returns the wait before each further attempt: doubled each time, and up to as much again at random, so that
    /// those who failed together do not come back together.
    fn waits(self) -> impl Iterator<Item = Duration> + Send + Sync {
        let builder = ExponentialBuilder::new()
            .with_min_delay(self.shortest)
            .with_max_delay(self.longest)
            .with_max_times(self.times as usize)
            .with_jitter();
        builder.build().map(move |wait| wait.min(self.longest))
    }
}

/// Makes attempts of a task until one succeeds, fails with an error that is not worth another, or is the last one.
///
/// # Errors
/// The error of the last attempt.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn retry<T, E, A>(
    retry: Retry,
    is_worth_it: fn(&E) -> bool,
    attempts: Attempts,
    source: impl Fn(E) -> ErrorSource,
    attempt: impl FnMut() -> A,
) -> impl Future<Output = Result<T, E>>
where
    A: Future<Output = Result<T, E>>,
{
    retry_after(retry, is_worth_it, |_: &E| None, attempts, source, attempt)
}

/// Makes attempts as [`retry`] does. If `asked` returns a wait for the last error, waits for that time instead, but not
/// longer than the longest wait.
///
/// # Errors
/// The error of the last attempt.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn retry_after<T, E, A>(
    retry: Retry,
    is_worth_it: fn(&E) -> bool,
    asked: impl Fn(&E) -> Option<Duration>,
    attempts: Attempts,
    source: impl Fn(E) -> ErrorSource,
    mut attempt: impl FnMut() -> A,
) -> Result<T, E>
where
    A: Future<Output = Result<T, E>>,
{
    let mut waits = retry.waits();
    #[cfg(feature = "durable")]
    if let Some((failed, wait)) = attempts.earlier() {
        (0..failed).all(|_| waits.next().is_some());
        if !wait.is_zero() {
            tokio_runtime("a task with `retry`");
            tokio::time::sleep(wait).await;
        }
    }
    loop {
        let error = match attempt().await {
            Err(error) if is_worth_it(&error) => error,
            result => return result,
        };
        #[cfg(feature = "durable")]
        if attempts.are_deferred() {
            return Err(error);
        }
        let Some(wait) = waits.next() else { return Err(error) };
        let wait = asked(&error).map_or(wait, |asked| asked.min(retry.longest));
        #[cfg(not(feature = "durable"))]
        attempts.failed(|| source(error));
        #[cfg(feature = "durable")]
        if let Some(keeps) = attempts.failed_before(wait, || source(error)) {
            // If it cannot be kept, fewer attempts count after a crash.
            _ = keeps.await;
        }
        tokio_runtime("a task with `retry`");
        tokio::time::sleep(wait).await;
        attempts.started();
    }
}

/// Returns what a run keeps of the error of an attempt that is not the last.
///
/// # Panics
/// In a terminal, whose attempts nobody observes.
pub fn kept<F>(keep: impl Fn(F) -> Result<ErrorSource, F>, failure: F) -> ErrorSource {
    keep(failure).unwrap_or_else(|_| unreachable!("nobody observes the attempts of a terminal"))
}

/// Returns the source that stands for the error of a task with `catch`, which is a value of any type.
pub fn caught_error<E>(_error: E) -> ErrorSource {
    RETURNED_ERR.into()
}

/// The reporter for the attempts of one task between its start and its end: it tells the observers, and the keeper.
#[derive(Clone)]
pub struct Attempts {
    told: Told,
    /// The task, in a run with a keeper.
    #[cfg(feature = "durable")]
    kept: Option<KeptTask>,
}

/// The observers that are told.
#[derive(Clone)]
enum Told {
    Nobody,
    /// The observers of a run, of the task of this number.
    Run(Arc<Announcer>, usize),
    /// The same, of an element of a task.
    Element(Arc<Announcer>, ElementOf),
    /// Those of a scope.
    Scope(Arc<Watch>),
}

impl Attempts {
    /// Stands for the attempts of a task that nobody observes.
    pub(crate) const UNOBSERVED: Self = Self::told(Told::Nobody);

    /// Returns the reporter for the attempts for one element of a collection, from that of a task that runs for each.
    #[must_use]
    pub fn of_element(&self, index: usize) -> Self {
        match &self.told {
            Told::Run(announcer, task) => {
                let of = ElementOf { task: *task, round: announcer.round(*task), index };
                Self::told(Told::Element(Arc::clone(announcer), of))
            }
            _ => Self::UNOBSERVED,
        }
    }

    /// Makes the same for an element on another thread.
    pub(crate) fn of_watched(watch: &ElementWatch, index: usize) -> Self {
        watch.told(index).map_or(Self::UNOBSERVED, |(announcer, of)| Self::told(Told::Element(announcer, of)))
    }

    #[inline]
    const fn told(told: Told) -> Self {
        Self {
            told,
            #[cfg(feature = "durable")]
            kept: None,
        }
    }

    #[inline]
    pub(crate) fn new(announcer: Option<Arc<Announcer>>, task: usize) -> Self {
        Self::told(announcer.map_or(Told::Nobody, |announcer| Told::Run(announcer, task)))
    }

    pub(crate) fn of_node(watch: Option<Arc<Watch>>) -> Self {
        Self::told(watch.map_or(Told::Nobody, Told::Scope))
    }

    /// Returns the run, the task, and the element.
    #[cfg(feature = "durable")]
    fn place(&self) -> Option<(&Announcer, usize, Option<usize>)> {
        match &self.told {
            Told::Run(announcer, task) => Some((announcer, *task, None)),
            Told::Element(announcer, of) => Some((announcer, of.task, Some(of.index))),
            Told::Nobody | Told::Scope(_) => None,
        }
    }

    /// Begins the attempts of a task in a run with a keeper.
    #[cfg(feature = "durable")]
    pub(crate) fn kept(&mut self) -> Option<KeptTask> {
        self.kept = self.kept_task();
        self.kept.clone()
    }

    /// Returns the task, in a run with a keeper.
    #[cfg(feature = "durable")]
    pub(crate) fn kept_task(&self) -> Option<KeptTask> {
        let (announcer, task, index) = self.place()?;
        Some(KeptTask::new(announcer.kept()?, announcer.name(task), index))
    }

    /// Returns the futures that keep what the body is about to be told of failures, with the names of the tasks that have
    /// no results.
    #[cfg(feature = "durable")]
    pub(crate) fn untold_causes(&self) -> Vec<(&'static str, Keeps)> {
        match (&self.kept, self.place()) {
            (Some(kept), Some((announcer, task, _))) => kept.keep_causes(announcer.caught_by(task)),
            _ => Vec::new(),
        }
    }

    /// Whether nobody is told: a call, or a run without a keeper and without observers.
    #[cfg(feature = "durable")]
    #[inline]
    pub(crate) fn are_untold(&self) -> bool {
        matches!(self.told, Told::Nobody)
    }

    /// Takes the stored outcome of a task of an inner graph, or of the body for an element.
    #[cfg(feature = "durable")]
    pub(crate) fn seed(&self) -> Option<Result<Vec<u8>, TaskError>> {
        let (announcer, task, index) = self.place()?;
        let (seeds, name) = (announcer.seeds()?, announcer.name(task));
        index.map_or_else(|| seeds.take(name), |index| seeds.take_element(name, index))
    }

    /// Returns which elements of a wide task have bodies.
    #[cfg(feature = "durable")]
    #[must_use]
    pub fn only(&self) -> Only {
        self.place().map_or(Only::ALL, |(announcer, task, _)| announcer.only(task))
    }

    /// Returns how many attempts failed in earlier runs, and the time until the next one.
    #[cfg(feature = "durable")]
    fn earlier(&self) -> Option<(u32, Duration)> {
        self.kept.as_ref().map(KeptTask::earlier)
    }

    /// Tells that an attempt failed, and that there will be another after `wait`. Returns the future that keeps this, in
    /// a run with a keeper.
    #[cfg(feature = "durable")]
    fn failed_before(&self, wait: Duration, source: impl FnOnce() -> ErrorSource) -> Option<Keeps> {
        let Some(kept) = &self.kept else {
            self.failed(source);
            return None;
        };
        let error = kept.error(source());
        let keeps = kept.failed(&error, Some(wait));
        match &self.told {
            Told::Run(announcer, task) => announcer.finished(*task, &Outcome::Failed(error)),
            Told::Element(announcer, of) => announcer.element_finished(*of, &Outcome::Failed(error)),
            Told::Nobody | Told::Scope(_) => {}
        }
        Some(keeps)
    }

    /// Returns whether somebody else makes the attempts after this one, which failed.
    #[cfg(feature = "durable")]
    fn are_deferred(&self) -> bool {
        let Some((announcer, task, _)) = self.place() else { return false };
        announcer.deferral().is_some_and(|deferral| deferral.take(announcer.name(task)))
    }

    /// Tells that an attempt failed, and that there will be another.
    pub(crate) fn failed(&self, source: impl FnOnce() -> ErrorSource) {
        match &self.told {
            Told::Nobody => {}
            Told::Run(announcer, task) => {
                let error = TaskError::new(announcer.name(*task), source());
                announcer.finished(*task, &Outcome::Failed(error));
            }
            Told::Element(announcer, of) => {
                let error = TaskError::new(announcer.name(of.task), at_index(of.index, source()));
                announcer.element_finished(*of, &Outcome::Failed(error));
            }
            Told::Scope(watch) => watch.failed(source()),
        }
    }

    /// Tells that the attempt waits for a permit, or continues.
    pub(crate) fn pause(&self, is_paused: bool) {
        match &self.told {
            // An element waits for no permit.
            Told::Nobody | Told::Element(..) => {}
            Told::Run(announcer, task) => announcer.pause(*task, is_paused),
            Told::Scope(watch) => watch.pause(is_paused),
        }
    }

    /// Tells that the next attempt starts.
    pub(crate) fn started(&self) {
        #[cfg(feature = "durable")]
        if let Some(kept) = &self.kept {
            kept.next_attempt();
        }
        match &self.told {
            Told::Nobody => {}
            Told::Run(announcer, task) => announcer.started(*task),
            Told::Element(announcer, of) => announcer.element_started(*of),
            Told::Scope(watch) => watch.started(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_their_bounds() {
        let millis = Duration::from_millis;
        for _ in 0..100 {
            let waits: Vec<_> = Retry::new(6, millis(50), millis(300)).waits().collect();
            assert_eq!(waits.len(), 6);
            for (wait, least) in waits.iter().zip([50, 100, 200, 300, 300, 300]) {
                assert!((millis(least)..=millis(300).min(millis(2 * least))).contains(wait), "{waits:?}");
            }
        }
    }

    #[test]
    fn waits_differ_from_one_task_to_another() {
        let waits = || Retry::new(6, Duration::from_millis(50), Duration::from_secs(10)).waits().collect::<Vec<_>>();
        let first = waits();
        assert!((0..100).any(|_| waits() != first), "{first:?}");
    }
}
