//! The messages of the server, as the SDK sees them.
//!
//! While tasks run, the SDK reads messages only because we wait for a cancellation. If it met the end of the messages
//! there, it would report that nothing is to be done until a cancellation comes, and the server would call again only
//! then. So the end is held back until the tasks of the entry have run; the SDK meets it at its next own wait.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};

thread_local! {
    static IS_EXECUTING: Cell<bool> = const { Cell::new(false) };
}

/// Polls a future that reads messages while tasks run.
pub(crate) fn while_executing<T>(poll: impl FnOnce() -> T) -> T {
    struct Reset(bool);

    impl Drop for Reset {
        fn drop(&mut self) {
            IS_EXECUTING.set(self.0);
        }
    }

    let _reset = Reset(IS_EXECUTING.replace(true));
    poll()
}

/// The body of a request whose end is held back while tasks run.
pub(crate) struct Input(pub(crate) Incoming);

impl Body for Input {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
            None if IS_EXECUTING.get() => Poll::Pending,
            frame => Poll::Ready(frame),
        }
    }
}
