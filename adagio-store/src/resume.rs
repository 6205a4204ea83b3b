//! How a run is taken up: what the file has of it, as a run of the graph.

use std::collections::HashSet;
use std::sync::Arc;

use adagio::EdgeKind;
use adagio::durable::{Durable, DurableGraph, DurableRun};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::graph::Graph;
use crate::keeper::FileKeeper;
use crate::run::Live;
use crate::sql::{self, AttemptRow, Fence, ResultRow, RunRow, status};
use crate::store::{Inner, Stop, lock};
use crate::{Error, Status};

/// A run, as the file has it.
pub(crate) struct Taken {
    /// Its row before it was made ours, with the new fence.
    pub(crate) row: RunRow,
    results: Vec<ResultRow>,
    attempts: Vec<AttemptRow>,
    /// It is ours now.
    is_claimed: bool,
}

impl Taken {
    /// Whether it is under way in another process.
    pub(crate) fn is_busy(&self) -> bool {
        !self.is_claimed && self.row.status == status::RUNNING
    }
}

/// Which runs are to be taken.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Take {
    /// Those that run and have no owner.
    Free,
    /// Also those that failed or were cancelled.
    Ended,
}

impl<N, G> Graph<N, G>
where
    N: Serialize + DeserializeOwned + Send + Sync + 'static,
    G: Durable + 'static,
{
    /// Reads a run, and makes it ours if it may go on: in one transaction, which also forgets the results of other
    /// versions.
    pub(crate) async fn take(&self, id: &str, take: Take) -> Result<Option<Taken>, Error> {
        let (name, key, owner) = (Arc::clone(&self.0.name), id.to_owned(), self.owner());
        self.0.store.0.writer.ask(move |connection| take_row::<G>(connection, (&name, &key), owner, take)).await
    }

    /// Releases a run that was made ours: it runs without an owner, or has ended as it had before.
    pub(crate) async fn release(&self, taken: &Taken) -> Result<(), Error> {
        let row = &taken.row;
        let fence = Fence { run: row.number, owner: self.owner(), take: row.fence };
        let (status, ended, failed, error) = (row.status, row.ended, row.failed.clone(), row.error.clone());
        if taken.is_claimed {
            let released = self.0.store.0.writer.ask(move |connection| {
                sql::end(connection, fence, status, (failed.as_deref(), error.as_deref()), ended)
            });
            released.await?;
        }
        Ok(())
    }

    pub(crate) async fn resume(&self, taken: Taken) -> Result<Arc<Live<G>>, Error> {
        let resumed = self.rebuild(&taken).await;
        if resumed.is_err() {
            self.release(&taken).await?;
        }
        resumed
    }

    async fn rebuild(&self, taken: &Taken) -> Result<Arc<Live<G>>, Error> {
        let id = &taken.row.id;
        let object = self.object(id, &taken.row.input)?;
        if taken.is_claimed {
            let fence = Fence { run: taken.row.number, owner: self.owner(), take: taken.row.fence };
            return self.begin(id, object, fence, &taken.results, &taken.attempts);
        }
        let run = seeded(id, Arc::new(object).durable_run(), &taken.results)?;
        let mut run = with_failures::<G>(run, &taken.results, &taken.attempts);
        let status = Status::of(taken.row.status);
        let failed = taken.row.failed.as_deref().unwrap_or_default();
        // From the last: the first failure that reaches a task counts, and each is to have its own.
        for (place, task) in G::GRAPH.tasks.iter().enumerate().rev() {
            if taken.results.iter().any(|result| result.task == task.name) {
                continue;
            }
            let error = match (&taken.row.error, status) {
                (Some(error), _) => G::GRAPH.failure(failed, error.as_str()),
                (None, Status::Cancelled) => G::GRAPH.aborted(task.name),
                (None, _) if is_optional::<G>(place) => G::GRAPH.failure(task.name, UNASKED),
                (None, _) => G::GRAPH.failure(task.name, MISSING),
            };
            run = run.seed_failure(task.name, error);
        }
        let live = Arc::new(Live::new(&self.0.store.0, id.as_str().into(), run, status, None));
        if let (Status::Failed, Some(error)) = (status, &taken.row.error) {
            live.has_failed(failed, error);
        }
        live.close().await;
        Ok(live)
    }

    /// Begins a run that is ours, or goes on with it.
    pub(crate) fn begin(
        &self,
        id: &str,
        object: G,
        fence: Fence,
        results: &[ResultRow],
        attempts: &[AttemptRow],
    ) -> Result<Arc<Live<G>>, Error> {
        let store = &self.0.store.0;
        let id: Arc<str> = id.into();
        let run = seeded(&id, Arc::new(object).durable_run(), results)?;
        let run = with_failures::<G>(run, results, attempts);
        let keeper = FileKeeper::new(store, (G::GRAPH, G::INSIDE), Arc::clone(&id), fence, attempts);
        let run = run.observe(keeper.clone()).keep(keeper.clone());
        let live = Arc::new(Live::<G>::new(store, id, run, Status::Running, Some(keeper.clone())));
        let stop: Arc<dyn Stop> = live.clone();
        keeper.may_stop(Arc::downgrade(&stop));
        let earlier = lock(&store.live).insert(fence.run, (fence.take, Arc::downgrade(&stop)));
        // A graph of the same name, whose handles are gone, may have left the run to go on.
        if let Some(earlier) = earlier.and_then(|(_, run)| run.upgrade()) {
            earlier.stop();
        }
        tokio::spawn(Arc::clone(&live).drive());
        Ok(live)
    }
}

fn seeded<R: DurableRun>(id: &str, run: R, results: &[ResultRow]) -> Result<R, Error> {
    let seed = |run: R, row: &ResultRow| run.seed(&row.task, &row.value);
    results.iter().try_fold(run, seed).map_err(|source| Error::Result { id: id.to_owned(), source })
}

/// Why a task of a run that has ended has no result.
const MISSING: &str = "the run has ended without a result of this version of the task";
const UNASKED: &str = "the run has ended, and no task has asked for this one";

/// Whether only lazy dependencies lead to a task.
fn is_optional<G: Durable>(place: usize) -> bool {
    let is_lazy = |task: usize| {
        let mut edges = G::EDGES.iter().filter(|edge| (edge.task, edge.dependency) == (task, place));
        edges.any(|edge| edge.kind == EdgeKind::Lazy)
    };
    let tasks = G::GRAPH.tasks.iter().enumerate().skip(place);
    let mut dependents = tasks.filter(|(_, task)| task.dependencies.contains(&place)).peekable();
    dependents.peek().is_some() && dependents.all(|(task, _)| is_lazy(task) || is_optional::<G>(task))
}

/// Gives a run the final failures that are stored.
fn with_failures<G: Durable>(run: G::Run, results: &[ResultRow], attempts: &[AttemptRow]) -> G::Run {
    // A task that failed and succeeded after `retry_failed` has both: a final failed attempt, and a result.
    let has_result = |task: &str| results.iter().any(|result| result.task == task);
    let is_over = |failed: &&AttemptRow| failed.next.is_none() && !has_result(&failed.task);
    let failures = attempts.iter().filter(is_over).filter(|failed| is_known::<G>(&failed.task));
    failures
        .fold(run, |run, failed| run.seed_failure(&failed.task, G::GRAPH.failure(&failed.task, failed.error.as_str())))
}

/// Whether the program has a task of this name, in the graph or in one inside.
fn is_known<G: Durable>(task: &str) -> bool {
    G::GRAPH.version(G::INSIDE, task).is_some()
}

/// Whether a run still needs a task: it has no result, and no other needs it, or one that has no result either.
fn is_needed(graph: DurableGraph, results: &HashSet<&str>, task: usize) -> bool {
    let mut dependents =
        (task + 1..graph.tasks.len()).filter(|&it| graph.tasks[it].dependencies.contains(&task)).peekable();
    let is_end = dependents.peek().is_none();
    !results.contains(graph.tasks[task].name) && (is_end || dependents.any(|it| is_needed(graph, results, it)))
}

fn take_row<G: Durable>(
    connection: &rusqlite::Connection,
    (graph, id): (&str, &str),
    owner: i64,
    take: Take,
) -> rusqlite::Result<Option<Taken>> {
    let Some(mut row) = sql::run(connection, graph, id)? else { return Ok(None) };
    let is_free = row.owner.is_none_or(|other| other == owner) || row.alive_until <= Inner::now();
    let is_again = take == Take::Ended && [status::FAILED, status::CANCELLED].contains(&row.status);
    let is_claimed = is_again || row.status == status::RUNNING && is_free;
    let mut results = sql::results(connection, row.number)?;
    let mut attempts = sql::attempts(connection, row.number)?;
    // The version of a result counts for more than that of the attempts before it.
    let failed = attempts.iter().map(|failed| (failed.task.as_str(), failed.version));
    let stored = failed.chain(results.iter().map(|result| (result.task.as_str(), result.version)));
    let fresh: HashSet<_> = G::GRAPH.fresh_names(G::INSIDE, stored).into_iter().map(str::to_owned).collect();
    if is_again {
        let results: HashSet<_> =
            results.iter().map(|row| row.task.as_str()).filter(|&it| fresh.contains(it)).collect();
        // A failure that all have caught who need the task stays as it is.
        let is_history = |row: &AttemptRow| {
            let task = G::GRAPH.position(&row.task).filter(|_| row.next.is_none());
            task.is_some_and(|task| !is_needed(G::GRAPH, &results, task))
        };
        let (history, counted_anew) = attempts.into_iter().partition(is_history);
        attempts = history;
        let (number, counted_anew): (i64, Vec<AttemptRow>) = (row.number, counted_anew);
        counted_anew.iter().try_for_each(|row| sql::forget_attempts_of(connection, number, &row.task))?;
    }
    if is_claimed {
        sql::claim(connection, row.number, owner)?;
        row.fence += 1;
        let tasks = results.iter().map(|result| &result.task).chain(attempts.iter().map(|failed| &failed.task));
        for stale in tasks.filter(|task| is_known::<G>(task) && !fresh.contains(task.as_str())) {
            sql::forget_task(connection, row.number, stale)?;
        }
    }
    // A run that has ended keeps the results that it does not use: an earlier program may read them.
    results.retain(|result| fresh.contains(result.task.as_str()));
    attempts.retain(|failed| fresh.contains(failed.task.as_str()));
    Ok(Some(Taken { row, results, attempts, is_claimed }))
}
