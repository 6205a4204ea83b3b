//! A helper for tests that need several threads of a runtime at the same time.

use tokio::runtime::Handle;

/// Waits until the others have come, without yielding to other tasks. Meanwhile it spawns an empty task now and then: a
/// thread of tokio that is about to sleep can overlook a task that is ready behind a task that does not yield; it then
/// sleeps until another task arrives.
pub(crate) fn wait_without_yielding(mut is_met: impl FnMut() -> bool) {
    let runtime = Handle::current();
    for turn in 1_u64.. {
        if is_met() {
            return;
        }
        if turn % 1_000 == 0 {
            drop(runtime.spawn(async {}));
        }
        std::thread::yield_now();
    }
}
