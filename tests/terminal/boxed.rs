//! `#[task(boxed)]`: a task whose future is on the heap starts, fails, ends and is dropped as any other.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

#[cfg(feature = "tokio")]
mod options;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;

use adagio::{Lazy, dag};

use crate::common::{Driven, Stage, now, yield_once};

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    #[task(boxed)]
    async fn left(&self) -> String {
        self.stage.act("left").await;
        "left".to_owned()
    }

    #[task(boxed)]
    async fn right(&self) -> &Stage {
        self.stage.act("right").await;
        &self.stage
    }

    #[depends(left, right)]
    #[task(boxed)]
    async fn goal(&self, left: String, right: &Stage) -> Result<String, String> {
        right.act("goal").await;
        if left.is_empty() { Err(left) } else { Ok(left) }
    }

    #[task(boxed)]
    async fn panics(&self) {
        self.stage.act("panics").await;
        panic!("in a box")
    }

    #[depends(left, panics)]
    async fn after_panic(&self) {}
}

#[test]
fn boxed_tasks_start_and_end_in_the_order_of_the_graph() {
    let graph = Graph::default();
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Pending);
    graph.stage.open("right");
    assert_eq!(goal.poll(), Poll::Pending);
    graph.stage.open("goal");
    graph.stage.open("left");
    assert_eq!(goal.poll(), Poll::Ready(Ok("left".to_owned())));
    let events = ["start left", "start right", "end right", "end left", "start goal", "end goal"];
    assert_eq!(graph.stage.events(), events);
}

#[test]
fn a_run_drives_boxed_tasks() {
    let graph = Graph::default();
    let run = graph.run();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    drop(goal);
    assert_eq!(graph.stage.events(), ["start left", "start right"]);
    for gate in ["left", "right", "goal"] {
        graph.stage.open(gate);
    }
    assert_eq!(now(run.goal()).unwrap(), "left");
    assert_eq!(graph.stage.events(), ["end left", "end right", "start goal", "end goal"]);
}

#[test]
fn a_call_that_is_dropped_after_any_poll_drops_its_boxed_bodies() {
    for polls in 0..4 {
        let graph = Graph::default();
        let mut goal = Driven::new(graph.goal());
        for gate in &["left", "right", "goal"][..polls] {
            assert!(goal.poll().is_pending());
            graph.stage.open(gate);
        }
        drop(goal);
        let mut open = Vec::new();
        for event in graph.stage.events() {
            match event.split_once(' ').unwrap() {
                ("start", task) => open.push(task.to_owned()),
                (_, task) => open.retain(|started| started != task),
            }
        }
        assert!(open.is_empty(), "after {polls} polls {open:?} are left");
    }
}

#[test]
fn a_panic_in_a_boxed_body_unwinds_and_drops_the_others() {
    let graph = Graph::default();
    let mut call = Driven::new(graph.after_panic());
    assert_eq!(call.poll(), Poll::Pending);
    graph.stage.open("panics");
    let payload = catch_unwind(AssertUnwindSafe(|| call.poll().is_ready())).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"in a box"));
    assert_eq!(graph.stage.events(), ["start left", "start panics", "end panics", "drop left"]);
}

struct Local;

#[dag(local)]
impl Local {
    #[task(boxed)]
    async fn shared(&self) -> Rc<u8> {
        let shared = Rc::new(7);
        yield_once().await;
        shared
    }

    #[depends(shared)]
    #[task(boxed)]
    async fn count(&self, shared: &Rc<u8>) -> usize {
        let shared = Rc::clone(shared);
        yield_once().await;
        Rc::strong_count(&shared)
    }
}

#[test]
fn a_boxed_body_of_a_local_block_need_not_be_send() {
    assert_eq!(Driven::new(Local.count()).run(), 2);
}

struct Pricing(u64);

#[dag]
impl Pricing {
    #[task(boxed)]
    async fn rate(&self) -> u64 {
        yield_once().await;
        self.0
    }

    #[depends(rate)]
    #[task(boxed)]
    async fn total(&self, rate: u64) -> u64 {
        yield_once().await;
        2 * rate
    }
}

struct Shop;

#[dag]
impl Shop {
    #[task(graph, boxed)]
    async fn pricing(&self) -> Pricing {
        yield_once().await;
        Pricing(21)
    }

    #[depends(pricing.total)]
    #[task(boxed)]
    async fn quote(&self, total: u64) -> String {
        total.to_string()
    }
}

#[test]
fn boxed_tasks_run_on_both_sides_of_a_border() {
    assert_eq!(Driven::new(Shop.quote()).run(), "42");
    assert_eq!(Driven::new(Shop.run().quote()).run(), "42");
}

struct Asking;

#[dag(max_concurrency = 1)]
impl Asking {
    #[task(boxed)]
    async fn rate(&self) -> u64 {
        yield_once().await;
        7
    }

    #[task(boxed, catch)]
    async fn coupon(&self) -> Result<u64, u8> {
        yield_once().await;
        Err(1)
    }

    #[task(boxed)]
    async fn fails(&self) -> Result<u64, u8> {
        yield_once().await;
        Err(1)
    }

    #[depends(coupon, lazy rate, catch fails)]
    #[task(boxed)]
    async fn price(&self, coupon: &Result<u64, u8>, rate: Lazy<'_, u64>, fails: Option<&u64>) -> u64 {
        coupon.unwrap_or(1) * *rate.await * fails.copied().unwrap_or(6)
    }
}

#[test]
fn a_boxed_task_may_have_any_kind_of_dependency() {
    assert_eq!(Driven::new(Asking.price()).run(), 42);
}

#[cfg(feature = "durable")]
struct Kept;

#[cfg(feature = "durable")]
#[dag(durable)]
impl Kept {
    #[task(boxed, retry = 1, remote)]
    async fn rate(&self) -> Result<u64, std::fmt::Error> {
        yield_once().await;
        Ok(21)
    }

    #[depends(rate)]
    #[task(boxed)]
    async fn total(&self, rate: &u64) -> u64 {
        2 * rate
    }
}

#[cfg(feature = "durable")]
#[test]
fn a_durable_block_may_have_boxed_tasks() {
    let kept = std::sync::Arc::new(Kept);
    assert_eq!(Driven::new(kept.run().total()).run().unwrap(), &42);
}
