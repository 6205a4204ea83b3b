//! The results of wide tasks in the journal, one by one.

use std::collections::HashSet;
use std::future::pending;
use std::sync::{Arc, Mutex};

use adagio::dag;
use adagio::durable::{Durable, current};
use serde_json::value::RawValue;

use super::tests::{entry, names, process, text};
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
    let mut first = process(&crawl, "total", &results);
    assert_eq!(names(&entry(&mut first, &mut results).await.unwrap()), ["ids"]);
    assert_eq!(names(&entry(&mut first, &mut results).await.unwrap()), ["pages[2]"]);
    let failed = |error: &_| text(error) == "Terminal error [500]: task `pages[2]` failed: gone";
    assert!(failed(&entry(&mut first, &mut results).await.unwrap_err()));
    crawl.ran();
    let mut second = process(&crawl, "total", &results);
    assert!(failed(&entry(&mut second, &mut results).await.unwrap_err()));
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
