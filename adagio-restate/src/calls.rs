//! The calls that an invocation waits for. The SDK's own collection does not give back those that are left when one fails.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use restate_sdk::context::CallFuture;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;

use crate::entry::whole_of;
use crate::input::while_executing;

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

    /// Returns the tasks whose calls have ended, as far as the server has told this process. That is for the closure of an
    /// entry alone, since with the same journal it may be others.
    pub(crate) fn ended<'c>(
        &'c self,
        context: &'c ContextInternal,
    ) -> impl Future<Output = Result<Vec<&'c str>, TerminalError>> + Send + use<'c, F> {
        let mut calls: Vec<_> = self.0.iter().map(|call| (call.task.as_str(), call.answer.handle())).collect();
        async move {
            let mut ended = Vec::new();
            while !calls.is_empty() {
                let mut next = pin!(context.select(calls.iter().map(|(_, answer)| *answer).collect()));
                match poll_fn(|cx| Poll::Ready(while_executing(|| next.as_mut().poll(cx)))).await {
                    Poll::Ready(done) => ended.push(calls.remove(done?).0),
                    Poll::Pending => break,
                }
            }
            Ok(ended)
        }
    }

    /// Tells those that are under way to stop, and forgets them.
    pub(crate) async fn cancel(&mut self) -> Result<(), TerminalError> {
        self.cancel_those(|_| true).await
    }

    /// Tells those of some tasks to stop, also those for single elements, and forgets them.
    pub(crate) async fn cancel_of(&mut self, tasks: &[String]) -> Result<(), TerminalError> {
        self.cancel_those(|call| tasks.iter().any(|task| task == whole_of(call))).await
    }

    async fn cancel_those(&mut self, is_one: impl Fn(&str) -> bool) -> Result<(), TerminalError> {
        let (cancelled, others) = self.0.drain(..).partition(|call| is_one(&call.task));
        self.0 = others;
        let cancelled: Vec<_> = cancelled;
        for call in cancelled {
            call.answer.invocation_handle().await?.cancel();
        }
        Ok(())
    }
}
