//! The exit through which the other threads leave a run. The state that they share has a [`Leave`]. When the last of them
//! drops that state, the exit opens, and the caller of `close()` continues.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use crate::observe::observer::returns;

/// Where the caller of `close()` waits for the other threads of a run.
#[derive(Default)]
pub(crate) struct Exit(Mutex<State>);

#[derive(Default)]
struct State {
    is_open: bool,
    waker: Option<Waker>,
}

impl Exit {
    /// Waits until the other threads have left.
    pub(crate) async fn opens(&self) {
        poll_fn(|cx| {
            // Foreign code, which runs outside the lock.
            let waker = cx.waker().clone();
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let is_open = state.is_open;
            let left = state.waker.replace(waker);
            drop(state);
            drop(left);
            if is_open { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Opens the exit when it is dropped.
pub(crate) struct Leave(pub(crate) Arc<Exit>);

impl Drop for Leave {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_open = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            // The state may be dropped in an unwind.
            returns(|| waker.wake());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Wake, Waker};

    use super::{Exit, Leave};

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker");
        }
    }

    #[test]
    fn a_waker_that_panics_does_not_reach_the_thread_that_leaves() {
        let exit = Arc::new(Exit::default());
        let mut opens = pin!(exit.opens());
        let panics = Waker::from(Arc::new(Panics));
        assert!(opens.as_mut().poll(&mut Context::from_waker(&panics)).is_pending());
        drop(Leave(Arc::clone(&exit)));
        assert!(opens.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
}
