//! Runs with injected results, of which several tasks are awaited at once: tasks that need one another may be under way
//! together. Goals are dropped and awaited again, failures are forgotten, and slots are few. The results are compared with those
//! of a plain computation.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::random::Random;
use super::stage::Stage;
use super::{
    CountingWaker, Event, Kind, MISSING, Mode, Plan, SHAPES, Shape, Task, UNASKED, compute, number_of_failure,
};

/// What a run begins with.
#[derive(Debug)]
pub(super) struct Script {
    /// Tasks, and their results.
    pub(super) injected: Vec<(usize, u64)>,
    pub(super) cancels: bool,
    pub(super) limit: Option<usize>,
}

pub(super) type Goal<'g> = Pin<Box<dyn Future<Output = Result<u64, usize>> + 'g>>;

/// Makes a run, and lends it.
pub(super) type Start = fn(&Stage, &Script, &mut dyn FnMut(&dyn Goals));

/// A run.
pub(super) trait Goals {
    fn goal(&self, task: usize) -> Goal<'_>;
    fn retry(&self);
}

/// A task that is awaited, and its waker. It is polled only if it was woken.
struct Waiter<'g> {
    task: usize,
    goal: Goal<'g>,
    waker: Arc<CountingWaker>,
    seen: Option<usize>,
}

/// Computes results one after another.
struct Reference<'r> {
    shape: &'r Shape,
    stage: &'r Stage,
    results: Vec<Option<Result<u64, usize>>>,
}

impl Reference<'_> {
    /// Returns the result of a task, or the task that failed.
    fn result(&mut self, task: usize) -> Result<u64, usize> {
        if self.results[task].is_none() {
            self.results[task] = Some(self.compute(task));
        }
        self.results[task].expect("it was just computed")
    }

    fn compute(&mut self, task: usize) -> Result<u64, usize> {
        let Task { dependencies, caught, lazy, inputs, told, kind, .. } = self.shape.tasks[task];
        for dependency in dependencies.iter().filter(|it| !caught.contains(it) && !lazy.contains(it)) {
            self.value(*dependency)?;
        }
        let mut numbers = Vec::new();
        for (place, &input) in inputs.iter().enumerate() {
            numbers.push(if lazy.contains(&input) && self.stage.modes[task][place % 3] == Mode::Leave {
                UNASKED
            } else {
                match self.value(input) {
                    Ok(value) => value,
                    Err(failed) if told.contains(&input) => MISSING + failed as u64,
                    Err(_) if caught.contains(&input) => MISSING,
                    Err(failed) => return Err(failed),
                }
            });
        }
        match self.stage.plans[task] {
            Plan::Fail if kind != Kind::Plain => Err(task),
            _ => Ok(compute(task, numbers)),
        }
    }

    /// Returns the number that a dependent gets. A `Result` that is a value is never missing.
    fn value(&mut self, task: usize) -> Result<u64, usize> {
        let result = self.result(task);
        if self.shape.tasks[task].kind == Kind::Caught && result == Err(task) {
            return Ok(number_of_failure(task));
        }
        result
    }
}

fn run(shape: &Shape, random: &mut Random) {
    let count = shape.tasks.len();
    let mut plans = vec![Plan::Succeed; count];
    let mut fails = None;
    if random.is(1, 3) {
        let task = pick(random, count);
        if shape.tasks[task].kind != Kind::Plain {
            plans[task] = Plan::Fail;
            fails = Some(task);
        }
    }
    let modes = (0..count).map(|_| [(); 3].map(|()| if random.is(1, 3) { Mode::Leave } else { Mode::Ask })).collect();
    let stage = Stage { plans, modes, gates: Mutex::new(vec![(false, None); 2 * count]), log: Mutex::default() };
    let chance = random.next() % 4;
    let injected = (0..count).filter(|_| random.is(chance, 6)).collect::<Vec<_>>();
    let script = Script {
        injected: injected.into_iter().map(|task| (task, random.next() % 1_000)).collect(),
        cancels: random.is(1, 3),
        limit: random.is(1, 3).then(|| 1 + pick(random, 3)),
    };
    let mut reference = Reference { shape, stage: &stage, results: vec![None; count] };
    for &(task, value) in &script.injected {
        reference.results[task] = Some(Ok(value));
    }
    let mut under_way = UnderWay { tasks: vec![false; count], have_started: vec![false; count] };
    // A body that waits for a lazy dependency lends its slot.
    let is_strict = shape.tasks.iter().all(|task| task.lazy.is_empty());
    (shape.start_script)(&stage, &script, &mut |run| {
        let mut waiters: Vec<Waiter<'_>> = Vec::new();
        let mut is_open = vec![false; count];
        let steps = random.next() % 60;
        let mut step = 0;
        loop {
            step += 1;
            let is_ending = step > steps;
            if !is_ending && random.is(1, 3) || waiters.is_empty() {
                let task = pick(random, count);
                waiters.push(Waiter { task, goal: run.goal(task), waker: Arc::default(), seen: None });
            }
            for (task, is_open) in is_open.iter_mut().enumerate() {
                if !*is_open && (is_ending || random.is(1, 8)) {
                    *is_open = true;
                    stage.open(task);
                }
            }
            if !is_ending && random.is(1, 6) {
                waiters.swap_remove(pick(random, waiters.len()));
            }
            if !is_ending && random.is(1, 200) {
                break;
            }
            if !is_ending && random.is(1, 10) {
                run.retry();
            }
            let mut is_any_polled = false;
            let mut place = 0;
            while place < waiters.len() {
                let waiter = &mut waiters[place];
                let wakes = waiter.waker.wakes();
                // Now and then, a waiter is polled without reason.
                if waiter.seen == Some(wakes) && (is_ending || random.is(9, 10)) {
                    place += 1;
                    continue;
                }
                is_any_polled = true;
                waiter.seen = Some(wakes);
                let std_waker = Waker::from(Arc::clone(&waiter.waker));
                let poll = waiter.goal.as_mut().poll(&mut Context::from_waker(&std_waker));
                under_way.note(&stage);
                assert!(!is_strict || under_way.count() <= script.limit.unwrap_or(count), "too many are under way");
                match poll {
                    Poll::Ready(result) => {
                        let expected = reference.result(waiter.task);
                        let expected = expected.map_err(|_| fails.expect("it fails"));
                        assert_eq!(result, expected, "task {}", waiter.task);
                        waiters.swap_remove(place);
                    }
                    Poll::Pending => place += 1,
                }
            }
            if is_ending && !is_any_polled {
                assert!(waiters.is_empty(), "{} waiters are not woken", waiters.len());
                break;
            }
            if is_ending && waiters.is_empty() {
                break;
            }
        }
    });
    under_way.note(&stage);
    assert_eq!(under_way.count(), 0, "a body is left");
    for &(task, _) in &script.injected {
        assert!(!under_way.have_started[task], "a task runs although its result was injected");
    }
}

/// The tasks of which a body is alive.
struct UnderWay {
    tasks: Vec<bool>,
    have_started: Vec<bool>,
}

impl UnderWay {
    fn note(&mut self, stage: &Stage) {
        for event in stage.events() {
            let (task, is_start) = match event {
                Event::Start(task) => (task, true),
                Event::End(task) | Event::Drop(task) => (task, false),
            };
            assert_ne!(std::mem::replace(&mut self.tasks[task], is_start), is_start, "{event:?}");
            self.have_started[task] |= is_start;
        }
    }

    fn count(&self) -> usize {
        self.tasks.iter().filter(|&&it| it).count()
    }
}

/// Returns a number below `count`.
fn pick(random: &mut Random, count: usize) -> usize {
    usize::try_from(random.next() % count as u64).expect("it is small")
}

#[test]
fn random_runs_with_injected_results_have_the_results_of_the_reference() {
    for shape in SHAPES {
        for seed in 0..150 {
            let seed = (shape.name * 1_000 + seed) as u64;
            let run = catch_unwind(AssertUnwindSafe(|| run(shape, &mut Random(seed))));
            assert!(run.is_ok(), "shape {}, seed {seed}", shape.name);
        }
    }
}
