//! What may be shared between threads: the results of tasks, and the object they belong to.

use std::marker::PhantomData;

#[cfg(feature = "tokio")]
use tokio::{runtime::Handle, task::AbortHandle};

use crate::run::{Run, SendRun};

/// A result that several tasks may read at once, on any thread.
#[diagnostic::on_unimplemented(
    message = "the result of this task, `{Self}`, cannot be shared between threads",
    label = "the result of a task is `Send + Sync`",
    note = "for single-threaded values such as `Rc` use `#[dag(local)]`; for a trait object write \
            `Box<dyn Trait + Send + Sync>`"
)]
#[doc(hidden)]
pub trait Shareable: Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> Shareable for T {}

/// Compiles where a task's result may be shared.
pub fn require_shareable<T: Shareable>() {}

/// A result with a type parameter. It is no `Self`: rustc would advise a bound on it.
#[diagnostic::on_unimplemented(
    message = "the result of this task, `{Value}`, cannot be shared between threads",
    label = "the result of a task is `Send + Sync`",
    note = "add `{Parameter}: Send + Sync`, or for single-threaded values use `#[dag(local)]`"
)]
#[doc(hidden)]
pub trait ResultShared<Value, Parameter: ?Sized> {}

impl<Value, Parameter: ?Sized> ResultShared<Value, Parameter> for IsShared {}

/// Compiles where a task's result with a type parameter may be shared; `kind` says whether it may.
pub fn require_result_shared<V, P: ?Sized, K: ResultShared<V, P>>(_kind: K) {}

/// An object whose tasks run on any thread, several at once.
#[diagnostic::on_unimplemented(
    message = "the tasks of `{Self}` share it between threads, and it is not `Sync`",
    label = "not `Sync`",
    note = "for single-threaded objects use `#[dag(local)]`"
)]
#[doc(hidden)]
pub trait ShareableObject: Sync {}

#[diagnostic::do_not_recommend]
impl<T: Sync> ShareableObject for T {}

/// An object that tasks on other threads have a share of.
#[diagnostic::on_unimplemented(
    message = "tasks on other threads have a share of `{Self}`, and it is not `Send + Sync`",
    label = "not `Send + Sync`",
    note = "without `spawn` and `blocking`, `Sync` is enough"
)]
#[doc(hidden)]
pub trait SharedObject: Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> SharedObject for T {}

/// For an object that is `Sync` and `Send` the inherent functions, for any other those of [`NoSharing`].
pub struct Sharing<T>(PhantomData<T>);

/// An object may be shared.
pub struct IsShared;

/// An object may not be shared.
pub struct IsNotShared;

impl<T: Sync> Sharing<T> {
    /// Tells that several threads may use an object.
    #[must_use]
    pub fn of_borrows() -> IsShared {
        IsShared
    }
}

impl<T: Send + Sync> Sharing<T> {
    /// Tells that several threads may own an object.
    #[must_use]
    pub fn of_owners() -> IsShared {
        IsShared
    }
}

/// Is used only where the inherent functions of [`Sharing`] do not apply.
pub trait NoSharing {
    /// Tells that one thread alone may use an object.
    #[must_use]
    fn of_borrows() -> IsNotShared {
        IsNotShared
    }

    /// Tells that one thread alone may own an object.
    #[must_use]
    fn of_owners() -> IsNotShared {
        IsNotShared
    }
}

impl<T> NoSharing for Sharing<T> {}

/// An object that a run owns, which any thread may drive.
#[cfg(feature = "durable")]
#[diagnostic::on_unimplemented(
    message = "the run of a durable block shares `{Self}` between threads, and it is not `Send + Sync`",
    label = "not `Send + Sync`",
    note = "take an atomic or a `Mutex` instead of a `Cell`, and an `Arc` instead of an `Rc`"
)]
#[doc(hidden)]
pub trait DurableObject: Send + Sync {}

#[cfg(feature = "durable")]
#[diagnostic::do_not_recommend]
impl<T: Send + Sync> DurableObject for T {}

/// An object with a type parameter, whose tasks run on any thread. The object is no `Self`: rustc would advise a bound
/// on it.
#[diagnostic::on_unimplemented(
    message = "the tasks of `{Object}` share it between threads, and it is not `Sync`",
    label = "not `Sync`",
    note = "add `{Parameter}: Sync`, or for single-threaded objects use `#[dag(local)]`"
)]
pub trait BorrowsOf<Object, Parameter: ?Sized> {}

impl<Object, Parameter: ?Sized> BorrowsOf<Object, Parameter> for IsShared {}

/// An object with a type parameter, that tasks on other threads have a share of.
#[diagnostic::on_unimplemented(
    message = "tasks on other threads have a share of `{Object}`, and it is not `Send + Sync`",
    label = "not `Send + Sync`",
    note = "add `{Parameter}: Send + Sync + 'static`"
)]
pub trait OwnersOf<Object, Parameter: ?Sized> {}

impl<Object, Parameter: ?Sized> OwnersOf<Object, Parameter> for IsShared {}

/// Is never called: stands for an argument where only the type of a call counts.
///
/// # Panics
/// Always.
#[must_use]
pub fn never<T>() -> T {
    unreachable!("only the type of the call counts")
}

/// A worker has room for the largest of its tasks. A future that is larger than this number of bytes is boxed, because
/// tokio moves it several times on its way into a task.
#[cfg(feature = "tokio")]
const MOVED_AT_MOST: usize = 512;

/// Asks what follows from `T: Send` only where it holds: otherwise one error, where `T` is at fault, is enough.
pub struct IfSend<T>(PhantomData<fn() -> T>);

impl<T> Clone for IfSend<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for IfSend<T> {}

impl<T> IfSend<T> {
    /// Stands for the type.
    pub const NEW: Self = Self(PhantomData);

    /// Stands for the type of a value.
    pub fn of(_value: &T) -> Self {
        Self::NEW
    }
}

impl<T: Send> IfSend<T> {
    /// Compiles where the future of a task is `Send`, because what it shares with others is.
    pub fn require_send<F>(self, _task: F)
    where
        F: Future,
        // rustc shows this line where a body is not `Send`.
        F: Send, // write `#[dag(local)]`, or drop what is not `Send` before the `.await`
    {
    }

    /// Compiles where what goes over a collection is `Send`: the driver has it while bodies wait.
    pub fn require_elements<C, I>(self, _elements: impl FnOnce(C) -> I)
    where
        // rustc shows this line where an iterator is not `Send`.
        I: Send, // write `#[dag(local)]`, or return a collection such as a `Vec`
    {
    }

    /// Compiles where an object may be shared.
    pub fn require_shareable_object<O: ShareableObject>(self) {}

    /// Compiles where a durable run may own an object.
    #[cfg(feature = "durable")]
    pub fn require_durable_object<O: DurableObject>(self) {}

    /// Compiles where tasks on other threads may have a share of an object.
    pub fn require_shared_object<O: SharedObject>(self) {}

    /// Compiles where an object with a type parameter may be shared.
    pub fn require_borrows<O, P: ?Sized, K: BorrowsOf<O, P>>(self, _kind: K) {}

    /// Compiles where tasks on other threads may have a share of an object with a type parameter.
    pub fn require_owners<O, P: ?Sized, K: OwnersOf<O, P>>(self, _kind: K) {}

    /// Puts what runs spawned tasks on the runtime.
    #[cfg(feature = "tokio")]
    pub fn spawn(self, work: T, runtime: &Handle) -> AbortHandle
    where
        T: Future<Output = ()> + 'static,
    {
        if size_of::<T>() > MOVED_AT_MOST {
            return runtime.spawn(Box::pin(work)).abort_handle();
        }
        runtime.spawn(work).abort_handle()
    }

    /// Runs the body of a task that ends once it has started.
    #[cfg(feature = "tokio")]
    pub fn finish(self, body: T) -> impl Future<Output = T::Output>
    where
        T: Future<Output: Send> + 'static,
    {
        crate::threads::finish(body)
    }
}

/// Is used only where the inherent methods of [`IfSend`] do not apply.
pub trait NotSend: Sized {
    /// Asks for nothing.
    fn require_send<F: Future>(self, _task: F) {}

    /// Asks for nothing.
    fn require_elements<C, I>(self, _elements: impl FnOnce(C) -> I) {}

    /// Exists only to compile: the build fails at the task, the result or the object that is at fault. Where it is none of
    /// these, the build fails here, not the run.
    #[must_use]
    fn erased<'f, P, O, C, D, const WORDS: usize>(self, _run: Run<O, C, D, WORDS>) -> SendRun<'f, P, C, WORDS> {
        const { assert!(is_endless::<D>(), "what drives a run of this block is not `Send`: write `#[dag(local)]`") }
        unreachable!()
    }

    /// Asks for nothing.
    fn require_shareable_object<O>(self) {}

    /// Asks for nothing.
    fn require_shared_object<O>(self) {}

    /// Asks for nothing.
    fn require_borrows<O, P: ?Sized, K>(self, _kind: K) {}

    /// Asks for nothing.
    fn require_owners<O, P: ?Sized, K>(self, _kind: K) {}

    /// Exists only to compile, as [`erased`](Self::erased) does.
    #[cfg(feature = "tokio")]
    fn spawn<W>(self, _work: W, _runtime: &Handle) -> AbortHandle {
        const { assert!(is_endless::<W>(), "what runs tasks of this block on other threads is not `Send`") }
        unreachable!()
    }

    /// Exists only to compile, as [`erased`](Self::erased) does.
    #[cfg(feature = "tokio")]
    fn finish<B: Future>(self, _body: B) -> std::future::Pending<B::Output> {
        const { assert!(is_endless::<B>(), "what runs tasks of this block on other threads is not `Send`") }
        unreachable!()
    }
}

impl<T> NotSend for IfSend<T> {}

/// Returns false. It depends on a type, so that rustc asks only where the type is known, not when it builds this crate.
const fn is_endless<T>() -> bool {
    size_of::<T>() == usize::MAX
}
