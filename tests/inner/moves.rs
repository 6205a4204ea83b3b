//! Values that move inside a graph that is inside another.
#![allow(clippy::trivially_copy_pass_by_ref, reason = "tasks of any signature, with little to do")]

use adagio::dag;

use crate::common::{Driven, yield_once};
use crate::counted::{Counted, Counts};

struct Inner {
    counts: Counts,
    first: Counted,
}

#[dag]
impl Inner {
    async fn source(&self) -> Counted {
        yield_once().await;
        self.first.clone()
    }

    #[depends(source)]
    async fn moved(&self, source: Counted) -> Counted {
        yield_once().await;
        source
    }

    #[depends(moved)]
    async fn total(&self, moved: Counted) -> Counted {
        yield_once().await;
        drop(moved);
        self.counts.value()
    }

    #[depends(total)]
    fn count(&self, total: Counted) -> usize {
        drop(total);
        1
    }
}

struct Middle(Counts);

#[dag]
impl Middle {
    #[task(graph)]
    fn inner(&self) -> Inner {
        Inner { counts: self.0.clone(), first: self.0.value() }
    }

    #[depends(inner.count)]
    fn alone(&self, count: &usize) -> usize {
        *count
    }
}

#[derive(Default)]
struct Outer(Counts);

#[dag]
impl Outer {
    fn first(&self) -> Counted {
        self.0.value()
    }

    #[depends(first)]
    #[task(graph)]
    fn inner(&self, first: Counted) -> Inner {
        Inner { counts: self.0.clone(), first }
    }

    #[depends(inner.count)]
    fn alone(&self, count: &usize) -> usize {
        *count
    }

    #[depends(inner.count, inner.total)]
    fn both(&self, count: &usize, total: Counted) -> usize {
        drop(total);
        *count
    }

    #[task(graph)]
    fn middle(&self) -> Middle {
        Middle(self.0.clone())
    }

    #[depends(middle.alone)]
    fn deeper(&self, alone: &usize) -> usize {
        *alone
    }
}

#[test]
fn values_of_an_inner_graph_move_in_a_call() {
    let outer = Outer::default();
    assert_eq!(Driven::new(outer.alone()).run(), 1);
    // The inner source clones its own field.
    assert_eq!((outer.0.clones(), outer.0.alive()), (1, 0));
    assert_eq!(Driven::new(outer.deeper()).run(), 1);
    assert_eq!((outer.0.clones(), outer.0.alive()), (1, 0));
}

#[test]
fn a_value_that_the_outer_graph_names_is_cloned_inside() {
    let outer = Outer::default();
    assert_eq!(Driven::new(outer.both()).run(), 1);
    // Inside and outside, besides that of the field.
    assert_eq!((outer.0.clones(), outer.0.alive()), (3, 0));
}

#[test]
fn a_run_remembers_the_values_of_an_inner_graph_and_so_clones_them() {
    let outer = Outer::default();
    let run = outer.run();
    assert_eq!(*Driven::new(run.alone()).run(), 1);
    // `first`, the field, and three results inside.
    assert_eq!(outer.0.clones(), 5);
    drop(run);
    assert_eq!(outer.0.alive(), 0);
}

#[test]
fn a_call_that_is_dropped_at_any_poll_drops_the_values_inside() {
    for polls in 0..4 {
        let outer = Outer::default();
        let mut alone = Driven::new(outer.alone());
        for _ in 0..polls {
            assert!(alone.poll().is_pending());
        }
        drop(alone);
        assert_eq!(outer.0.alive(), 0, "after {polls} polls");
    }
}
