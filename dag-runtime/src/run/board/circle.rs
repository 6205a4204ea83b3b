//! Tasks of a run that wait for themselves, so that nothing can ever wake them.
//!
//! A body that awaits a goal of its own run leaves the driver's waker on the board. The board then notes the waiter and
//! the task that is being polled. The driver reads the note at the beginning of its next pass, after that poll. If the
//! body has dropped the future by then, the future has left the board and its note is removed. The note is also removed
//! if another task or waiter has polled the future since.
//!
//! Such a task waits for itself if everything that its goal still needs is this task or needs this task. If the goal
//! still needs another task, that task may fail, and then the goal ends, too. The driver waits for that task on the
//! board, as a waiter does, and checks again when it has ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;

use super::Board;
use crate::run::notices::{Notices, Place, Target};
use crate::task_set::TaskSet;

/// The relation of a task to a goal that it awaits.
enum Standing {
    /// The goal does not need the task.
    Free,
    /// The goal needs the task, and also the task given here, which may fail.
    Open(usize),
    /// The task waits for itself. Its name is first and last, and each task needs the next one.
    Closed(Vec<&'static str>),
}

impl<const WORDS: usize> Board<WORDS> {
    /// Returns the task whose body waits with this waker, if it does so while the driver polls it.
    pub(super) fn task_around(&self, waker: &Waker) -> Option<usize> {
        // The driver polls its tasks with the waker that is made from the board.
        if !std::ptr::eq(waker.data(), std::ptr::from_ref(self).cast()) {
            return None;
        }
        // Only an inner graph knows which of its tasks is being polled.
        self.current().filter(|&task| !self.graph.drivers::<WORDS>().contains(task))
    }

    /// Returns a task that waits for itself, and the message of its panic.
    #[cold]
    pub(crate) fn circle(self: &Arc<Self>, started: &TaskSet<WORDS>) -> Option<(usize, String)> {
        let mut started = *started;
        // More tasks of an inner graph may be wanted after it has started.
        started.remove_all(&self.graph.drivers());
        let waker = Waker::from(Arc::clone(self));
        let mut notices = self.lock();
        let mut watch = std::mem::take(&mut notices.watch);
        let watched = notices.vacate(&mut watch);
        let mut open = None;
        let mut closed = None;
        for &(place, task) in &notices.inside {
            let Some(goal) = notices.waiters[place].as_ref().map(|waiter| waiter.goal) else { continue };
            match self.standing(&notices, &started, task, goal) {
                Standing::Free => {}
                Standing::Open(other) => open = Some(other),
                Standing::Closed(names) => closed = Some((task, names)),
            }
        }
        let unwatched = open.and_then(|other| {
            self.is_changed.store(true, Ordering::Release);
            notices.occupy(Target::Task(other), waker, &mut watch)
        });
        notices.watch = watch;
        drop(notices);
        drop((watched, unwatched));
        closed.map(|(task, names)| {
            let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
            (task, format!("task `{}` waits for itself: {}", self.name(task), names.join(" -> ")))
        })
    }

    fn standing(&self, notices: &Notices<WORDS>, started: &TaskSet<WORDS>, task: usize, goal: Target) -> Standing {
        let nodes = self.nodes();
        // A task that has started waits for nothing, even if a task that it has caught is tried again.
        let waits = |node: usize| self.graph.waits(node).filter(move |_| !started.contains(node));
        let has_ended = |node: usize| self.is_done(node) || notices.blocked.contains(node);
        if has_ended(task) || self.is_reached(notices, goal) {
            return Standing::Free;
        }
        // The tasks that have not ended and need the task. Dependencies have lower numbers.
        let mut needs_it = TaskSet::<WORDS>::of(task);
        for node in task + 1..nodes.len() {
            if !has_ended(node) && waits(node).any(|dependency| needs_it.contains(dependency)) {
                needs_it.insert(node);
            }
        }
        let mut names = vec![self.name(task)];
        let mut needed = match goal {
            Target::Task(goal) => TaskSet::<WORDS>::of(goal),
            Target::All => self.graph.own_tasks(),
            // This goal waits for the end of each task, even if others fail.
            Target::Settled => TaskSet::of(task),
        };
        let mut step = match goal {
            Target::Task(goal) if !needs_it.contains(goal) => return Standing::Free,
            Target::Task(goal) => goal,
            Target::All | Target::Settled => {
                names.push(if goal == Target::All { "all" } else { "settle" });
                task
            }
        };
        for node in (0..nodes.len()).rev().filter(|&node| !has_ended(node)) {
            if needed.contains(node) && node != task {
                if !needs_it.contains(node) {
                    return Standing::Open(node);
                }
                waits(node).for_each(|dependency| needed.insert(dependency));
            }
        }
        while step != task {
            names.push(self.name(step));
            match waits(step).find(|&dependency| needs_it.contains(dependency)) {
                Some(dependency) => step = dependency,
                None => return Standing::Free,
            }
        }
        names.push(self.name(task));
        if names.len() > 2 {
            // An inner graph has the name of the task that returns its object.
            names.dedup();
        }
        Standing::Closed(names)
    }
}

impl<const WORDS: usize> Notices<WORDS> {
    /// Notes the task inside which a waiter is, or that it is inside none. Returns whether a task was newly noted.
    #[inline]
    pub(super) fn note(&mut self, place: &mut Place, task: Option<usize>) -> bool {
        if self.inside.is_empty() && task.is_none() {
            return false;
        }
        let Some(index) = place.index else { return false };
        let note = task.map(|task| (index, task));
        let is_known = note.is_some_and(|note| self.inside.contains(&note));
        if !is_known {
            self.forget(index);
            self.inside.extend(note);
        }
        // If it is polled elsewhere next, it reads the board before it drives.
        place.is_known = note.is_none();
        note.is_some() && !is_known
    }
}
