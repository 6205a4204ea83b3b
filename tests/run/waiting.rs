//! The waiters of a run drive it; they come and go without losing or repeating any work.
#![allow(clippy::unused_async, reason = "some tasks here are done at once")]

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

use adagio::dag;

use crate::common::{CountingWaker, Driven, Stage, forever, now};

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
}

#[test]
fn dropping_a_waiter_loses_and_repeats_nothing() {
    let graph = Graph::default();
    let run = graph.run();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    graph.stage.open("a");
    assert!(goal.poll().is_pending());
    drop(goal);
    assert_eq!(graph.stage.events(), ["start a", "start b", "end a", "start after_a"]);
    for task in ["after_a", "b", "goal"] {
        graph.stage.open(task);
    }
    assert_eq!(now(run.goal()), &13);
    assert_eq!(graph.stage.events(), ["end b", "end after_a", "start goal", "end goal"]);
}

#[test]
fn a_run_without_a_waiter_pauses_until_the_next() {
    let graph = Graph::default();
    let run = graph.run();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    drop(goal);
    graph.stage.open("a");
    graph.stage.open("b");
    assert_eq!((graph.stage.polls("a"), graph.stage.polls("b")), (1, 1));
    let mut b = Driven::new(run.b());
    assert_eq!(b.poll(), Poll::Ready(&2));
    assert_eq!((graph.stage.polls("a"), graph.stage.polls("b")), (2, 2));
}

#[test]
fn an_abandoned_goal_stays_wanted() {
    let graph = Graph::default();
    let run = graph.run();
    let mut goal = Driven::new(run.goal());
    assert!(goal.poll().is_pending());
    drop(goal);
    graph.stage.events();
    let mut b = Driven::new(run.b());
    assert!(b.poll().is_pending());
    for task in ["a", "after_a"] {
        graph.stage.open(task);
    }
    assert!(b.poll().is_pending());
    assert_eq!(graph.stage.events(), ["end a", "start after_a", "end after_a"]);
    graph.stage.open("b");
    assert_eq!(b.poll(), Poll::Ready(&2));
    assert_eq!(graph.stage.events(), ["end b", "start goal"]);
}

#[test]
fn a_future_that_was_never_polled_wants_nothing() {
    let graph = Graph::default();
    let run = graph.run();
    drop(run.goal());
    graph.stage.open("b");
    assert_eq!(now(run.b()), &2);
    assert_eq!(graph.stage.events(), ["start b", "end b"]);
}

#[test]
fn an_event_wakes_every_waiter_and_the_first_to_come_drives() {
    for first in [0, 1, 2] {
        let graph = Graph::default();
        let run = graph.run();
        let mut waiters = [Driven::new(run.a()), Driven::new(run.after_a()), Driven::new(run.goal())];
        for waiter in &mut waiters {
            assert!(waiter.poll().is_pending());
        }
        let before = waiters.each_ref().map(Driven::wakes);
        let polls = graph.stage.polls("a");
        graph.stage.open("a");
        assert_eq!(waiters.each_ref().map(Driven::wakes), before.map(|wakes| wakes + 1));
        assert_eq!(graph.stage.polls("a"), polls, "a wake polls nothing by itself");
        assert_eq!(waiters[first].poll().is_ready(), first == 0);
        assert_eq!((graph.stage.polls("a"), graph.stage.polls("after_a")), (polls + 1, 1));
        for other in (0..3).filter(|&other| other != first) {
            assert_eq!(waiters[other].poll().is_ready(), other == 0);
        }
        assert_eq!((graph.stage.polls("a"), graph.stage.polls("after_a")), (polls + 1, 1));
    }
}

#[test]
fn no_waiter_is_woken_without_an_event() {
    let graph = Graph::default();
    let run = graph.run();
    let (mut a, mut b) = (Driven::new(run.a()), Driven::new(run.b()));
    assert!(a.poll().is_pending() && b.poll().is_pending());
    assert_eq!((a.wakes(), b.wakes()), (0, 0));
    assert!(a.poll().is_pending() && b.poll().is_pending());
    assert_eq!((a.wakes(), b.wakes()), (0, 0));
    assert_eq!((graph.stage.polls("a"), graph.stage.polls("b")), (2, 1), "a poll without an event drives nothing");
    graph.stage.open("a");
    assert_eq!((a.wakes(), b.wakes()), (1, 1));
    assert!(b.poll().is_pending());
    assert_eq!((a.wakes(), b.wakes()), (1, 1), "a knows already that it has to come");
    assert_eq!(a.poll(), Poll::Ready(&1));
    assert_eq!((a.wakes(), b.wakes()), (1, 1));
}

#[test]
fn a_waiter_whose_goal_is_reached_is_woken_even_when_another_drove() {
    let graph = Graph::default();
    let run = graph.run();
    let (mut a, mut goal) = (Driven::new(run.a()), Driven::new(run.goal()));
    assert!(a.poll().is_pending() && goal.poll().is_pending());
    graph.stage.open("a");
    // From now on `a` is polled with a new waker; `woken` counts the wakes of the old one.
    let woken = a.change_waker();
    let mut other = Driven::new(run.after_a());
    assert!(other.poll().is_pending());
    assert_eq!((woken.wakes(), a.wakes()), (1, 0));
    assert_eq!(a.poll(), Poll::Ready(&1));
}

#[test]
fn a_waiter_is_woken_through_its_last_waker() {
    let graph = Graph::default();
    let run = graph.run();
    let mut a = Driven::new(run.a());
    assert!(a.poll().is_pending());
    let old = a.change_waker();
    assert!(a.poll().is_pending());
    graph.stage.open("a");
    assert_eq!((old.wakes(), a.wakes()), (0, 1));
}

#[test]
fn a_waiter_that_is_never_polled_again_does_not_stop_the_others() {
    let graph = Graph::default();
    let run = graph.run();
    let (mut dead, mut alive) = (Driven::new(run.goal()), Driven::new(run.goal()));
    assert!(dead.poll().is_pending() && alive.poll().is_pending());
    for task in ["a", "b", "after_a", "goal"] {
        graph.stage.open(task);
    }
    assert_eq!(alive.run(), &13);
    drop(dead);
}

/// Polls a future with the waker of a task.
fn poll_in<T>(task: &Arc<CountingWaker>, future: &mut Pin<Box<impl Future<Output = T>>>) -> Poll<T> {
    future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(task))))
}

#[test]
fn an_event_wakes_a_task_with_several_waiters_once() {
    let graph = Graph::default();
    let run = graph.run();
    let task = Arc::new(CountingWaker::default());
    let (mut after_a, mut goal) = (Box::pin(run.after_a()), Box::pin(run.goal()));
    assert!(poll_in(&task, &mut after_a).is_pending() && poll_in(&task, &mut goal).is_pending());
    let mut other = Driven::new(run.goal());
    assert!(other.poll().is_pending());
    // Each event finds the same waiters on the board.
    for (event, gate) in ["a", "b"].into_iter().enumerate() {
        let before = (task.wakes(), other.wakes());
        graph.stage.open(gate);
        assert_eq!((task.wakes(), other.wakes()), (before.0 + 1, before.1 + 1), "event {event}");
        assert!(poll_in(&task, &mut after_a).is_pending() && poll_in(&task, &mut goal).is_pending());
        assert!(other.poll().is_pending());
    }
}

#[test]
fn a_waiter_that_shared_a_wake_is_woken_through_the_waker_of_its_next_task() {
    let graph = Graph::default();
    let run = graph.run();
    let (task, next) = (Arc::new(CountingWaker::default()), Arc::new(CountingWaker::default()));
    let (mut kept, mut moved) = (Box::pin(run.goal()), Box::pin(run.goal()));
    assert!(poll_in(&task, &mut kept).is_pending() && poll_in(&task, &mut moved).is_pending());
    graph.stage.open("b");
    assert_eq!(task.wakes(), 1);
    assert!(poll_in(&next, &mut moved).is_pending());
    graph.stage.open("a");
    assert_eq!((task.wakes(), next.wakes()), (1, 1));
    drop(kept);
}

#[test]
fn a_waiter_that_is_alive_and_not_polled_keeps_no_waiter_of_its_own_task_asleep() {
    let graph = Graph::default();
    let run = graph.run();
    let mut both = Driven::new(async {
        let mut kept = Box::pin(run.after_a());
        poll_fn(|cx| Poll::Ready(kept.as_mut().poll(cx).is_pending())).await;
        let goal = *run.goal().await;
        (goal, *kept.await)
    });
    assert!(both.poll().is_pending());
    for gate in ["a", "after_a", "b", "goal"] {
        let wakes = both.wakes();
        graph.stage.open(gate);
        assert_eq!(both.wakes(), wakes + 1, "{gate}");
        if gate != "goal" {
            assert!(both.poll().is_pending());
        }
    }
    assert_eq!(both.poll(), Poll::Ready((13, 11)));
}

#[test]
fn dropping_a_woken_waiter_leaves_the_event_to_another() {
    let graph = Graph::default();
    let run = graph.run();
    let (mut first, mut second) = (Driven::new(run.a()), Driven::new(run.a()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    graph.stage.open("a");
    drop(first);
    assert_eq!(second.wakes(), 1);
    assert_eq!(second.poll(), Poll::Ready(&1));
}

/// A graph in which three tasks await terminals of their own run.
#[derive(Default)]
struct Selfish {
    stage: Stage,
    run: OnceLock<SelfishRun<'static>>,
}

#[dag]
impl Selfish {
    async fn early(&self) -> u8 {
        self.stage.act("early").await;
        1
    }

    #[depends(early)]
    async fn awaits_done(&self) -> u8 {
        let early = self.run.get().unwrap().early().await;
        early + 1
    }

    async fn awaits_later(&self) -> u8 {
        let later = self.run.get().unwrap().later().await;
        later + 1
    }

    async fn later(&self) -> u8 {
        self.stage.act("later").await;
        3
    }
}

impl Selfish {
    /// For ever, since it refers to itself.
    fn run_itself() -> (&'static Self, &'static SelfishRun<'static>) {
        let selfish: &'static Self = forever(Self::default());
        (selfish, selfish.run.get_or_init(|| selfish.run()))
    }
}

#[test]
fn a_body_may_await_a_terminal_of_its_own_run_that_is_done() {
    let (selfish, run) = Selfish::run_itself();
    selfish.stage.open("early");
    assert_eq!(Driven::new(run.awaits_done()).run(), &2);
    assert_eq!(selfish.stage.events(), ["start early", "end early"]);
}

#[test]
fn a_body_may_await_a_terminal_of_its_own_run_that_nobody_wanted() {
    let (selfish, run) = Selfish::run_itself();
    let mut waiter = Driven::new(run.awaits_later());
    assert!(waiter.poll().is_pending());
    assert_eq!(waiter.wakes(), 1, "another goal is wanted now");
    assert!(waiter.poll().is_pending());
    assert_eq!(selfish.stage.events(), ["start later"]);
    selfish.stage.open("later");
    assert_eq!(waiter.run(), &4);
    assert_eq!(selfish.stage.events(), ["end later"]);
}

/// A waiter that the waking thread polls at once, as some executors do.
struct AtOnce {
    future: Mutex<Option<Pin<Box<dyn Future<Output = u8> + Send>>>>,
    is_woken: AtomicBool,
    result: OnceLock<u8>,
}

impl AtOnce {
    fn start(future: impl Future<Output = u8> + Send + 'static) -> Arc<Self> {
        let future = Mutex::new(Some(Box::pin(future) as Pin<Box<_>>));
        let waiter = Arc::new(Self { future, is_woken: AtomicBool::default(), result: OnceLock::new() });
        Arc::clone(&waiter).wake();
        waiter
    }
}

impl Wake for AtOnce {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        // If a poll is already under way, that poll repeats.
        while let Ok(mut future) = self.future.try_lock() {
            if !self.is_woken.swap(false, Ordering::SeqCst) {
                return;
            }
            let waker = Waker::from(Arc::clone(&self));
            let poll = future.as_mut().map(|future| future.as_mut().poll(&mut Context::from_waker(&waker)));
            if let Some(Poll::Ready(value)) = poll {
                *future = None;
                self.result.set(value).unwrap();
            }
        }
    }
}

#[test]
fn a_waker_may_poll_at_once() {
    let graph = forever(Graph::default());
    let run = forever(graph.run());
    let waiters = [
        AtOnce::start(async { *run.goal().await }),
        AtOnce::start(async { *run.a().await }),
        AtOnce::start(async { *run.goal().await }),
    ];
    for task in ["b", "goal", "after_a", "a"] {
        assert!(waiters.iter().all(|waiter| waiter.result.get().is_none()));
        graph.stage.open(task);
    }
    assert_eq!(waiters.each_ref().map(|waiter| waiter.result.get().copied()), [Some(13), Some(1), Some(13)]);
    assert_eq!(
        graph.stage.events(),
        ["start a", "start b", "end b", "end a", "start after_a", "end after_a", "start goal", "end goal"]
    );
}

#[test]
fn a_waker_that_polls_at_once_may_be_that_of_a_body_in_the_same_run() {
    let (selfish, run) = Selfish::run_itself();
    let waiters = [
        AtOnce::start(async { *run.awaits_later().await }),
        AtOnce::start(async { *run.awaits_done().await }),
        AtOnce::start(async { *run.later().await }),
    ];
    selfish.stage.open("later");
    selfish.stage.open("early");
    assert_eq!(waiters.each_ref().map(|waiter| waiter.result.get().copied()), [Some(4), Some(2), Some(3)]);
}

/// A waker that polls another terminal of the run while it is woken and dropped.
struct Curious(&'static GraphRun<'static>);

impl Wake for Curious {
    fn wake(self: Arc<Self>) {
        _ = Driven::new(self.0.a()).poll();
    }
}

impl Drop for Curious {
    fn drop(&mut self) {
        _ = Driven::new(self.0.a()).poll();
    }
}

#[test]
fn a_waker_may_look_at_the_run_while_it_is_woken_and_dropped() {
    let graph = forever(Graph::default());
    let run = forever(graph.run());
    let mut goal = Box::pin(run.goal());
    for _ in 0..2 {
        let waker = Waker::from(Arc::new(Curious(run)));
        assert!(goal.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    graph.stage.open("a");
    assert_eq!(graph.stage.events(), ["start a", "start b", "end a", "start after_a"]);
    drop(goal);
}

/// Panics when it is woken.
struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("a waker of bad manners");
    }
}

#[test]
fn a_waker_that_panics_keeps_no_other_waiter_asleep() {
    let graph = Graph::default();
    let run = graph.run();
    let mut broken = Box::pin(run.a());
    let panicking = Waker::from(Arc::new(Broken));
    assert!(broken.as_mut().poll(&mut Context::from_waker(&panicking)).is_pending());
    let mut other = Driven::new(run.after_a());
    assert!(other.poll().is_pending());
    let wakes = other.wakes();
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| graph.stage.open("a")));
    assert!(opened.is_err());
    assert_eq!(other.wakes(), wakes + 1);
    graph.stage.open("after_a");
    assert_eq!(other.poll(), Poll::Ready(&11));
}
