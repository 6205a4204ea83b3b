//! The same tests on both databases: on `SQLite` or, where `DATABASE_URL` names a server, on `PostgreSQL`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, process};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::{Database, Place, Product, is_unavailable};

/// Longer than it takes to get a connection, anywhere.
const PATIENCE: Duration = Duration::from_secs(60);

/// An empty database for one test. Those on a server stay: whoever starts a server for tests takes it away whole.
pub(crate) struct Empty {
    pub(crate) place: Place,
    _folder: TempDir,
}

impl Empty {
    pub(crate) async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);

        let folder = tempfile::tempdir().unwrap();
        let place = match env::var("DATABASE_URL") {
            Ok(url) => {
                let Place::Server(options) = url.parse().unwrap() else { panic!("no server: {url}") };
                let name = format!("test_{}_{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
                let mut connection = PgConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql(&format!("CREATE DATABASE {name}")).execute(&mut connection).await.unwrap();
                Place::Server(Box::new(options.database(&name)))
            }
            Err(_) => Place::File(folder.path().join("shop.db")),
        };
        Self { place, _folder: folder }
    }
}

#[tokio::test]
async fn an_empty_database_is_filled_as_it_is_opened() {
    let empty = Empty::new().await;
    let database = Database::open(&empty.place, PATIENCE).await.unwrap();
    let products = database.products().await.unwrap();
    assert_eq!(products.len(), 24);
    let mallets = Product { id: 18, name: "Mallets, felt".to_owned(), category: "drums".to_owned() };
    assert_eq!(products[0], mallets);
    assert_eq!(database.product(18).await.unwrap(), Some(mallets));
}

#[tokio::test]
async fn a_database_that_is_opened_again_is_as_it_was() {
    let empty = Empty::new().await;
    let database = Database::open(&empty.place, PATIENCE).await.unwrap();
    let products = database.products().await.unwrap();
    database.close().await;
    assert_eq!(Database::open(&empty.place, PATIENCE).await.unwrap().products().await.unwrap(), products);
}

#[tokio::test]
async fn shops_that_start_at_once_fill_it_once() {
    let empty = Empty::new().await;
    let open = || Database::open(&empty.place, PATIENCE);
    let (one, two, three) = tokio::try_join!(open(), open(), open()).unwrap();
    for database in [one, two, three] {
        assert_eq!(database.products().await.unwrap().len(), 24);
    }
}

#[tokio::test]
async fn a_product_that_is_not_there_is_none() {
    let empty = Empty::new().await;
    let database = Database::open(&empty.place, PATIENCE).await.unwrap();
    for id in [0, -1, 25, i64::MAX, i64::MIN] {
        assert_eq!(database.product(id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_best_reviews_come_first() {
    let empty = Empty::new().await;
    let database = Database::open(&empty.place, PATIENCE).await.unwrap();
    let reviews = database.reviews(13).await.unwrap();
    let reviews: Vec<_> = reviews.iter().map(|review| (review.stars, review.words.as_str())).collect();
    assert_eq!(reviews, [(4, "All three spoke."), (1, "One of three speaks.")]);
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    let empty = Empty::new().await;
    let database = Database::open(&empty.place, PATIENCE).await.unwrap();
    database.close().await;
    assert!(is_unavailable(&database.product(7).await.unwrap_err()));
}
