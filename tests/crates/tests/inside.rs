//! A graph of another crate inside a graph of this crate.

#[path = "../../common/mod.rs"]
mod common;

use std::error::Error;

use adagio_crates::{PriceError, Pricing};
use common::deadline;
use futures::executor::block_on;
use graphs::{GraphTask, dag};

type List = fn(u64) -> Option<u64>;

struct Order {
    articles: Vec<u64>,
}

#[dag(crate = graphs)]
impl Order {
    #[task(graph)]
    fn pricing(&self) -> Pricing<List> {
        Pricing::new(|article| (article < 10).then_some(article * 100), self.articles.clone())
    }

    #[depends(pricing.total, pricing.count)]
    async fn bill(&self, total: &u64, count: &usize) -> Result<String, PriceError> {
        std::future::ready(()).await;
        Ok(format!("{count} for {total}"))
    }

    #[depends(pricing.count)]
    async fn label(&self, count: &usize) -> String {
        std::future::ready(()).await;
        format!("{count} articles")
    }
}

#[test]
fn a_terminal_runs_what_it_needs_of_the_other_crate() {
    let _deadline = deadline();
    let order = Order { articles: vec![1, 2] };
    assert_eq!(block_on(order.bill()), Ok("2 for 300".to_owned()));
    let unknown = Order { articles: vec![1, 11] };
    assert_eq!(block_on(unknown.bill()), Err(PriceError("11 is unknown".to_owned())));
    assert_eq!(block_on(unknown.label()), "2 articles");
}

#[test]
fn a_run_names_the_task_of_the_other_crate() {
    let _deadline = deadline();
    let order = Order { articles: vec![1, 11] };
    let run = order.run();
    assert_eq!(block_on(run.label()), "2 articles");
    let error = block_on(run.bill()).expect_err("11 is not on the list");
    assert_eq!(error.task(), "pricing.prices");
    assert_eq!(error.source().map(ToString::to_string), Some("11 is unknown".to_owned()));
}

#[test]
fn an_object_of_the_other_crate_can_be_injected() {
    let _deadline = deadline();
    let order = Order { articles: vec![1] };
    let cheap: List = |_| Some(1);
    let run = order.run().with_pricing(Pricing::new(cheap, vec![5, 6, 7]));
    assert_eq!(block_on(run.bill()).map(String::as_str).ok(), Some("3 for 3"));
}

#[test]
fn the_graph_of_the_other_crate_is_seen() {
    let names: Vec<_> = Order::graph().tasks().map(GraphTask::name).collect();
    assert_eq!(names, ["pricing", "pricing.prices", "pricing.total", "pricing.count", "bill", "label"]);
}
