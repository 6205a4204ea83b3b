//! The heartbeat of a process: it renews the lease, and stops the runs that the process has lost.

use std::collections::HashSet;
use std::sync::Weak;
use std::time::{Duration, Instant};

use crate::Error;
use crate::sql;
use crate::store::{Inner, lock, millis};

impl Inner {
    /// Says that this process is alive, and stops the runs that are no longer ours.
    pub(crate) async fn beat(&self) -> Result<(), Error> {
        let (owner, lease, retention) = (self.owner, millis(self.lease), self.retention.map(millis));
        let live: Vec<_> = lock(&self.live).iter().map(|(&run, (fence, stop))| (run, *fence, stop.clone())).collect();
        let ours = self.writer.ask(move |connection| {
            let now = Self::now();
            let gone_since = now.saturating_sub(lease.saturating_mul(100));
            sql::live(connection, owner, now.saturating_add(lease), gone_since)?;
            if let Some(retention) = retention {
                sql::expire(connection, now.saturating_sub(retention))?;
            }
            sql::owned(connection, owner)
        });
        let ours: HashSet<_> = ours.await?.into_iter().collect();
        for (run, fence, stop) in live {
            if let Some(lost) = stop.upgrade().filter(|_| !ours.contains(&(run, fence))) {
                lost.stop();
            }
        }
        Ok(())
    }
}

pub(crate) async fn keep_alive(store: Weak<Inner>, every: Duration) {
    let mut alive = Instant::now();
    loop {
        tokio::time::sleep(every).await;
        let Some(store) = store.upgrade() else { return };
        let asked = Instant::now();
        let beat = store.beat().await;
        let is_over = matches!(beat, Err(Error::Thread { .. }));
        // A disk that is full now may have room at the next beat. After a lease without one, others may have our runs.
        if beat.is_ok() {
            alive = asked;
        } else if is_over || alive.elapsed() >= store.lease {
            let live: Vec<_> = lock(&store.live).values().filter_map(|(_, run)| run.upgrade()).collect();
            for run in live {
                run.stop();
            }
        }
    }
}
