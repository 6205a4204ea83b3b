//! The heartbeat of a process: it renews the lease, and stops the runs that the process has lost.
//!
//! It has a thread of its own, so it needs no runtime: the one on which the store was opened may end, and runs go on on
//! others. The thread ends when the store is dropped, or when the thread of the file is gone.
//!
//! A process is dead when its lease is over by the clock of the machine. That clock may be set back, and then a dead
//! process would seem alive for as long as that. So each process also watches the others by a clock that nobody sets: if
//! one of them does not renew its lease for the time of that lease, the heartbeat deletes its row, and its runs are free.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::Error;
use crate::sql;
use crate::store::{Inner, Stop, lock, millis};

/// The thread of the heartbeat.
pub(crate) struct Heartbeat {
    store: Weak<Inner>,
    others: Others,
    /// When the lease was last renewed.
    alive: Instant,
}

impl Heartbeat {
    /// Starts the thread, and waits for the first beat. `ends` is disconnected when the store is dropped.
    pub(crate) async fn begin(store: &Arc<Inner>, ends: mpsc::Receiver<()>) -> Result<(), Error> {
        let mut heartbeat = Self { store: Arc::downgrade(store), others: Others::default(), alive: Instant::now() };
        let (begun, first) = oneshot::channel();
        let every = store.lease / 4;
        thread::Builder::new()
            .name("adagio-store-lease".to_owned())
            .spawn(move || {
                // The handle of the store is dropped before it is known that the store is open.
                let is_begun = match heartbeat.store.upgrade().map(|store| store.beat(&mut heartbeat.others)) {
                    Some(beaten) => begun.send(beaten).is_ok(),
                    None => false,
                };
                while is_begun && ends.recv_timeout(every) == Err(RecvTimeoutError::Timeout) && heartbeat.beat() {}
            })
            .expect("the system can start a thread");
        first.await.unwrap_or_else(|_| Err(store.writer.is_gone()))
    }

    /// Renews the lease. Returns false if the store or its thread is gone.
    fn beat(&mut self) -> bool {
        let Some(store) = self.store.upgrade() else { return false };
        let asked = Instant::now();
        let beat = store.beat(&mut self.others);
        let is_over = matches!(beat, Err(Error::Thread { .. }));
        // A disk that is full now may have room at the next beat. After a lease without one, others may have our runs.
        if beat.is_ok() {
            self.alive = asked;
        } else if is_over || self.alive.elapsed() >= store.lease {
            let live: Vec<_> = lock(&store.live).values().filter_map(|(_, run)| run.upgrade()).collect();
            for run in live {
                stop(run);
            }
        }
        !is_over
    }
}

/// Stops a run. If nobody else has it any more, its object is dropped here. That may panic, and the heartbeat must go on.
fn stop(run: Arc<dyn Stop>) {
    _ = catch_unwind(AssertUnwindSafe(|| {
        run.stop();
        drop(run);
    }));
}

impl Inner {
    /// Says that this process is alive, and stops the runs that are no longer ours.
    fn beat(&self, others: &mut Others) -> Result<(), Error> {
        let (owner, lease, retention) = (self.owner, millis(self.lease), self.retention.map(millis));
        let live: Vec<_> = lock(&self.live).iter().map(|(&run, (fence, held))| (run, *fence, held.clone())).collect();
        let silent = others.silent(Instant::now());
        let beaten = self.writer.ask_here(move |connection| {
            let now = Self::now();
            sql::live(connection, owner, now, lease)?;
            for &(other, alive_until) in &silent {
                sql::bury(connection, other, alive_until)?;
            }
            if let Some(retention) = retention {
                sql::expire(connection, now.saturating_sub(retention))?;
            }
            Ok((sql::owned(connection, owner)?, sql::others(connection, owner, now)?))
        });
        let (ours, alive) = beaten?;
        others.note(&alive, Instant::now());
        let ours: HashSet<_> = ours.into_iter().collect();
        for (run, fence, held) in live {
            if !ours.contains(&(run, fence)) {
                held.upgrade().into_iter().for_each(stop);
            }
        }
        Ok(())
    }
}

/// The other processes that have the file open: for each, the end of its lease, the length of its lease, and since when its
/// row has not changed.
#[derive(Default)]
struct Others(HashMap<i64, (i64, Duration, Instant)>);

impl Others {
    /// Notes the rows of the others that are alive by their rows.
    fn note(&mut self, rows: &[(i64, i64, i64)], now: Instant) {
        let known = std::mem::take(&mut self.0);
        self.0.extend(rows.iter().map(|&(owner, alive_until, lease)| {
            let since = known.get(&owner).filter(|known| known.0 == alive_until).map_or(now, |known| known.2);
            (owner, (alive_until, Duration::from_millis(lease.unsigned_abs()), since))
        }));
    }

    /// Returns those that have not renewed their lease for its time, each with its row.
    fn silent(&self, now: Instant) -> Vec<(i64, i64)> {
        let is_silent = |known: &(i64, Duration, Instant)| now.saturating_duration_since(known.2) > known.1;
        let silent = self.0.iter().filter(|(_, known)| is_silent(known));
        silent.map(|(&owner, known)| (owner, known.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_is_silent_once_it_has_not_renewed_its_lease_for_that_time() {
        let (mut others, began) = (Others::default(), Instant::now());
        let at = |millis| began + Duration::from_millis(millis);
        // The rows are hours ahead: the clock was set back since.
        others.note(&[(7, 9_000_000, 100), (8, 9_000_000, 100)], began);
        others.note(&[(7, 9_000_000, 100), (8, 9_000_025, 100)], at(60));
        assert!(others.silent(at(100)).is_empty());
        assert_eq!(others.silent(at(101)), [(7, 9_000_000)]);
        others.note(&[(8, 9_000_025, 100)], at(161));
        assert_eq!(others.silent(at(161)), [(8, 9_000_025)]);
    }
}
