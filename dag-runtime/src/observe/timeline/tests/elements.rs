//! What the reports say of a task that runs once for each element of a collection.

use super::*;

/// A run in which eight of 300 pages are under way at once, and the one before the last takes long.
fn site() -> Timeline {
    let staged = Staged::new();
    staged.at(0).started(&event(0, "ids", &[], 1));
    staged.at(1).finished(&event(0, "ids", &[], 1), &Outcome::Done);
    let pages = event(1, "pages", &[0], 1);
    staged.at(1).started(&pages);
    let mut ends: Vec<(u64, usize)> = Vec::new();
    let page = |index: usize, end: Option<u64>| {
        let name = format!("pages[{index}]");
        let page = event(100 + index as u64, &name, &[0], 1).of_function("pages").of_element(index).made_by(1);
        match end {
            None => staged.timeline.started(&page),
            Some(end) => staged.at(end).finished(&page, &Outcome::Done),
        }
    };
    for index in 0..300 {
        if ends.len() == 8 {
            ends.sort_unstable();
            let (end, first) = ends.remove(0);
            page(first, Some(end));
        }
        page(index, None);
        let now = u64::try_from((staged.timeline.clock)().as_micros()).unwrap();
        ends.push((now + if index == 298 { 90 } else { 10 + index as u64 % 3 }, index));
    }
    ends.sort_unstable();
    for (end, index) in ends {
        page(index, Some(end));
    }
    staged.timeline.finished(&pages, &Outcome::Done);
    let total = event(2, "total", &[1], 1);
    staged.timeline.started(&total);
    let now = u64::try_from((staged.timeline.clock)().as_micros()).unwrap();
    staged.at(now + 5).finished(&total, &Outcome::Done);
    staged.timeline
}

#[test]
fn elements_that_do_not_fit_are_folded() {
    let timeline = site();
    assert_eq!(timeline.tasks().len(), 303);
    let text = format!("{timeline:100}");
    assert_eq!(text, include_str!("elements.txt").trim_end());
    let page = timeline.to_html();
    assert!(page.contains("pages × 295, 8 at once"), "{page}");
    assert!(timeline.to_svg().contains("pages × 295, 8 at once"));
    assert!(!timeline.server_timing().contains('['));
}

#[test]
fn the_critical_path_names_the_element_that_decided() {
    let timeline = site();
    let path: Vec<_> = timeline.critical_path().iter().map(|task| task.name().to_owned()).collect();
    assert_eq!(path, ["ids", "pages[298]", "total"]);
    // The elements are the work of their task.
    assert!(timeline.parallelism() > 4.0 && timeline.parallelism() <= 8.0, "{}", timeline.parallelism());
    let page = timeline.to_html();
    assert_eq!(page.matches("<path class=\"stack\"").count(), 1);
    assert_eq!(page.matches("<path class=\"marked\"").count(), 2);
}

#[test]
fn a_failure_names_its_element_and_a_caught_one_is_not_that_of_the_run() {
    let staged = Staged::new();
    let failed = |index| {
        let source = crate::error::at_index(index, "503".into());
        Outcome::Failed(TaskError::new("pages", source))
    };
    let pages = event(0, "pages", &[], 1);
    let page = event(10, "pages[3]", &[], 1).of_function("pages").of_element(3).made_by(0);
    let other = event(11, "pages[4]", &[], 1).of_function("pages").of_element(4).made_by(0);
    staged.at(0).started(&pages);
    staged.at(0).started(&page);
    staged.at(0).started(&other);
    staged.at(5).finished(&page, &failed(3));
    staged.at(5).finished(&other, &Outcome::Cancelled);
    staged.at(5).finished(&pages, &failed(3));
    let path: Vec<_> = staged.timeline.critical_path().iter().map(|task| task.name().to_owned()).collect();
    assert_eq!(path, ["pages[3]"]);
    assert!(staged.timeline.to_html().contains("<b>pages</b> failed: element 3: 503</p>"));
    let report = event(1, "report", &[0], 1);
    staged.at(6).started(&report);
    staged.at(7).finished(&report, &Outcome::Done);
    let page = staged.timeline.to_html();
    assert!(!page.contains("role=\"alert\"") && page.contains("(caught by report)"), "{page}");
}
