//! The results of wide tasks in the journal, one by one.

use std::collections::HashSet;
use std::future::pending;
use std::sync::{Arc, Mutex};

use adagio::dag;
use adagio::durable::{Durable, current};
use serde_json::value::RawValue;

use super::Process;
use super::tests::{entry, names, process, text};
use crate::deployment::Code;
use crate::invocation::Goal;
use crate::outbox::Outbox;
use crate::results::Results;

/// Loads pages; some bodies never end, and some fail.
#[derive(Default)]
struct Crawl {
    stuck: HashSet<usize>,
    broken: HashSet<usize>,
    ran: Mutex<Vec<usize>>,
}

impl Crawl {
    fn ran(&self) -> Vec<usize> {
        let mut ran = std::mem::take(&mut *self.ran.lock().unwrap());
        ran.sort_unstable();
        ran
    }
}

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Crawl {
    async fn ids(&self) -> Vec<u32> {
        vec![5, 6, 7]
    }

    #[depends(id in ids)]
    pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
        let index = current().and_then(|current| current.index()).unwrap();
        self.ran.lock().unwrap().push(index);
        if self.stuck.contains(&index) {
            pending::<()>().await;
        }
        if self.broken.contains(&index) { Err("gone".to_owned()) } else { Ok(10 * id) }
    }

    #[depends(pages)]
    pub(crate) fn total(&self, pages: &[u32]) -> u32 {
        pages.iter().sum()
    }
}

#[tokio::test]
async fn only_the_bodies_that_were_under_way_run_again() {
    let first = Arc::new(Crawl { stuck: [1].into(), ..Crawl::default() });
    let mut results = Results::of::<Crawl>();
    let mut process_of_first = process(&first, "total", &results);
    assert_eq!(names(&entry(&mut process_of_first, &mut results).await.unwrap()), ["ids"]);
    assert_eq!(names(&entry(&mut process_of_first, &mut results).await.unwrap()), ["pages[0]", "pages[2]"]);
    drop(process_of_first);
    assert_eq!(first.ran(), [0, 1, 2]);

    let second = Arc::new(Crawl::default());
    let mut process_of_second = process(&second, "total", &results);
    assert_eq!(names(&entry(&mut process_of_second, &mut results).await.unwrap()), ["pages[1]"]);
    assert!(results.get("pages").is_none());
    assert_eq!(names(&entry(&mut process_of_second, &mut results).await.unwrap()), ["pages"]);
    assert_eq!(
        results.get("pages").map(RawValue::get),
        Some("[50,60,70]"),
        "as a goal and as an input, it is one value"
    );
    drop(process_of_second);
    assert_eq!(second.ran(), [1]);

    let third = Arc::new(Crawl::default());
    let mut process_of_third = process(&third, "total", &results);
    assert_eq!(names(&entry(&mut process_of_third, &mut results).await.unwrap()), ["total"]);
    assert_eq!((results.get("total").map(RawValue::get), third.ran()), (Some("180"), vec![]));
}

#[tokio::test]
async fn the_failure_for_an_element_names_it() {
    let crawl = Arc::new(Crawl { broken: [2].into(), stuck: [0, 1].into(), ..Crawl::default() });
    let mut results = Results::of::<Crawl>();
    let code = Code::default();
    _ = code.set(Box::new(|error| if error.index() == Some(2) { 404 } else { 400 }));
    let process = |results: &Results| {
        let outbox = Outbox::new(&"run".into(), &code, results);
        Process::new(Goal::whole("total"), crawl.durable_run(), results, outbox).unwrap()
    };
    let mut first = process(&results);
    assert_eq!(names(&entry(&mut first, &mut results).await.unwrap()), ["ids"]);
    assert_eq!(names(&entry(&mut first, &mut results).await.unwrap()), ["pages[2]"]);
    let failed = "Terminal error [404]: task `pages[2]` failed: gone";
    assert_eq!(text(&entry(&mut first, &mut results).await.unwrap_err()), failed);
    crawl.ran();
    let mut second = process(&results);
    assert_eq!(text(&entry(&mut second, &mut results).await.unwrap_err()), failed);
    assert_eq!(crawl.ran(), [0; 0], "in the next life no body starts");
}

/// A later program.
struct Plain;

#[dag(durable)]
impl Plain {
    pub(crate) fn pages(&self) -> u32 {
        7
    }
}

/// Another one.
struct Anew;

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Anew {
    async fn ids(&self) -> Vec<u32> {
        unreachable!("it is stored")
    }

    #[depends(id in ids)]
    #[task(version = 2)]
    pub(crate) async fn pages(&self, id: u32) -> u32 {
        id
    }

    #[depends(pages)]
    pub(crate) fn total(&self, pages: &[u32]) -> u32 {
        pages.iter().sum()
    }
}

fn journal<G: Durable>(entries: &[&str]) -> Results {
    let mut results = Results::of::<G>();
    for entry in entries {
        results.extend(serde_json::from_str(&format!(r#"{{"tasks":[{entry}]}}"#)).unwrap());
    }
    results
}

/// The journal of an earlier program that was interrupted.
const INTERRUPTED: [&str; 2] = [
    r#"{"task":"ids","value":[1,2],"attempt":1,"version":1,"started":0,"ended":0}"#,
    r#"{"task":"pages[1]","value":9,"attempt":1,"version":1,"started":0,"ended":0}"#,
];

#[tokio::test]
async fn results_of_a_task_that_is_wide_no_more_are_ignored() {
    let mut results = journal::<Plain>(&INTERRUPTED);
    let mut process = process(&Arc::new(Plain), "pages", &results);
    entry(&mut process, &mut results).await.unwrap();
    assert_eq!(results.get("pages").map(RawValue::get), Some("7"));
}

#[tokio::test]
async fn a_new_version_discards_the_results_of_all_elements() {
    let mut results = journal::<Anew>(&INTERRUPTED);
    let mut process = process(&Arc::new(Anew), "pages", &results);
    while results.get("pages").is_none() {
        let entry = entry(&mut process, &mut results).await.unwrap();
        assert_eq!(entry.versions.get("pages"), Some(&2));
    }
    assert_eq!(results.get("pages").map(RawValue::get), Some("[1,2]"));
}

#[test]
fn elements_of_an_earlier_version_make_nothing_stale_that_was_made_without_them() {
    let mut results = journal::<Anew>(&INTERRUPTED);
    let times = r#""attempt":1,"started":0,"ended":0"#;
    let again = format!(r#"{{"task":"pages[0]","value":3,"version":2,{times}}}"#);
    let count = format!(r#"{{"task":"pages","value":1,"is_count":true,"version":2,{times}}}"#);
    let total = format!(r#"{{"task":"total","value":3,"version":1,{times}}}"#);
    // A program that has another task.
    for record in [again, count, total] {
        let entry = format!(r#"{{"tasks":[{record}],"versions":{{"pages":2,"other":3}}}}"#);
        results.extend(serde_json::from_str(&entry).unwrap());
    }
    assert_eq!(results.get("pages").map(RawValue::get), Some("[3]"));
    assert_eq!(results.get("total").map(RawValue::get), Some("3"));
}
