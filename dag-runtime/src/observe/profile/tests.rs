//! What a profile says of runs of a fixed length.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::Profile;
use crate::error::TaskError;
use crate::graph::Graph;
use crate::observe::observer::{Observer, Outcome, RunEvent, TaskEvent};

/// A profile whose clock is set by hand, in milliseconds.
struct Staged {
    clock: Arc<AtomicU64>,
    profile: Profile,
}

/// When a task of a run starts and ends.
struct Told {
    id: u64,
    name: &'static str,
    inputs: &'static [u64],
    from: u64,
    to: u64,
}

impl Staged {
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&clock);
        let profile = Profile::with_clock(move || Duration::from_millis(read.load(Ordering::Relaxed)));
        Self { clock, profile }
    }

    /// Tells of a run, of which each task ends in that order.
    fn run(&self, tasks: &[Told], outcome: &Outcome) {
        let graph = const { &Graph::new("Checkout", &[]) };
        let recorder = self.profile.of_run(&RunEvent::new(Some(graph))).unwrap();
        let mut events: Vec<(u64, bool, &Told)> = Vec::new();
        for task in tasks {
            events.extend([(task.from, true, task), (task.to, false, task)]);
        }
        events.sort_by_key(|&(time, starts, _)| (time, starts));
        let last = tasks.last().unwrap().id;
        for (time, starts, task) in events {
            self.clock.store(time, Ordering::Relaxed);
            let event = TaskEvent::new(task.id, task.name, task.inputs, 1);
            match (starts, task.id == last) {
                (true, _) => recorder.started(&event),
                (false, true) => recorder.finished(&event, outcome),
                (false, false) => recorder.finished(&event, &Outcome::Done),
            }
        }
    }
}

/// `user` takes 10 ms, then `cart` 30, and beside both `rates` 20; then `quote` 5.
fn checkout() -> [Told; 4] {
    [
        Told { id: 0, name: "user", inputs: &[], from: 0, to: 10 },
        Told { id: 1, name: "rates", inputs: &[], from: 0, to: 20 },
        Told { id: 2, name: "cart", inputs: &[0], from: 10, to: 40 },
        Told { id: 3, name: "quote", inputs: &[1, 2], from: 40, to: 45 },
    ]
}

fn json(profile: &Profile) -> Value {
    serde_json::from_str(&profile.to_json()).unwrap()
}

/// Whether a time in seconds equals a number of milliseconds, within the error of a sketch.
fn is_near(seconds: &Value, millis: f64) -> bool {
    (seconds.as_f64().unwrap() * 1e3 - millis).abs() <= millis * 0.011 + 1e-6
}

#[test]
fn the_table_has_what_decides_most_first() {
    let staged = Staged::new();
    (0..100).for_each(|_| staged.run(&checkout(), &Outcome::Done));
    let text = staged.profile.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Checkout::quote: 100 runs, 0 failed, p50 4"), "{text}");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[2])[..3], ["cart", "100", "%"]);
    assert_eq!(words(lines[5])[..3], ["rates", "0", "%"]);
    // With `cart` in 15 ms, `quote` starts after 25.
    assert!(lines[2].ends_with("the call: p99 -15.0 ms"), "{text}");
    assert!(lines[5].ends_with("  no change"), "{text}");
}

#[test]
fn a_task_is_on_the_path_from_the_end_of_its_last_input_to_its_own() {
    let staged = Staged::new();
    staged.run(&checkout(), &Outcome::Done);
    let json = json(&staged.profile);
    let block = &json[0];
    assert_eq!((block["graph"].as_str(), block["goal"].as_str()), (Some("Checkout"), Some("quote")));
    assert!(is_near(&block["took"]["p50"], 45.0));
    let own: Vec<(&str, u64)> = block["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| (task["name"].as_str().unwrap(), task["on_path"].as_u64().unwrap()))
        .collect();
    assert_eq!(own, [("cart", 1), ("user", 1), ("quote", 1), ("rates", 0)]);
    assert!(is_near(&block["tasks"][0]["self"]["sum"], 30.0));
    assert!(is_near(&block["tasks"][0]["saved_if_twice_as_fast"], 15.0));
}

#[test]
fn no_quantile_of_the_self_time_is_above_that_of_the_time() {
    let staged = Staged::new();
    (0..199).for_each(|_| staged.run(&checkout(), &Outcome::Done));
    // Once, `rates` is late and on the path.
    let mut late = checkout();
    (late[1].to, late[3].from, late[3].to) = (90, 90, 95);
    staged.run(&late, &Outcome::Done);
    let json = json(&staged.profile);
    let rates = json[0]["tasks"].as_array().unwrap().iter().find(|task| task["name"] == "rates").unwrap();
    assert_eq!((rates["count"].as_u64(), rates["on_path"].as_u64()), (Some(200), Some(1)));
    assert!(is_near(&rates["took"]["p99"], 20.0));
    assert!(is_near(&rates["self"]["p99"], 0.0) && is_near(&rates["self"]["sum"], 90.0), "{rates}");
}

#[test]
fn tasks_that_have_names_of_their_own_count_by_their_function() {
    let staged = Staged::new();
    for run in 0..2 {
        let recorder = staged.profile.of_run(&RunEvent::new(None)).unwrap();
        for id in 0..3 {
            let name = format!("fetch /{run}/{id}");
            let event = TaskEvent::new(id, &name, &[], 1).of_function("fetch");
            recorder.made(&event);
            recorder.started(&event);
            recorder.finished(&event, &Outcome::Done);
        }
    }
    let json = json(&staged.profile);
    let names: Vec<&str> =
        json[0]["tasks"].as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["fetch"]);
}

#[test]
fn the_page_has_a_box_around_an_inner_graph_and_breaks_long_names() {
    let staged = Staged::new();
    let tasks = [
        Told { id: 0, name: "pricing", inputs: &[], from: 0, to: 1 },
        Told { id: 1, name: "pricing.net_total", inputs: &[0], from: 1, to: 9 },
        Told { id: 2, name: "quote", inputs: &[1], from: 9, to: 12 },
    ];
    staged.run(&tasks, &Outcome::Done);
    let page = staged.profile.to_html();
    for part in [
        "<g class=\"group\">",
        "data-name=\"pricing.net_total\"",
        ">net_total</text>",
        "pricing.<wbr>net_<wbr>total</td>",
    ] {
        assert_eq!(page.matches(part).count(), 1, "{part}: {page}");
    }
}

#[test]
fn what_if_finds_the_other_way_that_then_decides() {
    let staged = Staged::new();
    let mut tasks = checkout();
    tasks[1].to = 38;
    staged.run(&tasks, &Outcome::Done);
    // `cart` would be there after 25 ms, but `rates` only after 38.
    assert!(is_near(&json(&staged.profile)[0]["tasks"][0]["saved_if_twice_as_fast"], 2.0));
}

#[test]
fn failures_and_runs_that_were_dropped_are_counted_apart() {
    let staged = Staged::new();
    staged.run(&checkout(), &Outcome::Failed(TaskError::new("quote", "503".into())));
    staged.run(&checkout()[..3], &Outcome::Cancelled);
    let json = json(&staged.profile);
    assert_eq!((json[0]["runs"].as_u64(), json[0]["failed"].as_u64()), (Some(1), Some(1)));
    assert_eq!((json[1]["goal"].as_str(), json[1]["runs"].as_u64()), (Some("(dropped)"), Some(1)));
    let quote = json[0]["tasks"].as_array().unwrap().iter().find(|task| task["name"] == "quote").unwrap();
    assert_eq!(quote["failures"], 1);
}

#[test]
fn a_task_that_nobody_waited_for_is_dropped_without_a_trace_in_the_times() {
    let staged = Staged::new();
    // `rates` is lazy: `quote` gave up waiting, and `rates` was dropped with the run.
    let tasks = [
        Told { id: 1, name: "quote", inputs: &[0], from: 0, to: 20 },
        Told { id: 0, name: "rates", inputs: &[], from: 5, to: 60 },
    ];
    staged.run(&tasks, &Outcome::Cancelled);
    let json = json(&staged.profile);
    assert_eq!((json[0]["goal"].as_str(), json[0]["runs"].as_u64()), (Some("quote"), Some(1)));
    assert!(is_near(&json[0]["took"]["p50"], 20.0));
    let counts = |task: usize| (json[0]["tasks"][task]["on_path"].as_u64(), json[0]["tasks"][task]["count"].as_u64());
    assert_eq!([counts(0), counts(1)], [(Some(1), Some(1)), (Some(0), Some(0))]);
}

#[test]
fn merged_profiles_say_what_one_of_all_runs_says() {
    let (one, other, both) = (Staged::new(), Staged::new(), Staged::new());
    for (staged, end) in [(&one, 45), (&other, 60), (&other, 80)] {
        let mut tasks = checkout();
        tasks[3].to = end;
        staged.run(&tasks, &Outcome::Done);
        both.run(&tasks, &Outcome::Done);
    }
    one.profile.merge(&other.profile);
    one.profile.merge(&one.profile);
    assert_eq!(one.profile.to_json(), both.profile.to_json());
}

#[test]
fn waits_for_slots_and_for_others_are_apart() {
    let staged = Staged::new();
    let recorder = staged.profile.of_run(&RunEvent::new(None)).unwrap();
    let at = |time| staged.clock.store(time, Ordering::Relaxed);
    let (first, outer) = (TaskEvent::new(0, "first", &[], 1), TaskEvent::new(1, "outer", &[0], 1));
    at(0);
    recorder.started(&first);
    at(10);
    recorder.finished(&first, &Outcome::Done);
    at(17);
    recorder.started(&outer);
    at(20);
    recorder.paused(&outer);
    at(50);
    recorder.resumed(&outer);
    at(60);
    recorder.finished(&outer, &Outcome::Done);
    drop(recorder);
    let json = json(&staged.profile);
    let outer = &json[0]["tasks"][0];
    assert_eq!((json[0]["graph"].as_str(), outer["name"].as_str()), (Some("scope"), Some("outer")));
    assert!(is_near(&outer["waited_for_slot"], 7.0) && is_near(&outer["paused"], 30.0));
    assert!(is_near(&outer["took"]["sum"], 43.0) && is_near(&outer["self"]["sum"], 43.0), "{outer}");
}

#[test]
fn names_without_number_are_counted_as_others() {
    let staged = Staged::new();
    let recorder = staged.profile.of_run(&RunEvent::new(None)).unwrap();
    for id in 0..10_000 {
        let name = format!("fetch {id}");
        recorder.started(&TaskEvent::new(id, &name, &[], 1));
        recorder.finished(&TaskEvent::new(id, &name, &[], 1), &Outcome::Done);
    }
    drop(recorder);
    let json = json(&staged.profile);
    let tasks = json[0]["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 201);
    let others = tasks.iter().find(|task| task["name"] == "(others)").unwrap();
    assert_eq!(others["count"], 9_800);
}

#[test]
fn the_page_has_edges_as_thick_as_they_are_critical() {
    let staged = Staged::new();
    staged.run(&checkout(), &Outcome::Done);
    let page = staged.profile.to_html();
    assert_eq!(page.matches("stroke-width=\"8\"").count(), 2, "user to cart, cart to quote");
    assert_eq!(page.matches("<path class=\"edges\" stroke-width=\"1\"").count(), 1, "rates to quote");
    assert!(Profile::new().to_html().contains("No run has ended."));
}

/// Metrics whose recorder reads the profile each time it is told something.
#[cfg(feature = "metrics")]
mod meters {
    use std::sync::Mutex;

    use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

    use super::*;

    #[derive(Clone)]
    struct Curious {
        /// Taken away at the end: the profile keeps the histograms, and they keep this.
        profile: Arc<Mutex<Option<Profile>>>,
        seen: Arc<Mutex<Vec<String>>>,
    }

    impl Curious {
        fn profile(&self) -> Profile {
            self.profile.lock().unwrap().clone().unwrap()
        }
    }

    impl HistogramFn for Curious {
        fn record(&self, _: f64) {
            let text = self.profile().to_string();
            self.seen.lock().unwrap().push(text.lines().next().unwrap().to_owned());
        }
    }

    impl Recorder for Curious {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            _ = self.profile().to_json();
            if key.name() == "adagio_run_seconds" {
                Histogram::from_arc(Arc::new(self.clone()))
            } else {
                Histogram::noop()
            }
        }
    }

    #[test]
    fn a_recorder_of_metrics_may_read_the_profile() {
        let staged = Staged::new();
        let curious = Curious { profile: Arc::new(Mutex::new(Some(staged.profile.clone()))), seen: Arc::default() };
        metrics::with_local_recorder(&curious, || (0..2).for_each(|_| staged.run(&checkout(), &Outcome::Done)));
        *curious.profile.lock().unwrap() = None;
        let seen = curious.seen.lock().unwrap();
        assert_eq!(seen.len(), 2);
        assert!(seen[1].starts_with("Checkout::quote: 2 runs, 0 failed"), "{seen:?}");
    }
}
