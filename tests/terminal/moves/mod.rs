//! A parameter by value takes the result itself in a call if nobody reads the result later.
#![allow(
    clippy::boxed_local,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "the shapes of signatures are what is tested"
)]

mod beside;
mod readers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use adagio::dag;

use crate::common::{Driven, now, yield_once};
use crate::counted::{Counted, Counts};

/// A pipeline whose body of the given number panics.
#[derive(Default)]
struct Pipeline {
    counts: Counts,
    panics: usize,
}

impl Pipeline {
    async fn step(&self, number: usize) {
        yield_once().await;
        assert_ne!(self.panics, number, "body {number}");
    }
}

#[dag]
impl Pipeline {
    async fn source(&self) -> Counted {
        self.step(1).await;
        self.counts.value()
    }

    #[depends(source)]
    async fn first(&self, source: Counted) -> Counted {
        self.step(2).await;
        source
    }

    #[depends(first)]
    async fn second(&self, mut first: Counted) -> Result<Counted, String> {
        self.step(3).await;
        drop(std::mem::replace(&mut first, self.counts.value()));
        Ok(first)
    }

    #[depends(second)]
    fn third(&self, second: Counted) -> Option<Counted> {
        assert_ne!(self.panics, 4, "body 4");
        Some(second)
    }

    #[depends(third)]
    async fn last(&self, third: Option<Counted>) -> usize {
        self.step(5).await;
        third.iter().count()
    }
}

#[test]
fn a_value_that_nobody_reads_later_moves_in_a_call() {
    let pipeline = Pipeline::default();
    assert_eq!(Driven::new(pipeline.last()).run(), Ok(1));
    assert_eq!((pipeline.counts.clones(), pipeline.counts.most(), pipeline.counts.alive()), (0, 2, 0));
}

#[test]
fn a_run_remembers_each_result_and_so_clones_it() {
    let pipeline = Pipeline::default();
    let run = pipeline.run();
    assert_eq!(*Driven::new(run.last()).run().unwrap(), 1);
    assert_eq!(pipeline.counts.clones(), 4);
    Driven::new(run.all()).run().unwrap();
    assert_eq!((pipeline.counts.clones(), pipeline.counts.alive()), (0, 4));
    drop(run);
    assert_eq!(pipeline.counts.alive(), 0);
}

#[test]
fn the_goal_of_a_call_is_returned_without_a_clone() {
    let pipeline = Pipeline::default();
    let source = Driven::new(pipeline.source()).run();
    let second = Driven::new(pipeline.second()).run();
    let third = Driven::new(pipeline.third()).run();
    assert_eq!((pipeline.counts.clones(), pipeline.counts.alive()), (0, 3));
    drop((source, second, third));
    assert_eq!(pipeline.counts.alive(), 0);
}

#[test]
fn a_call_that_is_dropped_at_any_poll_drops_each_value_once() {
    for polls in 0..5 {
        let pipeline = Pipeline::default();
        let mut last = Driven::new(pipeline.last());
        for _ in 0..polls {
            assert!(last.poll().is_pending());
        }
        drop(last);
        assert_eq!((pipeline.counts.clones(), pipeline.counts.alive()), (0, 0), "after {polls} polls");
    }
}

#[test]
fn a_panic_in_any_body_drops_each_value_once() {
    for panics in 1..=5 {
        let pipeline = Pipeline { panics, ..Pipeline::default() };
        let call = catch_unwind(AssertUnwindSafe(|| Driven::new(pipeline.last()).run()));
        let payload = call.expect_err("a body panics");
        assert!(payload.downcast_ref::<String>().is_some_and(|text| text.contains(&format!("body {panics}"))));
        assert_eq!((pipeline.counts.clones(), pipeline.counts.alive()), (0, 0), "body {panics}");
    }
}

struct Generic<T, const N: usize>(T);

#[dag]
impl<T: Clone + Send + Sync, const N: usize> Generic<T, N> {
    fn one(&self) -> T {
        self.0.clone()
    }

    #[depends(one)]
    fn many(&self, one: T) -> [Option<T>; N] {
        let mut one = Some(one);
        std::array::from_fn(|_| one.take())
    }

    #[depends(many)]
    fn boxed(&self, many: [Option<T>; N]) -> Box<[Option<T>]> {
        Box::new(many)
    }

    #[depends(boxed)]
    fn count(&self, boxed: Box<[Option<T>]>) -> usize {
        boxed.iter().flatten().count()
    }
}

#[test]
fn values_of_a_generic_block_move() {
    let counts = Counts::default();
    let generic = Generic::<_, 3>(counts.value());
    assert_eq!(now(generic.count()), 1);
    assert_eq!(counts.clones(), 1, "the first task clones the field");
    assert_eq!(now(async { *generic.run().count().await }), 1);
    assert_eq!(counts.clones(), 4);
    assert_eq!(now(Generic::<_, 2>(7_u8).count()), 1);
}

/// Neither `Send` nor `Sync`.
struct Local(Rc<Counts>);

#[dag(local)]
impl Local {
    fn source(&self) -> Rc<Counted> {
        Rc::new(self.0.value())
    }

    #[depends(source)]
    async fn unwrapped(&self, source: Rc<Counted>) -> Counted {
        yield_once().await;
        Rc::try_unwrap(source).unwrap_or_else(|shared| (*shared).clone())
    }

    #[depends(unwrapped)]
    async fn end(&self, unwrapped: Counted) -> bool {
        drop(unwrapped);
        self.0.alive() == 0
    }
}

#[test]
fn values_of_a_local_block_move() {
    let local = Local(Rc::default());
    assert!(Driven::new(local.end()).run());
    assert_eq!(local.0.clones(), 0);
    let run = local.run();
    assert!(!*Driven::new(run.end()).run());
    assert_eq!(local.0.clones(), 2);
}

struct Limited(Counts);

#[dag(max_concurrency = 1)]
impl Limited {
    async fn left(&self) -> Counted {
        yield_once().await;
        self.0.value()
    }

    fn right(&self) -> Counted {
        self.0.value()
    }

    #[depends(left, right)]
    async fn both(&self, left: Counted, right: Counted) -> [Counted; 2] {
        yield_once().await;
        [left, right]
    }

    #[depends(both)]
    fn count(&self, both: [Counted; 2]) -> usize {
        both.len()
    }
}

#[test]
fn values_move_under_a_limit() {
    let limited = Limited(Counts::default());
    assert_eq!(Driven::new(limited.count()).run(), 2);
    assert_eq!((limited.0.clones(), limited.0.most(), limited.0.alive()), (0, 2, 0));
    assert_eq!(*Driven::new(limited.run().count()).run(), 2);
    assert_eq!((limited.0.clones(), limited.0.alive()), (4, 0));
}
