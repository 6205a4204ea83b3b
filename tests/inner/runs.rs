//! Runs of a graph with inner graphs, three levels deep.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "some tasks here are done at once")]

mod observers;
#[cfg(feature = "tokio")]
mod retried;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Mutex};

use adagio::{TaskError, dag};

use crate::common::{Driven, Stage, now};

/// The state that all levels share.
#[derive(Clone, Default)]
struct World {
    stage: Arc<Stage>,
    failing: Arc<Mutex<BTreeSet<&'static str>>>,
}

#[derive(Debug)]
struct Bad(&'static str);

impl fmt::Display for Bad {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for Bad {}

/// The error of a level, made from the error of the level below.
macro_rules! level {
    ($($error:ident of $inner:ident),*) => {$(
        #[derive(Debug)]
        struct $error($inner);

        impl From<$inner> for $error {
            fn from(error: $inner) -> Self {
                Self(error)
            }
        }

        impl fmt::Display for $error {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{} of {}", stringify!($error), self.0)
            }
        }

        impl Error for $error {}
    )*};
}

level!(MiddleError of Bad, TopError of MiddleError);

impl World {
    /// All gates are open, and these tasks fail.
    fn failing(tasks: &[&'static str]) -> Self {
        let world = Self::default();
        world.set_failing(tasks);
        for task in ["x", "y", "z", "slow", "m", "left", "right", "page", "side"] {
            world.stage.open(task);
        }
        world
    }

    fn set_failing(&self, tasks: &[&'static str]) {
        *self.failing.lock().unwrap() = tasks.iter().copied().collect();
    }

    async fn act(&self, task: &'static str) -> Result<u8, Bad> {
        self.stage.act(task).await;
        if task == "x" && self.failing.lock().unwrap().contains("panic") {
            panic_any("payload");
        }
        if self.failing.lock().unwrap().contains(task) { Err(Bad(task)) } else { Ok(1) }
    }

    fn starts(&self) -> Vec<String> {
        let events = self.stage.events();
        events.iter().filter_map(|event| event.strip_prefix("start ")).map(str::to_owned).collect()
    }
}

struct Bottom(World);

#[dag]
impl Bottom {
    async fn x(&self) -> Result<u8, Bad> {
        self.0.act("x").await
    }

    #[depends(x)]
    async fn y(&self, x: u8) -> Result<u8, Bad> {
        Ok(self.0.act("y").await? + x)
    }

    #[depends(x)]
    async fn z(&self, x: u8) -> Result<u8, Bad> {
        Ok(self.0.act("z").await? + x)
    }

    async fn slow(&self) -> Result<u8, Bad> {
        self.0.act("slow").await
    }
}

struct Middle(World);

#[dag]
impl Middle {
    #[task(graph)]
    fn bottom(&self) -> Bottom {
        Bottom(self.0.clone())
    }

    async fn m(&self) -> Result<u8, Bad> {
        self.0.act("m").await
    }

    #[depends(bottom.y, m)]
    async fn left(&self, y: u8, m: u8) -> Result<u8, MiddleError> {
        Ok(self.0.act("left").await? + y + m)
    }

    #[depends(bottom.z)]
    async fn right(&self, z: u8) -> Result<u8, MiddleError> {
        Ok(self.0.act("right").await? + z)
    }

    #[depends(bottom.slow)]
    fn slow(&self, slow: u8) -> Result<u8, MiddleError> {
        Ok(slow)
    }
}

struct Top(World);

#[dag]
impl Top {
    #[task(graph)]
    fn middle(&self) -> Middle {
        self.0.stage.act_at_once("middle");
        Middle(self.0.clone())
    }

    #[depends(middle.left)]
    async fn page(&self, left: u8) -> Result<u8, TopError> {
        Ok(self.0.act("page").await.map_err(MiddleError)? + left)
    }

    #[depends(middle.right)]
    async fn side(&self, right: u8) -> Result<u8, TopError> {
        Ok(self.0.act("side").await.map_err(MiddleError)? + right)
    }

    #[depends(middle.slow)]
    async fn late(&self, slow: u8) -> Result<u8, TopError> {
        Ok(slow)
    }

    #[depends(page, side)]
    async fn goal(&self, page: u8, side: u8) -> u8 {
        page + side
    }
}

fn task<T>(result: Result<T, TaskError>) -> Result<T, &'static str> {
    result.map_err(|error| error.task())
}

#[test]
fn each_task_of_every_level_runs_at_most_once() {
    let top = Top(World::failing(&[]));
    let run = top.run();
    assert_eq!(task(now(run.side())), Ok(&4));
    assert_eq!(top.0.starts(), ["middle", "x", "z", "right", "side"]);
    assert_eq!(task(now(run.page())), Ok(&5));
    assert_eq!(top.0.starts(), ["m", "y", "left", "page"]);
    assert_eq!(task(now(run.goal())), Ok(&9));
    assert!(top.0.starts().is_empty());
}

#[test]
fn what_is_wanted_later_joins_an_inner_graph_under_way() {
    let top = Top(World::default());
    let run = top.run();
    let mut late = Driven::new(run.late());
    assert!(late.poll().is_pending());
    let mut side = Driven::new(run.side());
    assert!(side.poll().is_pending());
    assert_eq!(top.0.starts(), ["middle", "slow", "x"]);
    drop(late);
    for gate in ["x", "z", "right", "side"] {
        top.0.stage.open(gate);
    }
    assert_eq!(side.run().ok(), Some(&4));
    top.0.stage.open("slow");
    assert_eq!(task(now(run.late())), Ok(&1));
}

#[test]
fn a_failure_three_levels_down_is_named_by_its_full_path() {
    let top = Top(World::failing(&["y"]));
    let run = top.run();
    let error = now(run.goal()).unwrap_err();
    assert_eq!(error.task(), "middle.bottom.y");
    assert_eq!(error.to_string(), "task `middle.bottom.y` failed");
    assert_eq!(error.source().unwrap().to_string(), "MiddleError of y");
    assert!(error.downcast_ref::<MiddleError>().is_some());
    assert_eq!(task(now(run.side())), Ok(&4), "what does not need it goes on");

    let middle = Middle(World::failing(&["y"]));
    let error = now(middle.run().left()).unwrap_err();
    assert_eq!((error.task(), error.downcast_ref::<Bad>().map(|bad| bad.0)), ("bottom.y", Some("y")));
}

#[test]
fn a_failure_that_several_inner_tasks_share_has_one_name() {
    let top = Top(World::failing(&["x"]));
    let run = top.run();
    let error = now(run.goal()).unwrap_err();
    assert_eq!(error.task(), "middle.bottom.x");
    assert_eq!(task(now(run.side())), Err("middle.bottom.x"));
    assert_eq!(task(now(run.page())), Err("middle.bottom.x"));
    // The error is that of the first wanted task.
    let run = top.run();
    assert_eq!(task(now(run.side())), Err("middle.bottom.x"));
}

#[test]
fn of_two_goals_that_failed_the_one_awaited_again_runs_and_no_more() {
    let top = Top(World::failing(&["x"]));
    let run = top.run();
    assert_eq!(task(now(run.goal())), Err("middle.bottom.x"));
    assert_eq!(top.0.starts(), ["middle", "m", "x"]);
    run.retry_failed();
    assert!(top.0.starts().is_empty(), "nothing runs before it is awaited");
    top.0.set_failing(&[]);
    assert_eq!(task(now(run.side())), Ok(&4));
    assert_eq!(top.0.starts(), ["x", "z", "right", "side"], "`m` is kept, and `y` is for `page` alone");
    assert_eq!(task(now(run.page())), Ok(&5));
    assert_eq!(top.0.starts(), ["y", "left", "page"]);
}

#[test]
fn what_fails_again_is_told_again() {
    let top = Top(World::failing(&["x"]));
    let run = top.run();
    for _ in 0..3 {
        assert_eq!(task(now(run.goal())), Err("middle.bottom.x"));
        assert_eq!(top.0.starts().last().unwrap(), "x");
        assert_eq!(task(now(run.goal())), Err("middle.bottom.x"));
        assert!(top.0.starts().is_empty(), "failures are remembered");
        run.retry_failed();
    }
    top.0.set_failing(&["z"]);
    assert_eq!(task(now(run.goal())), Err("middle.bottom.z"));
    run.retry_failed();
    top.0.set_failing(&[]);
    assert_eq!(task(now(run.goal())), Ok(&9));
}

#[test]
fn a_failure_leaves_independent_inner_tasks_alone() {
    let world = World::default();
    world.set_failing(&["x"]);
    let top = Top(world);
    let run = top.run();
    let (mut late, mut side) = (Driven::new(run.late()), Driven::new(run.side()));
    assert!(late.poll().is_pending() && side.poll().is_pending());
    top.0.stage.events();
    top.0.stage.open("x");
    assert_eq!(side.run().map_err(|error| error.task()), Err("middle.bottom.x"));
    assert_eq!(top.0.stage.events(), ["end x"], "`slow` is still under way");
    top.0.stage.open("slow");
    assert!(late.run().is_ok());
}

#[test]
fn an_inner_task_of_a_failed_goal_stays_driven_by_others() {
    let world = World::default();
    world.set_failing(&["m"]);
    let top = Top(world);
    let run = top.run();
    let mut page = Driven::new(run.page());
    assert!(page.poll().is_pending());
    assert_eq!(top.0.starts(), ["middle", "m", "x"]);
    top.0.stage.open("m");
    assert_eq!(page.run().map_err(|error| error.task()), Err("middle.m"));
    let mut late = Driven::new(run.late());
    assert!(late.poll().is_pending());
    top.0.stage.events();
    top.0.stage.open("x");
    assert!(late.poll().is_pending());
    assert_eq!(top.0.stage.events(), ["end x"], "nothing new starts for the failed goal");
}

#[test]
fn an_injected_object_takes_the_place_of_the_task_that_makes_it() {
    let (top, other) = (Top(World::failing(&[])), World::failing(&[]));
    let run = top.run().with_middle(Middle(other.clone()));
    assert_eq!(task(now(run.goal())), Ok(&9));
    assert!(top.0.starts().iter().all(|start| start != "middle"));
    assert_eq!(other.starts(), ["m", "x", "y", "z", "left", "right"]);
}

#[test]
fn an_injected_result_takes_its_inner_tasks_with_it() {
    let top = Top(World::failing(&[]));
    let run = top.run().with_page(7);
    assert_eq!(task(now(run.goal())), Ok(&11));
    assert_eq!(top.0.starts(), ["middle", "x", "z", "right", "side"]);
}

#[test]
fn all_runs_every_task_of_the_block_and_the_inner_ones_that_they_need() {
    let top = Top(World::failing(&[]));
    let run = top.run().with_page(7);
    let TopOutputs { goal, middle, late, .. } = now(run.all()).unwrap();
    assert_eq!((goal, late), (&11, &1));
    assert!(Arc::ptr_eq(&middle.0.stage, &top.0.stage));
    assert!(!top.0.starts().contains(&"left".to_owned()), "only the injected `page` would need it");
    let run = top.run();
    assert_eq!(*now(run.all()).unwrap().goal, 9);
    top.0.set_failing(&["y"]);
    let run = top.run();
    assert_eq!(task(now(run.all()).map(|_| ())), Err("middle.bottom.y"));
}

#[test]
fn dropping_a_run_drops_inner_tasks_and_then_their_object() {
    let top = Top(World::default());
    let run = top.run();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    drop(goal);
    assert!(!top.0.stage.events().iter().any(|event| event.starts_with("drop")), "nothing is lost");
    drop(run);
    let mut events = top.0.stage.events();
    events.sort_unstable();
    assert_eq!(events, ["drop m", "drop x"]);
}

#[test]
fn a_panic_names_the_inner_task_and_ends_the_run() {
    let top = Top(World::failing(&["panic"]));
    let run = top.run();
    let payload = catch_unwind(AssertUnwindSafe(|| now(run.goal()))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"payload"));
    let payload = catch_unwind(AssertUnwindSafe(|| now(run.late()))).unwrap_err();
    let message: &String = payload.downcast_ref().unwrap();
    assert_eq!(message, "the run has ended: task `middle.bottom.x` panicked");
    let payload = catch_unwind(AssertUnwindSafe(|| now(top.goal()))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"payload"));
}
