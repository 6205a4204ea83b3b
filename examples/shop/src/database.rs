//! What the shop knows itself: products and their reviews, in a file.

use std::path::Path;

use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Connection, SqliteConnection, SqlitePool};

/// In the order in which they are applied; those that a database has are counted by its `user_version`.
const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/1-tables.sql"), include_str!("../migrations/2-first-products.sql")];

/// Each has a thread of its own.
const CONNECTIONS: u32 = 4;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) category: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Review {
    pub(crate) stars: i64,
    pub(crate) words: String,
}

pub(crate) struct Database {
    pool: SqlitePool,
}

impl Database {
    /// Opens the database, and makes and fills it first if there is none.
    pub(crate) async fn open(path: &Path) -> sqlx::Result<Self> {
        let options =
            SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        migrate(&mut connection).await?;
        connection.close().await?;
        let pool = SqlitePoolOptions::new().min_connections(CONNECTIONS).max_connections(CONNECTIONS);
        Ok(Self { pool: pool.idle_timeout(None).max_lifetime(None).connect_with(options.read_only(true)).await? })
    }

    /// Makes a database that no query has reached yet, and none can reach.
    #[cfg(test)]
    pub(crate) fn unreachable() -> Self {
        let options = SqliteConnectOptions::new().filename("/nowhere/shop.db");
        Self { pool: SqlitePoolOptions::new().connect_lazy_with(options) }
    }

    pub(crate) async fn product(&self, id: i64) -> sqlx::Result<Option<Product>> {
        let row = sqlx::query_as::<_, (String, String)>("SELECT name, category FROM product WHERE id = ?").bind(id);
        Ok(row.fetch_optional(&self.pool).await?.map(|(name, category)| Product { name, category }))
    }

    pub(crate) async fn reviews(&self, product_id: i64) -> sqlx::Result<Vec<Review>> {
        let rows = sqlx::query_as::<_, (i64, String)>("SELECT stars, words FROM review WHERE product_id = ?");
        let rows = rows.bind(product_id).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(stars, words)| Review { stars, words }).collect())
    }
}

async fn migrate(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let applied: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await?;
    for (number, migration) in (1i64..).zip(MIGRATIONS) {
        if number > applied {
            sqlx::raw_sql(migration).execute(&mut *transaction).await?;
            sqlx::raw_sql(&format!("PRAGMA user_version = {number}")).execute(&mut *transaction).await?;
        }
    }
    transaction.commit().await
}
