//! The notes of the waiters that are inside tasks of the run.

use crate::run::notices::{Inside, Notices, Place, Suspect};
use crate::task_set::TaskSet;

/// How often a task is suspected at most. Each suspicion polls its body, and a body may await its run anew in each poll.
const SUSPICIONS: usize = 16;

impl<const WORDS: usize> Notices<WORDS> {
    /// Returns the tasks that await goals of their own run.
    pub(super) fn waiting_inside(&self) -> TaskSet<WORDS> {
        let mut tasks = TaskSet::EMPTY;
        self.inside.iter().for_each(|inside| tasks.insert(inside.task));
        tasks
    }

    /// Returns whether nothing but the goals that a task awaits can wake its body; `None` if this cannot be found out.
    pub(super) fn is_stuck(&self, task: usize, counts: &[(usize, Option<usize>)]) -> Option<bool> {
        let notes = || self.inside.iter().filter(|inside| inside.task == task);
        if notes().any(|inside| inside.away.is_some()) {
            return notes().all(|inside| inside.away == Some(true)).then_some(true);
        }
        let suspect = self.suspects().iter().find(|suspect| suspect.task == task);
        let clones = counts.iter().find(|&&(probed, _)| probed == task).and_then(|&(_, clones)| clones);
        let are_probed = || notes().all(|inside| suspect.is_some_and(|suspect| inside.waker == suspect.waker));
        Some(clones == Some(notes().count()) && are_probed())
    }

    /// Returns the tasks that may wait for themselves.
    pub(super) fn suspects(&self) -> &[Suspect] {
        self.circles.as_ref().map_or(&[], |circles| &circles.suspects)
    }

    /// Returns the entry of a task that may wait for itself.
    pub(super) fn suspect(&mut self, task: usize) -> &mut Suspect {
        let suspects = &mut self.circles.get_or_insert_default().suspects;
        let place = suspects.iter().position(|suspect| suspect.task == task);
        let place = place.unwrap_or_else(|| {
            suspects.push(Suspect { task, waker: 0, times: 0 });
            suspects.len() - 1
        });
        &mut suspects[place]
    }

    /// Returns whether a new note of a task is to be read.
    fn is_read(&self, task: usize) -> bool {
        !self.suspects().iter().any(|suspect| suspect.task == task && suspect.is_spent())
    }

    /// Notes the task inside which a waiter is, and the address of its waker, or that it is inside none. Returns whether
    /// the driver has to read the note.
    #[inline]
    pub(super) fn note(&mut self, place: &mut Place, task: Option<usize>, waker: usize) -> bool {
        if self.inside.is_empty() && task.is_none() {
            return false;
        }
        let Some(index) = place.index else { return false };
        // If it is polled elsewhere next, it reads the board before it drives.
        place.is_known = task.is_none();
        let known = self.inside.iter_mut().find(|inside| inside.place == index);
        match (known, task) {
            (Some(inside), Some(task)) if inside.task == task && inside.away.is_none() => {
                inside.waker = waker;
                false
            }
            (_, Some(task)) => {
                self.forget(index);
                self.inside.push(Inside { place: index, task, waker, away: None });
                self.is_read(task)
            }
            (_, None) => {
                self.forget(index);
                false
            }
        }
    }

    /// Notes that a task on another thread awaits the goals of some places and nothing else. Returns whether the driver
    /// has to read the notes.
    #[cfg(feature = "tokio")]
    pub(super) fn note_elsewhere(&mut self, places: &[usize], task: usize) -> bool {
        let mut is_news = false;
        for &place in places {
            match self.inside.iter_mut().find(|inside| inside.place == place && inside.task == task) {
                Some(inside) => is_news |= inside.away.replace(true) != Some(true),
                None => {
                    self.forget(place);
                    self.inside.push(Inside { place, task, waker: 0, away: Some(true) });
                    is_news = true;
                }
            }
        }
        is_news && self.is_read(task) && {
            self.suspect(task).times += 1;
            true
        }
    }

    /// Removes the notes of a task, except those of some places.
    #[cfg(feature = "tokio")]
    pub(super) fn forget_task(&mut self, task: usize, except: &[usize]) {
        let places = self.inside.iter().filter(|inside| inside.task == task && !except.contains(&inside.place));
        for place in places.map(|inside| inside.place).collect::<Vec<_>>() {
            self.forget(place);
        }
    }
}

impl Suspect {
    /// Returns whether the task is suspected no more.
    pub(super) fn is_spent(&self) -> bool {
        self.times >= SUSPICIONS
    }
}
