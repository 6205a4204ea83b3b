//! A task as its run and its pictures know it.

use crate::graph::TaskKind;

/// A task of a block; its id is its place among the block's nodes, which is its place in topological order.
pub struct Node {
    /// The name of the task, raw identifiers without `r#`.
    pub name: &'static str,
    /// The ids of the tasks that it depends on.
    pub dependencies: &'static [u64],
    /// The task itself and all that it needs, as words of bits; trailing words that are 0 are left out.
    pub needed: &'static [u64],
    /// How the task runs.
    pub kind: TaskKind,
    /// The docs of the task.
    pub docs: &'static str,
}

impl Node {
    /// Makes a task without docs.
    #[must_use]
    pub const fn new(name: &'static str, kind: TaskKind, dependencies: &'static [u64], needed: &'static [u64]) -> Self {
        Self { name, dependencies, needed, kind, docs: "" }
    }

    /// Adds what is written about the task.
    #[must_use]
    pub const fn docs(self, docs: &'static str) -> Self {
        Self { docs, ..self }
    }

    /// Returns the dependencies as indices: ids count tasks in memory.
    pub(crate) fn dependencies(&self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator + use<> {
        self.dependencies.iter().map(|&id| usize::try_from(id).expect("ids of a block are indices"))
    }
}
