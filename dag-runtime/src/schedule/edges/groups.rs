//! The tasks with lazy dependencies that run once for each element of a collection.
//!
//! Their bodies share the asks of the task. While one of them waits, the group lends one slot, in which what they wait for
//! can run; the slots of the others stay taken. Of the free slots, it leaves one alone. When none waits any more, no body goes
//! on before the group has its slot again.
//!
//! Bodies that stay with the driver go on only when it polls them, so the driver decides alone. While a slot is lent, it lets
//! those under way go on before others start: the body that waits may end, and then none can start in its place. Bodies on
//! other threads agree with it at the gate of their crew (`threads/crew/wait.rs`). The driver polls the crew also while it
//! owes the group a slot: a body may fail.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::MixedEdges;
use crate::each::Group;
use crate::lazy::{AskList, AtGate};
use crate::schedule::Ledger;
use crate::schedule::each::{Begin, Lends, Polls};
use crate::schedule::limit::Limited;

impl<const WORDS: usize> MixedEdges<WORDS> {
    /// Polls the bodies of a task with lazy dependencies; `begin` learns whether it starts. Returns nothing if the bodies were
    /// dropped because a task that they wait for has failed, or the one that they follow.
    pub(crate) fn poll_asking_group<'a, G: Group, B>(
        &mut self,
        (limited, ledger): (&mut Limited<WORDS>, &mut Ledger<WORDS>),
        (task, asks): (usize, AskList<'_>),
        mut slot: Pin<&mut Option<G>>,
        cx: &mut Context<'_>,
        (begin, start): (impl Begin<'a>, impl FnOnce() -> G),
        mut sink: impl FnMut(usize, G::Output) -> Result<(), B>,
    ) -> Option<Poll<Result<(), B>>> {
        let is_abandoned = limited.tasks.take_condemned_one(task);
        if is_abandoned || self.condemned.contains(task) {
            // A panic of the drop is one of this task.
            begin(false);
            if let Some(group) = slot.as_mut().get_mut().as_mut().filter(|_| !is_abandoned) {
                // Only bodies on other threads may still be there.
                let mut own = Context::from_waker(limited.tasks.waker_of(task, cx));
                if !group.dismiss(&mut own) {
                    return Some(Poll::Pending);
                }
            }
            let has_lent = self.lent.contains(task);
            limited.drop_group(task, has_lent, slot.as_mut());
            asks.end();
            // Its slots have been given back with the group.
            self.take_arrival(task);
            ledger.started.remove(task);
            // Abandoned bodies are dropped in a pass in which no task starts, and no task that is needed waits for them.
            return is_abandoned.then_some(Poll::Pending);
        }
        let is_away = asks.are_away();
        if is_away {
            if let Some(group) = slot.as_mut().get_mut() {
                self.attend_crew(limited, task, group);
            }
        } else if self.lent.contains(task) && !asks.are_waited_for() {
            if !limited.admit(task) {
                return Some(Poll::Pending);
            }
            self.lent.remove(task);
        }
        let has_lent = self.lent.contains(task);
        let lends = match (has_lent, is_away) {
            (false, _) => Lends::Nothing,
            (true, true) => Lends::OneSlot(Polls::All),
            (true, false) => Lends::OneSlot(Polls::UnderWay),
        };
        let (mut result, mut has_stopped) =
            limited.poll_known_group((ledger, self), (task, lends), slot.as_mut(), cx, (begin, start), &mut sink);
        let is_under_way = slot.as_ref().get_ref().as_ref().is_some_and(|group| group.under_way() > 0);
        if is_under_way && lends == Lends::OneSlot(Polls::UnderWay) && limited.is_limited() {
            if asks.are_waited_for() {
                let lends = Lends::OneSlot(Polls::New);
                let starts = (|_| None, || unreachable!("the group is there"));
                (result, has_stopped) =
                    limited.poll_known_group((ledger, self), (task, lends), slot.as_mut(), cx, starts, sink);
            } else {
                // The slots that are free now may be for others, who wait for one.
                limited.wait_for_lent(task);
            }
        }
        let mut group = slot.as_mut().get_mut().as_mut();
        if let Some(group) = group.as_mut().filter(|_| is_away) {
            // A change in between did not find a waker.
            self.attend_crew(limited, task, *group);
        }
        if group.as_ref().is_none_or(|group| group.under_way() == 0) {
            asks.end();
            if let Some(group) = group {
                group.open();
            }
            self.lent.remove(task);
        } else if !is_away && !has_lent && asks.are_waited_for() {
            self.lent.insert(task);
            limited.lend_from_group(task);
        }
        (!has_stopped).then_some(result)
    }

    /// Takes the slot that bodies on other threads have lent, or gives it back once they need it.
    fn attend_crew<G: Group>(&mut self, limited: &mut Limited<WORDS>, task: usize, group: &mut G) {
        match group.gate() {
            _ if group.under_way() == 0 => {}
            AtGate::Lent if !self.lent.contains(task) => {
                self.lent.insert(task);
                limited.lend_from_group(task);
            }
            AtGate::Owes if !self.lent.contains(task) || limited.take_back_for_group(task) => {
                self.lent.remove(task);
                group.open();
            }
            _ => {}
        }
    }
}
