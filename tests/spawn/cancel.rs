//! The effect on tasks on other threads if the caller goes, another task fails or panics, or the runtime ends.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adagio::dag;
use tokio::runtime::{Builder, Runtime};

use crate::common::{Driven, Stage, deadline};

const LONG: Duration = Duration::from_secs(60);

/// Its spawned tasks run only while the test lets the runtime run.
fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Lets every task of the runtime run until it waits.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Polls a future once.
fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[derive(Default)]
struct Graph {
    stage: Stage,
}

#[dag]
impl Graph {
    #[task(spawn)]
    async fn left(&self) {
        self.stage.act("left").await;
    }

    #[task(spawn)]
    async fn right(&self) {
        self.stage.act("right").await;
    }

    async fn fails(&self) -> Result<(), String> {
        self.stage.act("fails").await;
        Err("no".to_owned())
    }

    #[task(spawn)]
    async fn fails_elsewhere(&self) -> Result<(), String> {
        self.stage.act("fails_elsewhere").await;
        Err("no".to_owned())
    }

    #[task(spawn)]
    async fn panics(&self) {
        self.stage.act("panics").await;
        panic_any(7_u64);
    }

    #[depends(left, right)]
    #[task(spawn)]
    async fn both(&self) {
        self.stage.act("both").await;
    }

    #[depends(both, fails)]
    fn fallible(&self) {}

    #[depends(left, fails)]
    fn left_and_fails(&self) {}

    #[depends(both, fails_elsewhere)]
    #[task(spawn)]
    async fn fallible_elsewhere(&self) -> Result<(), String> {
        Ok(())
    }

    #[depends(both, panics)]
    fn panicky(&self) {}
}

/// Asserts that both tasks were dropped since, and that no worker holds the graph.
fn assert_both_are_dropped(graph: &Arc<Graph>) {
    let mut events = graph.stage.events();
    events.sort();
    assert_eq!(events, ["drop left", "drop right"]);
    assert_eq!(Arc::strong_count(graph), 1);
}

#[test]
fn dropping_a_terminal_aborts_its_spawned_tasks() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        {
            let mut both = pin!(graph.both());
            assert!(poll(both.as_mut()).is_pending());
            settle().await;
            assert_eq!(graph.stage.events(), ["start left", "start right"]);
        }
        settle().await;
    });
    assert_both_are_dropped(&graph);
}

#[test]
fn a_spawned_task_that_has_not_started_never_does() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        assert!(poll(pin!(graph.both())).is_pending());
        settle().await;
    });
    assert_eq!(graph.stage.events(), Vec::<String>::new());
    assert_eq!(Arc::strong_count(&graph), 1);
}

#[test]
fn dropping_a_run_aborts_its_spawned_tasks() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let run = graph.run();
        assert!(poll(pin!(run.both())).is_pending());
        settle().await;
        assert_eq!(graph.stage.events(), ["start left", "start right"]);
        drop(run);
        settle().await;
    });
    assert_both_are_dropped(&graph);
}

#[test]
fn spawned_tasks_of_a_run_go_on_while_nobody_awaits_it() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let run = graph.run();
        assert!(poll(pin!(run.both())).is_pending());
        for gate in ["left", "right", "both"] {
            graph.stage.open(gate);
        }
        settle().await;
        assert_eq!(graph.stage.events().len(), 6);
        assert!(poll(pin!(run.both())).is_ready());
    });
}

#[test]
fn a_failure_is_returned_when_the_aborted_tasks_have_ended() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let mut fallible = pin!(graph.fallible());
        assert!(poll(fallible.as_mut()).is_pending());
        settle().await;
        graph.stage.events();
        graph.stage.open("fails");
        // The failure is there; both tasks are still between two awaits.
        assert!(poll(fallible.as_mut()).is_pending());
        assert_eq!(graph.stage.events(), ["end fails"]);
        assert_eq!(fallible.await, Err("no".to_owned()));
        assert_both_are_dropped(&graph);
    });
}

#[test]
fn a_terminal_that_waits_for_one_aborted_task_is_woken_by_its_end() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let mut fallible = Driven::new(graph.left_and_fails());
        assert!(fallible.poll().is_pending());
        settle().await;
        graph.stage.open("fails");
        assert!(fallible.poll().is_pending());
        let wakes = fallible.wakes();
        settle().await;
        assert_eq!(fallible.wakes(), wakes + 1);
        assert_eq!(fallible.poll(), Poll::Ready(Err("no".to_owned())));
    });
}

#[test]
fn a_terminal_that_waits_for_aborted_tasks_can_be_dropped() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        {
            let mut fallible = pin!(graph.fallible());
            assert!(poll(fallible.as_mut()).is_pending());
            settle().await;
            graph.stage.open("fails");
            assert!(poll(fallible.as_mut()).is_pending());
            // Nothing has ended yet, so that another poll changes nothing.
            assert!(poll(fallible.as_mut()).is_pending());
            graph.stage.events();
        }
        settle().await;
    });
    assert_both_are_dropped(&graph);
}

#[test]
fn a_terminal_that_waits_for_aborted_tasks_ends_with_their_runtime() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    let runtime = one_thread();
    let mut fallible = pin!(graph.fallible());
    runtime.block_on(async {
        assert!(poll(fallible.as_mut()).is_pending());
        settle().await;
        graph.stage.open("fails");
        assert!(poll(fallible.as_mut()).is_pending());
    });
    drop(runtime);
    assert_eq!(poll(fallible), Poll::Ready(Err("no".to_owned())));
}

#[test]
fn a_failure_on_another_thread_aborts_the_other_tasks_at_once() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    one_thread().block_on(async {
        let mut fallible = pin!(graph.fallible_elsewhere());
        assert!(poll(fallible.as_mut()).is_pending());
        settle().await;
        graph.stage.open("fails_elsewhere");
        // The terminal is not polled.
        settle().await;
        let mut events = graph.stage.events();
        events[3..].sort();
        assert_eq!(events[3..], ["drop left", "drop right", "end fails_elsewhere"]);
        assert_eq!(poll(fallible.as_mut()), Poll::Ready(Err("no".to_owned())));
    });
}

#[test]
fn a_failure_on_another_thread_wakes_the_terminal() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    graph.stage.open("fails_elsewhere");
    let result = one_thread().block_on(async { graph.fallible_elsewhere().await });
    assert_eq!(result, Err("no".to_owned()));
}

#[test]
fn a_panic_on_another_thread_reaches_the_caller_with_its_payload() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    graph.stage.open("panics");
    let runtime = one_thread();
    let panic = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { graph.panicky().await }))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&7_u64));
    // The other tasks have ended by then.
    let mut events = graph.stage.events();
    events.sort();
    assert_eq!(events, ["drop left", "drop right", "end panics", "start left", "start panics", "start right"]);
}

#[test]
fn later_panics_of_a_run_name_the_task_that_panicked_on_another_thread() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    graph.stage.open("panics");
    let runtime = one_thread();
    let run = graph.run();
    let first = catch_unwind(AssertUnwindSafe(|| runtime.block_on(run.panicky()))).unwrap_err();
    assert_eq!(first.downcast_ref(), Some(&7_u64));
    let later = catch_unwind(AssertUnwindSafe(|| runtime.block_on(run.both()))).unwrap_err();
    assert_eq!(later.downcast_ref::<String>().unwrap(), "the run has ended: task `panics` panicked");
}

#[test]
fn a_task_of_a_runtime_that_ends_panics_instead_of_waiting_for_ever() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    let runtime = one_thread();
    let mut left = pin!(graph.left());
    runtime.block_on(async {
        assert!(poll(left.as_mut()).is_pending());
        settle().await;
    });
    drop(runtime);
    let panic = catch_unwind(AssertUnwindSafe(|| poll(left))).unwrap_err();
    let message = "task `left` is lost: the tokio runtime it was spawned on has shut down";
    assert_eq!(panic.downcast_ref::<String>().unwrap(), message);
}

#[test]
fn without_a_runtime_a_spawned_task_says_how_to_start_one() {
    let _deadline = deadline();
    let graph = Arc::new(Graph::default());
    let panic = catch_unwind(AssertUnwindSafe(|| poll(pin!(graph.left())))).unwrap_err();
    let message = "the spawned task `left` needs a tokio runtime, and none is running here: put `#[tokio::main]` on `main`, \
                   or await inside of `tokio::runtime::Runtime::block_on`; a thread of your own enters the runtime with \
                   `tokio::runtime::Handle::enter`";
    assert_eq!(panic.downcast_ref::<String>().unwrap(), message);
}

/// Blocking tasks: they report their start, and end when the test says so.
struct Blocking {
    started: Sender<()>,
    told: Mutex<Receiver<()>>,
    starts: AtomicUsize,
    results: Arc<()>,
}

impl Blocking {
    fn new() -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let ((started, is_started), (tell, told)) = (mpsc::channel(), mpsc::channel());
        let this = Self { started, told: told.into(), starts: AtomicUsize::new(0), results: Arc::default() };
        (Arc::new(this), is_started, tell)
    }
}

#[dag]
impl Blocking {
    #[task(blocking)]
    fn blocks(&self) -> Arc<()> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        self.started.send(()).unwrap();
        self.told.lock().unwrap().recv_timeout(LONG).unwrap();
        Arc::clone(&self.results)
    }

    #[task(blocking)]
    fn panics(&self) -> u64 {
        panic_any(7_u64)
    }

    #[depends(panics)]
    fn goal(&self) {}
}

#[test]
fn a_blocking_task_that_is_under_way_finishes_and_its_result_is_dropped() {
    let _deadline = deadline();
    let (blocking, is_started, tell) = Blocking::new();
    let runtime = one_thread();
    runtime.block_on(async {
        let mut blocks = pin!(blocking.blocks());
        assert!(poll(blocks.as_mut()).is_pending());
        is_started.recv_timeout(LONG).unwrap();
    });
    assert_eq!(Arc::strong_count(&blocking.results), 1);
    tell.send(()).unwrap();
    // Waits for the threads that block.
    drop(runtime);
    assert_eq!(Arc::strong_count(&blocking.results), 1);
    assert_eq!(Arc::strong_count(&blocking), 1);
}

#[test]
fn a_blocking_task_that_has_not_started_never_does() {
    let _deadline = deadline();
    let (blocking, is_started, tell) = Blocking::new();
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let mut first = pin!(blocking.blocks());
        assert!(poll(first.as_mut()).is_pending());
        is_started.recv_timeout(LONG).unwrap();
        // The one thread is taken.
        assert!(poll(pin!(blocking.blocks())).is_pending());
        tell.send(()).unwrap();
        first.await;
    });
    drop(runtime);
    assert_eq!(blocking.starts.load(Ordering::SeqCst), 1);
}

#[test]
fn the_panic_of_a_blocking_task_reaches_the_caller_with_its_payload() {
    let _deadline = deadline();
    let (blocking, ..) = Blocking::new();
    let runtime = one_thread();
    let panic = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { blocking.goal().await }))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&7_u64));
    let run = blocking.run();
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(run.goal()))).unwrap_err();
    let later = catch_unwind(AssertUnwindSafe(|| runtime.block_on(run.goal()))).unwrap_err();
    assert_eq!(later.downcast_ref::<String>().unwrap(), "the run has ended: task `panics` panicked");
}

#[test]
fn without_a_runtime_a_blocking_task_says_how_to_start_one() {
    let (blocking, ..) = Blocking::new();
    let panic = catch_unwind(AssertUnwindSafe(|| poll(pin!(blocking.goal())))).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().starts_with("the blocking task `panics` needs a tokio runtime"));
}
