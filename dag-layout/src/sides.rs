//! In: layers in their order. Out: layers in which hardly an edge leads from above a group to below it, or the other way:
//! such an edge crosses the box of a group that holds neither of its ends.
//!
//! Connected elements beside a group, in the layers that the group takes, should be on one side of it: a *party*. The
//! search for few crossings moves one vertex at a time, and may stop where a whole party would have to move. So the
//! minority of a party moves to the side of the others here. The groups in a party do not move, so the party goes to the
//! side where most of them are. Moving one party may tear another, so this is repeated. For the edges that are left, the
//! caller moves nodes to later layers.

use std::collections::BTreeMap;

use crate::layers::Layered;
use crate::nest::Ranks;

/// How often all groups are looked at.
const ROUNDS: usize = 40;

/// Moves parties to one side. Returns the nodes whose edges still lead from one side of a group to the other, each with the
/// last layer of that group.
pub(crate) fn mend(layers: &mut Layered, ranks: &Ranks) -> Vec<(usize, usize)> {
    let torn_before = torn(layers);
    if torn_before.is_empty() {
        return torn_before;
    }
    let kept = layers.layers.clone();
    gather_parties(layers, ranks);
    let torn_now = torn(layers);
    if torn_now.len() < torn_before.len() {
        return torn_now;
    }
    layers.layers = kept;
    torn_before
}

fn gather_parties(layers: &mut Layered, ranks: &Ranks) {
    for round in 0..ROUNDS {
        let mut has_changed = false;
        for group in 0..layers.borders.len() {
            has_changed |= gather_beside(layers, group, ranks, round);
        }
        if !has_changed {
            break;
        }
    }
}

/// An element that moves as a whole beside a group: a vertex, or another group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Element {
    Vertex(usize),
    Group(usize),
}

/// An element beside a group: the group itself, or one around it in which the element is not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Beside {
    element: Element,
    group: usize,
}

/// Returns the element beside a group that holds a vertex, unless the vertex is in the group.
fn beside(layers: &Layered, vertex: usize, group: usize) -> Option<Beside> {
    let (mut element, mut within) = (Element::Vertex(vertex), layers.within[vertex]);
    loop {
        let around = std::iter::successors(Some(group), |&group| layers.around[group]);
        if let Some(group) = around.into_iter().find(|&group| layers.around[group] == within) {
            return (element != Element::Group(group)).then_some(Beside { element, group });
        }
        let inner = within?;
        (element, within) = (Element::Group(inner), layers.around[inner]);
    }
}

/// Brings each party beside a group to one side. Returns whether something has changed.
fn gather_beside(layers: &mut Layered, group: usize, ranks: &Ranks, round: usize) -> bool {
    let mut has_changed = false;
    for party in parties(layers, group) {
        let groups: Vec<(usize, usize)> = party.iter().filter_map(Beside::as_group).collect();
        let above_of_groups = groups.iter().filter(|(other, group)| ranks[*other] < ranks[*group]).count();
        let vertices: Vec<(usize, usize)> = party.iter().filter_map(Beside::as_vertex).collect();
        let above = vertices.iter().filter(|(vertex, group)| is_above(layers, *vertex, *group)).count();
        let goes_up = match (groups.is_empty(), 2 * above_of_groups > groups.len()) {
            (false, is_above) => is_above,
            // Where two groups pull at one party in turn, it gives way.
            (true, _) if 2 * above == vertices.len() => round % 2 == 0,
            (true, _) => 2 * above > vertices.len(),
        };
        for (vertex, group) in vertices {
            if is_above(layers, vertex, group) != goes_up {
                move_beside(layers, vertex, group, goes_up);
                has_changed = true;
            }
        }
    }
    has_changed
}

impl Beside {
    fn as_vertex(&self) -> Option<(usize, usize)> {
        if let Element::Vertex(vertex) = self.element { Some((vertex, self.group)) } else { None }
    }

    fn as_group(&self) -> Option<(usize, usize)> {
        if let Element::Group(other) = self.element { Some((other, self.group)) } else { None }
    }
}

fn torn(layers: &Layered) -> Vec<(usize, usize)> {
    let mut place = vec![0; layers.layer.len()];
    for layer in &layers.layers {
        layer.iter().enumerate().for_each(|(position, &vertex)| place[vertex] = position);
    }
    let is_above = |vertex: usize, group: usize| {
        let Beside { group, .. } = beside(layers, vertex, group)?;
        let (top, _) = layers.borders_in(group, layers.layer[vertex])?;
        Some(place[vertex] < place[top])
    };
    let mut torn = Vec::new();
    for way in &layers.edges {
        let stops: Vec<usize> = std::iter::once(way.from).chain(way.bends.iter().copied()).chain([way.to]).collect();
        for pair in stops.windows(2) {
            for (group, borders) in layers.borders.iter().enumerate() {
                let Some(&(last, _)) = borders.last() else { continue };
                let takes = |vertex: usize| layers.borders_in(group, layers.layer[vertex]).is_some();
                if !takes(pair[0]) || !takes(pair[1]) {
                    continue;
                }
                if let (Some(left), Some(right)) = (is_above(pair[0], group), is_above(pair[1], group)) {
                    if left != right {
                        torn.push((way.to, layers.layer[last]));
                    }
                }
            }
        }
    }
    torn
}

/// Returns the connected elements beside a group.
fn parties(layers: &Layered, group: usize) -> Vec<Vec<Beside>> {
    let mut next: BTreeMap<Beside, Beside> = BTreeMap::new();
    let root = |next: &BTreeMap<Beside, Beside>, mut element: Beside| {
        while let Some(&other) = next.get(&element).filter(|other| **other != element) {
            element = other;
        }
        element
    };
    // From its last layer, edges lead to layers in which it is not.
    for &(top, _) in layers.borders[group].iter().rev().skip(1) {
        for &vertex in &layers.layers[layers.layer[top]] {
            let Some(left) = beside(layers, vertex, group) else { continue };
            for &neighbour in &layers.after[vertex] {
                let Some(right) = beside(layers, neighbour, group) else { continue };
                let (one, other) = (root(&next, left), root(&next, right));
                next.insert(one.max(other), one.min(other));
                next.insert(one.min(other), one.min(other));
                next.entry(left).or_insert(one.min(other));
                next.entry(right).or_insert(one.min(other));
            }
        }
    }
    let mut parties: BTreeMap<Beside, Vec<Beside>> = BTreeMap::new();
    for &element in next.keys() {
        parties.entry(root(&next, element)).or_default().push(element);
    }
    parties.into_values().filter(|party| party.len() > 1).collect()
}

fn place_of(layers: &Layered, vertex: usize) -> usize {
    let layer = &layers.layers[layers.layer[vertex]];
    layer.iter().position(|&other| other == vertex).unwrap_or(0)
}

fn is_above(layers: &Layered, vertex: usize, group: usize) -> bool {
    let border = layers.borders_in(group, layers.layer[vertex]);
    border.is_some_and(|(top, _)| place_of(layers, vertex) < place_of(layers, top))
}

/// Moves a vertex to right above a group, or to right below it.
fn move_beside(layers: &mut Layered, vertex: usize, group: usize, is_up: bool) {
    let layer = layers.layer[vertex];
    let Some((top, bottom)) = layers.borders_in(group, layer) else { return };
    let from = place_of(layers, vertex);
    layers.layers[layer].remove(from);
    let to = if is_up { place_of(layers, top) } else { place_of(layers, bottom) + 1 };
    layers.layers[layer].insert(to, vertex);
}
