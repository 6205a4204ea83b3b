//! The calls that an invocation waits for. The SDK's own collection does not give back those that are left when one fails.

use std::collections::BTreeMap;
use std::sync::Arc;

use restate_sdk::context::CallFuture;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;

/// A call under way.
struct Call<F> {
    task: String,
    versions: Arc<BTreeMap<String, u32>>,
    answer: F,
}

/// How a call has ended.
pub(crate) struct Ended<T> {
    pub(crate) task: String,
    /// The versions of the tasks in the program that made the call.
    pub(crate) versions: Arc<BTreeMap<String, u32>>,
    pub(crate) outcome: Result<T, TerminalError>,
}

/// Calls under way.
pub(crate) struct Calls<F>(Vec<Call<F>>);

impl<F: CallFuture> Calls<F> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, task: String, versions: &Arc<BTreeMap<String, u32>>, answer: F) {
        self.0.push(Call { task, versions: Arc::clone(versions), answer });
    }

    /// Returns the tasks whose calls are under way.
    pub(crate) fn tasks(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|call| call.task.as_str())
    }

    /// Waits for the next one that is done, and returns its outcome; the journal remembers which that was.
    pub(crate) async fn next(&mut self, context: &ContextInternal) -> Result<Ended<F::Response>, TerminalError> {
        let done = context.select(self.0.iter().map(|call| call.answer.handle()).collect()).await?;
        let Call { task, versions, answer } = self.0.remove(done);
        Ok(Ended { task, versions, outcome: answer.await })
    }

    /// Tells those that are under way to stop, and forgets them.
    pub(crate) async fn cancel(&mut self) -> Result<(), TerminalError> {
        for call in self.0.drain(..) {
            call.answer.invocation_handle().await?.cancel();
        }
        Ok(())
    }
}
