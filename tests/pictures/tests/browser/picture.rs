//! The description of a picture by the browser, and the rules for every picture.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Picture {
    pub(crate) nodes: Vec<Node>,
    groups: Vec<Group>,
    pub(crate) points: Vec<Point>,
    pub(crate) rows: Vec<Row>,
    width: f64,
    height: f64,
}

#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) link: String,
    /// The text of the element that the link leads to.
    pub(crate) link_leads_to: String,
    area: Area,
    texts: Vec<Area>,
}

/// A box around nodes. Its name is the part of its nodes' names before the dot.
#[derive(Deserialize)]
struct Group {
    name: String,
    area: Area,
    label: Area,
}

/// A point on an edge.
#[derive(Deserialize)]
pub(crate) struct Point {
    x: f64,
    y: f64,
}

/// A row of a chart.
#[derive(Deserialize)]
pub(crate) struct Row {
    pub(crate) bars: Vec<Area>,
    pub(crate) texts: Vec<Area>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Area {
    fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }

    fn holds(&self, other: &Self) -> bool {
        self.x <= other.x
            && other.x + other.width <= self.x + self.width
            && self.y <= other.y
            && other.y + other.height <= self.y + self.height
    }

    /// Returns whether a point is inside, and not just at the border, where edges end.
    fn is_crossed_at(&self, point: &Point) -> bool {
        let inner = Self { x: self.x + 1.0, y: self.y + 1.0, width: self.width - 2.0, height: self.height - 2.0 };
        inner.holds(&Self { x: point.x, y: point.y, width: 0.0, height: 0.0 })
    }
}

/// Returns, by the name, whether an element is in a group.
fn is_in(name: &str, group: &str) -> bool {
    name.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'))
}

impl Picture {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.nodes.iter().map(|node| node.name.as_str()).collect()
    }

    pub(crate) fn group_names(&self) -> Vec<&str> {
        self.groups.iter().map(|group| group.name.as_str()).collect()
    }

    /// Groups contain their names and their nodes, and no other nodes.
    pub(crate) fn assert_that_groups_hold_their_nodes(&self) {
        for Group { name, area, label } in &self.groups {
            assert!(area.holds(label), "the name of `{name}` leaves its box");
            assert!(!self.points.iter().any(|point| label.is_crossed_at(point)), "an edge runs over `{name}`");
            for node in &self.nodes {
                assert!(!node.area.overlaps(label), "`{}` is over the name of `{name}`", node.name);
                let is_drawn_so =
                    if is_in(&node.name, name) { area.holds(&node.area) } else { !area.overlaps(&node.area) };
                assert!(is_drawn_so, "`{}` and the box of `{name}`", node.name);
            }
        }
        for (position, group) in self.groups.iter().enumerate() {
            for outer in &self.groups[..position] {
                let is_drawn_so = if is_in(&group.name, &outer.name) {
                    outer.area.holds(&group.area)
                } else {
                    !outer.area.overlaps(&group.area)
                };
                assert!(is_drawn_so, "the boxes of `{}` and `{}`", group.name, outer.name);
            }
        }
    }

    /// Texts lie in their boxes, boxes lie beside each other, and no edge runs through one.
    pub(crate) fn assert_that_nothing_overlaps(&self) {
        for (position, node) in self.nodes.iter().enumerate() {
            for text in &node.texts {
                assert!(node.area.holds(text), "the text of `{}` leaves its box: {text:?}", node.name);
            }
            for other in &self.nodes[..position] {
                assert!(!node.area.overlaps(&other.area), "`{}` overlaps `{}`", node.name, other.name);
            }
            let crossed = self.points.iter().filter(|point| node.area.is_crossed_at(point)).count();
            assert_eq!(crossed, 0, "an edge runs through `{}`", node.name);
        }
    }

    /// Rows lie below each other, and in each the bars and texts beside each other, all within the picture.
    pub(crate) fn assert_that_rows_are_apart(&self) {
        let whole = Area { x: 0.0, y: 0.0, width: self.width, height: self.height };
        for (position, row) in self.rows.iter().enumerate() {
            let areas: Vec<Area> = row.bars.iter().chain(&row.texts).copied().collect();
            for (place, area) in areas.iter().enumerate() {
                assert!(whole.holds(area), "{area:?} leaves the picture");
                assert!(!areas[..place].iter().any(|other| area.overlaps(other)), "row {position}: {area:?}");
            }
            let next = self.rows.get(position + 1).map(|row| row.bars.iter().chain(&row.texts).copied());
            let crossing = next.into_iter().flatten().find(|below| row.bars.iter().any(|bar| bar.overlaps(below)));
            assert!(crossing.is_none(), "row {position}: {crossing:?}");
        }
    }
}
