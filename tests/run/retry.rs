//! A run forgets its failures on request, and keeps its results.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use adagio::{TaskError, dag};

use crate::common::{CountingWaker, Driven, Stage, forever, now};

/// Tasks that fail while they are in the set of failing tasks.
#[derive(Default)]
struct Graph {
    stage: Stage,
    failing: Mutex<BTreeSet<&'static str>>,
    /// Called by the first task that ends.
    hook: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

#[derive(Debug)]
struct Bad;

impl fmt::Display for Bad {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bad")
    }
}

impl Error for Bad {}

impl Graph {
    /// Its gates are open, and these tasks fail.
    fn failing(tasks: &[&'static str]) -> Self {
        let graph = Self::failing_with_slow(tasks);
        graph.stage.open("slow");
        graph
    }

    /// The same, but the gate of `slow` is closed.
    fn failing_with_slow(tasks: &[&'static str]) -> Self {
        let graph = Self::default();
        for task in ["read", "left", "right", "report"] {
            graph.stage.open(task);
        }
        graph.set_failing(tasks);
        graph
    }

    fn set_failing(&self, tasks: &[&'static str]) {
        *self.failing.lock().unwrap() = tasks.iter().copied().collect();
    }

    async fn act(&self, task: &'static str) -> Result<u8, Bad> {
        self.stage.act(task).await;
        let hook = self.hook.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        if self.failing.lock().unwrap().contains(task) { Err(Bad) } else { Ok(1) }
    }

    fn starts(&self) -> Vec<String> {
        let events = self.stage.events();
        events.iter().filter_map(|event| event.strip_prefix("start ")).map(str::to_owned).collect()
    }
}

#[dag]
impl Graph {
    async fn slow_left(&self) -> Result<u8, Bad> {
        self.act("slow_left").await
    }

    async fn slow(&self) -> u8 {
        self.stage.act("slow").await;
        1
    }

    async fn read(&self) -> Result<u8, Bad> {
        self.act("read").await
    }

    #[depends(read)]
    async fn left(&self, read: u8) -> Result<u8, Bad> {
        Ok(self.act("left").await? + read)
    }

    #[depends(read)]
    async fn right(&self, read: u8) -> Result<u8, Bad> {
        Ok(self.act("right").await? + read)
    }

    #[depends(left, right, slow)]
    async fn report(&self, left: u8, right: u8, slow: u8) -> Result<u8, Bad> {
        Ok(self.act("report").await? + left + right + slow)
    }
}

fn task<T>(result: Result<T, TaskError>) -> Result<T, &'static str> {
    result.map_err(|error| error.task())
}

#[test]
fn what_failed_runs_anew_and_what_succeeded_is_kept() {
    let graph = Graph::failing(&["left"]);
    let run = graph.run();
    assert_eq!(task(now(run.report())), Err("left"));
    assert_eq!(task(now(run.right())), Ok(&2));
    assert_eq!(graph.starts(), ["slow", "read", "left", "right"]);
    graph.set_failing(&[]);
    run.retry_failed();
    assert!(graph.starts().is_empty(), "nothing runs before it is awaited");
    assert_eq!(task(now(run.report())), Ok(&6));
    assert_eq!(graph.starts(), ["left", "report"]);
}

#[test]
fn without_it_failures_are_remembered() {
    let graph = Graph::failing(&["left"]);
    let run = graph.run();
    assert_eq!(task(now(run.left())), Err("left"));
    graph.set_failing(&[]);
    assert_eq!(task(now(run.left())), Err("left"));
    assert_eq!(task(now(run.report())), Err("left"));
    assert_eq!(task(now(run.all()).map(|_| ())), Err("left"));
    assert_eq!(graph.starts(), ["read", "left"]);
}

#[test]
fn it_may_be_called_before_anything_has_run() {
    let graph = Graph::failing(&[]);
    let run = graph.run();
    run.retry_failed();
    assert!(graph.starts().is_empty());
    assert_eq!(task(now(run.left())), Ok(&2));
    run.retry_failed();
    assert_eq!(task(now(run.left())), Ok(&2));
    assert_eq!(graph.starts(), ["read", "left"]);
}

#[test]
fn what_fails_again_fails_again() {
    let graph = Graph::failing(&["left"]);
    let run = graph.run();
    for _ in 0..3 {
        assert_eq!(task(now(run.left())), Err("left"));
        run.retry_failed();
    }
    assert_eq!(graph.starts(), ["read", "left", "left", "left"]);
    graph.set_failing(&["right"]);
    assert_eq!(task(now(run.report())), Err("right"));
    assert_eq!(task(now(run.left())), Ok(&2));
}

#[test]
fn a_failed_goal_is_wanted_again_only_when_it_is_awaited_again() {
    let graph = Graph::failing(&["left", "right"]);
    let run = graph.run();
    assert_eq!(task(now(run.left())), Err("left"));
    assert_eq!(task(now(run.right())), Err("right"));
    assert_eq!(graph.starts(), ["read", "left", "right"]);
    graph.set_failing(&[]);
    run.retry_failed();
    assert_eq!(now(run.slow()), &1);
    assert_eq!(graph.starts(), ["slow"]);
    assert_eq!(task(now(run.right())), Ok(&2));
    assert_eq!(graph.starts(), ["right"]);
    assert_eq!(task(now(run.left())), Ok(&2));
    assert_eq!(graph.starts(), ["left"]);
}

#[test]
fn one_failure_repaired_leaves_the_other() {
    let graph = Graph::failing(&["left", "right"]);
    let run = graph.run();
    assert_eq!(task(now(run.report())), Err("left"));
    graph.set_failing(&["right"]);
    run.retry_failed();
    assert_eq!(task(now(run.report())), Err("right"));
    graph.set_failing(&[]);
    run.retry_failed();
    assert_eq!(task(now(run.report())), Ok(&6));
    let mut starts = graph.starts();
    starts.sort();
    assert_eq!(starts, ["left", "left", "read", "report", "right", "right", "slow"]);
}

#[test]
fn it_may_be_called_while_others_wait() {
    let graph = Graph::failing_with_slow(&["left"]);
    let run = graph.run();
    let mut slow = Driven::new(run.slow());
    assert!(slow.poll().is_pending());
    assert_eq!(task(now(run.left())), Err("left"));
    let wakes = slow.wakes();
    graph.set_failing(&[]);
    run.retry_failed();
    assert_eq!(slow.wakes(), wakes);
    let mut report = Driven::new(run.report());
    assert!(report.poll().is_pending());
    assert_eq!(graph.starts(), ["slow", "read", "left", "left", "right"]);
    graph.stage.open("slow");
    assert_eq!(slow.run(), &1);
    assert_eq!(task(report.run()), Ok(&6));
    assert_eq!(graph.starts(), ["report"]);
}

#[test]
fn what_the_failed_goal_had_started_goes_on_into_the_next_attempt() {
    let graph = Graph::failing_with_slow(&["left"]);
    let run = graph.run();
    assert_eq!(task(now(run.report())), Err("left"));
    graph.set_failing(&[]);
    run.retry_failed();
    let mut report = Driven::new(run.report());
    assert!(report.poll().is_pending());
    graph.stage.open("slow");
    assert_eq!(task(report.run()), Ok(&6));
    assert_eq!(graph.starts(), ["slow", "read", "left", "left", "right", "report"]);
}

#[test]
fn a_waiter_that_has_not_looked_since_the_failure_waits_for_the_next_attempt() {
    let graph = Graph::failing_with_slow(&["slow_left"]);
    let run = graph.run();
    let (mut first, mut second) = (Driven::new(run.slow_left()), Driven::new(run.slow_left()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    graph.stage.open("slow_left");
    assert_eq!(task(first.run()), Err("slow_left"));
    graph.set_failing(&[]);
    run.retry_failed();
    assert_eq!(task(second.run()), Ok(&1));
    assert_eq!(graph.starts(), ["slow_left", "slow_left"]);
}

#[test]
fn a_waiter_that_drives_after_its_failure_was_forgotten_wants_its_goal_again() {
    let graph = Graph::failing_with_slow(&["slow_left"]);
    let run = graph.run();
    let (mut goal, mut slow) = (Driven::new(run.slow_left()), Driven::new(run.slow()));
    assert!(goal.poll().is_pending() && slow.poll().is_pending());
    graph.stage.open("slow_left");
    assert!(slow.poll().is_pending());
    graph.set_failing(&[]);
    run.retry_failed();
    // An event lets the waiter drive before it reads the board.
    graph.stage.open("slow");
    assert_eq!(task(goal.run()), Ok(&1));
    assert_eq!(graph.starts(), ["slow_left", "slow", "slow_left"]);
}

/// A waker that forgets the failures of a run before it does anything else.
struct Forgetful(&'static GraphRun<'static>);

impl Wake for Forgetful {
    fn wake(self: Arc<Self>) {
        self.0.retry_failed();
    }
}

type Waiter = Pin<Box<dyn Future<Output = Result<&'static u8, TaskError>> + Send>>;

#[test]
fn it_strands_no_waiter_that_was_about_to_be_told() {
    let graph = forever(Graph::failing(&["read"]));
    let run = forever(graph.run());
    let waiters: [Waiter; 3] = [Box::pin(run.left()), Box::pin(run.left()), Box::pin(run.left())];
    let waiters = Arc::new(Mutex::new(waiters));
    let counters = [Arc::new(CountingWaker::default()), Arc::default()];
    let wakers = [
        Waker::from(Arc::new(Forgetful(run))),
        Waker::from(Arc::clone(&counters[0])),
        Waker::from(Arc::clone(&counters[1])),
    ];
    // They start to wait while the task is polled, so that the failure wakes them.
    let latecomers = Arc::clone(&waiters);
    *graph.hook.lock().unwrap() = Some(Box::new(move || {
        for (waiter, waker) in latecomers.lock().unwrap().iter_mut().zip(&wakers) {
            assert!(waiter.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        }
    }));
    let mut slow_left = Driven::new(run.slow_left());
    assert!(slow_left.poll().is_pending());
    assert_eq!(task(now(run.left())), Err("read"));
    assert_eq!(counters.each_ref().map(|counter| counter.wakes()), [1, 1]);
    graph.set_failing(&[]);
    let [_, first, second] = &mut *waiters.lock().unwrap();
    assert_eq!(task(Driven::new(first).run()), Ok(&2));
    assert_eq!(task(now(second)), Ok(&2));
    assert_eq!(graph.starts(), ["slow_left", "read", "read", "left"]);
}
