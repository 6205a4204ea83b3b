//! Inner graphs that have ended before a later goal, and inner tasks with errors of their own.
#![allow(clippy::unnecessary_wraps, reason = "some tasks here cannot fail")]

use std::sync::Arc;

use adagio::dag;

use crate::common::{Stage, now};

struct Offers(Arc<Stage>);

#[dag]
impl Offers {
    fn stock(&self) -> Result<u32, String> {
        self.0.act_at_once("stock");
        Ok(5)
    }

    #[depends(catch stock)]
    fn best(&self, stock: Option<u32>) -> u32 {
        stock.unwrap_or(0)
    }

    #[depends(best)]
    fn twice(&self, best: u32) -> u32 {
        2 * best
    }
}

struct Site(Arc<Stage>);

#[dag]
impl Site {
    #[task(graph)]
    fn offers(&self) -> Offers {
        Offers(Arc::clone(&self.0))
    }

    #[depends(offers.best)]
    fn first(&self, best: u32) -> u32 {
        best
    }

    #[depends(offers.twice)]
    fn second(&self, twice: u32) -> u32 {
        twice
    }
}

#[test]
fn a_later_goal_goes_on_with_an_inner_graph_that_had_ended() {
    let stage = Arc::new(Stage::default());
    let site = Site(Arc::clone(&stage));
    let run = site.run();
    assert_eq!((*now(run.first()), *now(run.second())), (5, 10));
    assert_eq!(stage.events(), ["start stock", "end stock"]);
}

struct Fails;

#[derive(Debug, PartialEq)]
struct Left;

#[derive(Debug, PartialEq)]
struct Right;

#[derive(Debug, PartialEq)]
enum Either {
    Left(Left),
    Right(Right),
}

impl From<Left> for Either {
    fn from(error: Left) -> Self {
        Self::Left(error)
    }
}

impl From<Right> for Either {
    fn from(error: Right) -> Self {
        Self::Right(error)
    }
}

struct Pair(bool);

#[dag]
impl Pair {
    fn left(&self) -> Result<(), Left> {
        if self.0 { Err(Left) } else { Ok(()) }
    }

    fn right(&self) -> Result<(), Right> {
        Err(Right)
    }
}

#[dag]
impl Fails {
    #[task(graph)]
    fn pair(&self) -> Pair {
        Pair(false)
    }

    #[depends(pair.left, pair.right)]
    fn both(&self) -> Result<(), Either> {
        Ok(())
    }
}

#[test]
fn a_call_fails_with_the_error_of_the_inner_task_that_failed() {
    assert_eq!(now(Fails.both()), Err(Either::Right(Right)));
}
