//! Graphs of dependent async tasks, each written as a plain method.
//!
//! A macro checks the graph while it compiles. Awaiting a method runs its task and all the tasks it needs, each once and
//! side by side where the graph allows it. The first failure stops the rest.
//!
//! ```
//! use adagio::dag;
//!
//! struct Checkout {
//!     user_id: u64,
//! }
//!
//! #[dag]
//! impl Checkout {
//!     async fn user(&self) -> Result<String, std::io::Error> {
//!         Ok(format!("user {}", self.user_id))
//!     }
//!
//!     async fn rate(&self) -> u64 {
//!         2 // runs beside `user`
//!     }
//!
//!     #[depends(user, rate)]
//!     pub async fn quote(&self, user: &str, rate: u64) -> String {
//!         format!("{user}: {}", 21 * rate)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), std::io::Error> {
//! // Returns a `Result`, because `user` can fail.
//! assert_eq!(Checkout { user_id: 7 }.quote().await?, "user 7: 42");
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find it
//!
//! | item | what it is for |
//! |---|---|
//! | [`dag`], [`depends`], [`task`](macro@task) | a graph of methods, and the options of a task |
#![cfg_attr(
    feature = "tokio",
    doc = "| [`scope`], [`Task`], [`after`], [`all`] | tasks made at run time by calling functions |"
)]
//! | [`TaskError`] | the failure of a task in a run, with its name |
//! | [`CloseError`] | the failures of a run whose results are closed |
//! | [`Graph`] | the graph as data, and its pictures |
//! | [`Timeline`], [`Events`], [`Observer`] | one run as a chart or a page, and the events behind it |
#![cfg_attr(
    feature = "tokio",
    doc = "| [`SemaphoreClosed`] | the error of `#[task(permit = ..)]` if the semaphore is closed |"
)]
#![cfg_attr(feature = "tokio", doc = "| [`TimedOut`] | the error of `#[task(timeout = \"..\")]` |")]
#![cfg_attr(feature = "durable", doc = "| [`durable`] | results as bytes, and runs that continue from them |")]
//!
//! # Features
//!
//! - `tokio` (default): tasks on other threads, time-outs, retries, permits, tasks made at run time.
//! - `stream`: `Events` and `Outcomes` as a `Stream` of `futures-core`.
//! - `tracing`: a span for each task.
//! - `progress`: a progress bar for runs.
//! - `profile`: which tasks decide how long calls take, over many runs.
//! - `metrics`: the numbers of `profile` for the recorder of the `metrics` facade.
//! - `durable`: runs that an engine continues after a crash.
//!
//! The [book](https://github.com/adagio-rs/adagio/blob/main/docs/book/src/SUMMARY.md) explains each part.

/// Turns the methods of an `impl` block into a graph of dependent async tasks.
///
/// # Examples
///
/// ```
/// use adagio::dag;
///
/// struct Greeting {
///     id: u32,
/// }
///
/// #[dag]
/// impl Greeting {
///     async fn name(&self) -> Result<String, std::num::TryFromIntError> {
///         Ok(format!("number {}", u8::try_from(self.id)?))
///     }
///
///     async fn salute(&self) -> &'static str {
///         "Hello"
///     }
///
///     /// Greets by name.
///     #[depends(name, salute)]
///     pub async fn greeting(&self, salute: &str, name: &str) -> String {
///         format!("{salute}, {name}!")
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(Greeting { id: 7 }.greeting().await, Ok("Hello, number 7!".to_owned()));
/// assert!(Greeting { id: 700 }.greeting().await.is_err());
/// # }
/// ```
///
/// With `in`, a task runs once for each element of a collection, here at most 8 at once:
///
/// ```
/// struct Site;
///
/// #[adagio::dag]
/// impl Site {
///     fn ids(&self) -> Vec<u32> {
///         vec![1, 2]
///     }
///
///     #[depends(id in ids)]
///     #[task(max_concurrency = 8)]
///     async fn pages(&self, id: &u32) -> String {
///         format!("page {id}")
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(Site.pages().await, ["page 1", "page 2"]);
/// # }
/// ```
///
/// With `#[dag(local)]`, tasks may use values that stay on one thread:
///
/// ```
/// use std::rc::Rc;
///
/// struct Page;
///
/// #[adagio::dag(local)]
/// impl Page {
///     async fn title(&self) -> Rc<str> {
///         "Adagio".into()
///     }
///
///     #[depends(title)]
///     async fn copies(&self, title: Rc<str>) -> [Rc<str>; 2] {
///         [Rc::clone(&title), title]
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(Page.copies().await, ["Adagio".into(), "Adagio".into()]);
/// # }
/// ```
pub use dag_macros::dag;

pub use dag_macros::{depends, task};
#[cfg(feature = "tokio")]
pub use dag_runtime::{
    After, All, FailFast, FirstError, KeepGoing, Outcomes, Scope, ScopeEnded, ScopeHandle, Shared, TakeError, Task,
    TaskFuture, TaskHandle, after, all, first, outcomes, scope, scope_with,
};
pub use dag_runtime::{
    CloseError, EdgeKind, Event, Events, Graph, GraphTask, Lazy, Observer, Outcome, RunEvent, TaskError, TaskEvent,
    TaskKind, Timeline, TimelineAttempt, TimelineTask,
};
#[cfg(feature = "tokio")]
pub use dag_runtime::{SemaphoreClosed, TimedOut};
// They are hidden where they are declared, so that no type of a user shows that it implements them.
#[cfg(feature = "tokio")]
#[doc(inline)]
pub use dag_runtime::{Gives, Lends};

/// The future of a result of a run that cannot fail, as `run.rates()` returns it.
///
/// # Examples
///
/// ```
/// use adagio::{Goal, dag};
///
/// struct Trip;
///
/// #[dag]
/// impl Trip {
///     async fn route(&self) -> Vec<&'static str> {
///         vec!["Bern", "Thun"]
///     }
///
///     #[depends(route)]
///     async fn stops(&self, route: &[&'static str]) -> usize {
///         route.len()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let run = Trip.run();
/// let stops: Goal<'_, usize> = run.stops();
/// assert_eq!(run.route().peek(), None);
/// assert_eq!(stops.await, &2);
/// assert_eq!(run.route().peek(), Some(&vec!["Bern", "Thun"]));
/// # }
/// ```
pub use dag_runtime::Goal;

/// The future of a result of a run that can fail, as `run.quote()` returns it.
///
/// # Examples
///
/// ```
/// use adagio::{TryGoal, dag};
///
/// struct Order(&'static str);
///
/// #[dag]
/// impl Order {
///     async fn number(&self) -> Result<u64, std::num::ParseIntError> {
///         self.0.parse()
///     }
/// }
///
/// /// The number, if a run has it already.
/// fn known(number: &TryGoal<'_, u64>) -> Option<u64> {
///     number.peek()?.ok().copied()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let order = Order("7");
/// let run = order.run();
/// assert_eq!(known(&run.number()), None);
/// assert!(matches!(run.number().await, Ok(7)));
/// assert_eq!(known(&run.number()), Some(7));
///
/// let error = Order("seven").run().number().await.unwrap_err();
/// assert_eq!(error.task(), "number");
/// # }
/// ```
pub use dag_runtime::TryGoal;

#[cfg(feature = "profile")]
pub use dag_runtime::Profile;
#[cfg(feature = "progress")]
pub use dag_runtime::Progress;

/// Runs that continue from stored results, for engines that keep them.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use adagio::dag;
/// use adagio::durable::{Durable, DurableRun};
///
/// struct Report;
///
/// #[dag(durable)]
/// impl Report {
///     async fn rows(&self) -> Vec<u32> {
///         vec![30, 12]
///     }
///
///     #[depends(rows)]
///     pub async fn total(&self, rows: &[u32]) -> u32 {
///         rows.iter().sum()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// let report = Arc::new(Report);
/// let rows = report.durable_run().result("rows").await?;
/// assert_eq!(rows, b"[30,12]");
///
/// // Later, perhaps in another process: `rows` does not run again.
/// let run = report.durable_run().seed("rows", &rows)?;
/// assert_eq!(run.result("total").await?, b"42");
/// # Ok(())
/// # }
/// ```
///
/// The body for one element of a collection can have a run of its own, such as on another machine:
///
/// ```
/// use std::sync::Arc;
///
/// use adagio::dag;
/// use adagio::durable::{Durable, DurableRun};
///
/// struct Shop;
///
/// #[dag(durable)]
/// impl Shop {
///     async fn ids(&self) -> Vec<u32> {
///         vec![7, 9]
///     }
///
///     #[depends(id in ids)]
///     #[task(remote)]
///     pub async fn prices(&self, id: u32) -> u32 {
///         10 * id
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// let shop = Arc::new(Shop);
/// let ids = shop.durable_run().result("ids").await?;
/// let elements = Shop::elements(1, &ids)?;
/// assert_eq!((Shop::GRAPH.tasks[1].name, elements.count), ("prices", 2));
///
/// // A `Vec` can be cut, so this run gets the second element alone.
/// assert!(elements.can_be_cut);
/// let run = shop.durable_run().only("prices", 1).seed("ids", b"[9]")?;
/// assert_eq!(run.result("prices").await?, b"[90]");
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "durable")]
pub mod durable {
    pub use dag_runtime::{
        Current, Deferral, Durable, DurableEdge, DurableGraph, DurableRun, DurableTask, GraphInside, Keeper, Keeps,
        Ordered, Past, PastEnd, Retry, StoredElements, TooLarge, current, element_of, whole_of,
    };
}

// If graphs contain each other, rustc's error names this trait with its path.
#[doc(hidden)]
pub use dag_runtime::DoesNotContainItself;

#[doc(hidden)]
pub mod __private {
    pub use core::convert::Infallible;
    pub use core::fmt;
    pub use core::option::Option::{None, Some};
    pub use core::result::Result::{self, Err, Ok};
    pub use dag_macros::picture;
    pub use dag_runtime::*;
}

/// The README, the chapters of the book and the guide for coding tools, so that their examples are compiled and run as
/// tests.
#[cfg(all(doctest, feature = "tokio"))]
mod pages {
    macro_rules! pages {
        ($($page:ident = $path:literal,)*) => {
            $(#[doc = include_str!(concat!("../", $path))] struct $page;)*
        };
    }

    pages! {
        Readme = "README.md",
        GettingStarted = "docs/book/src/getting-started.md",
        Dependencies = "docs/book/src/dependencies.md",
        Errors = "docs/book/src/errors.md",
        Runs = "docs/book/src/runs.md",
        Cancellation = "docs/book/src/cancellation.md",
        Threads = "docs/book/src/threads.md",
        Scopes = "docs/book/src/scopes.md",
        InnerGraphs = "docs/book/src/inner-graphs.md",
        Seeing = "docs/book/src/seeing.md",
        Testing = "docs/book/src/testing.md",
        StartUp = "docs/book/src/start-up.md",
        Durable = "docs/book/src/durable.md",
        Performance = "docs/book/src/performance.md",
        Cookbook = "docs/book/src/cookbook.md",
        Questions = "docs/book/src/questions.md",
        ForTools = "docs/llms.txt",
    }
}
