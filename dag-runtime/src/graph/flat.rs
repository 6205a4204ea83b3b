//! In: a graph with others inside. Out: one list of tasks, those inside by names with a dot, each with the box it is
//! in.

use super::{EdgeKind, Graph, InnerGraph, TaskKind};
use crate::graph::names::joined;

/// All tasks, in topological order.
#[derive(Default)]
pub(super) struct Flat {
    pub(super) tasks: Vec<FlatTask>,
    pub(super) boxes: Vec<Box>,
}

pub(super) struct FlatTask {
    pub(super) name: &'static str,
    pub(super) kind: TaskKind,
    pub(super) docs: &'static str,
    /// The declared type of the result; empty if it is `()`.
    pub(super) result: &'static str,
    pub(super) dependencies: Vec<usize>,
    /// For each dependency its kind.
    pub(super) kinds: Vec<EdgeKind>,
    /// The innermost box that it is in.
    pub(super) within: Option<usize>,
}

/// A graph inside another.
pub(super) struct Box {
    /// The name of the task that returns the object.
    pub(super) name: &'static str,
    /// The box that it is in.
    pub(super) within: Option<usize>,
}

/// Where the tasks of a graph go: the task that returns the object, and the box.
#[derive(Clone, Copy)]
struct Border {
    object: usize,
    within: usize,
}

impl FlatTask {
    /// Returns whether it runs once for each element of a collection.
    pub(super) fn is_wide(&self) -> bool {
        self.kinds.contains(&EdgeKind::In)
    }

    /// Returns the dependencies of a kind.
    pub(super) fn of_kind(&self, wanted: EdgeKind) -> Vec<usize> {
        let edges = self.dependencies.iter().zip(&self.kinds);
        edges.filter(|(_, kind)| **kind == wanted).map(|(&dependency, _)| dependency).collect()
    }
}

impl Flat {
    pub(super) fn new(graph: &Graph) -> Self {
        let mut flat = Self::default();
        flat.add(graph, &(0..graph.nodes.len()).collect::<Vec<_>>(), None);
        flat
    }

    /// Returns the tasks that are right in a box, and the boxes that are.
    pub(super) fn inside(&self, within: Option<usize>) -> (Vec<usize>, Vec<usize>) {
        let tasks = (0..self.tasks.len()).filter(|&task| self.tasks[task].within == within);
        let boxes = (0..self.boxes.len()).filter(|&inner| self.boxes[inner].within == within);
        (tasks.collect(), boxes.collect())
    }

    /// Adds the tasks that some goals of a graph need; returns the place of each node.
    fn add(&mut self, graph: &Graph, goals: &[usize], border: Option<Border>) -> Vec<Option<usize>> {
        let is_needed = |node: usize| {
            let needs =
                |goal: usize| graph.nodes[goal].needed.get(node / 64).is_some_and(|word| word & 1 << (node % 64) != 0);
            goals.iter().any(|&goal| needs(goal))
        };
        let results = graph.results.split('\n').chain(std::iter::repeat(""));
        let mut places = vec![None; graph.nodes.len()];
        for (node, result) in (0..graph.nodes.len()).zip(results).filter(|&(node, _)| is_needed(node)) {
            if let Some(inside) = graph.inner_graphs.iter().find(|inside| inside.driver == node) {
                let named: Vec<_> = inside.tasks.iter().filter(|&&(task, _)| is_needed(task)).collect();
                if let Some(object) = places[inside.object] {
                    self.add_inside(inside, &named, Border { object, within: self.boxes.len() }, border, &mut places);
                }
            } else if !graph.is_inside(node) {
                let edges = graph.nodes[node].dependencies();
                let edges = edges.filter_map(|dependency| Some((places[dependency]?, graph.kind_of(node, dependency))));
                let (mut dependencies, mut kinds): (Vec<_>, Vec<_>) = edges.unzip();
                if let (true, Some(border)) = (dependencies.is_empty(), border) {
                    dependencies.push(border.object);
                    kinds.push(EdgeKind::Plain);
                }
                let node_here = &graph.nodes[node];
                let name =
                    border.map_or(node_here.name, |border| joined(self.boxes[border.within].name, node_here.name));
                let (kind, docs, within) = (node_here.kind, node_here.docs, border.map(|border| border.within));
                places[node] = Some(self.tasks.len());
                self.tasks.push(FlatTask { name, kind, docs, result, dependencies, kinds, within });
            }
        }
        places
    }

    fn add_inside(
        &mut self,
        inside: &InnerGraph,
        named: &[&(usize, &'static str)],
        border: Border,
        outer: Option<Border>,
        places: &mut [Option<usize>],
    ) {
        self.boxes.push(Box { name: self.tasks[border.object].name, within: outer.map(|outer| outer.within) });
        let graph = (inside.graph)();
        let find = |name: &str| graph.nodes.iter().position(|node| node.name == name);
        let goals: Vec<_> = named.iter().filter_map(|(_, name)| find(name)).collect();
        let inner = self.add(graph, &goals, Some(border));
        for (task, name) in named {
            places[*task] = find(name).and_then(|node| inner[node]);
        }
    }
}
