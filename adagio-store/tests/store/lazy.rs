//! Tasks that run only if a body asks for them.

use std::error::Error as _;
use std::future::pending;

use adagio::{Lazy, dag};
use adagio_store::{Graph, Status, Store, StoredRun};

use super::{Count, soon};

/// An order in a currency.
struct Order {
    is_foreign: bool,
    is_stuck: bool,
    asked: Count,
}

#[dag(durable)]
impl Order {
    async fn source(&self) -> Result<u32, String> {
        self.asked.add();
        Ok(3)
    }

    #[depends(source)]
    pub(crate) async fn rates(&self, source: u32) -> Result<u32, String> {
        if source == 3 { Ok(2) } else { Err("no rates".to_owned()) }
    }

    #[depends(lazy rates)]
    pub(crate) async fn price(&self, rates: Lazy<'_, u32>) -> u32 {
        let price = if self.is_foreign { 21 * *rates.await } else { 21 };
        if self.is_stuck { pending().await } else { price }
    }
}

fn life(store: &Store, is_stuck: bool) -> (Graph<bool, Order>, Count) {
    let asked = Count::default();
    let count = asked.clone();
    (store.graph("order", move |is_foreign| Order { is_foreign, is_stuck, asked: count.clone() }), asked)
}

#[tokio::test]
async fn a_task_that_no_body_asks_for_does_not_run() {
    let store = Store::in_memory().await.unwrap();
    let (orders, asked) = life(&store, false);
    let order = orders.start("a", false).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&order)).await, Status::Done);
    drop(order);
    let order = orders.get("a").await.unwrap().unwrap();
    assert_eq!(*order.price().await.unwrap(), 21);
    let error = soon(order.rates()).await.unwrap_err();
    assert_eq!(error.task(), "rates");
    assert_eq!(error.source().unwrap().to_string(), "the run has ended, and no task has asked for this one");
    assert_eq!(asked.get(), 0);
}

#[tokio::test]
async fn a_task_that_a_body_asked_for_is_stored() {
    let store = Store::in_memory().await.unwrap();
    let (orders, asked) = life(&store, true);
    let order = orders.start("a", true).await.unwrap();
    soon(async {
        while asked.get() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(*soon(order.rates()).await.unwrap(), 2);
    drop((order, orders));

    let (orders, asked) = life(&store, false);
    let order = soon(orders.get("a")).await.unwrap().unwrap();
    assert_eq!(soon(StoredRun::ended(&order)).await, Status::Done);
    assert_eq!(*order.price().await.unwrap(), 42);
    assert_eq!(asked.get(), 0, "it is stored");
}

struct Broken;

#[dag(durable)]
impl Broken {
    async fn rates(&self) -> Result<u32, String> {
        Err("no rates".to_owned())
    }

    #[depends(lazy rates)]
    #[task(spawn)]
    pub(crate) async fn price(&self, rates: Lazy<'_, u32>) -> u32 {
        *rates.await
    }

    #[depends(catch price)]
    pub(crate) async fn offer(&self, price: Option<u32>) -> String {
        format!("{price:?}")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_failure_of_a_task_that_was_asked_for_can_be_caught_behind_it() {
    let store = Store::in_memory().await.unwrap();
    let graph = store.graph("broken", |(): ()| Broken);
    let run = graph.start("a", ()).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&run)).await, Status::Done);
    assert_eq!(run.offer().await.unwrap(), "None");
    assert_eq!(soon(run.price()).await.unwrap_err().task(), "rates");
}
