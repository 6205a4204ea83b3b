//! One body of a generic block whose bodies are on other threads.

use std::sync::Arc;

use adagio::dag;
use adagio::durable::{Durable, DurableRun, current};

use crate::common::deadline;
use crate::each::Shelf;

type Names = Vec<String>;

/// Has errors that are caught, a type of its own, and all its bodies on other threads.
struct Shop<P> {
    price: P,
}

#[dag(durable, spawn)]
impl<P: Fn(usize) -> usize + Send + Sync + 'static> Shop<P> {
    async fn names(&self) -> Names {
        vec!["pear".to_owned(), "apple".to_owned()]
    }

    #[depends(_name in names)]
    #[task(remote, max_concurrency = 1)]
    pub(crate) async fn keys(&self) -> Option<String> {
        current().map(|current| current.idempotency_key())
    }

    #[depends(name in names)]
    #[task(remote, inline)]
    pub(crate) async fn prices(&self, name: &str) -> Result<usize, String> {
        Ok((self.price)(name.len()))
    }

    async fn rates(&self) -> Result<usize, String> {
        Err("closed".to_owned())
    }

    #[depends(price in prices, catch rates)]
    pub(crate) async fn offers(&self, price: usize, rates: Option<usize>) -> usize {
        price * rates.unwrap_or(10)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_body_of_a_generic_block_runs_alone() {
    let _watch = deadline();
    let shop = Arc::new(Shop { price: |length| length + 1 });
    for (task, kept) in [("prices", "6"), ("keys", r#""crawl/keys[1]""#)] {
        for names in [r#"["pear","apple"]"#, r#"["apple"]"#] {
            let shelf = Shelf::new();
            let run = shop.durable_run().only(task, 1).seed("names", names.as_bytes()).unwrap().keep(shelf.clone());
            run.result(task).await.unwrap();
            assert_eq!(shelf.log(), [format!("{task}[1] = {kept}")]);
        }
    }
    assert_eq!(shop.offers().await.unwrap(), [50, 60]);
}
