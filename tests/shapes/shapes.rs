//! Runs random graphs whose tasks become ready in random orders, and compares the events of each poll with a reference
//! model.

mod model;
mod random;
mod scripts;
mod stage;

use std::error::Error;
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use adagio::TaskError;
use model::{Model, order};
use random::Random;
use scripts::{Goal, Goals, Script, Start};
use stage::Stage;

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));

/// A graph, and how to await each of its tasks.
struct Shape {
    name: usize,
    /// In source order.
    tasks: &'static [Task],
    terminals: &'static [Terminal],
    /// The same by runs, in each of which one task is awaited.
    runs: &'static [Terminal],
    /// Makes a run of which several tasks are awaited.
    start_script: Start,
}

type Terminal = for<'s> fn(&'s Stage) -> Pin<Box<dyn Future<Output = Result<u64, usize>> + 's>>;

#[derive(Clone, Copy)]
struct Task {
    dependencies: &'static [usize],
    /// The dependencies whose failures it catches.
    caught: &'static [usize],
    /// The dependencies that run only if it awaits them.
    lazy: &'static [usize],
    /// The dependencies that are parameters.
    inputs: &'static [usize],
    /// The dependencies of which it takes the cause of a failure.
    told: &'static [usize],
    kind: Kind,
    is_async: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Fallible,
    Caught,
}

/// Two errors that convert into each other, each with the task that failed.
#[derive(Clone, Debug)]
struct Low(usize);
#[derive(Clone, Debug)]
struct High(usize);

impl fmt::Display for Low {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl fmt::Display for High {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl Error for Low {}
impl Error for High {}

/// Returns the task that a run says has failed.
fn failed(error: &TaskError) -> usize {
    let task = error.task()[1..].parse().expect("a task is called `t` and its number");
    let source = error.source().map(ToString::to_string);
    assert_eq!(source, Some(format!("{task}")), "the error is another task's");
    task
}

impl From<Low> for High {
    fn from(low: Low) -> Self {
        Self(low.0)
    }
}

impl From<High> for Low {
    fn from(high: High) -> Self {
        Self(high.0)
    }
}

/// An argument that a task may take.
trait Input {
    /// Returns the number with which a dependent computes.
    fn number(&self) -> u64;
}

impl Input for u64 {
    fn number(&self) -> u64 {
        *self
    }
}

impl<T: Input> Input for &T {
    fn number(&self) -> u64 {
        (**self).number()
    }
}

impl<T: Input> Input for Option<T> {
    fn number(&self) -> u64 {
        self.as_ref().map_or(MISSING, Input::number)
    }
}

impl<T: Input> Input for Result<T, TaskError> {
    fn number(&self) -> u64 {
        self.as_ref().map_or_else(|error| MISSING + failed(error) as u64, Input::number)
    }
}

/// The number with which a dependent computes if it did not get a result that it could have asked for.
const UNASKED: u64 = 3_000_000;

/// The number with which a dependent computes if a result is missing; the cause is added if it is known.
const MISSING: u64 = 2_000_000;

/// A result that a task may return.
trait Value {
    /// Turns the plan of a task into its result.
    fn of(result: Result<u64, usize>) -> Self;
    /// Returns a terminal's result, with the task that failed.
    fn outcome(self) -> Result<u64, usize>;
}

impl Value for u64 {
    fn of(result: Result<u64, usize>) -> Self {
        result.expect("only a task that may fail is told to")
    }

    fn outcome(self) -> Result<u64, usize> {
        Ok(self)
    }
}

macro_rules! impl_value {
    ($error:ident) => {
        impl Value for Result<u64, $error> {
            fn of(result: Result<u64, usize>) -> Self {
                result.map_err($error)
            }

            fn outcome(self) -> Result<u64, usize> {
                self.map_err(|error| error.0)
            }
        }

        impl Input for Result<u64, $error> {
            fn number(&self) -> u64 {
                self.as_ref().map_or_else(|error| number_of_failure(error.0), |number| *number)
            }
        }
    };
}

impl_value!(Low);
impl_value!(High);

fn number_of_failure(task: usize) -> u64 {
    1_000_000 + task as u64
}

/// Computes the result of a task.
fn compute(task: usize, inputs: impl IntoIterator<Item = u64>) -> u64 {
    inputs.into_iter().fold(task as u64, |number, input| number.wrapping_mul(31).wrapping_add(input))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Start(usize),
    End(usize),
    Drop(usize),
}

#[derive(Clone, Copy, PartialEq)]
enum Plan {
    Succeed,
    Fail,
    Panic,
}

/// The way a task treats a lazy dependency.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Leave,
    Ask,
    /// Asks until its second gate is open.
    Hurry,
}

/// An argument of a task with lazy dependencies.
enum Argument<'l> {
    Given(u64),
    Lazy(Pin<Box<dyn Future<Output = u64> + Send + 'l>>),
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Pending,
    Done(Result<u64, usize>),
    Panicked(usize),
}

#[derive(Default)]
struct CountingWaker(AtomicUsize);

impl CountingWaker {
    fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn plans(shape: &Shape, random: &mut Random) -> Vec<Plan> {
    let (fails, panics) = (random.is(1, 2), random.is(1, 4));
    let plan = |task: &Task| {
        if panics && random.is(1, 12) {
            Plan::Panic
        } else if fails && task.kind != Kind::Plain && random.is(1, 4) {
            Plan::Fail
        } else {
            Plan::Succeed
        }
    };
    shape.tasks.iter().map(plan).collect()
}

/// Runs one terminal, perhaps of a run, in parallel with the model. Returns its outcome, or `None` if it was dropped
/// before its end.
fn run(shape: &Shape, order: &[usize], goal: usize, is_of_run: bool, random: &mut Random) -> Option<Outcome> {
    let count = shape.tasks.len();
    let plans = plans(shape, random);
    let mode = |random: &mut Random| match random.next() % 4 {
        0 => Mode::Leave,
        1 => Mode::Hurry,
        _ => Mode::Ask,
    };
    let does = (0..count).map(|_| [(); 3].map(|()| mode(random))).collect();
    let gates = Mutex::new(vec![(false, None); 2 * count]);
    let stage = Stage { plans, modes: does, gates, log: Mutex::new(Vec::new()) };
    let mut model = Model::new(shape, &stage, goal, is_of_run);
    let terminals = if is_of_run { shape.runs } else { shape.terminals };
    let mut terminal = (terminals[goal])(&stage);
    let mut is_open = vec![false; 2 * count];
    let mut waker = Arc::new(CountingWaker::default());
    loop {
        if random.is(1, 40) {
            drop(terminal);
            assert_same_set(stage.events(), model.drops(&Outcome::Pending));
            return None;
        }
        // Now and then the terminal is polled without reason.
        let chance = random.next() % 4;
        let before = waker.wakes();
        let mut is_awaited = false;
        for (task, is_open) in is_open.iter_mut().enumerate() {
            if !*is_open && random.is(chance, 6) {
                *is_open = true;
                is_awaited |= model.is_awaited(task);
                stage.open(task);
            }
        }
        let is_woken = waker.wakes() > before;
        // If the waker of a run is replaced before it is woken, the run may wake the previous one: the waiter is polled
        // anyway.
        assert!(is_woken == is_awaited || is_of_run && is_woken, "a wake is lost, or one too many");
        if random.is(1, 8) {
            waker = Arc::default();
        }
        let std_waker = Waker::from(Arc::clone(&waker));
        let poll = catch_unwind(AssertUnwindSafe(|| terminal.as_mut().poll(&mut Context::from_waker(&std_waker))));
        let outcome = match poll {
            Ok(Poll::Pending) => Outcome::Pending,
            Ok(Poll::Ready(result)) => Outcome::Done(result),
            Err(payload) => Outcome::Panicked(*payload.downcast().expect("it is the task's payload")),
        };
        let mut events = stage.events();
        let mut expected = Vec::new();
        assert_eq!(outcome, model.poll(order, &is_open, &mut expected));
        let drops = events.split_off(expected.len().min(events.len()));
        assert_eq!(events, expected);
        if outcome != Outcome::Pending {
            assert_same_set(drops, model.drops(&outcome));
            return Some(outcome);
        }
        assert_eq!(drops, []);
    }
}

fn assert_same_set<T: Ord + Debug>(mut left: Vec<T>, mut right: Vec<T>) {
    left.sort();
    right.sort();
    assert_eq!(left, right);
}

#[test]
fn random_graphs_run_as_the_model_says() {
    let mut seen = [0; 4];
    for shape in SHAPES {
        let order = order(shape);
        for goal in 0..shape.tasks.len() {
            for seed in 0..150 {
                let mut random = Random(((shape.name * 100 + goal) * 1000 + seed) as u64);
                let is_of_run = seed % 3 == 0;
                let run = catch_unwind(AssertUnwindSafe(|| run(shape, &order, goal, is_of_run, &mut random)));
                let Ok(outcome) = run else { panic!("shape {}, goal {goal}, seed {seed}", shape.name) };
                seen[match outcome {
                    None | Some(Outcome::Pending) => 0,
                    Some(Outcome::Done(Ok(_))) => 1,
                    Some(Outcome::Done(Err(_))) => 2,
                    Some(Outcome::Panicked(_)) => 3,
                }] += 1;
            }
        }
    }
    assert!(
        seen.iter().all(|&count| count > 1000),
        "too few runs that were dropped, done, failed or panicked: {seen:?}"
    );
}
