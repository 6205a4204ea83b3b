//! The tokio runtime that a task needs, or a panic that says how to start one.

use tokio::runtime::Handle;

/// Returns the runtime that is running here.
#[track_caller]
pub(crate) fn tokio_runtime(task: &str) -> Handle {
    let runtime = Handle::try_current();
    runtime.unwrap_or_else(|_| {
        panic!(
            "{task} needs a tokio runtime, and none is running here: put `#[tokio::main]` on `main`, or await inside of \
             `tokio::runtime::Runtime::block_on`"
        )
    })
}
