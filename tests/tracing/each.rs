//! The spans of a task that runs once for each element of a collection, and of its elements.

use std::future::pending;

use adagio::dag;

use crate::common::now;
use crate::notes::traced;

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
