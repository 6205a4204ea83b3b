//! Runs random graphs whose tasks become ready in random orders, and compares the events of each poll with a reference
//! model.

mod random;

use std::error::Error;
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use adagio::TaskError;
use random::Random;

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));

/// A graph, and how to await each of its tasks.
struct Shape {
    name: usize,
    /// In source order.
    tasks: &'static [Task],
    terminals: &'static [Terminal],
    /// The same by runs, in each of which one task is awaited.
    runs: &'static [Terminal],
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

/// The shared state of the tasks of one run.
struct Stage {
    plans: Vec<Plan>,
    /// For each task, the way it treats its lazy dependencies, in order.
    modes: Vec<[Mode; 3]>,
    /// One gate per task, and after all of these a second gate per task.
    gates: Mutex<Vec<(bool, Option<Waker>)>>,
    log: Mutex<Vec<Event>>,
}

impl Stage {
    async fn act<T: Value, const N: usize>(&self, task: usize, inputs: [u64; N]) -> T {
        let act = self.begin(task);
        std::future::poll_fn(|cx| self.poll_gate(task, cx)).await;
        act.end(inputs)
    }

    async fn act_asking<T: Value, const N: usize>(&self, task: usize, arguments: [Argument<'_>; N]) -> T {
        let act = self.begin(task);
        std::future::poll_fn(|cx| self.poll_gate(task, cx)).await;
        let mut numbers = [0; N];
        for ((place, argument), number) in arguments.into_iter().enumerate().zip(&mut numbers) {
            *number = match (argument, self.modes[task][place % 3]) {
                (Argument::Given(number), _) => number,
                (Argument::Lazy(_), Mode::Leave) => UNASKED,
                (Argument::Lazy(lazy), Mode::Ask) => lazy.await,
                (Argument::Lazy(lazy), Mode::Hurry) => self.hurry(self.plans.len() + task, lazy).await,
            };
        }
        act.end(numbers)
    }

    /// Waits until a gate is open.
    async fn hurry(&self, gate: usize, mut lazy: Pin<Box<dyn Future<Output = u64> + Send + '_>>) -> u64 {
        let _leaves = LeavesGate { stage: self, gate };
        std::future::poll_fn(|cx| match lazy.as_mut().poll(cx) {
            Poll::Ready(number) => Poll::Ready(number),
            Poll::Pending => self.poll_gate(gate, cx).map(|()| UNASKED),
        })
        .await
    }

    fn poll_gate(&self, gate: usize, cx: &Context<'_>) -> Poll<()> {
        let gate = &mut self.gates.lock().unwrap()[gate];
        gate.1 = Some(cx.waker().clone());
        if gate.0 { Poll::Ready(()) } else { Poll::Pending }
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

/// Takes the waker back from a gate.
struct LeavesGate<'s> {
    stage: &'s Stage,
    gate: usize,
}

impl Drop for LeavesGate<'_> {
    fn drop(&mut self) {
        self.stage.gates.lock().unwrap()[self.gate].1 = None;
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

/// The reference model: the events of a run, one poll after another.
struct Model<'r> {
    shape: &'r Shape,
    plans: &'r [Plan],
    modes: &'r [[Mode; 3]],
    goal: usize,
    is_of_run: bool,
    needed: Vec<bool>,
    started: Vec<bool>,
    results: Vec<Option<Result<u64, usize>>>,
    /// For each task that cannot return a result, the task that failed.
    causes: Vec<Option<usize>>,
    /// For each task under way, the numbers of its inputs so far, and the dependencies it waits for.
    numbers: Vec<Vec<u64>>,
    asked: Vec<Option<usize>>,
    /// Whether the body of each task is about to be dropped.
    are_condemned: Vec<bool>,
}

impl<'r> Model<'r> {
    fn new(shape: &'r Shape, stage: &'r Stage, goal: usize, is_of_run: bool) -> Self {
        let count = shape.tasks.len();
        let (needed, started) = (vec![false; count], vec![false; count]);
        let mut model = Self {
            shape,
            plans: &stage.plans,
            modes: &stage.modes,
            goal,
            is_of_run,
            needed,
            started,
            results: vec![None; count],
            causes: vec![None; count],
            numbers: vec![Vec::new(); count],
            asked: vec![None; count],
            are_condemned: vec![false; count],
        };
        model.need();
        model
    }

    /// Finds the tasks that the goal needs and that can still run, and the tasks that are asked for; started tasks
    /// continue.
    fn need(&mut self) {
        let mut needed = vec![false; self.needed.len()];
        let mut open = if self.causes[self.goal].is_none() { vec![self.goal] } else { Vec::new() };
        open.extend(self.asked.iter().flatten().filter(|&&asked| !self.has_ended(asked)));
        while let Some(task) = open.pop() {
            needed[task] = true;
            if !self.started[task] {
                let Task { dependencies, lazy, .. } = &self.shape.tasks[task];
                let at_once = dependencies.iter().filter(|dependency| !lazy.contains(dependency));
                open.extend(at_once.filter(|&&it| !needed[it] && !self.has_ended(it)));
            }
        }
        self.needed = (0..needed.len()).map(|task| needed[task] || self.started[task]).collect();
    }

    fn has_ended(&self, task: usize) -> bool {
        self.results[task].is_some() || self.causes[task].is_some()
    }

    /// Stops the tasks that need a failed task. Returns whether that ends a call for the goal.
    fn fail(&mut self, failed: usize, order: &[usize]) -> bool {
        self.stop(failed, failed, order);
        // A path through a lazy dependency counts, even if it is not asked for.
        let mut reached = vec![false; order.len()];
        reached[failed] = true;
        for &task in order {
            let Task { dependencies, caught, .. } = self.shape.tasks[task];
            let mut dependencies = dependencies.iter().filter(|dependency| !caught.contains(dependency));
            reached[task] |= dependencies.any(|&dependency| reached[dependency]);
        }
        reached[self.goal]
    }

    /// Stops a task because another failed, and stops the tasks that need it.
    fn stop(&mut self, stopped: usize, failed: usize, order: &[usize]) {
        let mut are_stopped = vec![false; order.len()];
        are_stopped[stopped] = true;
        for &task in order {
            let Task { dependencies, caught, lazy, .. } = self.shape.tasks[task];
            let is_plain = |dependency| !caught.contains(dependency) && !lazy.contains(dependency);
            let mut plain = dependencies.iter().filter(|dependency| is_plain(dependency));
            are_stopped[task] |= !self.has_ended(task) && plain.any(|&dependency| are_stopped[dependency]);
        }
        for task in (0..order.len()).filter(|&task| are_stopped[task]) {
            self.causes[task].get_or_insert(failed);
        }
        self.need();
    }

    /// Continues with the inputs of a task under way. Returns whether it has all of them.
    fn ask(&mut self, task: usize, is_open: &[bool]) -> bool {
        let Task { inputs, told, lazy, .. } = self.shape.tasks[task];
        self.asked[task] = None;
        for (place, &input) in inputs.iter().enumerate().skip(self.numbers[task].len()) {
            let mode = if lazy.contains(&input) { self.modes[task][place % 3] } else { Mode::Ask };
            let number = match self.results[input] {
                _ if mode == Mode::Leave => UNASKED,
                Some(result) => result.unwrap_or_else(number_of_failure),
                None if !lazy.contains(&input) && told.contains(&input) => {
                    MISSING + self.causes[input].expect("has ended") as u64
                }
                None if !lazy.contains(&input) => MISSING,
                None if mode == Mode::Hurry && is_open[self.plans.len() + task] => UNASKED,
                None => {
                    self.asked[task] = Some(input);
                    return false;
                }
            };
            self.numbers[task].push(number);
        }
        true
    }

    /// Reads which tasks are asked for, at the end of a pass. Returns whether there is another pass.
    fn take_asks(&mut self, order: &[usize]) -> bool {
        let condemned: Vec<_> = (0..order.len())
            .filter(|&task| !self.are_condemned[task])
            .filter_map(|task| Some((task, self.causes[self.asked[task]?]?)))
            .collect();
        for &(task, failed) in &condemned {
            self.are_condemned[task] = true;
            self.stop(task, failed, order);
        }
        self.need();
        !condemned.is_empty() || order.iter().any(|&task| !self.started[task] && self.is_due(task))
    }

    /// Returns whether a task is needed and has all results that it must wait for.
    fn is_due(&self, task: usize) -> bool {
        let Task { dependencies, lazy, .. } = self.shape.tasks[task];
        let mut at_once = dependencies.iter().filter(|dependency| !lazy.contains(dependency));
        self.needed[task] && !self.has_ended(task) && at_once.all(|&dependency| self.has_ended(dependency))
    }

    fn poll(&mut self, order: &[usize], is_open: &[bool], events: &mut Vec<Event>) -> Outcome {
        loop {
            if let Some(end) = self.pass(order, is_open, events) {
                return end;
            }
            if !self.take_asks(order) {
                break;
            }
        }
        let failed = self.causes[self.goal].map(Err);
        self.results[self.goal].or(failed).map_or(Outcome::Pending, Outcome::Done)
    }

    /// Goes over all tasks once. Returns the outcome if that ends the run.
    fn pass(&mut self, order: &[usize], is_open: &[bool], events: &mut Vec<Event>) -> Option<Outcome> {
        for &task in order {
            if std::mem::take(&mut self.are_condemned[task]) {
                events.push(Event::Drop(task));
                self.started[task] = false;
                self.asked[task] = None;
                self.need();
                continue;
            }
            let Task { kind, is_async, .. } = self.shape.tasks[task];
            if !self.is_due(task) {
                continue;
            }
            if !std::mem::replace(&mut self.started[task], true) {
                events.push(Event::Start(task));
            }
            if is_async && !is_open[task] {
                continue;
            }
            if !self.ask(task, is_open) {
                continue;
            }
            events.push(Event::End(task));
            self.results[task] = Some(match self.plans[task] {
                Plan::Panic => return Some(Outcome::Panicked(task)),
                Plan::Fail if kind == Kind::Fallible => {
                    // In a run, started tasks continue.
                    if self.fail(task, order) && !self.is_of_run {
                        return Some(Outcome::Done(Err(task)));
                    }
                    continue;
                }
                Plan::Fail => Err(task),
                Plan::Succeed => Ok(compute(task, self.numbers[task].iter().copied())),
            });
        }
        None
    }

    fn is_under_way(&self, task: usize) -> bool {
        self.started[task] && (!self.has_ended(task) || self.are_condemned[task])
    }

    /// Returns whether a task waits at a gate that is not open.
    fn is_awaited(&self, gate: usize) -> bool {
        let Some(task) = gate.checked_sub(self.plans.len()) else { return self.is_under_way(gate) };
        let mode = |_| self.modes[task][self.numbers[task].len() % 3];
        self.asked[task].map(mode) == Some(Mode::Hurry)
    }

    /// Returns the drops at the end of the run; the failed task itself has ended.
    fn drops(&self, outcome: &Outcome) -> Vec<Event> {
        let ended = |task| matches!(outcome, Outcome::Done(Err(by)) | Outcome::Panicked(by) if *by == task);
        let under_way = (0..self.started.len()).filter(|&task| self.is_under_way(task) && !ended(task));
        under_way.map(Event::Drop).collect()
    }
}

/// Repeatedly takes the first task in source order whose dependencies are all placed.
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
