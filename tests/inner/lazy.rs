//! `lazy` with inner graphs: for an inner task, inside an inner graph, and both.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

use adagio::{Lazy, TaskError, dag};

use crate::common::{Driven, Stage, now};

/// Lazy inside.
struct Pricing<'s> {
    stage: &'s Stage,
    is_foreign: bool,
    is_down: &'s Mutex<bool>,
}

#[dag]
impl Pricing<'_> {
    async fn net(&self) -> u32 {
        self.stage.act("net").await;
        10
    }

    async fn rates(&self) -> Result<u32, String> {
        self.stage.act("rates").await;
        if *self.is_down.lock().unwrap() { Err("no rates".to_owned()) } else { Ok(2) }
    }

    #[depends(net, lazy rates)]
    async fn total(&self, net: &u32, rates: Lazy<'_, u32>) -> u32 {
        if self.is_foreign { net * *rates.await } else { *net }
    }
}

struct Page {
    stage: Stage,
    is_foreign: bool,
    is_empty: bool,
    is_down: Mutex<bool>,
}

impl Page {
    fn new(is_foreign: bool) -> Self {
        Self { stage: Stage::default(), is_foreign, is_empty: false, is_down: Mutex::new(false) }
    }
}

#[dag]
impl Page {
    #[task(graph)]
    async fn pricing(&self) -> Pricing<'_> {
        self.stage.act_at_once("pricing");
        Pricing { stage: &self.stage, is_foreign: self.is_foreign, is_down: &self.is_down }
    }

    #[depends(pricing.total)]
    fn line(&self, total: u32) -> Result<u32, String> {
        Ok(total + 1)
    }

    #[depends(lazy pricing.total)]
    async fn asked(&self, total: Lazy<'_, u32>) -> Result<u32, String> {
        if self.is_empty { Ok(0) } else { Ok(*total.await) }
    }

    #[depends(catch asked)]
    fn told(&self, asked: Result<u32, TaskError>) -> String {
        asked.map_or_else(|error| error.task().to_owned(), |asked| asked.to_string())
    }

    #[depends(catch line)]
    fn caught(&self, line: Option<u32>) -> u32 {
        line.unwrap_or(0)
    }
}

fn open_all(page: &Page) {
    for gate in ["net", "rates"] {
        page.stage.open(gate);
    }
}

#[test]
fn inside_of_an_inner_graph_only_what_is_awaited_runs() {
    let page = Page::new(false);
    open_all(&page);
    assert_eq!(now(page.line()), Ok(11));
    assert_eq!(now(page.run().line()).unwrap(), &11);
    assert!(!page.stage.events().contains(&"start rates".to_owned()));
    let page = Page::new(true);
    open_all(&page);
    assert_eq!(now(page.line()), Ok(21));
    assert_eq!(now(page.run().line()).unwrap(), &21);
}

#[test]
fn what_is_awaited_inside_may_take_its_time() {
    let page = Page::new(true);
    for is_run in [false, true] {
        page.stage.events();
        let run = page.run();
        let mut line: Driven<'_, u32> = if is_run {
            Driven::new(async { *run.line().await.unwrap() })
        } else {
            Driven::new(async { page.line().await.unwrap() })
        };
        assert!(is_run || line.poll().is_pending());
        page.stage.open("net");
        assert!(is_run || line.poll().is_pending());
        page.stage.open("rates");
        assert_eq!(line.poll(), Poll::Ready(21));
        let events = ["pricing", "net", "rates"].map(|task| [format!("start {task}"), format!("end {task}")]);
        assert_eq!(page.stage.events(), events.concat());
    }
}

#[test]
fn an_inner_task_runs_only_if_it_is_awaited() {
    let page = Page { is_empty: true, ..Page::new(true) };
    assert_eq!(now(page.asked()), Ok(0));
    assert_eq!(now(page.run().asked()).unwrap(), &0);
    assert!(page.stage.events().is_empty());

    let page = Page::new(true);
    open_all(&page);
    assert_eq!(now(page.asked()), Ok(20));
    assert_eq!(now(page.run().asked()).unwrap(), &20);
}

#[test]
fn a_failure_of_an_inner_task_that_was_awaited_goes_to_the_outer_graph() {
    let page = Page::new(true);
    *page.is_down.lock().unwrap() = true;
    open_all(&page);
    assert_eq!(now(page.line()), Err("no rates".to_owned()));
    assert_eq!(now(page.asked()), Err("no rates".to_owned()));
    assert_eq!(now(page.caught()), 0);
    let run = page.run();
    assert_eq!(*now(run.caught()), 0);
    assert_eq!(*now(run.told()), "pricing.rates");
    assert_eq!(now(run.line()).unwrap_err().task(), "pricing.rates");
    *page.is_down.lock().unwrap() = false;
    run.retry_failed();
    assert_eq!(now(run.asked()).unwrap(), &20);
    assert_eq!(now(run.line()).unwrap(), &21);
}

#[test]
fn all_asks_for_what_is_named() {
    let page = Page { is_empty: true, ..Page::new(true) };
    open_all(&page);
    let run = page.run();
    now(run.all()).unwrap();
    assert!(now(run.settle()).is_empty());
}

#[test]
fn under_a_limit_a_body_lends_its_slot_to_a_graph_inside() {
    for is_foreign in [false, true] {
        let page = Page::new(is_foreign);
        let run = page.run().max_concurrency(1);
        let mut asked = Driven::new(async { *run.asked().await.unwrap() });
        assert!(asked.poll().is_pending());
        page.stage.open("net");
        page.stage.open("rates");
        assert_eq!(asked.run(), if is_foreign { 20 } else { 10 });
    }
}

/// Stops waiting when its gate opens.
struct Hurried<'s>(&'s Stage);

#[dag]
impl Hurried<'_> {
    async fn slow(&self) -> u32 {
        self.0.act("slow").await;
        1
    }

    #[depends(lazy slow)]
    async fn quick(&self, slow: Lazy<'_, u32>) -> u32 {
        let (mut slow, mut gate) = (pin!(slow.into_future()), pin!(self.0.gate("hurry")));
        poll_fn(|cx| {
            _ = slow.as_mut().poll(cx);
            gate.as_mut().poll(cx)
        })
        .await;
        7
    }
}

#[derive(Default)]
struct Around(Stage);

#[dag(max_concurrency = 1)]
impl Around {
    #[task(graph)]
    async fn hurried(&self) -> Hurried<'_> {
        Hurried(&self.0)
    }

    #[depends(hurried.quick)]
    async fn after(&self, quick: u32) -> u32 {
        quick + 1
    }
}

#[test]
fn a_graph_inside_that_ends_gives_back_the_slots_of_what_was_under_way() {
    let around = Around::default();
    let mut after = Driven::new(around.after());
    assert!(after.poll().is_pending());
    around.0.open("hurry");
    assert_eq!(after.poll(), Poll::Ready(8));
    assert_eq!(around.0.events(), ["start slow", "drop slow"]);
}
