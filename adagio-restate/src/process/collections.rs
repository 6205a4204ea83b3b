//! Collections of many types: the body for an element that a call got does the same as in a whole run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use adagio::dag;
use adagio::durable::{Durable, Ordered};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Process;
use super::tests::{entry, text};
use crate::deployment::Code;
use crate::entry::Inputs;
use crate::invocation::{Goal, check_element};
use crate::order::Order;
use crate::outbox::Outbox;
use crate::plan::{Failures, next};
use crate::results::Results;

#[derive(Serialize, Deserialize)]
pub(crate) struct Own {
    items: Vec<u32>,
}

impl<'o> IntoIterator for &'o Own {
    type Item = &'o u32;
    type IntoIter = std::slice::Iter<'o, u32>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl Ordered for Own {}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Clear(Vec<u32>);

impl<'o> IntoIterator for &'o Clear {
    type Item = &'o u32;
    type IntoIter = std::slice::Iter<'o, u32>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Ordered for Clear {
    const CUT: bool = true;
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug, Clone)]
pub(crate) enum Key {
    A,
    #[serde(rename = "b \"\n\u{0}é")]
    B,
}

struct All;

#[dag(durable)]
#[allow(clippy::all, clippy::pedantic, reason = "the types matter, not the bodies")]
impl All {
    async fn values(&self) -> Vec<Value> {
        unreachable!()
    }
    #[depends(it in values)]
    #[task(remote)]
    pub(crate) async fn e_values(&self, it: &Value) -> String {
        format!("{it:?}")
    }
    #[depends(it in e_values)]
    #[task(remote)]
    pub(crate) async fn f_values(&self, it: &str) -> String {
        format!("f{it:?}")
    }
    #[depends(it in f_values)]
    #[task(remote, spawn)]
    pub(crate) async fn g_values(&self, it: String) -> String {
        format!("g{it:?}")
    }

    async fn map(&self) -> BTreeMap<String, f64> {
        unreachable!()
    }
    #[depends((key, it) in map)]
    #[task(remote)]
    pub(crate) async fn e_map(&self, key: &str, it: f64) -> String {
        format!("{key:?}{it:?}")
    }

    async fn keys(&self) -> BTreeMap<Key, Vec<u128>> {
        unreachable!()
    }
    #[depends((key, it) in keys)]
    #[task(remote, blocking)]
    pub(crate) fn e_keys(&self, key: &Key, it: &Vec<u128>) -> String {
        format!("{key:?}{it:?}")
    }

    async fn numbers(&self) -> BTreeMap<u64, Option<u64>> {
        unreachable!()
    }
    #[depends((key, it) in numbers)]
    #[task(remote)]
    pub(crate) fn e_numbers(&self, key: u64, it: Option<u64>) -> String {
        format!("{key:?}{it:?}")
    }

    async fn set(&self) -> BTreeSet<String> {
        unreachable!()
    }
    #[depends(it in set)]
    #[task(remote)]
    pub(crate) async fn e_set(&self, it: &String) -> String {
        format!("{it:?}")
    }

    async fn deque(&self) -> VecDeque<i128> {
        unreachable!()
    }
    #[depends(it in deque)]
    #[task(remote, spawn)]
    pub(crate) async fn e_deque(&self, it: i128) -> String {
        format!("{it:?}")
    }

    async fn shared(&self) -> Vec<f64> {
        unreachable!()
    }
    #[depends(it in shared)]
    #[task(remote)]
    pub(crate) async fn e_shared(&self, it: f64) -> String {
        format!("{it:?}")
    }

    async fn boxed(&self) -> Box<[Vec<u32>]> {
        unreachable!()
    }
    #[depends(it in boxed)]
    #[task(remote)]
    pub(crate) async fn e_boxed(&self, it: &Vec<u32>) -> String {
        format!("{it:?}")
    }

    async fn array(&self) -> [i64; 3] {
        unreachable!()
    }
    #[depends(it in array)]
    #[task(remote)]
    pub(crate) async fn e_array(&self, it: i64) -> String {
        format!("{it:?}")
    }

    async fn one(&self) -> [i64; 1] {
        unreachable!()
    }
    #[depends(it in one)]
    #[task(remote)]
    pub(crate) async fn e_one(&self, it: i64) -> String {
        format!("{it:?}")
    }

    async fn maybe(&self) -> Option<Vec<u32>> {
        unreachable!()
    }
    #[depends(it in maybe)]
    #[task(remote)]
    pub(crate) async fn e_maybe(&self, it: &Vec<u32>) -> String {
        format!("{it:?}")
    }

    async fn own(&self) -> Own {
        unreachable!()
    }
    #[depends(it in own)]
    #[task(remote)]
    pub(crate) async fn e_own(&self, it: u32) -> String {
        format!("{it:?}")
    }

    async fn clear(&self) -> Box<Clear> {
        unreachable!()
    }
    #[depends(it in clear)]
    #[task(remote)]
    pub(crate) async fn e_clear(&self, it: u32) -> String {
        format!("{it:?}")
    }

    async fn units(&self) -> Vec<()> {
        unreachable!()
    }
    #[depends(it in units)]
    #[task(remote)]
    pub(crate) async fn e_units(&self, it: &()) -> Option<()> {
        Some(*it)
    }

    #[depends(it in units)]
    pub(crate) async fn near(&self, it: &()) -> Result<u32, String> {
        let _ = it;
        Ok(5)
    }
    #[depends(it in near)]
    #[task(remote, catch)]
    pub(crate) async fn after_near(&self, it: u32) -> Result<u32, String> {
        if it > 5 { Ok(it) } else { Err("small".to_owned()) }
    }
    #[depends(it in after_near)]
    #[task(remote)]
    pub(crate) async fn after_caught(&self, it: &Result<u32, String>) -> String {
        format!("{it:?}")
    }
}

/// Runs a goal to its end, and returns its result.
async fn value(goal: Goal, results: &mut Results) -> Result<String, String> {
    let name = goal.to_string();
    let outbox = Outbox::new(&"run".into(), &Code::default(), results);
    let process = Process::new(goal, Arc::new(All).durable_run(), results, outbox);
    let mut process = process.map_err(|error| error.to_string())?;
    let mut log = Vec::new();
    while results.get(&name).is_none() {
        let entry = entry(&mut process, results).await.map_err(|error| text(&error))?;
        log.extend(entry.tasks.iter().map(|it| it.task.clone()));
    }
    assert!(goal.element.is_none() || log == [&*name], "more than {name}: {log:?}");
    Ok(results.get(&name).unwrap().get().to_owned())
}

#[tokio::test]
async fn each_element_of_any_collection_is_the_same_in_a_call() {
    let cases = [
        (
            "values",
            "e_values",
            r#"[1e40, 1.0, 18446744073709551616, "\ud83d\ude00 ]", {"b":[1], "a": {}}, null, [[]], -0.0]"#,
        ),
        ("values", "e_values", "[]"),
        ("values", "e_values", "[7]"),
        ("values", "e_values", "[ 0.1 , 123456789012345678901234567890 ]"),
        ("e_values", "f_values", r#"["a","b]","{"]"#),
        ("f_values", "g_values", r#"["a","b]","{"]"#),
        ("map", "e_map", r#"{"":1.5,"\u0000":2.0,"[0]":1e300,"a\"b":-0.0,"é":0.1}"#),
        ("map", "e_map", r#"{"z":1.5,"a":2.0}"#),
        ("map", "e_map", r#"{"a":1.5,"a":2.0}"#),
        ("map", "e_map", "{}"),
        ("keys", "e_keys", "{\"A\":[340282366920938463463374607431768211455],\"b \\\"\\n\\u0000é\":[]}"),
        ("numbers", "e_numbers", r#"{"2":null,"10":18446744073709551615}"#),
        ("set", "e_set", r#"["","a","\u0001"]"#),
        ("set", "e_set", r#"["","\u0001","a"]"#),
        ("set", "e_set", r#"["a","a"]"#),
        ("deque", "e_deque", "[-170141183460469231731687303715884105728,5]"),
        ("shared", "e_shared", "[0.1,5e-324,1.7976931348623157e308]"),
        ("boxed", "e_boxed", "[[],[1,2]]"),
        ("array", "e_array", "[1,2,3]"),
        ("one", "e_one", "[4]"),
        ("maybe", "e_maybe", "[1,2]"),
        ("maybe", "e_maybe", "null"),
        ("own", "e_own", r#"{"items":[5,6]}"#),
        ("own", "e_own", r#"{"items":[6]}"#),
        ("own", "e_own", r#"{"items":[]}"#),
        ("clear", "e_clear", "[5,6]"),
        ("units", "e_units", "[null,null]"),
        ("near", "after_near", "[5,6]"),
        ("after_near", "after_caught", r#"[{"Err":"small"},{"Ok":6}]"#),
    ];
    for (collection, task, stored) in cases {
        let inputs = |stored: &str| {
            let sent = format!(r#"{{"run":"r","input":null,"results":{{"{collection}":{stored}}}}}"#);
            serde_json::from_str::<Inputs>(&sent).unwrap()
        };
        let mut results = Results::of::<All>();
        results.extend_with_inputs(&inputs(stored));
        results.follow_plans();
        let place = All::GRAPH.position(task).unwrap();
        let entry =
            next(&Order::of::<All>(place), &results, (&BTreeSet::new(), &[]), &Failures::default(), RawValue::NULL);
        let calls = entry.unwrap().plan.unwrap().calls.into_iter().filter(|call| call.task.starts_with(task));
        let mut values = Vec::new();
        for call in calls {
            let sent = results.inputs(&call, "r", RawValue::NULL);
            check_element::<All>(place, &sent).unwrap();
            let mut own = Results::of::<All>();
            own.extend_with_inputs(&sent);
            values.push(value(Goal { task, element: sent.element }, &mut own).await.unwrap());
        }
        let mut whole = Results::of::<All>();
        whole.extend_with_inputs(&inputs(stored));
        let whole = value(Goal::whole(task), &mut whole).await;
        assert_eq!(Ok(format!("[{}]", values.join(","))), whole, "{task} {stored}");
    }
}
