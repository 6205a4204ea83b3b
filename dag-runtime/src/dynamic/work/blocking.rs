//! Bodies that block their thread: on the threads that the runtime keeps for that, in the scope of their task.

use super::current::{self, Entered};

/// Calls a function on a thread that may block. Its scope waits until it has returned, even if the task is aborted.
///
/// # Panics
/// With the payload of the function's panic; outside of a tokio runtime; if the runtime shuts down.
pub fn blocking_here<T: Send + 'static>(
    task: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send {
    let presence = current::members().map(|members| members.presence());
    crate::threads::blocking(task, move || {
        let _entered = presence.as_ref().map(|presence| Entered::scope(&presence.0));
        body()
    })
}
