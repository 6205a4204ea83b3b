//! Runs with `cancel_abandoned()`: a task that nobody waits for any more is dropped, and starts anew when it is wanted.

mod beside;
mod drops;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use adagio::{Observer, Outcome, TaskEvent, dag};

use crate::common::{Driven, Stage, now};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    async fn a(&self) -> u8 {
        self.stage.act("a").await;
        1
    }

    async fn b(&self) -> u8 {
        self.stage.act("b").await;
        2
    }

    #[depends(a)]
    async fn after_a(&self, a: u8) -> u8 {
        self.stage.act("after_a").await;
        a + 10
    }

    #[depends(after_a, b)]
    async fn goal(&self, after_a: u8, b: u8) -> u8 {
        self.stage.act("goal").await;
        after_a + b
    }

    async fn fails(&self) -> Result<u8, &'static str> {
        self.stage.act("fails").await;
        Err("no")
    }

    #[depends(fails, b)]
    fn needs_both(&self) {}
}

#[test]
fn a_task_that_nobody_waits_for_is_dropped_and_starts_anew_when_it_is_wanted() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    graph.stage.open("a");
    assert!(goal.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start a", "start b", "end a", "start after_a"]);
    drop(goal);
    assert_eq!(graph.stage.events(), ["drop b", "drop after_a"]);
    for task in ["after_a", "b", "goal"] {
        graph.stage.open(task);
    }
    assert_eq!(now(run.goal()), &13);
    let again = ["start b", "end b", "start after_a", "end after_a", "start goal", "end goal"];
    assert_eq!(graph.stage.events(), again);
}

#[test]
fn a_waiter_that_never_drove_keeps_what_it_needs() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned();
    let (mut goal, mut after_a) = (Driven::new(run.goal()), Driven::new(run.after_a()));
    assert!(goal.poll().is_pending() && after_a.poll().is_pending());
    drop(goal);
    assert_eq!(graph.stage.events(), ["start a", "start b", "drop b"]);
    graph.stage.open("a");
    graph.stage.open("after_a");
    assert_eq!(after_a.run(), &11);
    assert_eq!(graph.stage.events(), ["end a", "start after_a", "end after_a"]);
}

#[test]
fn a_drop_polls_nothing_and_starts_nothing() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned();
    let (mut b, mut after_a) = (Driven::new(run.b()), Driven::new(run.after_a()));
    assert!(b.poll().is_pending() && after_a.poll().is_pending());
    let polls = graph.stage.polls("a");
    graph.stage.open("a");
    drop(b);
    assert_eq!((graph.stage.polls("a"), graph.stage.events().pop().unwrap().as_str()), (polls, "drop b"));
    graph.stage.open("after_a");
    assert_eq!(after_a.run(), &11);
}

#[test]
fn a_goal_that_was_not_polled_is_not_waited_for() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned();
    let unpolled = run.goal();
    let mut a = Driven::new(run.a());
    assert!(a.poll().is_pending());
    drop(a);
    assert_eq!(graph.stage.events(), ["start a", "drop a"]);
    drop(unpolled);
    assert!(graph.stage.events().is_empty());
}

#[test]
fn what_only_a_failed_goal_needed_is_dropped_with_its_failure() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned();
    let (mut both, mut a) = (Driven::new(run.needs_both()), Driven::new(run.a()));
    assert!(both.poll().is_pending() && a.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start b", "start fails", "start a"]);
    graph.stage.open("fails");
    assert_eq!(both.run().unwrap_err().task(), "fails");
    assert_eq!(graph.stage.events(), ["end fails", "drop b"]);
    graph.stage.open("a");
    assert_eq!(a.run(), &1);
    // What is forgotten is tried again, and finds the rest dropped.
    run.retry_failed();
    assert!(now(run.needs_both()).is_err());
    assert_eq!(graph.stage.events(), ["end a", "start b", "start fails", "end fails", "drop b"]);
}

#[test]
fn all_waits_for_everything_until_it_is_dropped() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned();
    let (mut all, mut b) = (Driven::new(async { run.all().await.is_ok() }), Driven::new(run.b()));
    assert!(all.poll().is_pending() && b.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start a", "start b", "start fails"]);
    drop(all);
    assert_eq!(graph.stage.events(), ["drop a", "drop fails"]);
}

#[test]
fn without_it_the_tasks_of_a_run_pause() {
    let graph = Graph::default();
    let run = graph.run();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    drop(goal);
    assert_eq!(graph.stage.events(), ["start a", "start b"]);
}

#[test]
fn after_the_first_await_it_is_too_late() {
    let graph = Graph::default();
    let run = graph.run();
    assert!(Driven::new(run.a()).poll().is_pending());
    let payload = catch_unwind(AssertUnwindSafe(|| run.cancel_abandoned())).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    assert_eq!(message, "cancel abandoned tasks before the first await of the run: it has started");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Observer for Log {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.lock().unwrap().push(format!("{} starts {}", task.name(), task.attempt()));
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done",
            Outcome::Cancelled => "cancelled",
            _ => "other",
        };
        self.0.lock().unwrap().push(format!("{} {outcome} {}", task.name(), task.attempt()));
    }
}

#[test]
fn observers_are_told_that_the_first_attempt_was_cancelled_and_the_second_begins() {
    let (graph, log) = (Graph::default(), Log::default());
    let run = graph.run().cancel_abandoned().observe(log.clone());
    let mut a = Driven::new(run.a());
    assert!(a.poll().is_pending());
    drop(a);
    graph.stage.open("a");
    assert_eq!(now(run.a()), &1);
    assert_eq!(*log.0.lock().unwrap(), ["a starts 1", "a cancelled 1", "a starts 2", "a done 2"]);
}

#[test]
fn a_slot_of_a_dropped_task_goes_to_one_that_waits() {
    let graph = Graph::default();
    let run = graph.run().cancel_abandoned().max_concurrency(1);
    let (mut a, mut b) = (Driven::new(run.a()), Driven::new(run.b()));
    assert!(a.poll().is_pending() && b.poll().is_pending());
    assert_eq!(graph.stage.events(), ["start a"]);
    drop(a);
    assert_eq!(graph.stage.events(), ["drop a"], "nothing starts in a drop");
    graph.stage.open("b");
    assert_eq!(b.run(), &2);
    assert_eq!(graph.stage.events(), ["start b", "end b"]);
}

/// Waits for the same lock in a run that nobody polls, and beside it.
struct Locked {
    lock: tokio::sync::Mutex<()>,
}

#[dag]
impl Locked {
    async fn holds_the_lock(&self) {
        let _guard = self.lock.lock().await;
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_dropped_task_gives_up_its_lock() {
    for is_cancelled in [false, true] {
        let object = Locked { lock: tokio::sync::Mutex::new(()) };
        let run = object.run();
        let run = if is_cancelled { run.cancel_abandoned() } else { run };
        assert!(Driven::new(run.holds_the_lock()).poll().is_pending());
        assert_eq!(object.lock.try_lock().is_ok(), is_cancelled);
    }
}

/// A body that awaits another result of its own run.
#[derive(Default)]
struct Nested {
    stage: Stage,
    run: std::sync::OnceLock<&'static NestedRun<'static>>,
}

#[dag]
impl Nested {
    async fn inner(&self) {
        self.stage.act("inner").await;
    }

    async fn awaits(&self) {
        let run = *self.run.get().unwrap();
        let awaited = run.inner();
        self.stage.log("start awaits");
        awaited.await;
    }
}

#[test]
fn what_only_a_dropped_body_awaited_is_dropped_as_well() {
    let nested: &'static Nested = crate::common::forever(Nested::default());
    let run = crate::common::forever(nested.run().cancel_abandoned());
    assert!(nested.run.set(run).is_ok());
    let mut awaits = Driven::new(run.awaits());
    awaits.settle();
    assert_eq!(nested.stage.events(), ["start awaits", "start inner"]);
    drop(awaits);
    assert_eq!(nested.stage.events(), ["drop inner"]);
}

/// Many tasks under way, so that each has a waker of its own.
struct Wide {
    stage: Stage,
}

macro_rules! wide {
    ($($task:ident)*) => {
        #[dag]
        impl Wide {
            $(
                async fn $task(&self) {
                    self.stage.gate(stringify!($task)).await;
                }
            )*

            #[depends($($task),*)]
            fn most(&self) {}

            async fn left(&self) {
                self.stage.act("left").await;
            }
        }

        const WIDE: &[&str] = &[$(stringify!($task)),*];
    };
}
wide!(t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12 t13 t14 t15 t16 t17 t18 t19 t20 t21 t22 t23 t24 t25 t26 t27 t28 t29 t30
    t31 t32 t33 t34 t35 t36 t37 t38 t39 t40 t41 t42 t43 t44 t45 t46 t47 t48 t49 t50 t51 t52 t53 t54 t55 t56 t57 t58 t59
    t60 t61 t62 t63 t64 t65 t66 t67 t68 t69);

#[test]
fn a_wake_beside_a_drop_is_not_lost_among_many_tasks() {
    let wide = Wide { stage: Stage::default() };
    let run = wide.run().cancel_abandoned();
    let (mut most, mut left) = (Driven::new(run.most()), Driven::new(run.left()));
    assert!(most.poll().is_pending());
    // From now on each task has its own waker.
    wide.stage.open(WIDE[0]);
    assert!(most.poll().is_pending());
    wide.stage.open(WIDE[1]);
    assert!(most.poll().is_pending() && left.poll().is_pending());
    // `left` is dropped while a wake of another task has not been seen.
    let polls = wide.stage.polls(WIDE[2]);
    wide.stage.open(WIDE[2]);
    drop(left);
    assert!(most.poll().is_pending());
    assert_eq!(wide.stage.polls(WIDE[2]), polls + 1);
    for task in &WIDE[3..] {
        wide.stage.open(task);
        let polls = wide.stage.polls(task);
        _ = most.poll();
        assert_eq!(wide.stage.polls(task), polls + 1, "{task} was woken");
    }
    most.run();
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb");
    }
}

struct Explosive {
    stage: Stage,
}

#[dag]
impl Explosive {
    async fn bomb(&self) {
        let _bomb = Bomb;
        std::future::pending::<()>().await;
    }

    async fn other(&self) {
        self.stage.act("other").await;
    }
}

#[test]
fn a_body_that_panics_when_it_is_dropped_ends_the_run() {
    let explosive = Explosive { stage: Stage::default() };
    let run = explosive.run().cancel_abandoned();
    let (mut bomb, mut other) = (Driven::new(run.bomb()), Driven::new(run.other()));
    assert!(bomb.poll().is_pending() && other.poll().is_pending());
    let payload = catch_unwind(AssertUnwindSafe(|| drop(bomb))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"a bomb"));
    assert_eq!(explosive.stage.events(), ["start other", "drop other"]);
    let payload = catch_unwind(AssertUnwindSafe(|| other.poll())).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "the run has ended: task `bomb` panicked");
}

#[test]
fn a_panic_of_the_caller_is_not_followed_by_one_of_a_dropped_body() {
    let explosive = Explosive { stage: Stage::default() };
    let run = explosive.run().cancel_abandoned();
    let payload = catch_unwind(AssertUnwindSafe(|| {
        let mut bomb = Driven::new(run.bomb());
        assert!(bomb.poll().is_pending());
        std::panic::panic_any("the caller");
    }));
    assert_eq!(payload.unwrap_err().downcast_ref::<&str>(), Some(&"the caller"));
}
