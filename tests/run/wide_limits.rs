//! The limit on a run of more leaves than a word has bits.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "some tasks here are done at once")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};

use adagio::dag;

use crate::common::{Driven, now, yield_once};

/// The behaviour of leaves side by side, and how many of them were under way at once.
#[derive(Default)]
struct Leaves {
    under_way: AtomicUsize,
    most: AtomicUsize,
    order: Mutex<Vec<&'static str>>,
    polls: AtomicUsize,
    /// One gate per leaf, which the test opens; without gates, each leaf yields once.
    gates: Option<Mutex<Vec<Gate>>>,
    failing: Mutex<Option<&'static str>>,
}

#[derive(Default)]
struct Gate {
    is_open: bool,
    waker: Option<Waker>,
}

impl Leaves {
    fn gated() -> Self {
        let gates = (0..128).map(|_| Gate::default()).collect();
        Self { gates: Some(Mutex::new(gates)), ..Self::default() }
    }

    async fn act(&self, name: &'static str) -> Result<(), &'static str> {
        self.order.lock().unwrap().push(name);
        self.most.fetch_max(self.under_way.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        match &self.gates {
            None => yield_once().await,
            Some(gates) => {
                std::future::poll_fn(|cx| {
                    self.polls.fetch_add(1, Ordering::Relaxed);
                    let gate = &mut gates.lock().unwrap()[index(name)];
                    gate.waker = Some(cx.waker().clone());
                    if gate.is_open { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        }
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        if *self.failing.lock().unwrap() == Some(name) { Err(name) } else { Ok(()) }
    }

    fn open(&self, name: &str) {
        let waker = {
            let gate = &mut self.gates.as_ref().unwrap().lock().unwrap()[index(name)];
            gate.is_open = true;
            gate.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    fn started(&self) -> Vec<&'static str> {
        self.order.lock().unwrap().clone()
    }
}

/// The number in a name such as `t007`.
fn index(name: &str) -> usize {
    name[1..].parse().unwrap()
}

/// Leaves side by side, and a goal that depends on all.
macro_rules! fan_out {
    ([$name:ident] $($leaf:ident)*) => {
        struct $name(Leaves);

        #[dag]
        impl $name {
            $(async fn $leaf(&self) -> Result<(), &'static str> {
                self.0.act(stringify!($leaf)).await
            })*

            #[depends($($leaf),*)]
            async fn goal(&self) -> usize {
                0 $(+ { _ = stringify!($leaf); 1 })*
            }
        }

        impl $name {
            const LEAVES: &[&str] = &[$(stringify!($leaf)),*];
        }
    };
}

names! { 33 => fan_out [Fan32] }
names! { 65 => fan_out [Fan64] }

macro_rules! for_each_fan {
    ($check:ident) => {
        $check!(Fan32);
        $check!(Fan64);
    };
}

#[test]
fn wide_graphs_keep_any_limit() {
    macro_rules! check {
        ($graph:ident) => {
            for limit in [1, 2, 31, 32, 33, 63, 64, 100] {
                let graph = $graph(Leaves::default());
                let run = graph.run().max_concurrency(limit);
                assert_eq!(Driven::new(run.goal()).run().unwrap(), &$graph::LEAVES.len());
                assert_eq!(graph.0.most(), limit.min($graph::LEAVES.len()), "with a limit of {limit}");
                assert_eq!(graph.0.started(), $graph::LEAVES, "with a limit of {limit}");
            }
        };
    }
    for_each_fan!(check);
}

#[test]
fn leaves_that_wake_one_by_one_keep_any_limit() {
    macro_rules! check {
        ($graph:ident) => {
            for limit in [1, 3, 31, 32, 33, 40, 63, 100] {
                let graph = $graph(Leaves::gated());
                let run = graph.run().max_concurrency(limit);
                let mut goal = Driven::new(run.goal());
                assert!(goal.poll().is_pending());
                // The youngest first, so that a slot becomes free behind the tasks that wait for it.
                while let Some(leaf) = graph.0.youngest_under_way() {
                    let wakes = goal.wakes();
                    graph.0.open(leaf);
                    assert_eq!(goal.wakes(), wakes + 1, "{leaf} woke nobody with a limit of {limit}");
                    _ = goal.poll();
                }
                assert_eq!(graph.0.most(), limit.min($graph::LEAVES.len()), "with a limit of {limit}");
                assert_eq!(graph.0.started(), $graph::LEAVES, "with a limit of {limit}");
                // Up to 32 tasks under way are polled together. With more, all are polled at their start, once in vain
                // and once with their own wakers, and each when it wakes; the last 32 are polled together.
                let leaves = $graph::LEAVES.len();
                let most = if limit <= 32 { leaves * (limit + 1) } else { 4 * leaves + 32 * 33 / 2 };
                assert!(graph.0.polls.load(Ordering::Relaxed) <= most, "with a limit of {limit}");
                assert!(now(run.goal()).is_ok());
            }
        };
    }
    for_each_fan!(check);
}

impl Leaves {
    fn youngest_under_way(&self) -> Option<&'static str> {
        let gates = self.gates.as_ref().unwrap().lock().unwrap();
        self.started().into_iter().rev().find(|leaf| !gates[index(leaf)].is_open)
    }
}

#[test]
fn a_failure_among_many_stops_what_waits_for_a_slot() {
    macro_rules! check {
        ($graph:ident) => {
            for limit in [1, 5, 31] {
                let graph = $graph(Leaves { failing: Mutex::new(Some("t003")), ..Leaves::default() });
                let run = graph.run().max_concurrency(limit);
                assert_eq!(Driven::new(run.goal()).run().unwrap_err().task(), "t003");
                assert!(graph.0.started().len() < $graph::LEAVES.len());
                // Those that have started keep their slots until they are done.
                assert_eq!(Driven::new(run.t031()).run().unwrap(), &());
                assert!(graph.0.most() <= limit);
            }
        };
    }
    for_each_fan!(check);
}

#[test]
fn a_failure_among_many_may_be_forgotten() {
    macro_rules! check {
        ($graph:ident) => {
            let graph = $graph(Leaves { failing: Mutex::new(Some("t003")), ..Leaves::gated() });
            let run = graph.run();
            let (mut goal, mut last) = (Driven::new(run.goal()), Driven::new(run.t031()));
            assert!(goal.poll().is_pending());
            for leaf in ["t001", "t002", "t003"] {
                graph.0.open(leaf);
                assert_eq!(goal.poll().is_ready(), leaf == "t003");
            }
            assert!(last.poll().is_pending());
            *graph.0.failing.lock().unwrap() = None;
            run.retry_failed();
            let mut goal = Driven::new(run.goal());
            assert!(goal.poll().is_pending());
            while let Some(leaf) = graph.0.youngest_under_way() {
                let wakes = goal.wakes();
                graph.0.open(leaf);
                assert_eq!(goal.wakes(), wakes + 1, "{leaf} woke nobody");
                _ = goal.poll();
            }
            assert!(now(run.goal()).is_ok() && last.poll().is_ready());
            let mut started = graph.0.started();
            assert_eq!(started.pop(), Some("t003"));
            assert_eq!(started, $graph::LEAVES);
        };
    }
    for_each_fan!(check);
}

/// The goal of the first leaves is awaited first, then that of all.
macro_rules! halves {
    ([$name:ident] $($leaf:ident)*) => {
        struct $name(Leaves);

        #[dag]
        impl $name {
            $(async fn $leaf(&self) -> Result<(), &'static str> {
                self.0.act(stringify!($leaf)).await
            })*

            #[depends($($leaf),*)]
            async fn half(&self) {}

            async fn t100(&self) -> Result<(), &'static str> {
                self.0.act("t100").await
            }

            #[depends(half, t100)]
            async fn goal(&self) {}
        }
    };
}

names! { 64 => halves [Halves] }

#[test]
fn a_goal_that_comes_while_many_are_under_way_starts_what_it_needs() {
    let graph = Halves(Leaves::gated());
    let run = graph.run();
    let mut half = Driven::new(run.half());
    assert!(half.poll().is_pending());
    for leaf in ["t001", "t002"] {
        graph.0.open(leaf);
        assert!(half.poll().is_pending());
    }
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    assert_eq!(graph.0.started().last(), Some(&"t100"));
    while let Some(leaf) = graph.0.youngest_under_way() {
        let wakes = goal.wakes();
        graph.0.open(leaf);
        assert_eq!(goal.wakes(), wakes + 1, "{leaf} woke nobody");
        _ = goal.poll();
    }
    assert!(half.poll().is_ready() && now(run.goal()).is_ok());
}
