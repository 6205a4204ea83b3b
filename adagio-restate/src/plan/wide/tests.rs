//! Plans of graphs in which each element of a wide task is a call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::durable::{Durable, DurableGraph, DurableTask, StoredElements};
use adagio::{TaskError, dag};
use restate_sdk::errors::TerminalError;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::entry::{Entry, Inputs, Plan};
use crate::order::Order;
use crate::plan::tests::{calls, done, first, plan};
use crate::plan::{Failures, next};
use crate::results::Results;

struct Crawl;

#[dag(durable)]
#[allow(clippy::unused_async, reason = "the tasks do not run here")]
impl Crawl {
    async fn ids(&self) -> Vec<Value> {
        Vec::new()
    }

    async fn shop(&self) -> u32 {
        0
    }

    #[depends(id in ids, shop)]
    #[task(remote)]
    pub(crate) async fn pages(&self, id: &Value, shop: u32) -> Result<u32, String> {
        if id.is_null() { Err("no id".to_owned()) } else { Ok(shop) }
    }

    #[depends(page in pages)]
    #[task(remote)]
    async fn rows(&self, page: u32) -> u32 {
        page
    }

    #[depends(row in rows)]
    #[task(remote)]
    pub(crate) async fn marks(&self, row: u32) -> u32 {
        row
    }

    #[depends(rows)]
    pub(crate) fn total(&self, rows: &[u32]) -> u32 {
        rows.iter().sum()
    }

    async fn hints(&self) -> u32 {
        0
    }

    #[depends(catch rows, hints)]
    pub(crate) fn late(&self, rows: Option<&Vec<u32>>, hints: u32) -> bool {
        rows.is_some() && hints > 0
    }

    #[depends(catch rows)]
    pub(crate) fn saved(&self, rows: Result<&Vec<u32>, TaskError>) -> usize {
        rows.map_or(0, Vec::len)
    }
}

/// Returns the graph with other tasks.
fn graph(of: impl Fn(DurableTask) -> DurableTask) -> DurableGraph {
    let tasks: Vec<_> = Crawl::GRAPH.tasks.iter().copied().map(of).collect();
    DurableGraph { tasks: tasks.leak(), ..Crawl::GRAPH }
}

fn goal_of(graph: DurableGraph, name: &str) -> (Order, Results) {
    let order = Order::new(graph, Crawl::EDGES, graph.position(name).unwrap()).with_elements(Crawl::elements);
    (order, Results::with_wide(graph, Crawl::WIDE))
}

/// A run that knows its ids.
fn goal(name: &str, ids: &str) -> (Order, Results) {
    let (order, mut results) = goal_of(Crawl::GRAPH, name);
    results.follow_plans();
    done(&mut results, "ids", ids);
    done(&mut results, "shop", "3");
    (order, results)
}

fn entry(order: &Order, results: &Results, under_way: &[&str]) -> Entry {
    let under_way = under_way.iter().copied().collect();
    next(order, results, (&under_way, &[]), &Failures::default(), RawValue::NULL).unwrap()
}

/// Returns the collection that a call gets.
fn inputs(results: &Results, plan: &Plan, task: &str) -> Inputs {
    let call = plan.calls.iter().find(|call| call.task == task).unwrap();
    results.inputs(call, "inv_1", RawValue::NULL)
}

#[test]
fn each_element_is_a_call_that_gets_this_element() {
    let (order, results) = goal("pages", "[5,6]");
    let none = Failures::default();
    assert_eq!(plan(&order, &results, &[], &none), Ok(calls(["pages[0]", "pages[1]"], [], 2)));
    let plan = entry(&order, &results, &[]).plan.unwrap();
    let inputs = inputs(&results, &plan, "pages[1]");
    let results: Vec<_> = inputs.results.iter().map(|(name, value)| format!("{name} {}", value.get())).collect();
    assert_eq!((inputs.element, results), (Some(1), vec!["ids [6]".to_owned(), "shop 3".to_owned()]));
}

#[test]
fn a_collection_that_cannot_be_cut_is_sent_as_a_whole() {
    fn more(task: usize, stored: &[u8]) -> Result<StoredElements, TaskError> {
        Ok(StoredElements { count: Crawl::elements(task, stored)?.count + 1, can_be_cut: true })
    }
    fn uncut(task: usize, stored: &[u8]) -> Result<StoredElements, TaskError> {
        Ok(StoredElements { can_be_cut: false, ..Crawl::elements(task, stored)? })
    }
    let (order, results) = goal("pages", "[7,8]");
    let plan = entry(&order.with_elements(uncut), &results, &[]).plan.unwrap();
    assert_eq!(inputs(&results, &plan, "pages[1]").results["ids"].get(), "[7,8]");
    let (order, results) = goal("pages", "[7,8]");
    let plan = entry(&order.with_elements(more), &results, &[]).plan.unwrap();
    assert_eq!(inputs(&results, &plan, "pages[2]").results["ids"].get(), "[7,8]", "it has another number of entries");
}

#[test]
fn the_elements_start_when_all_else_is_there() {
    let (order, mut results) = goal_of(Crawl::GRAPH, "pages");
    results.follow_plans();
    done(&mut results, "ids", "[5,6]");
    assert_eq!(plan(&order, &results, &["shop"], &Failures::default()), Ok(calls([], [], 1)));
    let (order, mut results) = goal_of(Crawl::GRAPH, "pages");
    done(&mut results, "ids", "[]");
    assert!(entry(&order, &results, &["shop"]).tasks.is_empty(), "also if there are none");
}

#[test]
fn an_element_follows_the_one_before_and_comes_first() {
    let (order, mut results) = goal("total", "[5,6,7]");
    let none = Failures::default();
    assert_eq!(
        plan(&order, &results, &[], &none),
        Ok(calls(["pages[0]", "pages[1]", "pages[2]"], [], 1)),
        "each of them is followed"
    );
    done(&mut results, "pages[1]", "60");
    let plan = entry(&order, &results, &["pages[2]"]).plan.unwrap();
    let tasks: Vec<_> = plan.calls.iter().map(|call| call.task.as_str()).collect();
    assert_eq!(tasks, ["rows[1]", "pages[0]"]);
    assert_eq!(inputs(&results, &plan, "rows[1]").results["pages"].get(), "[60]");
    done(&mut results, "pages[0]", "50");
    done(&mut results, "pages[2]", "70");
    let whole = entry(&order, &results, &["rows[1]"]);
    results.extend(whole);
    assert_eq!(results.get("pages").map(RawValue::get), Some("[50,60,70]"));
    let plan = entry(&order, &results, &["rows[0]", "rows[1]"]).plan.unwrap();
    assert_eq!(inputs(&results, &plan, "rows[2]").results["pages"].get(), "[70]", "also when all are there");
    assert_eq!(plan.wait, 3, "`total` needs all rows");
}

#[test]
fn the_limit_of_a_task_is_one_for_its_elements() {
    let (order, mut results) = goal_of(graph(|task| DurableTask { max_concurrency: Some(2), ..task }), "pages");
    done(&mut results, "ids", "[5,6,7,8]");
    done(&mut results, "shop", "3");
    let none = Failures::default();
    assert_eq!(plan(&order, &results, &[], &none), Ok(calls(["pages[0]", "pages[1]"], [], 1)));
    done(&mut results, "pages[0]", "1");
    assert_eq!(plan(&order, &results, &["pages[1]"], &none), Ok(calls(["pages[2]"], [], 1)));
    done(&mut results, "pages[1]", "1");
    assert_eq!(plan(&order, &results, &["pages[2]"], &none), Ok(calls(["pages[3]"], [], 2)));
}

#[test]
fn the_limit_of_a_block_is_one_for_all_calls() {
    let (order, mut results) = goal_of(DurableGraph { max_concurrency: Some(1), ..Crawl::GRAPH }, "total");
    done(&mut results, "ids", "[5,6]");
    done(&mut results, "shop", "3");
    done(&mut results, "pages[0]", "1");
    let none = Failures::default();
    assert_eq!(plan(&order, &results, &[], &none), Ok(calls(["rows[0]"], [], 1)), "what has begun comes to its end");
    assert_eq!(plan(&order, &results, &["rows[0]"], &none), Ok(calls([], [], 1)));
    let (order, _) = goal_of(DurableGraph { max_concurrency: Some(1), ..Crawl::GRAPH }, "marks");
    done(&mut results, "rows[0]", "1");
    done(&mut results, "pages[1]", "1");
    assert_eq!(plan(&order, &results, &[], &none), Ok(calls(["marks[0]"], [], 0)), "the last stage first");
}

#[test]
fn a_task_beside_a_whole_that_is_done_is_not_alone() {
    let (order, mut results) = goal("late", "[5]");
    done(&mut results, "pages", "[1]");
    done(&mut results, "rows[0]", "1");
    let entry = entry(&order, &results, &[]);
    let plan = entry.plan.unwrap();
    assert_eq!(
        (entry.tasks.len(), plan.calls.len(), plan.here.len()),
        (1, 1, 0),
        "`late` may start before `hints` ends"
    );
}

#[test]
fn an_empty_collection_needs_no_call() {
    let (order, mut results) = goal("total", "[]");
    let whole = entry(&order, &results, &[]);
    assert_eq!(whole.tasks.iter().map(|record| record.task.as_str()).collect::<Vec<_>>(), ["pages", "rows"]);
    results.extend(whole);
    assert_eq!(results.get("rows").map(RawValue::get), Some("[]"));
    assert_eq!(plan(&order, &results, &[], &Failures::default()), Ok(calls([], ["total"], 0)));
}

#[test]
fn the_failure_of_an_element_is_that_of_its_task() {
    let error = || TerminalError::new_with_code(404, "task `pages[1]` failed: gone");
    let ((order, mut results), mut failures) = (goal("total", "[5,6,7]"), Failures::default());
    failures.note(Some(&order), &mut results, ("pages[1]", &first()), error());
    let under_way = ["pages[0]", "pages[2]"].into();
    let failed = next(&order, &results, (&under_way, &[]), &failures, RawValue::NULL).unwrap_err();
    assert_eq!((failed.code(), failed.message()), (404, error().message()));
}

#[test]
fn a_failure_that_is_caught_cancels_the_other_calls() {
    let error = TerminalError::new("task `pages[1]` failed: gone");
    let ((order, mut results), mut failures) = (goal("saved", "[5,6,7,8]"), Failures::default());
    done(&mut results, "pages[3]", "80");
    failures.note(Some(&order), &mut results, ("pages[1]", &first()), error);
    let under_way = BTreeSet::from(["pages[0]", "pages[2]", "rows[3]"]);
    let plan = next(&order, &results, (&under_way, &[]), &failures, RawValue::NULL).unwrap().plan.unwrap();
    assert_eq!(
        (&plan.cancel[..], &plan.here[..]),
        (&["pages".to_owned(), "rows".to_owned()][..], &["saved".to_owned()][..])
    );
    assert_eq!(plan.wait, 0);
    assert_eq!(results.failure("rows").map(|failed| failed.task.as_str()), Some("pages[1]"));
}

#[test]
fn an_earlier_failure_counts_when_what_it_stopped_was_forgotten() {
    let ((order, mut results), mut failures) = (goal("saved", "[5,6]"), Failures::default());
    let failed = ("shop".to_owned(), Arc::default(), TerminalError::new("task `shop` failed: closed"));
    failures.settle(Some(&order), &mut results, Some(failed));
    // It ran again, so what needs it would, too.
    done(&mut results, "ids", "[5]");
    assert!(results.failure("rows").is_none() && results.failure("shop").is_some());
    failures.settle(Some(&order), &mut results, None);
    assert_eq!(plan(&order, &results, &[], &failures), Ok(calls([], ["saved"], 0)));
}

#[test]
fn a_plan_does_not_wait_for_calls_that_it_cancels() {
    let error = TerminalError::new("task `pages[1]` failed: gone");
    let ((order, mut results), mut failures) = (goal("late", "[5,6,7,8]"), Failures::default());
    failures.note(Some(&order), &mut results, ("pages[1]", &first()), error);
    let under_way = BTreeSet::from(["pages[0]", "pages[2]", "hints", "removed"]);
    let plan = |ended: &[&str]| next(&order, &results, (&under_way, ended), &failures, RawValue::NULL).unwrap().plan;
    let waits = |ended: &[&str]| plan(ended).map(|plan| (plan.cancel, plan.wait));
    assert_eq!(waits(&["pages[0]", "pages[2]"]), Some((vec!["pages".to_owned()], 1)));
    assert_eq!(waits(&["pages[0]", "removed", "hints"]), Some((vec!["pages".to_owned()], 2)));
}

#[test]
fn an_element_that_is_gone_is_called_again() {
    let ((order, mut results), mut failures) = (goal("pages", "[5,6]"), Failures::default());
    failures.note(Some(&order), &mut results, ("pages[1]", &first()), crate::failure::gone("pages[1]"));
    assert_eq!(plan(&order, &results, &["pages[0]"], &failures), Ok(calls(["pages[1]"], [], 2)));
}

/// Follows plans of a program until the goal has its result; of the calls under way, those that a plan waits for end.
fn follow(order: &Order, results: &mut Results, goal: &str, at_once: usize) -> usize {
    let (mut under_way, mut plans) = (Vec::<String>::new(), 0);
    while results.get(goal).is_none() {
        plans += 1;
        let names: Vec<_> = under_way.iter().map(String::as_str).collect();
        let ended = &names[..at_once.min(names.len())];
        let mut entry =
            next(order, results, (&names.iter().copied().collect(), ended), &Failures::default(), RawValue::NULL)
                .unwrap();
        let plan = entry.plan.take().unwrap();
        results.extend(entry);
        under_way.extend(plan.calls.iter().map(|call| call.task.clone()));
        assert!(under_way.len() <= 500);
        for task in plan.here {
            done(results, &task, "0");
        }
        for task in under_way.drain(..plan.wait).collect::<Vec<_>>() {
            done(results, &task, "1");
        }
    }
    assert!(under_way.is_empty());
    plans
}

#[test]
fn a_thousand_elements_need_few_plans() {
    let ids = serde_json::to_string(&vec![1; 1_000]).unwrap();
    let (order, mut results) = goal("pages", &ids);
    // 500 calls, then 50 more ten times, and one that has the number.
    assert_eq!(follow(&order, &mut results, "pages", 1), 12);
    let (order, mut results) = goal("total", &ids);
    let plans = follow(&order, &mut results, "total", 20);
    assert!(plans < 120, "calls that have ended are taken together: {plans}");
}

#[test]
fn a_collection_is_read_once() {
    static READ: AtomicUsize = AtomicUsize::new(0);
    fn counted(task: usize, stored: &[u8]) -> Result<StoredElements, TaskError> {
        READ.fetch_add(1, Ordering::Relaxed);
        Crawl::elements(task, stored)
    }
    let (order, mut results) = goal("pages", &serde_json::to_string(&vec![1; 1_000]).unwrap());
    follow(&order.with_elements(counted), &mut results, "pages", 1);
    assert_eq!(READ.load(Ordering::Relaxed), 1);
}

/// The goal in a program in which only one task is remote, or none.
fn near(remote: &str) -> Order {
    let graph = graph(|task| DurableTask { is_remote: task.name == remote, ..task });
    Order::new(graph, Crawl::EDGES, graph.position("total").unwrap())
}

#[test]
fn a_task_that_an_earlier_program_called_as_a_whole_is_not_called_for_its_elements() {
    let (order, results) = goal("pages", "[5,6]");
    assert_eq!(plan(&order, &results, &["pages"], &Failures::default()), Ok(calls([], [], 1)));
}

#[test]
fn results_for_elements_are_of_use_when_the_task_is_called_as_a_whole() {
    let (_, mut results) = goal("total", "[5,6,7]");
    done(&mut results, "pages[1]", "60");
    let none = Failures::default();
    let order = near("shop");
    assert_eq!(plan(&order, &results, &["pages[0]"], &none), Ok(calls([], [], 1)), "not twice at the same time");
    assert_eq!(plan(&near("none"), &results, &["pages[0]"], &none), Ok(calls([], [], 1)));
    done(&mut results, "pages[0]", "50");
    let call = results.needed_by(order.graph().position("pages").unwrap());
    assert_eq!(call.results, ["ids", "shop", "pages[0]", "pages[1]"]);
    let mut own = Results::with_wide(Crawl::GRAPH, Crawl::WIDE);
    own.extend_with_inputs(&results.inputs(&call, "inv_1", RawValue::NULL));
    let (times, count) = (r#""attempt":1,"version":1,"started":0,"ended":0"#, r#""value":2,"is_count":true"#);
    own.extend(serde_json::from_str(&format!(r#"{{"tasks":[{{"task":"pages",{count},{times}}}]}}"#)).unwrap());
    assert_eq!(own.get("pages").map(RawValue::get), Some("[50,60]"));
}

#[test]
fn the_failure_of_an_element_of_another_version_does_not_count() {
    let ((order, mut results), mut failures) = (goal("pages", "[5,6]"), Failures::default());
    let other = [("pages".to_owned(), 2)].into();
    let error = TerminalError::new("task `pages[1]` failed: gone");
    failures.note(Some(&order), &mut results, ("pages[1]", &other), error);
    assert_eq!(plan(&order, &results, &["pages[0]"], &failures), Ok(calls(["pages[1]"], [], 2)));
}

#[test]
fn the_failure_of_an_element_does_not_count_if_the_task_is_wide_no_more() {
    let ((_, mut results), mut failures) = (goal("total", "[5,6,7]"), Failures::default());
    let error = TerminalError::new("task `pages[1]` failed: gone");
    let order = Order::new(Crawl::GRAPH, &[], Crawl::GRAPH.position("total").unwrap());
    failures.note(Some(&order), &mut results, ("pages[1]", &first()), error);
    assert_eq!(plan(&order, &results, &[], &failures), Ok(calls(["pages"], [], 1)));
}

/// Takes the answer for an element, which a program with some versions called.
fn answer(results: &mut Results, task: &str, value: &str, versions: &[(&str, u32)]) {
    let times = r#""attempt":1,"version":1,"started":0,"ended":0"#;
    let answer = format!(r#"{{"tasks":[{{"task":"{task}","value":{value},{times}}}]}}"#);
    let mut answer: Entry = serde_json::from_str(&answer).unwrap();
    answer.answer_to(&versions.iter().map(|&(task, version)| (task.to_owned(), version)).collect());
    results.extend(answer);
}

#[test]
fn an_element_of_another_version_is_not_used() {
    let (order, mut results) = goal("total", "[5,6]");
    for versions in [[("pages", 2)], [("ids", 2)]] {
        answer(&mut results, "pages[0]", "1", &versions);
        assert!(results.elements("pages").next().is_none(), "{versions:?}");
    }
    answer(&mut results, "pages[0]", "50", &[]);
    assert_eq!(results.elements("pages").collect::<Vec<_>>(), [0]);
    // What is last in the journal is what calls get.
    answer(&mut results, "pages[0]", "51", &[("pages", 2)]);
    assert!(results.elements("pages").next().is_none());
    answer(&mut results, "pages[0]", "52", &[]);
    answer(&mut results, "pages", "[1,2]", &[("pages", 2)]);
    assert!(results.elements("pages").next().is_none());
    answer(&mut results, "pages[0]", "52", &[]);
    let plan = entry(&order, &results, &[]).plan.unwrap();
    assert_eq!(inputs(&results, &plan, "rows[0]").results["pages"].get(), "[52]", "the whole came before");
    answer(&mut results, "pages", "[53,63]", &[]);
    assert!(results.elements("pages").next().is_none(), "they are in the whole");
    let plan = entry(&order, &results, &[]).plan.unwrap();
    assert_eq!(inputs(&results, &plan, "rows[0]").results["pages"].get(), "[53]", "of the whole, which came later");
    answer(&mut results, "pages[0]", "1", &[("pages", 2)]);
    assert!(results.get("pages").is_none());
}

#[test]
fn a_task_that_caught_a_failure_of_another_version_is_not_used() {
    let graph = graph(|task| DurableTask { version: if task.name == "rows" { 2 } else { 1 }, ..task });
    for (told, is_used) in [("rows[1]", false), ("hints", true)] {
        let (_, mut results) = goal_of(graph, "saved");
        results.follow_plans();
        results.note_told([&told.to_owned()]);
        answer(&mut results, "saved", "0", &[]);
        assert_eq!(results.get("saved").is_some(), is_used, "{told}");
        answer(&mut results, "saved", "0", &[("rows", 2)]);
        assert!(results.get("saved").is_some());
    }
}

#[test]
fn an_element_that_another_version_replaced_is_not_used_without_plans_either() {
    let (_, mut results) = goal_of(Crawl::GRAPH, "total");
    answer(&mut results, "pages[0]", "50", &[]);
    answer(&mut results, "pages[1]", "60", &[]);
    answer(&mut results, "pages[1]", "1", &[("pages", 2)]);
    assert_eq!(results.elements("pages").count(), 0, "their number would take the last one");
    answer(&mut results, "pages", "[53,63]", &[]);
    answer(&mut results, "pages[1]", "1", &[("pages", 2)]);
    assert!(results.get("pages").is_some());
}

#[test]
fn a_task_of_a_plan_that_has_its_result_does_not_run_in_the_process() {
    let (_, results) = goal("total", "[5,6]");
    let place = |task| Crawl::GRAPH.position(task).unwrap();
    let can_run = |order: &Order, task| crate::orchestrate::can_run_here(order, &results, place(task));
    for remote in ["none", "pages"] {
        assert!(!can_run(&near(remote), "ids"), "{remote}");
    }
    assert!(
        can_run(&near("none"), "total") && !can_run(&near("pages"), "total"),
        "its run has all tasks that it needs"
    );
}

#[test]
fn before_the_first_plan_what_is_last_counts_too() {
    let (_, mut results) = goal_of(Crawl::GRAPH, "total");
    answer(&mut results, "pages", "[53,63]", &[]);
    answer(&mut results, "pages[0]", "1", &[("pages", 2)]);
    assert!(results.get("pages").is_some());
    results.follow_plans();
    assert!(results.get("pages").is_none());
}

#[test]
fn the_answer_for_an_element_has_the_version_of_its_task() {
    let graph = graph(|task| DurableTask { version: if task.name == "pages" { 2 } else { 1 }, ..task });
    let (_, mut results) = goal_of(graph, "total");
    answer(&mut results, "pages[0]", "50", &[("pages", 2)]);
    assert_eq!(results.elements("pages").collect::<Vec<_>>(), [0]);
}

#[test]
fn the_failure_for_an_element_in_the_journal_before_the_first_plan_is_that_of_the_task() {
    let (order, mut results) = goal_of(Crawl::GRAPH, "total");
    done(&mut results, "ids", "[5,6]");
    let failed = r#"{"task":"pages[1]","value":null,"failure":{"error":"gone","code":404},"attempt":1,"version":1,"started":0,"ended":0}"#;
    results.extend(serde_json::from_str(&format!(r#"{{"tasks":[{failed}]}}"#)).unwrap());
    results.follow_plans();
    crate::plan::block_all(&order, &mut results);
    let error = next(&order, &results, (&BTreeSet::new(), &[]), &Failures::default(), RawValue::NULL).unwrap_err();
    assert_eq!((error.code(), error.message()), (404, "task `pages[1]` failed: gone"));
    assert!(results.failure("rows").is_some());
}

#[test]
fn a_collection_that_is_not_one_any_more_names_its_task() {
    let (order, results) = goal("total", "7");
    let error = next(&order, &results, (&BTreeSet::new(), &[]), &Failures::default(), RawValue::NULL).unwrap_err();
    let end = "if its type has changed, write `#[task(version = 2)]`";
    assert!(error.message().starts_with("task `ids` failed: ") && error.message().ends_with(end), "{error}");
}

#[test]
fn an_element_that_is_too_large_to_be_sent_fails_its_task() {
    let (order, mut results) = goal("saved", &format!(r#"[5,"{}",6]"#, "x".repeat(crate::entry::LIMIT)));
    let large = entry(&order, &results, &[]);
    assert_eq!(large.plan.as_ref().map(|plan| plan.calls.len()), Some(2), "the others are not");
    results.extend(large);
    assert_eq!(results.failure("pages").map(|failed| failed.task.as_str()), Some("pages[1]"));
    let (_, mut results) = goal("saved", "[5,6]");
    done(&mut results, "shop", &format!(r#""{}""#, "x".repeat(crate::entry::LIMIT)));
    assert_eq!(entry(&order, &results, &[]).tasks.len(), 1, "one failure is enough");
}
