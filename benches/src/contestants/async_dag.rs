//! `async_dag` 0.1: a petgraph of closures with up to twelve inputs, each cloned.

use async_dag::{Graph, NodeIndex};

use crate::body::{Body, Value, sum, work};
use crate::shape::Node;

macro_rules! add {
    ($graph:ident, $body:ident, $task:ident, $($input:ident)*) => {
        $graph.add_task(move |$($input: B::Value),*| async move { work($body, $task, sum([$(&$input),*])).await })
    };
}

pub(crate) async fn run<B: Body>(nodes: &[Node], body: B) -> u64 {
    let mut graph = Graph::new();
    let mut places: Vec<NodeIndex> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let task = node.task;
        let place = match node.inputs.len() {
            0 => graph.add_task(move || async move { work(body, task, 0).await }),
            1 => add!(graph, body, task, a),
            2 => add!(graph, body, task, a b),
            3 => add!(graph, body, task, a b c),
            4 => add!(graph, body, task, a b c d),
            5 => add!(graph, body, task, a b c d e),
            6 => add!(graph, body, task, a b c d e f),
            7 => add!(graph, body, task, a b c d e f g),
            8 => add!(graph, body, task, a b c d e f g h),
            9 => add!(graph, body, task, a b c d e f g h i),
            10 => add!(graph, body, task, a b c d e f g h i j),
            11 => add!(graph, body, task, a b c d e f g h i j k),
            12 => add!(graph, body, task, a b c d e f g h i j k l),
            _ => unreachable!("the graph was narrowed to twelve inputs"),
        };
        for (parameter, &input) in (0..).zip(&node.inputs) {
            graph.update_dependency(places[input], place, parameter).expect("the types fit");
        }
        places.push(place);
    }
    graph.run().await;
    let last = places.pop().expect("a graph has tasks");
    graph.get_value::<B::Value>(last).expect("the last task ran").number()
}
