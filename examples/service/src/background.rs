//! A task in the background that ends with its part, also if `close_timeout` drops the part while it closes.

use tokio::task::{JoinError, JoinHandle};

/// The handle of a task. The task is aborted when the handle is dropped: a plain `JoinHandle` would let it run on.
pub(crate) struct Background<T>(JoinHandle<T>);

impl<T: Send + 'static> Background<T> {
    pub(crate) fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Waits for the task.
    pub(crate) async fn join(mut self) -> Result<T, JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for Background<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
