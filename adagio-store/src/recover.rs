//! The search for runs that a crash has left.
//!
//! One task for each graph looks for them, twice a lease, and ends with the last handle of the graph. A run that cannot
//! be taken up, because its input is no input any more, for example, is tried again after a wait that doubles each time:
//! it stays in the file, and costs the others nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use adagio::durable::Durable;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

use crate::graph::finish;
use crate::rows::Take;
use crate::run::caught;
use crate::sql;
use crate::store::{Inner, lock};
use crate::{Error, Graph};

/// The longest wait for a run that cannot be taken up, in looks.
const LONGEST: u32 = 256;

impl<N, G> Graph<N, G>
where
    N: Serialize + DeserializeOwned + Send + Sync + 'static,
    G: Durable + 'static,
{
    /// Takes up the runs that a crash has left, and continues to look for such runs in the background as long as there
    /// is a handle of this graph. A second call looks at once, and no second task looks in the background.
    ///
    /// # Errors
    /// If the file cannot be read or written, and outside of a tokio runtime. If a run cannot be taken up, the others still
    /// are. Then the first such error is returned, and that run keeps its results. The background tries it again, after waits
    /// that grow.
    ///
    /// # Cancel safety
    /// If the future is dropped, the runs that were taken up go on. The search in the background may not have begun.
    pub async fn recover(&self) -> Result<(), Error> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let every = self.0.store.0.lease / 2;
        let mut refused = Refused::new(every);
        let problem = self.take_orphans(&mut refused).await;
        let mut recovery = lock(&self.0.recovery);
        // A search that is finished has ended with its runtime.
        if recovery.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            let graph = Arc::downgrade(&self.0);
            *recovery = Some(runtime.spawn(async move {
                loop {
                    tokio::time::sleep(every).await;
                    let Some(graph) = graph.upgrade() else { return };
                    // The error is returned to each caller that asks for the run.
                    _ = Self(graph).take_orphans(&mut refused).await;
                }
            }));
        }
        problem
    }

    async fn take_orphans(&self, refused: &mut Refused) -> Result<(), Error> {
        let (mut problem, mut after, mut seen) = (Ok(()), 0, HashSet::new());
        loop {
            let name = Arc::clone(&self.0.name);
            let read = move |connection: &_| sql::orphans(connection, &name, Inner::now(), after);
            let page = self.0.store.0.writer.read(read).await?;
            for (run, id) in &page {
                after = *run;
                seen.insert(*run);
                if !refused.is_due(*run, Instant::now()) {
                    continue;
                }
                match self.take_up(id).await {
                    Ok(()) => {}
                    // The file is to blame, not the run: the next look tries all runs again.
                    Err(error) if is_of_file(&error) => return problem.and(Err(error)),
                    Err(error) => {
                        refused.refuse(*run, Instant::now());
                        problem = problem.and(Err(error));
                    }
                }
            }
            if page.len() < sql::PAGE as usize {
                refused.0.retain(|run, _| seen.contains(run));
                return problem;
            }
        }
    }

    /// Takes a run up, unless another process was faster.
    async fn take_up(&self, id: &str) -> Result<(), Error> {
        let (this, key) = (self.clone(), id.to_owned());
        match caught(finish(async move { this.look(&key, Take::Free, None).await })).await {
            Ok(found) => found.map(drop),
            Err(message) => Err(Error::Panicked { id: id.to_owned(), message }),
        }
    }
}

/// Whether the file could not be read or written. A row that is not as it should be is an error of its run alone.
fn is_of_file(error: &Error) -> bool {
    match error {
        Error::File { source, .. } => source.sqlite_error().is_some(),
        Error::Thread { .. } => true,
        _ => false,
    }
}

/// The runs that could not be taken up: how often, and when each is due again.
struct Refused(HashMap<i64, (u32, Instant)>, Duration);

impl Refused {
    fn new(every: Duration) -> Self {
        Self(HashMap::new(), every)
    }

    fn is_due(&self, run: i64, now: Instant) -> bool {
        self.0.get(&run).is_none_or(|(_, due)| *due <= now)
    }

    fn refuse(&mut self, run: i64, now: Instant) {
        let (looks, due) = self.0.entry(run).or_insert((1, now));
        *looks = (*looks * 2).min(LONGEST);
        *due = now + self.1 * *looks;
    }
}

#[cfg(test)]
mod tests {
    use adagio::dag;

    use super::*;
    use crate::Store;

    #[test]
    fn a_run_that_cannot_be_taken_up_waits_longer_each_time() {
        let (every, began) = (Duration::from_secs(1), Instant::now());
        let mut refused = Refused::new(every);
        let mut waits = Vec::new();
        for _ in 0..10 {
            refused.refuse(7, began);
            assert!(refused.is_due(8, began));
            let wait = (0..1000).find(|&wait| refused.is_due(7, began + every * wait)).unwrap();
            waits.push(wait);
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 256, 256]);
    }

    struct Nothing;

    #[dag(durable)]
    impl Nothing {
        pub(crate) fn nothing(&self) -> u32 {
            0
        }
    }

    #[tokio::test]
    async fn a_second_recover_adds_no_second_search() {
        let store = Store::in_memory().await.unwrap();
        let graph = store.graph("nothing", |(): ()| Nothing);
        graph.recover().await.unwrap();
        graph.recover().await.unwrap();
        // Each search has a weak handle of the graph.
        assert_eq!(Arc::weak_count(&graph.0), 1);
    }
}
