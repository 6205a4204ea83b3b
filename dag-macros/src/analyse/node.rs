//! The nodes of a graph: the tasks of the block, and the parts of inner graphs, which are numbered after them.

use super::inner::Part;
use super::{Dag, Inner, Subgraph, Task};

/// A node of the graph.
#[derive(Clone, Copy)]
pub(crate) enum Node<'d> {
    /// A task of the block.
    Task(&'d Task<'d>),
    /// A task of an inner graph.
    Inner(&'d Subgraph<'d>, &'d Inner<'d>),
    /// The driver of an inner graph.
    Driver(&'d Subgraph<'d>),
}

impl Dag<'_> {
    /// Returns the node with a number.
    pub(crate) fn node(&self, node: usize) -> Node<'_> {
        match node.checked_sub(self.tasks.len()).map(|part| self.parts[part]) {
            None => Node::Task(&self.tasks[node]),
            Some(Part::Driver(subgraph)) => Node::Driver(&self.subgraphs[subgraph]),
            Some(Part::Inner(subgraph, place)) => {
                let subgraph = &self.subgraphs[subgraph];
                Node::Inner(subgraph, &subgraph.inner[place])
            }
        }
    }

    /// Returns the task that a node is, if it is one of the block.
    pub(crate) fn task(&self, node: usize) -> Option<&Task<'_>> {
        self.tasks.get(node)
    }

    /// Returns the inner task that a node is, and its graph.
    pub(crate) fn inner(&self, node: usize) -> Option<(&Subgraph<'_>, &Inner<'_>)> {
        match self.node(node) {
            Node::Inner(subgraph, inner) => Some((subgraph, inner)),
            Node::Task(_) | Node::Driver(_) => None,
        }
    }
}
