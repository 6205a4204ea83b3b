//! In: layers in their order. Out: how far from the top the middle of each vertex is.

use crate::layers::Layered;
use crate::{Size, float};

const NODE_GAP: f64 = 16.0;
const BEND_GAP: f64 = 10.0;
const ROUNDS: usize = 12;
/// How much more a bend pulls than a node: edges are to be straight first of all.
const STRAIGHTNESS: f64 = 6.0;

pub(crate) fn place(layers: &Layered, sizes: &[Size]) -> Vec<f64> {
    let mut columns = Columns { layers, sizes, middles: vec![0.0; layers.layer.len()] };
    for layer in &layers.layers {
        columns.settle(layer, |_| None);
    }
    for _ in 0..ROUNDS {
        layers.layers.iter().skip(1).for_each(|layer| columns.settle(layer, |vertex| Some(&layers.before[vertex])));
        layers.layers.iter().rev().skip(1).for_each(|layer| columns.settle(layer, |it| Some(&layers.after[it])));
    }
    columns.straighten();
    let top = layers.layers.iter().filter_map(|layer| layer.first()).map(|&first| columns.top(first));
    let top = top.fold(f64::INFINITY, f64::min);
    columns.middles.iter().map(|middle| middle - top).collect()
}

struct Columns<'l> {
    layers: &'l Layered,
    sizes: &'l [Size],
    middles: Vec<f64>,
}

impl Columns<'_> {
    fn is_bend(&self, vertex: usize) -> bool {
        vertex >= self.sizes.len()
    }

    fn half(&self, vertex: usize) -> f64 {
        self.sizes.get(vertex).map_or(0.0, |size| size.height / 2.0)
    }

    fn top(&self, vertex: usize) -> f64 {
        self.middles[vertex] - self.half(vertex)
    }

    /// The least distance of the middles of two vertices one above the other.
    fn distance(&self, above: usize, below: usize) -> f64 {
        let gap = if self.is_bend(above) || self.is_bend(below) { BEND_GAP } else { NODE_GAP };
        self.half(above) + gap + self.half(below)
    }

    /// Brings the vertices of a layer as near to the mean of their neighbours as the distances allow.
    fn settle<'n>(&mut self, layer: &[usize], neighbours: impl Fn(usize) -> Option<&'n Vec<usize>>) {
        // With the distances taken off, the middles must not fall: that is an isotonic regression, which pooling what
        // violates it solves exactly.
        let mut pools: Vec<Pool> = Vec::with_capacity(layer.len());
        let mut offsets = Vec::with_capacity(layer.len());
        let mut offset = 0.0;
        for (position, &vertex) in layer.iter().enumerate() {
            if position > 0 {
                offset += self.distance(layer[position - 1], vertex);
            }
            offsets.push(offset);
            let (wish, weight) = match neighbours(vertex) {
                Some(neighbours) if !neighbours.is_empty() => self.mean(vertex, neighbours),
                _ => (self.middles[vertex], 0.01),
            };
            let mut pool = Pool { wish: wish - offset, weight, vertices: 1 };
            while let Some(last) = pools.last().filter(|last| last.wish > pool.wish) {
                pool = last.with(&pool);
                pools.pop();
            }
            pools.push(pool);
        }
        let wishes = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.wish, pool.vertices));
        for ((&vertex, offset), wish) in layer.iter().zip(offsets).zip(wishes) {
            self.middles[vertex] = wish + offset;
        }
    }

    fn mean(&self, vertex: usize, neighbours: &[usize]) -> (f64, f64) {
        let weight = |neighbour| if self.is_bend(vertex) && self.is_bend(neighbour) { STRAIGHTNESS } else { 1.0 };
        let weights: f64 = neighbours.iter().map(|&neighbour| weight(neighbour)).sum();
        let sum: f64 = neighbours.iter().map(|&neighbour| weight(neighbour) * self.middles[neighbour]).sum();
        (sum / weights, weights)
    }

    /// Puts what goes on without branching at one height where there is room.
    fn straighten(&mut self) {
        let mut place = vec![0; self.middles.len()];
        for layer in &self.layers.layers {
            layer.iter().enumerate().for_each(|(position, &vertex)| place[vertex] = position);
        }
        for first in 0..self.sizes.len() {
            let mut chain = vec![first];
            while let Some(next) = self.goes_on(chain[chain.len() - 1]) {
                chain.push(next);
            }
            // With its node if that is possible, else without.
            if chain.len() > 1 && !self.align(&chain, &place) {
                self.align(&chain[1..], &place);
            }
        }
    }

    /// Gives the vertex that should be as high as the one before: its next bend, or where nothing else leaves or enters.
    fn goes_on(&self, vertex: usize) -> Option<usize> {
        let after = &self.layers.after[vertex];
        let bend = after.iter().copied().find(|&next| self.is_bend(next));
        let only = after.first().copied().filter(|&next| after.len() == 1 && self.layers.before[next].len() == 1);
        bend.or(only)
    }

    /// Puts vertices of several layers at one height, if there is one that is free in all; tells whether there was.
    fn align(&mut self, track: &[usize], place: &[usize]) -> bool {
        let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
        for &vertex in track {
            let layer = &self.layers.layers[self.layers.layer[vertex]];
            if let Some(&above) = place[vertex].checked_sub(1).and_then(|above| layer.get(above)) {
                highest = highest.max(self.middles[above] + self.distance(above, vertex));
            }
            if let Some(&below) = layer.get(place[vertex] + 1) {
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

/// Neighbours that move as one.
struct Pool {
    wish: f64,
    weight: f64,
    vertices: usize,
}

impl Pool {
    fn with(&self, below: &Self) -> Self {
        let weight = self.weight + below.weight;
        let wish = (self.wish * self.weight + below.wish * below.weight) / weight;
        Self { wish, weight, vertices: self.vertices + below.vertices }
    }
}
