//! The notes in memory, so that reading them asks no database.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::SqlitePool;

#[derive(Clone, Default)]
pub(crate) struct Cache(Arc<Mutex<Vec<String>>>);

impl Cache {
    /// Returns a cache with the notes that earlier processes have written.
    pub(crate) async fn load(database: &SqlitePool) -> sqlx::Result<Self> {
        let notes = sqlx::query_scalar("SELECT text FROM note ORDER BY rowid").fetch_all(database).await?;
        Ok(Self(Arc::new(Mutex::new(notes))))
    }

    pub(crate) fn add(&self, note: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    /// Returns all notes, a line each.
    pub(crate) fn text(&self) -> String {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.iter().flat_map(|note| [note, "\n"]).collect()
    }

    /// Forgets all notes.
    pub(crate) fn close(self) -> impl Future<Output = ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
        std::future::ready(())
    }
}
