//! In: the dependencies of each node. Out: the layer of each, a bend in each layer that an edge goes through, and in
//! each layer that a group takes its upper and its lower border.

use crate::groups::{Groups, Spans};

/// How many edges the border of a group counts for: to cross it is worse than to cross an edge.
const THICKNESS: usize = 2;

/// A graph whose edges lead from one layer to the next: the nodes come first, then the bends, then the borders.
pub(crate) struct Layered {
    /// The layer of each vertex.
    pub(crate) layer: Vec<usize>,
    /// The vertices of each layer, from top to bottom; those in a group stand between its borders.
    pub(crate) layers: Vec<Vec<usize>>,
    /// The neighbours of each vertex in the layer before.
    pub(crate) before: Vec<Vec<usize>>,
    /// The neighbours of each vertex in the layer after.
    pub(crate) after: Vec<Vec<usize>>,
    /// All edges, by where they lead to.
    pub(crate) edges: Vec<Way>,
    /// The innermost group around each vertex; of a border its own.
    pub(crate) within: Vec<Option<usize>>,
    /// The innermost group around each group.
    pub(crate) around: Vec<Option<usize>>,
    /// The borders of each group by layer, the upper and the lower one.
    pub(crate) borders: Vec<Vec<(usize, usize)>>,
    nodes: usize,
    first_border: usize,
}

/// An edge, and the bends on its way. Edges that leave the same node share those that are in the same group.
pub(crate) struct Way {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) bends: Vec<usize>,
}

/// The kind of a vertex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Node,
    Bend,
    /// The upper border of a group.
    Top(usize),
    /// The lower one.
    Bottom(usize),
}

impl Layered {
    /// Makes the layers; `first` has for each node the first layer in which it may stand.
    pub(crate) fn new(dependencies: &[Vec<usize>], groups: &Groups, first: &[usize]) -> Self {
        let nodes = dependencies.len();
        let mut layer: Vec<usize> = Vec::with_capacity(nodes);
        for (node, &first) in first.iter().enumerate() {
            layer.push(earlier(dependencies, node).map(|dependency| layer[dependency] + 1).fold(first, usize::max));
        }
        let spans = Spans::new(groups, &layer);
        let way = |to: usize| earlier(dependencies, to).map(move |from| Way { from, to, bends: Vec::new() });
        let mut layers = Self {
            layer,
            layers: Vec::new(),
            before: vec![Vec::new(); nodes],
            after: vec![Vec::new(); nodes],
            edges: (0..nodes).flat_map(way).collect(),
            within: (0..nodes).map(|node| groups.of(node)).collect(),
            around: (0..groups.groups.len()).map(|group| groups.around(group)).collect(),
            borders: Vec::new(),
            nodes,
            first_border: 0,
        };
        layers.lay_ways(&spans);
        layers.first_border = layers.layer.len();
        layers.draw_borders(&spans);
        layers.layers = layers.depth_first();
        layers
    }

    /// Connects the nodes, by way of bends.
    fn lay_ways(&mut self, spans: &Spans<'_>) {
        let mut leaving = vec![Vec::new(); self.nodes];
        self.edges.iter().enumerate().for_each(|(edge, way)| leaving[way.from].push(edge));
        for (from, leaving) in leaving.iter().enumerate() {
            let last = leaving.iter().map(|&edge| self.layer[self.edges[edge].to]).max().unwrap_or(0);
            for layer in self.layer[from] + 1..last {
                // The bends here, each in another group.
                let mut bends: Vec<usize> = Vec::new();
                for &edge in leaving {
                    let to = self.edges[edge].to;
                    if self.layer[to] <= layer {
                        continue;
                    }
                    let within = spans.of_bend((from, to), layer);
                    let known = bends.iter().copied().find(|&bend| self.within[bend] == within);
                    let bend = known.unwrap_or_else(|| {
                        let bend = self.add(layer, within);
                        self.connect(self.edges[edge].bends.last().copied().unwrap_or(from), bend);
                        bends.push(bend);
                        bend
                    });
                    self.edges[edge].bends.push(bend);
                }
            }
        }
        for edge in 0..self.edges.len() {
            let Way { from, to, ref bends } = self.edges[edge];
            self.connect(bends.last().copied().unwrap_or(from), to);
        }
    }

    fn draw_borders(&mut self, spans: &Spans<'_>) {
        for (group, span) in spans.layers().iter().enumerate() {
            let layers = span.map_or(0..0, |(first, last)| first..last + 1);
            let borders: Vec<(usize, usize)> =
                layers.map(|layer| (self.add(layer, Some(group)), self.add(layer, Some(group)))).collect();
            for (left, right) in borders.iter().zip(borders.iter().skip(1)) {
                for _ in 0..THICKNESS {
                    self.connect(left.0, right.0);
                    self.connect(left.1, right.1);
                }
            }
            self.borders.push(borders);
        }
    }

    fn add(&mut self, layer: usize, within: Option<usize>) -> usize {
        self.layer.push(layer);
        self.within.push(within);
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        self.layer.len() - 1
    }

    fn connect(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
        self.before[to].push(from);
    }

    pub(crate) fn kind(&self, vertex: usize) -> Kind {
        match self.within[vertex] {
            _ if vertex < self.nodes => Kind::Node,
            Some(group) if vertex >= self.first_border => match (vertex - self.first_border) % 2 {
                0 => Kind::Top(group),
                _ => Kind::Bottom(group),
            },
            _ => Kind::Bend,
        }
    }

    pub(crate) fn is_border(&self, vertex: usize) -> bool {
        vertex >= self.first_border
    }

    /// Returns the borders of a group in a layer, if it takes that.
    pub(crate) fn borders_in(&self, group: usize, layer: usize) -> Option<(usize, usize)> {
        let borders = &self.borders[group];
        let first = self.layer[borders.first()?.0];
        borders.get(layer.checked_sub(first)?).copied()
    }

    /// Fills the layers as a depth-first search meets the vertices, so that what belongs together begins together.
    fn depth_first(&self) -> Vec<Vec<usize>> {
        let mut layers = vec![Vec::new(); self.layer.iter().max().map_or(0, |last| last + 1)];
        let mut is_met = vec![false; self.first_border];
        let mut open: Vec<usize> = (0..self.first_border).filter(|&vertex| self.layer[vertex] == 0).rev().collect();
        while let Some(vertex) = open.pop() {
            if !std::mem::replace(&mut is_met[vertex], true) {
                layers[self.layer[vertex]].push(vertex);
                open.extend(self.after[vertex].iter().rev());
            }
        }
        layers
    }
}

/// Returns the dependencies of a node that stand before it, each once.
fn earlier(dependencies: &[Vec<usize>], node: usize) -> impl Iterator<Item = usize> {
    let mut earlier: Vec<usize> = dependencies[node].iter().copied().filter(|&other| other < node).collect();
    earlier.sort_unstable();
    earlier.dedup();
    earlier.into_iter()
}
