//! A poll of the driver of an inner graph in a run. After the poll it is known whether the graph waits, which nodes its
//! failures stop, and which of its tasks has panicked.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::Border;
use crate::error::TaskError;
use crate::schedule::Ledger;
use crate::schedule::Schedule;
use crate::schedule::limit::Limited;
use crate::task_set::TaskSet;

/// Polls the driver. Returns its result and the nodes of the outer graph that failures inside have stopped. If a panic
/// unwinds, `accuse` gets the name of the inner task that panicked.
pub(crate) fn poll_in_run<T: Future, const WORDS: usize>(
    (limited, ledger): (&mut Limited<WORDS>, &mut Ledger<WORDS>),
    border: &Border<'_>,
    slot: Pin<&mut Option<T>>,
    cx: &mut Context<'_>,
    start: impl FnOnce() -> T,
    accuse: impl Fn(&'static str),
) -> (Poll<T::Output>, Vec<(TaskSet<WORDS>, TaskError)>) {
    let culprit = NameCulprit { border, accuse };
    let result = limited.poll_graph(border, slot, cx, start);
    std::mem::forget(culprit);
    let driver = border.inner_graph().driver;
    if border.is_idle() {
        ledger.started.remove(driver);
        limited.tasks.active.take(driver / 64, 1 << (driver % 64));
    } else {
        ledger.started.insert(driver);
    }
    let stops = border.take_failures().into_iter().map(|(tasks, error)| {
        let mut stopped = TaskSet::EMPTY;
        for task in tasks {
            stopped.insert(task);
        }
        (stopped, error)
    });
    (result, stops.collect())
}

/// Names the task of an inner graph whose panic unwinds through the outer graph.
struct NameCulprit<'b, A: Fn(&'static str)> {
    border: &'b Border<'b>,
    accuse: A,
}

impl<A: Fn(&'static str)> Drop for NameCulprit<'_, A> {
    fn drop(&mut self) {
        if let Some(culprit) = self.border.culprit() {
            (self.accuse)(culprit);
        }
    }
}
