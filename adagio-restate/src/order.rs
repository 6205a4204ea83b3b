//! In: the tasks of a graph, and a goal. Out: the tasks that the goal needs, those of them that can start, in topological
//! order, and the failures that stop the goal.

use adagio::durable::{Durable, DurableEdge, DurableGraph, StoredElements};
use adagio::{EdgeKind, TaskError};

/// Returns the elements of a stored collection: [`Durable::elements`].
pub(crate) type Elements = fn(usize, &[u8]) -> Result<StoredElements, TaskError>;

/// The tasks that a goal needs.
pub(crate) struct Order {
    graph: DurableGraph,
    edges: &'static [DurableEdge],
    elements: Option<Elements>,
    /// In topological order; the goal is the last.
    needed: Vec<usize>,
    /// The tasks that only lazy dependencies lead to: a body may ask for them.
    askable: Vec<usize>,
}

impl Order {
    /// Returns the tasks that a goal of a graph needs.
    pub(crate) fn of<G: Durable>(goal: usize) -> Self {
        Self { elements: Some(G::elements), ..Self::new(G::GRAPH, G::EDGES, goal) }
    }

    pub(crate) fn new(graph: DurableGraph, edges: &'static [DurableEdge], goal: usize) -> Self {
        let mut order = Self { graph, edges, elements: None, needed: Vec::new(), askable: Vec::new() };
        order.needed = order.behind(goal, |kind| kind != EdgeKind::Lazy);
        order.askable = order.behind(goal, |_| true);
        order.askable.retain(|task| !order.needed.contains(task));
        order
    }

    /// One task that has its inputs.
    pub(crate) fn alone(graph: DurableGraph, task: usize) -> Self {
        Self { graph, edges: &[], elements: None, needed: vec![task], askable: Vec::new() }
    }

    /// Returns the tasks that some kinds of dependencies lead to from a task, and that task.
    fn behind(&self, last: usize, leads: impl Fn(EdgeKind) -> bool) -> Vec<usize> {
        let mut is_behind = vec![false; last + 1];
        is_behind[last] = true;
        // Dependencies have lower places: from the last down, each task is met after all that need it.
        for task in (0..=last).rev() {
            if !is_behind[task] {
                continue;
            }
            let led = self.dependencies(task).filter(|&dependency| leads(self.kind(task, dependency)));
            led.for_each(|dependency| is_behind[dependency] = true);
        }
        (0..=last).filter(|&task| is_behind[task]).collect()
    }

    fn dependencies(&self, task: usize) -> impl Iterator<Item = usize> + use<> {
        self.graph.tasks[task].dependencies.iter().copied()
    }

    fn kind(&self, task: usize, dependency: usize) -> EdgeKind {
        DurableEdge::kind_of(self.edges, task, dependency)
    }

    pub(crate) fn graph(&self) -> DurableGraph {
        self.graph
    }

    #[cfg(test)]
    pub(crate) fn with_elements(self, elements: Elements) -> Self {
        Self { elements: Some(elements), ..self }
    }

    /// Returns the dependency for each of whose elements a task runs.
    pub(crate) fn collection(&self, task: usize) -> Option<usize> {
        collection_of(self.edges, task)
    }

    /// Whether each element of a task is a call of its own.
    pub(crate) fn is_by_element(&self, task: usize) -> bool {
        self.graph.tasks[task].is_remote && self.collection(task).is_some()
    }

    /// Returns the elements of the collection of a task, from its stored form.
    pub(crate) fn elements(&self, task: usize, stored: &[u8]) -> Result<StoredElements, TaskError> {
        match self.elements {
            Some(elements) => elements(task, stored),
            None => Err(self.graph.failure(self.graph.tasks[task].name, "its elements are not known")),
        }
    }

    /// Returns the tasks that only lazy dependencies lead to.
    pub(crate) fn askable(&self) -> &[usize] {
        &self.askable
    }

    pub(crate) fn tasks(&self) -> &[usize] {
        &self.needed
    }

    pub(crate) fn goal(&self) -> usize {
        *self.needed.last().expect("a goal needs itself")
    }

    pub(crate) fn has_remote(&self) -> bool {
        self.needed.iter().chain(&self.askable).any(|&task| self.graph.tasks[task].is_remote)
    }

    /// Whether the failure of a task can keep the goal from its result: some way to the goal has no `catch`.
    pub(crate) fn stops(&self, failed: usize) -> bool {
        self.behind(self.goal(), |kind| kind != EdgeKind::Catch).contains(&failed)
    }

    /// Returns the tasks that cannot run because a task failed: those that need it and do not catch that, the next ones,
    /// and so on.
    pub(crate) fn blocked_by(&self, failed: usize) -> Vec<usize> {
        let mut blocked = vec![failed];
        for &task in &self.needed {
            let is_plain = |dependency: usize| self.kind(task, dependency) != EdgeKind::Catch;
            if self.dependencies(task).any(|dependency| blocked.contains(&dependency) && is_plain(dependency)) {
                blocked.push(task);
            }
        }
        blocked.split_off(1)
    }

    /// Whether all that a task depends on has ended.
    pub(crate) fn has_inputs(&self, task: usize, has_ended: impl Fn(usize) -> bool) -> bool {
        self.dependencies(task).all(has_ended)
    }

    /// Returns the tasks whose dependencies have ended, but for those that have started or ended.
    pub(crate) fn ready(&self, has_started: &[bool], has_ended: impl Fn(usize) -> bool) -> Vec<usize> {
        let is_ready = |task: usize| !has_ended(task) && self.has_inputs(task, &has_ended);
        self.needed.iter().copied().filter(|&task| !has_started[task] && is_ready(task)).collect()
    }
}

/// Returns the dependency for each of whose elements a task runs.
pub(crate) fn collection_of(edges: &[DurableEdge], task: usize) -> Option<usize> {
    let edge = edges.iter().find(|edge| edge.task == task && edge.kind == EdgeKind::In);
    edge.map(|edge| edge.dependency)
}

#[cfg(test)]
mod tests {
    use adagio::durable::DurableTask;

    use super::*;

    const fn task(name: &'static str, dependencies: &'static [usize]) -> DurableTask {
        let (is_public, is_computation, is_remote) = (true, false, false);
        DurableTask {
            name,
            dependencies,
            is_public,
            is_computation,
            is_remote,
            retry: None,
            timeout: None,
            max_concurrency: None,
            version: 1,
        }
    }

    const GRAPH: DurableGraph = DurableGraph {
        name: "Diamond",
        tasks: &[task("a", &[]), task("b", &[0]), task("other", &[]), task("c", &[0]), task("d", &[1, 3])],
        max_concurrency: None,
    };

    #[test]
    fn a_goal_needs_itself_and_the_tasks_that_lead_to_it() {
        assert_eq!(Order::new(GRAPH, &[], 4).tasks(), [0, 1, 3, 4]);
        assert_eq!(Order::new(GRAPH, &[], 2).tasks(), [2]);
    }

    #[test]
    fn a_failure_stops_a_goal_if_no_task_on_some_way_catches_it() {
        const CAUGHT: &[DurableEdge] = &[DurableEdge { task: 4, dependency: 1, kind: EdgeKind::Catch }];
        let order = Order::new(GRAPH, CAUGHT, 4);
        assert_eq!([0, 1, 3].map(|task| order.stops(task)), [true, false, true]);
        assert_eq!((order.blocked_by(0), order.blocked_by(1)), (vec![1, 3, 4], vec![]));
    }

    #[test]
    fn a_task_that_only_a_lazy_dependency_leads_to_is_not_needed() {
        const LAZY: &[DurableEdge] = &[DurableEdge { task: 4, dependency: 1, kind: EdgeKind::Lazy }];
        let order = Order::new(GRAPH, LAZY, 4);
        assert_eq!((order.tasks(), &order.askable[..]), (&[0, 3, 4][..], &[1][..]));
    }

    #[test]
    fn a_collection_is_the_dependency_with_in() {
        const EDGES: &[DurableEdge] = &[
            DurableEdge { task: 4, dependency: 1, kind: EdgeKind::Catch },
            DurableEdge { task: 4, dependency: 3, kind: EdgeKind::In },
        ];
        let order = Order::new(GRAPH, EDGES, 4);
        assert_eq!([1, 4].map(|task| order.collection(task)), [None, Some(3)]);
    }

    #[test]
    fn what_is_ready_comes_in_topological_order() {
        let order = Order::new(GRAPH, &[], 4);
        assert_eq!(order.ready(&[false; 5], |_| false), [0]);
        let started = [true, false, false, false, false];
        assert!(order.ready(&started, |_| false).is_empty());
        assert_eq!(order.ready(&started, |task| task == 0), [1, 3]);
    }
}
