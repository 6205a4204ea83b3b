//! A loop over a tokio `JoinSet` that counts what each task still waits for.

use tokio::task::JoinSet;

use crate::body::{Body, Value, sum};
use crate::shape::Shape;

pub(crate) async fn run<B: Body>(shape: &Shape, dependents: &[Vec<usize>], body: B) -> u64 {
    let mut missing: Vec<usize> = shape.dependencies.iter().map(|dependencies| dependencies.len()).collect();
    let mut results: Vec<Option<B::Value>> = vec![None; shape.tasks()];
    let mut under_way = JoinSet::new();
    let start = |task: usize, results: &[Option<B::Value>], under_way: &mut JoinSet<(usize, B::Value)>| {
        let inputs = shape.dependencies[task].iter().map(|&input| results[input].as_ref().expect("a result is there"));
        let sum = sum(inputs);
        under_way.spawn(async move { (task, body.run(task, sum).await) });
    };
    for task in (0..shape.tasks()).filter(|&task| missing[task] == 0) {
        start(task, &results, &mut under_way);
    }
    while let Some(done) = under_way.join_next().await {
        let (task, value) = done.expect("no task panics");
        results[task] = Some(value);
        for &dependent in &dependents[task] {
            missing[dependent] -= 1;
            if missing[dependent] == 0 {
                start(dependent, &results, &mut under_way);
            }
        }
    }
    results.last().and_then(Option::as_ref).expect("the last task ran").number()
}
