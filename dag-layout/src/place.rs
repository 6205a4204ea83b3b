//! In: layers in their order. Out: how far from the top the middle of each vertex is.

use crate::isotonic::regress;
use crate::layers::{Kind, Layered};
use crate::{BOX_PADDING, Groups, Size, float};

const NODE_GAP: f64 = 16.0;
const BEND_GAP: f64 = 10.0;
const ROUNDS: usize = 12;
/// How much more a bend pulls than a node: edges are to be straight first of all.
const STRAIGHTNESS: f64 = 6.0;

pub(crate) fn place(layers: &Layered, sizes: &[Size], groups: &Groups) -> Vec<f64> {
    let middles = vec![0.0; layers.layer.len()];
    let mut place = vec![0; middles.len()];
    for layer in &layers.layers {
        layer.iter().enumerate().for_each(|(position, &vertex)| place[vertex] = position);
    }
    let mut columns = Columns { layers, sizes, groups, place, middles, are_borders_fixed: false };
    for layer in &layers.layers {
        columns.settle(layer, |_| None);
    }
    columns.settle_to_and_fro();
    if !layers.borders.is_empty() {
        columns.straighten_borders();
    }
    columns.straighten();
    columns.draw_borders_in();
    let top = layers.layers.iter().filter_map(|layer| layer.first()).map(|&first| columns.top(first));
    let top = top.fold(f64::INFINITY, f64::min);
    columns.middles.iter().map(|middle| middle - top).collect()
}

pub(crate) struct Columns<'l> {
    pub(crate) layers: &'l Layered,
    sizes: &'l [Size],
    groups: &'l Groups,
    /// Where each vertex stands in its layer.
    place: Vec<usize>,
    pub(crate) middles: Vec<f64>,
    /// Whether the borders of groups stay where they are.
    pub(crate) are_borders_fixed: bool,
}

impl Columns<'_> {
    fn is_bend(&self, vertex: usize) -> bool {
        vertex >= self.sizes.len()
    }

    /// Returns the vertex right above a vertex in its layer.
    pub(crate) fn above(&self, vertex: usize) -> Option<usize> {
        let place = self.place[vertex].checked_sub(1)?;
        self.layers.layers[self.layers.layer[vertex]].get(place).copied()
    }

    /// Returns the vertex right below it.
    pub(crate) fn below(&self, vertex: usize) -> Option<usize> {
        self.layers.layers[self.layers.layer[vertex]].get(self.place[vertex] + 1).copied()
    }

    fn half(&self, vertex: usize) -> f64 {
        self.sizes.get(vertex).map_or(0.0, |size| size.height / 2.0)
    }

    fn top(&self, vertex: usize) -> f64 {
        self.middles[vertex] - self.half(vertex)
    }

    /// The least distance of the middles of two vertices one above the other.
    pub(crate) fn distance(&self, above: usize, below: usize) -> f64 {
        let header = |group: usize| self.groups.groups[group].label.height;
        let gap = match (self.layers.kind(above), self.layers.kind(below)) {
            (Kind::Top(group), Kind::Bend) => header(group) + BEND_GAP,
            (Kind::Top(group), _) => header(group).max(BOX_PADDING),
            (_, Kind::Bottom(_)) => BOX_PADDING,
            (Kind::Bend, _) | (_, Kind::Bend) => BEND_GAP,
            _ => NODE_GAP,
        };
        self.half(above) + gap + self.half(below)
    }

    /// Brings all vertices near to their neighbours, those before and those after.
    pub(crate) fn settle_to_and_fro(&mut self) {
        let layers = self.layers;
        for _ in 0..ROUNDS {
            layers.layers.iter().skip(1).for_each(|layer| self.settle(layer, |vertex| Some(&layers.before[vertex])));
            layers.layers.iter().rev().skip(1).for_each(|layer| self.settle(layer, |it| Some(&layers.after[it])));
        }
    }

    /// Brings the vertices of a layer as near to the mean of their neighbours as the distances allow.
    fn settle<'n>(&mut self, layer: &[usize], neighbours: impl Fn(usize) -> Option<&'n Vec<usize>>) {
        if !self.are_borders_fixed {
            return self.settle_between(None, layer, None, neighbours);
        }
        let mut above = None;
        for vertices in layer.split_inclusive(|&vertex| self.layers.is_border(vertex)) {
            let below = vertices.last().copied().filter(|&last| self.layers.is_border(last));
            let between = &vertices[..vertices.len() - usize::from(below.is_some())];
            self.settle_between(above, between, below, &neighbours);
            above = below;
        }
    }

    fn settle_between<'n>(
        &mut self,
        above: Option<usize>,
        vertices: &[usize],
        below: Option<usize>,
        neighbours: impl Fn(usize) -> Option<&'n Vec<usize>>,
    ) {
        let (Some(&first), Some(&last)) = (vertices.first(), vertices.last()) else { return };
        // With the distances taken off, the middles must not fall: that is an isotonic regression.
        let mut offsets = Vec::with_capacity(vertices.len());
        let mut offset = 0.0;
        for (position, &vertex) in vertices.iter().enumerate() {
            if position > 0 {
                offset += self.distance(vertices[position - 1], vertex);
            }
            offsets.push(offset);
        }
        let wishes = vertices.iter().zip(&offsets).map(|(&vertex, offset)| {
            let (wish, weight) = match neighbours(vertex) {
                Some(neighbours) if !neighbours.is_empty() => self.mean(vertex, neighbours),
                _ => (self.middles[vertex], 0.01),
            };
            (wish - offset, weight)
        });
        let highest = above.map_or(f64::NEG_INFINITY, |it| self.middles[it] + self.distance(it, first));
        let lowest = below.map_or(f64::INFINITY, |it| self.middles[it] - self.distance(last, it) - offset);
        let settled = regress(wishes);
        for ((&vertex, offset), wish) in vertices.iter().zip(&offsets).zip(settled) {
            self.middles[vertex] = wish.min(lowest).max(highest) + offset;
        }
    }

    fn mean(&self, vertex: usize, neighbours: &[usize]) -> (f64, f64) {
        let weight = |neighbour| if self.is_bend(vertex) && self.is_bend(neighbour) { STRAIGHTNESS } else { 1.0 };
        let weights: f64 = neighbours.iter().map(|&neighbour| weight(neighbour)).sum();
        let sum: f64 = neighbours.iter().map(|&neighbour| weight(neighbour) * self.middles[neighbour]).sum();
        (sum / weights, weights)
    }

    /// Puts paths without branches at one height if there is room.
    fn straighten(&mut self) {
        for first in 0..self.sizes.len() {
            let mut chain = vec![first];
            while let Some(next) = self.goes_on(chain[chain.len() - 1]) {
                chain.push(next);
            }
            // With its node if that is possible, else without.
            if chain.len() > 1 && !self.align(&chain) {
                self.align(&chain[1..]);
            }
        }
    }

    /// Returns the vertex that should be as high as the one before: its next bend, or where nothing else leaves or
    /// enters.
    fn goes_on(&self, vertex: usize) -> Option<usize> {
        let after = &self.layers.after[vertex];
        let bend = after.iter().copied().find(|&next| self.is_bend(next));
        let only = after.first().copied().filter(|&next| after.len() == 1 && self.layers.before[next].len() == 1);
        bend.or(only)
    }

    /// Puts vertices of several layers at one height, if there is one that is free in all; tells whether there was.
    fn align(&mut self, track: &[usize]) -> bool {
        let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
        for &vertex in track {
            if let Some(above) = self.above(vertex) {
                highest = highest.max(self.middles[above] + self.distance(above, vertex));
            }
            if let Some(below) = self.below(vertex) {
                lowest = lowest.min(self.middles[below] - self.distance(vertex, below));
            }
        }
        if highest > lowest {
            return false;
        }
        let mean = track.iter().map(|&vertex| self.middles[vertex]).sum::<f64>() / float(track.len());
        for &vertex in track {
            self.middles[vertex] = mean.clamp(highest, lowest);
        }
        true
    }
}
