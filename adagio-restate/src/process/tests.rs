//! Entry after entry of a run in this process.

use std::future::pending;
use std::sync::Arc;
use std::task::Waker;

use adagio::dag;
use adagio::durable::Durable;
use restate_sdk::errors::HandlerError;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::*;
use crate::deployment::Code;
use crate::entry::{Failure, Record};

#[derive(Default)]
struct Shop {
    go: Notify,
}

#[dag(durable)]
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "tasks here are done at once")]
impl Shop {
    async fn slow(&self) -> u32 {
        self.go.notified().await;
        1
    }

    async fn quick(&self) -> u32 {
        2
    }

    #[depends(quick)]
    async fn next(&self, quick: u32) -> u32 {
        quick + 1
    }

    #[depends(slow, next)]
    pub(crate) fn both(&self, slow: u32, next: u32) -> u32 {
        slow + next
    }

    async fn stuck(&self) -> u32 {
        pending().await
    }

    async fn broken(&self) -> Result<u32, String> {
        yield_now().await;
        Err("the door is shut".to_owned())
    }

    #[depends(stuck, broken)]
    pub(crate) fn hopeless(&self, stuck: u32, broken: u32) -> u32 {
        stuck + broken
    }

    async fn wrong(&self) -> u32 {
        yield_now().await;
        panic!("the ink is out")
    }

    #[depends(stuck, wrong)]
    pub(crate) fn panicked(&self, stuck: u32, wrong: u32) -> u32 {
        stuck + wrong
    }

    #[task(retry = 1, backoff = "1ms..1ms")]
    pub(crate) async fn weary(&self) -> Result<u32, String> {
        Err("no".to_owned())
    }
}

/// The same failure, on another thread than the one that waits.
struct Far;

#[dag(durable, spawn)]
impl Far {
    async fn stuck(&self) -> u32 {
        pending().await
    }

    async fn broken(&self) -> Result<u32, String> {
        yield_now().await;
        Err("the door is shut".to_owned())
    }

    #[depends(stuck, broken)]
    pub(crate) fn hopeless(&self, stuck: u32, broken: u32) -> u32 {
        stuck + broken
    }
}

pub(super) fn process<G: Durable + 'static>(object: &Arc<G>, goal: &'static str, results: &Results) -> Process {
    let code = Code::default();
    let outbox = Outbox::new(&"run".into(), &code, results);
    Process::new(Goal::whole(goal), object.durable_run(), results, outbox).unwrap()
}

/// Waits for the next entry, takes it into the results, and says that it is in the journal.
pub(super) async fn entry(process: &mut Process, results: &mut Results) -> HandlerResult<Entry> {
    let entry = std::future::poll_fn(|cx| {
        process.register(cx);
        process.drive(cx);
        process.next()
    });
    let entry = entry.await?;
    results.extend(entry.clone());
    process.publish();
    Ok(entry)
}

pub(super) fn names(entry: &Entry) -> Vec<&str> {
    entry.tasks.iter().map(|record| record.task.as_str()).collect()
}

pub(super) fn text(error: &HandlerError) -> String {
    AsRef::<dyn std::error::Error>::as_ref(error).to_string()
}

fn results() -> Results {
    Results::new(Shop::GRAPH, Shop::INSIDE)
}

#[tokio::test]
async fn what_is_done_first_is_in_the_first_entry() {
    let (shop, mut results) = (Arc::new(Shop::default()), results());
    let mut process = process(&shop, "both", &results);
    let mut entries = Vec::new();
    for _ in 0..2 {
        entries.push(names(&entry(&mut process, &mut results).await.unwrap()).join(" "));
    }
    shop.go.notify_one();
    for _ in 0..2 {
        entries.push(names(&entry(&mut process, &mut results).await.unwrap()).join(" "));
    }
    assert_eq!(entries, ["quick", "next", "slow", "both"]);
    assert_eq!(results.get("both").unwrap().get(), "4");
}

#[tokio::test]
async fn a_task_does_not_act_on_a_result_that_is_not_in_the_journal() {
    let (shop, results) = (Arc::new(Shop::default()), results());
    let mut process = process(&shop, "both", &results);
    let mut cx = Context::from_waker(Waker::noop());
    process.drive(&mut cx);
    let Poll::Ready(Ok(first)) = process.next() else { panic!("`quick` is done") };
    assert_eq!(names(&first), ["quick"]);
    process.drive(&mut cx);
    assert!(process.next().is_pending(), "`next` waits for the server");
    process.publish();
    process.drive(&mut cx);
    let Poll::Ready(Ok(second)) = process.next() else { panic!("`next` is done") };
    assert_eq!(names(&second), ["next"]);
    assert_eq!(second.running.keys().collect::<Vec<_>>(), ["slow"]);
}

#[tokio::test]
async fn a_failure_ends_the_wait_for_another_task() {
    let (shop, mut results) = (Arc::new(Shop::default()), results());
    let mut process = process(&shop, "hopeless", &results);
    let failed = entry(&mut process, &mut results).await.unwrap();
    assert_eq!(names(&failed), ["broken"]);
    let error = entry(&mut process, &mut results).await.unwrap_err();
    assert_eq!(text(&error), "Terminal error [500]: task `broken` failed: the door is shut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_on_another_thread_ends_the_wait_too() {
    let (far, mut results) = (Arc::new(Far), Results::new(Far::GRAPH, Far::INSIDE));
    let mut process = process(&far, "hopeless", &results);
    assert_eq!(names(&entry(&mut process, &mut results).await.unwrap()), ["broken"]);
    let error = entry(&mut process, &mut results).await.unwrap_err();
    assert_eq!(text(&error), "Terminal error [500]: task `broken` failed: the door is shut");
}

#[tokio::test]
async fn a_panic_is_to_be_tried_again_and_names_its_task() {
    let (shop, mut results) = (Arc::new(Shop::default()), results());
    let mut process = process(&shop, "panicked", &results);
    let error = entry(&mut process, &mut results).await.unwrap_err();
    assert_eq!(text(&error), "Retryable error: task `wrong` panicked: the ink is out");
}

#[tokio::test]
async fn an_attempt_that_failed_counts_in_the_next_life() {
    let (shop, mut results) = (Arc::new(Shop::default()), results());
    let mut first = process(&shop, "weary", &results);
    let failed = entry(&mut first, &mut results).await.unwrap();
    let [Record { attempt: 1, failure: Some(Failure { next: Some(_), .. }), .. }] = &failed.tasks[..] else {
        panic!("{failed:?}")
    };
    drop(first);
    let mut second = process(&shop, "weary", &results);
    let failed = entry(&mut second, &mut results).await.unwrap();
    let [Record { attempt: 2, failure: Some(Failure { next: None, .. }), .. }] = &failed.tasks[..] else {
        panic!("{failed:?}")
    };
}

#[tokio::test]
async fn a_stored_result_of_another_type_names_the_task_and_its_next_version() {
    let mut results = results();
    results.extend(
        serde_json::from_str(
            r#"{"tasks":[{"task":"slow","value":"one","attempt":1,"version":1,"started":0,"ended":0}]}"#,
        )
        .unwrap(),
    );
    let code = Code::default();
    let outbox = Outbox::new(&"run".into(), &code, &results);
    let run = Arc::new(Shop::default()).durable_run();
    let Err(error) = Process::new(Goal::whole("both"), run, &results, outbox) else { panic!("`slow` is no text") };
    let end = "if its type has changed, write `#[task(version = 2)]`";
    assert!(error.message().starts_with("task `slow` failed: ") && error.message().ends_with(end), "{error}");
}

struct Upgraded;

#[dag(durable)]
#[allow(clippy::unused_async, dead_code, reason = "tasks here are done at once, and some are only read")]
impl Upgraded {
    #[task(version = 2)]
    async fn load(&self) -> Result<u64, String> {
        Err("gone".to_owned())
    }

    #[depends(load)]
    async fn coupon(&self, load: &u64) -> u64 {
        *load
    }

    #[depends(catch coupon)]
    async fn price(&self, coupon: Option<&u64>) -> u64 {
        coupon.map_or(1, |coupon| *coupon)
    }
}

fn take(results: &mut Results, versions: &str, record: &str) {
    let times = r#""attempt":1,"started":0,"ended":0"#;
    let entry = format!(r#"{{"tasks":[{{{record},{times}}}],"versions":{{{versions}}}}}"#);
    results.extend(serde_json::from_str(&entry).unwrap());
}

#[test]
fn an_entry_of_another_version_says_nothing_of_the_tasks_that_need_it() {
    let mut results = Results::new(Upgraded::GRAPH, Upgraded::INSIDE);
    take(&mut results, "", r#""task":"load","value":1,"version":1"#);
    take(&mut results, "", r#""task":"coupon","value":1,"version":1"#);
    assert!(results.get("load").is_none() && results.get("coupon").is_none());
    take(&mut results, r#""load":2"#, r#""task":"load","value":2,"version":2"#);
    take(&mut results, r#""load":2"#, r#""task":"coupon","value":2,"version":1"#);
    assert_eq!(results.get("load").map(RawValue::get), Some("2"));
    assert_eq!(results.get("coupon").map(RawValue::get), Some("2"));
}

#[test]
fn a_task_that_was_never_there_makes_no_result_stale() {
    let mut results = Results::new(Upgraded::GRAPH, Upgraded::INSIDE);
    take(&mut results, "", r#""task":"coupon","value":1,"version":1"#);
    assert_eq!(results.get("coupon").map(RawValue::get), Some("1"));
}

#[test]
fn a_failure_of_another_version_is_not_told_as_a_cause() {
    let mut results = Results::new(Upgraded::GRAPH, Upgraded::INSIDE);
    let failure = r#""value":null,"failure":{"error":"gone","code":500}"#;
    let because = r#""value":null,"because":{"task":"load","error":"gone"}"#;
    take(&mut results, "", &format!(r#""task":"load","version":1,{failure}"#));
    take(&mut results, "", &format!(r#""task":"coupon","version":1,{because}"#));
    assert!(results.failure("load").is_none() && results.causes().is_empty());
    take(&mut results, r#""load":2"#, &format!(r#""task":"load","version":2,{failure}"#));
    take(&mut results, r#""load":2"#, &format!(r#""task":"coupon","version":1,{because}"#));
    assert!(results.failure("load").is_some() && results.causes().contains_key("coupon"));
}

#[tokio::test]
async fn an_entry_says_which_versions_its_program_has() {
    let (object, mut results) = (Arc::new(Upgraded), Results::new(Upgraded::GRAPH, Upgraded::INSIDE));
    let mut process = process(&object, "price", &results);
    let first = entry(&mut process, &mut results).await.unwrap();
    assert_eq!((names(&first), first.versions.get("load")), (vec!["load"], Some(&2)));
}
