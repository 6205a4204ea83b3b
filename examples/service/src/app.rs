//! The parts of the service, and how they depend on each other.

use adagio::dag;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::Failure;
use crate::cache::Cache;
use crate::server::Server;
use crate::worker::Worker;

/// The settings that the program is started with.
pub(crate) struct App {
    pub(crate) database: String,
    pub(crate) address: String,
}

/// The settings, checked.
pub(crate) struct Config {
    pub(crate) database: SqliteConnectOptions,
    pub(crate) address: std::net::SocketAddr,
}

#[dag]
impl App {
    fn config(&self) -> Result<Config, Failure> {
        let database = SqliteConnectOptions::new().filename(&self.database).create_if_missing(true);
        Ok(Config { database, address: self.address.parse()? })
    }

    // A pool is a handle that is cloned; closing it closes the connections of all clones.
    #[depends(config)]
    #[task(close = |pool: SqlitePool| async move { pool.close().await })]
    async fn database(&self, config: &Config) -> Result<SqlitePool, Failure> {
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(config.database.clone()).await?;
        sqlx::query("CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL)").execute(&pool).await?;
        Ok(pool)
    }

    // Opens while the worker starts.
    #[depends(database)]
    #[task(close = Cache::close)]
    async fn cache(&self, database: &SqlitePool) -> Result<Cache, Failure> {
        Ok(Cache::load(database).await?)
    }

    #[depends(database)]
    #[task(close = Worker::close, close_timeout = "20s")]
    fn worker(&self, database: &SqlitePool) -> Worker {
        Worker::start(database)
    }

    #[depends(config, cache, worker)]
    #[task(close = Server::close, close_timeout = "20s")]
    pub(crate) async fn server(&self, config: &Config, cache: &Cache, worker: &Worker) -> Result<Server, Failure> {
        Ok(Server::start(config.address, cache, worker).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tests::ask;

    impl App {
        /// Returns an app for a test, on a free port and without a database.
        fn test() -> Self {
            Self { database: "/nowhere/notes.db".to_owned(), address: "127.0.0.1:0".to_owned() }
        }
    }

    async fn memory() -> SqlitePool {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
        sqlx::query("CREATE TABLE note (text TEXT NOT NULL)").execute(&pool).await.unwrap();
        pool
    }

    #[tokio::test]
    async fn the_graph_is_a_fixture_with_an_injected_database() {
        let app = App::test();
        let database = memory().await;
        let run = app.run().with_database(database.clone());
        let address = run.server().await.unwrap().address();
        assert_eq!(ask(address, "POST", "milk").await, (201, String::new()));
        assert_eq!(ask(address, "GET", "").await, (200, "milk\n".to_owned()));
        run.close().await.unwrap();
        assert!(database.is_closed());
    }

    #[tokio::test]
    async fn a_start_without_a_database_fails_and_leaves_nothing_open() {
        let app = App::test();
        let run = app.run();
        assert_eq!(run.server().await.err().unwrap().task(), "database");
        run.close().await.unwrap();
    }
}
