//! A `futures::Shared` a task, cloned into each dependent; each clones the result.

use futures::future::{BoxFuture, FutureExt, Shared, join_all};

use crate::body::{Body, Value, sum};
use crate::shape::Shape;

pub(crate) async fn run<B: Body>(shape: &Shape, body: B) -> u64 {
    let mut tasks: Vec<Shared<BoxFuture<'static, B::Value>>> = Vec::with_capacity(shape.tasks());
    for (task, dependencies) in shape.dependencies.iter().enumerate() {
        let inputs: Vec<_> = dependencies.iter().map(|&input| tasks[input].clone()).collect();
        let future = async move {
            let inputs = join_all(inputs).await;
            body.run(task, sum(&inputs)).await
        };
        tasks.push(future.boxed().shared());
    }
    tasks.pop().expect("a graph has tasks").await.number()
}
