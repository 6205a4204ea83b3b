//! Between the closure of an entry, which the SDK calls, and the handler, which owns the run.
//!
//! The handler polls two futures by turns: that of `ctx.run`, and the run. The closure of `ctx.run` only asks for an entry
//! and waits for it; it is not called for an entry that the journal has, so a replay starts no run. The bodies are polled
//! by the handler, also while the server stores an entry.
//!
//! While the closure waits, it also looks out for the server's word that the invocation is cancelled. The SDK does that
//! only between two entries.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerResult, TerminalError};
use restate_sdk::serde::Json;

use crate::entry::Entry;
use crate::input::while_executing;

#[derive(Default)]
pub(crate) struct Desk(Mutex<Asked>);

#[derive(Default)]
enum Asked {
    /// Nobody waits for an entry.
    #[default]
    No,
    Yes,
    Answered(HandlerResult<Entry>),
    Cancelled,
}

impl Desk {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the closure waits for an entry.
    pub(crate) fn is_asked(&self) -> bool {
        matches!(*self.asked(), Asked::Yes)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(*self.asked(), Asked::Cancelled)
    }

    pub(crate) fn answer(&self, entry: HandlerResult<Entry>) {
        *self.asked() = Asked::Answered(entry);
    }

    /// Asks for an entry and waits for it: the closure.
    pub(crate) async fn ask(&self, context: &ContextInternal) -> HandlerResult<Json<Entry>> {
        *self.asked() = Asked::Yes;
        let mut cancelled = pin!(cancelled(context));
        poll_fn(|cx| {
            if let Poll::Ready(error) = while_executing(|| cancelled.as_mut().poll(cx)) {
                *self.asked() = Asked::Cancelled;
                return Poll::Ready(Err(error.into()));
            }
            let mut asked = self.asked();
            match std::mem::take(&mut *asked) {
                Asked::Answered(entry) => Poll::Ready(entry.map(Json)),
                other => {
                    *asked = other;
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Waits until the invocation is cancelled.
async fn cancelled(context: &ContextInternal) -> TerminalError {
    match context.select(Vec::new()).await {
        Err(error) => error,
        Ok(_) => unreachable!("of no futures none is ready"),
    }
}
