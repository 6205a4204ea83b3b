//! A helper for tests that need several threads of a runtime at the same time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long a task waits for others without yielding.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Calls a function, and calls it once more if it fails, which is printed. A thread of tokio that is about to sleep can
/// overlook a task that is ready behind a task that does not yield; it then sleeps until another task arrives. A fault
/// of the graph fails both times.
pub(crate) fn try_twice(act: impl Fn()) {
    if catch_unwind(AssertUnwindSafe(&act)).is_err() {
        eprintln!("tried again: {}", std::thread::current().name().unwrap_or("a test"));
        act();
    }
}
