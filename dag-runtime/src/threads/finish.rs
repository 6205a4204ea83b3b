//! Bodies that end once they have started: each is a separate task of the runtime, which no worker aborts. A worker that is
//! aborted only stops waiting for it.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::pin;

use crate::observe::trace::Span;

thread_local! {
    static HAS_BEGUN: Cell<bool> = const { Cell::new(false) };
}

/// Notes that a body is polled that may begin such a body.
pub(super) fn begin_poll() {
    HAS_BEGUN.set(false);
}

/// Returns whether such a body has begun since then on this thread.
pub(super) fn has_begun() -> bool {
    HAS_BEGUN.get()
}

/// Runs a body that ends once this future has been polled, also if this future is dropped; its result is dropped then.
///
/// # Panics
/// With the payload of the body's panic.
pub(crate) async fn finish<B>(body: B) -> B::Output
where
    B: Future<Output: Send> + Send + 'static,
{
    let span = Span::current();
    HAS_BEGUN.set(true);
    let ends = tokio::spawn(async move {
        let mut body = pin!(body);
        poll_fn(|cx| span.enter(|| body.as_mut().poll(cx))).await
    });
    match ends.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => resume_unwind(payload),
            // The runtime shuts down, and drops the worker, too.
            Err(_) => pending().await,
        },
    }
}
