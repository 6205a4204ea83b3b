//! The body of a task that is made at run time, in one allocation with the state of the task.
//!
//! A future that was polled must stay where it is until it is dropped. So this module never hands out a [`Bodied`] whose
//! type says which body it has: others only see `Bodied<S, dyn Body>`, a value of no known size, which nobody can move or
//! swap. [`Bodiless`] knows the type of the body until there is one, and shares its `Bodied` only in that form.
//!
//! The future is set, polled and dropped through a shared borrow. At first the [`Bodiless`] has its place alone; `set`
//! consumes it. Afterwards, the thread that changes `state` from [`FREE`] to [`CLAIMED`] has the future alone until the
//! claim ends. One worker at a time polls a body, so its claim succeeds. A claim to drop the future may fail: then there
//! is none yet, or another thread drops it.
//!
//! Those who hold the `Bodied`, and what it waits for, share two strong counts of it: see [`portion`].
//!
//! The outcome is stored once, after the future was dropped. An [`Outcome`] knows the type of the outcome: it exists only
//! for a `Bodied` that was made with this type.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::sync::{AtomicU8, AtomicUsize, Ordering, UnsafeCell};
use super::{RawCell, SET};
use crate::error::TaskError;
use crate::observe::observer::returns;

mod portion;

#[cfg(feature = "tokio")]
pub(crate) use portion::One;
pub(crate) use portion::{HELD, MISSING, Portion, Unheld};

/// Nobody has the future. The next claim sees all changes that were made to it.
const FREE: u8 = 0;
/// The owner of the [`Claim`], or the [`Bodiless`], has the future alone.
const CLAIMED: u8 = 1;

/// A value that several share, and a future whose output is a `Result<_, TaskError>`.
pub(crate) struct Bodied<S, B: ?Sized = dyn Body> {
    pub(crate) shared: S,
    /// How many portions there are, [`HELD`] and [`MISSING`]. Only [`Portion`] changes them.
    counts: [AtomicUsize; 2],
    body: B,
}

/// The operations on a body of any type, for [`Bodied`].
pub(crate) trait Body: Send + Sync {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()>;
    fn clear(&self);
    fn fail(&self, error: TaskError);
    fn error(&self) -> Option<&TaskError>;
    fn has_outcome(&self) -> bool;
    fn outcome(&self) -> NonNull<()>;
    fn outcome_mut(&mut self) -> NonNull<()>;
}

impl<S> Bodied<S> {
    /// Polls the future. If it is ready, drops it and stores its output as the outcome.
    ///
    /// # Panics
    /// If the future panics, also while it is dropped; or if there is none.
    pub(crate) fn poll_body(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.body.poll(cx)
    }

    /// Drops the future, if there is one.
    ///
    /// # Panics
    /// If the future panics while it is dropped.
    pub(crate) fn drop_body(&self) {
        self.body.clear();
    }

    /// Stores a failure as the outcome, unless there is an outcome.
    pub(crate) fn set_error(&self, error: TaskError) {
        self.body.fail(error);
    }

    /// Returns the failure, if the outcome is one.
    pub(crate) fn error(&self) -> Option<&TaskError> {
        self.body.error()
    }

    /// Returns whether there is an outcome that was not taken.
    pub(crate) fn has_outcome(&self) -> bool {
        self.body.has_outcome()
    }

    /// Returns whether something is missing before the task can start.
    pub(crate) fn is_missing(&self) -> bool {
        self.counts[MISSING].load(Ordering::Acquire) > 0
    }
}

type Polls<T, F> = fn(Pin<&mut F>, &mut Context<'_>) -> Poll<Result<T, TaskError>>;

struct TypedBody<T, F> {
    /// [`FREE`] or [`CLAIMED`].
    state: AtomicU8,
    future: UnsafeCell<Polled<T, F>>,
    outcome: RawCell<Result<T, TaskError>>,
}

struct Polled<T, F> {
    /// Is set together with the future: only then must `F` be one.
    polls: Option<Polls<T, F>>,
    future: Option<F>,
}

// SAFETY: only `Bodiless::set` puts an `F` into it, and asks for `F: Send`; the outcome is a `T`, or a `TaskError`, which
// is `Send`.
unsafe impl<T: Send, F> Send for TypedBody<T, F> {}
// SAFETY: an `F` is reached only through a `Claim`, by one thread at a time, and is `Send`, as above. Several threads
// borrow the outcome (`T: Sync`), and any of them may store or drop it (`T: Send`).
unsafe impl<T: Send + Sync, F> Sync for TypedBody<T, F> {}

impl<T, F> TypedBody<T, F> {
    #[inline]
    fn new() -> Self {
        let future = UnsafeCell::new(Polled { polls: None, future: None });
        Self { state: AtomicU8::new(CLAIMED), future, outcome: RawCell::empty() }
    }

    fn with_outcome(outcome: Result<T, TaskError>) -> Self {
        let body = Self::new();
        body.store(outcome);
        body
    }

    /// Stores the outcome, unless there is one.
    fn store(&self, outcome: Result<T, TaskError>) {
        // SAFETY: the outcome of a body is written here and nowhere else.
        let written = unsafe { self.outcome.write(outcome, SET) };
        drop(written);
    }

    fn claim(&self) -> Option<Claim<'_, T, F>> {
        let claim = self.state.compare_exchange(FREE, CLAIMED, Ordering::Acquire, Ordering::Relaxed);
        claim.is_ok().then(|| Claim(self))
    }
}

/// The right to the future of a body; there is one at a time.
struct Claim<'b, T, F>(&'b TypedBody<T, F>);

impl<T, F> Claim<'_, T, F> {
    /// Lends the future alone.
    fn with<R>(&mut self, change: impl FnOnce(Option<Polls<T, F>>, Pin<&mut Option<F>>) -> R) -> R {
        self.0.future.with_mut(|place| {
            // SAFETY: there is one claim at a time, and it is borrowed exclusively: nobody else has a reference into the
            // place. The claim was made with Acquire, after the Release of the one before.
            let place = unsafe { &mut *place };
            // SAFETY: the future stays where it is until it is dropped in its place: the body lies in an `Arc` that leaves
            // this module only as `Arc<Bodied<S, dyn Body>>`, out of which nobody can move it, and this module does not.
            let future = unsafe { Pin::new_unchecked(&mut place.future) };
            change(place.polls, future)
        })
    }
}

impl<T, F> Drop for Claim<'_, T, F> {
    fn drop(&mut self) {
        self.0.state.store(FREE, Ordering::Release);
    }
}

impl<T: Send + Sync, F> Body for TypedBody<T, F> {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut claim = self.claim().expect("one worker at a time polls a body");
        let output = claim.with(|polls, mut future| {
            let (Some(polls), Some(running)) = (polls, future.as_mut().as_pin_mut()) else {
                panic!("a task that is ready has a body")
            };
            let Poll::Ready(output) = polls(running, cx) else { return Poll::Pending };
            match catch_unwind(AssertUnwindSafe(|| future.set(None))) {
                Ok(()) => Poll::Ready(output),
                Err(payload) => {
                    // The output may panic while it is dropped, too.
                    returns(|| drop(output));
                    resume_unwind(payload)
                }
            }
        });
        drop(claim);
        output.map(|output| self.store(output))
    }

    fn clear(&self) {
        if let Some(mut claim) = self.claim() {
            claim.with(|_, mut future| future.set(None));
        }
    }

    fn fail(&self, error: TaskError) {
        self.store(Err(error));
    }

    fn error(&self) -> Option<&TaskError> {
        self.outcome.get()?.as_ref().err()
    }

    fn has_outcome(&self) -> bool {
        self.outcome.get().is_some()
    }

    fn outcome(&self) -> NonNull<()> {
        NonNull::from(&self.outcome).cast()
    }

    fn outcome_mut(&mut self) -> NonNull<()> {
        NonNull::from(&mut self.outcome).cast()
    }
}

/// A [`Bodied`] whose body is missing.
pub(crate) struct Bodiless<S, T, F>(Arc<Bodied<S, TypedBody<T, F>>>);

impl<S: Unheld + Send + Sync + 'static, T: Send + Sync + 'static, F: 'static> Bodiless<S, T, F> {
    /// Returns also as many portions as things are missing, at least one.
    ///
    /// # Panics
    /// If nothing is missing.
    #[inline]
    pub(crate) fn new(shared: S, missing: usize) -> (Self, Portion<S, MISSING>) {
        assert!(missing > 0, "the body is missing");
        let counts = [AtomicUsize::new(1), AtomicUsize::new(missing)];
        let bodiless = Self(Arc::new(Bodied { shared, counts, body: TypedBody::new() }));
        // SAFETY: the counter was made just now, and is not 0.
        let missing = unsafe { Portion::first(bodiless.bodied(), missing) };
        (bodiless, missing)
    }

    /// Returns one that has an outcome already, and needs no body.
    pub(crate) fn with_outcome(shared: S, outcome: Result<T, TaskError>) -> Self {
        let counts = [AtomicUsize::new(1), AtomicUsize::new(0)];
        Self(Arc::new(Bodied { shared, counts, body: TypedBody::with_outcome(outcome) }))
    }

    pub(crate) fn shared(&self) -> &S {
        &self.0.shared
    }

    /// Returns the same task, for all others.
    pub(crate) fn bodied(&self) -> Arc<Bodied<S>> {
        Arc::clone(&self.0) as _
    }

    /// Puts the future into its place. It is polled by one thread after another.
    pub(crate) fn set(self, future: F) -> Outcome<S, T>
    where
        F: Future<Output = Result<T, TaskError>> + Send,
    {
        let body = &self.0.body;
        body.future.with_mut(|place| {
            // SAFETY: the state is `CLAIMED` since the body was made, so that there has been no claim, and only the one
            // `Bodiless`, which is consumed, has access to the place.
            unsafe { *place = Polled { polls: Some(F::poll), future: Some(future) } };
        });
        body.state.store(FREE, Ordering::Release);
        self.without_body()
    }

    /// Returns the same task, with the type of its outcome. It never has a body.
    pub(crate) fn without_body(self) -> Outcome<S, T> {
        // SAFETY: the counter is 1 since the `Bodied` was made, and the one `Bodiless` is consumed.
        Outcome { held: unsafe { Portion::first(self.0, 1) }, outcome: PhantomData }
    }
}

/// A portion of a [`Bodied`] whose outcome is a `Result<T, TaskError>`.
pub(crate) struct Outcome<S: Unheld, T> {
    held: Portion<S, HELD>,
    outcome: PhantomData<Shared<T>>,
}

/// Is invariant in `T`, and goes to other threads where an `Arc<T>` does.
type Shared<T> = (Arc<T>, fn(T) -> T);

impl<S: Unheld, T> Outcome<S, T> {
    #[inline]
    pub(crate) fn bodied(&self) -> &Bodied<S> {
        self.held.bodied()
    }

    pub(crate) fn held(&self) -> &Portion<S, HELD> {
        &self.held
    }

    /// Makes more portions, and keeps them.
    pub(crate) fn add(&mut self, more: usize) {
        self.held.add(more);
    }

    /// Makes `amount` more portions, for others.
    #[inline]
    pub(crate) fn fork(&self, amount: usize) -> Self {
        Self { held: self.held.fork(amount), outcome: PhantomData }
    }

    /// Returns the outcome, if there is one.
    #[inline]
    pub(crate) fn get(&self) -> Option<&Result<T, TaskError>> {
        let outcome = self.bodied().body.outcome().cast::<RawCell<Result<T, TaskError>>>();
        // SAFETY: only `Bodiless<S, T, F>` and `fork` make an `Outcome<S, T>`, so the body is a `TypedBody<T, F>`,
        // and this is the address of a field of it that has this type. It is borrowed as long as `self`, which owns it.
        unsafe { outcome.as_ref() }.get()
    }

    /// Takes the outcome, if there is one and nobody else has a portion or the `Bodied`.
    pub(crate) fn take(&mut self) -> Option<Result<T, TaskError>> {
        let mut outcome = self.held.alone()?.body.outcome_mut().cast::<RawCell<Result<T, TaskError>>>();
        // SAFETY: as in `get`; and the address comes from an exclusive borrow, which lasts as long as `self` is borrowed.
        unsafe { outcome.as_mut() }.remove()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
