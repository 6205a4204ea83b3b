//! What a timeline says of a fixed log of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::{Timeline, TimelineTask};
use crate::error::TaskError;
use crate::observe::observer::{Observer, Outcome, RunEvent, TaskEvent};

/// A timeline whose clock is set by hand, in microseconds.
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

fn event<'e>(id: u64, name: &'e str, inputs: &'e [u64], attempt: u32) -> TaskEvent<'e> {
    TaskEvent::new(id, name, inputs, attempt)
}

/// A quote for a shopping cart, in which the coupon takes three attempts; the clock does not begin at 0.
fn checkout() -> Timeline {
    let staged = Staged::new();
    let [user, rates, cart] = [event(0, "user", &[], 1), event(1, "rates", &[], 1), event(2, "cart", &[0], 1)];
    let coupon = [1, 2, 3].map(|attempt| event(3, "coupon", &[0], attempt));
    let [price, quote] = [event(4, "price", &[2, 3], 1), event(5, "quote", &[0, 1, 4], 1)];
    let failed = Outcome::Failed(TaskError::new("coupon", "503 <busy>".into()));
    staged.at(1_000).started(&user);
    staged.at(1_040).started(&rates);
    staged.at(13_300).finished(&user, &Outcome::Done);
    staged.at(13_320).started(&cart);
    staged.at(13_330).started(&coupon[0]);
    staged.at(19_100).finished(&coupon[0], &failed);
    staged.at(22_000).finished(&rates, &Outcome::Done);
    staged.at(24_200).started(&coupon[1]);
    staged.at(27_900).finished(&coupon[1], &failed);
    staged.at(31_000).finished(&cart, &Outcome::Done);
    staged.at(36_500).started(&coupon[2]);
    staged.at(43_400).finished(&coupon[2], &Outcome::Done);
    staged.at(43_410).started(&price);
    staged.at(43_430).finished(&price, &Outcome::Done);
    staged.at(43_440).started(&quote);
    staged.at(48_500).finished(&quote, &Outcome::Done);
    staged.timeline
}

const CHECKOUT: &str = "\
● user   ████████████████                                                   12.3 ms done
  rates  ████████████████████████████                                       21.0 ms done
  cart                   ████████████████████████                           17.7 ms done
● coupon                 ▒▒▒▒▒▒▒▒       ▒▒▒▒▒           █████████           16.4 ms done, 3 attempts
● price                                                          █          20.0 µs done
● quote                                                          ███████     5.1 ms done
47.5 ms for 72.4 ms of work: 1.5 at once; ● critical path";

#[test]
fn the_text_is_a_chart_as_wide_as_it_is_told_to_be() {
    let timeline = checkout();
    assert_eq!(format!("{timeline:100}"), CHECKOUT);
    let narrow = format!("{timeline:50}");
    let lines: Vec<&str> = narrow.lines().collect();
    assert_eq!(lines[2], "  cart      █████         17.7 ms done");
    assert_eq!(lines[3], "● coupon    ▒▒ ▒   ██     16.4 ms done, 3 attempts");
}

#[test]
fn the_chain_that_decided_the_end_goes_from_input_to_input() {
    let timeline = checkout();
    let path: Vec<String> = timeline.critical_path().iter().map(|task| task.name().to_owned()).collect();
    assert_eq!(path, ["user", "coupon", "price", "quote"]);
    assert_eq!(timeline.wall_time(), Duration::from_micros(47_500));
    assert_eq!(
        timeline.total_work(),
        Duration::from_micros(12_300 + 20_960 + 17_680 + 5_770 + 3_700 + 6_900 + 20 + 5_060)
    );
    assert!((timeline.parallelism() - 72.39 / 47.5).abs() < 1e-9);
}

#[test]
fn a_task_that_was_cancelled_did_not_decide_the_end() {
    let staged = Staged::new();
    let (fails, slow) = (event(0, "fails", &[], 1), event(1, "slow", &[], 1));
    staged.at(0).started(&fails);
    staged.at(0).started(&slow);
    staged.at(5).finished(&fails, &Outcome::Failed(TaskError::new("fails", "no".into())));
    let last = |timeline: &Timeline| timeline.critical_path().pop().map(|task| task.name().to_owned());
    assert_eq!(last(staged.at(9)).as_deref(), Some("slow"), "while it is under way, the end waits for it");
    staged.at(9).finished(&slow, &Outcome::Cancelled);
    assert_eq!(last(&staged.timeline).as_deref(), Some("fails"));
}

#[test]
fn a_task_has_its_attempts_with_their_times_and_outcomes() {
    let tasks = checkout().tasks();
    let coupon = tasks.iter().find(|task| task.name() == "coupon").unwrap();
    let attempts = coupon.attempts().iter();
    let attempts = attempts.map(|it| (it.number(), it.started().as_micros(), it.ended().unwrap().as_micros()));
    assert_eq!(attempts.collect::<Vec<_>>(), [(1, 12_330, 18_100), (2, 23_200, 26_900), (3, 35_500, 42_400)]);
    assert!(matches!(coupon.attempts()[0].outcome(), Some(Outcome::Failed(error)) if error.task() == "coupon"));
    assert!(matches!(coupon.outcome(), Some(Outcome::Done)));
    assert_eq!((coupon.id(), coupon.inputs()), (3, &[0][..]));
    assert_eq!(
        (coupon.started(), coupon.ended()),
        (Some(Duration::from_micros(12_330)), Some(Duration::from_micros(42_400)))
    );
}

/// A run of which `fetch` fails, with a task of each outcome; it is read while one is under way.
fn mixed() -> Timeline {
    let staged = Staged::new();
    let names = ["fetch", "slow", "drop", "panic", "after", "made"];
    let [fetch, slow, dropped, panics, after, made]: [TaskEvent<'_>; 6] =
        std::array::from_fn(|id| event(id as u64, names[id], if id == 4 { &[0, 77] } else { &[] }, 1));
    staged.at(0).made(&made);
    for task in [&fetch, &slow, &dropped, &panics] {
        staged.at(0).started(task);
    }
    staged.at(2_000_000).finished(&fetch, &Outcome::Failed(TaskError::new("fetch", "no <network> & \"co\"".into())));
    staged.at(2_000_000).finished(&after, &Outcome::Skipped { because: "fetch" });
    staged.at(3_000_000).finished(&dropped, &Outcome::Cancelled);
    staged.at(4_000_000).finished(&panics, &Outcome::Panicked);
    staged.at(8_000_000);
    staged.timeline
}

#[test]
fn each_outcome_has_its_word_and_what_is_under_way_lasts_until_now() {
    let expected = "\
  made                    waiting
  fetch  ▒▒▒▒▒  2000.0 ms failed: no <network> & \"co\"
● slow   ░░░░░░░░░░░░░░░░░░░░  8000.0 ms under way
  drop   ▒▒▒▒▒▒▒▒  3000.0 ms cancelled
  panic  ▒▒▒▒▒▒▒▒▒▒  4000.0 ms panicked
  after                   skipped because of fetch
8000.0 ms for 17000.0 ms of work: 2.1 at once; ● critical path";
    let text = format!("{:67}", mixed());
    let squeezed = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(squeezed(&text), squeezed(expected), "{text}");
}

#[test]
fn a_task_that_runs_anew_is_skipped_no_more_and_keeps_its_attempts() {
    let staged = Staged::new();
    let (task, later) = (event(0, "task", &[], 1), event(1, "later", &[0], 1));
    for outcome in [Outcome::Failed(TaskError::new("task", "no".into())), Outcome::Done] {
        staged.at(1).started(&task);
        staged.at(2).finished(&task, &outcome);
        if let Outcome::Failed(_) = outcome {
            staged.at(2).finished(&later, &Outcome::Skipped { because: "task" });
        }
    }
    let skipped = staged.timeline.tasks();
    assert!(matches!(skipped[1].outcome(), Some(Outcome::Skipped { because: "task" })));
    assert_eq!((skipped[1].started(), skipped[1].ended(), skipped[0].attempts().len()), (None, None, 2));
    staged.at(3).started(&later);
    assert!(staged.timeline.tasks()[1].outcome().is_none());
    staged.at(4).finished(&later, &Outcome::Done);
    assert!(matches!(staged.timeline.tasks()[1].outcome(), Some(Outcome::Done)));
}

#[test]
fn a_server_timing_names_the_costliest_first() {
    let value = checkout().server_timing();
    assert_eq!(
        value,
        "rates;dur=20.960, cart;dur=17.680, coupon;dur=16.370, user;dur=12.300, quote;dur=5.060, price;dur=0.020"
    );
    let staged = Staged::new();
    let odd = event(0, "größe, \r\n\"x\"", &[], 1);
    staged.at(0).started(&odd);
    staged.at(1_500).finished(&odd, &Outcome::Done);
    assert_eq!(staged.timeline.server_timing(), "gr__e_____x_;dur=1.500");
}

#[test]
fn before_anything_happens_there_is_nothing_to_see() {
    let timeline = Timeline::default();
    assert_eq!(timeline.to_string(), "nothing has happened");
    assert!(timeline.tasks().is_empty() && timeline.critical_path().is_empty());
    assert_eq!((timeline.wall_time(), timeline.parallelism().to_bits()), (Duration::ZERO, 0));
    for svg in [timeline.to_svg(), timeline.to_html()] {
        assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
    }
    assert!(timeline.to_chrome_trace().contains("traceEvents"));
}

#[test]
fn events_that_belong_to_nothing_break_nothing() {
    let staged = Staged::new();
    // Two runs that were given one timeline tell of the same ids, and may contradict each other.
    let (one, other) = (event(0, "one", &[1], 1), event(1, "other", &[0], 7));
    staged.at(1).finished(&one, &Outcome::Done);
    staged.at(1).finished(&other, &Outcome::Cancelled);
    staged.at(2).started(&other);
    staged.at(2).started(&one);
    staged.at(2).finished(&event(0, "one", &[1], 9), &Outcome::Done);
    assert_eq!(staged.timeline.critical_path().len(), 2);
    for text in [staged.timeline.to_string(), staged.timeline.to_html(), staged.timeline.to_chrome_trace()] {
        assert!(text.contains("one") && text.contains("other"));
    }
}

#[test]
fn threads_may_tell_and_read_at_once() {
    let timeline = Timeline::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let timeline = timeline.clone();
            scope.spawn(move || {
                for id in thread * 100..thread * 100 + 100 {
                    timeline.started(&event(id, "task", &[], 1));
                    assert!(timeline.tasks().iter().any(|task| task.id() == id));
                    timeline.finished(&event(id, "task", &[], 1), &Outcome::Done);
                }
            });
        }
    });
    let tasks = timeline.tasks();
    assert_eq!(tasks.len(), 400);
    assert!(tasks.iter().all(|task| task.attempts().len() == 1 && task.started() <= task.ended()));
    let starts: Vec<_> = tasks.iter().map(TimelineTask::started).collect();
    assert!(starts.is_sorted(), "the order of the events is that of their times");
}

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
    assert!(staged.timeline.to_string().contains("timed out"));
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
    assert!(page.contains("<h1><code>Pipeline:<wbr>:<wbr>write</code> failed</h1>"), "{page}");
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
    assert!(text.contains(" a_name_that_is_much_longer_than… "), "{text}");
    assert!(text.contains(" 数量数量数量数量数量数量数量数… "), "{text}");
}

fn trace(timeline: &Timeline) -> Vec<Value> {
    let trace: Value = serde_json::from_str(&timeline.to_chrome_trace()).unwrap();
    trace["traceEvents"].as_array().unwrap().clone()
}

fn of_phase<'t>(trace: &'t [Value], phase: &str) -> Vec<&'t Value> {
    trace.iter().filter(|event| event["ph"] == phase).collect()
}

#[test]
fn the_trace_has_a_complete_event_an_attempt_with_what_the_log_says() {
    let timeline = checkout();
    let trace = trace(&timeline);
    let slices = of_phase(&trace, "X");
    let tasks = timeline.tasks();
    let attempts = tasks.iter().flat_map(|task| task.attempts().iter().map(move |attempt| (task, attempt)));
    let attempts: Vec<_> = attempts.collect();
    assert_eq!(slices.len(), attempts.len());
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    for (slice, (task, attempt)) in slices.into_iter().zip(attempts) {
        assert_eq!((slice["name"].as_str(), slice["pid"].as_u64()), (Some(task.name()), Some(1)));
        assert!((slice["ts"].as_f64().unwrap() - micros(attempt.started())).abs() < 1e-3);
        let length = attempt.ended().unwrap().saturating_sub(attempt.started());
        assert!((slice["dur"].as_f64().unwrap() - micros(length)).abs() < 1e-3);
        let said = &slice["args"];
        assert_eq!((said["id"].as_u64(), said["attempt"].as_u64()), (Some(task.id()), Some(attempt.number().into())));
        let inputs: Vec<u64> = said["inputs"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        assert_eq!(inputs, task.inputs());
        let reason = if said["outcome"] == "failed" { Value::from("503 <busy>") } else { Value::Null };
        assert_eq!(said.get("reason").cloned().unwrap_or_default(), reason);
    }
}

#[test]
fn slices_of_a_lane_do_not_overlap_and_arrows_begin_and_end_in_slices() {
    for timeline in [checkout(), mixed()] {
        let trace = trace(&timeline);
        let place = |event: &Value| (event["tid"].as_u64().unwrap(), event["ts"].as_f64().unwrap());
        let mut slices: Vec<(u64, f64, f64)> = of_phase(&trace, "X")
            .into_iter()
            .map(|slice| (place(slice).0, place(slice).1, slice["dur"].as_f64().unwrap()))
            .collect();
        slices.sort_by(|one, other| one.partial_cmp(other).unwrap());
        for pair in slices.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            assert!(pair[0].1 + pair[0].2 <= pair[1].1 + 1e-6, "{pair:?}");
        }
        let is_in_a_slice = |event: &Value| {
            let (lane, at) = place(event);
            slices.iter().any(|&(other, start, length)| other == lane && start <= at && at <= start + length + 1e-6)
        };
        let (starts, ends) = (of_phase(&trace, "s"), of_phase(&trace, "f"));
        assert_eq!(starts.len(), ends.len());
        for (start, end) in starts.into_iter().zip(ends) {
            assert_eq!((&start["id"], &start["name"], &start["cat"]), (&end["id"], &end["name"], &end["cat"]));
            assert_eq!(end["bp"], "e", "it ends in the slice that begins there");
            assert!(place(start).1 <= place(end).1 && is_in_a_slice(start) && is_in_a_slice(end), "{start} {end}");
        }
    }
    let trace = trace(&checkout());
    let pairs = of_phase(&trace, "s").into_iter().map(|start| start["id"].as_str().unwrap());
    assert_eq!(pairs.collect::<Vec<_>>(), ["0-2", "0-3", "2-4", "3-4", "0-5", "1-5", "4-5"]);
}

#[test]
fn text_in_a_trace_is_escaped() {
    let staged = Staged::new();
    staged.at(1).started(&event(0, "\"a\\b\"\n\u{7}é", &[], 1));
    let trace = trace(&staged.timeline);
    assert_eq!(of_phase(&trace, "X")[0]["name"], "\"a\\b\"\n\u{7}é");
    assert_eq!(of_phase(&trace, "M")[0]["args"]["name"], "run");
}
