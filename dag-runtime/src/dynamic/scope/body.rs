//! The argument of a scope: a future, or a function that returns one.

/// A future, or a function without arguments that returns one: the argument of [`scope`](crate::scope).
#[diagnostic::on_unimplemented(
    message = "a scope cannot run `{Self}`",
    label = "expected a future, or a function without arguments that returns one",
    note = "write `scope(async {{ .. }})`, or `scope_with(|scope| async move {{ .. }})` for a handle to the scope"
)]
#[doc(hidden)]
pub trait ScopeBody<Kind> {
    /// The output of the future.
    type Output;

    /// Returns a future that calls the function, if it is one, when it is first polled: in the scope.
    fn into_body(self) -> impl Future<Output = Self::Output>;
}

/// Marks futures.
#[derive(Debug)]
pub enum IsFuture {}

/// Marks functions.
#[derive(Debug)]
pub enum IsFunction {}

impl<F: Future> ScopeBody<IsFuture> for F {
    type Output = F::Output;

    fn into_body(self) -> impl Future<Output = F::Output> {
        self
    }
}

impl<F: FnOnce() -> R, R: Future> ScopeBody<IsFunction> for F {
    type Output = R::Output;

    async fn into_body(self) -> R::Output {
        self().await
    }
}
