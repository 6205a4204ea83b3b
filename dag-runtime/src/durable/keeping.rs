//! The future of a task in a durable block.
//!
//! It runs the task with all its attempts. In a run without a keeper, that is all. With one, the output of the task goes
//! to the keeper first, and this future is pending until the keeper has answered. So the scheduler, which publishes what
//! a task returns, knows nothing of keepers, and a task holds its slot until its result is safe.
//!
//! If the task catches failures, its body begins only when the keeper has those that it is told (`causes.rs`).
//!
//! If a task of an inner graph, or the body for an element, has a stored outcome, that is its output, and its body does
//! not run.
//!
//! A task that runs once for each element has such a future for each (`each/kept.rs`).

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::current::{Place, settling};
use super::line::{Line, Turn};
use super::{DecidedCauses, Keeper, Keeps, element_name};
use crate::attempt::Attempts;
use crate::error::{ErrorSource, TaskError, at_index};

/// The keeper of a run, and whether it has failed.
pub(crate) struct Kept {
    keeper: Box<dyn Keeper>,
    /// The first error of the keeper. Nothing starts after it: a task that catches the failure must not act on it.
    broken: OnceLock<TaskError>,
    line: Arc<Line>,
    causes: DecidedCauses,
}

impl Kept {
    pub(crate) fn new(keeper: impl Keeper + 'static) -> Arc<Self> {
        let keeper = Box::new(keeper);
        Arc::new(Self { keeper, broken: OnceLock::new(), line: Arc::default(), causes: DecidedCauses::default() })
    }

    /// Forgets the failures that bodies were told.
    pub(crate) fn forget_causes(&self) {
        // The keeper first: what is decided from now on comes to it later.
        self.keeper.forget_causes();
        self.causes.forget();
    }

    /// Returns the failure that bodies are told that catch why a task has no result.
    pub(crate) fn decide(&self, task: &'static str, error: TaskError) -> TaskError {
        self.causes.decide(&*self.keeper, task, error)
    }
}

/// A task of a run with a keeper.
#[derive(Clone)]
pub(crate) struct KeptTask {
    kept: Arc<Kept>,
    task: &'static str,
    /// The element for which it runs.
    index: Option<usize>,
    /// The name of its result.
    name: &'static str,
    place: Arc<Place>,
}

impl KeptTask {
    pub(crate) fn new(kept: &Arc<Kept>, task: &'static str, index: Option<usize>) -> Self {
        let name = index.map_or(task, |index| element_name(task, index));
        let failed = kept.keeper.attempts(name).0;
        let run = Arc::clone(kept.keeper.run_id());
        let place = Place::new(run, (task, index), failed.saturating_add(1));
        Self { kept: Arc::clone(kept), task, index, name, place }
    }

    /// Returns the failure of the task.
    pub(crate) fn error(&self, source: ErrorSource) -> TaskError {
        let source = match self.index {
            Some(index) => at_index(index, source),
            None => source,
        };
        TaskError::new(self.task, source)
    }

    /// Returns why a result is lost that the keeper did not take, and lets nothing of the run start any more.
    pub(crate) fn lose(&self, source: ErrorSource) -> ErrorSource {
        let error = self.error(source);
        self.kept.broken.get_or_init(|| error).clone().into_named()
    }

    /// Keeps how many results a task has that runs once for each element. They are all kept.
    pub(crate) fn keep_whole(&self, count: usize) -> Keeps {
        if self.kept.broken.get().is_some() {
            return Box::pin(std::future::ready(Err(broken(&self.kept))));
        }
        self.kept.keeper.keep_count(self.name, count)
    }

    /// Returns how many attempts failed in earlier runs, and the time until the next one.
    pub(crate) fn earlier(&self) -> (u32, std::time::Duration) {
        self.kept.keeper.attempts(self.name)
    }

    /// Keeps that an attempt failed, and that there is another one after `wait`.
    pub(crate) fn failed(&self, error: &TaskError, wait: Option<std::time::Duration>) -> Keeps {
        self.kept.keeper.failed(self.name, self.place.attempt(), error, wait)
    }

    /// Begins to keep why some tasks have no results, as far as it is not kept yet.
    pub(crate) fn keep_causes(&self, tasks: impl Iterator<Item = &'static str>) -> Vec<(&'static str, Keeps)> {
        let causes = self.kept.causes.unsafe_of(tasks).into_iter();
        causes.map(|(task, cause)| (task, self.kept.keeper.caused(task, &cause))).collect()
    }

    pub(crate) fn next_attempt(&self) {
        self.place.next_attempt();
    }
}

/// A result, and its stored form; or the failure of its task.
pub type Settled<T> = Result<(T, Vec<u8>), ErrorSource>;

pin_project! {
    /// The future of a task whose output is kept before it is published. `F` is the future of the task, `B` begins it, `S`
    /// converts its output.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Keeping<F, S, B>
    where
        F: Future,
    {
        #[pin]
        body: Body<F, B>,
        settle: S,
        held: Option<Box<Held<F::Output>>>,
    }
}

pin_project! {
    #[project = BodyProjection]
    enum Body<F, B> {
        /// It begins when the keeper has what it is told. Taken then.
        Waits { begin: Option<(B, Attempts)> },
        Runs { #[pin] future: F },
        /// It has ended, or does not run.
        Gone,
    }
}

/// The state of a task that does more than run.
enum Held<T> {
    /// Its run has a keeper.
    Kept(Pending<T>),
    /// Its outcome was stored; taken when it is ready.
    Stored(Option<Result<T, ErrorSource>>),
}

struct Pending<T> {
    task: KeptTask,
    /// What the body is told of failures and the keeper does not have yet, each with the task that has no result.
    untold: Vec<(&'static str, Keeps)>,
    output: Option<Output<T>>,
}

impl<T> Pending<T> {
    /// Waits until the keeper has what the body is told.
    fn poll_untold(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ErrorSource>> {
        while let Some((cause, keeps)) = self.untold.last_mut() {
            match ready!(keeps.as_mut().poll(cx)) {
                Ok(()) => self.task.kept.causes.note_safe(cause),
                Err(source) => return Poll::Ready(Err(self.task.lose(source))),
            }
            self.untold.pop();
        }
        Poll::Ready(Ok(()))
    }
}

/// A body that has not ended is told to stop: it may be on a thread of its own.
impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if self.output.is_none() {
            self.task.place.stop();
        }
    }
}

/// The output of a task, which the keeper has.
struct Output<T> {
    /// Taken when it is published.
    result: Option<Result<T, TaskError>>,
    keeps: Keeps,
    /// The answer of the keeper.
    answer: Option<Result<(), ErrorSource>>,
    /// The place of a failure among the failures of the run.
    turn: Option<Turn>,
}

/// Runs a task, and gives its output to the keeper of the run, if there is one. `read` converts a stored result.
#[inline]
pub fn keeping<F: Future, S, B>(
    mut attempts: Attempts,
    read: impl FnOnce(&[u8]) -> Result<F::Output, TaskError>,
    settle: S,
    begin: B,
) -> Keeping<F, S, B>
where
    S: Fn(F::Output) -> Settled<F::Output>,
    B: FnOnce(Attempts) -> F,
{
    if attempts.are_untold() {
        return Keeping { body: Body::Runs { future: begin(attempts) }, settle, held: None };
    }
    if let Some(seed) = attempts.seed() {
        let outcome = seed.and_then(|stored| read(&stored)).map_err(TaskError::into_named);
        return Keeping { body: Body::Gone, settle, held: Some(Box::new(Held::Stored(Some(outcome)))) };
    }
    let Some(task) = attempts.kept() else {
        return Keeping { body: Body::Runs { future: begin(attempts) }, settle, held: None };
    };
    if task.kept.broken.get().is_some() {
        let pending = Pending { task, untold: Vec::new(), output: None };
        return Keeping { body: Body::Gone, settle, held: Some(Box::new(Held::Kept(pending))) };
    }
    let untold = attempts.untold_causes();
    let body = if untold.is_empty() {
        Body::Runs { future: task.place.enter(|| begin(attempts)) }
    } else {
        Body::Waits { begin: Some((begin, attempts)) }
    };
    Keeping { body, settle, held: Some(Box::new(Held::Kept(Pending { task, untold, output: None }))) }
}

impl<F: Future, S, B> Future for Keeping<F, S, B>
where
    S: Fn(F::Output) -> Settled<F::Output>,
    B: FnOnce(Attempts) -> F,
{
    type Output = Result<F::Output, ErrorSource>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let pending = match this.held.as_deref_mut() {
            Some(Held::Kept(pending)) => pending,
            Some(Held::Stored(outcome)) => {
                return Poll::Ready(outcome.take().unwrap_or_else(|| unreachable!("it is polled after its end")));
            }
            None => {
                let BodyProjection::Runs { future } = this.body.project() else {
                    unreachable!("a task without a keeper has a body")
                };
                return future.poll(cx).map(Ok);
            }
        };
        if let BodyProjection::Waits { begin } = this.body.as_mut().project() {
            let told = ready!(pending.poll_untold(cx));
            let kept = &pending.task.kept;
            if told.is_err() || kept.broken.get().is_some() {
                this.body.set(Body::Gone);
                return Poll::Ready(Err(told.err().unwrap_or_else(|| broken(kept))));
            }
            let Some((begin, attempts)) = begin.take() else { unreachable!("a body begins once") };
            let future = pending.task.place.enter(|| begin(attempts));
            this.body.set(Body::Runs { future });
        }
        let Pending { task, output, .. } = pending;
        if output.is_none() {
            let BodyProjection::Runs { future } = this.body.as_mut().project() else {
                return Poll::Ready(Err(broken(&task.kept)));
            };
            let done = ready!(task.place.enter(|| future.poll(cx)));
            this.body.set(Body::Gone);
            let reads_back = task.kept.keeper.reads_back();
            let settled = settling(reads_back, || (this.settle)(done));
            let accepted = settled.and_then(|(value, bytes)| {
                task.kept.keeper.accepts(task.name, &bytes)?;
                Ok((value, bytes))
            });
            *output = Some(match accepted {
                Ok((value, bytes)) => {
                    let keeps = task.kept.keeper.keep(task.name, bytes);
                    Output { result: Some(Ok(value)), keeps, answer: None, turn: None }
                }
                Err(source) => {
                    let error = task.error(source);
                    let (turn, keeps) = Turn::take(&task.kept.line, || task.failed(&error, None));
                    Output { result: Some(Err(error)), keeps, answer: None, turn: Some(turn) }
                }
            });
        }
        let Some(Output { result, keeps, answer, turn }) = output else { unreachable!("the output is there") };
        if answer.is_none() {
            *answer = Some(ready!(keeps.as_mut().poll(cx)));
        }
        // The turn ends with this future, after it has returned the failure.
        if let Some(turn) = turn {
            ready!(turn.poll(cx));
        }
        Poll::Ready(match (result.take(), answer.take()) {
            (Some(Ok(value)), Some(Ok(()))) => Ok(value),
            (Some(Err(error)), Some(Ok(()))) => Err(error.into_named()),
            (_, Some(Err(source))) => Err(task.lose(source)),
            _ => unreachable!("it is polled after its end"),
        })
    }
}

#[cold]
fn broken(kept: &Kept) -> ErrorSource {
    let Some(error) = kept.broken.get() else { unreachable!("a task has no body once the keeper is broken") };
    error.clone().into_named()
}

/// Returns the stored form of the result of a task that can fail, or its failure.
///
/// # Errors
/// The failure.
pub fn settled<T, E>(
    result: Result<T, E>,
    write: impl FnOnce(T) -> Settled<T>,
    source: impl FnOnce(E) -> ErrorSource,
) -> Settled<Result<T, E>> {
    match result {
        Ok(value) => write(value).map(|(value, bytes)| (Ok(value), bytes)),
        Err(error) => Err(source(error)),
    }
}
