//! The end of a run whose results are closed: the reverse of its start.
//!
//! [`Run::end`](crate::Run::end) drops the tasks under way and takes the cells. [`Ended::close`] first waits until no other
//! thread uses the results, so that it owns the cells alone. A result is due once all results that were made from it are
//! closed: then its closer starts, or the result is dropped if it has none. So independent closers run side by side, all in
//! the future that the caller polls.
//!
//! A closer may fail, panic or run out of time. That is noted, and all other results are closed as if it had succeeded.
//! If the future is dropped half-way, the closers under way drop first, then all other results in the usual
//! order.

mod closer;
mod error;
#[cfg(feature = "tokio")]
mod exit;

use std::any::Any;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::cell::frame::CellsShare;
use crate::error::{ErrorSource, TaskError};
use crate::graph::Node;
use crate::observe::announcer::Announcer;
use crate::observe::observer::{Outcome, returns};

pub use closer::{Closed, LocalCloser, SendCloser, local_closer, send_closer};
pub use error::CloseError;
#[cfg(feature = "tokio")]
pub(crate) use exit::{Exit, Leave};

/// A run without its driver: nothing is under way any more, except on other threads.
pub struct Ended<C> {
    pub(crate) cells: CellsShare<C>,
    pub(crate) nodes: &'static [Node],
    pub(crate) announcer: Option<Arc<Announcer>>,
    /// Opens when no other thread uses the cells any more.
    #[cfg(feature = "tokio")]
    pub(crate) exit: Option<Arc<Exit>>,
    /// The payload of a panic in the drop of a task that was under way.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
}

impl<C> Ended<C> {
    /// Closes all results. `begin` takes the result of a task out of its cell, and returns its closer; without a closer, it
    /// drops the result.
    ///
    /// # Errors
    /// If a closer failed, panicked or ran out of time, or if the drop of a result panicked.
    ///
    /// # Panics
    /// With the payload of a task that panicked when it was dropped, after all results are closed.
    ///
    /// # Cancel safety
    /// Dropping the future drops the closers under way and all results that are not closed.
    pub async fn close<P>(self, begin: impl FnMut(&mut C, usize) -> Option<P>) -> Result<(), CloseError>
    where
        P: Future<Output = Result<(), ErrorSource>> + Unpin,
    {
        #[cfg(feature = "tokio")]
        if let Some(exit) = &self.exit {
            exit.opens().await;
        }
        let Self { cells, nodes, announcer, panic, .. } = self;
        let cells = cells.into_inner().expect("nobody else has a share of the cells of an ended run");
        let mut closing = Closing::new(cells, nodes, announcer, begin);
        poll_fn(|cx| closing.poll(cx)).await;
        let failures = std::mem::take(&mut closing.failures);
        drop(closing);
        match (panic, failures.is_empty()) {
            (Some(payload), _) => resume_unwind(payload),
            (None, true) => Ok(()),
            (None, false) => Err(CloseError::new(failures)),
        }
    }
}

/// The results that are not closed yet.
struct Closing<C, B, P> {
    /// The closers under way, each with its task.
    active: Vec<(usize, Option<P>)>,
    cells: C,
    begin: B,
    nodes: &'static [Node],
    /// For each task, how many of its dependents are not closed yet.
    waits: Vec<usize>,
    /// The tasks whose dependents are all closed. The last in topological order is the first to be closed.
    due: BinaryHeap<usize>,
    announcer: Option<Arc<Announcer>>,
    failures: Vec<TaskError>,
}

impl<C, B, P> Closing<C, B, P>
where
    B: FnMut(&mut C, usize) -> Option<P>,
    P: Future<Output = Result<(), ErrorSource>> + Unpin,
{
    fn new(cells: C, nodes: &'static [Node], announcer: Option<Arc<Announcer>>, begin: B) -> Self {
        let mut waits = vec![0; nodes.len()];
        for dependency in nodes.iter().flat_map(Node::dependencies) {
            waits[dependency] += 1;
        }
        let due = (0..nodes.len()).filter(|&task| waits[task] == 0).collect();
        Self { active: Vec::new(), cells, begin, nodes, waits, due, announcer, failures: Vec::new() }
    }

    /// Begins all closers that are due and polls all that are under way, until none ends.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut polled = 0;
        loop {
            self.begin_due();
            if polled == self.active.len() {
                break;
            }
            for place in std::mem::replace(&mut polled, self.active.len())..self.active.len() {
                self.poll_closer(place, cx);
            }
        }
        self.active.retain(|(_, closer)| closer.is_some());
        if self.active.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn begin_due(&mut self) {
        while let Some(task) = self.due.pop() {
            // The drop of a result that has no closer may panic.
            match catch_unwind(AssertUnwindSafe(|| (self.begin)(&mut self.cells, task))) {
                Ok(Some(closer)) => {
                    if let Some(announcer) = &self.announcer {
                        announcer.closing(task);
                    }
                    self.active.push((task, Some(closer)));
                }
                Ok(None) => self.closed(task),
                Err(payload) => {
                    self.panicked(task, payload);
                    self.closed(task);
                }
            }
        }
    }

    fn poll_closer(&mut self, place: usize, cx: &mut Context<'_>) {
        let (task, closer) = &mut self.active[place];
        let Some(running) = closer else { return };
        let task = *task;
        let result = match catch_unwind(AssertUnwindSafe(|| Pin::new(running).poll(cx))) {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(result)) => Ok(result),
            Err(payload) => Err(payload),
        };
        let ended = closer.take();
        let outcome = match result {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(source)) => {
                let error = TaskError::new(self.nodes[task].name, source);
                self.failures.push(error.clone());
                Outcome::Failed(error)
            }
            Err(payload) => {
                self.panicked(task, payload);
                Outcome::Panicked
            }
        };
        // A closer that has panicked may panic again when it is dropped.
        returns(|| drop(ended));
        if let Some(announcer) = &self.announcer {
            announcer.closed(task, &outcome);
        }
        self.closed(task);
    }

    fn panicked(&mut self, task: usize, payload: Box<dyn Any + Send>) {
        self.failures.push(TaskError::panicked(self.nodes[task].name, &*payload));
        // The drop of the payload may panic, too.
        returns(|| drop(payload));
    }

    /// Notes that a result is closed: those that it was made from may be due now.
    fn closed(&mut self, task: usize) {
        for dependency in self.nodes[task].dependencies() {
            self.waits[dependency] -= 1;
            if self.waits[dependency] == 0 {
                self.due.push(dependency);
            }
        }
    }
}

impl<C, B, P> Drop for Closing<C, B, P> {
    fn drop(&mut self) {
        for (task, closer) in std::mem::take(&mut self.active) {
            if closer.is_some() {
                if let Some(announcer) = &self.announcer {
                    announcer.closed(task, &Outcome::Cancelled);
                }
            }
            drop(closer);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
