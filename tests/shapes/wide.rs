//! Graphs with about 32 and 64 tasks, the sizes at which the bookkeeping changes, and large graphs.

#[path = "../common/mod.rs"]
mod common;
#[macro_use]
#[path = "../common/names.rs"]
mod names;

use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use adagio::dag;
use common::{Driven, now, yield_once};

/// Each task depends on the one before.
macro_rules! chain {
    ([$name:ident]) => {
        chain! { @block $name start [] [] }
    };
    ([$name:ident] $first:ident $($task:ident)*) => {
        chain! { @block $name $first [$first $($task)*] [$($task)* goal] }
    };
    (@block $name:ident $start:ident [$($before:ident)*] [$($task:ident)*]) => {
        struct $name;

        #[dag]
        impl $name {
            fn $start(&self) -> u64 {
                1
            }

            $(#[depends($before)]
            async fn $task(&self, $before: &u64) -> u64 {
                $before + 1
            })*
        }
    };
}

names! { 1 => chain [Chain1] }
names! { 32 => chain [Chain32] }
names! { 33 => chain [Chain33] }
names! { 64 => chain [Chain64] }
names! { 65 => chain [Chain65] }
names! { 1000 => chain [Chain1000] }

#[test]
fn a_chain_may_have_any_length() {
    assert_eq!(now(Chain1.start()), 1);
    assert_eq!(now(Chain32.goal()), 32);
    assert_eq!(now(Chain33.goal()), 33);
    assert_eq!(now(Chain64.goal()), 64);
    assert_eq!(now(Chain65.goal()), 65);
    assert_eq!(now(Chain1000.goal()), 1000);
}

/// One gate per leaf, which the test opens; without gates, each leaf yields once.
#[derive(Default)]
struct Leaves {
    gates: Vec<Gate>,
    starts: AtomicUsize,
    polls: AtomicUsize,
}

#[derive(Default)]
struct Gate(Mutex<(bool, Option<Waker>)>);

impl Leaves {
    fn gated(count: usize) -> Self {
        Self { gates: (0..count).map(|_| Gate::default()).collect(), ..Self::default() }
    }

    /// Acts the leaf with a name such as `t007`.
    async fn act(&self, name: &str) -> u64 {
        self.starts.fetch_add(1, Ordering::Relaxed);
        let index: usize = name[1..].parse().unwrap();
        match self.gates.get(index) {
            None => yield_once().await,
            Some(gate) => {
                std::future::poll_fn(|cx| {
                    self.polls.fetch_add(1, Ordering::Relaxed);
                    let mut gate = gate.0.lock().unwrap();
                    gate.1 = Some(cx.waker().clone());
                    if gate.0 { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        }
        1
    }

    fn open(&self, leaf: usize) {
        let waker = {
            let mut gate = self.gates[leaf].0.lock().unwrap();
            gate.0 = true;
            gate.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn starts(&self) -> usize {
        self.starts.load(Ordering::Relaxed)
    }

    fn polls(&self) -> usize {
        self.polls.load(Ordering::Relaxed)
    }
}

/// Leaves side by side, one more than there are names, and a goal that depends on all.
macro_rules! fan_out {
    ([$name:ident] $($leaf:ident)*) => {
        struct $name {
            leaves: Leaves,
        }

        #[dag]
        impl $name {
            async fn t000(&self) -> u64 {
                self.leaves.act("t000").await
            }

            $(async fn $leaf(&self) -> u64 {
                self.leaves.act(stringify!($leaf)).await
            })*

            #[depends(t000 $(, $leaf)*)]
            #[allow(clippy::too_many_arguments, reason = "as many as there are")]
            fn goal(&self, t000: &u64 $(, $leaf: &u64)*) -> u64 {
                [t000 $(, $leaf)*].into_iter().sum()
            }
        }
    };
}

names! { 1 => fan_out [FanOut1] }
names! { 32 => fan_out [FanOut32] }
names! { 33 => fan_out [FanOut33] }
names! { 64 => fan_out [FanOut64] }
names! { 65 => fan_out [FanOut65] }
names! { 80 => fan_out [FanOut80] }
names! { 1000 => fan_out [FanOut1000] }

/// Runs a fan-out whose leaves are opened in the given order, one per poll.
fn run_one_by_one(leaves: &Leaves, goal: impl Future<Output = u64>, order: impl Iterator<Item = usize>) {
    let mut goal = Driven::new(goal);
    assert_eq!(goal.poll(), Poll::Pending);
    assert_eq!(leaves.starts(), leaves.gates.len());
    let mut opened = 0;
    for leaf in order {
        let wakes = goal.wakes();
        leaves.open(leaf);
        assert_eq!(goal.wakes(), wakes + 1);
        opened += 1;
        let is_last = opened == leaves.gates.len();
        assert_eq!(goal.poll(), if is_last { Poll::Ready(opened as u64) } else { Poll::Pending });
    }
    assert_eq!(leaves.starts(), leaves.gates.len());
}

#[test]
fn a_fan_out_may_have_any_width() {
    macro_rules! check {
        ($($name:ident $width:literal)*) => {$(
            let graph = $name { leaves: Leaves::gated($width) };
            run_one_by_one(&graph.leaves, graph.goal(), 0..$width);
            let graph = $name { leaves: Leaves::gated($width) };
            run_one_by_one(&graph.leaves, graph.goal(), (0..$width).rev());
            let graph = $name { leaves: Leaves::default() };
            assert_eq!(Driven::new(graph.goal()).run(), $width);
        )*};
    }
    check! { FanOut1 1 FanOut32 32 FanOut33 33 FanOut64 64 FanOut65 65 }
}

#[test]
fn leaves_that_wake_one_by_one_cost_polls_in_proportion() {
    for reverse in [false, true] {
        let graph = FanOut1000 { leaves: Leaves::gated(1000) };
        let order: Box<dyn Iterator<Item = usize>> =
            if reverse { Box::new((0..1000).rev()) } else { Box::new(0..1000) };
        run_one_by_one(&graph.leaves, graph.goal(), order);
        // Each is polled when it starts, at the first wake, with its own waker, and when it is done.
        assert_eq!(graph.leaves.polls(), 1000 + 1000 + 2 * 999);
    }
}

#[test]
fn the_last_leaves_that_wake_one_by_one_cost_a_poll_each() {
    let graph = FanOut80 { leaves: Leaves::gated(80) };
    run_one_by_one(&graph.leaves, graph.goal(), 0..80);
    assert_eq!(graph.leaves.polls(), 80 + 80 + 2 * 79);
}

/// Otherwise they would be given wakers of their own.
#[test]
fn leaves_that_wait_for_a_slot_are_not_under_way() {
    let graph = FanOut80 { leaves: Leaves::gated(80) };
    let run = graph.run().max_concurrency(2);
    let mut goal = Driven::new(async { *run.goal().await });
    for leaf in 0..80 {
        assert!(goal.poll().is_pending());
        graph.leaves.open(leaf);
    }
    assert_eq!(goal.poll(), Poll::Ready(80));
    // Each is polled when it starts, then together with the other one of its time, and when it is done.
    assert_eq!(graph.leaves.polls(), 80 + 79 + 80);
}

#[test]
fn up_to_32_under_way_are_polled_together() {
    let graph = FanOut32 { leaves: Leaves::gated(32) };
    run_one_by_one(&graph.leaves, graph.goal(), 0..32);
    assert_eq!(graph.leaves.polls(), 32 + (1..=32).sum::<usize>());
}

#[test]
fn a_wake_reaches_the_waker_of_the_last_poll() {
    let graph = FanOut1000 { leaves: Leaves::gated(1000) };
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Pending);
    // From the second poll on each leaf has its own waker.
    graph.leaves.open(0);
    assert_eq!(goal.poll(), Poll::Pending);
    let before = graph.leaves.polls();
    let first = goal.change_waker();
    assert_eq!(goal.poll(), Poll::Pending);
    assert_eq!(graph.leaves.polls(), before);
    assert_eq!((first.wakes(), goal.wakes()), (1, 0));
    graph.leaves.open(1);
    assert_eq!((first.wakes(), goal.wakes()), (1, 1));
    assert_eq!(goal.poll(), Poll::Pending);
    assert_eq!(graph.leaves.polls(), before + 1);
}

#[test]
fn many_wakes_between_two_polls_wake_the_terminal_once() {
    let graph = FanOut1000 { leaves: Leaves::gated(1000) };
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Pending);
    graph.leaves.open(0);
    assert_eq!(goal.poll(), Poll::Pending);
    assert_eq!(goal.wakes(), 1);
    (1..1000).for_each(|leaf| graph.leaves.open(leaf));
    assert_eq!(goal.wakes(), 2);
    assert_eq!(goal.poll(), Poll::Ready(1000));
}

#[test]
fn a_waker_of_a_task_outlives_the_terminal() {
    let graph = FanOut1000 { leaves: Leaves::gated(1000) };
    let mut goal = Driven::new(graph.goal());
    assert_eq!(goal.poll(), Poll::Pending);
    graph.leaves.open(0);
    assert_eq!(goal.poll(), Poll::Pending);
    let polls = graph.leaves.polls();
    drop(goal);
    (1..1000).for_each(|leaf| graph.leaves.open(leaf));
    assert_eq!(graph.leaves.polls(), polls);
}

#[test]
fn a_fan_out_of_1000_that_yields_allocates_nothing() {
    let graph = FanOut1000 { leaves: Leaves::default() };
    let allocated = allocation_counter::measure(|| {
        let mut goal = pin!(graph.goal());
        let cx = &mut Context::from_waker(Waker::noop());
        assert_eq!(goal.as_mut().poll(cx), Poll::Pending);
        assert_eq!(goal.as_mut().poll(cx), Poll::Ready(1000));
    });
    assert_eq!(allocated.count_total, 0);
    assert_eq!(graph.leaves.starts(), 1000);
}
