//! The fan-out with its middle in one `join_all`, as one writes a hundred calls of the same function.

use futures::future::join_all;

use crate::body::{Body, Value, sum};

pub(crate) async fn run<B: Body>(body: B) -> u64 {
    let first = body.run(0, 0).await;
    let middle = join_all((1..=100).map(|task| body.run(task, first.number()))).await;
    body.run(101, sum(&middle)).await.number()
}
