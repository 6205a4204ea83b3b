//! The edges of a picture as paths of an SVG.

use std::cmp::Reverse;
use std::fmt;

use super::Pixels;
use crate::{Edge, Stretch};

/// Makes an edge dotted, or dashed.
pub(super) const DOTTED: &str = "stroke-dasharray=\"1.6 4\" stroke-linecap=\"round\"";
pub(super) const DASHED: &str = "stroke-dasharray=\"7 4\"";

/// Writes the edges of one node, what they share once: the longest whole, of the others what is left from the last
/// piece that one before them has drawn, too.
pub(super) fn write_bundle(edges: &[Edge], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut longest_first: Vec<usize> = (0..edges.len()).rev().collect();
    longest_first.sort_by_key(|&edge| Reverse(edges[edge].stretches.len()));
    let mut own = vec![0; edges.len()];
    for (place, &edge) in longest_first.iter().enumerate() {
        let shared = |&other: &usize| {
            let pairs = edges[edge].stretches.iter().zip(&edges[other].stretches);
            pairs.take_while(|(one, other)| one == other).count()
        };
        own[edge] = longest_first[..place].iter().map(shared).max().unwrap_or(0).saturating_sub(1);
    }
    for (edge, own) in edges.iter().zip(own) {
        let mut stretches = edge.stretches[own..].to_vec();
        if own > 0 {
            // This piece is drawn as a part of another.
            stretches[0].from = stretches[0].to;
        }
        write_way(&stretches, out)?;
    }
    Ok(())
}

pub(super) fn write_way(stretches: &[Stretch], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(first) = stretches.first() else { return Ok(()) };
    write!(out, "M{} {}", Pixels(first.from), Pixels(first.y))?;
    for (left, right) in stretches.iter().zip(&stretches[1..]) {
        if (left.y - right.y).abs() < 0.05 {
            continue;
        }
        let middle = Pixels(f64::midpoint(left.to, right.from));
        let (x, y) = (Pixels(left.to), Pixels(left.y));
        write!(out, "H{x}C{middle} {y} {middle} {0} {1} {0}", Pixels(right.y), Pixels(right.from))?;
    }
    write!(out, "H{}", Pixels(stretches[stretches.len() - 1].to))
}
