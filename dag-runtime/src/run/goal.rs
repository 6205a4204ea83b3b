//! The future of one who waits for a run.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::Run;
use super::board::Step;
use super::notices::{Place, Target};
use crate::error::TaskError;

/// Waits for tasks of a run, and drives the run while it does.
#[must_use = "futures do nothing unless polled"]
pub struct Goal<'r, O, C, D: ?Sized, const WORDS: usize> {
    run: &'r Run<O, C, D, WORDS>,
    target: Target,
    place: Place,
}

impl<'r, O, C, D: ?Sized, const WORDS: usize> Goal<'r, O, C, D, WORDS> {
    pub(super) fn new(run: &'r Run<O, C, D, WORDS>, target: Target) -> Self {
        Self { run, target, place: Place::default() }
    }
}

impl<O, C, D, const WORDS: usize> Future for Goal<'_, O, C, D, WORDS>
where
    D: Future<Output = ()> + ?Sized,
{
    type Output = Result<(), TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { run, target, place } = &mut *self;
        match run.board.look(*target, place, cx.waker()) {
            Step::Resolved(result) => Poll::Ready(result),
            Step::Wait => Poll::Pending,
            Step::Drive => {
                run.driver.poll(&run.board);
                // One poll a wake, however often the tasks wake themselves meanwhile: the executor has other work, too.
                run.board.end_driving(*target, place, cx.waker()).map_or(Poll::Pending, Poll::Ready)
            }
        }
    }
}

impl<O, C, D: ?Sized, const WORDS: usize> Drop for Goal<'_, O, C, D, WORDS> {
    fn drop(&mut self) {
        self.run.board.leave(&mut self.place);
    }
}
