//! What observers are told of a failure that is caught.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "these tasks are done at once")]

use adagio::{Timeline, dag};

use crate::common::now;

struct Shop;

#[dag]
impl Shop {
    #[task(catch)]
    async fn rates(&self) -> Result<u64, String> {
        Err("closed".to_owned())
    }

    #[task(catch)]
    fn offers(&self) -> Result<u64, String> {
        Ok(1)
    }

    async fn stock(&self) -> Result<u64, String> {
        Err("none".to_owned())
    }

    #[depends(rates, offers, catch stock)]
    fn price(&self, rates: &Result<u64, String>, offers: &Result<u64, String>, stock: Option<&u64>) -> u64 {
        rates.clone().unwrap_or_default() + offers.clone().unwrap_or_default() + stock.unwrap_or(&0)
    }
}

/// Returns how each task ended, as the chart says.
fn endings(timeline: &Timeline) -> Vec<String> {
    let chart = format!("{timeline:240}");
    let (lines, _summary) = chart.rsplit_once('\n').unwrap();
    let ending = |line: &str| {
        let name = line.trim_start_matches(['●', ' ']).split(' ').next().unwrap().to_owned();
        name + " " + line.rsplit_once("s ").unwrap().1
    };
    lines.lines().map(ending).collect()
}

#[test]
fn a_caught_failure_is_told_as_one_whoever_catches_it() {
    let timeline = Timeline::new();
    assert_eq!(now(Shop.run().observe(timeline.clone()).price()), &1);
    let expected = [
        "rates failed (caught by price): it returned an `Err`",
        "offers done",
        "stock failed (caught by price): none",
        "price done",
    ];
    assert_eq!(endings(&timeline), expected);
}

#[test]
fn a_failure_of_a_task_with_catch_that_is_awaited_itself_is_told_as_one() {
    let timeline = Timeline::new();
    assert_eq!(now(Shop.run().observe(timeline.clone()).rates()), &Err("closed".to_owned()));
    assert_eq!(endings(&timeline), ["rates failed: it returned an `Err`"]);
}

mod under_another_name {
    use super::*;

    type Answer = Result<u64, String>;

    struct Renamed;

    #[dag]
    impl Renamed {
        #[task(catch)]
        fn answer(&self) -> Answer {
            Err("closed".to_owned())
        }
    }

    #[test]
    fn one_whose_result_has_another_name_is_told_as_one_too() {
        let timeline = Timeline::new();
        assert!(now(Renamed.run().observe(timeline.clone()).answer()).is_err());
        assert_eq!(endings(&timeline), ["answer failed: it returned an `Err`"]);
    }
}

mod inside {
    use super::*;

    struct Page;

    #[dag]
    impl Page {
        #[task(graph)]
        fn shop(&self) -> Shop {
            Shop
        }

        #[depends(shop.rates)]
        fn page(&self, rates: &Result<u64, String>) -> bool {
            rates.is_ok()
        }
    }

    #[test]
    fn one_in_an_inner_graph_is_told_as_one_too() {
        let timeline = Timeline::new();
        assert_eq!(now(Page.run().observe(timeline.clone()).page()), &false);
        let expected = ["shop done", "shop.rates failed (caught by page): it returned an `Err`", "page done"];
        assert_eq!(endings(&timeline), expected);
    }
}

#[cfg(feature = "tokio")]
mod threads {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    struct Away;

    #[dag]
    impl Away {
        #[task(spawn, catch)]
        async fn rates(&self) -> Result<u64, String> {
            Err("closed".to_owned())
        }

        #[task(catch, retry = 1, backoff = "1ms..1ms")]
        async fn stock(&self) -> Result<u64, String> {
            Err("none".to_owned())
        }

        #[depends(rates, stock)]
        async fn price(&self, rates: &Result<u64, String>) -> bool {
            tokio::time::sleep(Duration::from_millis(1)).await;
            rates.is_ok()
        }
    }

    #[tokio::test]
    async fn one_of_a_worker_and_one_after_a_retry_are_told_as_one_too() {
        let _deadline = crate::common::deadline();
        let timeline = Timeline::new();
        assert_eq!(Arc::new(Away).run().observe(timeline.clone()).price().await, &false);
        let mut endings = endings(&timeline);
        endings.sort();
        let expected = [
            "price done",
            "rates failed (caught by price): it returned an `Err`",
            "stock failed (caught by price): it returned an `Err`, 2 attempts",
        ];
        assert_eq!(endings, expected);
    }
}
