//! The page of a profile.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use adagio::{Observer, Outcome, Profile, RunEvent, TaskEvent};
use serde::Deserialize;

use crate::chromium::open;
use crate::picture::Picture;

#[derive(Deserialize)]
struct Page {
    graph: Picture,
    /// The names in the first column: at the beginning, after a click on the head of a column, and after a second
    /// click.
    ranked: Vec<String>,
    by_name: Vec<String>,
    by_median: Vec<String>,
    /// The description of the column for a screen reader.
    sorts: String,
}

const ASK: &str = "(() => {
    const names = () => [...document.querySelectorAll('tbody tr')].map((row) => row.cells[0].textContent);
    const click = (column) => document.querySelectorAll('th button')[column].click();
    const graph = probe('.picture');
    const ranked = names();
    click(0);
    const by_name = names();
    click(2);
    click(2);
    const sorts = document.querySelectorAll('th')[2].getAttribute('aria-sort');
    return { graph, ranked, by_name, by_median: names(), sorts };
})()";

/// Ten runs: `user` in 10 ms, then `cart` in 30 and `coupon` in 6 to 24, then `quote` in 5.
fn profile() -> Profile {
    let clock = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&clock);
    let profile = Profile::with_clock(move || Duration::from_millis(read.load(Ordering::Relaxed)));
    for run in 1..=10 {
        let observer = profile.of_run(&RunEvent::new(None)).unwrap();
        let at = |time| clock.store(time, Ordering::Relaxed);
        let [user, cart] = [TaskEvent::new(0, "user", &[], 1), TaskEvent::new(1, "cart", &[0], 1)];
        let [coupon, quote] = [TaskEvent::new(2, "coupon", &[0], 1), TaskEvent::new(3, "quote", &[1, 2], 1)];
        at(0);
        observer.started(&user);
        at(10);
        observer.finished(&user, &Outcome::Done);
        observer.started(&cart);
        observer.started(&coupon);
        at(14 + 2 * run);
        observer.finished(&coupon, &Outcome::Done);
        at(40);
        observer.finished(&cart, &Outcome::Done);
        observer.started(&quote);
        at(45);
        observer.finished(&quote, &Outcome::Done);
    }
    profile
}

#[test]
fn the_page_of_a_profile_has_its_graph_and_a_table_that_sorts() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("profile.html");
    fs::write(&path, profile().to_html()).unwrap();
    let Some(opened) = open(&path, ASK) else { return };
    assert!(opened.console().is_empty(), "{:?}", opened.console());
    let page: Page = opened.said();
    assert_eq!(page.graph.names(), ["user", "cart", "coupon", "quote"]);
    page.graph.assert_that_nothing_overlaps();
    assert_eq!(page.ranked, ["cart", "user", "quote", "coupon"]);
    assert_eq!(page.by_name, ["cart", "coupon", "quote", "user"]);
    assert_eq!(
        (page.by_median, page.sorts.as_str()),
        (vec!["quote", "user", "coupon", "cart"].into_iter().map(str::to_owned).collect::<Vec<_>>(), "ascending")
    );
}

/// Returns how wide the table and its frame are in a window of 700 pixels.
const MEASURE: &str = "(() => {
    document.documentElement.style.width = '700px';
    const frame = document.querySelector('.table');
    return [frame.scrollWidth, frame.clientWidth];
})()";

#[test]
fn the_table_of_a_profile_fits_a_window_of_700_pixels() {
    let clock = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&clock);
    let profile = Profile::with_clock(move || Duration::from_micros(read.load(Ordering::Relaxed)));
    let names = ["recommendations_for_returning_customers", "pricing.net_total_of_all_shopping_carts"];
    for _ in 0..2_000 {
        let observer = profile.of_run(&RunEvent::new(None)).unwrap();
        let tasks = [TaskEvent::new(0, names[0], &[], 1), TaskEvent::new(1, names[1], &[0], 1)];
        for (at, task) in tasks.iter().enumerate() {
            clock.store(600_000 * at as u64 / 2, Ordering::Relaxed);
            observer.started(task);
            clock.fetch_add(255_500, Ordering::Relaxed);
            observer.finished(task, &Outcome::Panicked);
            observer.started(task);
            observer.finished(task, &Outcome::Done);
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wide-profile.html");
    fs::write(&path, profile.to_html()).unwrap();
    let Some(opened) = open(&path, MEASURE) else { return };
    let [table, frame]: [u32; 2] = opened.said();
    assert!(table <= frame && (600..700).contains(&frame), "{table} in {frame}");
}
