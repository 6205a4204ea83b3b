//! In: layers in any order. Out: the order of each layer that has few crossings.

use crate::float;
use crate::layers::Layered;
use crate::nest::{self, Ranks};

/// How many segments of edges are looked at, in all sweeps together.
const EFFORT: usize = 400_000;
const MOST_SWEEPS: usize = 24;
/// How many there are after two groups have changed places.
const SWEEPS_OF_GROUPS: usize = 2;

/// Brings groups together and sorts the layers; then tries for groups that are neighbours whether the other order is better.
/// Returns the order of the groups.
pub(crate) fn reduce_crossings(layers: &mut Layered) -> Ranks {
    let segments: usize = layers.after.iter().map(Vec::len).sum();
    let sweeps = (EFFORT / segments.max(1)).clamp(2, MOST_SWEEPS);
    let mut place = vec![0; layers.layer.len()];
    let mut ranks = nest::gather(layers);
    let mut fewest = sweep(layers, &mut place, &ranks, sweeps);
    for (above, below) in nest::neighbours(layers).into_iter().take(sweeps) {
        if fewest == 0 {
            break;
        }
        let kept = layers.layers.clone();
        layers.layers.iter().for_each(|layer| note_places(layer, &mut place));
        ranks.swap(above, below);
        nest::rearrange(layers, &place, &ranks);
        let crossings = sweep(layers, &mut place, &ranks, SWEEPS_OF_GROUPS);
        if crossings < fewest {
            fewest = crossings;
        } else {
            ranks.swap(above, below);
            layers.layers = kept;
        }
    }
    ranks
}

/// Sorts each layer by where its neighbours are, to and fro, and keeps the best order; returns its number of crossings.
fn sweep(layers: &mut Layered, place: &mut [usize], ranks: &Ranks, sweeps: usize) -> usize {
    for layer in &layers.layers {
        note_places(layer, place);
    }
    let mut best = layers.layers.clone();
    let mut fewest = crossings(layers, place);
    for sweep in 0..sweeps {
        if fewest == 0 {
            break;
        }
        let count = layers.layers.len();
        if sweep % 2 == 0 {
            (1..count).for_each(|layer| sort(layers, layer, layer - 1, place, ranks));
        } else {
            (1..count).rev().for_each(|layer| sort(layers, layer - 1, layer, place, ranks));
        }
        for layer in 0..count {
            swap_neighbours(layers, layer, place);
        }
        let crossings = crossings(layers, place);
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(&layers.layers);
        }
    }
    layers.layers = best;
    fewest
}

fn note_places(layer: &[usize], place: &mut [usize]) {
    for (position, &vertex) in layer.iter().enumerate() {
        place[vertex] = position;
    }
}

/// Sorts a layer by the mean place of the neighbours in the other one; a vertex without neighbours there stays.
fn sort(layers: &mut Layered, sorted: usize, other: usize, place: &mut [usize], ranks: &Ranks) {
    let neighbours = if other < sorted { &layers.before } else { &layers.after };
    let share = |position: usize, layer: usize| (float(position) + 0.5) / float(layers.layers[layer].len());
    let key = |vertex: usize| {
        let neighbours = &neighbours[vertex];
        if neighbours.is_empty() {
            return share(place[vertex], sorted);
        }
        neighbours.iter().map(|&neighbour| share(place[neighbour], other)).sum::<f64>() / float(neighbours.len())
    };
    let order = nest::sorted(layers, sorted, key, ranks);
    layers.layers[sorted] = order;
    note_places(&layers.layers[sorted], place);
}

/// Swaps vertices or whole groups that stand one above the other, as long as that saves crossings.
fn swap_neighbours(layers: &mut Layered, layer: usize, place: &mut [usize]) {
    for last in 1..layers.layers[layer].len() {
        let Some(mut below) = nest::item_before(layers, layer, last + 1, place) else { continue };
        while let Some(above) = nest::item_before(layers, layer, below.start, place) {
            let vertices = &layers.layers[layer];
            // Groups are in the same order in every layer.
            if layers.is_border(vertices[above.start]) && layers.is_border(vertices[below.start]) {
                break;
            }
            let (upper, lower) = (&vertices[above.clone()], &vertices[below.clone()]);
            let now = all_meetings(layers, upper, lower, place);
            if all_meetings(layers, lower, upper, place) >= now {
                break;
            }
            layers.layers[layer][above.start..below.end].rotate_left(above.len());
            for position in above.start..below.end {
                place[layers.layers[layer][position]] = position;
            }
            below = above.start..above.start + below.len();
        }
    }
}

fn all_meetings(layers: &Layered, above: &[usize], below: &[usize], place: &[usize]) -> usize {
    let pairs = above.iter().flat_map(|&above| below.iter().map(move |&below| (above, below)));
    pairs.map(|(above, below)| meetings(layers, above, below, place)).sum()
}

/// Counts the crossings of the edges of two vertices if one stands above the other.
fn meetings(layers: &Layered, above: usize, below: usize, place: &[usize]) -> usize {
    let in_order = |above: &[usize], below: &[usize]| {
        let crosses = |one: usize| below.iter().filter(|&&other| place[other] < place[one]).count();
        above.iter().map(|&one| crosses(one)).sum::<usize>()
    };
    in_order(&layers.before[above], &layers.before[below]) + in_order(&layers.after[above], &layers.after[below])
}

/// Counts all crossings.
fn crossings(layers: &Layered, place: &[usize]) -> usize {
    let pairs = layers.layers.iter().zip(layers.layers.iter().skip(1));
    pairs.map(|(left, right)| crossings_between(layers, left, right.len(), place)).sum()
}

/// Counts the pairs of edges whose right ends are in the other order than their left ends.
fn crossings_between(layers: &Layered, left: &[usize], right: usize, place: &[usize]) -> usize {
    // A Fenwick tree of the right ends met so far.
    let mut tree = vec![0; right + 1];
    let mut met = 0;
    let mut crossings = 0;
    for &vertex in left {
        for &neighbour in &layers.after[vertex] {
            let mut index = place[neighbour] + 1;
            let mut above = 0;
            while index > 0 {
                above += tree[index];
                index &= index - 1;
            }
            crossings += met - above;
        }
        for &neighbour in &layers.after[vertex] {
            let mut index = place[neighbour] + 1;
            while index <= right {
                tree[index] += 1;
                index += index & index.wrapping_neg();
            }
            met += 1;
        }
    }
    crossings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Groups;

    fn ordered(dependencies: &[Vec<usize>]) -> (usize, Layered) {
        let mut layers = Layered::new(dependencies, &Groups::default(), &vec![0; dependencies.len()]);
        reduce_crossings(&mut layers);
        let mut place = vec![0; layers.layer.len()];
        layers.layers.iter().for_each(|layer| note_places(layer, &mut place));
        (crossings(&layers, &place), layers)
    }

    #[test]
    fn two_edges_that_cross_are_counted_once() {
        let layers = Layered::new(&[vec![], vec![], vec![1], vec![0]], &Groups::default(), &[0; 4]);
        let mut place = vec![0; 4];
        for layer in [[0, 1], [2, 3]] {
            note_places(&layer, &mut place);
        }
        assert_eq!(crossings(&layers, &place), 1);
        note_places(&[3, 2], &mut place);
        assert_eq!(crossings(&layers, &place), 0);
    }

    #[test]
    fn a_graph_that_can_be_drawn_without_crossings_is() {
        assert_eq!(ordered(&[vec![], vec![], vec![], vec![2], vec![1], vec![0]]).0, 0);
        // Two trees, their leaves in turn.
        let trees: Vec<Vec<usize>> = (0..14).map(|node| if node < 2 { vec![] } else { vec![node / 2 - 1] }).collect();
        assert_eq!(ordered(&trees).0, 0);
    }

    #[test]
    fn the_crossings_that_are_left_cannot_be_saved() {
        // Each of two on the left with each of two on the right.
        let (crossings, layers) = ordered(&[vec![], vec![], vec![0, 1], vec![0, 1]]);
        assert_eq!(crossings, 1);
        assert_eq!(layers.layers.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    }
}
