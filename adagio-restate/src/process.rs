//! A run in this process, which is taken up where the journal ends. In: the results so far. Out: entry after entry.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use adagio::TaskError;
use adagio::durable::{Deferral, DurableRun};
use restate_sdk::errors::HandlerResult;
use serde_json::value::RawValue;

use crate::entry::{Entry, Record, Results};
use crate::failure::{panicked, terminal, transient};
use crate::order::Order;
use crate::progress::{Attempt, Progress};

/// Runs all that is needed at once, while the journal takes one task after another.
pub(crate) struct Process<'o, R> {
    order: &'o Order,
    run: R,
    deferral: Deferral,
    progress: Progress,
    is_wanted: AtomicBool,
}

impl<'o, R: DurableRun> Process<'o, R> {
    /// Takes a run of which nothing has started up from the results so far.
    pub(crate) fn new(order: &'o Order, run: R, results: &Results) -> Result<Self, TaskError> {
        let deferral = Deferral::new(order.graph());
        let progress = Progress::default();
        let run = run.defer_retries(&deferral).observe(progress.clone());
        let run = results.iter().try_fold(run, |run, (task, value)| run.seed(task, value.get().as_bytes()))?;
        Ok(Self { order, run, deferral, progress, is_wanted: AtomicBool::new(false) })
    }

    /// Waits for one task, and returns the results that are there by then and not in the journal.
    ///
    /// A task that is to be tried again is given to the engine when nothing else is under way and everything that is
    /// done stands in the journal: its further attempts repeat no other task.
    pub(crate) async fn entry(&self, task: usize, results: &Results) -> HandlerResult<Entry> {
        let mut entry = pin!(self.advance(task, results));
        poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| entry.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(payload) => {
                let guilty = self.progress.panicked();
                Poll::Ready(Err(panicked(guilty.as_deref().unwrap_or(self.name(task)), &*payload)))
            }
        })
        .await
    }

    async fn advance(&self, task: usize, results: &Results) -> HandlerResult<Entry> {
        if !self.is_wanted.swap(true, Ordering::Relaxed) {
            self.want(results).await;
        }
        let Err(failure) = self.reach(task).await? else { return Ok(self.done(task, results).await) };
        for &other in self.order.tasks() {
            _ = self.reach(other).await?;
        }
        let entry = self.done(task, results).await;
        if entry.is_empty() { Err(transient(&failure)) } else { Ok(entry) }
    }

    /// Makes a goal of every task, so that those that do not need one that is to be tried again go on. They stay
    /// wanted.
    async fn want(&self, results: &Results) {
        poll_fn(|cx| {
            for &task in self.order.tasks().iter().filter(|&&task| !results.has(task)) {
                _ = self.look(task, cx);
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Waits for a task, or for a failure of any that is final.
    async fn reach(&self, task: usize) -> HandlerResult<Result<Vec<u8>, TaskError>> {
        let mut result = pin!(self.run.result(self.name(task)));
        poll_fn(|cx| {
            let poll = result.as_mut().poll(cx);
            let is_final = |error: &TaskError| !self.deferral.has(error.task());
            let mut failures = self.progress.failures().into_iter();
            if let Some(error) = failures.find(|error| is_final(error) && !self.is_caught(error.task(), cx)) {
                return Poll::Ready(Err(terminal(&error).into()));
            }
            match poll {
                // It cannot be stored.
                Poll::Ready(Err(error)) if is_final(&error) => Poll::Ready(Err(terminal(&error).into())),
                poll => poll.map(Ok),
            }
        })
        .await
    }

    /// Returns what is done and not in the journal; for a task that has just been awaited nobody need have told that it
    /// is.
    async fn done(&self, awaited: usize, results: &Results) -> Entry {
        let is_done = |task: usize| task == awaited || self.progress.attempt(task).has_ended;
        let open = self.order.tasks().iter().filter(|&&task| !results.has(task) && is_done(task));
        let mut entry = Entry::new();
        poll_fn(|cx| {
            for &task in open.clone() {
                let Poll::Ready(Ok(stored)) = self.look(task, cx) else { continue };
                // What cannot be stored is told when the task's own turn comes.
                let Some(value) = String::from_utf8(stored).ok().and_then(|json| RawValue::from_string(json).ok())
                else {
                    continue;
                };
                let Attempt { started, ended, .. } = self.progress.attempt(task);
                entry.insert(self.name(task).to_owned(), Record { value, started, ended });
            }
            Poll::Ready(())
        })
        .await;
        entry
    }

    /// Whether a task that has failed has a result all the same, as one with `catch` has.
    fn is_caught(&self, task: &str, cx: &mut Context<'_>) -> bool {
        let place = self.order.graph().position(task);
        place.is_some_and(|task| matches!(self.look(task, cx), Poll::Ready(Ok(_))))
    }

    fn look(&self, task: usize, cx: &mut Context<'_>) -> Poll<Result<Vec<u8>, TaskError>> {
        let mut result = pin!(self.run.result(self.name(task)));
        Pin::as_mut(&mut result).poll(cx)
    }

    fn name(&self, task: usize) -> &'static str {
        self.order.graph().tasks[task].name
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;

    use adagio::dag;
    use adagio::durable::Durable;
    use restate_sdk::errors::HandlerError;
    use tokio::task::yield_now;

    use super::*;

    struct Shop;

    #[dag(durable)]
    #[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "tasks here are done at once")]
    impl Shop {
        async fn slow(&self) -> u32 {
            yield_now().await;
            1
        }

        async fn quick(&self) -> u32 {
            2
        }

        #[depends(slow, quick)]
        pub(crate) fn both(&self, slow: u32, quick: u32) -> u32 {
            slow + quick
        }

        #[task(retry = 3)]
        async fn flaky(&self) -> Result<u32, String> {
            Err("the clerk is busy".to_owned())
        }

        #[depends(flaky, slow)]
        pub(crate) fn patient(&self, flaky: u32, slow: u32) -> u32 {
            flaky + slow
        }

        async fn stuck(&self) -> u32 {
            pending().await
        }

        async fn broken(&self) -> Result<u32, String> {
            yield_now().await;
            Err("the door is shut".to_owned())
        }

        #[depends(stuck, broken)]
        pub(crate) fn hopeless(&self, stuck: u32, broken: u32) -> u32 {
            stuck + broken
        }

        async fn wrong(&self) -> u32 {
            yield_now().await;
            panic!("the ink is out")
        }

        #[depends(stuck, wrong)]
        pub(crate) fn panicked(&self, stuck: u32, wrong: u32) -> u32 {
            stuck + wrong
        }
    }

    /// The same failure, on another thread than the one that waits.
    struct Far;

    #[dag(durable, spawn)]
    impl Far {
        async fn stuck(&self) -> u32 {
            pending().await
        }

        async fn broken(&self) -> Result<u32, String> {
            yield_now().await;
            Err("the door is shut".to_owned())
        }

        #[depends(stuck, broken)]
        pub(crate) fn hopeless(&self, stuck: u32, broken: u32) -> u32 {
            stuck + broken
        }
    }

    fn place<G: Durable>(task: &str) -> usize {
        G::GRAPH.position(task).expect("a task of the graph")
    }

    fn names(entry: &Entry) -> Vec<&str> {
        entry.keys().map(String::as_str).collect()
    }

    fn text(error: &HandlerError) -> String {
        AsRef::<dyn std::error::Error>::as_ref(error).to_string()
    }

    #[tokio::test]
    async fn an_entry_has_what_others_have_given_by_then() {
        let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, place::<Shop>("both")));
        let mut results = Results::new(Shop::GRAPH);
        let process = Process::new(&order, shop.durable_run(), &results).unwrap();
        let entry = process.entry(place::<Shop>("slow"), &results).await.unwrap();
        assert_eq!(names(&entry), ["both", "quick", "slow"]);
        assert_eq!(entry["both"].value.get(), "3");
        results.extend_with(entry);
        assert!(order.tasks().iter().all(|&task| results.has(task)));
    }

    #[tokio::test]
    async fn a_task_to_be_tried_again_is_handed_over_when_all_else_is_journaled() {
        let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, place::<Shop>("patient")));
        let mut results = Results::new(Shop::GRAPH);
        let process = Process::new(&order, shop.durable_run(), &results).unwrap();
        let flaky = place::<Shop>("flaky");
        let entry = process.entry(flaky, &results).await.unwrap();
        assert_eq!(names(&entry), ["slow"], "the others first");
        results.extend_with(entry);
        let error = process.entry(flaky, &results).await.unwrap_err();
        assert_eq!(text(&error), "Retryable error: task `flaky` failed: the clerk is busy");
    }

    #[tokio::test]
    async fn a_final_failure_ends_the_wait_for_another_task() {
        let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, place::<Shop>("hopeless")));
        let results = Results::new(Shop::GRAPH);
        let process = Process::new(&order, shop.durable_run(), &results).unwrap();
        let error = process.entry(place::<Shop>("stuck"), &results).await.unwrap_err();
        assert_eq!(text(&error), "Terminal error [500]: task `broken` failed: the door is shut");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_final_failure_on_another_thread_ends_the_wait_too() {
        let (far, order) = (Arc::new(Far), Order::new(Far::GRAPH, place::<Far>("hopeless")));
        let results = Results::new(Far::GRAPH);
        let process = Process::new(&order, far.durable_run(), &results).unwrap();
        let error = process.entry(place::<Far>("stuck"), &results).await.unwrap_err();
        assert_eq!(text(&error), "Terminal error [500]: task `broken` failed: the door is shut");
    }

    #[tokio::test]
    async fn a_panic_is_to_be_tried_again_and_names_its_task() {
        let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, place::<Shop>("panicked")));
        let results = Results::new(Shop::GRAPH);
        let process = Process::new(&order, shop.durable_run(), &results).unwrap();
        let error = process.entry(place::<Shop>("stuck"), &results).await.unwrap_err();
        assert_eq!(text(&error), "Retryable error: task `wrong` panicked: the ink is out");
    }

    #[tokio::test]
    async fn a_stored_result_of_another_graph_is_to_be_tried_again() {
        let (shop, order) = (Arc::new(Shop), Order::new(Shop::GRAPH, place::<Shop>("both")));
        let mut results = Results::new(Shop::GRAPH);
        results.extend([("slow".to_owned(), RawValue::from_string("\"one\"".to_owned()).unwrap())]);
        let Err(error) = Process::new(&order, shop.durable_run(), &results) else { panic!("`slow` is no text") };
        assert_eq!(error.task(), "slow");
    }
}
