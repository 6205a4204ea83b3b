//! In: the dependencies of each node. Out: the layer of each, and a bend in each layer that an edge goes through.

/// A graph whose edges lead from one layer to the next: the nodes come first, then the bends.
pub(crate) struct Layered {
    /// The layer of each vertex.
    pub(crate) layer: Vec<usize>,
    /// The vertices of each layer, from top to bottom.
    pub(crate) layers: Vec<Vec<usize>>,
    /// The neighbours of each vertex in the layer before.
    pub(crate) before: Vec<Vec<usize>>,
    /// The neighbours of each vertex in the layer after.
    pub(crate) after: Vec<Vec<usize>>,
    /// The bends of each node, in the layers after its own: all edges that leave it share them.
    tracks: Vec<Vec<usize>>,
}

impl Layered {
    pub(crate) fn new(dependencies: &[Vec<usize>]) -> Self {
        let nodes = dependencies.len();
        let mut layer: Vec<usize> = Vec::with_capacity(nodes);
        for node in 0..nodes {
            layer.push(earlier(dependencies, node).map(|dependency| layer[dependency] + 1).max().unwrap_or(0));
        }
        // The last layer before a dependent.
        let mut reach = layer.clone();
        for (node, &layer) in layer.iter().enumerate() {
            for dependency in earlier(dependencies, node) {
                reach[dependency] = reach[dependency].max(layer - 1);
            }
        }
        let mut tracks = vec![Vec::new(); nodes];
        for (node, track) in tracks.iter_mut().enumerate() {
            for through in layer[node] + 1..=reach[node] {
                track.push(layer.len());
                layer.push(through);
            }
        }
        let (before, after) = (vec![Vec::new(); layer.len()], vec![Vec::new(); layer.len()]);
        let mut layers = Self { layer, layers: Vec::new(), before, after, tracks };
        for node in 0..nodes {
            let track = layers.tracks[node].clone();
            for (from, to) in std::iter::once(node).chain(track.iter().copied()).zip(track.iter().copied()) {
                layers.connect(from, to);
            }
        }
        for to in 0..nodes {
            for from in earlier(dependencies, to) {
                let last = layers.bends(from, to).last().copied().unwrap_or(from);
                layers.connect(last, to);
            }
        }
        layers.layers = layers.depth_first();
        layers
    }

    fn connect(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
        self.before[to].push(from);
    }

    /// Gives the bends of an edge.
    pub(crate) fn bends(&self, from: usize, to: usize) -> &[usize] {
        &self.tracks[from][..self.layer[to] - self.layer[from] - 1]
    }

    /// Fills the layers as a depth-first search meets the vertices, so that what belongs together begins together.
    fn depth_first(&self) -> Vec<Vec<usize>> {
        let mut layers = vec![Vec::new(); self.layer.iter().max().map_or(0, |last| last + 1)];
        let mut is_met = vec![false; self.layer.len()];
        let mut open: Vec<usize> = (0..self.layer.len()).filter(|&vertex| self.layer[vertex] == 0).rev().collect();
        while let Some(vertex) = open.pop() {
            if !std::mem::replace(&mut is_met[vertex], true) {
                layers[self.layer[vertex]].push(vertex);
                open.extend(self.after[vertex].iter().rev());
            }
        }
        layers
    }
}

/// Gives the dependencies of a node that stand before it, each once.
pub(crate) fn earlier(dependencies: &[Vec<usize>], node: usize) -> impl Iterator<Item = usize> {
    let mut earlier: Vec<usize> = dependencies[node].iter().copied().filter(|&other| other < node).collect();
    earlier.sort_unstable();
    earlier.dedup();
    earlier.into_iter()
}
