//! A setting that a durable run cannot take is reported at the line of the engine.

use std::sync::Arc;

use adagio::durable::{Deferral, Durable, DurableRun};
use adagio::{Observer, TaskError, dag};

use crate::common::now;
use crate::each::Shelf;
use crate::panic_line::line_of;

struct Settings;

#[dag(durable)]
impl Settings {
    fn ids(&self) -> Vec<u32> {
        vec![7]
    }

    #[depends(id in ids)]
    #[task(remote)]
    pub(crate) async fn pages(&self, id: u32) -> u32 {
        id
    }
}

struct Ignores;

impl Observer for Ignores {}

fn begun() -> <Settings as Durable>::Run {
    let run = Arc::new(Settings).durable_run();
    now(DurableRun::result(&run, "pages")).unwrap();
    run
}

fn gone() -> TaskError {
    Settings::GRAPH.failure("pages", "gone")
}

#[test]
fn a_setting_that_a_durable_run_cannot_take_is_reported_at_its_line() {
    assert_eq!(line_of(|| begun().seed("ids", b"[1]")), line!());
    assert_eq!(line_of(|| begun().seed("pages[0]", b"1")), line!());
    assert_eq!(line_of(|| begun().seed_failure("pages", gone())), line!());
    assert_eq!(line_of(|| begun().defer_retries(&Deferral::new(Settings::GRAPH))), line!());
    assert_eq!(line_of(|| DurableRun::observe(begun(), Ignores)), line!());
    assert_eq!(line_of(|| begun().keep(Shelf::new())), line!());
    assert_eq!(line_of(|| begun().only("pages", 0)), line!());
    assert_eq!(line_of(|| begun().only("ids", 0)), line!());
    assert_eq!(line_of(|| begun().seed("gone", b"1")), line!());
    assert_eq!(line_of(|| drop(DurableRun::result(&begun(), "gone"))), line!());
}
