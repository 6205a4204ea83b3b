//! The future of a task in a durable block.
//!
//! It runs the task with all its attempts. In a run without a keeper, that is all. With one, the output of the task goes
//! to the keeper first, and this future is pending until the keeper has answered. So the scheduler, which publishes what
//! a task returns, knows nothing of keepers, and a task holds its slot until its result is safe.
//!
//! If a task of an inner graph has a stored outcome, that is its output, and its body does not run.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::current::Place;
use super::line::{Line, Turn};
use super::{Keeper, Keeps};
use crate::attempt::Attempts;
use crate::error::{ErrorSource, TaskError};

/// The keeper of a run, and whether it has failed.
pub(crate) struct Kept {
    keeper: Box<dyn Keeper>,
    /// The first error of the keeper. Nothing starts after it: a task that catches the failure must not act on it.
    broken: OnceLock<TaskError>,
    line: Arc<Line>,
}

impl Kept {
    pub(crate) fn new(keeper: impl Keeper + 'static) -> Arc<Self> {
        Arc::new(Self { keeper: Box::new(keeper), broken: OnceLock::new(), line: Arc::default() })
    }
}

/// A task of a run with a keeper.
#[derive(Clone)]
pub(crate) struct KeptTask {
    kept: Arc<Kept>,
    task: &'static str,
    place: Arc<Place>,
}

impl KeptTask {
    pub(crate) fn new(kept: &Arc<Kept>, task: &'static str) -> Self {
        let failed = kept.keeper.attempts(task).0;
        let run = Arc::clone(kept.keeper.run_id());
        Self { kept: Arc::clone(kept), task, place: Place::new(run, task, failed.saturating_add(1)) }
    }

    /// Returns how many attempts failed in earlier runs, and the time until the next one.
    pub(crate) fn earlier(&self) -> (u32, std::time::Duration) {
        self.kept.keeper.attempts(self.task)
    }

    /// Keeps that an attempt failed, and that there is another one after `wait`.
    pub(crate) fn failed(&self, error: &TaskError, wait: Option<std::time::Duration>) -> Keeps {
        self.kept.keeper.failed(self.task, self.place.attempt(), error, wait)
    }

    pub(crate) fn next_attempt(&self) {
        self.place.next_attempt();
    }
}

/// A result, and its stored form; or the failure of its task.
pub type Settled<T> = Result<(T, Vec<u8>), ErrorSource>;

pin_project! {
    /// The future of a task whose output is kept before it is published. `F` is the future of the task, `S` converts its
    /// output.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Keeping<F, S>
    where
        F: Future,
    {
        #[pin]
        body: Option<F>,
        settle: S,
        held: Option<Box<Held<F::Output>>>,
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
    output: Option<Output<T>>,
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
pub fn keeping<F: Future, S>(
    mut attempts: Attempts,
    read: impl FnOnce(&[u8]) -> Result<F::Output, TaskError>,
    settle: S,
    start: impl FnOnce(Attempts) -> F,
) -> Keeping<F, S>
where
    S: Fn(F::Output) -> Settled<F::Output>,
{
    if attempts.are_untold() {
        return Keeping { body: Some(start(attempts)), settle, held: None };
    }
    if let Some(seed) = attempts.seed() {
        let outcome = seed.and_then(|stored| read(&stored)).map_err(TaskError::into_named);
        return Keeping { body: None, settle, held: Some(Box::new(Held::Stored(Some(outcome)))) };
    }
    let Some(task) = attempts.kept() else { return Keeping { body: Some(start(attempts)), settle, held: None } };
    let place = Arc::clone(&task.place);
    let is_broken = task.kept.broken.get().is_some();
    let body = (!is_broken).then(|| place.enter(|| start(attempts)));
    Keeping { body, settle, held: Some(Box::new(Held::Kept(Pending { task, output: None }))) }
}

impl<F: Future, S> Future for Keeping<F, S>
where
    S: Fn(F::Output) -> Settled<F::Output>,
{
    type Output = Result<F::Output, ErrorSource>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Pending { task, output } = match this.held.as_deref_mut() {
            Some(Held::Kept(pending)) => pending,
            Some(Held::Stored(outcome)) => {
                return Poll::Ready(outcome.take().unwrap_or_else(|| unreachable!("it is polled after its end")));
            }
            None => {
                let Some(body) = this.body.as_mut().as_pin_mut() else {
                    unreachable!("a task without a keeper has a body")
                };
                return body.poll(cx).map(Ok);
            }
        };
        if output.is_none() {
            let Some(body) = this.body.as_mut().as_pin_mut() else {
                return Poll::Ready(Err(broken(&task.kept)));
            };
            let done = ready!(task.place.enter(|| body.poll(cx)));
            this.body.set(None);
            *output = Some(match (this.settle)(done) {
                Ok((value, bytes)) => {
                    let keeps = task.kept.keeper.keep(task.task, bytes);
                    Output { result: Some(Ok(value)), keeps, answer: None, turn: None }
                }
                Err(source) => {
                    let error = TaskError::new(task.task, source);
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
            (_, Some(Err(source))) => {
                let error = TaskError::new(task.task, source);
                Err(task.kept.broken.get_or_init(|| error).clone().into_named())
            }
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
