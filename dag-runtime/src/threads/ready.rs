//! In: spawned tasks that are ready, from any thread. Out: each of them for the first free worker, and whether a worker
//! must be on call for them.

use sync::{AtomicBool, AtomicU64, Ordering};

use crate::task_set::TaskSet;

/// The spawned tasks that are claimed and that no worker has taken.
///
/// While there are such tasks, a worker is on call: it is in the runtime's queue, where any free thread finds it.
/// Everything is sequentially consistent: a thread that adds a task and then asks whether a worker is on call, and a
/// worker that stops being on call and then looks for tasks, must not miss each other.
pub(crate) struct Ready<const WORDS: usize> {
    tasks: [AtomicU64; WORDS],
    /// A worker is on call.
    is_attended: AtomicBool,
}

impl<const WORDS: usize> Ready<WORDS> {
    pub(crate) fn new() -> Self {
        Self { tasks: std::array::from_fn(|_| AtomicU64::new(0)), is_attended: AtomicBool::new(false) }
    }

    /// Adds tasks. Returns whether no worker is on call; then the caller must put one on call.
    #[must_use]
    pub(crate) fn add(&self, tasks: &TaskSet<WORDS>) -> bool {
        for (word, &added) in self.tasks.iter().zip(&tasks.0) {
            if added != 0 {
                word.fetch_or(added, Ordering::SeqCst);
            }
        }
        self.is_unattended()
    }

    /// Takes the first task.
    pub(crate) fn take(&self) -> Option<usize> {
        for (index, word) in self.tasks.iter().enumerate() {
            let mut tasks = word.load(Ordering::SeqCst);
            while tasks != 0 {
                let first = tasks & tasks.wrapping_neg();
                tasks = word.fetch_and(!first, Ordering::SeqCst);
                if tasks & first != 0 {
                    return Some(index * 64 + first.trailing_zeros() as usize);
                }
            }
        }
        None
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.iter().map(|word| word.load(Ordering::SeqCst).count_ones() as usize).sum()
    }

    /// Ends being on call. Returns false if tasks have arrived in the meantime and no other worker is on call for them.
    #[must_use]
    pub(crate) fn leave(&self) -> bool {
        self.is_attended.store(false, Ordering::SeqCst);
        self.len() == 0 || !self.is_unattended()
    }

    /// Ends being on call in any case, and takes one of the tasks for which no worker is on call.
    #[cfg(feature = "tokio")]
    pub(crate) fn desert(&self) -> Option<usize> {
        while !self.leave() {
            if let Some(task) = self.take() {
                return Some(task);
            }
        }
        None
    }

    /// Makes the first caller responsible for putting a worker on call.
    fn is_unattended(&self) -> bool {
        !self.is_attended.load(Ordering::SeqCst) && !self.is_attended.swap(true, Ordering::SeqCst)
    }
}

#[cfg(not(all(test, loom)))]
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
}

#[cfg(all(test, loom))]
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn while_there_are_tasks_one_is_on_call() {
        loom::model(|| {
            let ready = Arc::new(Ready::new());
            assert!(ready.add(&TaskSet([0b1])));
            assert_eq!(ready.take(), Some(0));
            let other = Arc::clone(&ready);
            let other = thread::spawn(move || other.add(&TaskSet([0b10])));
            let leaves = ready.leave();
            assert!(leaves == other.join().unwrap());
            assert_eq!(ready.len(), 1);
        });
    }

    #[test]
    fn of_two_who_add_one_is_on_call() {
        loom::model(|| {
            let ready = Arc::new(Ready::new());
            let other = Arc::clone(&ready);
            let other = thread::spawn(move || other.add(&TaskSet([0b1])));
            let own = ready.add(&TaskSet([0b10]));
            assert!(own ^ other.join().unwrap());
        });
    }

    #[test]
    fn each_task_is_taken_once() {
        loom::model(|| {
            let ready = Arc::new(Ready::new());
            assert!(ready.add(&TaskSet([0b101])));
            let other = Arc::clone(&ready);
            let other = thread::spawn(move || other.take());
            let mut taken = [ready.take(), other.join().unwrap()];
            taken.sort();
            assert_eq!(taken, [Some(0), Some(2)]);
        });
    }

    #[test]
    fn who_is_no_longer_on_call_leaves_no_task_to_nobody() {
        loom::model(|| {
            let ready = Arc::new(Ready::new());
            assert!(ready.add(&TaskSet([0b1])));
            let other = Arc::clone(&ready);
            let other = thread::spawn(move || {
                let takes = other.take().is_some();
                takes && other.add(&TaskSet([0b10]))
            });
            let leaves = ready.leave();
            let is_on_call = other.join().unwrap();
            assert!(ready.len() == 0 || !leaves ^ is_on_call);
        });
    }
}
