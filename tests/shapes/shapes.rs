//! Runs random graphs with their tasks made ready in random orders, and compares what happens in each poll with a
//! reference model.

mod random;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use random::Random;

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));

/// A graph, and how to await each of its tasks.
struct Shape {
    name: usize,
    /// In source order.
    tasks: &'static [Task],
    terminals: &'static [Terminal],
}

type Terminal = for<'s> fn(&'s Stage) -> Pin<Box<dyn Future<Output = Result<u64, usize>> + 's>>;

struct Task {
    dependencies: &'static [usize],
    /// Those of them that are parameters.
    inputs: &'static [usize],
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
#[derive(Clone)]
struct Low(usize);
#[derive(Clone)]
struct High(usize);

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

/// What a task may return.
trait Value {
    /// Turns what a task is to do into its result.
    fn of(result: Result<u64, usize>) -> Self;
    /// Gives what a dependent computes with.
    fn number(&self) -> u64;
    /// Gives a terminal's result, with the task that failed.
    fn outcome(self) -> Result<u64, usize>;
}

impl Value for u64 {
    fn of(result: Result<u64, usize>) -> Self {
        result.expect("only a task that may fail is told to")
    }

    fn number(&self) -> u64 {
        *self
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

            fn number(&self) -> u64 {
                self.as_ref().map_or_else(|error| number_of_failure(error.0), |number| *number)
            }

            fn outcome(self) -> Result<u64, usize> {
                self.map_err(|error| error.0)
            }
        }
    };
}

impl_value!(Low);
impl_value!(High);

fn number_of_failure(task: usize) -> u64 {
    1_000_000 + task as u64
}

/// What a task computes.
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

/// Where the tasks of one run act.
struct Stage {
    plans: Vec<Plan>,
    gates: Mutex<Vec<(bool, Option<Waker>)>>,
    log: Mutex<Vec<Event>>,
}

impl Stage {
    async fn act<T: Value, const N: usize>(&self, task: usize, inputs: [u64; N]) -> T {
        let act = self.begin(task);
        std::future::poll_fn(|cx| {
            let gate = &mut self.gates.lock().unwrap()[task];
            gate.1 = Some(cx.waker().clone());
            if gate.0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        act.end(inputs)
    }

    fn act_at_once<T: Value, const N: usize>(&self, task: usize, inputs: [u64; N]) -> T {
        self.begin(task).end(inputs)
    }

    fn begin(&self, task: usize) -> Act<'_> {
        self.log.lock().unwrap().push(Event::Start(task));
        Act { stage: self, task, last: Event::Drop(task) }
    }

    fn open(&self, task: usize) {
        let waker = {
            let gate = &mut self.gates.lock().unwrap()[task];
            gate.0 = true;
            gate.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

/// A task under way.
struct Act<'s> {
    stage: &'s Stage,
    task: usize,
    last: Event,
}

impl Act<'_> {
    fn end<T: Value, const N: usize>(mut self, inputs: [u64; N]) -> T {
        self.last = Event::End(self.task);
        T::of(match self.stage.plans[self.task] {
            Plan::Succeed => Ok(compute(self.task, inputs)),
            Plan::Fail => Err(self.task),
            // Without the message of `panic!`.
            Plan::Panic => resume_unwind(Box::new(self.task)),
        })
    }
}

impl Drop for Act<'_> {
    fn drop(&mut self) {
        self.stage.log.lock().unwrap().push(self.last);
    }
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Pending,
    Done(Result<u64, usize>),
    Panicked(usize),
}

/// The reference: what has happened in a run, one poll after another.
struct Model<'r> {
    shape: &'r Shape,
    plans: &'r [Plan],
    goal: usize,
    needed: Vec<bool>,
    started: Vec<bool>,
    results: Vec<Option<Result<u64, usize>>>,
}

impl<'r> Model<'r> {
    fn new(shape: &'r Shape, plans: &'r [Plan], goal: usize) -> Self {
        let count = shape.tasks.len();
        let mut needed = vec![false; count];
        let mut open = vec![goal];
        while let Some(task) = open.pop() {
            needed[task] = true;
            open.extend(shape.tasks[task].dependencies.iter().filter(|&&dependency| !needed[dependency]));
        }
        Self { shape, plans, goal, needed, started: vec![false; count], results: vec![None; count] }
    }

    fn poll(&mut self, order: &[usize], is_open: &[bool], events: &mut Vec<Event>) -> Outcome {
        for &task in order {
            let Task { dependencies, inputs, kind, is_async } = &self.shape.tasks[task];
            let is_ready = dependencies.iter().all(|&dependency| self.results[dependency].is_some());
            if !self.needed[task] || self.results[task].is_some() || !is_ready {
                continue;
            }
            if !std::mem::replace(&mut self.started[task], true) {
                events.push(Event::Start(task));
            }
            if *is_async && !is_open[task] {
                continue;
            }
            events.push(Event::End(task));
            let number = |&input: &usize| self.results[input].expect("is ready").unwrap_or_else(number_of_failure);
            self.results[task] = Some(match self.plans[task] {
                Plan::Panic => return Outcome::Panicked(task),
                Plan::Fail if *kind == Kind::Fallible => return Outcome::Done(Err(task)),
                Plan::Fail => Err(task),
                Plan::Succeed => Ok(compute(task, inputs.iter().map(number))),
            });
        }
        self.results[self.goal].map_or(Outcome::Pending, Outcome::Done)
    }

    fn is_under_way(&self, task: usize) -> bool {
        self.started[task] && self.results[task].is_none()
    }

    /// What the end of the run drops; the failed task itself has come to its end.
    fn drops(&self, outcome: &Outcome) -> Vec<Event> {
        let ended = |task| matches!(outcome, Outcome::Done(Err(by)) | Outcome::Panicked(by) if *by == task);
        let under_way = (0..self.started.len()).filter(|&task| self.is_under_way(task) && !ended(task));
        under_way.map(Event::Drop).collect()
    }
}

/// Again and again the first task in source order whose dependencies are all placed.
fn order(shape: &Shape) -> Vec<usize> {
    let mut order = Vec::new();
    while order.len() < shape.tasks.len() {
        let is_next = |&task: &usize| {
            !order.contains(&task) && shape.tasks[task].dependencies.iter().all(|other| order.contains(other))
        };
        order.push((0..shape.tasks.len()).find(is_next).expect("there is no cycle"));
    }
    order
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

/// Runs one terminal beside the model; gives what came of it, nothing if it was dropped on its way.
fn run(shape: &Shape, order: &[usize], goal: usize, random: &mut Random) -> Option<Outcome> {
    let count = shape.tasks.len();
    let plans = plans(shape, random);
    let stage =
        Stage { plans: plans.clone(), gates: Mutex::new(vec![(false, None); count]), log: Mutex::new(Vec::new()) };
    let mut model = Model::new(shape, &plans, goal);
    let mut terminal = (shape.terminals[goal])(&stage);
    let mut is_open = vec![false; count];
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
                is_awaited |= model.is_under_way(task);
                stage.open(task);
            }
        }
        assert_eq!(waker.wakes() > before, is_awaited, "a wake is lost, or one too many");
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
            for seed in 0..100 {
                let mut random = Random(((shape.name * 100 + goal) * 1000 + seed) as u64);
                let run = catch_unwind(AssertUnwindSafe(|| run(shape, &order, goal, &mut random)));
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
