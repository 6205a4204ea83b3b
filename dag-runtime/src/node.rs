//! A task as its run and its pictures know it.

/// A task of a block; its id is its place among the block's nodes, which is its place in topological order.
pub struct Node {
    /// The name of the task, raw identifiers without `r#`.
    pub name: &'static str,
    /// The ids of the tasks that it depends on.
    pub dependencies: &'static [u64],
}
