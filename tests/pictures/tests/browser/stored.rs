//! The report of a stored run.

use std::fs;
use std::path::Path;

use adagio::dag;
use adagio_store::{Status, Store, StoredRun};
use serde::Deserialize;

use crate::chromium::open;
use crate::common::deadline;
use crate::picture::Picture;

struct Order;

#[dag(durable)]
impl Order {
    fn reserve(&self) -> u32 {
        7
    }

    #[depends(reserve)]
    fn charge(&self, reserve: u32) -> Result<String, String> {
        Err(format!("no <money> for {reserve}"))
    }

    #[depends(charge)]
    pub(crate) fn ship(&self, charge: &str) -> Result<u32, String> {
        charge.parse().map_err(|error| format!("{error}"))
    }
}

#[derive(Deserialize)]
struct Page {
    title: String,
    timeline: Picture,
    table: Vec<Vec<String>>,
    outside: usize,
}

const ASK: &str = "{
    title: document.querySelector('h1').textContent,
    timeline: probe('#timeline'),
    table: [...document.querySelectorAll('#tasks tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)),
    outside: document.querySelectorAll('[src], [href^=http], link:not([href^=\"data:\"])').length,
}";

#[tokio::test]
async fn the_report_of_a_stored_run_shows_its_tasks_and_its_failure() {
    let _deadline = deadline();
    let store = Store::in_memory().await.unwrap();
    let orders = store.graph("order", |(): ()| Order);
    let order = orders.start("order-7", ()).await.unwrap();
    assert_eq!(StoredRun::ended(&order).await, Status::Failed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stored.html");
    fs::write(&path, orders.report("order-7").await.unwrap()).unwrap();
    let Some(opened) = open(&path, ASK) else { return };
    assert!(opened.console().is_empty(), "{:?}", opened.console());
    let page: Page = opened.said();
    assert_eq!(page.outside, 0);
    assert_eq!(page.title.trim(), "Order::ship failed");
    let mut states: Vec<_> = page.table.iter().map(|row| [row[0].as_str(), row[1].as_str()]).collect();
    states.sort_unstable();
    let failed = "failed no <money> for 7";
    assert_eq!(states, [["charge", failed], ["reserve", "done"], ["ship", "skipped because of charge"]]);
    page.timeline.assert_that_rows_are_apart();
}
