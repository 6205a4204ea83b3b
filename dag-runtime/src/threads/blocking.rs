//! Tasks that block their thread. They run on the threads that the runtime keeps for blocking calls.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::{JoinError, JoinHandle};

use crate::observe::trace::Span;
use crate::runtime::tokio_runtime;

/// Calls a function on a thread that may block. If the future is dropped before the function has started, the function
/// never runs; if it is dropped later, the result is dropped.
///
/// # Panics
/// With the payload of the function's panic; outside of a tokio runtime; if the runtime shuts down.
pub fn blocking<T: Send + 'static>(task: &'static str, body: impl FnOnce() -> T + Send + 'static) -> Blocking<T> {
    let runtime = tokio_runtime(&format!("the blocking task `{task}`"));
    let span = Span::current();
    Blocking { task, call: runtime.spawn_blocking(move || span.enter(body)) }
}

/// The future of a call on another thread.
pub struct Blocking<T> {
    task: &'static str,
    call: JoinHandle<T>,
}

impl<T> Blocking<T> {
    /// Waits for the function; an error says that its runtime has shut down.
    pub(crate) fn poll_call(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        match ready!(Pin::new(&mut self.call).poll(cx)) {
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            result => Poll::Ready(result),
        }
    }
}

impl<T> Future for Blocking<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match ready!(self.poll_call(cx)) {
            Ok(value) => Poll::Ready(value),
            Err(error) => panic!("task `{}` is lost: its tokio runtime has shut down: {error}", self.task),
        }
    }
}

impl<T> Drop for Blocking<T> {
    fn drop(&mut self) {
        self.call.abort();
    }
}
