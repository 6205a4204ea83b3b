//! The pictures in the docs that `cargo doc` creates.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::chromium::open;
use crate::picture::Picture;

/// Makes the docs of this package and of `adagio`, once for all tests.
fn docs() -> &'static Path {
    static DOCS: OnceLock<PathBuf> = OnceLock::new();
    DOCS.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let status = Command::new(env!("CARGO"))
            .args([
                "doc",
                "--quiet",
                "--no-deps",
                "--package",
                "adagio",
                "--package",
                "adagio-pictures",
                "--target-dir",
            ])
            .arg(target)
            .status();
        assert!(status.unwrap().success());
        target.join("doc")
    })
}

fn picture_of(ty: &str) -> Option<Picture> {
    let page = docs().join(format!("adagio_pictures/struct.{ty}.html"));
    Some(open(&page, "probe('.dag-picture')")?.said())
}

fn assert_that_links_lead_to_methods(picture: &Picture) {
    for node in &picture.nodes {
        assert_eq!(node.link, format!("#method.{}", node.name));
        assert!(node.link_leads_to.contains(&format!("fn {}(&self)", node.name)), "{}", node.link_leads_to);
    }
}

#[test]
fn the_page_of_a_type_shows_each_task_with_a_link_to_its_method() {
    let Some(picture) = picture_of("Checkout") else { return };
    assert_eq!(picture.names(), ["user", "rates", "cart", "coupon", "price", "quote"]);
    assert!(picture.points.len() > 500, "the edges are drawn");
    assert_that_links_lead_to_methods(&picture);
    picture.assert_that_nothing_overlaps();
}

#[test]
fn the_page_of_a_type_shows_the_tasks_that_it_names_of_a_graph_inside() {
    let Some(picture) = picture_of("Page") else { return };
    assert_eq!(picture.names(), ["visitor", "checkout", "rates", "checkout.quote", "checkout.rates", "page"]);
    assert_eq!(picture.group_names(), ["checkout"]);
    let links: Vec<&str> = picture.nodes.iter().map(|node| node.link.as_str()).collect();
    let [visitor, rates, page] = ["#method.visitor", "#method.rates", "#method.page"];
    assert_eq!(links, [visitor, "#method.checkout", rates, "#method.checkout", "#method.checkout", page]);
    picture.assert_that_groups_hold_their_nodes();
    picture.assert_that_nothing_overlaps();
}

#[test]
fn names_in_other_scripts_and_raw_ones_are_drawn_and_linked() {
    let Some(picture) = picture_of("Wörter") else { return };
    assert_eq!(picture.names(), ["type", "größe", "数量"]);
    assert_that_links_lead_to_methods(&picture);
    picture.assert_that_nothing_overlaps();
}

#[test]
fn the_picture_is_found_where_the_crate_has_another_name() {
    let Some(picture) = picture_of("Renamed") else { return };
    assert_eq!(picture.names(), ["only"]);
    assert_that_links_lead_to_methods(&picture);
}

#[test]
fn a_graph_of_two_hundred_tasks_is_drawn() {
    let Some(picture) = picture_of("Wide") else { return };
    assert_eq!(picture.nodes.len(), 200);
    assert_that_links_lead_to_methods(&picture);
    picture.assert_that_nothing_overlaps();
}
