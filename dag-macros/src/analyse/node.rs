//! The nodes of a graph: the tasks of the block, and the parts of inner graphs, which are numbered after them.

use super::inner::Part;
use super::{Dag, Inner, InnerGraph, Task};

/// A node of the graph.
#[derive(Clone, Copy)]
pub(crate) enum Node<'d> {
    /// A task of the block.
    Task(&'d Task<'d>),
    /// A task of an inner graph.
    Inner(&'d InnerGraph<'d>, &'d Inner<'d>),
    /// The driver of an inner graph.
    Driver(&'d InnerGraph<'d>),
}

impl Dag<'_> {
    /// Returns the node with a number.
    pub(crate) fn node(&self, node: usize) -> Node<'_> {
        match node.checked_sub(self.tasks.len()).map(|part| self.parts[part]) {
            None => Node::Task(&self.tasks[node]),
            Some(Part::Driver(inner_graph)) => Node::Driver(&self.inner_graphs[inner_graph]),
            Some(Part::Inner(inner_graph, place)) => {
                let inner_graph = &self.inner_graphs[inner_graph];
                Node::Inner(inner_graph, &inner_graph.inner[place])
            }
        }
    }

    /// Returns the task that a node is, if it is one of the block.
    pub(crate) fn task(&self, node: usize) -> Option<&Task<'_>> {
        self.tasks.get(node)
    }

    /// Returns the inner task that a node is, and its graph.
    pub(crate) fn inner(&self, node: usize) -> Option<(&InnerGraph<'_>, &Inner<'_>)> {
        match self.node(node) {
            Node::Inner(inner_graph, inner) => Some((inner_graph, inner)),
            Node::Task(_) | Node::Driver(_) => None,
        }
    }
}
