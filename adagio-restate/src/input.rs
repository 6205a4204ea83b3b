//! The messages of the server, as the SDK sees them.
//!
//! While tasks run, the SDK reads messages only because we wait for a cancellation. If it met the end of the messages
//! there, it would report that nothing is to be done until a cancellation comes, and the server would call again only
//! then. So the end is held back until the tasks of the entry have run; the SDK meets it at its next own wait.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};

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
pub(crate) struct Input<B>(pub(crate) B);

impl<B: Body<Data = Bytes> + Unpin> Body for Input<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
            None if IS_EXECUTING.get() => Poll::Pending,
            frame => Poll::Ready(frame),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use http_body_util::Full;

    use super::*;

    #[test]
    fn the_end_is_held_back_while_tasks_run() {
        let mut input = Input(Full::new(Bytes::from_static(b"start")));
        let mut cx = Context::from_waker(Waker::noop());
        let mut poll = || Pin::new(&mut input).poll_frame(&mut cx);
        assert!(matches!(while_executing(&mut poll), Poll::Ready(Some(Ok(_)))), "messages are not");
        assert!(while_executing(&mut poll).is_pending());
        assert!(matches!(poll(), Poll::Ready(None)));
    }
}
