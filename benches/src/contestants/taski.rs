//! taski 0.0: a schedule of boxed tasks with up to eight inputs, each cloned, and an executor that keeps a trace.

use taski::{Handle, PolicyExecutor, Schedule, TaskResult};

use crate::body::{Body, Value, sum, work};
use crate::shape::Node;

/// A task of any number of inputs.
struct AnyTask<B>(B, Option<usize>);

// taski asks for it; the name of a task comes from it.
impl<B> std::fmt::Debug for AnyTask<B> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("task")
    }
}

#[async_trait::async_trait]
impl<B: Body> taski::Task0<B::Value> for AnyTask<B> {
    async fn run(self: Box<Self>) -> TaskResult<B::Value> {
        Ok(work(self.0, self.1, 0).await)
    }
}

/// The type of an input.
macro_rules! value {
    ($input:tt) => {
        B::Value
    };
}

macro_rules! inputs {
    ($arity:ident, $($input:ident)*) => {
        #[async_trait::async_trait]
        impl<B: Body> taski::$arity<$(value!($input),)* B::Value> for AnyTask<B> {
            async fn run(self: Box<Self>, $($input: value!($input)),*) -> TaskResult<B::Value> {
                Ok(work(self.0, self.1, sum([$(&$input),*])).await)
            }
        }
    };
}

inputs!(Task1, a);
inputs!(Task2, a b);
inputs!(Task3, a b c);
inputs!(Task4, a b c d);
inputs!(Task5, a b c d e);
inputs!(Task6, a b c d e f);
inputs!(Task7, a b c d e f g);
inputs!(Task8, a b c d e f g h);

macro_rules! add {
    ($schedule:ident, $handles:ident, $task:expr, $inputs:expr, $($input:literal)*) => {
        $schedule.add_node($task, ($($handles[$inputs[$input]],)*))
    };
}

pub(crate) async fn run<B: Body>(nodes: &[Node], body: B) -> u64 {
    taski::make_guard!(guard);
    let mut schedule = Schedule::new(guard);
    let mut handles: Vec<Handle<'_, B::Value>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let (task, inputs) = (AnyTask(body, node.task), &node.inputs);
        let handle = match inputs.len() {
            0 => add!(schedule, handles, task, inputs,),
            1 => add!(schedule, handles, task, inputs, 0),
            2 => add!(schedule, handles, task, inputs, 0 1),
            3 => add!(schedule, handles, task, inputs, 0 1 2),
            4 => add!(schedule, handles, task, inputs, 0 1 2 3),
            5 => add!(schedule, handles, task, inputs, 0 1 2 3 4),
            6 => add!(schedule, handles, task, inputs, 0 1 2 3 4 5),
            7 => add!(schedule, handles, task, inputs, 0 1 2 3 4 5 6),
            8 => add!(schedule, handles, task, inputs, 0 1 2 3 4 5 6 7),
            _ => unreachable!("the graph was narrowed to eight inputs"),
        };
        handles.push(handle.expect("the inputs are of this schedule"));
    }
    let mut executor = PolicyExecutor::fifo(schedule);
    executor.run().await.expect("no task fails");
    let last = handles.pop().expect("a graph has tasks");
    executor.execution().output_ref(last).expect("the last task ran").number()
}
