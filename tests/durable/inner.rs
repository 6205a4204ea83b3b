//! `#[task(graph)]` in a durable block: the tasks of the block alone have places in its graph.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use adagio::dag;
use adagio::durable::{Deferral, Durable, DurableRun};
use serde::{Deserialize, Serialize};

use crate::common::deadline;

#[derive(Default)]
struct Page {
    attempts: AtomicU32,
}

// Clippy takes the `pin!` of the generated code for an unsafe method of the type.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Serialize, Deserialize)]
struct Pricing(u32);

#[dag]
impl Pricing {
    async fn total(&self) -> u32 {
        self.0
    }
}

#[dag(durable)]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing(40)
    }

    #[depends(pricing.total)]
    async fn shown(&self, total: u32) -> u32 {
        total + 1
    }

    #[depends(shown, pricing.total, pricing)]
    #[task(retry = 2)]
    pub(crate) async fn page(&self, shown: u32) -> Result<u32, String> {
        if self.attempts.fetch_add(1, Relaxed) == 0 { Err("no paper".to_owned()) } else { Ok(shown + 1) }
    }
}

#[test]
fn a_task_of_an_inner_graph_counts_as_the_task_that_returns_the_graph() {
    let tasks: Vec<_> = Page::GRAPH.tasks.iter().map(|task| (task.name, task.dependencies)).collect();
    assert_eq!(tasks, [("pricing", &[][..]), ("shown", &[0]), ("page", &[1, 0])]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_task_behind_an_inner_graph_is_deferred() {
    let _deadline = deadline();
    let page = Arc::new(Page::default());
    let deferral = Deferral::new(Page::GRAPH);
    let run = page.durable_run().defer_retries(&deferral);
    assert_eq!(run.result("page").await.unwrap_err().task(), "page");
    assert!(deferral.has("page"));
    assert!(!deferral.has("shown"));
}
