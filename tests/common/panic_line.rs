//! Which line is blamed for a panic.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// The file and the line of the last panic of this thread.
    static PLACE: Cell<Option<(String, u32)>> = const { Cell::new(None) };
}

/// Returns the line of the caller's file that is blamed for a panic.
#[track_caller]
pub(crate) fn line_of<T>(panics: impl FnOnce() -> T) -> u32 {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let earlier = take_hook();
        set_hook(Box::new(move |info| {
            PLACE.set(info.location().map(|place| (place.file().to_owned(), place.line())));
            earlier(info);
        }));
    });
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err(), "it does not panic");
    let (file, line) = PLACE.take().expect("a panic has a place");
    assert_eq!(file, Location::caller().file());
    line
}
