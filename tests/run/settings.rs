//! A setting that a run cannot take is reported at the line of the user.

use adagio::{Observer, dag};

use crate::common::now;
use crate::panic_line::line_of;

struct Settings;

#[dag]
impl Settings {
    fn id(&self) -> u32 {
        7
    }
}

struct Ignores;

impl Observer for Ignores {}

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
