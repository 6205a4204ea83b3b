//! A graph whose many tasks would take minutes to compile with `#[dag]`. The trait is implemented by hand, and the
//! engine sees no difference.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use adagio::durable::{Deferral, Durable, DurableGraph, DurableRun, DurableTask, Keeper};
use adagio::{Observer, TaskError};
use adagio_restate::Deployment;

use crate::Orders;

const WIDTH: usize = 2_000;

/// `source`, then `WIDTH` tasks that each add their number to it, then `sum`.
struct FanOut(Orders);

const fn task(name: &'static str, dependencies: &'static [usize], is_remote: bool) -> DurableTask {
    let (is_public, is_computation) = (true, false);
    DurableTask { name, dependencies, is_public, is_computation, is_remote, retry: None, timeout: None, version: 1 }
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

static TASKS: [DurableTask; WIDTH + 2] = {
    let mut tasks = [task("source", &[], false); WIDTH + 2];
    let mut number = 1;
    while number <= WIDTH {
        tasks[number] = task(name(number), &[0], true);
        number += 1;
    }
    tasks[WIDTH + 1] = task("sum", NUMBERS.split_at(1).1, false);
    tasks
};

impl Durable for FanOut {
    const GRAPH: DurableGraph = DurableGraph { name: "FanOut", tasks: &TASKS, max_concurrency: None };

    type Run = Sums;

    fn durable_run(self: &Arc<Self>) -> Sums {
        Sums { orders: self.0.clone(), results: Mutex::default() }
    }
}

/// A run: each task returns its number plus the sum of its dependencies' results.
struct Sums {
    orders: Orders,
    results: Mutex<HashMap<usize, u64>>,
}

impl Sums {
    fn sum(&self, task: usize) -> u64 {
        if let Some(result) = self.results.lock().unwrap().get(&task) {
            return *result;
        }
        self.orders.log(FanOut::GRAPH.tasks[task].name);
        let inputs: u64 = FanOut::GRAPH.tasks[task].dependencies.iter().map(|&task| self.sum(task)).sum();
        let own = if task > WIDTH { 0 } else { task };
        let result = inputs + own as u64;
        self.results.lock().unwrap().insert(task, result);
        result
    }
}

impl DurableRun for Sums {
    fn seed(self, task: &str, stored: &[u8]) -> Result<Self, TaskError> {
        let task = FanOut::GRAPH.position(task).expect("a task of the graph");
        self.results.lock().unwrap().insert(task, serde_json::from_slice(stored).expect("a number"));
        Ok(self)
    }

    async fn result(&self, task: &str) -> Result<Vec<u8>, TaskError> {
        Ok(self.sum(FanOut::GRAPH.position(task).expect("a task of the graph")).to_string().into_bytes())
    }

    fn defer_retries(self, _deferral: &Deferral) -> Self {
        self
    }

    fn observe(self, _observer: impl Observer + 'static) -> Self {
        self
    }

    fn keep(self, _keeper: impl Keeper + 'static) -> Self {
        unreachable!("Restate keeps the results")
    }

    fn seed_failure(self, _task: &str, _error: TaskError) -> Self {
        unreachable!("no task fails")
    }

    async fn settle(&self) -> Vec<TaskError> {
        (0..TASKS.len()).for_each(|task| _ = self.sum(task));
        Vec::new()
    }

    fn retry_failed(&self) {}

    fn stop(&self) {}
}

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let orders = orders.clone();
    deployment.serve(move |()| FanOut(orders.clone()))
}
