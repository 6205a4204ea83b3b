//! A pass that drops the bodies of tasks that nobody waits for any more, in a run that cancels such tasks.
//!
//! The pass visits these bodies and the drivers of inner graphs that have tasks under way, and nothing else. All other
//! tasks under way are parked, tasks that wait for slots keep waiting, and no task starts: the thread that makes the pass
//! only drops a future, and may be outside of the runtime that bodies need.
//!
//! The bodies to drop are known to the wakers of single tasks (`wakers.rs`), which the pass creates: a run without such
//! wakers drops none. The pass has read the wakes of the parked tasks, and has polled the inner
//! drivers in vain, so the next pass polls all of these. It also frees the slots of the dropped tasks.

use std::sync::Arc;
use std::task::Waker;

use crate::graph::{Graph, TaskKind};
use crate::observe::announcer::Announcer;
use crate::observe::observer::Outcome;
use crate::schedule::Ledger;
use crate::schedule::edges::Edges;
use crate::schedule::limit::Limited;

/// Makes a pass that has just begun drop the tasks under way that no goal needs. Bodies on other threads are dropped
/// there. Returns whether the pass visits anything.
#[cold]
pub(crate) fn begin_dropping<E: Edges<WORDS>, const WORDS: usize>(
    (limited, ledger, edges): (&mut Limited<WORDS>, &mut Ledger<WORDS>, &mut E),
    graph: &Graph,
    announcer: Option<&Arc<Announcer>>,
    parent: &Waker,
) -> bool {
    // The pass before may have dropped bodies, too.
    end_dropping((limited, ledger, edges));
    let mut goals = ledger.wanted;
    goals.remove_all(&ledger.blocked);
    let kept = edges.keep(ledger, graph, goals);
    let mut drivers = graph.drivers();
    drivers.retain(&ledger.started);
    let mut abandoned = ledger.started;
    abandoned.remove_all(&kept);
    abandoned.remove_all(&drivers);
    let is_away = |&task: &usize| graph.nodes()[task].kind == TaskKind::Spawn && !graph.has_crew(task);
    for task in abandoned.tasks().filter(is_away) {
        abandoned.remove(task);
    }
    let mut visits = abandoned;
    visits.extend(&drivers);
    if let Some(announcer) = announcer {
        abandoned.tasks().for_each(|task| announcer.finished(task, &Outcome::Cancelled));
    }
    // A task is visited only if it is open.
    let mut open = kept;
    open.extend(&ledger.started);
    limited.tasks.open.set(open);
    limited.begin_dropping(&abandoned, visits, parent);
    !visits.is_empty()
}

/// Cleans up after passes that dropped bodies: their tasks are no longer under way.
#[cold]
pub(crate) fn end_dropping<E: Edges<WORDS>, const WORDS: usize>(
    (limited, ledger, edges): (&mut Limited<WORDS>, &mut Ledger<WORDS>, &mut E),
) {
    ledger.started.remove_all(&limited.end_dropping());
    edges.end_dropping();
}
