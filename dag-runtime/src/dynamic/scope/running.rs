//! In: the tasks of a scope, and its future. Out: the output of the future, once all tasks have ended.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use crate::dynamic::node::{Members, Presence};
use crate::dynamic::work::current::{self, Entered, Waiting};
use crate::dynamic::work::worker;

/// Runs the future of a scope. A failure that ends the scope drops it: then there is no output.
pub(super) async fn run<F: Future>(members: &Arc<Members>, future: F) -> Option<F::Output> {
    // The outer scope waits until the last task of this one has ended, even if this one is polled no more.
    let outer = current::members().map(|outer| outer.presence());
    let closing = Closing { members, outer };
    let mut inside = Inside { members, future: pin!(Some(future)) };
    let mut output = None;
    let mut waiting = None;
    poll_fn(|cx| {
        waiting = None;
        let mut has_failed = members.listen(cx.waker());
        if let (false, Some(running)) = (has_failed, inside.future.as_mut().as_pin_mut()) {
            let entered = Entered::scope(members);
            if let Poll::Ready(value) = running.poll(cx) {
                output = Some(value);
                inside.future.set(None);
            }
            drop(entered);
            has_failed = members.failure().is_some();
        }
        if has_failed {
            inside.clear();
        }
        if inside.future.is_none() && members.end_if_drained() {
            return Poll::Ready(());
        }
        if !members.is_empty() {
            // Its tasks may need the slot of the task that the scope is in.
            waiting = Waiting::begin();
        }
        Poll::Pending
    })
    .await;
    drop(closing);
    output
}

/// The future of a scope, which is dropped inside of the scope: tasks that are made in its drop belong to that scope.
struct Inside<'s, F> {
    members: &'s Arc<Members>,
    future: Pin<&'s mut Option<F>>,
}

impl<F> Inside<'_, F> {
    fn clear(&mut self) {
        if self.future.is_some() {
            let _entered = Entered::scope(self.members);
            self.future.set(None);
        }
    }
}

impl<F> Drop for Inside<'_, F> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Aborts the tasks under way when the scope's future is gone.
struct Closing<'s> {
    members: &'s Arc<Members>,
    outer: Option<Presence>,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        if !self.members.end_if_empty() {
            worker::close(self.members);
            self.members.outlive(self.outer.take());
        }
    }
}
