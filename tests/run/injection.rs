//! A run takes values in place of tasks.
#![allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "many tasks here are done at once")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use adagio::{Observer, dag};

use crate::common::{Stage, now};

#[derive(Default)]
struct Pipeline {
    stage: Stage,
}

/// Not `Clone`.
#[derive(Debug, PartialEq)]
struct Table(Vec<u64>);

#[dag]
impl Pipeline {
    async fn path(&self) -> &'static str {
        self.stage.act_at_once("path");
        "path"
    }

    #[depends(path)]
    async fn read(&self, path: &str) -> Result<Table, String> {
        self.stage.act_at_once("read");
        Err(format!("no {path}"))
    }

    #[depends(path)]
    fn size(&self, path: &str) -> usize {
        self.stage.act_at_once("size");
        path.len()
    }

    #[depends(read)]
    #[task(catch)]
    async fn check(&self, read: &Table) -> Result<u64, String> {
        self.stage.act_at_once("check");
        Ok(read.0.len() as u64)
    }

    #[depends(read, check)]
    async fn sum(&self, read: &Table, check: &Result<u64, String>) -> Result<u64, String> {
        self.stage.act_at_once("sum");
        Ok(read.0.iter().sum::<u64>() + check.clone().unwrap_or(100))
    }

    #[depends(sum, size)]
    async fn report(&self, sum: u64, size: usize) -> String {
        self.stage.act_at_once("report");
        format!("{sum} of {size}")
    }
}

/// Returns the log of the tasks.
fn ran(tasks: &[&str]) -> Vec<String> {
    tasks.iter().flat_map(|task| [format!("start {task}"), format!("end {task}")]).collect()
}

#[test]
fn a_plain_task_takes_its_value() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_path("elsewhere");
    assert_eq!(now(run.size()), &9);
    assert_eq!(now(run.path()), &"elsewhere");
    assert_eq!(pipeline.stage.events(), ran(&["size"]));
}

#[test]
fn a_fallible_task_takes_its_ok_value() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_read(Table(vec![1, 2]));
    assert_eq!(now(run.sum()).unwrap(), &5);
    assert_eq!(now(run.read()).unwrap(), &Table(vec![1, 2]));
    assert_eq!(pipeline.stage.events(), ran(&["check", "sum"]));
}

#[test]
fn a_caught_task_takes_its_result() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_read(Table(vec![1])).with_check(Err("odd".to_owned()));
    assert_eq!(now(run.sum()).unwrap(), &101);
    assert_eq!(now(run.check()).unwrap(), &Err("odd".to_owned()));
    assert_eq!(pipeline.stage.events(), ran(&["sum"]));
}

#[test]
fn what_only_an_injected_task_needed_does_not_start() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_sum(3).with_size(4);
    assert_eq!(now(run.report()).unwrap(), "3 of 4");
    assert_eq!(pipeline.stage.events(), ran(&["report"]));
}

#[test]
fn what_others_need_too_starts() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_sum(3);
    assert_eq!(now(run.report()).unwrap(), "3 of 4");
    assert_eq!(pipeline.stage.events(), ran(&["path", "size", "report"]));
}

#[test]
fn what_an_injected_task_needed_runs_when_it_is_awaited_itself() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_size(4);
    assert_eq!(now(run.size()), &4);
    assert!(pipeline.stage.events().is_empty());
    assert_eq!(now(run.path()), &"path");
    assert_eq!(pipeline.stage.events(), ran(&["path"]));
}

#[test]
fn a_failure_above_an_injected_task_does_not_reach_what_needs_it() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_sum(3);
    assert_eq!(now(run.read()).unwrap_err().task(), "read");
    assert_eq!(now(run.report()).unwrap(), "3 of 4");
    assert_eq!(now(run.check()).unwrap_err().task(), "read");
}

#[test]
fn a_run_of_injected_values_alone_runs_nothing() {
    let pipeline = Pipeline::default();
    let run = pipeline.run();
    let run = run.with_path("path").with_read(Table(vec![])).with_size(1).with_check(Ok(0)).with_sum(2);
    let run = run.with_report(String::new());
    assert_eq!(now(run.all()).unwrap().sum, &2);
    assert_eq!(now(run.report()).unwrap(), "");
    assert!(pipeline.stage.events().is_empty());
}

/// Returns the message of a panic.
fn message<T>(panics: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(panics()))).expect_err("it panics");
    payload.downcast_ref::<String>().cloned().unwrap_or_else(|| (*payload.downcast_ref::<&str>().unwrap()).to_owned())
}

struct Silent;

impl Observer for Silent {}

#[test]
fn after_the_first_await_it_is_too_late() {
    let late = |change: fn(PipelineRun<'_>) -> PipelineRun<'_>| {
        let pipeline = Pipeline::default();
        let run = pipeline.run();
        now(run.path());
        message(|| change(run))
    };
    assert_eq!(late(|run| run.with_size(1)), "inject `size` before the first await of the run: it has started");
    assert_eq!(late(|run| run.with_path("")), "inject `path` before the first await of the run: it has started");
    assert_eq!(
        late(|run| run.max_concurrency(1)),
        "set `max_concurrency` before the first await of the run: it has started"
    );
    assert_eq!(late(|run| run.observe(Silent)), "add an observer before the first await of the run: it has started");
}

#[test]
fn after_an_await_that_started_nothing_it_is_too_late_alike() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_path("path");
    now(run.path());
    assert_eq!(message(|| run.with_size(1)), "inject `size` before the first await of the run: it has started");
}

#[test]
fn a_second_value_is_refused() {
    let pipeline = Pipeline::default();
    let run = pipeline.run().with_size(1);
    assert_eq!(message(|| run.with_size(2)), "`size` is injected twice");
}

/// Each task depends on the one before, and logs its name.
macro_rules! chain {
    ([$name:ident] $first:ident $($task:ident)*) => {
        chain! { @block $name $first [$first $($task)*] [$($task)* goal] }
    };
    (@block $name:ident $start:ident [$($before:ident)*] [$($task:ident)*]) => {
        #[derive(Default)]
        struct $name(Stage);

        #[dag]
        impl $name {
            fn $start(&self) -> u64 {
                self.0.log(stringify!($start));
                1
            }

            $(#[depends($before)]
            fn $task(&self, $before: &u64) -> u64 {
                self.0.log(stringify!($task));
                $before + 1
            })*
        }
    };
}

names! { 65 => chain [Chain65] }

#[test]
fn a_task_of_another_word_may_be_injected() {
    let chain = Chain65::default();
    assert_eq!(now(chain.run().with_t064(1).goal()), &2);
    assert_eq!(chain.0.events(), ["goal"]);
    assert_eq!(now(chain.run().with_t062(1).goal()), &4);
    assert_eq!(chain.0.events(), ["t063", "t064", "goal"]);
    assert_eq!(now(chain.run().with_goal(1).t002()), &2);
    assert_eq!(chain.0.events(), ["t001", "t002"]);
}
