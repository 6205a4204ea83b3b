// The README shows files, which rustdoc does not take along. Of two addresses of a name the first one counts.
#![cfg_attr(feature = "tokio", doc = include_str!("../docs/pictures.md"))]
#![cfg_attr(feature = "tokio", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "tokio"), doc = "Graphs of dependent async tasks written as plain methods, without tokio.")]

/// Makes a graph of dependent async tasks of the methods of an `impl` block.
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
/// Under `#[dag(local)]` tasks may use what stays on one thread:
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
pub use dag_runtime::TimedOut;
pub use dag_runtime::{
    EdgeKind, Graph, GraphTask, Observer, Outcome, RunEvent, TaskError, TaskEvent, TaskKind, Timeline, TimelineAttempt,
    TimelineTask,
};
#[cfg(feature = "tokio")]
pub use dag_runtime::{Gives, Lends, Scope, Shared, Task, TaskFuture, after, all, scope};

#[cfg(feature = "progress")]
pub use dag_runtime::Progress;

/// Runs that go on from stored results, for engines that keep them.
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
#[cfg(feature = "durable")]
pub mod durable {
    pub use dag_runtime::{Deferral, Durable, DurableGraph, DurableRun, DurableTask, Past, PastEnd, Retry};
}

#[doc(hidden)]
pub mod __private {
    pub use dag_macros::picture;
    pub use dag_runtime::*;
}
