//! A task as its run and its pictures know it.

/// A task of a block; its id is its place among the block's nodes, which is its place in topological order.
pub struct Node {
    /// The name of the task, raw identifiers without `r#`.
    pub name: &'static str,
    /// The ids of the tasks that it depends on.
    pub dependencies: &'static [u64],
    /// The task itself and all that it needs, as words of bits, as many as there are before all is 0.
    pub needed: &'static [u64],
}
