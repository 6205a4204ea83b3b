//! In: vertices near to where they should be. Out: the borders of each group at one height in all its layers.

use crate::place::Columns;

/// How often boxes are drawn in, and what is around them moves up.
const ROUNDS: usize = 3;
/// How far a border is drawn out at once.
const MOST_ROOM: f64 = 40.0;

impl Columns<'_> {
    /// Makes room for straight borders, then brings the vertices to where they should be between them.
    pub(crate) fn straighten_borders(&mut self) {
        for _ in 0..ROUNDS {
            self.draw_borders_in();
            self.make_room();
            self.draw_borders_out();
            self.are_borders_fixed = true;
            self.settle_to_and_fro();
        }
    }

    /// Puts the borders of each group right around its members, those of inner groups first.
    pub(crate) fn draw_borders_in(&mut self) {
        for borders in self.layers.borders.iter().rev() {
            let (mut highest, mut lowest) = (f64::INFINITY, f64::NEG_INFINITY);
            for &(top, bottom) in borders {
                if let (Some(first), Some(last)) = (self.below(top), self.above(bottom)) {
                    // Where a layer has nothing in the group, these are its borders.
                    if first != bottom {
                        highest = highest.min(self.middles[first] - self.distance(top, first));
                        lowest = lowest.max(self.middles[last] + self.distance(last, bottom));
                    }
                }
            }
            for &(top, bottom) in borders {
                (self.middles[top], self.middles[bottom]) = (highest, lowest);
            }
        }
    }

    /// Moves the borders of each group into some of the room around it, outer groups first, so that its members can move.
    fn draw_borders_out(&mut self) {
        for borders in &self.layers.borders {
            let (mut up, mut down) = (MOST_ROOM, MOST_ROOM);
            for &(top, bottom) in borders {
                if let Some(above) = self.above(top) {
                    up = up.min(self.middles[top] - self.middles[above] - self.distance(above, top));
                }
                if let Some(below) = self.below(bottom) {
                    down = down.min(self.middles[below] - self.middles[bottom] - self.distance(bottom, below));
                }
            }
            for &(top, bottom) in borders {
                self.middles[top] -= up.max(0.0);
                self.middles[bottom] += down.max(0.0);
            }
        }
    }

    /// Keeps the distances again: what stands too near to what is above it moves down, and what stands too near to what
    /// is below it moves up, each half of the way.
    fn make_room(&mut self) {
        let layers = self.layers;
        // A border moves in all its layers at once, as the one in the first.
        let mut moves_as: Vec<usize> = (0..self.middles.len()).collect();
        for borders in &layers.borders {
            for &(top, bottom) in borders {
                (moves_as[top], moves_as[bottom]) = borders[0];
            }
        }
        let pairs = layers.layers.iter().flat_map(|layer| layer.iter().zip(layer.iter().skip(1)));
        let pairs = pairs.map(|(&above, &below)| (moves_as[above], moves_as[below], self.distance(above, below)));
        let mut pairs: Vec<(usize, usize, f64)> = pairs.collect();
        let mut down = self.middles.clone();
        push(&pairs, |&(above, below, distance)| {
            let is_near = down[below] < down[above] + distance;
            down[below] = down[below].max(down[above] + distance);
            is_near
        });
        pairs.reverse();
        let mut up = self.middles.clone();
        push(&pairs, |&(above, below, distance)| {
            let is_near = up[above] > up[below] - distance;
            up[above] = up[above].min(up[below] - distance);
            is_near
        });
        self.middles = moves_as.into_iter().map(|vertex| f64::midpoint(down[vertex], up[vertex])).collect();
    }
}

/// Moves one of each pair until none stand too near. That ends, because groups are in the same order in all layers.
fn push<T>(pairs: &[T], mut was_moved: impl FnMut(&T) -> bool) {
    while pairs.iter().filter(|pair| was_moved(pair)).count() > 0 {}
}
