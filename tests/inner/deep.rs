//! Failures from two graphs further inside, in a block that catches one of the results that they stop.
#![allow(clippy::unnecessary_wraps, reason = "a task that fails only through its dependencies")]

use adagio::dag;

use crate::common::deadline;

struct Deep;

#[dag]
impl Deep {
    fn load(&self) -> Result<u32, String> {
        Err("offline".to_owned())
    }

    #[depends(load)]
    fn sum(&self, load: u32) -> u32 {
        load
    }
}

struct Middle;

#[dag]
impl Middle {
    #[task(graph)]
    fn deep(&self) -> Deep {
        Deep
    }

    #[depends(deep.load)]
    fn rates(&self) -> Result<u32, String> {
        Ok(1)
    }

    #[depends(catch rates, deep.sum)]
    fn total(&self, rates: Option<&u32>, sum: u32) -> Result<u32, String> {
        Ok(rates.unwrap_or(&0) + sum)
    }
}

struct Outer;

#[dag]
impl Outer {
    #[task(graph)]
    fn middle(&self) -> Middle {
        Middle
    }

    /// `load` stops both, by different ways.
    #[depends(middle.total, catch middle.rates)]
    fn both(&self, total: u32, rates: Option<&u32>) -> Result<u32, String> {
        Ok(total + rates.unwrap_or(&0))
    }

    #[depends(catch middle.total, catch middle.rates)]
    fn neither(&self, total: Option<&u32>, rates: Option<&u32>) -> u32 {
        u32::from(total.is_some()) + u32::from(rates.is_some())
    }
}

#[tokio::test]
async fn a_failure_that_stops_several_results_ends_a_call_that_catches_one_of_them() {
    let _deadline = deadline();
    assert_eq!(Outer.both().await, Err("offline".to_owned()));
    assert_eq!(Outer.neither().await, 0);
    let run = Outer.run();
    assert_eq!(run.both().await.unwrap_err().task(), "middle.deep.load");
    assert_eq!(*run.neither().await, 0);
}
