//! Failures inside a graph of a graph that are caught, there or outside, and caught failures on other threads.

use std::error::Error as _;
use std::future::pending;

use adagio::{Lazy, TaskError, dag};
use adagio_store::{Graph, Status, Store, StoredRun};
use serde::{Deserialize, Serialize};

use super::{Count, soon};

/// Where the failures are caught.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Clone, Serialize, Deserialize)]
struct Pricing {
    is_sold: bool,
    is_foreign: bool,
}

#[dag(durable)]
impl Pricing {
    async fn coupon(&self) -> Result<u32, String> {
        COUPONS.with(Count::add);
        Err("expired".to_owned())
    }

    async fn rates(&self) -> Result<u32, String> {
        RATES.with(Count::add);
        Ok(2)
    }

    #[depends(catch coupon, lazy rates)]
    async fn price(&self, coupon: Result<u32, TaskError>, rates: Lazy<'_, u32>) -> Result<u32, String> {
        let coupon = coupon.unwrap_or_else(|error| u32::from(error.task() == "pricing.coupon"));
        if self.is_sold {
            return Err("sold".to_owned());
        }
        Ok(if self.is_foreign { 20 * *rates.await } else { 20 } + coupon)
    }

    #[depends(price)]
    fn total(&self, price: u32) -> u32 {
        price + 2
    }
}

thread_local! {
    static COUPONS: Count = Count::default();
    static RATES: Count = Count::default();
}

struct Page {
    pricing: Pricing,
    is_stuck: bool,
}

#[dag(durable)]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        self.pricing.clone()
    }

    #[depends(catch pricing.total)]
    pub(crate) async fn shown(&self, total: Result<u32, TaskError>) -> String {
        let text = match total {
            Ok(total) => total.to_string(),
            Err(error) => format!("{error}: {}", error.source().unwrap()),
        };
        if self.is_stuck { pending().await } else { text }
    }
}

fn pages(store: &Store, is_stuck: bool) -> Graph<Pricing, Page> {
    store.graph("page", move |pricing| Page { pricing, is_stuck })
}

/// Takes the run up, which is done then. It goes on as long as the graph is there.
async fn next_life(store: &Store) -> (Graph<Pricing, Page>, StoredRun<Page>) {
    let pages = pages(store, false);
    let page = soon(pages.get("a")).await.unwrap().unwrap();
    assert_eq!(soon(StoredRun::ended(&page)).await, Status::Done);
    (pages, page)
}

#[tokio::test]
async fn a_failure_inside_that_is_caught_there_leaves_the_run_done() {
    let store = Store::in_memory().await.unwrap();
    let pages = pages(&store, false);
    let page = pages.start("a", Pricing { is_sold: false, is_foreign: false }).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&page)).await, Status::Done);
    assert_eq!(page.shown().await.unwrap(), "23", "the name of the task has its path");
    assert_eq!((COUPONS.with(Count::get), RATES.with(Count::get)), (1, 0));
    drop(page);
    let page = pages.get("a").await.unwrap().unwrap();
    assert_eq!((StoredRun::status(&page), page.shown().await.unwrap().as_str()), (Status::Done, "23"));
}

#[tokio::test]
async fn a_failure_inside_that_is_caught_outside_is_the_same_in_each_life() {
    let store = Store::in_memory().await.unwrap();
    let early = pages(&store, true);
    let page = early.start("a", Pricing { is_sold: true, is_foreign: false }).await.unwrap();
    assert!(soon(page.pricing()).await.unwrap().is_sold);
    soon(async {
        while !early.report("a").await.unwrap().contains("sold") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop((page, early));

    let (_pages, page) = next_life(&store).await;
    assert_eq!(page.shown().await.unwrap(), "task `pricing.price` failed: sold");
    assert_eq!(COUPONS.with(Count::get), 1, "it failed for good in the first life");
}

#[tokio::test]
async fn a_task_inside_that_a_body_asks_for_is_stored() {
    let store = Store::in_memory().await.unwrap();
    let early = pages(&store, true);
    let page = early.start("a", Pricing { is_sold: false, is_foreign: true }).await.unwrap();
    soon(async {
        while !early.report("a").await.unwrap().contains("pricing.total") || RATES.with(Count::get) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop((page, early));
    let (_pages, page) = next_life(&store).await;
    assert_eq!(page.shown().await.unwrap(), "43");
    assert_eq!(RATES.with(Count::get), 1);
}

thread_local! {
    static LATE: Count = Count::default();
}

/// Two tasks fail: the second one of the block first.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Clone, Serialize, Deserialize)]
struct Pair;

#[dag(durable)]
impl Pair {
    async fn early(&self) -> Result<u32, String> {
        while LATE.with(Count::get) == 0 {
            tokio::task::yield_now().await;
        }
        Err("early in the block".to_owned())
    }

    async fn late(&self) -> Result<u32, String> {
        LATE.with(Count::add);
        Err("first in time".to_owned())
    }

    #[depends(early, late)]
    fn sum(&self, early: u32, late: u32) -> u32 {
        early + late
    }
}

struct Told {
    told: Count,
    is_stuck: bool,
}

#[dag(durable)]
impl Told {
    #[task(graph)]
    fn pair(&self) -> Pair {
        Pair
    }

    #[depends(catch pair.sum)]
    pub(crate) async fn report(&self, sum: Result<u32, TaskError>) -> String {
        self.told.add();
        let text = sum.unwrap_err().to_string();
        if self.is_stuck { pending().await } else { text }
    }
}

#[tokio::test]
async fn of_several_failures_inside_each_life_is_told_the_one_that_came_first() {
    let store = Store::in_memory().await.unwrap();
    let graph = |is_stuck| {
        let told = Count::default();
        let count = told.clone();
        (store.graph("told", move |(): ()| Told { told: count.clone(), is_stuck }), told)
    };
    let (early, told) = graph(true);
    let run = early.start("a", ()).await.unwrap();
    soon(async {
        while told.get() == 0 || !early.report("a").await.unwrap().contains("early in the block") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop((run, early));
    let (second, told) = graph(false);
    let run = soon(second.get("a")).await.unwrap().unwrap();
    assert_eq!(soon(run.report()).await.unwrap(), "task `pair.late` failed");
    assert_eq!(told.get(), 1);
}

/// What follows the caught failure fails, too.
struct Charged(Pricing);

#[dag(durable)]
impl Charged {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        self.0.clone()
    }

    #[depends(catch pricing.total)]
    async fn shown(&self, total: Option<u32>) -> u32 {
        total.unwrap_or(1)
    }

    #[depends(shown)]
    pub(crate) async fn charge(&self, shown: u32) -> Result<u32, String> {
        Err(format!("no money for {shown}"))
    }
}

#[tokio::test]
async fn a_retry_leaves_a_failure_inside_alone_that_was_caught_by_what_is_stored() {
    let store = Store::in_memory().await.unwrap();
    let charges = store.graph("charged", Charged);
    let run = charges.start("a", Pricing { is_sold: true, is_foreign: false }).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Failed);
    assert!(charges.report("a").await.unwrap().contains("sold"));
    drop(run);
    let run = charges.retry("a").await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Failed);
    assert!(charges.report("a").await.unwrap().contains("sold"), "it is still known why");
}

/// Bodies of each kind, of a generic type.
struct Far<T>(T);

#[dag(durable)]
impl<T: Clone + Serialize + serde::de::DeserializeOwned + Send + Sync + 'static> Far<T> {
    #[task(spawn)]
    async fn first(&self) -> Result<T, std::io::Error> {
        Err(std::io::Error::other("the line is dead"))
    }

    #[depends(catch first)]
    #[task(blocking)]
    fn second(&self, first: Result<&T, TaskError>) -> Result<String, String> {
        first.map(|_| String::new()).map_err(|error| error.source().unwrap().to_string())
    }

    #[depends(catch second, catch first)]
    #[task(spawn)]
    async fn third(&self, second: Result<String, TaskError>, first: Option<T>) -> (String, bool) {
        (second.unwrap_err().source().unwrap().to_string(), first.is_none())
    }

    #[depends(third, catch first)]
    pub(crate) fn last(&self, third: &(String, bool)) -> String {
        format!("{third:?}")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_caught_on_other_threads() {
    let store = Store::in_memory().await.unwrap();
    let far = store.graph("far", Far::<u32>);
    let run = far.start("a", 7).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    assert_eq!(run.last().await.unwrap(), r#"("the line is dead", true)"#);
    drop(run);
    let run = far.get("a").await.unwrap().unwrap();
    assert_eq!(run.last().await.unwrap(), r#"("the line is dead", true)"#);
}
