//! Which tasks share a slot: those of a *chain*, of which each needs the one before, so that its body is gone when that of
//! the next one starts.
//!
//! The graph is covered with as few chains as possible: a chain is a path in the graph of all pairs of tasks of which one
//! needs the other, and a matching between such pairs with as many pairs as possible leaves as few ends of chains as
//! possible. Only plain dependencies count. For with `catch` a task may start while one that it needs is under way, and with
//! `lazy` before it. The bodies of a task with `in` are in a group of their own, and a task that follows another one starts
//! while the other is under way.

use super::{Dag, Dependency, Place, Task};
use crate::chains::chains;

/// At most this many tasks share a slot; the runtime has no longer chains.
const LONGEST: usize = 10;

/// Finds the chains of at least two tasks, each in topological order, as nodes.
pub(super) fn find_chains(dag: &Dag<'_>) -> Vec<Vec<usize>> {
    if dag.is_shared() {
        return Vec::new();
    }
    let takes_part = |node: usize| dag.task(node).is_some_and(|task| has_plain_slot(dag, task));
    let chains = chains(&dag.order, |node| plain_dependencies(dag, node), takes_part);
    chains.iter().flat_map(|chain| pieces(chain)).filter(|piece| piece.len() > 1).map(<[usize]>::to_vec).collect()
}

/// Returns whether a task has a slot in the driver, with one body, which is gone when its dependents start.
fn has_plain_slot(dag: &Dag<'_>, task: &Task<'_>) -> bool {
    task.place == Place::Inline && dag.has_slot(task) && task.each().is_none()
}

/// Returns the nodes that have ended when a node starts, because it depends on them.
fn plain_dependencies(dag: &Dag<'_>, node: usize) -> Vec<usize> {
    let is_plain = |dependency: &usize| match dag.task(node) {
        Some(task) if dag.followed_by(task) == Some(*dependency) => false,
        Some(task) => task.dependencies.iter().filter(|it| it.task == *dependency).all(Dependency::is_plain),
        None => true,
    };
    dag.edges[node].iter().copied().filter(is_plain).collect()
}

/// Cuts a chain into pieces of nearly equal length.
fn pieces(chain: &[usize]) -> impl Iterator<Item = &[usize]> {
    let count = chain.len().div_ceil(LONGEST);
    chain.chunks(chain.len().div_ceil(count.max(1)).max(1))
}
