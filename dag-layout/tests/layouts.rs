//! What holds for the layout of every graph.

mod common;

use common::{Random, is_in, overlap, points};
use dag_layout::{Layout, Size, layout};

fn graphs() -> Vec<(Vec<Size>, Vec<Vec<usize>>)> {
    let mut random = Random(0x5eed);
    (0..400).map(|_| random.graph()).collect()
}

#[test]
fn nodes_do_not_overlap_and_lie_in_the_picture() {
    for (sizes, dependencies) in graphs() {
        let Layout { size, nodes, .. } = layout(&sizes, &dependencies);
        for (position, node) in nodes.iter().enumerate() {
            assert!(node.x >= 0.0 && node.y >= -0.001, "{dependencies:?}");
            assert!(node.x + node.size.width <= size.width + 0.001 && node.y + node.size.height <= size.height + 0.001);
            assert!(node.size.width >= sizes[position].width);
            assert!(!nodes[..position].iter().any(|other| overlap(node, other)), "{dependencies:?}");
        }
    }
}

#[test]
fn an_edge_leads_from_side_to_side_and_through_no_node() {
    for (sizes, dependencies) in graphs() {
        let Layout { nodes, edges, .. } = layout(&sizes, &dependencies);
        for edge in edges {
            let (from, to) = (&nodes[edge.from], &nodes[edge.to]);
            let (first, last) = (edge.stretches[0], edge.stretches[edge.stretches.len() - 1]);
            assert_eq!((first.from, first.y), (from.x + from.size.width, from.y + from.size.height / 2.0));
            assert_eq!((last.to, last.y), (to.x, to.y + to.size.height / 2.0));
            for point in points(&edge.stretches) {
                let through = (0..nodes.len()).filter(|&node| node != edge.from && node != edge.to);
                let through = through.filter(|&node| is_in(point, &nodes[node]));
                assert_eq!(through.count(), 0, "{dependencies:?}: {} to {}", edge.from, edge.to);
            }
        }
    }
}

#[test]
fn each_dependency_is_an_edge_once_and_leads_to_the_right() {
    for (sizes, dependencies) in graphs() {
        let Layout { nodes, edges, .. } = layout(&sizes, &dependencies);
        let mut drawn: Vec<_> = edges.iter().map(|edge| (edge.to, edge.from)).collect();
        drawn.sort_unstable();
        let mut wanted: Vec<_> =
            dependencies.iter().enumerate().flat_map(|(to, from)| from.iter().map(move |&from| (to, from))).collect();
        wanted.sort_unstable();
        wanted.dedup();
        assert_eq!(drawn, wanted);
        assert!(edges.iter().all(|edge| nodes[edge.from].x + nodes[edge.from].size.width < nodes[edge.to].x));
    }
}

const SIZE: Size = Size { width: 80.0, height: 40.0 };

#[test]
fn a_chain_is_straight() {
    let dependencies: Vec<Vec<usize>> = (0_usize..20).map(|node| node.checked_sub(1).into_iter().collect()).collect();
    let chain = layout(&[SIZE; 20], &dependencies);
    assert!(chain.nodes.iter().all(|node| node.y.abs() < 0.001));
}

#[test]
fn a_dependency_that_is_not_earlier_does_not_count() {
    let layout = layout(&[SIZE; 2], &[vec![0, 1, 7], vec![0, 0]]);
    assert_eq!(layout.edges.len(), 1);
}

#[test]
fn nothing_takes_no_room() {
    assert_eq!(layout(&[], &[]).size, Size { width: 0.0, height: 0.0 });
}
