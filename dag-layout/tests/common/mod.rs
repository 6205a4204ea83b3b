//! Random graphs, and what is asked of their layouts.

use dag_layout::{Area, Size, Stretch};

/// Marsaglia's xorshift: the same numbers in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Returns a number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// Returns the sizes of nodes, and what they depend on.
    pub(crate) fn graph(&mut self) -> (Vec<Size>, Vec<Vec<usize>>) {
        let nodes = 1 + self.below(40);
        let (most, reach) = (1 + self.below(5), 1 + self.below(nodes));
        let width = |random: &mut Self| f64::from(u32::try_from(40 + random.below(150)).unwrap());
        let sizes = (0..nodes).map(|_| Size { width: width(self), height: 42.0 }).collect();
        let mut dependencies: Vec<Vec<usize>> = vec![Vec::new()];
        for node in 1..nodes {
            let count = self.below(most);
            dependencies.push((0..count).map(|_| node - 1 - self.below(reach.min(node))).collect());
        }
        (sizes, dependencies)
    }
}

pub(crate) fn overlap(one: &Area, other: &Area) -> bool {
    let apart = |start: f64, length: f64, other: f64, other_length: f64| {
        start + length <= other || other + other_length <= start
    };
    !apart(one.x, one.size.width, other.x, other.size.width)
        && !apart(one.y, one.size.height, other.y, other.size.height)
}

pub(crate) fn is_in((x, y): (f64, f64), area: &Area) -> bool {
    (area.x..=area.x + area.size.width).contains(&x) && (area.y..=area.y + area.size.height).contains(&y)
}

/// Points on a way: on each stretch, and on the bend to the next.
pub(crate) fn points(stretches: &[Stretch]) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for (left, right) in stretches.iter().zip(&stretches[1..]) {
        for step in 0..=20 {
            let t = f64::from(step) / 20.0;
            points.push((left.from + (left.to - left.from) * t, left.y));
            // The Bézier curve with both handles half-way.
            let middle = f64::midpoint(left.to, right.from);
            let (near, far) = ((1.0 - t) * (1.0 - t), t * t);
            let x = near * (1.0 - t) * left.to + 3.0 * t * (1.0 - t) * middle + far * t * right.from;
            let y = near * (1.0 + 2.0 * t) * left.y + far * (3.0 - 2.0 * t) * right.y;
            points.push((x, y));
        }
    }
    points
}
