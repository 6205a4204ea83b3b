//! The closer of one result: the future of the user's function, and the forms of its output.

use std::pin::Pin;
use std::time::Duration;

#[cfg(feature = "tokio")]
use crate::attempt::TimedOut;
use crate::error::ErrorSource;
#[cfg(feature = "tokio")]
use crate::runtime::tokio_runtime;

/// The output of a closer.
#[diagnostic::on_unimplemented(
    message = "`close` returns a future of `()` or of a `Result`, and not of `{Self}`",
    label = "neither `()` nor a `Result` whose error is `Into<Box<dyn Error + Send + Sync>>`",
    note = "write `close = |value| async move {{ .. }}`"
)]
#[doc(hidden)]
pub trait Closed {
    /// Returns the error, if there is one.
    ///
    /// # Errors
    /// If closing has failed.
    fn closed(self) -> Result<(), ErrorSource>;
}

impl Closed for () {
    fn closed(self) -> Result<(), ErrorSource> {
        Ok(())
    }
}

impl<T, E: Into<ErrorSource>> Closed for Result<T, E> {
    fn closed(self) -> Result<(), ErrorSource> {
        self.map(drop).map_err(Into::into)
    }
}

/// A future that closes a value, on any thread.
pub type SendCloser<'v> = Pin<Box<dyn Future<Output = Result<(), ErrorSource>> + Send + 'v>>;

/// A future that closes a value, on one thread.
pub type LocalCloser<'v> = Pin<Box<dyn Future<Output = Result<(), ErrorSource>> + 'v>>;

/// Returns the future that closes a value, within a time if there is a limit.
#[must_use]
pub fn send_closer<'v, T, F>(
    value: T,
    limit: Option<Duration>,
    close: impl FnOnce(T) -> F + Send + 'v,
) -> SendCloser<'v>
where
    T: Send + 'v,
    F: Future<Output: Closed> + Send + 'v, // write `close = |value| async move { .. }`
{
    let closing = async move { close(value).await.closed() };
    match limit {
        Some(limit) => Box::pin(within(limit, closing)),
        None => Box::pin(closing),
    }
}

/// Returns the future that closes a value in a block that is `local`, within a time if there is a limit.
#[must_use]
pub fn local_closer<'v, T, F>(value: T, limit: Option<Duration>, close: impl FnOnce(T) -> F + 'v) -> LocalCloser<'v>
where
    T: 'v,
    F: Future<Output: Closed> + 'v, // write `close = |value| async move { .. }`
{
    let closing = async move { close(value).await.closed() };
    match limit {
        Some(limit) => Box::pin(within(limit, closing)),
        None => Box::pin(closing),
    }
}

/// Runs a closer, and drops it if it takes longer than the limit.
#[cfg(feature = "tokio")]
async fn within(limit: Duration, closing: impl Future<Output = Result<(), ErrorSource>>) -> Result<(), ErrorSource> {
    tokio_runtime("a task with `close_timeout`");
    let in_time = tokio::time::timeout(limit, closing).await;
    in_time.unwrap_or_else(|_| Err(TimedOut { limit }.into()))
}

/// Without the feature, the macro accepts no limit.
#[cfg(not(feature = "tokio"))]
async fn within(_limit: Duration, closing: impl Future<Output = Result<(), ErrorSource>>) -> Result<(), ErrorSource> {
    closing.await
}
