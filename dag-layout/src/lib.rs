//! Layered layouts of directed acyclic graphs: columns from left to right, few crossings, edges that go round nodes,
//! and boxes around groups, which nest.
//!
//! Draws the graphs of the [`adagio`](https://docs.rs/adagio) crate, in its documentation and at run time; nothing here
//! knows of tasks. It is not made of `rust-sugiyama`, which gives the places of the nodes and no ways for the edges, so
//! that they run through nodes, and brings eight crates to everyone who builds `adagio`.

mod borders;
mod columns;
mod groups;
mod isotonic;
mod layers;
mod nest;
mod order;
mod picture;
mod place;
mod result_type;
mod sides;
mod text;

use columns::Column;
use layers::{Layered, Way};

pub use groups::{Group, Groups};
pub use picture::{Frame, GROUND, Picture, PictureGroup, PictureNode, Pixels};
pub use result_type::ResultType;
pub use text::{Escaped, Shown, columns, cut_in_the_middle, is_hidden, shortened};

/// The space between the side of a box and what is in it, its label too.
pub const BOX_PADDING: f64 = 14.0;

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
    /// The size of the whole drawing.
    pub size: Size,
    /// The place of each node, as wide as the widest in its column.
    pub nodes: Vec<Area>,
    /// All edges, those that leave the same node one after another.
    pub edges: Vec<Edge>,
    /// The box of each group, but of one without nodes. Around a node, and around a box, are those that it is in, and
    /// no others.
    pub groups: Vec<Option<Area>>,
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

/// A horizontal piece of an edge; at the ends of the edge without length, but in a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// The distance from the top.
    pub y: f64,
    /// Where it begins, from the left.
    pub from: f64,
    /// Where it ends, from the left.
    pub to: f64,
}

/// Lays nodes out, for each of which `dependencies` has the earlier nodes that it depends on; others there do not
/// count.
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
    layout_in_groups(sizes, dependencies, &Groups::default())
}

/// Lays nodes out as [`layout`] does, with a box around those of each group: in it are they and what else is in the
/// group, and nothing else but edges on their way.
#[must_use]
pub fn layout_in_groups(sizes: &[Size], dependencies: &[Vec<usize>], groups: &Groups) -> Layout {
    let layers = layered(dependencies, groups);
    let middles = place::place(&layers, sizes, groups);
    let (columns, boxes) = columns::columns_and_boxes(&layers, sizes, groups, &middles);
    let node = |node: usize| {
        let column = &columns[layers.layer[node]];
        let size = Size { width: column.right - column.left, height: sizes[node].height };
        Area { x: column.left, y: middles[node] - size.height / 2.0, size }
    };
    let nodes: Vec<Area> = (0..sizes.len()).map(node).collect();
    let edge = |way: &Way| {
        let leaves = &columns[layers.layer[way.from]];
        let leaves = Stretch { y: middles[way.from], from: leaves.right, to: leaves.outer_right() };
        let bends = way.bends.iter().map(|&bend| {
            let column = &columns[layers.layer[bend]];
            Stretch { y: middles[bend], from: column.outer_left(), to: column.outer_right() }
        });
        let enters = &columns[layers.layer[way.to]];
        let enters = Stretch { y: middles[way.to], from: enters.outer_left(), to: enters.left };
        let stretches = std::iter::once(leaves).chain(bends).chain([enters]).collect();
        Edge { from: way.from, to: way.to, stretches }
    };
    let mut edges: Vec<Edge> = layers.edges.iter().map(edge).collect();
    edges.sort_by_key(|edge| edge.from);
    let lowest = nodes.iter().map(|node| node.y + node.size.height).chain(middles.iter().copied()).fold(0.0, f64::max);
    let size = Size { width: columns.last().map_or(0.0, Column::outer_right), height: lowest };
    Layout { size, nodes, edges, groups: boxes }
}

/// How often nodes are moved behind the end of a group without a better result.
const MOST_MOVES: usize = 4;

/// Returns the layers in an order with few crossings. Where an edge would lead from one side of a group to the other, and
/// so cross its box, the node that it enters moves behind the end of the group. In graphs inside of graphs, nothing in
/// the group waits for that node, so this comes to an end; elsewhere the best result counts.
fn layered(dependencies: &[Vec<usize>], groups: &Groups) -> Layered {
    let ordered = |first: &[usize]| {
        let mut layers = Layered::new(dependencies, groups, first);
        let ranks = order::reduce_crossings(&mut layers);
        let torn = sides::mend(&mut layers, &ranks);
        (layers, torn)
    };
    let mut first = vec![0; dependencies.len()];
    let (mut best, mut torn) = ordered(&first);
    let (mut fewest, mut moves) = (torn.len(), 0);
    while fewest > 0 && moves < MOST_MOVES {
        for &(node, last) in &torn {
            first[node] = first[node].max(last + 1);
        }
        let layers;
        (layers, torn) = ordered(&first);
        moves += 1;
        if torn.len() < fewest {
            (best, fewest, moves) = (layers, torn.len(), 0);
        }
    }
    best
}

/// Returns a count as a number to calculate with.
#[must_use]
pub fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
