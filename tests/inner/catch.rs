//! `catch` with inner graphs: for an inner task, inside an inner graph, and both.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::task::Poll;

use adagio::{TaskError, dag};

use crate::common::{Driven, Stage, now, yield_once};

#[derive(Clone, Debug, PartialEq)]
struct Missing(&'static str);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no {}", self.0)
    }
}

impl Error for Missing {}

/// Plain inside.
struct Pricing {
    is_open: bool,
}

#[dag]
impl Pricing {
    async fn list(&self) -> Result<u32, Missing> {
        yield_once().await;
        if self.is_open { Ok(5) } else { Err(Missing("list")) }
    }

    #[depends(list)]
    async fn total(&self, list: u32) -> Result<u32, Missing> {
        Ok(list * 2)
    }

    async fn currency(&self) -> String {
        yield_once().await;
        "EUR".to_owned()
    }

    async fn shipping(&self) -> Result<u32, Missing> {
        yield_once().await;
        Ok(1)
    }
}

struct Page {
    is_open: bool,
    is_there: bool,
}

#[dag]
impl Page {
    #[task(graph)]
    async fn pricing(&self) -> Result<Pricing, Missing> {
        if self.is_there { Ok(Pricing { is_open: self.is_open }) } else { Err(Missing("pricing")) }
    }

    #[depends(catch pricing.total, catch pricing.currency)]
    fn line(&self, total: Option<&u32>, currency: Option<&str>) -> String {
        format!("{total:?} {currency:?}")
    }

    #[depends(catch pricing.total, catch pricing.shipping)]
    async fn told(&self, total: Result<&u32, TaskError>, shipping: Result<u32, TaskError>) -> String {
        format!(
            "{:?} {:?}",
            total.map_err(|error| (error.task(), error.source().map(ToString::to_string))),
            shipping.ok()
        )
    }

    #[depends(pricing.total, catch pricing.shipping)]
    async fn strict(&self, total: u32, shipping: Option<u32>) -> Result<u32, Missing> {
        Ok(total + shipping.unwrap_or(9))
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    Driven::new(future).run()
}

#[test]
fn the_failure_of_an_inner_task_is_caught() {
    let page = Page { is_open: false, is_there: true };
    assert_eq!(run(page.line()), r#"None Some("EUR")"#);
    assert_eq!(*run(page.run().line()), r#"None Some("EUR")"#);
    let told = r#"Err(("pricing.list", Some("no list"))) Some(1)"#;
    assert_eq!(run(page.told()), told);
    assert_eq!(*run(page.run().told()), told);
}

#[test]
fn without_a_failure_inner_results_are_lent() {
    let page = Page { is_open: true, is_there: true };
    assert_eq!(run(page.line()), r#"Some(10) Some("EUR")"#);
    assert_eq!(*run(page.run().line()), r#"Some(10) Some("EUR")"#);
    assert_eq!(run(page.told()), "Ok(10) Some(1)");
    assert_eq!(run(page.strict()), Ok(11));
}

#[test]
fn where_the_graph_itself_is_missing_all_of_it_is() {
    let page = Page { is_open: true, is_there: false };
    assert_eq!(now(page.line()), "None None");
    assert_eq!(*now(page.run().line()), "None None");
    let told = r#"Err(("pricing", Some("no pricing"))) None"#;
    assert_eq!(now(page.told()), told);
    assert_eq!(*now(page.run().told()), told);
}

#[test]
fn an_inner_failure_that_is_not_caught_ends_the_call() {
    let page = Page { is_open: false, is_there: true };
    assert_eq!(run(page.strict()), Err(Missing("list")));
    assert_eq!(run(page.run().strict()).unwrap_err().task(), "pricing.list");
}

/// Catches inside.
struct Offers {
    is_open: bool,
}

#[dag(max_concurrency = 1)]
impl Offers {
    async fn stock(&self) -> Result<u32, Missing> {
        yield_once().await;
        if self.is_open { Ok(5) } else { Err(Missing("stock")) }
    }

    #[depends(catch stock)]
    async fn best(&self, stock: Option<u32>) -> u32 {
        yield_once().await;
        stock.unwrap_or(0)
    }

    #[depends(catch stock)]
    fn why(&self, stock: Result<&u32, TaskError>) -> String {
        stock.map_or_else(|error| error.task().to_owned(), ToString::to_string)
    }

    #[depends(stock, best)]
    fn sum(&self, stock: u32, best: u32) -> Result<u32, Missing> {
        Ok(stock + best)
    }
}

struct Site {
    is_open: bool,
}

#[dag]
impl Site {
    #[task(graph)]
    fn offers(&self) -> Offers {
        Offers { is_open: self.is_open }
    }

    #[depends(offers.best, offers.why)]
    fn plain(&self, best: u32, why: &str) -> String {
        format!("{best} {why}")
    }
}

/// The same with `catch` outside, too.
struct Shop {
    is_open: bool,
}

#[dag]
impl Shop {
    #[task(graph)]
    fn offers(&self) -> Offers {
        Offers { is_open: self.is_open }
    }

    #[depends(offers.best, catch offers.sum)]
    async fn both(&self, best: u32, sum: Result<u32, TaskError>) -> String {
        format!("{best} {:?}", sum.map_err(|error| error.task()))
    }

    #[depends(offers.best, offers.sum)]
    async fn strict(&self, best: u32, sum: u32) -> Result<u32, Missing> {
        Ok(best + sum)
    }
}

#[test]
fn an_inner_graph_catches_its_own_failures() {
    assert_eq!(run(Site { is_open: false }.plain()), "0 stock");
    assert_eq!(*run(Site { is_open: false }.run().plain()), "0 offers.stock");
    assert_eq!(run(Site { is_open: true }.plain()), "5 5");
    assert_eq!(*run(Site { is_open: true }.run().plain()), "5 5");
}

#[test]
fn both_graphs_catch() {
    let shop = Shop { is_open: false };
    assert_eq!(run(shop.both()), r#"0 Err("offers.stock")"#);
    assert_eq!(*run(shop.run().both()), r#"0 Err("offers.stock")"#);
    assert_eq!(run(shop.strict()), Err(Missing("stock")));
    assert_eq!(run(shop.run().strict()).unwrap_err().task(), "offers.stock");
    let shop = Shop { is_open: true };
    assert_eq!(run(shop.both()), "5 Ok(10)");
    assert_eq!(*run(shop.run().both()), "5 Ok(10)");
    assert_eq!(run(shop.strict()), Ok(15));
}

#[test]
fn settle_tells_an_inner_failure_once() {
    let page = Page { is_open: false, is_there: true };
    let failures = run(page.run().settle());
    assert_eq!(failures.iter().map(TaskError::task).collect::<Vec<_>>(), ["pricing.list"]);
    let shop = Shop { is_open: false };
    assert_eq!(run(shop.run().settle()).iter().map(TaskError::task).collect::<Vec<_>>(), ["offers.stock"]);
}

/// Fails once, in a graph inside.
struct Flaky {
    stage: Arc<Stage>,
}

#[dag]
impl Flaky {
    async fn stock(&self) -> Result<u32, Missing> {
        self.stage.act("stock").await;
        if self.stage.polls("stock") > 1 { Ok(5) } else { Err(Missing("stock")) }
    }

    async fn cart(&self) -> u32 {
        self.stage.act("cart").await;
        1
    }

    #[depends(cart, catch stock)]
    async fn best(&self, cart: u32, stock: Option<u32>) -> u32 {
        cart + stock.unwrap_or(0)
    }
}

struct Around(Arc<Stage>);

#[dag]
impl Around {
    #[task(graph)]
    fn flaky(&self) -> Flaky {
        Flaky { stage: Arc::clone(&self.0) }
    }

    #[depends(flaky.best)]
    fn best(&self, best: u32) -> u32 {
        best
    }
}

#[test]
fn what_was_caught_inside_is_tried_again_for_what_has_not_started() {
    let around = Around(Arc::default());
    around.0.open("stock");
    let goal = around.run();
    let mut best = Driven::new(goal.best());
    assert!(best.poll().is_pending());
    assert_eq!(around.0.events(), ["start stock", "end stock", "start cart"]);
    goal.retry_failed();
    assert!(best.poll().is_pending());
    assert_eq!(around.0.events(), ["start stock", "end stock"]);
    around.0.open("cart");
    assert_eq!(best.poll(), Poll::Ready(&6));
}

/// A graph in a graph in a graph.
struct Town {
    is_open: bool,
}

#[dag]
impl Town {
    #[task(graph)]
    fn shop(&self) -> Shop {
        Shop { is_open: self.is_open }
    }

    #[depends(shop.both, catch shop.strict)]
    fn news(&self, both: &str, strict: Option<u32>) -> String {
        format!("{both} {strict:?}")
    }
}

// A task that several named tasks of the outermost graph need is reported under the name of the first of them.
#[test]
fn failures_are_caught_at_each_depth() {
    assert_eq!(run(Town { is_open: false }.news()), r#"0 Err("shop.offers.stock") None"#);
    assert_eq!(*run(Town { is_open: false }.run().news()), r#"0 Err("shop.offers.stock") None"#);
    assert_eq!(run(Town { is_open: true }.news()), "5 Ok(10) Some(15)");
}
