//! For what only several threads of a runtime can do together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long a task waits for others without making way.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Does something, and once more if it fails, which it prints. A thread of tokio that is about to sleep can overlook a task
/// that is ready behind one that does not make way, and sleeps until another comes: a fault of the graph fails both times.
pub(crate) fn try_twice(act: impl Fn()) {
    if catch_unwind(AssertUnwindSafe(&act)).is_err() {
        eprintln!("tried again: {}", std::thread::current().name().unwrap_or("a test"));
        act();
    }
}
