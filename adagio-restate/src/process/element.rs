//! The body for one element of a wide task, which a call runs.

use std::sync::{Arc, Mutex};

use adagio::dag;
use adagio::durable::current;
use serde_json::value::RawValue;

use super::Process;
use super::tests::{entry, names, text};
use crate::deployment::Code;
use crate::entry::{Failure, Inputs, Record};
use crate::invocation::{Goal, check_element};
use crate::outbox::Outbox;
use crate::results::Results;

/// Loads pages; that of the id 7 cannot be loaded.
#[derive(Default)]
struct Crawl {
    ran: Mutex<Vec<usize>>,
}

#[dag(durable)]
#[allow(clippy::unused_async, reason = "tasks here are done at once")]
impl Crawl {
    async fn ids(&self) -> Vec<u32> {
        unreachable!("it is sent")
    }

    #[depends(id in ids)]
    #[task(remote, retry = 1, backoff = "1ms..1ms")]
    pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
        self.ran.lock().unwrap().push(current().and_then(|current| current.index()).unwrap());
        if id == 7 { Err("gone".to_owned()) } else { Ok(10 * id) }
    }

    #[depends(page in pages)]
    #[task(remote)]
    async fn rows(&self, page: u32) -> u32 {
        page + 1
    }

    #[depends(rows)]
    pub(crate) fn total(&self, rows: &[u32]) -> u32 {
        rows.iter().sum()
    }
}

fn inputs(task: &str, sent: &str, index: usize) -> Inputs {
    let inputs = format!(r#"{{"run":"inv_1","input":null,"results":{{"{task}":{sent}}},"element":{index}}}"#);
    serde_json::from_str(&inputs).unwrap()
}

fn process(crawl: &Arc<Crawl>, goal: Goal, results: &Results) -> Process {
    let code = Code::default();
    _ = code.set(Box::new(|error| if error.index() == Some(3) { 404 } else { 400 }));
    let outbox = Outbox::new(&"run".into(), &code, results);
    let Ok(process) = Process::new(goal, adagio::durable::Durable::durable_run(crawl), results, outbox) else {
        panic!("the collection can be read")
    };
    process
}

#[tokio::test]
async fn only_the_body_for_the_element_runs_whether_the_collection_is_cut_or_not() {
    for (task, collection, sent, value) in
        [("pages", "ids", "[6]", "60"), ("pages", "ids", "[4,5,9,6]", "60"), ("rows", "pages", "[60]", "61")]
    {
        let (crawl, mut results) = (Arc::new(Crawl::default()), Results::of::<Crawl>());
        results.extend_with_inputs(&inputs(collection, sent, 3));
        let goal = Goal { task, element: Some(3) };
        let mut process = process(&crawl, goal, &results);
        assert_eq!(names(&entry(&mut process, &mut results).await.unwrap()), [goal.to_string()]);
        assert_eq!(results.get(&goal.to_string()).map(RawValue::get), Some(value));
        assert_eq!(*crawl.ran.lock().unwrap(), if task == "pages" { vec![3] } else { vec![] });
    }
}

#[tokio::test]
async fn an_attempt_for_an_element_counts_in_the_next_life_and_its_failure_names_it() {
    let (crawl, mut results) = (Arc::new(Crawl::default()), Results::of::<Crawl>());
    results.extend_with_inputs(&inputs("ids", "[7]", 3));
    let goal = Goal { task: "pages", element: Some(3) };
    let mut first = process(&crawl, goal, &results);
    let failed = entry(&mut first, &mut results).await.unwrap();
    let [Record { attempt: 1, failure: Some(Failure { next: Some(_), .. }), .. }] = &failed.tasks[..] else {
        panic!("{failed:?}")
    };
    drop(first);
    let mut second = process(&crawl, goal, &results);
    let failed = entry(&mut second, &mut results).await.unwrap();
    let [Record { attempt: 2, failure: Some(Failure { next: None, .. }), .. }] = &failed.tasks[..] else {
        panic!("{failed:?}")
    };
    let error = entry(&mut second, &mut results).await.unwrap_err();
    let told = "Terminal error [404]: task `pages[3]` failed: gone";
    assert_eq!(text(&error), told);
    drop(second);
    let mut third = process(&crawl, goal, &results);
    crawl.ran.lock().unwrap().clear();
    assert_eq!(text(&entry(&mut third, &mut results).await.unwrap_err()), told);
    assert_eq!(*crawl.ran.lock().unwrap(), [0; 0]);
}

/// The same, in a program in which no task runs for each element by a call.
struct Near;

#[dag(durable)]
impl Near {
    fn ids(&self) -> Vec<u32> {
        Vec::new()
    }

    #[depends(id in ids)]
    pub(crate) fn pages(&self, id: u32) -> u32 {
        id
    }

    #[depends(pages)]
    pub(crate) fn rows(&self, pages: &[u32]) -> usize {
        pages.len()
    }
}

#[test]
fn a_call_for_an_element_that_the_program_does_not_have_fails() {
    let check = |task, collection, sent, index| {
        let checked = check_element::<Crawl>(task, &inputs(collection, sent, index));
        checked.map_err(|error| format!("{} {}", error.code(), error.message()))
    };
    let gone = |task| Err(format!("410 task `{task}` failed: the program at its address has no such task any more"));
    assert_eq!(check(1, "ids", "[1]", 3), Ok(()));
    assert_eq!(check(1, "ids", "[1,2]", 1), Ok(()));
    let other = "its collection has another type in the program at its address, in which it has 2 elements";
    assert_eq!(check(1, "ids", "[1,2]", 2), Err(format!("500 task `pages[2]` failed: {other}")));
    assert_eq!(check(1, "keys", "[1]", 3), gone("pages[3]"), "the collection has another name");
    assert_eq!(check(3, "rows", "[1]", 3), gone("total[3]"));
    let error = check(1, "ids", "7", 3).unwrap_err();
    assert!(error.starts_with("500 task `ids` failed: ") && error.ends_with("`#[task(version = 2)]`"), "{error}");
    for task in [1, 2] {
        assert!(crate::failure::is_gone(&check_element::<Near>(task, &inputs("ids", "[1]", 3)).unwrap_err()));
    }
    let whole: Inputs = serde_json::from_str(r#"{"run":"inv_1","input":null,"results":{}}"#).unwrap();
    assert!(check_element::<Near>(1, &whole).is_ok());
}
