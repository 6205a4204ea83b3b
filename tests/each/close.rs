//! `close` of a run with such tasks: their results have no closer, and drop before those that they were made from are
//! closed.

use adagio::dag;

use crate::common::{Driven, now};
use crate::counted::{Counted, Counts};
use crate::gates::Gates;

/// Pages that are made with a pool.
#[derive(Default)]
struct Site {
    gates: Gates,
    counts: Counts,
}

struct Pool<'s>(&'s Site);

impl Pool<'_> {
    async fn close(self) {
        self.0.gates.log(format!("close with {} pages", self.0.counts.alive()));
    }
}

#[dag]
impl Site {
    fn ids(&self) -> [usize; 3] {
        [0, 1, 2]
    }

    #[task(close = Pool::close)]
    fn pool(&self) -> Pool<'_> {
        Pool(self)
    }

    #[depends(id in ids, pool)]
    async fn pages(&self, id: usize) -> Counted {
        self.gates.act("p", id).await;
        self.counts.value()
    }
}

#[test]
fn the_results_of_a_task_that_is_half_way_drop_before_its_dependencies_are_closed() {
    let site = Site::default();
    site.gates.open([0, 2]);
    let run = site.run();
    let mut driven = Driven::new(run.pages());
    driven.settle();
    drop(driven);
    assert_eq!(site.gates.events(), ["start p0", "end p0", "start p1", "start p2", "end p2"]);
    assert_eq!(site.counts.alive(), 2);
    now(run.close()).unwrap();
    assert_eq!(site.gates.events(), ["drop p1", "close with 0 pages"]);
    assert_eq!((site.counts.alive(), site.counts.clones()), (0, 0));
}

#[test]
fn all_results_drop_before_their_dependencies_are_closed() {
    let site = Site::default();
    site.gates.open([0, 1, 2]);
    let run = site.run();
    assert_eq!(now(run.pages()).len(), 3);
    assert_eq!(site.gates.events().len(), 6);
    assert_eq!(site.counts.alive(), 3);
    now(run.close()).unwrap();
    assert_eq!(site.gates.events(), ["close with 0 pages"]);
    assert_eq!((site.counts.alive(), site.counts.clones()), (0, 0));
}
