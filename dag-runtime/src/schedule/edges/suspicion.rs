//! Whether the body of an asker waits for one lazy dependency and for nothing else.
//!
//! A body that awaits a lazy dependency may wait for something else, too, in a `select!` or until a timeout, and may
//! continue without the dependency. So when a run suspects that such a wait closes a circle, it polls the body once more
//! with a new waker (a probe, see `wakers.rs`). If there is one clone of the waker after the poll, and the ask has it, only
//! the dependency can wake the body. That is true until the body is polled again.

use std::task::Waker;

use super::MixedEdges;
use crate::graph::Graph;
use crate::lazy::AskList;
use crate::schedule::Ledger;
use crate::task_set::TaskSet;

/// The results of the probes of askers.
#[derive(Default)]
pub(super) struct Suspicion {
    /// The askers whose next polls are probes.
    probed: Vec<usize>,
    /// The askers that wait for nothing else, each with its dependency.
    alone: Vec<(usize, usize)>,
}

/// The lazy dependencies that bodies wait for, each after its asker.
#[derive(Default)]
pub struct AskedEdges {
    pub(crate) all: Vec<(usize, usize)>,
    /// Those whose askers wait for nothing else.
    pub(crate) alone: Vec<(usize, usize)>,
}

impl<const WORDS: usize> MixedEdges<WORDS> {
    /// Returns the lazy dependencies that bodies wait for.
    pub(super) fn asked_edges(&self, ledger: &Ledger<WORDS>, graph: &Graph) -> AskedEdges {
        let is_asked = |&(asker, dependency): &(usize, usize)| {
            ledger.started.contains(asker) && self.asked.contains(dependency) && !ledger.done.contains(dependency)
        };
        let all = graph.lazy_edges().map(|edge| (edge.task, edge.dependency)).filter(is_asked);
        let alone = self.suspicion.iter().flat_map(|suspicion| &suspicion.alone).copied().filter(is_asked);
        AskedEdges { all: all.collect(), alone: alone.collect() }
    }

    /// Notes that the next polls of some tasks are probes.
    pub(super) fn suspect_askers(&mut self, tasks: &TaskSet<WORDS>) {
        if !tasks.is_empty() {
            self.suspicion.get_or_insert_default().probed = tasks.tasks().collect();
        }
    }

    /// Returns whether the poll of an asker that now begins is a probe.
    #[inline]
    pub(crate) fn begin_probe(&mut self, asker: usize) -> bool {
        self.suspicion.as_deref_mut().is_some_and(|suspicion| suspicion.begin(asker))
    }

    /// Notes that an asker waits for nothing else than a dependency, if an ask has the only clone of its waker.
    #[cold]
    pub(crate) fn end_probe(&mut self, asker: usize, asks: AskList<'_>, graph: &Graph, waker: &Waker) {
        let place = asks.iter().position(|ask| ask.has_only(waker));
        let edge = place.and_then(|place| graph.lazy_edges().filter(|edge| edge.task == asker).nth(place));
        if let (Some(edge), Some(suspicion)) = (edge, &mut self.suspicion) {
            suspicion.alone.push((asker, edge.dependency));
        }
    }
}

impl Suspicion {
    #[cold]
    fn begin(&mut self, asker: usize) -> bool {
        self.alone.retain(|&(alone, _)| alone != asker);
        let place = self.probed.iter().position(|&probed| probed == asker);
        place.map(|place| self.probed.swap_remove(place)).is_some()
    }
}
