//! What bodies on other threads get, and what their results become.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use adagio::dag;

use crate::common::{deadline, yield_once};

/// A task of each kind, over collections of each kind.
struct Site {
    count: usize,
}

#[dag]
impl Site {
    fn ids(&self) -> VecDeque<usize> {
        (0..self.count).collect()
    }

    fn shop(&self) -> String {
        "shop".to_owned()
    }

    #[depends(id in ids, shop)]
    #[task(spawn, max_concurrency = 8)]
    async fn pages(&self, id: &usize, shop: &str) -> Result<String, io::Error> {
        for _ in 0..id % 3 {
            yield_once().await;
        }
        Ok(format!("{shop} {id}"))
    }

    #[depends(page in pages)]
    #[task(blocking)]
    fn lengths(&self, page: String) -> usize {
        page.into_bytes().len()
    }

    #[depends(lengths)]
    fn prices(&self, lengths: &[usize]) -> BTreeMap<String, usize> {
        lengths.iter().enumerate().map(|(index, length)| (format!("{index:09}"), *length)).collect()
    }

    #[depends((name, price) in prices)]
    #[task(spawn)]
    async fn offers(&self, name: &str, price: usize) -> usize {
        name.parse::<usize>().unwrap() + price
    }

    #[depends(prices)]
    fn map(&self, prices: BTreeMap<String, usize>) -> HashMap<String, usize> {
        prices.into_iter().collect()
    }

    #[depends((name, price) in map)]
    #[task(blocking, max_concurrency = 3)]
    fn pairs(&self, name: &String, price: &usize) -> (String, usize) {
        (name.clone(), *price)
    }

    #[depends(offers, pairs)]
    #[task(spawn)]
    async fn sum(&self, offers: &[usize], pairs: Vec<(String, usize)>) -> usize {
        offers.iter().sum::<usize>() + pairs.len()
    }
}

fn expected(count: usize) -> usize {
    (0..count).map(|id| id + format!("shop {id}").len() + 1).sum()
}

async fn check(count: usize) {
    let site = Arc::new(Site { count });
    assert_eq!(site.sum().await.unwrap(), expected(count));
    let pages = site.pages().await.unwrap();
    assert!(pages.len() == count && pages.iter().enumerate().all(|(id, page)| *page == format!("shop {id}")));
    let run = site.run();
    assert_eq!(*run.sum().await.unwrap(), expected(count));
    assert_eq!(run.all().await.unwrap().pages.len(), count);
    let run = site.run().max_concurrency(3);
    assert_eq!(*run.sum().await.unwrap(), expected(count));
    let run = site.run().with_pages(vec!["shop".to_owned(); 2]);
    assert_eq!(*run.sum().await.unwrap(), 4 + 4 + 1 + 2);
}

#[tokio::test]
async fn bodies_on_other_threads_give_results_in_the_order_of_the_collection() {
    let _deadline = deadline();
    for count in [0, 1, 64, 65, 1_000] {
        check(count).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn bodies_on_several_threads_give_results_in_the_order_of_the_collection() {
    let _deadline = deadline();
    for count in [0, 1, 64, 65, 1_000] {
        check(count).await;
    }
}
