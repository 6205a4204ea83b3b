//! Values that move beside dependencies that are caught or lazy.

use adagio::{Lazy, dag};

use crate::common::{Driven, Stage, yield_once};
use crate::counted::{Counted, Counts};

#[derive(Debug, PartialEq)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("no")
    }
}

impl std::error::Error for Failed {}

#[derive(Default)]
struct Edges {
    counts: Counts,
    stage: Stage,
}

#[dag]
impl Edges {
    async fn value(&self) -> Counted {
        yield_once().await;
        self.counts.value()
    }

    async fn fails(&self) -> Result<Counted, Failed> {
        Err(Failed)
    }

    async fn spare(&self) -> Counted {
        yield_once().await;
        self.counts.value()
    }

    #[depends(value, catch fails, lazy spare)]
    async fn asks(&self, value: Counted, fails: Option<&Counted>, spare: Lazy<'_, Counted>) -> Counted {
        assert!(fails.is_none());
        let _ = spare.await;
        value
    }

    #[depends(asks, catch fails)]
    async fn catches(&self, asks: Counted) -> Counted {
        yield_once().await;
        asks
    }

    #[depends(catches)]
    fn end(&self, catches: Counted) -> usize {
        drop(catches);
        self.counts.alive()
    }

    async fn may_fail(&self) -> Result<Counted, Failed> {
        Ok(self.counts.value())
    }

    #[depends(catch may_fail)]
    fn caught(&self, may_fail: Option<Counted>) -> bool {
        may_fail.is_some()
    }

    fn raced(&self) -> Counted {
        self.counts.value()
    }

    #[depends(raced)]
    async fn slow(&self, raced: Counted) {
        self.stage.gate("slow").await;
        drop(raced);
    }

    async fn fails_late(&self) -> Result<(), Failed> {
        self.stage.gate("late").await;
        Err(Failed)
    }

    #[depends(slow, fails_late)]
    fn stopped(&self) {}

    #[depends(catch stopped, raced)]
    async fn overtakes(&self, raced: Counted) {
        drop(raced);
    }
}

#[test]
fn values_move_beside_caught_and_lazy_dependencies() {
    let edges = Edges::default();
    // A task with lazy dependencies gets a clone of `value`; `spare` and `value` stay until the end.
    assert_eq!(Driven::new(edges.end()).run(), 2);
    assert_eq!((edges.counts.clones(), edges.counts.alive()), (1, 0));
    assert_eq!(*Driven::new(edges.run().end()).run(), 4);
    assert_eq!((edges.counts.clones(), edges.counts.alive()), (3, 0));
}

#[test]
fn a_caught_value_is_cloned() {
    let edges = Edges::default();
    assert!(Driven::new(edges.caught()).run());
    assert_eq!((edges.counts.clones(), edges.counts.alive()), (1, 0));
}

#[test]
fn a_task_that_catches_may_overtake_a_reader_and_so_takes_a_clone() {
    let edges = Edges::default();
    let mut overtakes = Driven::new(edges.overtakes());
    assert!(overtakes.poll().is_pending());
    edges.stage.open("late");
    overtakes.run();
    drop(overtakes);
    assert_eq!((edges.counts.clones(), edges.counts.alive()), (2, 0));
}
