//! A run in this process, which is taken up where the journal ends. In: the results so far. Out: entry after entry.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use adagio::TaskError;
use adagio::durable::DurableRun;
use restate_sdk::errors::{HandlerResult, TerminalError};

use crate::entry::Entry;
use crate::failure::{panicked, terminal};
use crate::invocation::Goal;
use crate::outbox::Outbox;
use crate::results::Results;

/// The future of a goal, which owns its run: all tasks that the goal needs run at once.
pub(crate) struct Process {
    goal: Pin<Box<dyn Future<Output = Result<Vec<u8>, TaskError>> + Send>>,
    outbox: Outbox,
    end: Option<End>,
}

enum End {
    Done,
    Failed(TaskError),
    Panicked(Box<dyn Any + Send>),
}

impl Process {
    /// Takes a run of which nothing has started up from the results so far.
    pub(crate) fn new<R: DurableRun + 'static>(
        goal: Goal,
        run: R,
        results: &Results,
        outbox: Outbox,
    ) -> Result<Self, TerminalError> {
        let mut run = results.seed(run)?.observe(outbox.clone()).keep(outbox.clone());
        let Goal { task, element } = goal;
        if let Some(index) = element {
            run = run.only(task, index);
        }
        let goal = Box::pin(async move { run.result(task).await });
        Ok(Self { goal, outbox, end: None })
    }

    /// Polls the bodies.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        if self.end.is_some() {
            return;
        }
        self.end = match catch_unwind(AssertUnwindSafe(|| self.goal.as_mut().poll(cx))) {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(Ok(_))) => Some(End::Done),
            Ok(Poll::Ready(Err(error))) => Some(End::Failed(error)),
            Err(payload) => Some(End::Panicked(payload)),
        };
    }

    /// Returns the next entry, if something is done that is not in the journal. Otherwise, if the run has failed, returns
    /// how.
    pub(crate) fn next(&mut self) -> Poll<HandlerResult<Entry>> {
        if let Some(entry) = self.outbox.take() {
            return Poll::Ready(Ok(entry));
        }
        match &self.end {
            None => Poll::Pending,
            Some(End::Failed(error)) => {
                Poll::Ready(Err(terminal(error, self.outbox.code(&error.stored_name())).into()))
            }
            Some(End::Panicked(payload)) => {
                let task = self.outbox.panicked();
                Poll::Ready(Err(panicked(task.as_deref(), &**payload)))
            }
            Some(End::Done) => {
                unreachable!("a goal is done once its result is in the journal, which ends the invocation")
            }
        }
    }

    /// Says that the last entry is in the journal.
    pub(crate) fn publish(&self) {
        self.outbox.publish();
    }

    /// Wakes the handler when something is done on another thread.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.outbox.register(cx.waker());
    }
}

#[cfg(test)]
mod caught;

#[cfg(test)]
mod collections;

#[cfg(test)]
mod each;

#[cfg(test)]
mod element;

#[cfg(test)]
mod tests;
