//! The spans of tasks on other threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use adagio::dag;

use crate::common::deadline;
use crate::notes::Notes;

struct Away;

#[dag]
impl Away {
    #[task(spawn)]
    async fn first(&self) -> u8 {
        tracing::info!("on a worker");
        tokio::task::yield_now().await;
        1
    }

    #[depends(first)]
    #[task(spawn)]
    async fn second(&self, first: u8) -> Result<u8, String> {
        if first == 1 { Err("no".to_owned()) } else { Ok(2) }
    }

    #[depends(first)]
    #[task(blocking)]
    fn third(&self) {
        tracing::info!("on a blocking thread");
    }
}

/// Runs a future whose spawned tasks have the same subscriber, in a span of the caller.
pub(crate) fn with_workers(notes: &Notes, future: impl Future<Output = ()>) {
    // Other threads have the subscriber of the program.
    let subscriber = tracing::Dispatch::new(notes.subscriber());
    let of_workers = subscriber.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(move || {
            let guard = tracing::dispatcher::set_default(&of_workers);
            std::mem::forget(guard);
        })
        .build()
        .unwrap();
    tracing::dispatcher::with_default(&subscriber, || {
        tracing::info_span!("caller").in_scope(|| runtime.block_on(future));
    });
}

#[test]
fn tasks_on_other_threads_are_in_the_span_of_the_caller() {
    let _deadline = deadline();
    let notes = Notes::default();
    with_workers(&notes, async {
        let away = Arc::new(Away);
        assert!(away.second().await.is_err());
        away.third().await;
    });
    let lines = notes.lines();
    let all = |what: &str| lines.iter().filter(|line| line.contains(what)).cloned().collect::<Vec<_>>();
    assert_eq!(
        all("begins"),
        ["first", "second", "first", "third"].map(|task| format!("Away.{task} begins in caller"))
    );
    assert_eq!(all("on a worker"), ["Away.first says on a worker", "Away.first says on a worker"]);
    assert_eq!(all("on a blocking"), ["Away.third says on a blocking thread"]);
    assert_eq!(all(": "), ["Away.first: done", "Away.second: failed", "Away.first: done", "Away.third: done"]);
    assert_eq!(all("is closed").len(), 4);
}

struct Wide;

#[dag]
impl Wide {
    fn ids(&self) -> [u8; 2] {
        [0, 1]
    }

    #[depends(id in ids)]
    #[task(spawn)]
    async fn pages(&self, id: u8) -> u8 {
        assert_eq!(id, 0, "the page is lost");
        id
    }
}

#[test]
fn a_task_whose_body_for_an_element_panics_on_a_worker_has_panicked() {
    let _deadline = deadline();
    for is_run in [false, true] {
        let notes = Notes::default();
        let call = || with_workers(&notes, async { _ = Arc::new(Wide).pages().await });
        let run = || with_workers(&notes, async { _ = Arc::new(Wide).run().pages().await });
        let panics = if is_run { catch_unwind(AssertUnwindSafe(run)) } else { catch_unwind(AssertUnwindSafe(call)) };
        assert!(panics.is_err());
        let ends: Vec<_> = notes.lines().into_iter().filter(|line| line.starts_with("Wide.pages: ")).collect();
        assert_eq!(ends, ["Wide.pages: panicked"]);
    }
}
