//! A graph inside another: both have a wide task with `remote`, of the same name.

use std::sync::Arc;

use adagio::dag;
use adagio::durable::{Durable, DurableRun};
use serde::{Deserialize, Serialize};

use crate::common::deadline;
use crate::each::Shelf;

// Clippy takes the `pin!` of the generated code for an unsafe method of the type.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Serialize, Deserialize)]
struct Region;

#[dag(durable)]
impl Region {
    fn ids(&self) -> Vec<u32> {
        vec![5, 6, 7]
    }

    #[depends(id in ids)]
    #[task(remote)]
    async fn prices(&self, id: u32) -> Result<u32, String> {
        if id == 8 { Err("sold".to_owned()) } else { Ok(id) }
    }
}

struct Land;

#[dag(durable)]
impl Land {
    #[task(graph)]
    fn region(&self) -> Region {
        Region
    }

    fn ids(&self) -> Vec<u32> {
        vec![1, 2]
    }

    #[depends(id in ids, region.prices)]
    #[task(remote)]
    pub(crate) async fn prices(&self, id: u32, prices: &[u32]) -> Result<usize, String> {
        Ok(id as usize * prices.len())
    }
}

#[tokio::test]
async fn a_wide_task_of_an_inner_graph_runs_whole_beside_one_body() {
    let _watch = deadline();
    let shelf = Shelf::new();
    let run = Arc::new(Land).durable_run().only("prices", 1).seed("ids", b"[2]").unwrap().keep(shelf.clone());
    run.result("prices").await.unwrap();
    let mut log = shelf.log();
    log.sort();
    let inner = ["region.prices = 3", "region.prices[0] = 5", "region.prices[1] = 6", "region.prices[2] = 7"];
    assert_eq!(log.iter().filter(|kept| kept.starts_with("region.prices")).collect::<Vec<_>>(), inner.each_ref());
    assert_eq!(log.iter().filter(|kept| kept.starts_with("prices")).collect::<Vec<_>>(), ["prices[1] = 6"]);
}
