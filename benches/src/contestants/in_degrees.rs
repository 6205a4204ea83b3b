//! A loop over `FuturesUnordered` that counts what each task still waits for.

use futures::future::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::body::{Body, Value, sum};
use crate::shape::Shape;

pub(crate) async fn run<B: Body>(shape: &Shape, dependents: &[Vec<usize>], body: B) -> u64 {
    let mut missing: Vec<usize> = shape.dependencies.iter().map(|dependencies| dependencies.len()).collect();
    let mut results: Vec<Option<B::Value>> = vec![None; shape.tasks()];
    let start = |task: usize, results: &[Option<B::Value>]| {
        let inputs = shape.dependencies[task].iter().map(|&input| results[input].as_ref().expect("a result is there"));
        let sum = sum(inputs);
        // Boxed, since the tasks of a real graph have futures of different types.
        async move { (task, body.run(task, sum).await) }.boxed()
    };
    let ready = (0..shape.tasks()).filter(|&task| missing[task] == 0);
    let mut under_way: FuturesUnordered<_> = ready.map(|task| start(task, &results)).collect();
    while let Some((task, value)) = under_way.next().await {
        results[task] = Some(value);
        for &dependent in &dependents[task] {
            missing[dependent] -= 1;
            if missing[dependent] == 0 {
                under_way.push(start(dependent, &results));
            }
        }
    }
    results.last().and_then(Option::as_ref).expect("the last task ran").number()
}
