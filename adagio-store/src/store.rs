//! The file: how it is opened, and what is true of all its runs.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::time::{Duration, Instant, SystemTime};

use adagio::durable::Durable;
use rusqlite::{Connection, ErrorCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

use crate::heartbeat::Heartbeat;
use crate::schema;
use crate::sql::{self, status};
use crate::writer::Writer;
use crate::{Error, Graph, Status};

/// A file with runs of graphs.
///
/// Clones are handles of the same store. One thread writes for all of them. When the last handle is dropped and no run is
/// under way, the drop waits until the file is closed, for a second at most.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) writer: Writer,
    /// The number of this process in the file, chosen at random.
    pub(crate) owner: i64,
    pub(crate) lease: Duration,
    pub(crate) retention: Option<Duration>,
    graphs: Mutex<HashSet<String>>,
    /// The runs that go on in this process, by their numbers, each with its fence.
    pub(crate) live: Mutex<HashMap<i64, Holding>>,
    /// Ends the heartbeat when it is dropped.
    _heartbeat: mpsc::Sender<()>,
}

/// The fence of a run, and the run.
pub(crate) type Holding = (i64, Weak<dyn Stop>);

/// A run that can be stopped because it is no longer ours.
pub(crate) trait Stop: Send + Sync {
    fn stop(&self);
}

/// The settings of a [`Store`].
#[derive(Clone, Copy, Debug)]
pub struct Options {
    lease: Duration,
    retention: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self { lease: Duration::from_secs(5), retention: None }
    }
}

impl Options {
    /// Returns the settings that [`Store::open`] uses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time after which another process may take the runs of a process that has not renewed its lease: 5
    /// seconds by default, and 10 milliseconds at least. A process renews its lease four times in this time. After a
    /// crash, a run waits until the lease of its process is over. A process that cannot renew its lease for this time
    /// stops its runs.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease: lease.max(SHORTEST), ..self }
    }

    /// Deletes runs that ended longer ago than this. By default, runs are kept until they are forgotten.
    #[must_use]
    pub fn retention(self, retention: Duration) -> Self {
        Self { retention: Some(retention), ..self }
    }

    /// Opens a file, or creates it.
    ///
    /// # Errors
    /// See [`Store::open`].
    ///
    /// # Panics
    /// On a tokio runtime without a clock (`enable_time`).
    pub async fn open(self, path: impl AsRef<Path>) -> Result<Store, Error> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let path = path.as_ref().to_owned();
        let opened = path.clone();
        let connection = runtime.spawn_blocking(move || connect(opened)).await;
        self.start(path, connection.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?).await
    }

    async fn start(self, path: PathBuf, connection: Connection) -> Result<Store, Error> {
        // Without a clock, a run could not wait for the end of a lease: this panics here, and not in the background.
        drop(tokio::time::sleep(Duration::ZERO));
        let (heartbeat, ends) = mpsc::channel();
        let inner = Arc::new(Inner {
            writer: Writer::new(path, connection),
            owner: i64::from_ne_bytes(RandomState::new().hash_one(SystemTime::now()).to_ne_bytes()) >> 1,
            lease: self.lease,
            retention: self.retention,
            graphs: Mutex::default(),
            live: Mutex::default(),
            _heartbeat: heartbeat,
        });
        Heartbeat::begin(&inner, ends).await?;
        Ok(Store(inner))
    }
}

/// The shortest lease. A shorter one would be over before it could be renewed.
const SHORTEST: Duration = Duration::from_millis(10);

/// How long another process may keep the file from being opened.
const PATIENCE: Duration = Duration::from_secs(30);

fn connect(path: PathBuf) -> Result<Connection, Error> {
    let began = Instant::now();
    let opened = loop {
        let opened = Connection::open(&path).and_then(|connection| Ok((schema::prepare(&connection)?, connection)));
        // Two processes that create the same file do not wait for each other: SQLite says that it is busy at once.
        let is_busy = opened.as_ref().is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy));
        if !is_busy || began.elapsed() > PATIENCE {
            break opened;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    match opened {
        Ok(((schema::APPLICATION, schema::SCHEMA), connection)) => Ok(connection),
        Ok(((schema::APPLICATION, found), _)) => Err(Error::Newer { path, found }),
        Ok(_) => Err(Error::Foreign { path }),
        Err(source) => Err(Error::Open { path, source }),
    }
}

impl Store {
    /// Opens a file, or creates it. Other processes may have it open too.
    ///
    /// # Errors
    /// If the file cannot be opened or created, is no database, or is one of another program or of a newer version of
    /// this crate. Outside of a tokio runtime.
    ///
    /// # Panics
    /// On a tokio runtime without a clock (`enable_time`).
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Options::new().open(path).await
    }

    /// Returns a store in memory, for tests. It is lost when its last handle is dropped and no run of it is under way.
    ///
    /// # Errors
    /// If there is not enough memory. Outside of a tokio runtime.
    ///
    /// # Panics
    /// On a tokio runtime without a clock (`enable_time`).
    pub async fn in_memory() -> Result<Self, Error> {
        _ = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        Options::new().start(":memory:".into(), connect(":memory:".into())?).await
    }

    /// Returns the runs of a graph. They are stored under this name, so the type may be renamed. `make` creates the
    /// object from the input of a run: when a run starts, and whenever a stored one is read. The input is the stored one,
    /// read back, in the first life of the run as in all others.
    ///
    /// When all handles of a graph are dropped, its runs go on, and its name is free. If another graph of this name is
    /// then asked for such a run, it takes the run over: the bodies of the run are dropped and run again.
    ///
    /// # Panics
    /// If this store has a graph of this name.
    #[track_caller]
    pub fn graph<N, G>(&self, name: &str, make: impl Fn(N) -> G + Send + Sync + 'static) -> Graph<N, G>
    where
        N: Serialize + DeserializeOwned + Send + Sync + 'static,
        G: Durable + 'static,
    {
        let is_new = lock(&self.0.graphs).insert(name.to_owned());
        assert!(is_new, "this store has a graph with the name `{name}` already");
        Graph::new(self.clone(), name, make)
    }

    /// Returns runs of all graphs, in the order in which they were started: at most `limit` runs whose number is greater
    /// than `after`, and never more than 1,000. For the next page, `after` is the number of the last run.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn list(&self, after: u64, limit: u32) -> Result<Vec<Listed>, Error> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = limit.min(sql::PAGE);
        let rows = self.0.writer.read(move |connection| sql::list(connection, after, limit)).await?;
        let listed = rows.into_iter().map(|row| Listed {
            number: row.number.unsigned_abs(),
            status: Status::of(row.status),
            graph: row.graph,
            id: row.id,
            started: time(row.started),
            ended: row.ended.map(time),
            failed_task: row.failed,
            error: row.error,
        });
        Ok(listed.collect())
    }
}

/// A stored run, as [`Store::list`] returns it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listed {
    /// The number of the run in the file.
    pub number: u64,
    /// The name of its graph.
    pub graph: String,
    /// The name of the run.
    pub id: String,
    /// Whether it runs, or how it ended.
    pub status: Status,
    /// When it was started.
    pub started: SystemTime,
    /// When it ended, if it has.
    pub ended: Option<SystemTime>,
    /// The task that failed, if one has.
    pub failed_task: Option<String>,
    /// The error of that task.
    pub error: Option<String>,
}

impl Inner {
    /// Returns the moment, as the file has it: milliseconds since 1970.
    pub(crate) fn now() -> i64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
    }

    pub(crate) fn forget_graph(&self, name: &str) {
        lock(&self.graphs).remove(name);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let owner = self.owner;
        // The writer waits for it when it is dropped. Without it, others wait for the end of the lease.
        drop(self.writer.ask(move |connection| sql::leave(connection, owner)));
    }
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn time(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Status {
    pub(crate) fn of(number: i64) -> Self {
        match number {
            status::RUNNING => Self::Running,
            status::DONE => Self::Done,
            status::FAILED => Self::Failed,
            _ => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_never_zero() {
        assert_eq!(Options::new().lease(Duration::ZERO).lease, SHORTEST);
    }
}
