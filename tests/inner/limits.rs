//! Limits hold across the border of a graph inside another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;

use crate::common::{Driven, Stage};

/// Counts the tasks under way on all levels.
#[derive(Clone, Default)]
struct World {
    stage: Arc<Stage>,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl World {
    async fn act(&self, task: &'static str) {
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        self.stage.act(task).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    fn starts(&self) -> Vec<String> {
        let events = self.stage.events();
        events.iter().filter_map(|event| event.strip_prefix("start ")).map(str::to_owned).collect()
    }
}

struct Bottom(World);

#[dag]
impl Bottom {
    async fn x(&self) {
        self.0.act("x").await;
    }

    async fn y(&self) {
        self.0.act("y").await;
    }

    async fn z(&self) {
        self.0.act("z").await;
    }
}

struct Middle(World);

/// It has its own limit: at most two of its tasks and its inner tasks at a time.
#[dag(max_concurrency = 2)]
impl Middle {
    #[task(graph)]
    fn bottom(&self) -> Bottom {
        Bottom(self.0.clone())
    }

    async fn m(&self) {
        self.0.act("m").await;
    }

    #[depends(bottom.x, bottom.y, bottom.z, m)]
    fn goal(&self) {}
}

struct Top(World);

#[dag]
impl Top {
    #[task(graph)]
    fn middle(&self) -> Middle {
        Middle(self.0.clone())
    }

    async fn a(&self) {
        self.0.act("a").await;
    }

    async fn b(&self) {
        self.0.act("b").await;
    }

    #[depends(a, b, middle.goal)]
    fn goal(&self) {}
}

struct Limited(World);

#[dag(max_concurrency = 2)]
impl Limited {
    async fn a(&self) {
        self.0.act("a").await;
    }

    #[task(graph)]
    fn bottom(&self) -> Bottom {
        Bottom(self.0.clone())
    }

    #[depends(bottom.x)]
    async fn b(&self) {
        self.0.act("b").await;
    }

    #[depends(a, b, bottom.y, bottom.z)]
    fn goal(&self) {}
}

/// Opens the gates of tasks under way, one after another, until the goal is reached. Returns all starts.
fn drain(goal: &mut Driven<'_, ()>, world: &World) -> Vec<String> {
    let (mut starts, mut opened) = (Vec::new(), 0);
    while goal.poll().is_pending() {
        starts.extend(world.starts());
        assert!(opened < starts.len(), "something is under way: {starts:?}");
        let gate = ["a", "b", "m", "x", "y", "z"].into_iter().find(|gate| *gate == starts[opened]).unwrap();
        world.stage.open(gate);
        opened += 1;
    }
    starts.extend(world.starts());
    starts
}

#[test]
fn the_limit_of_a_run_counts_the_tasks_of_all_levels() {
    for limit in 1..=6 {
        let top = Top(World::default());
        let run = top.run().max_concurrency(limit);
        let mut starts = drain(&mut Driven::new(async { *run.goal().await }), &top.0);
        // The middle graph lets at most two of its four tasks run, next to the two outer tasks.
        assert_eq!(top.0.most.load(Ordering::Relaxed), limit.min(4), "{starts:?}");
        starts.sort_unstable();
        assert_eq!(starts, ["a", "b", "m", "x", "y", "z"]);
    }
}

#[test]
fn a_terminal_keeps_the_limits_of_all_levels() {
    let top = Top(World::default());
    drain(&mut Driven::new(top.goal()), &top.0);
    assert_eq!(top.0.most.load(Ordering::Relaxed), 4);

    let limited = Limited(World::default());
    drain(&mut Driven::new(limited.goal()), &limited.0);
    assert_eq!(limited.0.most.load(Ordering::Relaxed), 2);
}

#[test]
fn a_slot_that_an_outer_task_gives_back_goes_to_an_inner_one_in_the_same_poll() {
    let limited = Limited(World::default());
    let mut goal = Driven::new(limited.goal());
    assert!(goal.poll().is_pending());
    assert_eq!(limited.0.starts(), ["a", "x"]);
    limited.0.stage.open("a");
    assert!(goal.poll().is_pending());
    assert_eq!(limited.0.starts(), ["y"]);
    limited.0.stage.open("y");
    assert!(goal.poll().is_pending());
    assert_eq!(limited.0.starts(), ["z"]);
    limited.0.stage.open("x");
    assert!(goal.poll().is_pending());
    assert_eq!(limited.0.starts(), ["b"], "and one of an inner task to an outer");
    for gate in ["b", "z"] {
        limited.0.stage.open(gate);
    }
    assert!(goal.poll().is_ready());
}

/// One task at a time.
struct Single(World);

#[dag(max_concurrency = 1)]
impl Single {
    async fn x(&self) {
        self.0.act("x").await;
    }

    async fn y(&self) {
        self.0.act("y").await;
    }

    async fn z(&self) {
        self.0.act("z").await;
    }
}

struct AroundSingle(World);

#[dag(max_concurrency = 2)]
impl AroundSingle {
    async fn a(&self) {
        self.0.act("a").await;
    }

    #[task(graph)]
    fn single(&self) -> Single {
        Single(self.0.clone())
    }

    #[depends(single.x)]
    async fn b(&self) {
        self.0.act("b").await;
    }

    #[depends(a, b, single.y, single.z)]
    fn goal(&self) {}
}

#[test]
fn an_inner_graph_that_keeps_its_own_limit_does_not_wait_for_a_slot() {
    let around = AroundSingle(World::default());
    let mut goal = Driven::new(around.goal());
    for (opened, starts) in [(None, ["a", "x"].as_slice()), (Some("x"), &["y"]), (Some("a"), &["b"])] {
        if let Some(gate) = opened {
            around.0.stage.open(gate);
        }
        assert!(goal.poll().is_pending());
        assert_eq!(around.0.starts(), starts);
    }
    // When it starts, and with the wake of `a`; the slot of `a` is not offered to it.
    assert_eq!(around.0.stage.polls("y"), 2);
}

/// Two tasks after another one.
struct Fork(World);

#[dag]
impl Fork {
    async fn x(&self) {
        self.0.act("x").await;
    }

    #[depends(x)]
    async fn y(&self) {
        self.0.act("y").await;
    }

    #[depends(x)]
    async fn z(&self) {
        self.0.act("z").await;
    }
}

struct AroundFork(World);

#[dag(max_concurrency = 2)]
impl AroundFork {
    async fn m(&self) {
        self.0.act("m").await;
    }

    #[depends(m)]
    async fn a(&self) {
        self.0.act("a").await;
    }

    #[depends(m)]
    async fn b(&self) {
        self.0.act("b").await;
    }

    #[task(graph)]
    fn fork(&self) -> Fork {
        Fork(self.0.clone())
    }

    #[depends(a, b, fork.y, fork.z)]
    fn goal(&self) {}
}

#[test]
fn an_inner_graph_does_not_overtake_a_task_that_waits_for_a_slot() {
    let around = AroundFork(World::default());
    let mut goal = Driven::new(around.goal());
    assert!(goal.poll().is_pending());
    around.0.stage.open("m");
    assert!(goal.poll().is_pending());
    // `b` waits.
    assert_eq!(around.0.starts(), ["m", "x", "a"]);
    around.0.stage.open("a");
    around.0.stage.open("x");
    assert!(goal.poll().is_pending());
    assert_eq!(around.0.starts(), ["y", "b"]);
}
