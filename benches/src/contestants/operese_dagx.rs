//! operese-dagx 0.4: a fork of dagx whose tasks can also run inside the future that is awaited.

use std::any::Any;
use std::sync::Arc;

use futures::future::BoxFuture;
use operese_dagx::{DagResult, DagRunner, Task, TaskHandle, TaskInput};

use crate::body::{Body, Value, sum, work};
use crate::shape::Node;

type Output = DagResult<Arc<dyn Any + Send + Sync>>;

/// A task of any number of inputs.
struct AnyTask<B>(B, Option<usize>);

impl<B: Body> Task<()> for AnyTask<B> {
    type Output = B::Value;

    async fn run(self, _: TaskInput<'_, ()>) -> B::Value {
        work(self.0, self.1, 0).await
    }
}

/// The type of an input.
macro_rules! value {
    ($input:tt) => {
        B::Value
    };
}

macro_rules! inputs {
    ($($input:ident)*) => {
        impl<B: Body> Task<($(value!($input),)*)> for AnyTask<B> {
            type Output = B::Value;

            async fn run(self, inputs: TaskInput<'_, ($(value!($input),)*)>) -> B::Value {
                $(let ($input, inputs) = inputs.next();)*
                let _ = inputs;
                work(self.0, self.1, sum([$($input),*])).await
            }
        }
    };
}

inputs!(a);
inputs!(a b);
inputs!(a b c);
inputs!(a b c d);
inputs!(a b c d e);
inputs!(a b c d e f);
inputs!(a b c d e f g);
inputs!(a b c d e f g h);

pub(crate) async fn inline<B: Body>(nodes: &[Node], body: B) -> u64 {
    let (graph, last) = build(nodes, body);
    graph.run(|task| task).await.expect("no task fails").get(last).number()
}

pub(crate) async fn spawned<B: Body>(nodes: &[Node], body: B) -> u64 {
    let (graph, last) = build(nodes, body);
    let spawn = |task: BoxFuture<'static, Output>| async { tokio::spawn(task).await.expect("no task panics") };
    graph.run(spawn).await.expect("no task fails").get(last).number()
}

macro_rules! add {
    ($graph:ident, $handles:ident, $task:expr, $inputs:expr, $($input:literal)*) => {
        $graph.add_task::<($(value!($input),)*), _>($task).depends_on(($(&$handles[$inputs[$input]]),*))
    };
}

fn build<B: Body>(nodes: &[Node], body: B) -> (DagRunner, TaskHandle<B::Value>) {
    let mut graph = DagRunner::new();
    let mut handles: Vec<TaskHandle<B::Value>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let (task, inputs) = (AnyTask(body, node.task), &node.inputs);
        let handle = match inputs.len() {
            0 => graph.add_task::<(), _>(task),
            1 => graph.add_task::<(B::Value,), _>(task).depends_on(&handles[inputs[0]]),
            2 => add!(graph, handles, task, inputs, 0 1),
            3 => add!(graph, handles, task, inputs, 0 1 2),
            4 => add!(graph, handles, task, inputs, 0 1 2 3),
            5 => add!(graph, handles, task, inputs, 0 1 2 3 4),
            6 => add!(graph, handles, task, inputs, 0 1 2 3 4 5),
            7 => add!(graph, handles, task, inputs, 0 1 2 3 4 5 6),
            8 => add!(graph, handles, task, inputs, 0 1 2 3 4 5 6 7),
            _ => unreachable!("the graph was narrowed to eight inputs"),
        };
        handles.push(handle);
    }
    (graph, handles.pop().expect("a graph has tasks"))
}
