//! Results that are not `Clone`: taken by one, or held by several.
#![allow(clippy::unused_async, reason = "tasks of any signature, with little to do")]

use std::sync::Arc;

use adagio::{TakeError, Task, scope, task};
use futures::FutureExt;

use super::bodies::settle;
use crate::common::Stage;

#[derive(Debug, PartialEq)]
struct File(u32);

#[task]
async fn open(number: u32) -> Result<File, String> {
    if number == 0 { Err("no such file".to_owned()) } else { Ok(File(number)) }
}

#[task]
async fn read(stage: Arc<Stage>, name: &'static str, file: &File) -> u32 {
    stage.act(name).await;
    file.0
}

/// Returns what holds a result: its text, how many handles, how many tasks.
fn holders<T>(taken: Result<T, TakeError<T>>) -> (String, usize, usize) {
    let Err(error) = taken else { panic!("nobody else has it") };
    let text = error.to_string();
    let TakeError::Shared { handles, tasks, .. } = error else { panic!("{text}") };
    (text, handles, tasks)
}

#[tokio::test]
async fn a_result_that_nobody_else_holds_is_taken() {
    let _deadline = crate::common::deadline();
    assert_eq!(open(7).take().await.unwrap(), File(7));
    let file = open(8);
    settle().await;
    assert_eq!(file.take().now_or_never().unwrap().unwrap(), File(8));
    assert_eq!(Task::value(File(9)).take().await.unwrap(), File(9));
    assert_eq!(scope(async { open(10).take().await }).await.unwrap().unwrap(), File(10));
}

#[tokio::test]
async fn a_failed_task_has_no_result_to_take() {
    let _deadline = crate::common::deadline();
    let file = open(0);
    let _other = file.clone();
    let error = file.take().await.unwrap_err();
    assert_eq!(error.to_string(), "task `open` failed");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no such file");
    assert!(matches!(error, TakeError::Failed(error) if error.task() == "open"));
}

#[tokio::test]
async fn the_error_says_who_else_holds_the_result() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let file = open(7);
    let numbers = [read(Arc::clone(&stage), "a", &file), read(Arc::clone(&stage), "b", &file)];
    settle().await;
    let (text, handles, tasks) = holders(file.clone().take().await);
    assert_eq!(
        text,
        "the result of task `open` is also held by 1 other handle and by 2 tasks: use `.shared()`, or drop them first"
    );
    assert_eq!((handles, tasks), (1, 2));

    stage.open("a");
    stage.open("b");
    for number in numbers {
        assert_eq!(number.await.unwrap(), 7);
    }
    let shared = file.shared().await.unwrap();
    let (text, handles, tasks) = holders(file.clone().take().await);
    assert_eq!(text, "the result of task `open` is also held by 2 other handles: use `.shared()`, or drop them first");
    assert_eq!((handles, tasks), (2, 0));
    drop(shared);

    let TakeError::Shared { result, .. } = file.clone().take().await.unwrap_err() else { panic!() };
    assert_eq!(result.0, 7);
    drop(result);
    assert_eq!(file.take().await.unwrap(), File(7));
}

#[tokio::test]
async fn a_task_that_takes_the_result_by_value_holds_it_until_it_has_it() {
    let _deadline = crate::common::deadline();
    let (text, go_on) = (Task::value("a".to_owned()), Arc::new(Stage::default()));
    let gate = Task::spawn({
        let stage = Arc::clone(&go_on);
        async move { stage.act("gate").await }
    });
    let longer = adagio::after(&gate, || text.then(|text| async move { text + "b" }));
    settle().await;
    let (said, ..) = holders(text.clone().take().await);
    assert_eq!(
        said,
        "the result of task `value` is also held by 1 other handle and by 1 task: use `.shared()`, or drop them first"
    );
    go_on.open("gate");
    assert_eq!(longer.await.unwrap(), "ab");
    assert_eq!(text.take().await.unwrap(), "a");
}

#[tokio::test]
async fn dropping_a_take_drops_the_handle_and_leaves_the_task_alone() {
    let _deadline = crate::common::deadline();
    let stage = Arc::new(Stage::default());
    let gate = Arc::clone(&stage);
    let slow = adagio::after(Task::spawn(async move { gate.act("slow").await }), || open(8));
    let mut take = Box::pin(slow.clone().take());
    assert!(futures::poll!(take.as_mut()).is_pending());
    drop(take);
    settle().await;
    stage.open("slow");
    assert_eq!(slow.take().await.unwrap(), File(8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_threads_one_takes_it_however_short_the_task() {
    let _deadline = crate::common::deadline();
    for number in 1..2_000 {
        assert_eq!(open(number).take().await.unwrap(), File(number));
        let task = open(number);
        let consumer = task.clone();
        let sum = Task::spawn(async move { consumer.take().await.is_ok() });
        let (mine, theirs) = (task.take().await.is_ok(), sum.await.unwrap());
        assert!(!(mine && theirs));
    }
}
