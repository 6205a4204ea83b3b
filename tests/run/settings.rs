//! A setting that a run cannot take is reported at the line of the user.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use adagio::{Observer, dag};

use crate::common::now;

struct Settings;

#[dag]
impl Settings {
    async fn id(&self) -> u32 {
        7
    }
}

struct Ignores;

impl Observer for Ignores {}

thread_local! {
    /// The line of the last panic of this thread, and whether it is one of this file.
    static PLACE: Cell<Option<(bool, u32)>> = const { Cell::new(None) };
}

/// Returns the line of this file that is blamed for a panic.
fn line_of<T>(panics: impl FnOnce() -> T) -> u32 {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let earlier = take_hook();
        set_hook(Box::new(move |info| {
            PLACE.set(info.location().map(|place| (place.file() == file!(), place.line())));
            earlier(info);
        }));
    });
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    let (is_here, line) = PLACE.take().unwrap();
    assert!(is_here);
    line
}

#[test]
fn a_setting_that_a_run_cannot_take_is_reported_at_its_line() {
    assert_eq!(line_of(|| Settings.run().max_concurrency(0)), line!());
    assert_eq!(line_of(|| Settings.run().with_id(1).with_id(2)), line!());
    let begun = || {
        let run = Settings.run();
        now(run.id());
        run
    };
    assert_eq!(line_of(|| begun().with_id(1)), line!());
    assert_eq!(line_of(|| begun().max_concurrency(1)), line!());
    assert_eq!(line_of(|| begun().observe(Ignores)), line!());
    assert_eq!(line_of(|| begun().cancel_abandoned()), line!());
}
