//! A task of a graph, for those who look at it.

use std::fmt;

use super::flat::{Flat, FlatTask};
use super::{EdgeKind, Graph};

/// A task of a [`Graph`].
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Graph, GraphTask};
///
/// /// Returns the tasks without docs.
/// fn undocumented(graph: &'static Graph) -> Vec<&'static str> {
///     graph.tasks().filter(|task| task.docs().is_empty()).map(GraphTask::name).collect()
/// }
/// # let _ = undocumented;
/// ```
#[derive(Clone, Copy)]
pub struct GraphTask {
    pub(super) graph: &'static Graph,
    pub(super) id: usize,
}

/// How a task runs. `Display` prints it as a word.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::TaskKind;
///
/// assert_eq!(TaskKind::Blocking.to_string(), "blocking");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskKind {
    /// An `async fn`, inside the future that is awaited.
    Async,
    /// A plain `fn`, in place.
    Fn,
    /// An `async fn`, on the threads of the runtime.
    Spawn,
    /// A plain `fn`, on a thread that may block.
    Blocking,
}

impl GraphTask {
    fn flat(self) -> FlatTask {
        Flat::new(self.graph).tasks.swap_remove(self.id)
    }

    /// Returns the name of the task; raw identifiers have no `r#`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.flat().name
    }

    /// Returns the docs of the task as Markdown, or an empty string.
    #[must_use]
    pub fn docs(self) -> &'static str {
        self.flat().docs
    }

    /// Returns how the task runs.
    #[must_use]
    pub fn kind(self) -> TaskKind {
        self.flat().kind
    }

    /// Returns the type of the result as the task's method declares it, such as `io::Result<Cart>`, in one line.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::GraphTask;
    ///
    /// /// Returns a line such as `cart -> io::Result<Cart>`.
    /// fn signature(task: GraphTask) -> String {
    ///     format!("{} -> {}", task.name(), task.result_type())
    /// }
    /// # let _ = signature;
    /// ```
    #[must_use]
    pub fn result_type(self) -> &'static str {
        Some(self.flat().result).filter(|result| !result.is_empty()).unwrap_or("()")
    }

    /// Returns the tasks that this one depends on, in the order of `#[depends(..)]`.
    #[must_use]
    pub fn dependencies(self) -> impl DoubleEndedIterator<Item = GraphTask> + ExactSizeIterator {
        self.flat().dependencies.into_iter().map(move |id| Self { graph: self.graph, id })
    }

    /// Returns the same tasks as [`dependencies`](Self::dependencies), each with the kind of the dependency.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{EdgeKind, GraphTask};
    ///
    /// /// Returns the tasks whose failures a task catches.
    /// fn caught(task: GraphTask) -> Vec<&'static str> {
    ///     task.edges().filter(|(_, kind)| *kind == EdgeKind::Catch).map(|(task, _)| task.name()).collect()
    /// }
    /// # let _ = caught;
    /// ```
    #[must_use]
    pub fn edges(self) -> impl DoubleEndedIterator<Item = (GraphTask, EdgeKind)> + ExactSizeIterator {
        let FlatTask { dependencies, kinds, .. } = self.flat();
        dependencies.into_iter().zip(kinds).map(move |(id, kind)| (Self { graph: self.graph, id }, kind))
    }
}

impl fmt::Debug for GraphTask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dependencies: Vec<&str> = self.dependencies().map(GraphTask::name).collect();
        let mut task = formatter.debug_struct("GraphTask");
        task.field("name", &self.name()).field("kind", &self.kind()).field("dependencies", &dependencies).finish()
    }
}

impl TaskKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Fn => "fn",
            Self::Spawn => "spawn",
            Self::Blocking => "blocking",
        }
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}
