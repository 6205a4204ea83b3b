//! A small run under every interleaving: no wake-up is lost, no matter which waiter drives.

use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::sync::Notify;
use loom::thread;

use super::*;
use crate::cell::{ArcWriter, TaskCell};
use crate::run::notices::Place;

static GRAPH: Graph = Graph::new("Model", &NODES);
static NODES: [Node; 1] =
    [Node { name: "task", dependencies: &[], needed: &[1], kind: crate::graph::TaskKind::Async, docs: "" }];

/// A run of one task, which is ready once the test allows it.
struct Model {
    board: Board<1>,
    is_ready: AtomicBool,
    /// The wanted tasks that the driver has seen. At most one waiter drives.
    wanted: Mutex<TaskSet<1>>,
    failures_left: AtomicUsize,
    /// The body of the task is under way.
    is_under_way: AtomicBool,
}

impl Model {
    fn new(is_ready: bool, failures: usize) -> Arc<Self> {
        Arc::new(Self {
            board: Board::new(&GRAPH),
            is_ready: AtomicBool::new(is_ready),
            wanted: Mutex::new(TaskSet::EMPTY),
            failures_left: AtomicUsize::new(failures),
            is_under_way: AtomicBool::new(false),
        })
    }

    fn cancelling() -> Arc<Self> {
        let model = Self::new(false, 0);
        model.board.cancel_abandoned();
        model
    }

    fn let_and_wake(&self) {
        self.is_ready.store(true, Ordering::Release);
        self.board.note_event();
    }

    fn drive(&self) {
        let mut wanted = self.wanted.try_lock().expect("no more than one drives");
        if self.board.is_changed() {
            *wanted = self.board.changes(TaskSet::EMPTY).0;
        }
        // Only a pass that drops bodies may do so, and it starts none.
        if wanted.contains(0) && !self.board.is_cancelling() {
            self.is_under_way.store(true, Ordering::Relaxed);
        } else if !wanted.contains(0) && self.board.is_cancelling() {
            self.is_under_way.store(false, Ordering::Relaxed);
        }
        if self.board.is_cancelling() {
            return;
        }
        if !wanted.contains(0) || !self.is_ready.load(Ordering::Acquire) {
            return;
        }
        if self.failures_left.load(Ordering::Relaxed) > 0 {
            self.failures_left.fetch_sub(1, Ordering::Relaxed);
            let error = TaskError::new("task", "bad".into());
            let failed = TaskSet::first(1);
            self.board.block(&failed, &failed, &error);
        } else {
            self.board.set_done(&TaskSet::first(1));
        }
    }
}

impl Model {
    fn make_cancelling_passes(&self) {
        while self.board.begin_cancelling() {
            self.drive();
            self.board.end_cancelling();
        }
    }
}

#[derive(Default)]
struct Signal(Notify);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

/// A waiter; it frees its place when it is dropped.
struct Waiter<'m> {
    model: &'m Model,
    signal: Arc<Signal>,
    place: Place,
}

impl<'m> Waiter<'m> {
    fn new(model: &'m Model) -> Self {
        Self { model, signal: Arc::default(), place: Place::default() }
    }

    fn poll(&mut self) -> Option<Result<(), TaskError>> {
        let board = &self.model.board;
        let waker = Waker::from(Arc::clone(&self.signal));
        match board.look(Target::Task(0), &mut self.place, &waker) {
            Step::Resolved(result) => Some(result),
            Step::Wait => None,
            Step::DriveAndCancel { .. } => {
                self.model.drive();
                let result = board.end_driving(Target::Task(0), &mut self.place, &waker);
                self.model.make_cancelling_passes();
                result
            }
            Step::Drive => {
                self.model.drive();
                board.end_driving(Target::Task(0), &mut self.place, &waker)
            }
        }
    }

    fn wait(mut self) -> Result<(), TaskError> {
        loop {
            if let Some(result) = self.poll() {
                return result;
            }
            self.signal.0.wait();
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.model.board.leave(&mut self.place) {
            self.model.board.look_for_abandoned();
            self.model.make_cancelling_passes();
        }
    }
}

#[test]
fn a_waiter_and_a_waker_that_race_lose_no_wake_up() {
    loom::model(|| {
        let model = Model::new(false, 0);
        let waking = Arc::clone(&model);
        let waker = thread::spawn(move || waking.let_and_wake());
        assert!(Waiter::new(&model).wait().is_ok());
        waker.join().unwrap();
    });
}

#[test]
fn a_waiter_gets_the_result_though_another_is_dropped() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let model = Model::new(false, 0);
        let (waking, leaving) = (Arc::clone(&model), Arc::clone(&model));
        let waker = thread::spawn(move || waking.let_and_wake());
        let leaver = thread::spawn(move || drop(Waiter::new(&leaving).poll()));
        assert!(Waiter::new(&model).wait().is_ok());
        waker.join().unwrap();
        leaver.join().unwrap();
    });
}

#[test]
fn two_waiters_get_the_result_whoever_drives() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let model = Model::new(false, 0);
        let (waking, waiting) = (Arc::clone(&model), Arc::clone(&model));
        let waker = thread::spawn(move || waking.let_and_wake());
        let other = thread::spawn(move || assert!(Waiter::new(&waiting).wait().is_ok()));
        assert!(Waiter::new(&model).wait().is_ok());
        waker.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn a_waiter_gets_the_result_though_another_of_its_task_is_kept_and_not_polled() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let model = Model::new(false, 0);
        let waking = Arc::clone(&model);
        let waker = thread::spawn(move || {
            waking.board.note_event();
            waking.let_and_wake();
        });
        let (mut kept, mut waiter) = (Waiter::new(&model), Waiter::new(&model));
        waiter.signal = Arc::clone(&kept.signal);
        kept.poll();
        assert!(waiter.wait().is_ok());
        waker.join().unwrap();
    });
}

#[test]
fn a_failure_that_is_forgotten_before_it_is_told_leaves_nobody_waiting() {
    loom::model(|| {
        let model = Model::new(true, 1);
        let forgetting = Arc::clone(&model);
        let other = thread::spawn(move || forgetting.board.retry_failed());
        match Waiter::new(&model).wait() {
            Ok(()) => {}
            Err(error) => assert_eq!(error.task(), "task"),
        }
        other.join().unwrap();
    });
}

#[test]
fn after_the_last_waiter_has_left_nothing_is_under_way() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let model = Model::cancelling();
        let leaving = Arc::clone(&model);
        let other = thread::spawn(move || drop(Waiter::new(&leaving).poll()));
        drop(Waiter::new(&model).poll());
        other.join().unwrap();
        assert!(!model.is_under_way.load(Ordering::Relaxed));
    });
}

#[test]
fn a_waiter_gets_the_result_though_another_that_cancels_is_dropped() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let model = Model::cancelling();
        let (waking, leaving) = (Arc::clone(&model), Arc::clone(&model));
        let waker = thread::spawn(move || waking.let_and_wake());
        let leaver = thread::spawn(move || drop(Waiter::new(&leaving).poll()));
        assert!(Waiter::new(&model).wait().is_ok());
        waker.join().unwrap();
        leaver.join().unwrap();
    });
}

#[test]
fn a_goal_that_failed_and_is_awaited_again_is_wanted_again_although_another_leaves() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let model = Model::new(true, 1);
        model.board.cancel_abandoned();
        let leaving = Arc::clone(&model);
        let leaver = thread::spawn(move || drop(Waiter::new(&leaving).poll()));
        if Waiter::new(&model).wait().is_err() {
            model.board.retry_failed();
            assert!(Waiter::new(&model).wait().is_ok());
        }
        leaver.join().unwrap();
    });
}

/// A group of one cell.
struct One(TaskCell<Box<u64>, Self>);

#[test]
fn a_waiter_that_sees_a_task_done_sees_its_result() {
    loom::model(|| {
        let board = Arc::new(Board::<1>::new(&GRAPH));
        let mut writer = ArcWriter::new(One(TaskCell::empty()));
        let cells = writer.reader();
        let driver = Arc::clone(&board);
        let driver = thread::spawn(move || {
            let cells = writer.reader();
            writer.borrow().put(&cells.0, Box::new(7));
            driver.set_done(&TaskSet::first(1));
        });
        if let Step::Resolved(result) = board.look(Target::Task(0), &mut Place::default(), Waker::noop()) {
            result.unwrap();
            assert_eq!(**cells.0.ready(), 7);
        }
        driver.join().unwrap();
    });
}
