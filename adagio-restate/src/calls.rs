//! The calls that an invocation waits for. The SDK's own collection does not give back those that are left when one fails.

use restate_sdk::context::CallFuture;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;

/// Calls under way.
pub(crate) struct Calls<F>(Vec<F>);

impl<F: CallFuture> Calls<F> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, call: F) {
        self.0.push(call);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Waits for the next one that is done; the journal remembers which that was.
    pub(crate) async fn next(&mut self, context: &ContextInternal) -> Result<F::Response, TerminalError> {
        let done = context.select(self.0.iter().map(F::handle).collect()).await?;
        self.0.remove(done).await
    }

    /// Tells the others to stop.
    pub(crate) async fn cancel(self) -> Result<(), TerminalError> {
        for call in self.0 {
            call.invocation_handle().await?.cancel();
        }
        Ok(())
    }
}
