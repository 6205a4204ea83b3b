//! Bodies that block their thread: on the threads that the runtime keeps for that, in the scope of their task.

use std::future::poll_fn;
use std::panic::resume_unwind;

use super::current::{self, Entered};
use crate::error::Lost;

/// Calls a function on a thread that may block. Its scope waits until it has returned, even if the task is aborted.
///
/// # Panics
/// With the payload of the function's panic; outside of a tokio runtime; if the runtime shuts down, with a payload that makes the task lost.
pub fn blocking_here<T: Send + 'static>(
    task: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send {
    let presence = current::members().map(|members| members.presence());
    let mut call = crate::threads::blocking(task, move || {
        let _entered = presence.as_ref().map(|presence| Entered::closure(&presence.0));
        body()
    });
    // No message is printed, since nothing has panicked: the task's error says that it is lost.
    async move { poll_fn(|cx| call.poll_call(cx)).await.unwrap_or_else(|_| resume_unwind(Box::new(Lost))) }
}
