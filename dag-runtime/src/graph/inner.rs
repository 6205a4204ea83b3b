//! Which nodes of a graph are its own tasks, and which stand for graphs inside.

use super::Graph;
use crate::task_set::TaskSet;

/// An inner graph among the nodes of the outer one.
pub struct InnerGraph {
    /// The id of the task that returns the object.
    pub object: usize,
    /// The id of the node that stands for the inner driver.
    pub driver: usize,
    /// For each inner task that the outer graph names its id there, and its name in the inner one.
    pub tasks: &'static [(usize, &'static str)],
    /// The inner graph.
    pub graph: fn() -> &'static Graph,
}

impl Graph {
    /// Returns an inner graph.
    #[doc(hidden)]
    #[must_use]
    pub fn inner_graph(&self, place: usize) -> &'static InnerGraph {
        &self.inner_graphs[place]
    }

    /// Returns the name of a node.
    #[doc(hidden)]
    #[must_use]
    pub fn node_name(&self, node: usize) -> &'static str {
        self.nodes[node].name
    }

    /// Returns whether a task of this name returns the object of an inner graph.
    #[cfg(feature = "durable")]
    pub(crate) fn has_graph_in(&self, task: &str) -> bool {
        self.inner_graphs.iter().any(|inside| self.nodes[inside.object].name == task)
    }

    /// Returns the tasks of an inner graph that this one names, by the id of the task that returns the object.
    #[cfg(feature = "tracing")]
    pub(crate) fn tasks_inside(&self, object: usize) -> &'static [(usize, &'static str)] {
        self.inner_graphs.iter().find(|inside| inside.object == object).map_or(&[], |inside| inside.tasks)
    }

    /// Returns the tasks of the block itself.
    pub(crate) fn own_tasks<const WORDS: usize>(&self) -> TaskSet<WORDS> {
        let mut own = TaskSet::first(self.nodes.len());
        own.remove_all(&self.drivers());
        own.remove_all(&self.passive());
        own
    }

    /// Returns the nodes that stand for the drivers of inner graphs.
    pub(crate) fn drivers<const WORDS: usize>(&self) -> TaskSet<WORDS> {
        self.inner_graphs.iter().fold(TaskSet::EMPTY, |mut drivers, inside| {
            drivers.insert(inside.driver);
            drivers
        })
    }

    /// Returns the nodes that stand for inner tasks: they are never polled, their driver says when they are done.
    pub(crate) fn passive<const WORDS: usize>(&self) -> TaskSet<WORDS> {
        self.inner_graphs.iter().flat_map(|inside| inside.tasks).fold(TaskSet::EMPTY, |mut passive, &(task, _)| {
            passive.insert(task);
            passive
        })
    }

    /// Returns whether a node is no task of the block itself.
    pub(crate) fn is_inside(&self, task: usize) -> bool {
        let is_of = |tasks: &[(usize, &str)]| tasks.iter().any(|&(inner, _)| inner == task);
        self.inner_graphs.iter().any(|inside| inside.driver == task || is_of(inside.tasks))
    }
}
