//! The slots of tasks that run once for each element of a collection: each of their bodies takes one, the task itself
//! none.
//!
//! Before each poll of such a group, its scheduler decides how many of its bodies may be under way; after the poll, it
//! counts those that are. If more could be under way, the group waits for slots in the same list as tasks do. When it is
//! its turn again in the same pass, its bodies under way have been polled already, so that it only starts more. If others
//! are called together with it, each gets one slot. A group that could start more waits again at once, and comes after all
//! other waiting tasks that have had no slot in this round (`limit.rs`).
//!
//! A task that others follow starts bodies only when it is called, and it is not called while one of its followers waits:
//! so elements pass through all stages. The followers of a task that has failed start nothing more.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::each::{Group, Room};
use crate::observe::announcer::Announcer;
use crate::observe::elements::ElementWatch;
use crate::schedule::Ledger;
use crate::schedule::Scheduler;
use crate::schedule::edges::Edges;
use crate::schedule::limit::{Limit, Limited, NO_LIMIT};

impl<const WORDS: usize> Scheduler<WORDS> {
    /// [`poll_slot`](Self::poll_slot) for a group.
    pub(super) fn poll_group<G: Group, B>(
        &mut self,
        task: usize,
        mut slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        (room, start, announcer): (Room, impl FnOnce() -> G, Option<&Arc<Announcer>>),
        mut sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Poll<Result<(), B>> {
        let Self { wakers, signals, polled_in_vain, .. } = self;
        // Bodies that this poll leaves alone keep the waker that they have.
        let keeps_parent = room.only_starts && wakers.as_ref().is_some_and(|wakers| !wakers.is_own(task));
        let waker = wakers.as_mut().map_or(cx.waker(), |wakers| wakers.waker(task));
        let mut own = Context::from_waker(waker);
        let is_fresh = slot.is_none();
        let mut watch = ElementWatch::NONE;
        if is_fresh {
            signals.open(task);
            watch = signals.elements(task, announcer);
        }
        let result = signals.enter(task, || {
            if is_fresh {
                let mut group = start();
                group.watch(watch);
                slot.set(Some(group));
            }
            let group = slot.as_mut().get_mut().as_mut().expect("the slot is filled");
            let result = group.poll_bodies(&mut own, room, &mut sink);
            if result.is_ready() {
                // After a failure, other bodies are dropped here: in the span of the task, as if they were polled.
                slot.set(None);
            }
            result
        });
        if let Some(wakers) = wakers.as_mut().filter(|_| keeps_parent) {
            wakers.disown(task);
        }
        if result.is_ready() {
            signals.returned(task);
        } else {
            *polled_in_vain |= !is_fresh;
        }
        result
    }
}

/// Is called before a group is polled, with whether it starts. Returns the announcer of a run with observers.
pub(crate) trait Begin<'a>: FnOnce(bool) -> Option<&'a Arc<Announcer>> {}

impl<'a, B: FnOnce(bool) -> Option<&'a Arc<Announcer>>> Begin<'a> for B {}

/// Whether a group has lent a slot.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Lends {
    /// Its task has no lazy dependencies.
    Never,
    /// No body waits for a lazy dependency, or the group has all its slots again.
    Nothing,
    /// What a body waits for can run in the slot.
    OneSlot(Polls),
}

/// What a poll of a group with a lent slot does.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Polls {
    /// The bodies are on other threads, and see for themselves whether one may begin.
    All,
    /// Bodies under way go on, and none starts: the one that waits may end, which leaves no slot to another.
    UnderWay,
    /// More bodies start.
    New,
}

impl<const WORDS: usize> Limited<WORDS> {
    /// Polls a group with as many bodies as there are slots for. Returns whether the group has started in this poll, and the
    /// result; or nothing, if it waits for its first slot.
    pub(crate) fn poll_group<'a, G: Group, B>(
        &mut self,
        (task, lending): (usize, Lends),
        mut slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        (begin, start, is_blocked): (impl Begin<'a>, impl FnOnce() -> G, bool),
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Option<(bool, Poll<Result<(), B>>)> {
        let group = slot.as_ref().get_ref().as_ref();
        let (before, is_fresh) = (group.map_or(0, Group::under_way), group.is_none());
        let leads = group.is_some_and(|group| !group.followers().is_empty());
        let mut bodies = if is_blocked { 0 } else { self.limit.room_for(task, before, leads) };
        if self.is_limited() {
            // The slot is lent for what its body waits for: that needs one, and this group does not take it back.
            bodies = match lending {
                Lends::OneSlot(Polls::UnderWay) => 0,
                Lends::OneSlot(_) => bodies.min(before + self.limit.free().saturating_sub(1)),
                _ => bodies,
            };
        }
        if is_fresh && bodies == 0 {
            // An earlier group of the task may have had slots.
            self.limit.served.remove(task);
            self.limit.wait(task);
            self.tasks.active.take(task / 64, 1 << (task % 64));
            return None;
        }
        let announcer = begin(is_fresh);
        // A body that has waited for a lazy dependency goes on, though the pass has polled the others already.
        let only_starts = match lending {
            Lends::Never => !is_fresh && self.parked.contains(task),
            lending => lending == Lends::OneSlot(Polls::New),
        };
        let room = Room { bodies, only_starts };
        let result = self.tasks.poll_group(task, slot.as_mut(), cx, (room, start, announcer), sink);
        let group = slot.as_ref().get_ref().as_ref();
        let (lent, after) = (usize::from(matches!(lending, Lends::OneSlot(_))), group.map_or(0, Group::under_way));
        self.limit.settle_group(task, before - lent, after.saturating_sub(lent));
        let is_lending = lent > 0 && after > 0;
        if let Some(group) = group.filter(|group| group.is_waiting() && !is_blocked && !is_lending) {
            if bodies > before {
                self.limit.wait_for_more(task);
            } else {
                self.limit.wait(task);
            }
            self.limit.note_followers(task, group.followers());
        }
        Some((is_fresh, result))
    }

    /// [`poll_group`](Self::poll_group) with a ledger, for a graph in which a failure need not end everything. Returns
    /// also whether the group was dropped: the task is a follower that cannot be done, and its bodies have ended.
    pub(crate) fn poll_known_group<'a, G: Group, B>(
        &mut self,
        (ledger, edges): (&mut Ledger<WORDS>, &mut impl Edges<WORDS>),
        (task, lending): (usize, Lends),
        mut slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        (begin, start): (impl Begin<'a>, impl FnOnce() -> G),
        sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> (Poll<Result<(), B>>, bool) {
        let is_blocked = ledger.blocked.contains(task);
        let polled = self.poll_group((task, lending), slot.as_mut(), cx, (begin, start, is_blocked), sink);
        let Some((is_fresh, result)) = polled else { return (Poll::Pending, false) };
        ledger.polled(task, is_fresh, result.is_ready());
        let Some(group) = slot.as_ref().get_ref() else { return (result, false) };
        if is_fresh && group.is_follower() {
            edges.note_follower(task);
        }
        let is_dropped = is_blocked && group.under_way() == 0;
        if is_dropped {
            self.tasks.drop_slot(task, slot);
            self.tasks.open.take(task / 64, 1 << (task % 64));
            ledger.started.remove(task);
        }
        (result, is_dropped)
    }

    /// Drops a group that a run has abandoned, and frees the slots of its bodies. Returns whether it was abandoned.
    pub(crate) fn drop_abandoned_group<G: Group>(&mut self, task: usize, slot: Pin<&mut Option<G>>) -> bool {
        let is_abandoned = self.tasks.take_condemned_one(task);
        if is_abandoned {
            self.drop_group(task, false, slot);
        }
        is_abandoned
    }

    /// Lends the slot of a body, for what that body waits for. The group waits for no slot meanwhile, or it would get this one.
    pub(super) fn lend_from_group(&mut self, task: usize) {
        self.release();
        self.limit.waiting.remove(task);
        self.limit.is_waiting = !self.limit.waiting.is_empty();
    }

    /// Lets a group wait for the slot that it has lent.
    pub(super) fn wait_for_lent(&mut self, task: usize) {
        self.limit.wait(task);
    }

    /// Takes the slot back that a group has lent. If none is free, the group waits for one, and is still polled.
    pub(super) fn take_back_for_group(&mut self, task: usize) -> bool {
        let has_slot = !self.is_limited() || self.admit_at_once(task);
        if !has_slot {
            self.limit.wait(task);
        }
        has_slot
    }

    /// Drops a group, and frees the slots of its bodies, of which one may be lent.
    pub(super) fn drop_group<G: Group>(&mut self, task: usize, has_lent: bool, slot: Pin<&mut Option<G>>) {
        let before = slot.as_ref().get_ref().as_ref().map_or(0, Group::under_way);
        self.tasks.drop_slot(task, slot);
        self.limit.settle_group(task, before - usize::from(has_lent), 0);
    }
}

impl<const WORDS: usize> Limit<WORDS> {
    /// Returns how many bodies of a group may be under way; `before` are.
    fn room_for(&self, task: usize, before: usize, leads: bool) -> usize {
        if self.slots == NO_LIMIT {
            return NO_LIMIT;
        }
        let is_called = self.called.contains(task);
        if leads && !is_called {
            return 0;
        }
        let mut others = self.called;
        others.remove(task);
        if !self.is_waiting && others.is_empty() {
            before + self.free()
        } else if is_called {
            before + self.free().min(1)
        } else {
            0
        }
    }

    /// Notes how many slots a group has after a poll.
    fn settle_group(&mut self, task: usize, before: usize, after: usize) {
        if self.slots != NO_LIMIT {
            self.unclaim(before);
            self.claim(after);
            // It has had its turn.
            self.called.remove(task);
        }
    }

    /// Notes which tasks get slots before a task.
    fn note_followers(&mut self, task: usize, followers: &'static [usize]) {
        if self.slots != NO_LIMIT && !followers.is_empty() && self.leaders.iter().all(|(leader, _)| *leader != task) {
            self.leaders.push((task, followers));
        }
    }

    /// Returns whether a follower of a task waits for slots.
    pub(super) fn is_behind(&self, task: usize) -> bool {
        let followers = self.leaders.iter().find(|(leader, _)| *leader == task);
        followers.is_some_and(|(_, followers)| followers.iter().any(|&follower| self.waiting.contains(follower)))
    }

    /// Notes that a task waits for slots.
    fn wait(&mut self, task: usize) {
        if self.slots != NO_LIMIT {
            self.waiting.insert(task);
            self.is_waiting = true;
        }
    }
}
