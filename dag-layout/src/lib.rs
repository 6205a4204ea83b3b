//! Layered layouts of directed acyclic graphs: columns from left to right, few crossings, edges that go round nodes.
//!
//! Draws the graphs of the [`adagio`](https://docs.rs/adagio) crate, in its documentation and at run time; nothing here
//! knows of tasks. It is not made of `rust-sugiyama`, which gives the places of the nodes and no ways for the edges, so
//! that they run through nodes, and brings eight crates to everyone who builds `adagio`.

mod layers;
mod order;
mod picture;
mod place;
mod text;

use layers::Layered;

pub use picture::{Frame, GROUND, Picture, PictureNode, Pixels, colour_of_kind};
pub use text::{Escaped, columns};

/// The space between the columns, where the edges bend; more if they have far to go up or down.
const COLUMN_GAP: f64 = 44.0;
const WIDEST_COLUMN_GAP: f64 = 120.0;

/// How large something is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// Where something is drawn; y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The distance of its left side from the left.
    pub x: f64,
    /// The distance of its top from the top.
    pub y: f64,
    /// How large it is.
    pub size: Size,
}

/// Where everything is drawn.
#[derive(Clone, Debug)]
pub struct Layout {
    /// What the whole takes.
    pub size: Size,
    /// The place of each node, as wide as the widest in its column.
    pub nodes: Vec<Area>,
    /// All edges, those that leave the same node one after another.
    pub edges: Vec<Edge>,
}

/// The way of an edge, from the right side of a node to the left side of another.
///
/// Edges that leave the same node share their way as far as they can.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The node that it leaves.
    pub from: usize,
    /// The node that it enters.
    pub to: usize,
    /// Its ends, and the columns that it crosses between them; from each to the next it bends.
    pub stretches: Vec<Stretch>,
}

/// A horizontal piece of an edge; at the ends of the edge without length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// The distance from the top.
    pub y: f64,
    /// Where it begins, from the left.
    pub from: f64,
    /// Where it ends, from the left.
    pub to: f64,
}

/// Lays nodes out, for each of which `dependencies` has the earlier nodes that it depends on; others there do not count.
///
/// A node stands in the first column that is right of all its dependencies.
///
/// # Examples
/// ```
/// use dag_layout::{Size, layout};
///
/// let size = Size { width: 80.0, height: 40.0 };
/// let diamond = layout(&[size; 4], &[vec![], vec![0], vec![0], vec![1, 2]]);
/// assert!(diamond.nodes[0].x < diamond.nodes[1].x);
/// assert_eq!(diamond.nodes[1].x, diamond.nodes[2].x);
/// assert_eq!(diamond.edges.len(), 4);
/// ```
#[must_use]
pub fn layout(sizes: &[Size], dependencies: &[Vec<usize>]) -> Layout {
    let mut layers = Layered::new(dependencies);
    order::reduce_crossings(&mut layers);
    let middles = place::place(&layers, sizes);
    let columns = columns_of(&layers, sizes, &middles);
    let node = |node: usize| {
        let (left, right) = columns[layers.layer[node]];
        let size = Size { width: right - left, height: sizes[node].height };
        Area { x: left, y: middles[node] - size.height / 2.0, size }
    };
    let nodes: Vec<Area> = (0..sizes.len()).map(node).collect();
    let mut edges: Vec<Edge> = Vec::new();
    for to in 0..sizes.len() {
        for from in layers::earlier(dependencies, to) {
            let end = |node: usize, x: f64| Stretch { y: middles[node], from: x, to: x };
            let bends = layers.bends(from, to).iter().map(|&bend| {
                let (from, to) = columns[layers.layer[bend]];
                Stretch { y: middles[bend], from, to }
            });
            let leaves = end(from, columns[layers.layer[from]].1);
            let enters = end(to, columns[layers.layer[to]].0);
            let stretches = std::iter::once(leaves).chain(bends).chain([enters]).collect();
            edges.push(Edge { from, to, stretches });
        }
    }
    edges.sort_by_key(|edge| edge.from);
    let lowest = nodes.iter().map(|node| node.y + node.size.height).chain(middles.iter().copied()).fold(0.0, f64::max);
    Layout { size: Size { width: columns.last().map_or(0.0, |column| column.1), height: lowest }, nodes, edges }
}

/// Gives the left and the right side of each column.
fn columns_of(layers: &Layered, sizes: &[Size], middles: &[f64]) -> Vec<(f64, f64)> {
    let mut left = 0.0;
    let mut columns = Vec::new();
    for layer in &layers.layers {
        let nodes = layer.iter().filter_map(|&vertex| sizes.get(vertex));
        let right = left + nodes.map(|size| size.width).fold(0.0, f64::max);
        columns.push((left, right));
        let rises = layer
            .iter()
            .flat_map(|&from| layers.after[from].iter().map(move |&to| (middles[from] - middles[to]).abs()));
        let steepest = rises.fold(0.0, f64::max);
        left = right + (steepest / 4.0).clamp(COLUMN_GAP, WIDEST_COLUMN_GAP).round();
    }
    columns
}

/// Gives a count as a number to calculate with.
#[must_use]
pub fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
