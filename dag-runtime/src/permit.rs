//! Tasks with `permit`: before each attempt of its body, a task takes a permit of a semaphore of the object, and gives it
//! back when the attempt ends.
//!
//! The semaphore keeps the order in which the tasks asked. It belongs to the object, so one limit holds for all graphs and
//! calls that use it. An attempt first waits for its permit, then for a slot at its [door](crate::lazy), if there is a
//! limit. The timeout of the attempt begins when it has both.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::attempt::Attempts;
use crate::lazy::AtDoor;
use crate::threads::blocking;

/// The error of a task with `permit` whose semaphore is closed. A task whose error type is `From<SemaphoreClosed>` fails
/// with it; any other task panics.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::SemaphoreClosed;
///
/// #[derive(Debug)]
/// enum LoadError {
///     ShuttingDown(SemaphoreClosed),
/// }
///
/// impl From<SemaphoreClosed> for LoadError {
///     fn from(closed: SemaphoreClosed) -> Self {
///         Self::ShuttingDown(closed)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemaphoreClosed {
    task: &'static str,
}

impl SemaphoreClosed {
    /// Returns the name of the task that has no permit.
    #[must_use]
    pub fn task(&self) -> &'static str {
        self.task
    }
}

impl fmt::Display for SemaphoreClosed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no permit for task `{}`: its semaphore is closed", self.task)
    }
}

impl Error for SemaphoreClosed {}

/// For tasks that return an `io::Result`.
impl From<SemaphoreClosed> for io::Error {
    fn from(closed: SemaphoreClosed) -> Self {
        Self::other(closed)
    }
}

/// The output of a task, for the case that its semaphore is closed: the inherent function wins over that of
/// [`NotFromClosed`], if the error can be made from [`SemaphoreClosed`].
pub struct FromClosed<R>(PhantomData<fn() -> R>);

impl<R> FromClosed<R> {
    /// Stands for the output.
    pub const OUTPUT: Self = Self(PhantomData);
}

impl<T, E: From<SemaphoreClosed>> FromClosed<Result<T, E>> {
    /// Makes the error of the task.
    ///
    /// # Errors
    /// Always.
    pub fn closed(&self, closed: SemaphoreClosed) -> Result<T, E> {
        Err(closed.into())
    }
}

/// Is used only where the inherent function of [`FromClosed`] does not apply.
pub trait NotFromClosed<R> {
    /// Panics, because the task has no error for it.
    fn closed(&self, closed: SemaphoreClosed) -> R;
}

impl<R> NotFromClosed<R> for FromClosed<R> {
    #[track_caller]
    fn closed(&self, closed: SemaphoreClosed) -> R {
        panic!("{closed}")
    }
}

/// A semaphore of the object, as the function of `permit` returns it.
#[diagnostic::on_unimplemented(
    message = "`permit` takes a `tokio::sync::Semaphore` of the object, by reference or in an `Arc`, not `{Self}`",
    label = "this is no semaphore"
)]
pub trait Permits<'s> {
    /// Returns the semaphore.
    fn source(self) -> Source<'s>;
}

impl<'s> Permits<'s> for &'s Semaphore {
    fn source(self) -> Source<'s> {
        Source::Lent(self)
    }
}

impl<'s> Permits<'s> for &'s Arc<Semaphore> {
    fn source(self) -> Source<'s> {
        Source::Lent(self)
    }
}

impl<'s> Permits<'s> for &'s &Semaphore {
    fn source(self) -> Source<'s> {
        Source::Lent(self)
    }
}

impl<'s> Permits<'s> for &'s &Arc<Semaphore> {
    fn source(self) -> Source<'s> {
        Source::Lent(self)
    }
}

impl<'s> Permits<'s> for Arc<Semaphore> {
    fn source(self) -> Source<'s> {
        Source::Shared(self)
    }
}

/// Calls the function of `permit`, which may borrow from the object. The result does not depend on its type, so that rustc
/// reports only here that it is no semaphore.
#[inline]
pub fn semaphore<'o, O: ?Sized, P: Permits<'o>>(object: &'o O, choose: impl FnOnce(&'o O) -> P) -> Source<'o> {
    choose(object).source()
}

/// The semaphore of which an attempt takes a permit.
pub enum Source<'s> {
    /// It is borrowed from the object.
    Lent(&'s Semaphore),
    /// It is shared with others.
    Shared(Arc<Semaphore>),
}

/// A permit, which goes back when it is dropped.
pub enum Permit<'s> {
    /// Of a semaphore of the object.
    Lent(SemaphorePermit<'s>),
    /// Of a semaphore that is shared with others.
    Shared(OwnedSemaphorePermit),
}

impl<'s> Source<'s> {
    async fn permit(self) -> Result<Permit<'s>, AcquireError> {
        match self {
            Self::Lent(semaphore) => semaphore.acquire().await.map(Permit::Lent),
            Self::Shared(semaphore) => semaphore.acquire_owned().await.map(Permit::Shared),
        }
    }
}

/// Tells observers that an attempt waits, once, and that it continues.
struct Pause {
    waits: Attempts,
    is_told: bool,
}

impl Pause {
    fn new(waits: Attempts) -> Self {
        Self { waits, is_told: false }
    }

    fn wait<T>(&mut self) -> Poll<T> {
        if !self.is_told {
            self.is_told = true;
            self.waits.pause(true);
        }
        Poll::Pending
    }

    fn end(&mut self) {
        if self.is_told {
            self.waits.pause(false);
        }
    }
}

/// Makes an attempt of a task once it has a permit, and holds the permit until the attempt ends.
pub async fn permitted<A: Future>(
    task: &'static str,
    door: AtDoor<'_>,
    waits: Attempts,
    semaphore: Source<'_>,
    closed: impl FnOnce(SemaphoreClosed) -> A::Output,
    attempt: impl FnOnce() -> A,
) -> A::Output {
    let permit = {
        let mut turn = pin!(semaphore.permit());
        let (mut permit, mut pause) = (None, Pause::new(waits));
        poll_fn(|cx| {
            if permit.is_none() {
                match turn.as_mut().poll(cx) {
                    Poll::Ready(taken) => permit = Some(taken),
                    Poll::Pending => {
                        door.lend();
                        return pause.wait();
                    }
                }
            }
            if !matches!(permit, Some(Ok(_))) || door.pass(cx.waker()) {
                pause.end();
                return Poll::Ready(permit.take());
            }
            pause.wait()
        })
        .await
    };
    let Some(Ok(_permit)) = permit else { return closed(SemaphoreClosed { task }) };
    attempt().await
}

/// The turn of a `blocking` task: the future of its attempt takes its permit with it, then continues on another thread.
pub struct Turn {
    task: &'static str,
    has_come: Arc<AtomicBool>,
}

impl Turn {
    /// Waits for a permit, and for the thread on which the attempt continues.
    ///
    /// # Errors
    /// If the semaphore is closed.
    pub async fn come(self, semaphore: Source<'_>) -> Result<Permit<'_>, SemaphoreClosed> {
        let permit = semaphore.permit().await.map_err(|_| SemaphoreClosed { task: self.task })?;
        poll_fn(|_| {
            let has_come = self.has_come.swap(true, Ordering::Relaxed);
            if has_come { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Ok(permit)
    }
}

/// Makes an attempt of a `blocking` task once it has a permit. `attempt` returns a future that waits for its [`Turn`],
/// and from then on blocks its thread and never waits. So it keeps the permit until its function returns, even if nobody
/// waits for the result any more.
///
/// # Panics
/// As [`blocking`] does.
pub async fn permitted_blocking<A>(
    task: &'static str,
    door: AtDoor<'_>,
    waits: Attempts,
    attempt: impl FnOnce(Turn) -> A,
) -> A::Output
where
    A: Future<Output: Send> + Send + 'static,
{
    let has_come = Arc::new(AtomicBool::new(false));
    // In a box, because it moves to another thread after its first poll.
    let mut attempt = Box::pin(attempt(Turn { task, has_come: Arc::clone(&has_come) }));
    let mut pause = Pause::new(waits);
    let early = poll_fn(|cx| {
        if !has_come.load(Ordering::Relaxed) {
            if let Poll::Ready(output) = attempt.as_mut().poll(cx) {
                pause.end();
                return Poll::Ready(Some(output));
            }
            if !has_come.load(Ordering::Relaxed) {
                door.lend();
                return pause.wait();
            }
        }
        if door.pass(cx.waker()) {
            pause.end();
            return Poll::Ready(None);
        }
        pause.wait()
    });
    if let Some(output) = early.await {
        return output;
    }
    let call = move || match attempt.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("task `{task}` does not wait any more"),
    };
    blocking(task, call).await
}
