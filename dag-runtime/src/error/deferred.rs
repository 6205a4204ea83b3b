//! Terminals whose error is asked to be made of others' where they are awaited, not in the block.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// A terminal, as a type: what the tasks it needs fail with, and its own error.
pub trait DeferredTerminal {
    /// What any task of the block fails with.
    type Failure;
    /// What the terminal fails with.
    type Error;
}

/// A terminal whose error can be made of the failures of all tasks that it needs.
pub trait ConvertFailure: DeferredTerminal {
    /// Converts a failure into the error of the terminal.
    fn convert(failure: Self::Failure) -> Self::Error;
}

pin_project! {
    /// The future of a terminal: a future only where the terminal `M` can [`ConvertFailure`].
    ///
    /// A bound on the method would be told three times at every `.await`, one on this type is told once.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Deferred<F, M> {
        #[pin]
        future: F,
        terminal: PhantomData<fn() -> M>,
    }
}

impl<F, M> Deferred<F, M> {
    /// Takes the future whose output is that of the terminal, or the failure unchanged.
    #[inline]
    pub fn new(future: F) -> Self {
        Self { future, terminal: PhantomData }
    }
}

impl<F, M, T> Future for Deferred<F, M>
where
    M: ConvertFailure,
    F: Future<Output = Result<Result<T, M::Error>, M::Failure>>,
{
    type Output = Result<T, M::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(|result| result.unwrap_or_else(|failure| Err(M::convert(failure))))
    }
}
