//! What the shop knows itself: products and their reviews, in `SQLite` or in `PostgreSQL`.
//!
//! Both have the same migrations and the same queries: `SQLite` understands `$1`, too.

#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Connection, PgConnection, PgPool, SqliteConnection, SqlitePool};

const MIGRATIONS: [(&str, &str); 2] = [
    ("tables", include_str!("../migrations/1-tables.sql")),
    ("first products", include_str!("../migrations/2-first-products.sql")),
];

/// Those to `SQLite` have a thread each.
const CONNECTIONS: u32 = 4;

/// The time after which `PostgreSQL` gives up a query.
const LONGEST_QUERY: (&str, &str) = ("statement_timeout", "2s");

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) category: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Review {
    pub(crate) stars: i64,
    pub(crate) words: String,
}

/// Where a database is: `postgres://..` or `sqlite:FILE`, or the file alone.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    Server(Box<PgConnectOptions>),
}

impl FromStr for Place {
    type Err = sqlx::Error;

    fn from_str(place: &str) -> sqlx::Result<Self> {
        if place.starts_with("postgres://") || place.starts_with("postgresql://") {
            return Ok(Self::Server(Box::new(place.parse()?)));
        }
        Ok(Self::File(place.strip_prefix("sqlite:").unwrap_or(place).into()))
    }
}

pub(crate) enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs the same query on either database.
macro_rules! on_either {
    ($database:expr, $pool:ident => $query:expr) => {
        match $database {
            Database::Sqlite($pool) => $query,
            Database::Postgres($pool) => $query,
        }
    };
}

impl Database {
    /// Opens the database, and makes and fills it first if there is none. A query that has not got a connection after
    /// `patience` is given up.
    pub(crate) async fn open(place: &Place, patience: Duration) -> sqlx::Result<Self> {
        match place {
            Place::File(path) => Self::open_file(path.clone(), patience).await,
            Place::Server(options) => Self::open_server(options, patience).await,
        }
    }

    async fn open_file(path: PathBuf, patience: Duration) -> sqlx::Result<Self> {
        let options =
            SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        // Two shops that start at once migrate one after the other: the migrator locks PostgreSQL, but not a file.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        migrations().run(&mut *transaction).await?;
        transaction.commit().await?;
        connection.close().await?;
        let pool = SqlitePoolOptions::new().min_connections(CONNECTIONS).max_connections(CONNECTIONS);
        let pool = pool.acquire_timeout(patience).idle_timeout(None).max_lifetime(None);
        Ok(Self::Sqlite(pool.connect_with(options.read_only(true)).await?))
    }

    async fn open_server(options: &PgConnectOptions, patience: Duration) -> sqlx::Result<Self> {
        let mut connection = PgConnection::connect_with(options).await?;
        migrations().run(&mut connection).await?;
        connection.close().await?;
        let pool = PgPoolOptions::new().min_connections(CONNECTIONS).max_connections(CONNECTIONS);
        let pool = pool.acquire_timeout(patience);
        Ok(Self::Postgres(pool.connect_with(options.clone().options([LONGEST_QUERY])).await?))
    }

    /// Makes a database that no query has reached yet, and none can reach.
    #[cfg(test)]
    pub(crate) fn unreachable() -> Self {
        let options = SqliteConnectOptions::new().filename("/nowhere/shop.db");
        Self::Sqlite(SqlitePoolOptions::new().connect_lazy_with(options))
    }

    pub(crate) async fn products(&self) -> sqlx::Result<Vec<Product>> {
        let query = "SELECT id, name, category FROM product ORDER BY category, name";
        let rows: Vec<(i64, String, String)> = on_either!(self, pool => sqlx::query_as(query).fetch_all(pool).await?);
        Ok(rows.into_iter().map(Product::from).collect())
    }

    pub(crate) async fn product(&self, id: i64) -> sqlx::Result<Option<Product>> {
        let query = "SELECT id, name, category FROM product WHERE id = $1";
        let row: Option<(i64, String, String)> =
            on_either!(self, pool => sqlx::query_as(query).bind(id).fetch_optional(pool).await?);
        Ok(row.map(Product::from))
    }

    pub(crate) async fn reviews(&self, product_id: i64) -> sqlx::Result<Vec<Review>> {
        let query = "SELECT stars, words FROM review WHERE product_id = $1 ORDER BY stars DESC, words";
        let rows: Vec<(i64, String)> =
            on_either!(self, pool => sqlx::query_as(query).bind(product_id).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(stars, words)| Review { stars, words }).collect())
    }

    /// Closes all connections, once the queries on them are done.
    pub(crate) async fn close(&self) {
        on_either!(self, pool => pool.close().await);
    }
}

impl From<(i64, String, String)> for Product {
    fn from((id, name, category): (i64, String, String)) -> Self {
        Self { id, name, category }
    }
}

/// Whether the database cannot be asked just now, rather than that the question was wrong.
pub(crate) fn is_unavailable(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)
}

fn migrations() -> Migrator {
    let migration = |(version, (name, sql))| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, Cow::Borrowed(sql), false)
    };
    let migrations = (1..).zip(MIGRATIONS).map(migration).collect();
    Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT }
}
