//! Tasks of a chain share a slot. In a run they may be under way together nevertheless: then each has a place of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use adagio::dag;

use crate::common::{Driven, Stage, now};

#[derive(Default)]
struct Chain {
    stage: Stage,
}

/// Waits at its gate while it keeps bytes.
async fn keep<const BYTES: usize>(stage: &Stage, task: &'static str, byte: u8) -> u8 {
    let kept = [byte; BYTES];
    stage.act(task).await;
    assert_eq!(kept, [byte; BYTES]);
    kept[0]
}

#[dag]
impl Chain {
    async fn a(&self) -> u8 {
        keep::<100>(&self.stage, "a", 1).await
    }

    #[depends(a)]
    async fn b(&self, a: u8) -> u8 {
        keep::<10>(&self.stage, "b", a + 1).await
    }

    #[depends(b)]
    async fn c(&self, b: u8) -> u8 {
        keep::<1000>(&self.stage, "c", b + 1).await
    }

    #[depends(c)]
    async fn d(&self, c: u8) -> u8 {
        keep::<50>(&self.stage, "d", c + 1).await
    }

    #[depends(d)]
    async fn e(&self, d: u8) -> Result<u8, &'static str> {
        self.stage.act("e").await;
        Err(if d == 0 { "none" } else { "fails" })
    }
}

fn open(chain: &Chain, tasks: &[&'static str]) {
    for task in tasks {
        chain.stage.open(task);
    }
}

#[test]
fn tasks_before_and_behind_an_injected_result_are_under_way_together() {
    let chain = Chain::default();
    let run = chain.run().with_b(20);
    let (mut c, mut a) = (Driven::new(run.c()), Driven::new(run.a()));
    assert!(c.poll().is_pending() && a.poll().is_pending());
    assert_eq!(chain.stage.events(), ["start c", "start a"]);
    open(&chain, &["a"]);
    assert_eq!(a.run(), &1);
    assert_eq!(chain.stage.events(), ["end a"]);
    open(&chain, &["c"]);
    assert_eq!(c.run(), &21);
    open(&chain, &["d"]);
    assert_eq!(now(run.d()), &22);
    assert_eq!(chain.stage.events(), ["end c", "start d", "end d"]);
}

#[test]
fn a_task_keeps_its_place_when_those_before_it_end_in_any_order() {
    for order in [["a", "c", "e"], ["c", "a", "e"], ["e", "c", "a"], ["c", "e", "a"]] {
        let chain = Chain::default();
        let run = chain.run().with_b(20).with_d(40);
        let (mut e, mut c, mut a) = (Driven::new(run.e()), Driven::new(run.c()), Driven::new(run.a()));
        assert!(e.poll().is_pending() && c.poll().is_pending() && a.poll().is_pending());
        assert_eq!(chain.stage.events(), ["start e", "start c", "start a"]);
        for task in order {
            open(&chain, &[task]);
            match task {
                "a" => assert_eq!(a.run(), &1),
                "c" => assert_eq!(c.run(), &21),
                _ => assert_eq!(e.run().unwrap_err().to_string(), "task `e` failed"),
            }
            assert_eq!(chain.stage.events(), [format!("end {task}")]);
        }
    }
}

#[test]
fn all_bodies_of_a_chain_are_dropped_with_the_run() {
    let chain = Chain::default();
    let run = chain.run().with_b(20).with_d(40);
    for mut goal in [Driven::new(async { _ = run.e().await }), Driven::new(async { _ = run.c().await })] {
        assert!(goal.poll().is_pending());
    }
    let mut a = Driven::new(run.a());
    assert!(a.poll().is_pending());
    drop(a);
    chain.stage.events();
    drop(run);
    let mut dropped = chain.stage.events();
    dropped.sort();
    assert_eq!(dropped, ["drop a", "drop c", "drop e"]);
}

#[test]
fn a_task_that_nobody_waits_for_is_dropped_in_its_place() {
    let chain = Chain::default();
    let run = chain.run().with_b(20).cancel_abandoned();
    let (mut c, mut a) = (Driven::new(run.c()), Driven::new(run.a()));
    assert!(c.poll().is_pending() && a.poll().is_pending());
    drop(a);
    assert_eq!(chain.stage.events(), ["start c", "start a", "drop a"]);
    let mut a = Driven::new(run.a());
    assert!(a.poll().is_pending());
    drop(c);
    assert_eq!(chain.stage.events(), ["start a", "drop c"]);
    open(&chain, &["a", "c"]);
    assert_eq!((a.run(), now(run.c())), (&1, &21));
    assert_eq!(chain.stage.events(), ["end a", "start c", "end c"]);
}

#[test]
fn with_one_slot_a_task_waits_although_its_place_is_free() {
    let chain = Chain::default();
    let run = chain.run().with_b(20).max_concurrency(1);
    let (mut c, mut a) = (Driven::new(run.c()), Driven::new(run.a()));
    assert!(c.poll().is_pending() && a.poll().is_pending());
    assert_eq!(chain.stage.events(), ["start c"]);
    open(&chain, &["c", "a"]);
    assert_eq!((c.run(), a.run()), (&21, &1));
    assert_eq!(chain.stage.events(), ["end c", "start a", "end a"]);
}

struct Panics<'s>(&'s Stage);

impl Drop for Panics<'_> {
    fn drop(&mut self) {
        self.0.log("panic");
        panic!("dropped");
    }
}

#[derive(Default)]
struct Broken {
    stage: Stage,
}

#[dag]
impl Broken {
    async fn first(&self) -> u8 {
        let _guard = Panics(&self.stage);
        self.stage.act("first").await;
        1
    }

    #[depends(first)]
    async fn second(&self, first: u8) -> u8 {
        self.stage.act("second").await;
        first + 1
    }

    #[depends(second)]
    async fn third(&self, second: u8) -> u8 {
        self.stage.act("third").await;
        assert_ne!(second, 20, "third panics");
        second + 1
    }
}

#[test]
fn a_panic_in_a_drop_drops_the_others_of_the_chain_once() {
    let broken = Broken::default();
    let run = broken.run().with_second(2);
    for mut goal in [Driven::new(run.third()), Driven::new(run.first())] {
        assert!(goal.poll().is_pending());
    }
    broken.stage.events();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(run))).is_err());
    let mut dropped = broken.stage.events();
    dropped.sort();
    assert_eq!(dropped, ["drop first", "drop third", "panic"]);
}

#[test]
fn a_panic_of_one_drops_the_others_of_the_chain() {
    let broken = Broken::default();
    let run = broken.run().with_second(20).with_first(1);
    let mut third = Driven::new(run.third());
    assert!(third.poll().is_pending());
    broken.stage.open("third");
    assert!(catch_unwind(AssertUnwindSafe(|| third.run())).is_err());
    assert_eq!(broken.stage.events(), ["start third", "end third"]);
}
