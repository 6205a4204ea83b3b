//! In: done tasks, reported by any thread. Out: the spawned tasks that became ready, each for one thread, and whether
//! the driver must be woken.

use sync::{AtomicU64, AtomicUsize, Ordering};

use crate::task_set::TaskSet;

/// The links of a task to other tasks, for a thread that has finished one of them.
#[cfg_attr(all(test, loom), allow(unreachable_pub, reason = "its door is a feature"))]
pub struct Link<const WORDS: usize> {
    /// The ids of the tasks that depend on it.
    pub dependents: &'static [usize],
    /// The tasks that it depends on.
    pub waits: TaskSet<WORDS>,
    /// It runs on the worker threads of the runtime.
    pub is_spawned: bool,
}

/// The state of the tasks of a terminal or run that all threads share.
///
/// Everything is sequentially consistent: a thread that adds a done task and then reads which tasks are needed, and a
/// driver that changes the needed tasks and then reads which are done, must not miss each other.
pub(crate) struct Progress<const WORDS: usize> {
    links: &'static [Link<WORDS>],
    /// The tasks that have their results.
    done: [AtomicU64; WORDS],
    /// The tasks that lead to a wanted task.
    needed: [AtomicU64; WORDS],
    /// The tasks whose results the driver waits for.
    wanted: [AtomicU64; WORDS],
    /// The spawned tasks that a thread has started or is about to start.
    started: [AtomicU64; WORDS],
    /// Only the driver starts tasks, because it counts them.
    is_limited: bool,
    /// How many failures the driver has not seen. Until it has seen them, only the driver starts tasks.
    unseen: AtomicUsize,
}

/// The consequences of a task that is done.
pub(crate) struct Followers<const WORDS: usize> {
    /// The spawned tasks that the caller must start.
    pub(crate) ready: TaskSet<WORDS>,
    /// The driver waits for the task.
    pub(crate) is_awaited: bool,
}

impl<const WORDS: usize> Progress<WORDS> {
    pub(crate) fn new(links: &'static [Link<WORDS>], done: TaskSet<WORDS>, is_limited: bool) -> Self {
        let set = |tasks: TaskSet<WORDS>| std::array::from_fn(|word| AtomicU64::new(tasks.0[word]));
        Self {
            links,
            done: set(done),
            needed: set(TaskSet::EMPTY),
            wanted: set(TaskSet::EMPTY),
            started: set(TaskSet::EMPTY),
            is_limited,
            unseen: AtomicUsize::new(0),
        }
    }

    /// Notes that a task has its result, and claims the tasks that the caller must start now.
    pub(crate) fn finish(&self, task: usize) -> Followers<WORDS> {
        self.done[task / 64].fetch_or(bit(task), Ordering::SeqCst);
        let mut followers = Followers { ready: TaskSet::EMPTY, is_awaited: true };
        if self.is_limited || self.unseen.load(Ordering::SeqCst) > 0 {
            return followers;
        }
        let mut leads_on = false;
        followers.is_awaited = contains(&self.wanted, task);
        for &dependent in self.links[task].dependents {
            if !contains(&self.needed, dependent) {
                continue;
            }
            leads_on = true;
            let link = &self.links[dependent];
            if !link.is_spawned {
                followers.is_awaited = true;
            } else if self.are_done(&link.waits) && self.claim(dependent) {
                followers.ready.insert(dependent);
            }
        }
        followers.is_awaited |= !leads_on;
        followers
    }

    /// Returns whether the caller is the first one to claim the task, and so may start it.
    pub(crate) fn claim(&self, task: usize) -> bool {
        self.started[task / 64].fetch_or(bit(task), Ordering::SeqCst) & bit(task) == 0
    }

    /// Stores which of 64 tasks the driver needs and which it waits for.
    pub(crate) fn update(&self, word: usize, needed: u64, wanted: u64) {
        for (shared, own) in [(&self.needed[word], needed), (&self.wanted[word], wanted)] {
            if shared.load(Ordering::Relaxed) != own {
                shared.store(own, Ordering::SeqCst);
            }
        }
    }

    /// Notes that a task failed, or panicked.
    pub(crate) fn fail(&self) {
        self.unseen.fetch_add(1, Ordering::SeqCst);
    }

    /// Allows a failed task to be started again, after the driver has seen the failure.
    #[cfg(feature = "tokio")]
    pub(crate) fn see(&self, failed: usize) {
        self.started[failed / 64].fetch_and(!bit(failed), Ordering::SeqCst);
        self.unseen.fetch_sub(1, Ordering::SeqCst);
    }

    /// Allows a task whose body was dropped to be started again.
    #[cfg(feature = "tokio")]
    pub(crate) fn forget(&self, dropped: usize) {
        self.started[dropped / 64].fetch_and(!bit(dropped), Ordering::SeqCst);
    }

    /// Returns whether only the driver starts tasks, because it counts them.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_limited(&self) -> bool {
        self.is_limited
    }

    /// Returns which of 64 tasks are done.
    pub(crate) fn done(&self, word: usize) -> u64 {
        self.done[word].load(Ordering::SeqCst)
    }

    fn are_done(&self, tasks: &TaskSet<WORDS>) -> bool {
        (0..WORDS).all(|word| tasks.0[word] & !self.done(word) == 0)
    }
}

fn bit(task: usize) -> u64 {
    1 << (task % 64)
}

fn contains<const WORDS: usize>(set: &[AtomicU64; WORDS], task: usize) -> bool {
    set[task / 64].load(Ordering::SeqCst) & bit(task) != 0
}

#[cfg(not(all(test, loom)))]
mod sync {
    pub(super) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
}

#[cfg(all(test, loom))]
mod sync {
    pub(super) use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Two spawned tasks, and a third that waits for the first.
    const LINKS: &[Link<1>] = &[
        Link { dependents: &[2], waits: TaskSet([0]), is_spawned: true },
        Link { dependents: &[], waits: TaskSet([0]), is_spawned: true },
        Link { dependents: &[], waits: TaskSet([0b1]), is_spawned: true },
    ];

    fn progress() -> Progress<1> {
        let progress = Progress::new(LINKS, TaskSet::EMPTY, false);
        progress.update(0, 0b111, 0b110);
        assert!(progress.claim(0) && progress.claim(1));
        progress
    }

    #[test]
    fn a_thread_starts_what_its_task_made_ready_and_leaves_the_driver_asleep() {
        let followers = progress().finish(0);
        assert!(followers.ready.contains(2) && !followers.is_awaited);
    }

    #[test]
    fn while_the_driver_has_not_seen_a_failure_no_thread_starts_a_task() {
        let progress = progress();
        progress.fail();
        let followers = progress.finish(0);
        assert!(followers.ready.is_empty() && followers.is_awaited);
        assert!(progress.claim(2));
    }

    #[test]
    fn of_two_failures_the_driver_has_to_see_both() {
        let progress = progress();
        progress.fail();
        progress.fail();
        progress.see(1);
        assert!(progress.finish(0).ready.is_empty());
    }

    #[test]
    fn once_the_driver_has_seen_a_failure_threads_start_tasks_again() {
        let progress = progress();
        progress.fail();
        progress.see(1);
        assert!(progress.finish(0).ready.contains(2));
    }

    #[test]
    fn a_failed_task_can_be_started_again_once_the_driver_has_seen_it() {
        let progress = progress();
        progress.fail();
        assert!(!progress.claim(1));
        progress.see(1);
        assert!(progress.claim(1));
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    /// Two spawned tasks, and a third that waits for both.
    const LINKS: &[Link<1>] = &[
        Link { dependents: &[2], waits: TaskSet([0]), is_spawned: true },
        Link { dependents: &[2], waits: TaskSet([0]), is_spawned: true },
        Link { dependents: &[], waits: TaskSet([0b11]), is_spawned: true },
    ];

    #[test]
    fn of_two_threads_that_finish_the_last_dependencies_one_starts_the_dependent() {
        loom::model(|| {
            let progress = Arc::new(Progress::new(LINKS, TaskSet::EMPTY, false));
            progress.update(0, 0b111, 0b100);
            let other = Arc::clone(&progress);
            let other = thread::spawn(move || other.finish(0).ready.contains(2));
            let own = progress.finish(1).ready.contains(2);
            assert!(own ^ other.join().unwrap());
        });
    }

    #[test]
    fn a_driver_that_begins_to_need_a_task_sees_what_a_worker_left_to_it() {
        loom::model(|| {
            let progress = Arc::new(Progress::new(LINKS, TaskSet([0b10]), false));
            progress.update(0, 0b1, 0b1);
            let worker = Arc::clone(&progress);
            let worker = thread::spawn(move || worker.finish(0));
            progress.update(0, 0b101, 0b100);
            let driver_starts = progress.done(0) & 1 != 0 && progress.claim(2);
            let followers = worker.join().unwrap();
            let worker_starts = followers.ready.contains(2);
            assert!(!(driver_starts && worker_starts));
            // If both looked too early, the worker wakes the driver, which looks again.
            assert!(driver_starts || worker_starts || followers.is_awaited);
        });
    }

    #[test]
    fn after_a_failure_nobody_but_the_driver_starts_a_task_until_it_has_seen_it() {
        loom::model(|| {
            let progress = Arc::new(Progress::new(LINKS, TaskSet([0b10]), false));
            progress.update(0, 0b111, 0b100);
            progress.fail();
            let worker = Arc::clone(&progress);
            let worker = thread::spawn(move || worker.finish(0));
            let followers = worker.join().unwrap();
            assert!(followers.ready.is_empty() && followers.is_awaited);
        });
    }
}
