//! Runs of [`adagio`] graphs that survive `kill -9`, in one `SQLite` file and without a server.
//!
//! See the README of this crate for what is promised and what is not.
//!
//! # Examples
//! ```
//! use adagio::dag;
//! use adagio_store::{Error, Store, StoredRun};
//!
//! struct Order {
//!     item: String,
//! }
//!
//! #[dag(durable)]
//! impl Order {
//!     async fn charge(&self) -> Result<u32, String> {
//!         Ok(7)
//!     }
//!
//!     #[depends(charge)]
//!     pub async fn ship(&self, charge: u32) -> Result<String, String> {
//!         Ok(format!("{}, paid with {charge}", self.item))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("adagio-store-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = folder.join("orders.db");
//! let store = Store::open(&path).await?;
//! let orders = store.graph("order", |item: String| Order { item });
//! orders.recover().await?;
//!
//! let order: StoredRun<Order> = orders.start("order-7", "a lamp".to_owned()).await?;
//! assert_eq!(order.ship().await?, "a lamp, paid with 7");
//!
//! // That name again: the same run.
//! assert!(matches!(orders.start("order-7", "a rug".to_owned()).await, Err(Error::OtherInput { .. })));
//! # std::fs::remove_dir_all(folder)?;
//! # Ok(())
//! # }
//! ```

mod error;
mod graph;
mod heartbeat;
mod keeper;
mod recover;
mod report;
mod resume;
mod rows;
mod run;
mod schema;
mod sql;
mod store;
mod writer;

pub use error::Error;
pub use graph::Graph;
pub use run::{Status, StoredRun};
pub use store::{Listed, Options, Store};

/// The README, so that its example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
