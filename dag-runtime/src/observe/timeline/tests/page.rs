//! What the reports of many tasks, and the pages, say of a fixed log of events.

use super::*;

/// A run of many tasks of one name, of which every thousandth fails, and one that takes long.
fn crowd(tasks: u64) -> Timeline {
    let staged = Staged::new();
    for id in 0..tasks {
        let outcome =
            if id % 1000 == 999 { Outcome::Failed(TaskError::new("fetch", "503".into())) } else { Outcome::Done };
        let ended = if id == 5 { 10 * tasks } else { id + 500 };
        staged.at(id).started(&event(id, "fetch", &[id / 2], 1));
        staged.at(ended).finished(&event(id, "fetch", &[id / 2], 1), &outcome);
    }
    staged.timeline
}

#[test]
fn of_many_tasks_the_costliest_and_the_failed_are_shown_and_the_rest_is_folded() {
    let timeline = crowd(10_000);
    assert_eq!(timeline.tasks().len(), 10_000);
    let text = format!("{timeline:100}");
    assert!(text.lines().count() < 160, "{text}");
    assert_eq!(text.matches(" failed").count(), 10);
    assert!(text.lines().any(|line| line.starts_with("  fetch × 9")), "{text}");
    let bars = timeline.to_svg().matches("class=\"bar\"").count();
    assert_eq!(bars, text.lines().count() - 1);
    let page = timeline.to_html();
    assert_eq!(page.matches("<tr id=").count(), bars - 1);
    assert!(page.contains("id=\"task-5\"") && page.contains("id=\"task-999\""));
    assert_eq!(timeline.to_chrome_trace().matches("\"ph\":\"X\"").count(), 10_000);
}

#[test]
fn the_page_of_two_hundred_thousand_tasks_is_small() {
    let page = crowd(200_000).to_html();
    assert!(page.len() < 5_000_000, "{}", page.len());
    assert!(page.contains("× 199"));
}

#[test]
fn many_names_are_folded_too() {
    let staged = Staged::new();
    for id in 0..10_000 {
        staged.at(id).started(&event(id, &format!("fetch {id}"), &[], 1));
        staged.at(id).finished(&event(id, &format!("fetch {id}"), &[], 1), &Outcome::Done);
    }
    let text = format!("{:100}", staged.timeline);
    assert!(text.lines().count() < 160 && text.contains("  others × 9"), "{text}");
}

#[test]
fn a_timeline_that_keeps_few_forgets_those_that_ended_first() {
    let staged = Staged::new();
    _ = staged.timeline.clone().keep_last(3);
    let slow = event(0, "slow", &[], 1);
    staged.at(0).started(&slow);
    for id in 1..=10 {
        staged.at(id).started(&event(id, "fetch", &[], 1));
        staged.at(id).finished(&event(id, "fetch", &[], 1), &Outcome::Done);
    }
    let kept = |timeline: &Timeline| timeline.tasks().iter().map(TimelineTask::id).collect::<Vec<_>>();
    assert_eq!(kept(&staged.timeline), [0, 9, 10], "what is under way is kept");
    staged.at(11).finished(&slow, &Outcome::Done);
    staged.at(12).started(&event(11, "fetch", &[], 1));
    staged.at(12).finished(&event(11, "fetch", &[], 1), &Outcome::Done);
    assert_eq!(kept(&staged.timeline), [0, 10, 11]);
    assert!(staged.timeline.to_string().ends_with("; 9 tasks before these are forgotten"));
}

#[test]
fn a_skipped_task_stands_behind_what_it_needs() {
    let staged = Staged::new();
    let [early, mid, page] = [event(0, "early", &[], 1), event(1, "mid", &[], 1), event(2, "page", &[0, 1], 1)];
    staged.at(0).started(&early);
    staged.at(1).finished(&early, &Outcome::Failed(TaskError::new("early", "no".into())));
    staged.at(1).finished(&page, &Outcome::Skipped { because: "early" });
    staged.at(2).started(&mid);
    staged.at(9).finished(&mid, &Outcome::Done);
    let page = staged.timeline.to_html();
    let graph = &page[page.find("id=\"graph\"").unwrap()..page.find("<h2>Timeline").unwrap()];
    assert_eq!(graph.matches("<path class=\"edges\"").count(), 2, "an arrow from each of its inputs");
}

#[test]
fn time_in_which_a_task_waits_for_another_is_no_work() {
    let staged = Staged::new();
    let [outer, inner] = [event(0, "outer", &[], 1), event(1, "inner", &[], 1)];
    staged.at(0).started(&outer);
    staged.at(10_000).paused(&outer);
    staged.at(10_000).started(&inner);
    staged.at(90_000).finished(&inner, &Outcome::Done);
    staged.at(90_000).resumed(&outer);
    staged.at(100_000).finished(&outer, &Outcome::Done);
    let timeline = staged.timeline;
    assert_eq!(timeline.total_work(), Duration::from_millis(100));
    assert_eq!(timeline.tasks()[0].attempts()[0].waited(), Duration::from_millis(80));
    let text = format!("{timeline:44}");
    assert_eq!(text.lines().next().unwrap().split_whitespace().nth(2), Some("██────────────────██"), "{text}");
    assert!(text.contains("100.0 ms for 100.0 ms of work: 1.0 at once"), "{text}");
    let page = timeline.to_html();
    assert!(page.contains("pale: it waits for another task") && page.contains("80.0 ms of it waiting"));
    assert_eq!(page.matches("class=\"work\"").count(), 2);
}

#[test]
fn a_task_that_awaits_many_others_keeps_few_waits() {
    let staged = Staged::new();
    let outer = event(0, "outer", &[], 1);
    staged.at(0).started(&outer);
    for time in 0..10_000 {
        staged.at(20 * time).paused(&outer);
        staged.at(20 * time + 15).resumed(&outer);
    }
    staged.at(200_000).finished(&outer, &Outcome::Done);
    assert_eq!(staged.timeline.tasks()[0].attempts()[0].waits.len(), 1);
}

#[test]
fn a_failure_that_another_task_takes_is_caught_by_it() {
    let staged = Staged::new();
    let [coupon, price] = [event(0, "coupon", &[], 1), event(1, "price", &[0], 1)];
    staged.at(0).started(&coupon);
    staged.at(5).finished(&coupon, &Outcome::Failed(TaskError::new("coupon", "503".into())));
    staged.at(5).started(&price);
    staged.at(6).finished(&price, &Outcome::Done);
    let text = format!("{:100}", staged.timeline);
    assert!(text.contains("failed (caught by price): 503"), "{text}");
    let page = staged.timeline.to_html();
    assert!(page.contains("failed (caught by price)") && page.contains(" is done</h1>"), "a caught failure is no end");
}

#[cfg(feature = "tokio")]
#[test]
fn a_task_that_took_too_long_has_a_word_of_its_own() {
    let staged = Staged::new();
    let slow = event(0, "slow", &[], 1);
    staged.at(0).started(&slow);
    let error = TaskError::new("slow", Box::new(crate::TimedOut { limit: Duration::from_millis(5) }));
    staged.at(5_000).finished(&slow, &Outcome::Failed(error));
    assert!(staged.timeline.to_string().contains("timed out after 5ms"));
    let page = staged.timeline.to_html();
    assert!(page.contains("<b>slow</b> timed out after 5ms</p>"), "{page}");
    assert_eq!(page.matches("timed out timed out").count(), 0);
}

#[test]
fn tasks_of_one_name_and_place_are_one_box_behind_the_one_that_made_them() {
    let staged = Staged::new();
    let crawl = event(0, "crawl", &[], 1);
    staged.at(0).started(&crawl);
    for id in 1..=31 {
        let fetch = event(id, "fetch", &[], 1).made_by(0);
        staged.at(id).made(&fetch);
        staged.at(id).started(&fetch);
        staged.at(40).finished(&fetch, &Outcome::Done);
    }
    staged.at(50).finished(&crawl, &Outcome::Done);
    let page = staged.timeline.to_html();
    assert_eq!(page.matches("class=\"node\"").count(), 2);
    assert!(page.contains("fetch × 31</text>") && page.contains("stroke-dasharray=\"5 4\""));
}

#[test]
fn a_page_without_edges_has_no_graph() {
    let staged = Staged::new();
    staged.at(0).started(&event(0, "one", &[], 1));
    staged.at(0).started(&event(1, "other", &[], 1));
    assert!(!staged.timeline.to_html().contains("<h2>Graph"));
}

#[test]
fn a_page_says_what_ran_and_what_failed_first() {
    let staged = Staged::new();
    let graph = const { &crate::graph::Graph::new("Pipeline", &[]) };
    assert!(staged.timeline.of_run(&RunEvent::new(Some(graph))).is_none());
    let [read, write] = [event(0, "read", &[], 1), event(1, "write", &[0], 1)];
    staged.at(0).started(&read);
    staged.at(5).finished(&read, &Outcome::Failed(TaskError::new("read", "no such file".into())));
    staged.at(5).finished(&write, &Outcome::Skipped { because: "read" });
    let page = staged.timeline.to_html();
    assert!(page.contains("<h1><code>Pipeline::<wbr>write</code> failed</h1>"), "{page}");
    assert!(page.contains("role=\"alert\"><b>read</b> failed: no such file</p>"));
}

#[test]
fn names_are_escaped_on_the_critical_path_and_everywhere_else() {
    let staged = Staged::new();
    let task = event(0, "<a>\u{202e}", &[], 1);
    staged.at(0).started(&task);
    staged.at(5).finished(&task, &Outcome::Done);
    let page = staged.timeline.to_html();
    let path = page.split("id=\"critical-path\">").nth(1).unwrap();
    assert!(path.starts_with("<span>&lt;a&gt;\u{fffd} "), "{path}");
    let texts = [page, staged.timeline.to_svg(), staged.timeline.to_string(), staged.timeline.to_chrome_trace()];
    assert!(texts.iter().all(|text| !text.contains('\u{202e}')));
}

#[test]
fn a_long_name_is_cut_so_that_the_bars_have_room() {
    let staged = Staged::new();
    let names =
        ["a_name_that_is_much_longer_than_any_task_should_have_one", "数量数量数量数量数量数量数量数量数量数量数量"];
    for (id, name) in names.into_iter().enumerate() {
        staged.at(0).started(&event(id as u64, name, &[], 1));
    }
    let text = format!("{:60}", staged.at(5));
    assert!(text.contains(" a_name_that_is_…_should_have_one "), "{text}");
    assert!(text.contains(" 数量数量数量数…数量数量数量数量  "), "{text}");
}
