//! What any thread may take: the results and the arguments of tasks. The words for what is not.

use super::argument::Given;
use super::make::Edge;
use crate::check::IsShared;

/// The result of a task that is made at run time.
#[diagnostic::on_unimplemented(
    message = "the result of this task, `{Self}`, cannot be shared between threads",
    label = "the result of a task is `Send + Sync`",
    note = "any thread may run a `#[task]` function: use `Arc` instead of `Rc`, and `Mutex` instead of `RefCell`"
)]
#[doc(hidden)]
pub trait TaskResult: Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> TaskResult for T {}

/// Compiles where the result of a task may be shared.
pub fn require_task_result<T: TaskResult>() {}

/// An argument of a task that is made at run time.
#[diagnostic::on_unimplemented(
    message = "this argument of a task, `{Self}`, cannot be shared between threads",
    label = "an argument of a task is `Send + Sync`",
    note = "any thread may run a `#[task]` function: use `Arc` instead of `Rc`, and `Mutex` instead of `RefCell`"
)]
#[doc(hidden)]
pub trait TaskArgument: Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> TaskArgument for T {}

/// Compiles where an argument of a task may be shared.
pub fn require_task_argument<T: TaskArgument>() {}

/// A result or an argument with a type parameter. It is no `Self`: rustc would advise a bound on it.
#[diagnostic::on_unimplemented(
    message = "a task shares `{Value}` between threads, and it is not known to be `Send + Sync`",
    label = "results and arguments of a task are `Send + Sync`",
    note = "add `{Parameter}: Send + Sync + 'static`"
)]
#[doc(hidden)]
pub trait SharedByTask<Value, Parameter: ?Sized> {}

impl<Value, Parameter: ?Sized> SharedByTask<Value, Parameter> for IsShared {}

/// Compiles where a result or an argument with a type parameter may be shared; `kind` says whether it may.
pub fn require_shared_by_task<V, P: ?Sized, K: SharedByTask<V, P>>(_kind: K) {}

/// Is used only where the inherent method of [`Given`] does not apply: the value must not be shared.
#[doc(hidden)]
pub trait NoEdge {
    /// Exists only to compile: the build fails at the argument.
    fn edge(&self) -> Edge<'_> {
        Edge(None)
    }
}

impl<T> NoEdge for Given<T> {}
