//! The report of a run.

use std::sync::Arc;
use std::time::Duration;

use adagio::durable::{Durable, Past, PastEnd};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::graph::unknown;
use crate::sql;
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
        let mut past = Vec::new();
        for (task, name) in G::GRAPH.all_names(G::INSIDE).into_iter().enumerate() {
            let failed = attempts.iter().filter(|attempt| attempt.task == name);
            let failed = failed.map(|it| (it.started, it.ended, PastEnd::Failed(it.error.clone())));
            let done = results.iter().find(|result| result.task == name);
            let done = done.map(|it| (it.started, it.ended, PastEnd::Done));
            let before = past.len();
            past.extend(failed.chain(done).map(|(started, ended, end)| {
                let started = Some(since(started.unwrap_or(ended)));
                Past { task, started, ended: Some((since(ended), end)) }
            }));
            if past.len() == before {
                past.push(Past { task, started: None, ended: None });
            }
        }
        let now = since(row.ended.unwrap_or_else(Inner::now));
        let kinds = (G::INSIDE, G::EDGES);
        Ok(G::GRAPH.timeline_with_edges(kinds, Some(time(row.started)), &past, now).to_html())
    }
}
