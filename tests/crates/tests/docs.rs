//! The pages that `cargo doc` makes of a crate with blocks show the crate's own items, and no generated internals.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

/// Makes the docs of the crate, once for all tests.
fn docs() -> &'static Path {
    static DOCS: OnceLock<PathBuf> = OnceLock::new();
    DOCS.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let command = ["doc", "--quiet", "--no-deps", "--package", "adagio-crates", "--target-dir"];
        let status = Command::new(env!("CARGO")).args(command).arg(target).status();
        assert!(status.unwrap().success());
        target.join("doc/adagio_crates")
    })
}

/// Returns the text of a page, without its tags and with single spaces.
fn text_of(page: &str) -> String {
    let html = fs::read_to_string(docs().join(page)).unwrap();
    // The text above it contains names of files.
    let main = &html[html.find("<main").unwrap()..];
    let mut text = String::new();
    let mut is_tag = false;
    for letter in main.chars() {
        match letter {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            _ if is_tag => {}
            letter => text.push(letter),
        }
    }
    let text = text.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the page of each type of the crate.
fn pages() -> impl Iterator<Item = (String, String)> {
    let types = ["Pricing", "PricingRun", "PricingOutputs", "Excerpt", "ExcerptRun", "ExcerptOutputs", "PriceError"];
    types
        .into_iter()
        .map(|name| (name.to_owned(), fs::read_to_string(docs().join(format!("struct.{name}.html"))).unwrap()))
}

#[test]
fn signatures_show_no_machinery() {
    for (page, html) in pages() {
        for name in ["__dag", "__Dag", "Defer"] {
            assert!(!html.contains(name), "the page of `{page}` shows `{name}`");
        }
    }
}

#[test]
fn no_name_begins_with_an_underscore() {
    for (page, _) in pages() {
        let text = text_of(&format!("struct.{page}.html"));
        let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        assert_eq!(words.find(|word| word.len() > 1 && word.starts_with('_')), None, "on the page of `{page}`");
    }
}

#[test]
fn lifetimes_have_names_of_one_letter() {
    for (page, _) in pages() {
        let text = text_of(&format!("struct.{page}.html"));
        for rest in text.split('\'').skip(1) {
            let name = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap();
            assert!(name.len() <= 1 || name == "static", "`'{name}` on the page of `{page}`");
        }
    }
}

#[test]
fn types_implement_traits_of_the_standard_library_alone() {
    for (page, html) in pages() {
        let ids = html.split("id=\"impl-").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]);
        let names: Vec<&str> = ids.filter_map(|id| Some(id.split_once("-for-")?.0)).collect();
        assert!(names.contains(&"Any"), "{names:?}");
        for name in names {
            let name = name.split('%').next().unwrap();
            let mut links = html.split("title=\"trait ").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]);
            let is_std = links.any(|path| {
                let (krate, _) = path.split_once("::").unwrap();
                ["alloc", "core", "std"].contains(&krate) && path.rsplit("::").next() == Some(name)
            });
            assert!(is_std, "the page of `{page}` shows `{name}`");
        }
    }
}

#[test]
fn the_only_items_are_the_users_and_the_types_of_runs() {
    let entries = fs::read_dir(docs()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut items: Vec<String> = entries.filter(|name| name.contains('.')).collect();
    items.retain(|name| !["all.html", "index.html", "sidebar-items.js"].contains(&name.as_str()));
    items.sort();
    let expected = ["Excerpt", "ExcerptOutputs", "ExcerptRun", "PriceError", "Pricing", "PricingOutputs", "PricingRun"];
    assert_eq!(items, expected.map(|name| format!("struct.{name}.html")));
}

#[test]
fn signatures_are_those_that_a_person_would_write() {
    let pricing = text_of("struct.Pricing.html");
    assert!(pricing.contains("pub async fn total(&self) -> Result<u64, PriceError>"), "{pricing}");
    assert!(pricing.contains("pub fn run(&self) -> PricingRun<'_, List>Returns a new run"), "{pricing}");
    let run = text_of("struct.PricingRun.html");
    assert!(run.contains("pub struct PricingRun<'a, List>"), "{run}");
    let excerpt = text_of("struct.Excerpt.html");
    assert!(excerpt.contains("pub async fn first(&self) -> &str"), "{excerpt}");
    assert!(excerpt.contains("pub fn run(&self) -> ExcerptRun<'_, 'b>"), "{excerpt}");
    let outputs = text_of("struct.ExcerptOutputs.html");
    assert!(outputs.contains("pub first: &'a &'a str"), "{outputs}");
}
