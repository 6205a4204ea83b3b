//! The spans of tasks on other threads.

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
