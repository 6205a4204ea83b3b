//! What a timeline says of a fixed log of events.

mod elements;
mod page;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

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
fn the_chain_goes_through_a_task_that_was_skipped_to_the_one_that_failed() {
    let staged = Staged::new();
    let [stamp, paper] = [event(0, "stamp", &[], 1), event(1, "paper", &[], 1)];
    let [letter, reply] = [event(2, "letter", &[0, 1], 1), event(3, "reply", &[2], 1)];
    staged.at(0).started(&stamp);
    staged.at(0).started(&paper);
    staged.at(5).finished(&stamp, &Outcome::Failed(TaskError::new("stamp", "no ink".into())));
    staged.at(5).finished(&letter, &Outcome::Skipped { because: "stamp" });
    staged.at(6).started(&reply);
    staged.at(7).finished(&paper, &Outcome::Done);
    staged.at(9).finished(&reply, &Outcome::Done);
    let path: Vec<String> = staged.timeline.critical_path().iter().map(|task| task.name().to_owned()).collect();
    assert_eq!(path, ["stamp", "reply"]);
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
