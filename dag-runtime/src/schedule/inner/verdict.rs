//! Checks of an inner graph and its tasks that only the type system can make, and the messages for their failures.

/// The error of the terminal of an inner task that can fail.
pub struct Fails<E>(pub E);

impl<E> Fails<E> {
    /// Converts it into the error of the outer terminal.
    #[inline]
    pub fn convert<T>(self, convert: impl FnOnce(E) -> T) -> T {
        convert(self.0)
    }

    /// Is never called: the build fails first.
    ///
    /// # Panics
    /// Always.
    #[cold]
    pub fn rule_out(self) -> ! {
        unreachable!("a task without a `Result` needs no inner task that can fail")
    }
}

/// Stands for the error of an inner task that cannot fail.
pub enum Never {}

impl Never {
    /// Stands for the error of the outer terminal, of any type.
    #[inline]
    pub fn convert<T>(self, _convert: impl FnOnce(T) -> T) -> T {
        match self {}
    }

    /// Is never called.
    #[inline]
    pub fn rule_out(self) -> ! {
        match self {}
    }
}

/// The possible errors of an inner task that `Task` needs, where `Task` returns no `Result`.
#[diagnostic::on_unimplemented(
    message = "this inner task can fail, and `{Task}` does not return a `Result`",
    label = "can fail",
    note = "return a `Result` from `{Task}`: the error of an inner task is not taken over"
)]
pub trait CannotFail<Task> {}

impl<Task> CannotFail<Task> for Never {}

/// Compiles only if an inner task cannot fail.
pub fn require_unfailing<Task, C, V, F, X: CannotFail<Task>>(_task: super::InnerTask<C, V, F, X>) {}

/// The possible errors of an inner task whose failure is caught.
#[diagnostic::on_unimplemented(
    message = "this inner task cannot fail, so there is nothing to catch: take `catch` away",
    label = "nothing to catch"
)]
pub trait CanFail {}

impl<E> CanFail for Fails<E> {}

/// Compiles only if an inner task can fail.
pub fn require_failing<C, V, F, X: CanFail>(_task: super::InnerTask<C, V, F, X>) {}

/// The place of a graph whose tasks any thread may poll.
pub struct AnyThread;

/// The place of a graph that is `local`.
pub struct OneThread;

/// The place of a graph with tasks that `spawn` or `blocking` puts on other threads.
pub struct OffThread;

/// The place of a graph with an error that borrows from the object.
pub struct BorrowedErrors;

/// The place of a graph with a task that has `close`.
pub struct Closes;

/// The place of a graph that may be inside a graph whose tasks any thread may poll.
#[diagnostic::on_unimplemented(
    message = "this graph is `#[dag(local)]`, and the one around it is not",
    label = "stays on one thread",
    note = "make the outer block `#[dag(local)]`, too"
)]
pub trait AcrossThreads {}

impl AcrossThreads for AnyThread {}
impl AcrossThreads for OffThread {}
impl AcrossThreads for Closes {}
impl AcrossThreads for BorrowedErrors {}

/// Compiles only if any thread may poll the tasks of a graph.
pub fn require_across_threads<P: AcrossThreads>() {}

/// The place of a graph without tasks on other threads, and without results that its run closes.
#[diagnostic::on_unimplemented(
    message = "this graph has tasks on other threads or results to close, so it cannot be inside of another",
    label = "has tasks with `spawn`, `blocking` or `close`",
    note = "let an `async fn` of the outer block await it: `Arc::new(..).total().await`"
)]
pub trait InlineTasks {}

impl InlineTasks for AnyThread {}
impl InlineTasks for OneThread {}
impl InlineTasks for BorrowedErrors {}

/// Compiles only if a graph has no tasks on other threads.
pub fn require_inline_tasks<P: InlineTasks>() {}

/// The place of a graph whose errors borrow nothing from the object.
#[diagnostic::on_unimplemented(
    message = "a task of this graph fails with an error that borrows from the object, so it cannot be inside of another",
    label = "has an error that borrows",
    note = "let the error own what it says"
)]
pub trait OwnedErrors {}

impl OwnedErrors for AnyThread {}
impl OwnedErrors for OneThread {}
impl OwnedErrors for OffThread {}
impl OwnedErrors for Closes {}

/// Compiles only if the errors of a graph borrow nothing from the object.
pub fn require_owned_errors<P: OwnedErrors>() {}

/// A graph that does not contain itself at any depth, so that the nesting of graphs ends.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no graph: it has no `#[dag]` block",
    label = "no graph",
    note = "the value of a task with `#[task(graph)]` is an object whose type has a `#[dag]` block"
)]
#[doc(hidden)]
pub trait DoesNotContainItself {}

/// Compiles only if a graph does not contain itself.
pub fn require_finite<G: DoesNotContainItself>() {}
