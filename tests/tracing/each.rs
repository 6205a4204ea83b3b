//! The spans of a task that runs once for each element of a collection, and of its elements.

use std::future::pending;
use std::panic::catch_unwind;

use adagio::dag;

use crate::common::now;
use crate::notes::{Notes, traced};

struct Site;

struct Body(u8);

impl Drop for Body {
    fn drop(&mut self) {
        tracing::info!("page {} is gone", self.0);
    }
}

#[dag]
impl Site {
    fn ids(&self) -> [u8; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: u8) -> Result<(), String> {
        let _body = Body(id);
        if id == 0 {
            pending::<()>().await;
        }
        Err("lost".to_owned())
    }
}

#[test]
fn a_failure_drops_the_other_bodies_in_the_span_of_the_task() {
    traced(|notes| {
        assert!(now(Site.pages()).is_err());
        let lines = notes.lines();
        let said: Vec<_> = lines.iter().filter(|line| line.contains("says") || line.contains("failed")).collect();
        let expected = [
            "Site.pages[1] says page 1 is gone",
            "Site.pages[1]: failed",
            "Site.pages says page 0 is gone",
            "Site.pages: failed",
        ];
        assert_eq!(said, expected);
        for line in ["Site.pages[0] begins in Site.pages", "Site.pages[0]: cancelled"] {
            assert_eq!(lines.iter().filter(|said| *said == line).count(), 1, "{line}: {lines:?}");
        }
    });
}

struct Panics;

#[dag]
impl Panics {
    fn ids(&self) -> [u8; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: u8) {
        if id == 0 {
            pending::<()>().await;
        }
        panic!("page {id} is lost");
    }

    #[depends(id in ids)]
    fn plain(&self, id: u8) {
        assert_eq!(id, 0, "row {id} is lost");
    }
}

/// Returns how the elements of a task ended.
fn ends(notes: &Notes, task: &str) -> Vec<String> {
    let elements = format!("Panics.{task}[");
    notes.lines().into_iter().filter(|line| line.starts_with(&elements) && line.contains("]: ")).collect()
}

#[test]
fn an_element_whose_body_panics_has_one_end() {
    let calls: [fn(); 2] = [|| _ = now(Panics.pages()), || _ = now(Panics.run().pages())];
    for call in calls {
        traced(|notes| {
            assert!(catch_unwind(call).is_err());
            let mut ends = ends(notes, "pages");
            ends.sort();
            assert_eq!(ends, ["Panics.pages[0]: cancelled", "Panics.pages[1]: panicked"]);
        });
    }
    let calls: [fn(); 2] = [|| _ = now(Panics.plain()), || _ = now(Panics.run().plain())];
    for call in calls {
        traced(|notes| {
            assert!(catch_unwind(call).is_err());
            assert_eq!(ends(notes, "plain"), ["Panics.plain[0]: done", "Panics.plain[1]: panicked"]);
        });
    }
}
