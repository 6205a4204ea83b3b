//! The calls that an invocation waits for. The SDK's own collection does not give back those that are left when one fails.

use restate_sdk::context::CallFuture;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;

/// Calls under way, each with its task.
pub(crate) struct Calls<F>(Vec<(usize, F)>);

impl<F: CallFuture> Calls<F> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, task: usize, call: F) {
        self.0.push((task, call));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Waits for the next one that is done, and returns its task and its outcome; the journal remembers which that was.
    pub(crate) async fn next(
        &mut self,
        context: &ContextInternal,
    ) -> Result<(usize, Result<F::Response, TerminalError>), TerminalError> {
        let done = context.select(self.0.iter().map(|(_, call)| call.handle()).collect()).await?;
        let (task, call) = self.0.remove(done);
        Ok((task, call.await))
    }

    /// Tells the others to stop.
    pub(crate) async fn cancel(self) -> Result<(), TerminalError> {
        for (_, call) in self.0 {
            call.invocation_handle().await?.cancel();
        }
        Ok(())
    }
}
