//! dagx 0.3: a runner that is built anew for each run, with tasks of up to eight inputs.

use crate::body::Body;
use crate::shape::Node;

/// A body whose tasks dagx can run: its macro takes no generic task, so that each body has task types of its own.
pub trait Tasks: Body {
    /// Builds the graph and runs it on the runtime's threads.
    fn run_all(self, nodes: &[Node]) -> impl Future<Output = u64> + Send;
}

macro_rules! arity {
    ($arity:ident, $body:ty, $value:ty, $($input:ident)*) => {
        struct $arity($body, Option<usize>);

        #[dagx::task]
        impl $arity {
            async fn run(&self, $($input: &$value),*) -> $value {
                crate::body::work(self.0, self.1, crate::body::sum::<$value>([$($input),*])).await
            }
        }
    };
}

macro_rules! add {
    ($graph:ident, $handles:ident, $task:expr, $inputs:expr, $($input:literal)*) => {
        $graph.add_task($task).depends_on(($(&$handles[$inputs[$input]]),*))
    };
}

macro_rules! tasks {
    ($module:ident, $body:ident, $value:ty) => {
        mod $module {
            use super::{Node, Tasks};
            use crate::body::{Value, $body};
            use dagx::{DagRunner, Task, TaskHandle};

            arity!(Source, $body, $value,);
            arity!(One, $body, $value, a);
            arity!(Two, $body, $value, a b);
            arity!(Three, $body, $value, a b c);
            arity!(Four, $body, $value, a b c d);
            arity!(Five, $body, $value, a b c d e);
            arity!(Six, $body, $value, a b c d e f);
            arity!(Seven, $body, $value, a b c d e f g);
            arity!(Eight, $body, $value, a b c d e f g h);

            impl Tasks for $body {
                async fn run_all(self, nodes: &[Node]) -> u64 {
                    let graph = DagRunner::new();
                    let mut handles: Vec<TaskHandle<$value>> = Vec::with_capacity(nodes.len());
                    for node in nodes {
                        let (task, inputs) = (node.task, &node.inputs);
                        let handle = match node.inputs.len() {
                            0 => graph.add_task(Source(self, task)).into(),
                            1 => add!(graph, handles, One(self, task), inputs, 0),
                            2 => add!(graph, handles, Two(self, task), inputs, 0 1),
                            3 => add!(graph, handles, Three(self, task), inputs, 0 1 2),
                            4 => add!(graph, handles, Four(self, task), inputs, 0 1 2 3),
                            5 => add!(graph, handles, Five(self, task), inputs, 0 1 2 3 4),
                            6 => add!(graph, handles, Six(self, task), inputs, 0 1 2 3 4 5),
                            7 => add!(graph, handles, Seven(self, task), inputs, 0 1 2 3 4 5 6),
                            8 => add!(graph, handles, Eight(self, task), inputs, 0 1 2 3 4 5 6 7),
                            _ => unreachable!("the graph was narrowed to eight inputs"),
                        };
                        handles.push(handle);
                    }
                    graph.run(|task| drop(tokio::spawn(task))).await.expect("no task fails");
                    let last = *handles.last().expect("a graph has tasks");
                    graph.get(last).expect("the last task ran").number()
                }
            }
        }
    };
}

tasks!(at_once, AtOnce, u64);
tasks!(yields, Yields, u64);
tasks!(bytes, Bytes, Vec<u8>);
tasks!(sockets, Sockets, u64);
