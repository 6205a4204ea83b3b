//! Graphs whose many tasks would take minutes to compile with `#[dag]`. The trait is implemented by hand, and the
//! engine sees no difference.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use adagio::durable::{Deferral, Durable, DurableGraph, DurableRun, DurableTask, Keeper};
use adagio::{Observer, TaskError};
use adagio_restate::Deployment;

use crate::Orders;

const WIDTH: usize = 2_000;

const fn task(name: &'static str, dependencies: &'static [usize], is_remote: bool) -> DurableTask {
    let (is_public, is_computation) = (true, false);
    DurableTask {
        name,
        dependencies,
        is_public,
        is_computation,
        is_remote,
        retry: None,
        timeout: None,
        max_concurrency: None,
        version: 1,
    }
}

/// Returns a `t` and four digits.
const fn name(number: usize) -> &'static str {
    const NAMES: [u8; 5 * (WIDTH + 1)] = {
        let mut names = [b't'; 5 * (WIDTH + 1)];
        let mut number = 0;
        while number <= WIDTH {
            let (mut rest, mut place) = (number, 4);
            while place > 0 {
                #[allow(clippy::cast_possible_truncation, reason = "it is a digit")]
                let digit = (rest % 10) as u8;
                names[5 * number + place] = b'0' + digit;
                (rest, place) = (rest / 10, place - 1);
            }
            number += 1;
        }
        names
    };
    let (name, _) = NAMES.split_at(5 * number + 5);
    match str::from_utf8(name.split_at(5 * number).1) {
        Ok(name) => name,
        Err(_) => panic!("digits are ASCII"),
    }
}

/// The numbers from 0: a slice of it is a list of dependencies.
static NUMBERS: [usize; WIDTH + 1] = {
    let mut numbers = [0; WIDTH + 1];
    let mut number = 0;
    while number <= WIDTH {
        numbers[number] = number;
        number += 1;
    }
    numbers
};

/// Returns `source`, then tasks that each add their number to it, then `sum`.
const fn tasks<const TASKS: usize>() -> [DurableTask; TASKS] {
    let mut tasks = [task("source", &[], false); TASKS];
    let mut number = 1;
    while number < TASKS - 1 {
        tasks[number] = task(name(number), &[0], true);
        number += 1;
    }
    tasks[TASKS - 1] = task("sum", NUMBERS.split_at(TASKS - 1).0.split_at(1).1, false);
    tasks
}

macro_rules! fan_out {
    ($name:ident, $width:expr) => {
        struct $name(Orders);

        impl Durable for $name {
            const GRAPH: DurableGraph = {
                static TASKS: [DurableTask; $width + 2] = tasks();
                DurableGraph { name: stringify!($name), tasks: &TASKS, max_concurrency: None }
            };

            type Run = Sums;

            fn durable_run(self: &Arc<Self>) -> Sums {
                Sums { graph: Self::GRAPH, orders: self.0.clone(), results: Mutex::default(), keeper: None }
            }
        }
    };
}

fan_out!(FanOut, WIDTH);
fan_out!(Crowd, 300);

/// A run: each task returns its number plus the sum of its dependencies' results. Those with even numbers can be held.
struct Sums {
    graph: DurableGraph,
    orders: Orders,
    results: Mutex<HashMap<usize, u64>>,
    keeper: Option<Box<dyn Keeper>>,
}

impl Sums {
    fn sum(&self, task: usize) -> u64 {
        let results = self.results.lock().unwrap();
        let inputs = self.graph.tasks[task].dependencies.iter().map(|task| results[task]);
        let own = if task == self.graph.tasks.len() - 1 { 0 } else { task };
        inputs.sum::<u64>() + own as u64
    }
}

impl DurableRun for Sums {
    fn seed(self, task: &str, stored: &[u8]) -> Result<Self, TaskError> {
        let task = self.graph.position(task).expect("a task of the graph");
        self.results.lock().unwrap().insert(task, serde_json::from_slice(stored).expect("a number"));
        Ok(self)
    }

    async fn result(&self, task: &str) -> Result<Vec<u8>, TaskError> {
        let place = self.graph.position(task).expect("a task of the graph");
        let name = self.graph.tasks[place].name;
        self.orders.log(name);
        if self.graph.tasks[place].is_remote && place.is_multiple_of(2) {
            self.orders.wait_while(&format!("hold-{}", self.graph.name)).await;
        }
        let result = self.sum(place).to_string().into_bytes();
        if let Some(keeper) = &self.keeper {
            _ = keeper.keep(name, result.clone()).await;
        }
        Ok(result)
    }

    fn defer_retries(self, _deferral: &Deferral) -> Self {
        self
    }

    fn observe(self, _observer: impl Observer + 'static) -> Self {
        self
    }

    fn keep(self, keeper: impl Keeper + 'static) -> Self {
        Self { keeper: Some(Box::new(keeper)), ..self }
    }

    fn seed_failure(self, _task: &str, _error: TaskError) -> Self {
        unreachable!("no task fails")
    }

    async fn settle(&self) -> Vec<TaskError> {
        unreachable!("Restate asks for one goal")
    }

    fn retry_failed(&self) {}

    fn stop(&self) {}
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let (wide, crowd) = (orders.clone(), orders.clone());
    deployment.serve(move |()| FanOut(wide.clone())).serve(move |()| Crowd(crowd.clone()))
}

/// Serves one half of the crowd.
pub(crate) fn serve_half(half: &str, orders: &Orders) -> Deployment {
    let numbers = if half == "first half" { 1..=150 } else { 151..=300 };
    let (tasks, orders): (Vec<_>, _) = (numbers.map(name).collect(), orders.clone());
    adagio_restate::serve_tasks(&tasks, move |()| Crowd(orders.clone()))
}
