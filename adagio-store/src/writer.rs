//! The one thread that talks to `SQLite`.
//!
//! Jobs come through a channel. The thread takes all jobs that have come while it was busy, runs them in one
//! transaction, and answers them when that is on disk: under load, many jobs share one wait for the disk, and a job that
//! comes alone waits for nobody.
//!
//! If a job of a batch fails, or the commit does, nothing of the batch is on disk (a full disk rolls a whole transaction
//! back). Then each job of the batch runs again in a transaction of its own, so that each gets its own answer. If the
//! transaction cannot begin, that is the answer to all of them: each of them would wait as long for the lock of another
//! process.
//!
//! Jobs that only read come after the batch, each in a transaction that keeps no other process from writing.
//!
//! If a job panics, the thread ends. Then every job that waits, and every later one, is answered with [`Error::Thread`].

use std::iter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::Error;
use crate::store::lock;

/// How many jobs share a transaction at most.
const BATCH: usize = 1024;

/// How long the end of the thread is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way to the thread. When it is dropped, the thread ends after the jobs that it has.
pub(crate) struct Writer {
    path: Arc<Path>,
    jobs: mpsc::Sender<Sent>,
    /// Disconnected when the thread has closed the file.
    closed: Mutex<mpsc::Receiver<()>>,
}

enum Sent {
    Write(Box<dyn Job>),
    Read(Box<dyn Job>),
}

/// A part of a transaction. It may run twice, the first time without effect.
trait Job: Send {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, result: rusqlite::Result<()>);
}

struct Asked<T, F> {
    run: F,
    value: Option<T>,
    answer: oneshot::Sender<rusqlite::Result<T>>,
}

impl<T: Send, F: FnMut(&Connection) -> rusqlite::Result<T> + Send> Job for Asked<T, F> {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.value = Some((self.run)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, result: rusqlite::Result<()>) {
        let Self { value, answer, .. } = *self;
        if let Some(result) = result.map(|()| value).transpose() {
            // Nobody may wait for it any more.
            _ = answer.send(result);
        }
    }
}

impl Writer {
    pub(crate) fn new(path: PathBuf, connection: Connection) -> Self {
        let (jobs, receiver) = mpsc::channel::<Sent>();
        let (file_is_open, closed) = mpsc::channel();
        thread::Builder::new()
            .name("adagio-store".to_owned())
            .spawn(move || {
                while let Ok(first) = receiver.recv() {
                    let (mut writes, mut reads) = (Vec::new(), Vec::new());
                    for sent in iter::once(first).chain(receiver.try_iter().take(BATCH - 1)) {
                        match sent {
                            Sent::Write(job) => writes.push(job),
                            Sent::Read(job) => reads.push(job),
                        }
                    }
                    if !writes.is_empty() {
                        commit(&connection, writes);
                    }
                    for job in reads {
                        read(&connection, job);
                    }
                }
                drop(connection);
                drop(file_is_open);
            })
            .expect("the system can start a thread");
        Self { path: path.into(), jobs, closed: Mutex::new(closed) }
    }

    /// Runs a job, and returns its value when it is on disk. The job runs, even if the future is dropped.
    pub(crate) fn ask<T, F>(&self, run: F) -> impl Future<Output = Result<T, Error>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.send(run, Sent::Write)
    }

    /// Runs a job that only reads, and returns its value. It does not see jobs that are not answered yet.
    pub(crate) fn read<T, F>(&self, run: F) -> impl Future<Output = Result<T, Error>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.send(run, Sent::Read)
    }

    /// [`ask`](Self::ask) for a thread that may block.
    pub(crate) fn ask_here<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        match self.submit(run, Sent::Write).blocking_recv() {
            Ok(answer) => answer.map_err(|error| Error::file(&self.path, error)),
            Err(_) => Err(self.is_gone()),
        }
    }

    /// Returns the error that says that the thread is gone.
    pub(crate) fn is_gone(&self) -> Error {
        Error::Thread { path: self.path.to_path_buf() }
    }

    fn submit<T, F>(&self, run: F, sent: fn(Box<dyn Job>) -> Sent) -> oneshot::Receiver<rusqlite::Result<T>>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        // If the thread is gone, this drops the job, and so its answer.
        _ = self.jobs.send(sent(Box::new(Asked { run, value: None, answer })));
        answered
    }

    fn send<T, F>(
        &self,
        run: F,
        sent: fn(Box<dyn Job>) -> Sent,
    ) -> impl Future<Output = Result<T, Error>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answered, path) = (self.submit(run, sent), Arc::clone(&self.path));
        async move {
            match answered.await {
                Ok(answer) => answer.map_err(|error| Error::file(&path, error)),
                Err(_) => Err(Error::Thread { path: path.to_path_buf() }),
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = mpsc::channel().0;
        // The process may end next, so its last jobs are waited for. Not for long: another process may hold the lock of
        // the file, and this may be a thread of a runtime, or the thread itself.
        _ = lock(&self.closed).recv_timeout(PATIENCE);
    }
}

#[cfg(test)]
thread_local! {
    /// How many batches this thread has written.
    pub(crate) static BATCHES: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn commit(connection: &Connection, mut batch: Vec<Box<dyn Job>>) {
    #[cfg(test)]
    BATCHES.set(BATCHES.get() + 1);
    if let Err(error) = begin(connection) {
        return batch.into_iter().for_each(|job| job.answer(Err(again(&error))));
    }
    let together = end(connection, batch.iter_mut().try_for_each(|job| job.run(connection)));
    match together {
        Ok(()) => batch.into_iter().for_each(|job| job.answer(Ok(()))),
        Err(error) if batch.len() == 1 => {
            if let Some(job) = batch.pop() {
                job.answer(Err(error));
            }
        }
        Err(_) => {
            for mut job in batch {
                let result = begin(connection).and_then(|()| end(connection, job.run(connection)));
                job.answer(result);
            }
        }
    }
}

fn read(connection: &Connection, mut job: Box<dyn Job>) {
    let begun = connection.execute_batch("BEGIN");
    let result = begun.and_then(|()| end(connection, job.run(connection)));
    job.answer(result);
}

fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")
}

fn end(connection: &Connection, ran: rusqlite::Result<()>) -> rusqlite::Result<()> {
    let result = ran.and_then(|()| connection.execute_batch("COMMIT"));
    if result.is_err() && !connection.is_autocommit() {
        // An error here is that of a transaction which SQLite has rolled back itself.
        _ = connection.execute_batch("ROLLBACK");
    }
    result
}

/// Returns an error that says the same: those of `rusqlite` cannot be cloned.
fn again(error: &rusqlite::Error) -> rusqlite::Error {
    let text = match error {
        rusqlite::Error::SqliteFailure(_, text) => text.clone(),
        other => Some(other.to_string()),
    };
    let code = error.sqlite_error().copied();
    rusqlite::Error::SqliteFailure(code.unwrap_or(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR)), text)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn all_who_ask_are_told_that_the_thread_has_panicked() {
        let writer = Writer::new(":memory:".into(), Connection::open_in_memory().unwrap());
        let (go, wait) = mpsc::channel();
        let panics = writer.ask(move |_| -> rusqlite::Result<()> {
            wait.recv().unwrap();
            panic!("a mistake")
        });
        let waits = writer.ask(|_| Ok(()));
        go.send(()).unwrap();
        assert!(matches!(panics.await, Err(Error::Thread { .. })));
        assert!(matches!(waits.await, Err(Error::Thread { .. })));
        assert!(matches!(writer.ask(|_| Ok(())).await, Err(Error::Thread { .. })));
    }

    #[tokio::test]
    async fn a_read_keeps_no_other_process_from_writing() {
        let path = std::env::temp_dir().join(format!("adagio-store-reader-{}.db", std::process::id()));
        let (ours, other) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT)").unwrap();
        other.busy_timeout(Duration::ZERO).unwrap();
        let writer = Writer::new(path.clone(), ours);
        let count = |connection: &Connection| connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0));
        let counted: i64 = writer
            .read(move |connection| {
                let before: i64 = count(connection)?;
                other.execute_batch("INSERT INTO notes VALUES ('milk')")?;
                assert_eq!(count(connection)?, before, "a read sees one state of the file");
                Ok(before)
            })
            .await
            .unwrap();
        assert_eq!(counted, 0);
        assert_eq!(writer.read(move |connection| count(connection)).await.unwrap(), 1);
        drop(writer);
        for end in ["", "-wal", "-shm"] {
            _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
    }

    #[test]
    fn a_batch_waits_once_for_the_lock_of_another_process() {
        static WAITS: AtomicU32 = AtomicU32::new(0);
        let path = std::env::temp_dir().join(format!("adagio-store-writer-{}.db", std::process::id()));
        let (ours, other) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        ours.busy_handler(Some(|_| {
            WAITS.fetch_add(1, Ordering::Relaxed);
            false
        }))
        .unwrap();
        let mut batch: Vec<Box<dyn Job>> = Vec::new();
        let mut answers = Vec::new();
        for _ in 0..3 {
            let (answer, answered) = oneshot::channel();
            batch.push(Box::new(Asked { run: |_: &Connection| Ok(()), value: None, answer }));
            answers.push(answered);
        }
        commit(&ours, batch);
        for mut answer in answers {
            let error = answer.try_recv().unwrap().unwrap_err();
            assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
        }
        assert_eq!(WAITS.load(Ordering::Relaxed), 1);
        std::fs::remove_file(path).unwrap();
    }
}
