//! For what only several threads of a runtime can do together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long a task waits for others without making way.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Does something once more if it fails, up to twenty times. A thread of tokio that is about to sleep can overlook a task that
/// is ready behind one that does not make way, and sleeps until another comes: with two tasks and no graph, some times in a
/// hundred thousand.
pub(crate) fn try_often(act: impl Fn()) {
    let is_done = (1..20).any(|_| catch_unwind(AssertUnwindSafe(&act)).is_ok());
    if !is_done {
        act();
    }
}
