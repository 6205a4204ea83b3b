//! The tokio runtime that a task needs, or a panic that says how to start one.

use tokio::runtime::Handle;

/// Returns the runtime that is running here.
#[track_caller]
pub(crate) fn tokio_runtime(task: &str) -> Handle {
    // The panic is in no closure, so that it is reported where the caller is.
    let Ok(runtime) = Handle::try_current() else {
        panic!(
            "{task} needs a tokio runtime, and none is running here: put `#[tokio::main]` on `main`, or await inside of \
             `tokio::runtime::Runtime::block_on`; a thread of your own enters the runtime with `tokio::runtime::Handle::enter`"
        )
    };
    runtime
}
