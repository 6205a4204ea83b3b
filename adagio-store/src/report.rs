//! The report of a run.

use std::sync::Arc;
use std::time::Duration;

use adagio::durable::{Durable, Past, PastEnd, element_of};
use adagio::{Observer, TaskEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::graph::unknown;
use crate::sql::{self, AttemptRow, ResultRow};
use crate::store::{Inner, time};
use crate::{Error, Graph};

impl<N, G> Graph<N, G>
where
    N: Serialize + DeserializeOwned + Send + Sync + 'static,
    G: Durable + 'static,
{
    /// Returns the page that shows which task of a run took how long, as HTML.
    ///
    /// # Errors
    /// If there is no such run, or if the file cannot be read.
    pub async fn report(&self, id: &str) -> Result<String, Error> {
        let (name, key) = (Arc::clone(&self.0.name), id.to_owned());
        let read = self.0.store.0.writer.read(move |connection| {
            let Some(row) = sql::run(connection, &name, &key)? else { return Ok(None) };
            Ok(Some((sql::times(connection, row.number)?, sql::attempts(connection, row.number)?, row)))
        });
        let (results, attempts, row) = read.await?.ok_or_else(|| unknown(id))?;
        let since = |time: i64| Duration::from_millis(u64::try_from(time.saturating_sub(row.started)).unwrap_or(0));
        let (mut past, mut labels) = (Vec::new(), Vec::new());
        for (task, name) in G::GRAPH.all_names(G::INSIDE).into_iter().enumerate() {
            let end = |started: Option<i64>, ended: i64, end: PastEnd| Past {
                task,
                started: Some(since(started.unwrap_or(ended))),
                ended: Some((since(ended), end)),
            };
            let failed = attempts.iter().filter(|attempt| attempt.task == name);
            let before = past.len();
            past.extend(failed.map(|it| end(it.started, it.ended, PastEnd::Failed(it.error.clone()))));
            let elements = Elements::of(name, &results, &attempts);
            if elements.done > 0 {
                labels.push((task, format!("{name} × {}", elements.done)));
            }
            if let Some(done) = results.iter().find(|result| result.task == name) {
                past.push(end(done.started.into_iter().chain(elements.began).min(), done.ended, PastEnd::Done));
            } else if let Some(failed) = elements.failed {
                let error = PastEnd::Failed(format!("`{}`: {}", failed.task, failed.error));
                past.push(end(elements.began, failed.ended, error));
            } else if elements.began.is_some() || past.len() == before {
                past.push(Past { task, started: elements.began.map(since), ended: None });
            }
        }
        let now = since(row.ended.unwrap_or_else(Inner::now));
        let kinds = (G::INSIDE, G::EDGES);
        let timeline = G::GRAPH.timeline_with_edges(kinds, Some(time(row.started)), &past, now);
        for (task, label) in labels {
            timeline.named(&TaskEvent::new(task as u64, &label, &[], 1));
        }
        Ok(timeline.to_html())
    }
}

/// What is stored of the elements of a task: the report shows one bar for all of them.
struct Elements<'r> {
    /// How many of them have results.
    done: usize,
    /// When the first of them started, or ended if that is not known.
    began: Option<i64>,
    /// The one because of which the task has failed.
    failed: Option<&'r AttemptRow>,
}

impl<'r> Elements<'r> {
    fn of(name: &str, results: &[ResultRow], attempts: &'r [AttemptRow]) -> Self {
        let is_one = |task: &str| element_of(task).is_some_and(|(whole, _)| whole == name);
        let done = results.iter().filter(|row| is_one(&row.task));
        let count = done.clone().count();
        let done = done.map(|row| row.started.unwrap_or(row.ended));
        let failed = attempts.iter().filter(|row| is_one(&row.task));
        let began = done.chain(failed.clone().map(|row| row.started.unwrap_or(row.ended))).min();
        Self { done: count, began, failed: failed.clone().find(|row| row.next.is_none()) }
    }
}
