//! Pictures, read back as XML.

use std::ops::Range;

use dag_layout::{Frame, Picture, PictureGroup, PictureNode};
use roxmltree::{Document, Node};

fn picture<'p>(names: &'p [&'p str], dependencies: &[&[usize]], frame: Frame) -> Picture<'p> {
    let node = |(&name, dependencies): (&&'p str, &&[usize])| PictureNode {
        name,
        note: "a <note>",
        title: "its\n\ntitle",
        link: Some(format!("#{name}")),
        dependencies: dependencies.to_vec(),
        ..PictureNode::default()
    };
    let nodes = names.iter().zip(dependencies).map(node).collect();
    Picture { name: "\"<&>\"", nodes, groups: vec![], marked: vec![0, 2], frame }
}

const NAMES: [&str; 4] = ["user", "größe", "数量", "<&\"'>"];
const DEPENDENCIES: [&[usize]; 4] = [&[], &[], &[0, 1], &[0, 2]];

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn all<'d>(document: &'d Document<'_>, tag: &str, class: Option<&str>) -> Vec<Node<'d, 'd>> {
    let of_class = |node: &Node<'_, '_>| {
        node.has_tag_name(("http://www.w3.org/2000/svg", tag)) && node.attribute("class") == class
    };
    document.descendants().filter(of_class).collect()
}

#[test]
fn each_node_has_its_name_its_note_its_title_and_its_link() {
    let svg = picture(&NAMES, &DEPENDENCIES, Frame::Own).to_string();
    let document = Document::parse(&svg).unwrap();
    assert_eq!(document.root_element().attribute("aria-label"), Some("\"<&>\""));
    let nodes = all(&document, "g", Some("node"));
    assert_eq!(nodes.len(), 4);
    for (node, name) in nodes.into_iter().zip(NAMES) {
        let texts: Vec<_> = node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
        assert_eq!(texts, ["its\n\ntitle", name, "a <note>"]);
        assert_eq!(node.parent().unwrap().attribute("href"), Some(format!("#{name}").as_str()));
    }
}

#[test]
fn each_box_is_as_large_as_its_text_and_lies_in_the_picture() {
    let names = ["a", "a_name_that_is_rather_long_for_a_task"];
    let svg = picture(&names, &[&[], &[]], Frame::Own).to_string();
    let document = Document::parse(&svg).unwrap();
    let whole = document.root_element();
    let boxes = all(&document, "rect", None);
    assert_eq!(boxes.len(), 2);
    for (area, name) in boxes.into_iter().zip(names) {
        assert!(number(area, "width") > 13.0 * 0.6 * f64::from(u32::try_from(name.len()).unwrap()));
        assert!(number(area, "x") + number(area, "width") <= number(whole, "width"));
        assert!(number(area, "y") + number(area, "height") <= number(whole, "height"));
    }
}

#[test]
fn the_edges_of_a_node_are_one_path_and_a_marked_edge_is_another() {
    let svg = picture(&NAMES, &DEPENDENCIES, Frame::Own).to_string();
    let document = Document::parse(&svg).unwrap();
    assert_eq!(all(&document, "path", Some("edges")).len(), 3);
    assert_eq!(all(&document, "path", Some("marked")).len(), 1);
}

#[test]
fn a_picture_in_a_page_has_no_style_and_no_ground_and_no_line_that_is_empty() {
    let own = picture(&NAMES, &DEPENDENCIES, Frame::Own).to_string();
    assert!(own.contains("prefers-color-scheme:dark") && own.contains("class=\"ground\""));
    let svg = picture(&NAMES, &DEPENDENCIES, Frame::Page).to_string();
    assert!(!svg.contains("style") && !svg.contains("ground") && !svg.contains('\n'));
}

#[test]
fn a_picture_of_nothing_is_a_picture() {
    let svg = picture(&[], &[], Frame::Own).to_string();
    Document::parse(&svg).unwrap();
}

#[test]
fn a_group_is_a_box_with_its_name_behind_its_nodes() {
    let mut picture = picture(&NAMES, &DEPENDENCIES, Frame::Page);
    picture.groups = vec![
        PictureGroup { name: "<outer>", within: None },
        PictureGroup { name: "inner_with_a_name_that_is_long", within: Some(0) },
    ];
    picture.nodes[2].within = Some(1);
    picture.nodes[3].within = Some(0);
    let svg = picture.to_string();
    let document = Document::parse(&svg).unwrap();
    let groups = all(&document, "g", Some("group"));
    let names: Vec<_> = groups.iter().map(|group| group.descendants().find_map(|node| node.text()).unwrap()).collect();
    assert_eq!(names, ["<outer>", "inner_with_a_name_that_is_long"]);
    let nodes = all(&document, "g", Some("node"));
    assert!(groups.iter().all(|group| *group < nodes[0]), "nodes are drawn over boxes");
    // What is in what, by name.
    let areas = groups.iter().chain(&nodes).map(|node| {
        let rect = node.descendants().find(|node| node.has_tag_name("rect")).unwrap();
        let (x, y) = (number(rect, "x"), number(rect, "y"));
        (x..x + number(rect, "width"), y..y + number(rect, "height"))
    });
    let areas: Vec<_> = areas.collect();
    let is_in = |inner: usize, outer: usize| {
        let within = |inner: &Range<f64>, outer: &Range<f64>| outer.start < inner.start && inner.end < outer.end;
        within(&areas[inner].0, &areas[outer].0) && within(&areas[inner].1, &areas[outer].1)
    };
    let in_outer: Vec<usize> = (1..6).filter(|&area| is_in(area, 0)).collect();
    let in_inner: Vec<usize> = (2..6).filter(|&area| is_in(area, 1)).collect();
    assert_eq!((in_outer, in_inner), (vec![1, 4, 5], vec![4]));
    // The label is as wide as its text, and the box is wider.
    let width = areas[1].0.end - areas[1].0.start;
    assert!(width > 11.0 * 0.6 * 30.0, "{width}");
}
