//! The spans of the tasks of an inner graph.

use adagio::dag;

use crate::common::now;
use crate::notes::{Notes, traced};

struct Rates;

#[dag]
impl Rates {
    fn rate(&self) -> Result<u8, String> {
        Err("closed".to_owned())
    }
}

struct Pricing;

#[dag]
impl Pricing {
    async fn total(&self) -> u8 {
        tracing::info!("adding up");
        1
    }

    #[task(graph)]
    fn rates(&self) -> Rates {
        Rates
    }

    #[depends(rates.rate)]
    fn converted(&self, rate: u8) -> Result<u8, String> {
        if rate == 0 { Err("worthless".to_owned()) } else { Ok(rate) }
    }
}

struct Page;

#[dag]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        Pricing
    }

    #[depends(pricing.total)]
    async fn page(&self, total: u8) -> u8 {
        total
    }

    #[depends(pricing.converted)]
    fn bill(&self, converted: u8) -> Result<u8, String> {
        converted.checked_mul(2).ok_or_else(|| "too much".to_owned())
    }
}

#[test]
fn the_tasks_of_a_graph_inside_are_in_the_span_of_the_caller_too() {
    let expected = |parent| {
        let line = |task: &str| [format!("Page.{task} begins in {parent}"), format!("Page.{task}: done")];
        let [begins, done] = line("pricing.total");
        let says = "Page.pricing.total says adding up".to_owned();
        let [page_begins, page_done] = line("page");
        let inner = "Page.pricing.total follows from Page.pricing".to_owned();
        let outer = "Page.page follows from Page.pricing.total".to_owned();
        [line("pricing").to_vec(), vec![begins, inner, says, done, page_begins, outer, page_done]].concat()
    };
    traced(|notes| {
        tracing::info_span!("caller").in_scope(|| now(Page.page()));
        assert_eq!(without_closed(notes), expected("caller"));
    });
    traced(|notes| {
        let run = tracing::info_span!("maker").in_scope(|| Page.run());
        assert_eq!(now(run.page()), &1);
        assert_eq!(without_closed(notes), expected("maker"));
    });
}

#[test]
fn a_failure_two_graphs_deep_is_the_end_of_its_span() {
    for is_run in [false, true] {
        traced(|notes| {
            let failed = if is_run { now(Page.run().bill()).is_err() } else { now(Page.bill()).is_err() };
            assert!(failed);
            let lines = without_closed(notes);
            assert_eq!(lines.last().map(String::as_str), Some("Page.pricing.rates.rate: failed"));
        });
    }
}

fn without_closed(notes: &Notes) -> Vec<String> {
    notes.lines().into_iter().filter(|line| !line.ends_with("closed")).collect()
}
