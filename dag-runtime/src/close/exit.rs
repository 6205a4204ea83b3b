//! The exit through which the other threads leave a run. The state that they share has a [`Leave`]. When the last of them
//! drops that state, the exit opens, and the caller of `close()` continues.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

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
            waker.wake();
        }
    }
}
