//! The worker in the background, which writes notes into the database. Whoever adds a note does not wait for that.

use std::io;

use sqlx::SqlitePool;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::background::Background;

pub(crate) struct Worker {
    queue: UnboundedSender<String>,
    work: Background<sqlx::Result<()>>,
}

impl Worker {
    pub(crate) fn start(database: &SqlitePool) -> Self {
        let (queue, notes) = unbounded_channel();
        Self { queue, work: Background::spawn(write(database.clone(), notes)) }
    }

    /// Returns the queue of the notes that are to be written.
    pub(crate) fn queue(&self) -> UnboundedSender<String> {
        self.queue.clone()
    }

    /// Waits until all notes are written. All others who held the queue are closed already.
    pub(crate) async fn close(self) -> io::Result<()> {
        drop(self.queue);
        let written = self.work.join().await?;
        written.map_err(io::Error::other)
    }
}

async fn write(database: SqlitePool, mut notes: UnboundedReceiver<String>) -> sqlx::Result<()> {
    while let Some(note) = notes.recv().await {
        sqlx::query("INSERT INTO note (text) VALUES ($1)").bind(note).execute(&database).await?;
    }
    Ok(())
}
