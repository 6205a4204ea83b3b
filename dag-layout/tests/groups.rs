//! What holds for the boxes around groups, of every graph.

mod common;

use std::sync::OnceLock;

use common::{Random, is_in, overlap, points};
use dag_layout::{Area, BOX_PADDING, Group, Groups, Layout, Size, layout_in_groups};

struct Graph {
    sizes: Vec<Size>,
    dependencies: Vec<Vec<usize>>,
    groups: Groups,
}

impl Graph {
    /// A graph whose nodes are in any groups, so that ways lead out of one and in again.
    fn tangled(random: &mut Random) -> Self {
        let (sizes, dependencies) = random.graph();
        let count = random.below(8);
        let within = |random: &mut Random, limit: usize| Some(random.below(limit + 2)).filter(|&group| group < limit);
        let group = |group: usize, random: &mut Random| {
            let width = f64::from(u32::try_from(random.below(120)).unwrap());
            Group { within: within(random, group), label: Size { width, height: 20.0 } }
        };
        let groups = (0..count).map(|position| group(position, random)).collect();
        let nodes = sizes.iter().map(|_| within(random, count)).collect();
        Self { sizes, dependencies, groups: Groups { nodes, groups } }
    }

    /// A graph as there are graphs inside of others: ways lead into a group from one node, and never in again.
    fn nested(random: &mut Random) -> Self {
        let mut graph = Self { sizes: Vec::new(), dependencies: Vec::new(), groups: Groups::default() };
        graph.add_nested(random, None, None, 3);
        graph
    }

    fn add_nested(
        &mut self,
        random: &mut Random,
        group: Option<usize>,
        object: Option<usize>,
        depth: usize,
    ) -> Vec<usize> {
        let mut known: Vec<usize> = Vec::new();
        for _ in 0..2 + random.below(6) {
            let count = random.below(4);
            let mut dependencies: Vec<usize> =
                (0..count.min(known.len())).map(|_| known[random.below(known.len())]).collect();
            if dependencies.is_empty() {
                dependencies.extend(object);
            }
            let node = self.sizes.len();
            self.sizes.push(Size { width: 80.0, height: 42.0 });
            self.dependencies.push(dependencies);
            self.groups.nodes.push(group);
            known.push(node);
            if depth > 0 && random.below(3) == 0 {
                let inner = self.groups.groups.len();
                self.groups.groups.push(Group { within: group, label: Size { width: 60.0, height: 27.0 } });
                let inside = self.add_nested(random, Some(inner), Some(node), depth - 1);
                known.push(inside[random.below(inside.len())]);
            }
        }
        known
    }

    fn layout(&self) -> Layout {
        layout_in_groups(&self.sizes, &self.dependencies, &self.groups)
    }

    fn is_group_in(&self, group: usize, outer: usize) -> bool {
        std::iter::successors(Some(group), |&group| self.groups.groups[group].within).any(|group| group == outer)
    }

    fn is_node_in(&self, node: usize, group: usize) -> bool {
        self.groups.nodes[node].is_some_and(|inner| self.is_group_in(inner, group))
    }
}

/// Makes many graphs, each with its layout.
fn drawn() -> &'static [(Graph, Layout)] {
    static DRAWN: OnceLock<Vec<(Graph, Layout)>> = OnceLock::new();
    DRAWN.get_or_init(|| {
        let mut random = Random(0x5eed);
        let tangled: Vec<Graph> = (0..100).map(|_| Graph::tangled(&mut random)).collect();
        let graphs = tangled.into_iter().chain((0..100).map(|_| Graph::nested(&mut random)));
        graphs.map(|graph| (graph.layout(), graph)).map(|(layout, graph)| (graph, layout)).collect()
    })
}

fn boxes(layout: &Layout) -> Vec<(usize, Area)> {
    layout.groups.iter().enumerate().filter_map(|(group, area)| Some((group, (*area)?))).collect()
}

/// Tells whether one area is in another, with some space around it.
fn is_well_in(inner: &Area, outer: &Area) -> bool {
    let space = 5.0;
    is_in((inner.x - space, inner.y - space), outer)
        && is_in((inner.x + inner.size.width + space, inner.y + inner.size.height + space), outer)
}

#[test]
fn the_box_of_a_group_holds_its_nodes_and_no_others() {
    for (graph, layout) in drawn() {
        for (group, area) in boxes(layout) {
            for (node, node_area) in layout.nodes.iter().enumerate() {
                if graph.is_node_in(node, group) {
                    assert!(is_well_in(node_area, &area), "node {node} leaves box {group}");
                } else {
                    assert!(!overlap(node_area, &area), "node {node} is in box {group}");
                }
            }
        }
    }
}

#[test]
fn a_group_has_a_box_if_it_has_nodes() {
    for (graph, layout) in drawn() {
        for (group, area) in layout.groups.iter().enumerate() {
            assert_eq!(area.is_some(), (0..graph.sizes.len()).any(|node| graph.is_node_in(node, group)));
        }
    }
}

#[test]
fn boxes_are_inside_each_other_or_apart_and_lie_in_the_picture() {
    for (graph, layout) in drawn() {
        let boxes = boxes(layout);
        for (position, (group, area)) in boxes.iter().enumerate() {
            assert!(area.x >= 0.0 && area.y >= -0.001);
            assert!(area.x + area.size.width <= layout.size.width + 0.001);
            assert!(area.y + area.size.height <= layout.size.height + 0.001);
            for (earlier, other) in &boxes[..position] {
                if graph.is_group_in(*group, *earlier) {
                    assert!(is_well_in(area, other), "box {group} leaves box {earlier}");
                } else {
                    assert!(!overlap(area, other), "boxes {group} and {earlier} overlap");
                }
            }
        }
    }
}

#[test]
fn nodes_do_not_overlap_and_no_edge_runs_through_one() {
    for (_, Layout { nodes, edges, .. }) in drawn() {
        for (position, node) in nodes.iter().enumerate() {
            assert!(!nodes[..position].iter().any(|other| overlap(node, other)));
        }
        for edge in edges {
            let through = (0..nodes.len()).filter(|&node| node != edge.from && node != edge.to);
            for point in points(&edge.stretches) {
                assert!(!through.clone().any(|node| is_in(point, &nodes[node])), "{} to {}", edge.from, edge.to);
            }
        }
    }
}

/// Graphs inside of graphs. The search for few crossings alone leaves such edges.
#[test]
fn no_edge_crosses_a_box_that_holds_neither_of_its_ends() {
    let mut random = Random(7);
    let more = (0..100).map(|_| Graph::nested(&mut random)).map(|graph| (graph.layout(), graph)).collect::<Vec<_>>();
    let more = more.iter().map(|(layout, graph)| (graph, layout));
    let (mut edges, mut crossings) = (0, Vec::new());
    for (graph, layout) in drawn()[100..].iter().map(|(graph, layout)| (graph, layout)).chain(more) {
        for edge in &layout.edges {
            let is_foreign = |group| !graph.is_node_in(edge.from, group) && !graph.is_node_in(edge.to, group);
            let foreign: Vec<_> = boxes(layout).into_iter().filter(|(group, _)| is_foreign(*group)).collect();
            let points = points(&edge.stretches);
            edges += 1;
            if points.iter().any(|&point| foreign.iter().any(|(_, area)| is_in(point, area))) {
                crossings.push((edge.from, edge.to));
            }
        }
    }
    assert_eq!(crossings, [], "of {edges} edges");
    assert!(edges > 5_000, "{edges}");
}

#[test]
fn no_edge_and_no_other_box_runs_over_a_label() {
    for (graph, layout) in drawn() {
        let label = |(group, area): (usize, Area)| {
            let Size { width, height } = graph.groups.groups[group].label;
            (group, Area { x: area.x + BOX_PADDING, y: area.y, size: Size { width, height: height - 0.001 } })
        };
        let labels: Vec<(usize, Area)> = boxes(layout).into_iter().map(label).collect();
        for (group, label) in &labels {
            for edge in &layout.edges {
                assert!(
                    !points(&edge.stretches).into_iter().any(|point| is_in(point, label)),
                    "an edge runs over {group}"
                );
            }
            assert!(!layout.nodes.iter().any(|node| overlap(node, label)), "a node is over label {group}");
            let others = boxes(layout).into_iter().filter(|(other, _)| !graph.is_group_in(*group, *other));
            assert!(!others.into_iter().any(|(_, other)| overlap(&other, label)), "a box is over label {group}");
        }
    }
}

const SIZE: Size = Size { width: 80.0, height: 42.0 };

fn group(within: Option<usize>) -> Group {
    Group { within, label: Size { width: 40.0, height: 20.0 } }
}

#[test]
fn an_edge_leaves_a_box_at_its_right_side() {
    // The last node needs the second, whose group goes on.
    let dependencies = [vec![], vec![0], vec![1], vec![2], vec![1, 3]];
    let groups = Groups { nodes: vec![None, Some(0), Some(0), Some(0), None], groups: vec![group(None)] };
    let layout = layout_in_groups(&[SIZE; 5], &dependencies, &groups);
    let area = layout.groups[0].unwrap();
    let edge = layout.edges.iter().find(|edge| (edge.from, edge.to) == (1, 4)).unwrap();
    let right = area.x + area.size.width;
    let inside = points(&edge.stretches).into_iter().filter(|(x, _)| *x <= right);
    assert!(inside.clone().count() > 20 && inside.into_iter().all(|point| is_in(point, &area)));
}

#[test]
fn a_column_is_as_wide_as_the_label_of_a_box_that_begins_there() {
    let label = Size { width: 300.0, height: 20.0 };
    let groups = Groups { nodes: vec![Some(0); 2], groups: vec![Group { within: None, label }] };
    let layout = layout_in_groups(&[SIZE; 2], &[vec![], vec![0]], &groups);
    assert_eq!(layout.nodes.iter().map(|node| node.size.width).collect::<Vec<_>>(), [300.0, 80.0]);
}

#[test]
fn a_group_that_does_not_exist_does_not_count() {
    let groups = Groups { nodes: vec![Some(7), Some(1)], groups: vec![group(Some(1)), group(Some(1))] };
    let layout = layout_in_groups(&[SIZE; 3], &[vec![], vec![0], vec![1]], &groups);
    assert_eq!(layout.groups.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    assert!(is_well_in(&layout.nodes[1], &layout.groups[1].unwrap()));
}
