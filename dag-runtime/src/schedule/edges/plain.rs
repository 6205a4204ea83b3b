//! Plain dependencies: blocks in which all are plain, and terminals that need no others.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[cfg(feature = "tokio")]
use super::Arrival;
use super::{AskedEdges, Causes, Edges, ScheduleEdges};
#[cfg(feature = "tokio")]
use crate::attempt::Attempts;
use crate::cell::Slot;
use crate::each::Group;
use crate::error::{ErrorSource, TaskError};
use crate::graph::Graph;
use crate::lazy::AskList;
use crate::schedule::{Ledger, Limited, Schedule, Scheduler};
use crate::task_set::TaskSet;

/// The edges of a block in which all dependencies are plain.
#[derive(Default)]
pub struct PlainEdges;

impl<const WORDS: usize> Edges<WORDS> for PlainEdges {
    const ARE_MIXED: bool = false;

    #[inline]
    fn open(&self, ledger: &Ledger<WORDS>, graph: &Graph) -> TaskSet<WORDS> {
        ledger.open(graph.nodes())
    }

    #[inline]
    fn needed(&self, ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        ledger.needed(graph.nodes(), goals)
    }

    #[cfg(feature = "tokio")]
    #[inline]
    fn arrive(&mut self, _task: usize) -> Arrival {
        Arrival { has_slot: true, is_dropped: false }
    }

    #[inline]
    fn unasked(&mut self, _ledger: &Ledger<WORDS>, _graph: &Graph, _asker: usize) -> TaskSet<WORDS> {
        TaskSet::EMPTY
    }

    fn asked(&self, _ledger: &Ledger<WORDS>, _graph: &Graph) -> AskedEdges {
        AskedEdges::default()
    }

    #[inline]
    fn note_follower(&mut self, _task: usize) {}

    fn suspect(&mut self, _tasks: &TaskSet<WORDS>) {}

    fn keep(&mut self, ledger: &Ledger<WORDS>, graph: &Graph, goals: TaskSet<WORDS>) -> TaskSet<WORDS> {
        ledger.needed(graph.nodes(), goals)
    }

    fn end_dropping(&mut self) {}

    fn block(
        &mut self,
        ledger: &mut Ledger<WORDS>,
        graph: &Graph,
        failed: &TaskSet<WORDS>,
        _error: Option<&TaskError>,
    ) -> TaskSet<WORDS> {
        ledger.block(graph.nodes(), failed)
    }
}

/// The methods of [`ScheduleEdges`] that a scheduler of plain dependencies has only to be complete: nobody catches, and
/// nobody asks.
macro_rules! asks_nothing {
    () => {
        #[inline]
        fn note_causes(&mut self, _causes: &Causes) {}

        #[inline]
        fn has_failed(&self) -> bool {
            false
        }

        #[inline]
        fn next_asked_group(&mut self, _asks: AskList<'_>, cx: &mut Context<'_>) -> Option<usize> {
            self.next_group(cx)
        }

        #[inline]
        fn asker_waker<'w>(&'w self, _asker: usize, cx: &'w Context<'_>) -> &'w Waker {
            cx.waker()
        }

        #[inline]
        fn poll_asker<T: Future>(
            &mut self,
            task: usize,
            _asks: AskList<'_>,
            _slot: impl Slot<T>,
            _cx: &mut Context<'_>,
            _start: impl Fn() -> T,
        ) -> Poll<T::Output> {
            unreachable!("task {task} has dependencies that are not plain")
        }

        fn poll_asking_each<G: Group, B>(
            &mut self,
            task: usize,
            _asks: AskList<'_>,
            _slot: Pin<&mut Option<G>>,
            _cx: &mut Context<'_>,
            _start: impl FnOnce() -> G,
            _sink: impl FnMut(usize, G::Output) -> Result<(), B>,
        ) -> Poll<Result<(), B>> {
            unreachable!("task {task} has dependencies that are not plain")
        }

        #[cfg(feature = "tokio")]
        fn depart_asker(&mut self, task: usize, _asks: AskList<'_>) -> bool {
            unreachable!("task {task} has dependencies that are not plain")
        }

        #[cfg(feature = "tokio")]
        fn waits(&self, _task: usize) -> Attempts {
            Attempts::UNOBSERVED
        }
    };
}

/// A plain scheduler serves the terminals that need only plain dependencies: there, every failure ends the terminal.
impl<const WORDS: usize> ScheduleEdges for Scheduler<WORDS> {
    type Nodes = TaskSet<WORDS>;

    fn fatal(&self) -> Self::Nodes {
        TaskSet([u64::MAX; WORDS])
    }

    #[inline]
    fn is_fatal(&self, _task: usize) -> bool {
        true
    }

    #[inline]
    fn is_readable(&self, _task: usize) -> bool {
        false
    }

    fn catch(&mut self, task: usize, _source: Option<ErrorSource>) {
        unreachable!("nobody catches the failure of task {task}");
    }

    asks_nothing!();
}

/// A scheduler with a limit does the same as a plain one.
impl<const WORDS: usize> ScheduleEdges for Limited<WORDS> {
    type Nodes = TaskSet<WORDS>;

    fn fatal(&self) -> Self::Nodes {
        self.tasks.fatal()
    }

    #[inline]
    fn is_fatal(&self, task: usize) -> bool {
        self.tasks.is_fatal(task)
    }

    #[inline]
    fn is_readable(&self, task: usize) -> bool {
        self.tasks.is_readable(task)
    }

    fn catch(&mut self, task: usize, source: Option<ErrorSource>) {
        self.tasks.catch(task, source);
    }

    asks_nothing!();
}
