//! In: which node is in which group. Out: which layers each group takes, and in which group an edge goes through them.

use crate::Size;

/// Boxes around nodes, and around other boxes.
///
/// # Examples
/// ```
/// use dag_layout::{Group, Groups, Size, layout_in_groups};
///
/// let size = Size { width: 80.0, height: 40.0 };
/// let group = Group { within: None, label: Size { width: 50.0, height: 20.0 } };
/// let groups = Groups { nodes: vec![None, Some(0), Some(0)], groups: vec![group] };
/// let layout = layout_in_groups(&[size; 3], &[vec![], vec![0], vec![1]], &groups);
/// let area = layout.groups[0].unwrap();
/// assert!(layout.nodes[0].x + 80.0 < area.x && area.x < layout.nodes[1].x);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// For each node the group that it is in, if it is in one: of several inside each other the innermost.
    pub nodes: Vec<Option<usize>>,
    /// The groups.
    pub groups: Vec<Group>,
}

/// A box of [`Groups`].
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The group that it is in, an earlier one; another does not count.
    pub within: Option<usize>,
    /// The space that is kept free for a label at its upper side, [`BOX_PADDING`](crate::BOX_PADDING) from the left.
    pub label: Size,
}

impl Groups {
    /// Returns the innermost group of a node.
    pub(crate) fn of(&self, node: usize) -> Option<usize> {
        self.nodes.get(node).copied().flatten().filter(|&group| group < self.groups.len())
    }

    /// Returns the group that a group is in.
    pub(crate) fn around(&self, group: usize) -> Option<usize> {
        self.groups[group].within.filter(|&within| within < group)
    }

    /// Returns a group and those that it is in, from the innermost to the whole picture.
    pub(crate) fn chain(&self, group: Option<usize>) -> impl Iterator<Item = Option<usize>> {
        std::iter::successors(Some(group), |group| group.map(|group| self.around(group)))
    }
}

/// The groups, and the layers of their nodes.
pub(crate) struct Spans<'g> {
    groups: &'g Groups,
    /// The first and the last layer of each group that has nodes.
    layers: Vec<Option<(usize, usize)>>,
}

impl<'g> Spans<'g> {
    pub(crate) fn new(groups: &'g Groups, layer: &[usize]) -> Self {
        let mut layers: Vec<Option<(usize, usize)>> = vec![None; groups.groups.len()];
        for (node, &layer) in layer.iter().enumerate() {
            for group in groups.chain(groups.of(node)).flatten() {
                let (first, last) = layers[group].unwrap_or((layer, layer));
                layers[group] = Some((first.min(layer), last.max(layer)));
            }
        }
        Self { groups, layers }
    }

    /// Returns the layers that a group takes.
    pub(crate) fn layers(&self) -> &[Option<(usize, usize)>] {
        &self.layers
    }

    /// Returns the group in which an edge goes through a layer. It leaves the groups of its first end where they end,
    /// and enters those of its second where they begin, so that it goes through their left and right sides if it can.
    pub(crate) fn of_bend(&self, (from, to): (usize, usize), layer: usize) -> Option<usize> {
        let is_here = |group: &Option<usize>| {
            group.is_none_or(|group| self.layers[group].is_some_and(|(first, last)| (first..=last).contains(&layer)))
        };
        let left = self.groups.chain(self.groups.of(from)).find(is_here).flatten();
        let is_shared = self.groups.chain(self.groups.of(to)).any(|group| group == left);
        if is_shared { self.groups.chain(self.groups.of(to)).find(is_here).flatten() } else { left }
    }
}
