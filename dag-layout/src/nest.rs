//! In: layers in any order. Out: layers in which the vertices of a group stand together between its borders, and groups
//! one above the other in the same order everywhere, so that each can be a box.

use std::cmp::Ordering;
use std::ops::Range;

use crate::float;
use crate::isotonic::regress;
use crate::layers::{Kind, Layered};

/// The order of the groups: of two in the same group, the one with the lower number stands above.
pub(crate) type Ranks = Vec<usize>;

/// Brings the groups together where the vertices of them are on average.
pub(crate) fn gather(layers: &mut Layered) -> Ranks {
    let groups = layers.around.len();
    let mut key = vec![0.0; layers.layer.len()];
    let mut shares = vec![(0.0, 0.0); groups];
    for layer in &layers.layers {
        for (position, &vertex) in layer.iter().enumerate() {
            key[vertex] = (float(position) + 0.5) / float(layer.len());
            let chain = std::iter::successors(layers.within[vertex], |&group| layers.around[group]);
            chain.for_each(|group| shares[group] = (shares[group].0 + key[vertex], shares[group].1 + 1.0));
        }
    }
    let mean = |group: usize| shares[group].0 / f64::max(shares[group].1, 1.0);
    let mut order: Vec<usize> = (0..groups).collect();
    order.sort_by(|&one, &other| mean(one).partial_cmp(&mean(other)).unwrap_or(Ordering::Equal));
    let mut ranks = vec![0; groups];
    order.iter().enumerate().for_each(|(rank, &group)| ranks[group] = rank);
    for (group, borders) in layers.borders.iter().enumerate() {
        for &(top, bottom) in borders {
            (key[top], key[bottom]) = (mean(group), mean(group));
        }
    }
    for layer in 0..layers.layers.len() {
        let mut gathered = Vec::new();
        write(layers, layer, None, &mut gathered);
        layers.layers[layer] = gathered;
        layers.layers[layer] = sorted(layers, layer, |vertex| key[vertex], &ranks);
    }
    ranks
}

/// Writes what a layer has in a group: its vertices as they were, then the groups in it.
fn write(layers: &Layered, layer: usize, group: Option<usize>, out: &mut Vec<usize>) {
    out.extend(layers.layers[layer].iter().filter(|&&vertex| layers.within[vertex] == group));
    for inner in (0..layers.around.len()).filter(|&inner| layers.around[inner] == group) {
        if let Some((top, bottom)) = layers.borders_in(inner, layer) {
            out.push(top);
            write(layers, layer, Some(inner), out);
            out.push(bottom);
        }
    }
}

/// Sorts a layer by the keys of its vertices, groups by the mean of what they hold, and what they hold within them.
pub(crate) fn sorted(layers: &Layered, layer: usize, key: impl Fn(usize) -> f64, ranks: &Ranks) -> Vec<usize> {
    let mut keyed: Vec<(f64, usize)> = layers.layers[layer].iter().map(|&vertex| (key(vertex), vertex)).collect();
    sort_between(layers, &mut keyed, ranks);
    keyed.into_iter().map(|(_, vertex)| vertex).collect()
}

/// A vertex, or a group with its borders, which moves as one.
#[derive(Clone)]
struct Item {
    key: f64,
    group: Option<usize>,
    places: Range<usize>,
}

fn sort_between(layers: &Layered, keyed: &mut [(f64, usize)], ranks: &Ranks) {
    let by_key = |one: f64, other: f64| one.partial_cmp(&other).unwrap_or(Ordering::Equal);
    let Some(mut items) = items(layers, keyed) else {
        return keyed.sort_by(|one, other| by_key(one.0, other.0));
    };
    let places: Vec<usize> = (0..items.len()).filter(|&item| items[item].group.is_some()).collect();
    let mut groups: Vec<Item> = places.iter().map(|&place| items[place].clone()).collect();
    groups.sort_by_key(|item| item.group.map(|group| ranks[group]));
    // The order of the groups is given: that of their means must not be another.
    let keys = regress(groups.iter().map(|item| (item.key, float(item.places.len()))));
    for ((place, group), key) in places.into_iter().zip(groups).zip(keys) {
        sort_between(layers, &mut keyed[group.places.start + 1..group.places.end - 1], ranks);
        items[place] = Item { key, ..group };
    }
    items.sort_by(|one, other| by_key(one.key, other.key));
    let sorted: Vec<(f64, usize)> = items.into_iter().flat_map(|item| keyed[item.places].iter().copied()).collect();
    keyed.copy_from_slice(&sorted);
}

/// Returns what moves as one, if there are groups.
fn items(layers: &Layered, keyed: &[(f64, usize)]) -> Option<Vec<Item>> {
    let is_group = |(_, vertex): &(f64, usize)| layers.is_border(*vertex);
    keyed.iter().any(is_group).then(|| {
        let mut items = Vec::with_capacity(keyed.len());
        let mut start = 0;
        while let Some(&(key, vertex)) = keyed.get(start) {
            let group = if let Kind::Top(group) = layers.kind(vertex) { Some(group) } else { None };
            let is_last =
                |(_, vertex): &(f64, usize)| group.is_none_or(|group| layers.kind(*vertex) == Kind::Bottom(group));
            let count = keyed[start..].iter().position(is_last).map_or(1, |last| last + 1);
            let places = start..start + count;
            let sum: f64 = keyed[places.clone()].iter().map(|(key, _)| key).sum();
            let key = if group.is_some() { sum / float(count) } else { key };
            start = places.end;
            items.push(Item { key, group, places });
        }
        items
    })
}

/// Sorts all layers again after the ranks have changed; vertices move no further than they must.
pub(crate) fn rearrange(layers: &mut Layered, place: &[usize], ranks: &Ranks) {
    for layer in 0..layers.layers.len() {
        layers.layers[layer] = sorted(layers, layer, |vertex| float(place[vertex]), ranks);
    }
}

/// Returns the groups that stand one right above the other somewhere.
pub(crate) fn neighbours(layers: &Layered) -> Vec<(usize, usize)> {
    let mut neighbours = Vec::new();
    for (above, below) in layers.layers.iter().flat_map(|layer| layer.iter().zip(layer.iter().skip(1))) {
        if let (Kind::Bottom(above), Kind::Top(below)) = (layers.kind(*above), layers.kind(*below)) {
            neighbours.push((above, below));
        }
    }
    neighbours.sort_unstable();
    neighbours.dedup();
    neighbours
}

/// Returns the place of what ends before a position of a layer: one vertex, or a whole group. Returns nothing at the
/// upper end of a group or of the layer.
pub(crate) fn item_before(layers: &Layered, layer: usize, end: usize, place: &[usize]) -> Option<Range<usize>> {
    let last = end.checked_sub(1)?;
    match layers.kind(layers.layers[layer][last]) {
        Kind::Top(_) => None,
        Kind::Bottom(group) => Some(place[layers.borders_in(group, layer)?.0]..end),
        Kind::Node | Kind::Bend => Some(last..end),
    }
}
