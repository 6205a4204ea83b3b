//! A task that catches the failure of a follower whose bodies outlive that of its leader.

use std::task::Poll;

use adagio::{TaskError, dag};

use crate::common::{Driven, Stage, yield_once};

struct Site;

#[dag]
impl Site {
    fn ids(&self) -> [usize; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        if id == 0 {
            return Ok(id);
        }
        yield_once().await;
        Err("broken".to_owned())
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &usize) -> usize {
        for _ in 0..3 {
            yield_once().await;
        }
        *page
    }

    #[depends(catch rows)]
    fn report(&self, rows: Result<&[usize], TaskError>) -> String {
        rows.map_or_else(|error| error.to_string(), |rows| format!("{rows:?}"))
    }
}

struct Outer;

#[dag]
impl Outer {
    #[task(graph)]
    fn inner(&self) -> Site {
        Site
    }

    #[depends(inner.report)]
    fn end(&self, report: &str) -> String {
        report.to_owned()
    }
}

const BROKEN: &str = "task `pages[1]` failed";

#[test]
fn a_task_that_catches_a_follower_starts_after_the_last_body_of_it() {
    assert_eq!(Driven::new(Site.report()).run(), BROKEN);
    assert_eq!(Driven::new(Site.run().report()).run(), BROKEN);
}

#[test]
fn a_task_that_catches_a_follower_of_an_inner_graph_starts_after_the_last_body_of_it() {
    assert_eq!(Driven::new(Outer.end()).run(), BROKEN);
    assert_eq!(Driven::new(Outer.run().end()).run(), "task `inner.pages[1]` failed");
}

#[derive(Default)]
struct Narrow {
    stage: Stage,
}

#[dag(max_concurrency = 2)]
impl Narrow {
    fn ids(&self) -> [usize; 3] {
        [0, 1, 2]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        if id < 2 {
            return Ok(id);
        }
        self.stage.gate("pages").await;
        Err("broken".to_owned())
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &usize) -> usize {
        self.stage.act(["first", "second"][*page]).await;
        *page
    }

    #[depends(catch rows)]
    fn report(&self, rows: Result<&[usize], TaskError>) -> String {
        rows.map_or_else(|error| error.to_string(), |rows| format!("{rows:?}"))
    }
}

#[test]
fn a_body_that_waits_for_a_slot_does_not_start_once_the_leader_has_failed() {
    let _deadline = crate::common::deadline();
    let narrow = Narrow::default();
    let mut report = Driven::new(narrow.report());
    report.settle();
    assert_eq!(narrow.stage.events(), ["start first"]);
    narrow.stage.open("pages");
    report.settle();
    assert!(narrow.stage.events().is_empty());
    narrow.stage.open("first");
    assert_eq!(report.poll(), Poll::Ready("task `pages[2]` failed".to_owned()));
    assert_eq!(narrow.stage.events(), ["end first"]);
}
