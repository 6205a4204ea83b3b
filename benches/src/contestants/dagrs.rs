//! dagrs 0.9: actions that are spawned all at once and hand contents on over channels.

use std::sync::Arc;

use dagrs::{
    Action, Content, DefaultNode, EnvVar, Graph, InChannels, Node as _, NodeId, NodeTable, OutChannels, Output,
};

use crate::body::{Body, Value, sum};
use crate::shape::Shape;

struct AnyAction<B>(B, usize);

#[async_trait::async_trait]
impl<B: Body> Action for AnyAction<B> {
    async fn run(&self, inputs: &mut InChannels, outputs: &mut OutChannels, _: Arc<EnvVar>) -> Output {
        let inputs: Vec<Arc<B::Value>> = inputs
            .map(|content| content.expect("no task fails").into_inner().expect("all tasks give the same type"))
            .await;
        let value = Content::new(self.0.run(self.1, sum(inputs.iter().map(AsRef::as_ref))).await);
        outputs.broadcast(value.clone()).await;
        Output::Out(Some(value))
    }
}

pub(crate) async fn run<B: Body>(shape: &Shape, dependents: &[Vec<usize>], body: B) -> u64 {
    let mut table = NodeTable::default();
    let mut graph = Graph::new();
    let mut ids: Vec<NodeId> = Vec::with_capacity(shape.tasks());
    for task in 0..shape.tasks() {
        let node = DefaultNode::with_action(task.to_string(), AnyAction(body, task), &mut table);
        ids.push(node.id());
        graph.add_node(node).expect("its name is its own");
    }
    for (task, dependents) in dependents.iter().enumerate().filter(|(_, dependents)| !dependents.is_empty()) {
        let dependents: Vec<NodeId> = dependents.iter().map(|&dependent| ids[dependent]).collect();
        graph.add_edge(ids[task], dependents).expect("both tasks are there");
    }
    graph.set_env(EnvVar::new(table));
    graph.async_start().await.expect("no task fails");
    let results = graph.get_results::<B::Value>();
    let last = ids.last().expect("a graph has tasks");
    results[last].as_ref().expect("the last task ran").number()
}
