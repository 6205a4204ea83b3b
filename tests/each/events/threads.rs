//! The same for bodies on other threads, and for attempts.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use adagio::{TimedOut, dag};

use super::Log;
use crate::common::deadline;
use crate::gates::Gates;

/// Pages on other threads.
#[derive(Default)]
struct Site {
    gates: Gates,
    is_broken: AtomicBool,
    panics: AtomicBool,
    attempts: AtomicUsize,
}

impl Site {
    fn page(&self, id: usize) -> Result<usize, String> {
        assert!(id != 2 || !self.panics.load(Ordering::SeqCst), "page 2 is lost");
        if id == 2 && self.is_broken.load(Ordering::SeqCst) { Err("broken".to_owned()) } else { Ok(id) }
    }

    fn again(&self, id: usize) -> Result<usize, io::Error> {
        let is_last = self.attempts.fetch_add(1, Ordering::SeqCst) > 0;
        if id == 1 || is_last { Ok(id) } else { Err(io::Error::other("again")) }
    }
}

#[dag]
impl Site {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    fn pair(&self) -> [usize; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    #[task(spawn, max_concurrency = 2)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        self.gates.pass(id).await;
        self.page(id)
    }

    #[depends(page in pages)]
    #[task(spawn)]
    async fn rows(&self, page: &usize) -> usize {
        self.gates.pass(10 + page).await;
        *page
    }

    #[depends(rows)]
    fn sum(&self, rows: &[usize]) -> usize {
        rows.iter().sum()
    }

    #[depends(id in ids)]
    #[task(blocking, max_concurrency = 1)]
    fn files(&self, id: usize) -> Result<usize, String> {
        self.page(id)
    }

    #[depends(id in pair)]
    #[task(retry = 2, backoff = "1ms..1ms")]
    async fn here(&self, id: usize) -> Result<usize, io::Error> {
        self.again(id)
    }

    #[depends(id in pair)]
    #[task(spawn, max_concurrency = 1, retry = 2, backoff = "1ms..1ms")]
    async fn spawned(&self, id: usize) -> Result<usize, io::Error> {
        self.again(id)
    }

    #[depends(id in pair)]
    #[task(blocking, max_concurrency = 1, retry = 2, backoff = "1ms..1ms")]
    fn blocked(&self, id: usize) -> Result<usize, io::Error> {
        self.again(id)
    }

    #[depends(id in pair)]
    #[task(timeout = "1s")]
    async fn slow(&self, id: usize) -> Result<usize, TimedOut> {
        tokio::time::sleep(Duration::from_secs(2 * id as u64)).await;
        Ok(id)
    }

    #[depends(id in pair)]
    #[task(spawn, catch)]
    async fn caught(&self, id: usize) -> Result<usize, String> {
        if id == 0 { Err("none".to_owned()) } else { Ok(id) }
    }
}

fn watched(site: &Arc<Site>) -> (SiteRun, Arc<Log>) {
    let log = Arc::new(Log::default());
    (site.run().observe(Arc::clone(&log)), log)
}

#[tokio::test]
async fn an_element_on_another_thread_has_a_start_and_an_end() {
    let _deadline = deadline();
    let site = Arc::new(Site::default());
    site.gates.open(0..20);
    let (run, log) = watched(&site);
    assert_eq!(run.sum().await.unwrap(), &6);
    let events = log.events();
    for name in ["pages", "rows"] {
        let of = |word: &str| events.iter().filter(|event| event.starts_with(&format!("{word} {name}["))).count();
        assert_eq!((of("start"), of("Done")), (4, 4), "{events:?}");
        assert!(events.contains(&format!("Done {name}")));
    }
    assert_eq!(run.files().await.unwrap(), &[0, 1, 2, 3]);
    let of_element = |index| [format!("start files[{index}]"), format!("Done files[{index}]")];
    let elements: Vec<_> = (0..4).flat_map(of_element).collect();
    assert_eq!(log.events(), [&["start files".to_owned()], &elements[..], &["Done files".to_owned()]].concat());
    log.assert_balance();
}

#[tokio::test]
async fn a_failure_on_another_thread_is_that_of_its_element() {
    let _deadline = deadline();
    let site = Arc::new(Site { is_broken: AtomicBool::new(true), ..Site::default() });
    site.gates.open([0, 2]);
    let (run, log) = watched(&site);
    run.pages().await.unwrap_err();
    let failed = "task `pages[2]` failed";
    let expected = [&format!("fail pages[2]: {failed}"), "Cancelled pages[1]", &format!("fail pages: {failed}")];
    let events = log.events();
    assert_eq!(events[events.len() - 3..], expected);
    run.files().await.unwrap_err();
    let events = log.events();
    let failed = "task `files[2]` failed";
    assert_eq!(events[events.len() - 2..], [format!("fail files[2]: {failed}"), format!("fail files: {failed}")]);
    site.is_broken.store(false, Ordering::SeqCst);
    site.gates.open(0..4);
    run.retry_failed();
    assert_eq!(run.pages().await.unwrap(), &[0, 1, 2, 3]);
    let events = log.events();
    let starts: Vec<_> = events.iter().filter(|event| event.starts_with("start")).collect();
    assert_eq!(starts, ["start pages (2)", "start pages[1] (2)", "start pages[2] (2)", "start pages[3]"]);
    log.assert_balance();
}

#[tokio::test]
async fn a_panic_on_another_thread_is_that_of_its_element() {
    let _deadline = deadline();
    let site = Arc::new(Site { panics: AtomicBool::new(true), ..Site::default() });
    site.gates.open([0, 2]);
    for is_blocking in [false, true] {
        let (run, log) = watched(&site);
        let panics = async { if is_blocking { run.files().await.is_ok() } else { run.pages().await.is_ok() } };
        let mut panics = pin!(panics);
        let panic = std::future::poll_fn(|cx| {
            let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panics.as_mut().poll(cx)));
            polled.map_or_else(std::task::Poll::Ready, |polled| polled.map(|_| unreachable!()))
        });
        drop(panic.await);
        let events = log.events();
        let name = if is_blocking { "files" } else { "pages" };
        assert!(events.contains(&format!("Panicked {name}[2]")), "{events:?}");
        assert_eq!(events.last().unwrap(), &format!("Panicked {name}"));
        log.assert_balance();
    }
}

#[tokio::test]
async fn each_attempt_for_an_element_has_a_start_and_an_end() {
    let _deadline = deadline();
    for name in ["here", "spawned", "blocked"] {
        let site = Arc::new(Site::default());
        let (run, log) = watched(&site);
        let result = match name {
            "here" => run.here().await,
            "spawned" => run.spawned().await,
            _ => run.blocked().await,
        };
        assert_eq!(result.unwrap(), &[0, 1]);
        let first = [
            format!("start {name}[0]"),
            format!("fail {name}[0]: task `{name}[0]` failed"),
            format!("start {name}[0] (2)"),
            format!("Done {name}[0]"),
        ];
        let events = log.events();
        let of = |index: usize| {
            let word = format!("{name}[{index}]");
            events.iter().filter(|event| event.contains(&word)).cloned().collect::<Vec<_>>()
        };
        assert_eq!(of(0), first);
        assert_eq!(of(1), [format!("start {name}[1]"), format!("Done {name}[1]")]);
        log.assert_balance();
    }
}

#[tokio::test(start_paused = true)]
async fn an_element_that_takes_too_long_has_failed() {
    let _deadline = deadline();
    let site = Arc::new(Site::default());
    let (run, log) = watched(&site);
    run.slow().await.unwrap_err();
    let failed = "task `slow[1]` failed";
    let events = log.events();
    assert_eq!(events[events.len() - 2..], [format!("fail slow[1]: {failed}"), format!("fail slow: {failed}")]);
    assert!(events.contains(&"Done slow[0]".to_owned()), "{events:?}");
    log.assert_balance();
}

#[tokio::test]
async fn a_failure_on_another_thread_that_is_a_value_is_told_of() {
    let _deadline = deadline();
    let site = Arc::new(Site::default());
    let (run, log) = watched(&site);
    assert!(run.caught().await[0].is_err());
    let events = log.events();
    assert!(events.contains(&"fail caught[0]: task `caught[0]` failed".to_owned()), "{events:?}");
    assert!(events.contains(&"Done caught[1]".to_owned()) && events.contains(&"Done caught".to_owned()));
    log.assert_balance();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_start_has_its_end_when_a_run_is_dropped_while_threads_work() {
    let _deadline = deadline();
    for world in 0..300 {
        let site = Arc::new(Site { is_broken: AtomicBool::new(world % 3 == 0), ..Site::default() });
        let (run, log) = watched(&site);
        {
            let mut sum = pin!(run.sum());
            for step in 0..world % 12 {
                site.gates.open([step % 4, 10 + step % 3]);
                if std::future::poll_fn(|cx| std::task::Poll::Ready(sum.as_mut().poll(cx).is_ready())).await {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        log.note_drop();
        drop(run);
        // A thread may be about to tell of its element.
        while !log.is_balanced() {
            tokio::task::yield_now().await;
        }
    }
}
