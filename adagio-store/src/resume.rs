//! How a run is taken up: what the file has of it, as a run of the graph.

use std::sync::Arc;

use adagio::EdgeKind;
use adagio::durable::{Durable, DurableEdge, DurableGraph, DurableRun};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::graph::Graph;
use crate::keeper::FileKeeper;
use crate::rows::{Rows, Take, Taken, dependents, is_known, take_row};
use crate::run::Live;
use crate::sql::{self, AttemptRow, Fence, ResultRow};
use crate::store::{Stop, lock};
use crate::{Error, Status};

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
            return self.begin(id, object, fence, &taken.rows);
        }
        let run = seeded(id, Arc::new(object).durable_run(), &taken.rows.results)?;
        let mut run = with_failures::<G>(run, &taken.rows);
        let status = Status::of(taken.row.status);
        let failed = taken.row.failed.as_deref().unwrap_or_default();
        let optional = optional(G::GRAPH, G::EDGES);
        // From the last: the first failure that reaches a task counts, and each is to have its own.
        for (place, task) in G::GRAPH.tasks.iter().enumerate().rev() {
            if taken.rows.results.iter().any(|result| result.task == task.name) {
                continue;
            }
            let error = match (&taken.row.error, status) {
                (Some(error), _) => G::GRAPH.failure(failed, error.as_str()),
                (None, Status::Cancelled) => G::GRAPH.aborted(task.name),
                (None, _) if optional[place] => G::GRAPH.failure(task.name, UNASKED),
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
    pub(crate) fn begin(&self, id: &str, object: G, fence: Fence, rows: &Rows) -> Result<Arc<Live<G>>, Error> {
        let store = &self.0.store.0;
        let id: Arc<str> = id.into();
        let run = seeded(&id, Arc::new(object).durable_run(), &rows.results)?;
        let run = with_failures::<G>(run, rows);
        let keeper = FileKeeper::new(store, (G::GRAPH, G::INSIDE), Arc::clone(&id), fence, rows);
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

/// Returns for each task whether only lazy dependencies lead to it.
fn optional(graph: DurableGraph, edges: &[DurableEdge]) -> Vec<bool> {
    let is_lazy = |task: usize, dependency: usize| DurableEdge::kind_of(edges, task, dependency) == EdgeKind::Lazy;
    let mut optional = vec![false; graph.tasks.len()];
    // Dependents have higher places, so they are known.
    for place in (0..optional.len()).rev() {
        let mut dependents = dependents(graph, place).peekable();
        optional[place] = dependents.peek().is_some() && dependents.all(|task| is_lazy(task, place) || optional[task]);
    }
    optional
}

/// Seeds a run with the final failures that are stored.
fn with_failures<G: Durable>(run: G::Run, Rows { results, attempts, .. }: &Rows) -> G::Run {
    // A task that failed and succeeded after `retry_failed` has both: a final failed attempt, and a result.
    let has_result = |task: &str| results.iter().any(|result| result.task == task);
    let is_over = |failed: &&AttemptRow| failed.next.is_none() && !has_result(&failed.task);
    let failures = attempts.iter().filter(is_over).filter(|failed| is_known::<G>(&failed.task));
    failures
        .fold(run, |run, failed| run.seed_failure(&failed.task, G::GRAPH.failure(&failed.task, failed.error.as_str())))
}

#[cfg(test)]
mod tests {
    use adagio::durable::DurableTask;

    use std::collections::HashSet;

    use super::*;
    use crate::rows::awaited;

    fn task(name: &'static str, dependencies: Vec<usize>) -> DurableTask {
        let (is_public, is_computation, is_remote) = (true, false, false);
        let dependencies = dependencies.leak();
        DurableTask {
            name,
            dependencies,
            is_public,
            is_computation,
            is_remote,
            retry: None,
            timeout: None,
            max_concurrency: None,
            version: 1,
        }
    }

    fn graph(tasks: Vec<DurableTask>) -> DurableGraph {
        DurableGraph { name: "Layers", tasks: tasks.leak(), max_concurrency: None }
    }

    #[test]
    fn each_task_of_a_graph_of_many_layers_is_looked_at_once() {
        // Two tasks a layer, each of which needs both of the layer before: there are 2^60 ways through.
        let first = [task("a", vec![]), task("a", vec![])];
        let layers = (1..60).flat_map(|layer| [2 * layer - 2; 2]).map(|before| task("a", vec![before, before + 1]));
        let graph = graph(first.into_iter().chain(layers).chain([task("end", vec![118, 119])]).collect());
        let edge = |dependency| DurableEdge { task: 120, dependency, kind: EdgeKind::Lazy };
        let but_the_end: Vec<bool> = (0..121).map(|task| task != 120).collect();
        assert_eq!(optional(graph, &[edge(118), edge(119)]), but_the_end);
        let only_the_end: Vec<bool> = (0..121).map(|task| task == 120).collect();
        assert_eq!(awaited(graph, &HashSet::from(["end"])), only_the_end);
    }

    #[test]
    fn a_task_is_awaited_until_all_that_need_it_have_results() {
        let graph = graph(vec![task("a", vec![]), task("b", vec![0]), task("c", vec![0]), task("end", vec![1])]);
        let awaited = |results: &[&'static str]| awaited(graph, &results.iter().copied().collect());
        assert_eq!(awaited(&[]), [true; 4]);
        assert_eq!(awaited(&["b", "c"]), [false, true, true, true]);
        assert_eq!(awaited(&["c", "end"]), [false, false, true, true]);
    }
}
