//! How far the tasks of a run are, and what follows from that: which may be polled, and what a failure stops.

use crate::graph::{Graph, Node};
use crate::task_set::TaskSet;

/// How far the tasks of a run, or of a terminal in which a failure is not the end, are.
#[derive(Clone, Copy)]
pub struct Ledger<const WORDS: usize> {
    /// The tasks that somebody has awaited.
    pub(crate) wanted: TaskSet<WORDS>,
    /// The tasks that failed or need one that failed.
    pub(crate) blocked: TaskSet<WORDS>,
    pub(crate) done: TaskSet<WORDS>,
    /// The tasks under way, but for one that is polled for the first time.
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

    /// Returns what the goals need that can still be reached, and what has started.
    pub(crate) fn open(&self, nodes: &[Node]) -> TaskSet<WORDS> {
        let mut goals = self.wanted;
        goals.remove_all(&self.blocked);
        let mut open = self.needed(nodes, goals);
        open.extend(&self.started);
        open
    }

    /// Returns what may start of what is open.
    pub(crate) fn ready(&self, graph: &Graph, open: TaskSet<WORDS>) -> TaskSet<WORDS> {
        let mut ready = open;
        ready.remove_all(&self.started);
        // More may be wanted of an inner graph that has started.
        ready.extend(&graph.drivers());
        ready.remove_all(&graph.passive());
        ready
    }

    /// Returns what some goals need that is not done.
    pub(crate) fn needed(&self, nodes: &[Node], mut goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        goals.remove_all(&self.done);
        let needed = goals.tasks().fold(TaskSet::EMPTY, |needed, goal| needed.with(nodes[goal].needed));
        if needed.meets(&self.done) { self.still_needed(nodes, goals) } else { needed }
    }

    /// Goes back from the goals, no further than to what is done.
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

    /// Notes that some tasks failed; gives them and all that need them.
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
