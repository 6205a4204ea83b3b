//! The keeper of a stored run: it sends bytes to the writer thread, with the fence of the run.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use adagio::durable::{DurableGraph, GraphInside, Keeper, Keeps, TooLarge};
use adagio::{Observer, Outcome, TaskError, TaskEvent};

use crate::rows::Rows;
use crate::sql::{self, AttemptRow, CauseRow, Fence, ResultRow};
use crate::store::{Inner, Stop, lock, millis};

#[derive(Clone)]
pub(crate) struct FileKeeper(Arc<Shared>);

struct Shared {
    store: Arc<Inner>,
    graph: DurableGraph,
    inside: &'static [GraphInside],
    run: Arc<str>,
    fence: Fence,
    /// The failed attempts of earlier lives, and when the next one is due.
    earlier: HashMap<String, (u32, i64)>,
    /// Why tasks have no results, as bodies were told in earlier lives: the task that failed, and its error.
    causes: HashMap<String, (String, String)>,
    /// When the attempts under way started, for reports.
    started: Mutex<HashMap<String, i64>>,
    /// The run, to be stopped when it turns out not to be ours.
    run_to_stop: Mutex<Option<Weak<dyn Stop>>>,
    /// The first result, or the first final failure, that could not be written.
    unwritten: Mutex<Option<String>>,
    /// The task that has panicked.
    panicked: Mutex<Option<String>>,
}

impl FileKeeper {
    pub(crate) fn new(
        store: &Arc<Inner>,
        (graph, inside): (DurableGraph, &'static [GraphInside]),
        run: Arc<str>,
        fence: Fence,
        rows: &Rows,
    ) -> Self {
        let earlier = rows.attempts.iter().map(|row| (row.task.clone(), (row.failed, row.next.unwrap_or_default())));
        let causes = rows.causes.iter().map(|row| (row.task.clone(), (row.cause.clone(), row.error.clone())));
        Self(Arc::new(Shared {
            store: Arc::clone(store),
            graph,
            inside,
            run,
            fence,
            earlier: earlier.collect(),
            causes: causes.collect(),
            started: Mutex::default(),
            run_to_stop: Mutex::default(),
            unwritten: Mutex::default(),
            panicked: Mutex::default(),
        }))
    }

    pub(crate) fn fence(&self) -> Fence {
        self.0.fence
    }

    /// Names the run that stops if it is no longer ours.
    pub(crate) fn may_stop(&self, run: Weak<dyn Stop>) {
        *lock(&self.0.run_to_stop) = Some(run);
    }

    /// Whether a result or a final failure could not be written: then the failure of the run is not its own.
    pub(crate) fn is_broken(&self) -> bool {
        lock(&self.0.unwritten).is_some()
    }

    pub(crate) fn panicked(&self) -> Option<String> {
        lock(&self.0.panicked).clone()
    }

    fn version(&self, task: &str) -> u32 {
        self.0.graph.version(self.0.inside, task).unwrap_or(1)
    }

    fn write<F>(&self, is_final: bool, write: F) -> Keeps
    where
        F: FnMut(&rusqlite::Connection) -> rusqlite::Result<bool> + Send + 'static,
    {
        let (this, asked) = (self.clone(), self.0.store.writer.ask(write));
        Box::pin(async move {
            let problem: Box<dyn Error + Send + Sync> = match asked.await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    let run = lock(&this.0.run_to_stop).clone();
                    if let Some(run) = run.and_then(|run| run.upgrade()) {
                        run.stop();
                    }
                    "the run was cancelled, or another process has it now".into()
                }
                Err(error) => Box::new(error),
            };
            // A task goes on after a failed attempt that could not be written: only its count is lost.
            if is_final {
                lock(&this.0.unwritten).get_or_insert_with(|| problem.to_string());
            }
            Err(problem)
        })
    }
}

impl Keeper for FileKeeper {
    fn run_id(&self) -> &Arc<str> {
        &self.0.run
    }

    fn accepts(&self, _: &'static str, result: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        TooLarge::check(result.len(), sql::LARGEST)?;
        Ok(())
    }

    fn keep(&self, task: &'static str, value: Vec<u8>) -> Keeps {
        let fence = self.0.fence;
        let version = self.version(task);
        let started = lock(&self.0.started).remove(task);
        let row = ResultRow { task: task.to_owned(), version, started, ended: Inner::now(), value };
        self.write(true, move |connection| sql::keep(connection, fence, &row))
    }

    fn failed(&self, task: &'static str, attempts: u32, error: &TaskError, wait: Option<Duration>) -> Keeps {
        let (fence, now) = (self.0.fence, Inner::now());
        let next = wait.map(|wait| now.saturating_add(millis(wait)));
        let (version, error, started) = (self.version(task), error.causes(), lock(&self.0.started).remove(task));
        let row = AttemptRow { task: task.to_owned(), failed: attempts, next, started, ended: now, error, version };
        self.write(wait.is_none(), move |connection| sql::keep_attempt(connection, fence, &row))
    }

    fn caused(&self, task: &'static str, cause: &TaskError) -> Keeps {
        let (fence, version) = (self.0.fence, self.version(task));
        let (failed, error) = (cause.stored_name(), cause.causes());
        let row = CauseRow { task: task.to_owned(), version, cause: failed, error };
        self.write(true, move |connection| sql::keep_cause(connection, fence, &row))
    }

    fn cause(&self, task: &'static str) -> Option<TaskError> {
        let (failed, error) = self.0.causes.get(task)?;
        Some(self.0.graph.failure(failed, error.as_str()))
    }

    fn forget_causes(&self) {
        let fence = self.0.fence;
        // What is written later is written after it, so nobody waits for it. If a crash comes first, all comes back.
        drop(self.write(true, move |connection| sql::forget_causes(connection, fence)));
    }

    fn attempts(&self, task: &'static str) -> (u32, Duration) {
        let Some(&(failed, next)) = self.0.earlier.get(task) else { return (0, Duration::ZERO) };
        let left = u64::try_from(next.saturating_sub(Inner::now())).unwrap_or(0);
        (failed, Duration::from_millis(left))
    }
}

impl Observer for FileKeeper {
    fn started(&self, task: &TaskEvent<'_>) {
        lock(&self.0.started).insert(task.name().to_owned(), Inner::now());
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        if let Outcome::Panicked = outcome {
            lock(&self.0.panicked).get_or_insert_with(|| task.name().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use adagio::dag;
    use adagio::durable::Durable;

    use super::*;
    use crate::Store;

    struct Page;

    #[dag(durable)]
    impl Page {
        pub(crate) fn page(&self) -> String {
            String::new()
        }
    }

    struct Wide;

    #[dag(durable)]
    #[allow(clippy::unused_async, reason = "tasks here are done at once")]
    impl Wide {
        fn ids(&self) -> Vec<u32> {
            (0..1_000).collect()
        }

        #[depends(id in ids)]
        pub(crate) async fn pages(&self, id: u32) -> u32 {
            id
        }
    }

    #[tokio::test]
    async fn a_thousand_elements_share_few_transactions() {
        let store = Store::in_memory().await.unwrap();
        let batches = || store.0.writer.ask(|_| Ok(crate::writer::BATCHES.get()));
        let before = batches().await.unwrap();
        let run = store.graph("wide", |(): ()| Wide).start("a", ()).await.unwrap();
        assert_eq!(run.pages().await.unwrap().len(), 1_000);
        let batches = batches().await.unwrap() - before;
        assert!(batches < 100, "{batches} transactions");
        let count = |connection: &rusqlite::Connection| {
            connection.query_row("SELECT count(*) FROM results", [], |row| row.get::<_, i64>(0))
        };
        assert_eq!(store.0.writer.read(count).await.unwrap(), 1_002);
    }

    #[tokio::test]
    async fn a_result_that_is_too_large_for_a_row_is_not_accepted() {
        let store = Store::in_memory().await.unwrap();
        let fence = Fence { run: 1, owner: 1, take: 1 };
        let keeper = FileKeeper::new(&store.0, (Page::GRAPH, Page::INSIDE), "a".into(), fence, &Rows::default());
        assert!(keeper.accepts("page", b"[]").is_ok());
        // Memory that is never written to.
        let error = keeper.accepts("page", &vec![0; sql::LARGEST + 1]).unwrap_err();
        assert_eq!(error.downcast_ref::<TooLarge>().map(TooLarge::limit), Some(sql::LARGEST));
    }
}
