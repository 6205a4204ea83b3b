//! The tasks with lazy dependencies or with `permit` (the *askers*): which results their bodies wait for, when they lend
//! and take their slots, and which bodies must be dropped. The three schedulers that support such tasks share this code.

use std::task::{Context, Poll};

use super::mixed::is_lazy;
use super::{Edges, MixedEdges};
use crate::cell::Slot;
use crate::error::TaskError;
use crate::graph::{Edge, Graph};
#[cfg(feature = "tokio")]
use crate::lazy::Gate;
use crate::lazy::{Ask, AskList, AtGate, Door};
use crate::schedule::Ledger;
use crate::schedule::limit::Limited;
use crate::task_set::TaskSet;

/// A task that was blocked because its body waits for a blocked task, and the cause, if a task reads causes.
type Condemned = (usize, Option<TaskError>);

/// The outcome of polling an asker.
pub(crate) enum AskerPoll<T> {
    /// It waits for a slot.
    Waits,
    /// It was polled; `is_fresh` says that this was its first poll.
    Polled { is_fresh: bool, result: Poll<T> },
    /// Its body was dropped.
    Dropped,
}

/// The outcome of visiting an asker on another thread.
#[cfg(feature = "tokio")]
pub(crate) enum AwayVisit {
    /// It must be started once it has a slot.
    Starts,
    /// It must be started, with its slot or without.
    HasEntered,
    /// Nothing has to be started.
    Stays,
}

impl<const WORDS: usize> MixedEdges<WORDS> {
    /// Returns the next group of a pass. Before tasks that waited for slots are started, closes those that no body asks
    /// for any more.
    #[inline]
    pub(crate) fn next_group(
        &mut self,
        limited: &mut Limited<WORDS>,
        ledger: &Ledger<WORDS>,
        graph: &Graph,
        asks: AskList<'_>,
        cx: &mut Context<'_>,
    ) -> Option<usize> {
        let group = limited.tasks.next(cx);
        if group.is_some() || !limited.has_waiting() {
            return group;
        }
        if asks.are_changed() {
            self.close_unasked(limited, ledger, graph, asks);
        }
        limited.start_waiting(cx)
    }

    /// Closes the tasks that no body asks for any more. Opens none: the tasks that waited longer take the free slots.
    #[cold]
    fn close_unasked(
        &mut self,
        limited: &mut Limited<WORDS>,
        ledger: &Ledger<WORDS>,
        graph: &Graph,
        asks: AskList<'_>,
    ) {
        let mut asked = TaskSet::EMPTY;
        for (_, edge) in asks.iter().zip(graph.lazy_edges()).filter(|it| is_asked((ledger, graph), it.0, it.1)) {
            asked.insert(edge.dependency);
        }
        self.asked.retain(&asked);
        limited.tasks.open.retain(&self.open(ledger, graph));
    }

    /// Returns whether the asks must be read now.
    #[inline]
    pub(crate) fn are_asks_changed(&self, asks: AskList<'_>) -> bool {
        !self.is_dropping && (asks.take_changes() || self.are_asks_unread)
    }

    /// Returns the tasks that some goals need and that are not done, with the tasks that these ask for. What other tasks ask
    /// for is forgotten.
    #[cold]
    pub(super) fn keep_asked(
        &mut self,
        ledger: &Ledger<WORDS>,
        graph: &Graph,
        goals: TaskSet<WORDS>,
    ) -> TaskSet<WORDS> {
        let asked = self.asked_edges(ledger, graph).all;
        self.asked = TaskSet::EMPTY;
        let mut kept = goals;
        kept.remove_all(&ledger.done);
        // Dependencies have lower numbers: from the highest down, each task is met after all that need it.
        for task in (0..graph.nodes().len()).rev().filter(|&task| !ledger.blocked.contains(task)) {
            if !kept.contains(task) {
                continue;
            }
            // Such a task has all results that it waited for, or continues without them.
            if self.has_all(ledger, task) {
                for &(_, dependency) in asked.iter().filter(|&&(asker, _)| asker == task) {
                    self.asked.insert(dependency);
                    kept.insert(dependency);
                }
            } else {
                let edges = graph.edges_of(task);
                let open = |&task: &usize| !ledger.done.contains(task) && !ledger.blocked.contains(task);
                let dependencies = graph.nodes()[task].dependencies().filter(open);
                dependencies.filter(|&it| !is_lazy(edges, it)).for_each(|dependency| kept.insert(dependency));
            }
        }
        kept
    }

    /// Reads all asks. Returns the askers to visit and the askers to block.
    pub(crate) fn look_at_asks(
        &mut self,
        ledger: &mut Ledger<WORDS>,
        graph: &Graph,
        asks: AskList<'_>,
    ) -> (TaskSet<WORDS>, Vec<Condemned>) {
        let (mut visits, mut condemned) = (TaskSet::EMPTY, Vec::new());
        self.asked = TaskSet::EMPTY;
        self.are_asks_unread = false;
        for (ask, edge) in asks.iter().zip(graph.lazy_edges()) {
            if ask.gate.look() != AtGate::Held {
                visits.insert(edge.task);
            }
            if !is_asked((ledger, graph), ask, edge) {
                continue;
            }
            // Another worker may have started it.
            ledger.started.insert(edge.task);
            if !ledger.blocked.contains(edge.dependency) {
                self.asked.insert(edge.dependency);
            } else if !self.condemned.contains(edge.task) {
                self.condemned.insert(edge.task);
                visits.insert(edge.task);
                let cause = self.kept.as_ref().and_then(|kept| kept.causes.get(edge.dependency));
                condemned.push((edge.task, cause.cloned()));
            }
        }
        for door in asks.doors().iter().filter(|door| door.calls_driver()) {
            visits.insert(door.task);
        }
        (visits, condemned)
    }

    /// Begins a task with `permit`. It has a slot if one is free; else it waits for its permit without one.
    fn enter(&mut self, limited: &mut Limited<WORDS>, task: usize, door: &Door) {
        if !limited.is_limited() {
            return;
        }
        let has_slot = limited.admit_at_once(task);
        if !has_slot {
            self.lent.insert(task);
        }
        door.begin(has_slot);
    }

    /// Polls an asker on the thread of the driver; `start` is called when the asker starts.
    #[inline]
    pub(crate) fn poll_asker<T: Future>(
        &mut self,
        limited: &mut Limited<WORDS>,
        (task, asks): (usize, AskList<'_>),
        mut slot: impl Slot<T>,
        cx: &mut Context<'_>,
        start: impl Fn() -> T,
        begin: impl FnOnce(bool),
    ) -> AskerPoll<T::Output> {
        if self.condemned.contains(task) || limited.tasks.take_condemned_one(task) {
            // A panic of the drop is one of this task.
            begin(false);
            limited.tasks.drop_slot(task, slot);
            asks.end();
            if self.take_arrival(task) {
                limited.release();
            }
            return AskerPoll::Dropped;
        }
        let is_fresh = slot.is_vacant();
        let goes_on = self.lent.contains(task) && !asks.are_waiting();
        match asks.doors().first() {
            Some(door) if is_fresh => self.enter(limited, task, door),
            _ if (is_fresh || goes_on) && !limited.admit(task) => return AskerPoll::Waits,
            _ => {}
        }
        if goes_on {
            self.lent.remove(task);
            asks.doors().iter().for_each(Door::open);
        }
        begin(is_fresh);
        let result = limited.tasks.poll_slot(task, slot, cx, start);
        if result.is_ready() {
            asks.end();
            if self.take_arrival(task) {
                limited.release();
            }
        } else if !self.lent.contains(task) && asks.are_waiting() {
            self.lent.insert(task);
            limited.release();
        }
        AskerPoll::Polled { is_fresh, result }
    }

    /// Visits an asker on another thread.
    #[cfg(feature = "tokio")]
    pub(crate) fn visit_away(
        &mut self,
        limited: &mut Limited<WORDS>,
        (task, asks): (usize, AskList<'_>),
        is_started: bool,
    ) -> AwayVisit {
        limited.tasks.active.take(task / 64, 1 << (task % 64));
        if self.condemned.contains(task) {
            asks.gate().into_iter().for_each(Gate::condemn);
            return AwayVisit::Stays;
        }
        if !is_started {
            asks.gate().into_iter().for_each(Gate::renew);
            let Some(door) = asks.doors().first() else { return AwayVisit::Starts };
            self.enter(limited, task, door);
            return AwayVisit::HasEntered;
        }
        if let Some(gate) = asks.gate() {
            self.attend_gate(limited, task, gate.look(), || gate.open());
        }
        if let Some(door) = asks.doors().first() {
            self.attend_gate(limited, task, door.look(), || door.open());
        }
        AwayVisit::Stays
    }

    /// Takes back the slot that an asker on another thread has lent, or assigns it one to continue.
    #[cfg(feature = "tokio")]
    fn attend_gate(&mut self, limited: &mut Limited<WORDS>, task: usize, state: AtGate, open: impl FnOnce()) {
        match state {
            AtGate::Lent if !self.lent.contains(task) => {
                self.lent.insert(task);
                limited.release();
            }
            AtGate::Owes if !self.lent.contains(task) || limited.admit(task) => {
                self.lent.remove(task);
                open();
            }
            _ => {}
        }
    }

    /// Notes that the body of a task is gone. Returns whether its slot must be given back.
    pub(super) fn take_arrival(&mut self, task: usize) -> bool {
        let has_slot = !self.lent.contains(task);
        self.lent.remove(task);
        self.condemned.remove(task);
        has_slot
    }

    /// Returns the tasks that an ended asker did not ask for and that no open task can ask for any more.
    #[cold]
    pub(super) fn never_asked(&mut self, ledger: &Ledger<WORDS>, graph: &Graph, asker: usize) -> TaskSet<WORDS> {
        let mut unasked = TaskSet::EMPTY;
        for edge in graph.lazy_edges().filter(|edge| edge.task == asker) {
            unasked.insert(edge.dependency);
        }
        let mut ended = ledger.done;
        ended.insert(asker);
        let mut open = self.back_from(ledger, graph, ledger.wanted, &ledger.blocked);
        open.extend(&ledger.started);
        let possible = all_below(graph, open, &ended);
        unasked = all_below(graph, unasked, &ended);
        unasked.remove_all(&ended);
        unasked.remove_all(&possible);
        unasked.remove_all(&ledger.blocked);
        unasked.remove_all(&self.unasked);
        self.unasked.extend(&unasked);
        unasked
    }
}

/// Returns whether the body of a task that is not done waits for a lazy dependency. A body on another thread of a wide task
/// that is not under way is being dropped.
fn is_asked<const WORDS: usize>((ledger, graph): (&Ledger<WORDS>, &Graph), ask: &Ask, edge: &Edge) -> bool {
    ask.is_waited_for()
        && !ledger.done.contains(edge.task)
        && (ledger.started.contains(edge.task) || !graph.has_crew(edge.task))
}

/// Returns the given tasks and everything that they may need, lazily or not. The search stops at tasks that have ended.
fn all_below<const WORDS: usize>(graph: &Graph, tasks: TaskSet<WORDS>, ended: &TaskSet<WORDS>) -> TaskSet<WORDS> {
    let mut below = tasks;
    for (task, node) in graph.nodes().iter().enumerate().rev() {
        if below.contains(task) && !ended.contains(task) {
            node.dependencies().for_each(|dependency| below.insert(dependency));
        }
    }
    below
}
