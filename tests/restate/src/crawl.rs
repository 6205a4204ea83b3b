//! Wide tasks: in one process, and in a graph whose tasks are calls.

use adagio::dag;
use adagio::durable::current;
use adagio_restate::Deployment;

use crate::Orders;

/// Loads a page; the order that holds it up has its index.
async fn load(orders: &Orders, id: u32) -> u32 {
    let index = current().and_then(|current| current.index()).expect("the body is one for an element");
    orders.step(&format!("page{index}")).await;
    10 * id
}

struct Crawl(Orders);

#[dag(durable)]
impl Crawl {
    async fn ids(&self) -> Vec<u32> {
        self.0.step("ids").await;
        vec![1, 2, 3, 4]
    }

    #[depends(id in ids)]
    pub(crate) async fn pages(&self, id: u32) -> u32 {
        load(&self.0, id).await
    }

    #[depends(page in pages)]
    fn sizes(&self, page: u32) -> u32 {
        page + 1
    }

    #[depends(sizes)]
    pub(crate) async fn total(&self, sizes: &[u32]) -> u32 {
        self.0.step("total").await;
        sizes.iter().sum()
    }
}

/// The same with a remote task, so that other tasks are calls as well while `hints` is under way.
struct FarCrawl(Orders);

#[dag(durable)]
impl FarCrawl {
    async fn hints(&self) -> u32 {
        self.0.step("hints").await;
        0
    }

    async fn ids(&self) -> Vec<u32> {
        self.0.step("ids").await;
        vec![1, 2, 3, 4]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: u32) -> u32 {
        load(&self.0, id).await
    }

    #[depends(page in pages)]
    fn sizes(&self, page: u32) -> u32 {
        page + 1
    }

    #[depends(sizes, pages, hints)]
    #[task(remote)]
    pub(crate) async fn total(&self, sizes: &[u32], pages: &[u32], hints: u32) -> u32 {
        self.0.step("total").await;
        assert_eq!(sizes.len(), pages.len());
        hints + sizes.iter().sum::<u32>()
    }
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let (near, far) = (orders.clone(), orders.clone());
    let deployment = deployment.serve(move |()| Crawl(near.clone()));
    deployment.serve(move |()| FarCrawl(far.clone()))
}
