//! The kinds of dependencies, as data.

use std::fmt;

use super::Graph;

/// How a task depends on another. `Display` prints it as it is written in `#[depends(..)]`.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::EdgeKind;
///
/// assert_eq!(EdgeKind::Catch.to_string(), "catch");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EdgeKind {
    /// `user`: the task runs when the other has succeeded.
    Plain,
    /// `catch user`: the task runs when the other has ended, or cannot run.
    Catch,
    /// `lazy user`: the other runs if the body of the task awaits it.
    Lazy,
    /// `page in pages`: the task runs once for each element of the other's result.
    In,
}

impl EdgeKind {
    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Catch => "catch",
            Self::Lazy => "lazy",
            Self::In => "in",
        }
    }
}

impl fmt::Display for EdgeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// A dependency that is not plain, by the ids of its two ends.
pub struct Edge {
    /// The task that depends.
    pub task: usize,
    /// The task that it depends on.
    pub dependency: usize,
    /// How it does.
    pub kind: EdgeKind,
}

impl Graph {
    /// Adds the dependencies that are not plain, in ascending order of the tasks that depend.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_edges(mut self, edges: &'static [Edge]) -> Self {
        self.edges = edges;
        let mut place = 0;
        while place < edges.len() {
            self.has_lazy_edges |= matches!(edges[place].kind, EdgeKind::Lazy);
            place += 1;
        }
        self
    }

    /// Returns whether some dependency is not plain.
    pub(crate) fn has_edges(&self) -> bool {
        !self.edges.is_empty()
    }

    /// Returns whether a dependency is lazy.
    pub(crate) fn has_lazy_edges(&self) -> bool {
        self.has_lazy_edges
    }

    /// Returns the lazy dependencies, in the order of their asks.
    pub(crate) fn lazy_edges(&self) -> impl Iterator<Item = &'static Edge> {
        self.edges.iter().filter(|edge| edge.kind == EdgeKind::Lazy)
    }

    /// Returns the dependencies that a task cannot start without.
    pub(crate) fn waits(&self, task: usize) -> impl Iterator<Item = usize> + use<> {
        let edges = if self.has_lazy_edges { self.edges_of(task) } else { &[] };
        let is_lazy = move |dependency| {
            edges.iter().any(|edge| edge.dependency == dependency && matches!(edge.kind, EdgeKind::Lazy))
        };
        self.nodes[task].dependencies().filter(move |&dependency| !is_lazy(dependency))
    }

    /// Returns whether a failure may be caught here, or in a graph inside.
    pub(crate) fn catches(&self) -> bool {
        self.has_edges() || self.inner_graphs.iter().any(|inside| (inside.graph)().catches())
    }

    /// Returns the dependencies of a task that are not plain.
    pub(crate) fn edges_of(&self, task: usize) -> &'static [Edge] {
        let start = self.edges.partition_point(|edge| edge.task < task);
        let edges = &self.edges[start..];
        &edges[..edges.partition_point(|edge| edge.task == task)]
    }

    /// Returns how a task depends on another.
    pub(crate) fn kind_of(&self, task: usize, dependency: usize) -> EdgeKind {
        let edge = self.edges_of(task).iter().find(|edge| edge.dependency == dependency);
        match edge {
            Some(edge) => edge.kind,
            None if self.collection_of(task) == Some(dependency) => EdgeKind::In,
            None => EdgeKind::Plain,
        }
    }

    /// Returns whether the failure of a task stops another, or is its own: some way between them has no `catch`.
    pub(crate) fn stops(&self, failed: usize, other: usize) -> bool {
        if self.edges.is_empty() {
            return self.nodes[other].needed.get(failed / 64).is_some_and(|word| word & 1 << (failed % 64) != 0);
        }
        let mut is_reached = vec![false; other + 1];
        is_reached[other] = true;
        for task in (failed + 1..=other).rev() {
            if is_reached[task] {
                let stops = |&dependency: &usize| self.kind_of(task, dependency) != EdgeKind::Catch;
                self.nodes[task].dependencies().filter(stops).for_each(|dependency| is_reached[dependency] = true);
            }
        }
        is_reached.get(failed).is_some_and(|&is_reached| is_reached)
    }
}
