//! Tasks of a run that wait for themselves, so that nothing can ever wake them.
//!
//! A body that awaits a goal of its own run leaves the waker that it is polled with on the board. The board then notes
//! the waiter and the task that is being polled. The driver reads the notes at the beginning of its next pass, after that
//! poll. If the body has dropped the future by then, the future has left the board and its note is removed. The note is
//! also removed if another task or waiter has polled the future since.
//!
//! Such a task may wait for itself if everything that its goal still needs is this task or needs this task. If the goal
//! still needs another task, that task may fail, and then the goal ends, too. The driver waits for that task on the
//! board, as a waiter does, and checks again when it has ended.
//!
//! A body may also await something else, or it may have left the future to others. So a task is only a suspect at first:
//! the driver polls it once more with a new waker (a probe, see `schedule/wakers.rs`), and reads the notes again at the
//! beginning of the next pass. If all clones of that waker were left on the board, by futures whose goals need the task,
//! then nothing can wake the body any more. Only the count at the end of the pass with that poll tells this: the board
//! itself wakes its waiters whenever the driver has something to do.
//!
//! A body on another thread is probed by that thread (`elsewhere.rs`). A body that awaits a lazy dependency waits for it
//! only if nothing else can wake the body, which a probe tells, too (`schedule/edges/suspicion.rs`).

use std::sync::atomic::Ordering;
use std::task::Waker;

use super::Board;
use crate::run::notices::{Notices, Target};
use crate::schedule::edges::AskedEdges;
use crate::schedule::is_polled_with;
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

/// Whether a task waits for itself.
pub(crate) enum Verdict<const WORDS: usize> {
    Innocent,
    /// The tasks that may wait for themselves, and the tasks by which they may do so.
    Suspects(TaskSet<WORDS>),
    /// The task, and the message of its panic.
    Circle(usize, String),
}

/// What is known of the bodies under way when the driver looks for circles.
struct Known<'k, const WORDS: usize> {
    started: TaskSet<WORDS>,
    asked: &'k AskedEdges,
    /// The tasks that were just probed, each with the number of clones of its waker.
    counts: &'k [(usize, Option<usize>)],
}

/// The relation of a task to all goals that it awaits.
enum Finding<const WORDS: usize> {
    Innocent,
    /// The task given here may still end the wait.
    Open(usize),
    Suspects(TaskSet<WORDS>),
    Circle(Vec<&'static str>),
}

impl<const WORDS: usize> Board<WORDS> {
    /// Returns the task whose body waits with this waker, if it does so while the driver polls it.
    pub(super) fn task_around(&self, waker: &Waker) -> Option<usize> {
        // Only an inner graph knows which of its tasks is being polled.
        let task = self.current().filter(|&task| !self.graph.drivers::<WORDS>().contains(task))?;
        // The driver polls its tasks with the waker that is made from the board, or with wakers of their own.
        let address = waker.data().addr();
        let is_own = address == std::ptr::from_ref(self).addr() || is_polled_with(address);
        is_own.then_some(task)
    }

    /// Notes that a task is polled with a new waker from now on, and that the board is to be read after that.
    #[cold]
    pub(crate) fn note_probe(&self, task: usize, waker: usize) {
        let mut notices = self.lock();
        notices.suspect(task).waker = waker;
        notices.suspect(task).times += 1;
        drop(notices);
        self.look_again();
    }

    /// Looks for a task that waits for itself. `counts` are the tasks that were just probed, each with the number of
    /// clones of its waker. `waker` is that of the driver.
    #[cold]
    pub(crate) fn circle(
        &self,
        started: &TaskSet<WORDS>,
        asked: &AskedEdges,
        counts: &[(usize, Option<usize>)],
        waker: &Waker,
    ) -> Verdict<WORDS> {
        let mut known = Known { started: *started, asked, counts };
        // More tasks of an inner graph may be wanted after it has started.
        known.started.remove_all(&self.graph.drivers());
        let waker = waker.clone();
        let mut notices = self.lock();
        let mut watch = std::mem::take(&mut notices.circles.get_or_insert_default().watch);
        let watched = notices.vacate(&mut watch);
        let mut open = None;
        let mut verdict = Verdict::Innocent;
        for task in notices.waiting_inside().tasks() {
            match self.look_at(&notices, &known, task) {
                Finding::Innocent => {}
                Finding::Open(other) => open = Some(other),
                Finding::Suspects(mut suspects) => {
                    if let Verdict::Suspects(others) = &verdict {
                        suspects.extend(others);
                    }
                    verdict = Verdict::Suspects(suspects);
                }
                Finding::Circle(names) => {
                    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
                    let message = format!("task `{}` waits for itself: {}", self.name(task), names.join(" -> "));
                    verdict = Verdict::Circle(task, message);
                    break;
                }
            }
        }
        let unwatched = open.and_then(|other| {
            self.is_changed.store(true, Ordering::Release);
            notices.occupy(Target::Task(other), waker, &mut watch)
        });
        notices.circles.get_or_insert_default().watch = watch;
        drop(notices);
        drop((watched, unwatched));
        verdict
    }

    /// Looks at all goals that the body of a task awaits: each of them must need the task.
    fn look_at(&self, notices: &Notices<WORDS>, known: &Known<'_, WORDS>, task: usize) -> Finding<WORDS> {
        let mut circle = Vec::new();
        let mut suspects = TaskSet::EMPTY;
        for inside in notices.inside.iter().filter(|inside| inside.task == task) {
            let Some(waiter) = notices.waiters.get(inside.place) else { return Finding::Innocent };
            let mut standing = self.standing(notices, &known.started, &known.asked.alone, task, waiter.goal);
            if matches!(standing, Standing::Free) && !known.asked.all.is_empty() {
                standing = self.standing(notices, &known.started, &known.asked.all, task, waiter.goal);
                let unknown = known.asked.all.iter().filter(|edge| !known.asked.alone.contains(edge));
                unknown.for_each(|&(asker, _)| suspects.insert(asker));
            }
            match standing {
                Standing::Free => return Finding::Innocent,
                Standing::Open(other) => return Finding::Open(other),
                Standing::Closed(names) => circle = names,
            }
        }
        match notices.is_stuck(task, known.counts) {
            Some(true) if suspects.is_empty() => return Finding::Circle(circle),
            Some(true) => {}
            Some(false) => suspects.insert(task),
            None => return Finding::Innocent,
        }
        for &(probed, _) in known.counts {
            suspects.remove(probed);
        }
        for suspect in notices.suspects().iter().filter(|suspect| suspect.is_spent()) {
            suspects.remove(suspect.task);
        }
        if suspects.is_empty() { Finding::Innocent } else { Finding::Suspects(suspects) }
    }

    fn standing(
        &self,
        notices: &Notices<WORDS>,
        started: &TaskSet<WORDS>,
        asked: &[(usize, usize)],
        task: usize,
        goal: Target,
    ) -> Standing {
        let nodes = self.nodes();
        // A task that has started waits only for what it asks for, even if a task that it has caught is tried again.
        let waits = |node: usize| {
            let asked = asked.iter().filter(move |&&(asker, _)| asker == node).map(|&(_, dependency)| dependency);
            self.graph.waits(node).filter(move |_| !started.contains(node)).chain(asked)
        };
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
            // These goals wait for the end of each task, even if others fail.
            Target::Settled => TaskSet::of(task),
            #[cfg(feature = "durable")]
            Target::Complete => TaskSet::of(task),
        };
        let mut step = match goal {
            Target::Task(goal) if !needs_it.contains(goal) => return Standing::Free,
            Target::Task(goal) => goal,
            _ => {
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
