//! Graphs inside a graph: their results are stored, too.

use std::error::Error as _;
use std::future::pending;

use adagio::dag;
use adagio_store::{Status, Store, StoredRun};
use serde::{Deserialize, Serialize};

use super::soon;

// Clippy takes the `pin!` of the generated code for an unsafe method of the type.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Clone, Serialize, Deserialize)]
struct Pricing {
    is_sold: bool,
}

#[dag(durable)]
impl Pricing {
    async fn price(&self) -> Result<u32, String> {
        if self.is_sold {
            return Err("sold".to_owned());
        }
        Ok(40)
    }

    #[depends(price)]
    fn total(&self, price: u32) -> Result<u32, String> {
        Ok(price + 2)
    }
}

struct Page(Pricing);

#[dag(durable)]
impl Page {
    #[task(graph)]
    fn pricing(&self) -> Pricing {
        self.0.clone()
    }

    #[depends(pricing.total)]
    pub(crate) async fn shown(&self, total: u32) -> Result<u32, String> {
        Ok(total)
    }

    #[depends(shown)]
    pub(crate) async fn never(&self) -> u32 {
        pending().await
    }
}

/// A later program, whose new task needs the price.
mod later {
    use super::{Deserialize, Serialize, dag};

    pub(super) struct Page;

    #[allow(clippy::unsafe_derive_deserialize)]
    #[derive(Serialize, Deserialize)]
    pub(super) struct Raised {}

    #[dag(durable)]
    impl Raised {
        #[task(version = 2)]
        async fn price(&self) -> u32 {
            50
        }

        #[depends(price)]
        fn total(&self, price: u32) -> u32 {
            price + 2
        }
    }

    #[dag(durable)]
    impl Page {
        #[task(graph)]
        fn pricing(&self) -> Raised {
            Raised {}
        }

        #[depends(pricing.total)]
        pub(crate) async fn shown(&self, total: u32) -> u32 {
            total
        }
    }

    pub(super) struct More;

    #[allow(clippy::unsafe_derive_deserialize)]
    #[derive(Serialize, Deserialize)]
    pub(super) struct Known {}

    #[dag(durable)]
    impl Known {
        async fn price(&self) -> u32 {
            unreachable!("it is stored")
        }

        #[depends(price)]
        fn total(&self) -> u32 {
            unreachable!("it is stored")
        }
    }

    #[dag(durable)]
    impl More {
        #[task(graph)]
        fn pricing(&self) -> Known {
            unreachable!("it is stored")
        }

        #[depends(pricing.total)]
        pub(crate) async fn label(&self, total: u32) -> String {
            format!("{total} euros")
        }
    }
}

async fn interrupted(store: &Store) {
    let pages = store.graph("page", Page);
    let page = pages.start("a", Pricing { is_sold: false }).await.unwrap();
    assert_eq!(*soon(page.shown()).await.unwrap(), 42);
    assert!(pages.cancel("a").await.unwrap());
    soon(StoredRun::ended(&page)).await;
}

#[tokio::test]
async fn a_task_inside_whose_result_is_stored_does_not_run_again() {
    let store = Store::in_memory().await.unwrap();
    interrupted(&store).await;
    let pages = store.graph("page", |_: Pricing| later::More);
    let page = pages.retry("a").await.unwrap();
    assert_eq!(soon(page.label()).await.unwrap(), "42 euros");
}

#[tokio::test]
async fn another_version_inside_forgets_the_results_that_need_it() {
    let store = Store::in_memory().await.unwrap();
    interrupted(&store).await;
    let pages = store.graph("page", |_: Pricing| later::Page);
    assert_eq!(*soon(pages.retry("a").await.unwrap().shown()).await.unwrap(), 52);
}

#[tokio::test]
async fn a_failure_inside_is_stored_under_the_name_of_its_task() {
    let store = Store::in_memory().await.unwrap();
    let pages = store.graph("page", Page);
    let page = pages.start("a", Pricing { is_sold: true }).await.unwrap();
    assert_eq!(soon(StoredRun::ended(&page)).await, Status::Failed);
    drop(page);
    let report = pages.report("a").await.unwrap();
    assert!(["pricing.price", "pricing.total", "shown"].iter().all(|task| report.contains(task)), "{report}");
    assert_eq!(store.list(0, 1).await.unwrap()[0].failed_task.as_deref(), Some("pricing.price"));
    let page = pages.get("a").await.unwrap().unwrap();
    let error = page.shown().await.unwrap_err();
    assert_eq!((error.task(), error.source().unwrap().to_string().as_str()), ("pricing.price", "sold"));
}
