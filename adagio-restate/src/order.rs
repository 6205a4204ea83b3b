//! In: the tasks of a graph, and a goal. Out: what the goal needs, and what of it can start, in topological order.

use adagio::durable::DurableGraph;

/// The tasks that a goal needs.
pub(crate) struct Order {
    graph: DurableGraph,
    /// In topological order; the goal is the last.
    needed: Vec<usize>,
}

impl Order {
    pub(crate) fn new(graph: DurableGraph, goal: usize) -> Self {
        let mut is_needed = vec![false; goal + 1];
        is_needed[goal] = true;
        // Dependencies have lower places: from the goal down, each task is met after all that need it.
        for task in (0..=goal).rev() {
            if is_needed[task] {
                graph.tasks[task].dependencies.iter().for_each(|&dependency| is_needed[dependency] = true);
            }
        }
        Self { graph, needed: (0..=goal).filter(|&task| is_needed[task]).collect() }
    }

    /// One task that has its inputs.
    pub(crate) fn alone(graph: DurableGraph, task: usize) -> Self {
        Self { graph, needed: vec![task] }
    }

    pub(crate) fn graph(&self) -> DurableGraph {
        self.graph
    }

    pub(crate) fn tasks(&self) -> &[usize] {
        &self.needed
    }

    pub(crate) fn goal(&self) -> usize {
        *self.needed.last().expect("a goal needs itself")
    }

    pub(crate) fn has_remote(&self) -> bool {
        self.needed.iter().any(|&task| self.graph.tasks[task].is_remote)
    }

    /// Returns the tasks whose dependencies are done, but for those that have started.
    pub(crate) fn ready(&self, has_started: &[bool], is_done: impl Fn(usize) -> bool) -> Vec<usize> {
        let is_ready = |task: usize| self.graph.tasks[task].dependencies.iter().all(|&dependency| is_done(dependency));
        self.needed.iter().copied().filter(|&task| !has_started[task] && is_ready(task)).collect()
    }
}

#[cfg(test)]
mod tests {
    use adagio::durable::DurableTask;

    use super::*;

    const fn task(name: &'static str, dependencies: &'static [usize]) -> DurableTask {
        let (is_public, is_computation, is_remote) = (true, false, false);
        DurableTask { name, dependencies, is_public, is_computation, is_remote, retry: None, timeout: None, version: 1 }
    }

    const GRAPH: DurableGraph = DurableGraph {
        name: "Diamond",
        tasks: &[task("a", &[]), task("b", &[0]), task("other", &[]), task("c", &[0]), task("d", &[1, 3])],
        max_concurrency: None,
    };

    #[test]
    fn a_goal_needs_itself_and_what_leads_to_it() {
        assert_eq!(Order::new(GRAPH, 4).tasks(), [0, 1, 3, 4]);
        assert_eq!(Order::new(GRAPH, 2).tasks(), [2]);
    }

    #[test]
    fn what_is_ready_comes_in_topological_order() {
        let order = Order::new(GRAPH, 4);
        assert_eq!(order.ready(&[false; 5], |_| false), [0]);
        let started = [true, false, false, false, false];
        assert!(order.ready(&started, |_| false).is_empty());
        assert_eq!(order.ready(&started, |task| task == 0), [1, 3]);
    }
}
