//! In: layers, and how far down everything is. Out: how far to the right it is.

use crate::groups::Groups;
use crate::layers::Layered;
use crate::{Area, BOX_PADDING, Size, float};

/// The space between the columns, where the edges bend; more if they have far to go up or down.
const GAP: f64 = 44.0;
const WIDEST_GAP: f64 = 120.0;

/// Where the nodes of a layer are, and the sides of the boxes that begin and end there.
#[derive(Default)]
pub(crate) struct Column {
    pub(crate) left: f64,
    pub(crate) right: f64,
    /// How many boxes inside each other begin here, at most.
    begins: usize,
    /// How many end here.
    ends: usize,
}

impl Column {
    /// Returns the left side of all that is in the layer; from here to the right one edges do not bend.
    pub(crate) fn outer_left(&self) -> f64 {
        self.left - BOX_PADDING * float(self.begins)
    }

    pub(crate) fn outer_right(&self) -> f64 {
        self.right + BOX_PADDING * float(self.ends)
    }
}

/// Returns the columns, and the box of each group.
pub(crate) fn columns_and_boxes(
    layers: &Layered,
    sizes: &[Size],
    groups: &Groups,
    middles: &[f64],
) -> (Vec<Column>, Vec<Option<Area>>) {
    let reaches = Reach::of_groups(layers);
    let mut columns: Vec<Column> = layers.layers.iter().map(|_| Column::default()).collect();
    let mut widths: Vec<f64> = vec![0.0; columns.len()];
    for (group, reach) in reaches.iter().enumerate() {
        if let Some(Reach { first, last, begins, ends }) = *reach {
            columns[first].begins = columns[first].begins.max(begins);
            columns[last].ends = columns[last].ends.max(ends);
            widths[first] = widths[first].max(groups.groups[group].label.width);
        }
    }
    let mut edge = 0.0;
    for ((column, layer), width) in columns.iter_mut().zip(&layers.layers).zip(widths) {
        column.left = edge + BOX_PADDING * float(column.begins);
        let nodes = layer.iter().filter_map(|&vertex| sizes.get(vertex));
        column.right = column.left + nodes.map(|size| size.width).fold(width, f64::max);
        let rises = layer
            .iter()
            .flat_map(|&from| layers.after[from].iter().map(move |&to| (middles[from] - middles[to]).abs()));
        let steepest = rises.fold(0.0, f64::max);
        edge = column.outer_right() + (steepest / 4.0).clamp(GAP, WIDEST_GAP).round();
    }
    let area = |(group, reach): (usize, &Option<Reach>)| {
        let Reach { first, last, begins, ends } = (*reach)?;
        let &(top, bottom) = layers.borders[group].first()?;
        let x = columns[first].left - BOX_PADDING * float(begins);
        let width = columns[last].right + BOX_PADDING * float(ends) - x;
        Some(Area { x, y: middles[top], size: Size { width, height: middles[bottom] - middles[top] } })
    };
    let boxes = reaches.iter().enumerate().map(area).collect();
    (columns, boxes)
}

/// Where a box begins and ends.
#[derive(Clone, Copy)]
struct Reach {
    first: usize,
    last: usize,
    /// How many boxes inside each other, from this one inwards, begin where it does.
    begins: usize,
    /// How many end there.
    ends: usize,
}

impl Reach {
    fn of_groups(layers: &Layered) -> Vec<Option<Self>> {
        let of_group = |borders: &Vec<(usize, usize)>| {
            let (first, last) = (borders.first()?.0, borders.last()?.0);
            Some(Self { first: layers.layer[first], last: layers.layer[last], begins: 1, ends: 1 })
        };
        let mut all: Vec<Option<Self>> = layers.borders.iter().map(of_group).collect();
        for group in (0..all.len()).rev() {
            let around = layers.around[group].and_then(|around| all[around].map(|reach| (around, reach)));
            if let (Some(inner), Some((around, mut outer))) = (all[group], around) {
                if inner.first == outer.first {
                    outer.begins = outer.begins.max(inner.begins + 1);
                }
                if inner.last == outer.last {
                    outer.ends = outer.ends.max(inner.ends + 1);
                }
                all[around] = Some(outer);
            }
        }
        all
    }
}
