//! The progress of the tasks of a run, and what follows from it: which tasks may be polled, and which tasks a failure
//! stops.

use crate::graph::{Graph, Node};
use crate::task_set::TaskSet;

/// The progress of the tasks of a run, or of a terminal that a failure need not end.
#[derive(Clone, Copy)]
pub struct Ledger<const WORDS: usize> {
    /// The tasks that have been awaited.
    pub(crate) wanted: TaskSet<WORDS>,
    /// The tasks that failed or need one that failed.
    pub(crate) blocked: TaskSet<WORDS>,
    pub(crate) done: TaskSet<WORDS>,
    /// The tasks under way, except one that is in its first poll.
    pub(crate) started: TaskSet<WORDS>,
}

impl<const WORDS: usize> Ledger<WORDS> {
    pub(crate) fn new(done: TaskSet<WORDS>) -> Self {
        Self { wanted: TaskSet::EMPTY, blocked: TaskSet::EMPTY, done, started: TaskSet::EMPTY }
    }

    /// Notes that a task was polled.
    #[inline]
    pub(crate) fn polled(&mut self, task: usize, is_fresh: bool, is_ready: bool) {
        match (is_fresh, is_ready) {
            (true, false) => self.started.insert(task),
            (false, true) => self.started.remove(task),
            _ => {}
        }
    }

    /// Returns the tasks that the reachable goals need, and the tasks that have started.
    pub(crate) fn open(&self, nodes: &[Node]) -> TaskSet<WORDS> {
        let mut goals = self.wanted;
        goals.remove_all(&self.blocked);
        let mut open = self.needed(nodes, goals);
        open.extend(&self.started);
        open
    }

    /// Returns the open tasks that may start.
    pub(crate) fn ready(&self, graph: &Graph, open: TaskSet<WORDS>) -> TaskSet<WORDS> {
        let mut ready = open;
        ready.remove_all(&self.started);
        // More tasks of a started inner graph may become wanted.
        ready.extend(&graph.drivers());
        ready.remove_all(&graph.passive());
        ready
    }

    /// Returns the tasks that some goals need and that are not done.
    pub(crate) fn needed(&self, nodes: &[Node], mut goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        goals.remove_all(&self.done);
        let needed = goals.tasks().fold(TaskSet::EMPTY, |needed, goal| needed.with(nodes[goal].needed));
        if needed.meets(&self.done) { self.still_needed(nodes, goals) } else { needed }
    }

    /// Goes back from the goals and stops at tasks that are done.
    fn still_needed(&self, nodes: &[Node], goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        let mut needed = goals;
        // Dependencies have lower numbers: from the highest down, each task is met after all that need it.
        for task in (0..nodes.len()).rev() {
            if needed.contains(task) {
                nodes[task]
                    .dependencies()
                    .filter(|&dependency| !self.done.contains(dependency))
                    .for_each(|it| needed.insert(it));
            }
        }
        needed
    }

    /// Notes that some tasks failed. Returns them and all tasks that need them.
    pub(crate) fn block(&mut self, nodes: &[Node], failed: &TaskSet<WORDS>) -> TaskSet<WORDS> {
        let mut blocked = *failed;
        for (dependent, node) in nodes.iter().enumerate() {
            let needs_blocked = node.dependencies().any(|dependency| blocked.contains(dependency));
            if needs_blocked && !self.done.contains(dependent) {
                blocked.insert(dependent);
            }
        }
        self.blocked.extend(&blocked);
        blocked
    }
}
