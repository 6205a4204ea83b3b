//! Plans of small graphs.

use adagio::durable::{Durable, DurableGraph};
use adagio::{TaskError, dag};

use super::*;

struct Fan;

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Fan {
    #[task(remote)]
    async fn a(&self) -> u32 {
        1
    }

    #[task(remote)]
    async fn b(&self) -> u32 {
        2
    }

    #[depends(b)]
    #[task(remote)]
    async fn c(&self, b: u32) -> Result<u32, String> {
        Ok(b)
    }

    #[depends(a, b, c)]
    pub(crate) fn sum(&self, a: u32, b: u32, c: u32) -> u32 {
        a + b + c
    }

    #[depends(a, b)]
    pub(crate) fn both(&self, a: u32, b: u32) -> u32 {
        a + b
    }

    #[depends(catch c)]
    pub(crate) fn caught(&self, c: Result<u32, TaskError>) -> u32 {
        c.unwrap_or(0)
    }

    #[depends(catch c)]
    async fn left(&self, c: Result<u32, TaskError>) -> u32 {
        c.unwrap_or(0)
    }

    #[depends(catch c)]
    async fn right(&self, c: Result<u32, TaskError>) -> u32 {
        c.unwrap_or(0)
    }

    #[depends(left, right)]
    pub(crate) fn pair(&self, left: u32, right: u32) -> u32 {
        left + right
    }
}

fn goal(name: &str) -> (Order, Results) {
    goal_of(Fan::GRAPH, name)
}

fn goal_of(graph: DurableGraph, name: &str) -> (Order, Results) {
    (Order::new(graph, Fan::EDGES, graph.position(name).unwrap()), Results::new(graph, Fan::INSIDE))
}

pub(super) fn done(results: &mut Results, task: &str, value: &str) {
    let (value, version) = (RawValue::from_string(value.to_owned()).unwrap(), results.version(task));
    let record = Record {
        task: task.to_owned(),
        value,
        is_count: false,
        failure: None,
        because: None,
        attempt: 1,
        version,
        started: 0,
        ended: 0,
    };
    results.extend(Entry { tasks: vec![record], ..Entry::default() });
}

/// The versions of a program in which all tasks have their first.
pub(super) fn first() -> BTreeMap<String, u32> {
    BTreeMap::new()
}

/// The versions of a program in which one task has its second.
fn versions(task: &str) -> BTreeMap<String, u32> {
    [(task.to_owned(), 2)].into()
}

/// The calls, the tasks in place and the number of calls to wait for.
pub(super) type Planned = (Vec<String>, Vec<String>, usize);

pub(super) fn plan(
    order: &Order,
    results: &Results,
    under_way: &[&str],
    failures: &Failures,
) -> Result<Planned, String> {
    let under_way = under_way.iter().copied().collect();
    let entry = next(order, results, (&under_way, &[]), failures, RawValue::NULL);
    let Plan { calls, here, wait, .. } = entry.map_err(|error| error.message().to_owned())?.plan.unwrap();
    Ok((calls.into_iter().map(|call| call.task).collect(), here, wait))
}

pub(super) fn calls<const C: usize, const H: usize>(calls: [&str; C], here: [&str; H], wait: usize) -> Planned {
    (calls.map(str::to_owned).into(), here.map(str::to_owned).into(), wait)
}

#[test]
fn a_plan_waits_for_as_many_calls_as_the_next_task_needs() {
    let none = Failures::default();
    let (order, mut results) = goal("sum");
    assert_eq!(plan(&order, &results, &[], &none), Ok(calls(["a", "b"], [], 1)), "`c` waits for one");
    done(&mut results, "b", "2");
    assert_eq!(plan(&order, &results, &["a"], &none), Ok(calls(["c"], [], 2)));
    done(&mut results, "c", "2");
    done(&mut results, "a", "1");
    assert_eq!(plan(&order, &results, &[], &none), Ok(calls([], ["sum"], 0)));
    let (order, results) = goal("both");
    assert_eq!(plan(&order, &results, &[], &none), Ok(calls(["a", "b"], [], 2)));
}

#[test]
fn a_plan_makes_no_more_calls_than_may_be_at_a_time() {
    let (order, results) = goal_of(DurableGraph { max_concurrency: Some(1), ..Fan::GRAPH }, "both");
    assert_eq!(plan(&order, &results, &[], &Failures::default()), Ok(calls(["a"], [], 1)));
    assert_eq!(plan(&order, &results, &["a"], &Failures::default()), Ok(calls([], [], 1)));
}

#[test]
fn a_plan_that_is_full_is_followed_by_the_next_at_once() {
    let ((order, mut results), mut failures) = (goal("pair"), Failures::default());
    done(&mut results, "b", "2");
    let text = "!".repeat(2 << 20);
    failures.note(Some(&order), &mut results, ("c", &first()), TerminalError::new(format!("task `c` failed: {text}")));
    assert_eq!(plan(&order, &results, &[], &failures), Ok(calls(["left"], [], 0)));
    assert_eq!(plan(&order, &results, &["left"], &failures), Ok(calls(["right"], [], 2)));
}

#[test]
fn a_failure_ends_the_run_unless_a_task_catches_it() {
    let error = || TerminalError::new("task `c` failed: closed");
    for (name, expected) in [("caught", Ok(calls([], ["caught"], 0))), ("sum", Err(error().message().to_owned()))] {
        let ((order, mut results), mut failures) = (goal(name), Failures::default());
        done(&mut results, "b", "2");
        failures.note(Some(&order), &mut results, ("c", &first()), error());
        assert_eq!(plan(&order, &results, &[], &failures), expected);
    }
}

#[test]
fn a_failure_of_a_task_that_is_not_needed_any_more_or_has_another_version_does_not_count() {
    let error = |task: &str| TerminalError::new(format!("task `{task}` failed: closed"));
    let ((order, mut results), mut failures) = (goal("both"), Failures::default());
    failures.note(Some(&order), &mut results, ("removed", &first()), error("removed"));
    failures.note(Some(&order), &mut results, ("a", &versions("a")), error("a"));
    assert_eq!(plan(&order, &results, &[], &failures), Ok(calls(["a", "b"], [], 2)));
}

#[test]
fn a_call_that_was_killed_ends_the_run_if_its_task_is_needed() {
    for (task, expected) in [("a", Err("killed".to_owned())), ("c", Ok(calls(["a", "b"], [], 2)))] {
        let ((order, mut results), mut failures) = (goal("both"), Failures::default());
        failures.note(Some(&order), &mut results, (task, &first()), TerminalError::new("killed"));
        assert_eq!(plan(&order, &results, &[], &failures), expected);
    }
}

#[test]
fn a_failure_because_of_a_result_of_another_version_does_not_count() {
    let ((order, mut results), mut failures) = (goal("sum"), Failures::default());
    let other =
        r#"{"tasks":[{"task":"b","value":7,"attempt":1,"version":2,"started":0,"ended":0}],"versions":{"b":2}}"#;
    results.extend(serde_json::from_str(other).unwrap());
    failures.note(Some(&order), &mut results, ("c", &versions("b")), TerminalError::new("task `c` failed: closed"));
    assert_eq!(plan(&order, &results, &["a"], &failures), Ok(calls(["b"], [], 1)));
}

#[test]
fn a_failure_that_is_caught_does_not_count_after_what_its_task_needs_ran_again() {
    let ((order, mut results), mut failures) = (goal("caught"), Failures::default());
    done(&mut results, "b", "2");
    failures.note(Some(&order), &mut results, ("c", &first()), TerminalError::new("task `c` failed: closed"));
    done(&mut results, "b", "3");
    assert_eq!(plan(&order, &results, &[], &failures), Ok(calls(["c"], [], 1)));
}

#[test]
fn a_task_that_was_gone_is_called_again_for_a_minute() {
    let ((order, mut results), mut failures) = (goal("both"), Failures::default());
    let mut pauses = Vec::new();
    let answer = loop {
        failures.note(Some(&order), &mut results, ("a", &first()), crate::failure::gone("a"));
        match next(&order, &results, (&["b"].into(), &[]), &failures, RawValue::NULL) {
            Ok(entry) => pauses.push(entry.plan.unwrap().pause),
            Err(error) => break error,
        }
    };
    assert_eq!(answer.message(), "task `a` failed: the program at its address has no such task any more");
    assert_eq!(pauses, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
}

#[test]
fn several_tasks_that_are_gone_share_their_pauses() {
    let ((order, mut results), mut failures) = (goal("both"), Failures::default());
    for _ in 0..7 {
        for task in ["a", "b"] {
            failures.pause = 0;
            failures.note(Some(&order), &mut results, (task, &first()), crate::failure::gone(task));
            failures.paused += failures.pause;
        }
    }
    assert_eq!(failures.paused, 63_000);
}

#[test]
fn a_call_takes_the_results_with_which_an_earlier_program_made_it() {
    let (_, mut results) = goal("sum");
    let record =
        r#"{"tasks":[{"task":"b","value":"two","attempt":1,"version":2,"started":0,"ended":0}],"versions":{"b":2}}"#;
    results.extend(serde_json::from_str(record).unwrap());
    assert!(results.get("b").is_none(), "of another version");
    let call = PlannedCall { task: "c".to_owned(), results: vec!["b".to_owned()], ..PlannedCall::default() };
    let inputs = |results: &Results| results.inputs(&call, "inv_1", RawValue::NULL).results["b"].get().to_owned();
    assert_eq!(inputs(&results), r#""two""#);
    for again in ["2", "3"] {
        done(&mut results, "b", again);
        assert_eq!(inputs(&results), again);
    }
}

#[test]
fn a_failure_does_not_change_the_results_with_which_an_earlier_program_made_a_call() {
    let ((order, mut results), mut failures) = (goal("caught"), Failures::default());
    results.follow_plans();
    let record =
        r#"{"tasks":[{"task":"c","value":7,"attempt":1,"version":2,"started":0,"ended":0}],"versions":{"c":2}}"#;
    results.extend(serde_json::from_str(record).unwrap());
    failures.note(Some(&order), &mut results, ("c", &first()), TerminalError::new("task `c` failed: closed"));
    assert!(results.failure("c").is_some());
    let call = PlannedCall { task: "caught".to_owned(), results: vec!["c".to_owned()], ..PlannedCall::default() };
    assert_eq!(results.inputs(&call, "inv_1", RawValue::NULL).results["c"].get(), "7");
}

#[test]
fn the_answer_of_a_program_with_another_version_is_not_asked_for_again() {
    let (order, mut results) = goal("both");
    let mut answer: Entry = serde_json::from_str(
        r#"{"tasks":[{"task":"a","value":1,"attempt":1,"version":2,"started":0,"ended":0}],"versions":{"a":2}}"#,
    )
    .unwrap();
    answer.answer_to(results.versions());
    results.extend(answer);
    assert_eq!(plan(&order, &results, &["b"], &Failures::default()), Ok(calls([], [], 1)));
}

#[test]
fn a_result_that_another_version_replaced_is_used_only_while_there_are_no_plans() {
    let (_, mut results) = goal("sum");
    let other =
        r#"{"tasks":[{"task":"b","value":"two","attempt":1,"version":2,"started":0,"ended":0}],"versions":{"b":2}}"#;
    done(&mut results, "b", "2");
    results.extend(serde_json::from_str(other).unwrap());
    assert!(results.get("b").is_some(), "each version has its own");
    results.follow_plans();
    assert!(results.get("b").is_none());
    done(&mut results, "b", "2");
    results.extend(serde_json::from_str(other).unwrap());
    assert!(results.get("b").is_none());
}
