//! The page of a timeline.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use adagio::{Observer, Outcome, TaskEvent, Timeline};
use serde::Deserialize;

use crate::chromium::{Opened, open};
use crate::picture::Picture;

#[derive(Deserialize)]
struct Page {
    graph: Option<Picture>,
    timeline: Picture,
    /// The cells of the table, without its head.
    table: Vec<Vec<String>>,
    critical_path: String,
    /// How many elements have an address somewhere else.
    outside: usize,
}

const ASK: &str = "{
    graph: document.querySelector('#graph') && probe('#graph'),
    timeline: probe('#timeline'),
    table: [...document.querySelectorAll('#tasks tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)),
    critical_path: document.querySelector('#critical-path').textContent,
    outside: document.querySelectorAll('[src], [href^=http], link:not([href^=\"data:\"])').length,
}";

fn open_page(name: &str, timeline: &Timeline) -> Option<Opened> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, timeline.to_html()).unwrap();
    open(&path, ASK)
}

/// A timeline with a clock that is set by hand, in microseconds.
struct Staged {
    clock: Arc<AtomicU64>,
    timeline: Timeline,
}

impl Staged {
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&clock);
        let timeline = Timeline::with_clock(move || Duration::from_micros(read.load(Ordering::Relaxed)));
        Self { clock, timeline }
    }

    fn at(&self, micros: u64) -> &Timeline {
        self.clock.store(micros, Ordering::Relaxed);
        &self.timeline
    }
}

#[test]
fn the_page_of_a_run_shows_its_graph_its_chart_and_a_table() {
    let staged = Staged::new();
    let [user, cart, mail] = [
        TaskEvent::new(7, "user", &[], 1),
        TaskEvent::new(8, "pricing.<cart>", &[7], 1),
        TaskEvent::new(9, "mail", &[7], 1),
    ];
    let again = TaskEvent::new(8, "pricing.<cart>", &[7], 2);
    let page = TaskEvent::new(10, "page", &[8], 1);
    staged.at(0).started(&user);
    staged.at(10_000).finished(&user, &Outcome::Done);
    staged.at(10_000).started(&cart);
    staged.at(10_000).started(&mail);
    staged.at(20_000).finished(&cart, &Outcome::Cancelled);
    staged.at(30_000).started(&again);
    staged.at(60_000).finished(&again, &Outcome::Panicked);
    staged.at(60_000).finished(&page, &Outcome::Skipped { because: "pricing.<cart>" });
    let Some(opened) = open_page("report.html", staged.at(50_000)) else { return };
    assert!(opened.console().is_empty(), "{:?}", opened.console());
    let page: Page = opened.said();
    let graph = page.graph.expect("a graph of four tasks is drawn");
    assert_eq!(graph.names(), ["user", "pricing.<cart>", "mail", "page"]);
    assert!(graph.nodes.iter().all(|node| node.link_leads_to.starts_with(&node.name)));
    assert_eq!(graph.group_names(), ["pricing"]);
    graph.assert_that_groups_hold_their_nodes();
    graph.assert_that_nothing_overlaps();
    page.timeline.assert_that_rows_are_apart();
    let bars: Vec<usize> = page.timeline.rows.iter().map(|row| row.bars.len()).collect();
    assert_eq!(bars, [1, 2, 1, 0]);
    let table: Vec<[&str; 5]> = page.table.iter().map(|row| std::array::from_fn(|cell| row[cell].as_str())).collect();
    assert_eq!(
        table,
        [
            ["mail", "under way", "1", "10.0 ms", "50.0 ms"],
            ["pricing.<cart>", "panicked", "2", "10.0 ms", "40.0 ms"],
            ["user", "done", "1", "0 ms", "10.0 ms"],
            ["page", "skipped because of pricing.<cart>", "0", "", "0 ms"],
        ]
    );
    assert_eq!(page.critical_path, "user 10.0 ms → mail 50.0 ms");
    assert_eq!(page.outside, 0, "the page needs nothing from elsewhere");
}

#[test]
fn the_page_of_ten_thousand_tasks_opens() {
    let staged = Staged::new();
    for id in 0..10_000 {
        let inputs: &[u64] = if id == 0 { &[] } else { &[id / 2] };
        let event = TaskEvent::new(id, "fetch", inputs, 1);
        staged.at(id).started(&event);
        staged.at(id + 10).finished(&event, &Outcome::Done);
    }
    let Some(opened) = open_page("large-report.html", &staged.timeline) else { return };
    assert!(opened.console().is_empty(), "{:?}", opened.console());
    let page: Page = opened.said();
    assert_eq!(page.table.len(), page.timeline.rows.len());
    assert!(page.table.last().unwrap()[0].starts_with("fetch × 9,9"), "the rest is folded");
    assert!(page.timeline.rows.iter().all(|row| row.bars.len() == 1));
    page.graph.expect("tasks of one name are one box").assert_that_nothing_overlaps();
    page.timeline.assert_that_rows_are_apart();
}
