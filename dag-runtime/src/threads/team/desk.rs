//! The desk, where the driver of a terminal or run learns what happens on other threads, and from where it stops them.
//! It has one lock, which is never held while foreign code runs.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tokio::task::AbortHandle;

use crate::error::TaskError;
use crate::observe::observer::returns;

/// The handles of ended workers are removed when there are at least this many handles and twice as many as were left
/// the last time.
const FEW: usize = 64;

pub(super) struct Desk<F> {
    papers: Mutex<Papers<F>>,
    /// No worker starts any more; set under the lock.
    is_closed: AtomicBool,
    /// How many workers and pickers there are, including aborted ones whose tasks have not been dropped yet. A picker on a
    /// thread that may block does not count: nobody waits for it.
    present: AtomicUsize,
}

struct Papers<F> {
    /// The waker of the driver, until it is woken.
    waker: Option<Waker>,
    reports: Vec<Report<F>>,
    workers: Vec<AbortHandle>,
    /// How many handles there may be before those of ended workers are removed.
    many: usize,
    pickers: Vec<Pickers>,
}

/// The pickers of a task that runs once for each element.
struct Pickers {
    task: usize,
    handles: Vec<AbortHandle>,
    /// How many there are, including aborted ones that have not been dropped yet.
    present: usize,
    /// The waker of the driver, if it waits until all are gone.
    waker: Option<Waker>,
}

/// An outcome of a spawned task other than a result.
pub(super) enum Report<F> {
    /// It failed, and the run continues.
    Failed(usize, TaskError),
    /// It failed, and so does the terminal.
    Failure(F),
    /// Its body was dropped because a task that it asked for failed.
    Dropped(usize),
    Panicked(usize, Box<dyn Any + Send>),
    /// It was dropped by its runtime.
    Lost(usize),
}

impl<F> Desk<F> {
    pub(super) fn new() -> Self {
        let papers = Papers { waker: None, reports: Vec::new(), workers: Vec::new(), many: FEW, pickers: Vec::new() };
        Self { papers: Mutex::new(papers), is_closed: AtomicBool::new(false), present: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Papers<F>> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the driver's waker, and returns the reports.
    pub(super) fn attend(&self, waker: &Waker) -> Vec<Report<F>> {
        let is_known = self.lock().waker.as_ref().is_some_and(|known| known.will_wake(waker));
        let waker = (!is_known).then(|| waker.clone());
        let mut papers = self.lock();
        let left = if waker.is_some() { std::mem::replace(&mut papers.waker, waker) } else { None };
        let reports = std::mem::take(&mut papers.reports);
        drop(papers);
        drop(left);
        reports
    }

    /// Wakes the driver, if it has not been woken since its last pass. If the waker panics, the worker still continues.
    pub(super) fn wake(&self) {
        let waker = self.lock().waker.take();
        if let Some(waker) = waker {
            returns(|| waker.wake());
        }
    }

    /// Sends a report to the driver.
    pub(super) fn report(&self, report: Report<F>) {
        self.lock().reports.push(report);
        self.wake();
    }

    /// Adds a worker, unless the desk is closed.
    pub(super) fn add(&self, spawn: impl FnOnce() -> AbortHandle) {
        if self.is_closed() {
            return;
        }
        let worker = spawn();
        let mut papers = self.lock();
        if self.is_closed() {
            drop(papers);
            worker.abort();
            return;
        }
        papers.workers.push(worker);
        if papers.workers.len() > papers.many {
            papers.workers.retain(|worker| !worker.is_finished());
            papers.many = FEW.max(2 * papers.workers.len());
        }
    }

    /// Adds a picker of a task, unless the desk is closed.
    pub(super) fn add_picker(&self, task: usize, spawn: impl FnOnce() -> AbortHandle) {
        if self.is_closed() {
            return;
        }
        let picker = spawn();
        let mut papers = self.lock();
        if self.is_closed() {
            drop(papers);
            picker.abort();
            return;
        }
        let handles = &mut papers.pickers_of(task).handles;
        if handles.len() == handles.capacity() {
            handles.retain(|picker| !picker.is_finished());
        }
        handles.push(picker);
    }

    /// Aborts the pickers of a task.
    pub(super) fn dismiss(&self, task: usize) {
        let handles = std::mem::take(&mut self.lock().pickers_of(task).handles);
        for picker in handles {
            picker.abort();
        }
    }

    /// Notes that a picker of a task has been created.
    pub(super) fn enter_picker(&self, task: usize) {
        self.lock().pickers_of(task).present += 1;
        self.enter();
    }

    /// Notes that a picker of a task has gone.
    pub(super) fn go_picker(&self, task: usize) {
        let mut papers = self.lock();
        let pickers = papers.pickers_of(task);
        pickers.present -= 1;
        let waker = if pickers.present == 0 { pickers.waker.take() } else { None };
        drop(papers);
        if let Some(waker) = waker {
            returns(|| waker.wake());
        }
        self.go();
    }

    /// Returns whether a picker of a task is left; then the last one to go wakes the waker.
    pub(super) fn has_picker(&self, task: usize, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut papers = self.lock();
        let pickers = papers.pickers_of(task);
        let is_left = pickers.present > 0;
        let left = if is_left { pickers.waker.replace(waker) } else { None };
        drop(papers);
        drop(left);
        is_left
    }

    /// Notes that a worker has been created.
    pub(super) fn enter(&self) {
        self.present.fetch_add(1, Ordering::SeqCst);
    }

    /// Notes that a worker has gone. A driver that waits for this has closed the desk and stored its waker before it
    /// looked: either the last worker finds the waker, or the worker was gone when the driver looked.
    pub(super) fn go(&self) {
        if self.present.fetch_sub(1, Ordering::SeqCst) == 1 && self.is_closed() {
            self.wake();
        }
    }

    /// Returns whether a worker is left.
    pub(super) fn has_workers(&self) -> bool {
        self.present.load(Ordering::SeqCst) > 0
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Aborts all workers, and lets no other worker start.
    pub(super) fn close(&self) {
        let mut papers = self.lock();
        self.is_closed.store(true, Ordering::SeqCst);
        let workers = std::mem::take(&mut papers.workers);
        let pickers = papers.pickers.iter_mut().map(|pickers| std::mem::take(&mut pickers.handles));
        let pickers: Vec<_> = pickers.collect();
        drop(papers);
        for worker in workers.into_iter().chain(pickers.into_iter().flatten()) {
            worker.abort();
        }
    }

    /// Returns the driver's wakers, because the driver is dropped.
    pub(super) fn leave(&self) -> Vec<Waker> {
        let mut papers = self.lock();
        let waker = papers.waker.take();
        waker.into_iter().chain(papers.pickers.iter_mut().filter_map(|pickers| pickers.waker.take())).collect()
    }
}

impl<F> Papers<F> {
    fn pickers_of(&mut self, task: usize) -> &mut Pickers {
        let place = self.pickers.iter().position(|pickers| pickers.task == task);
        let place = place.unwrap_or_else(|| {
            self.pickers.push(Pickers { task, handles: Vec::new(), present: 0, waker: None });
            self.pickers.len() - 1
        });
        &mut self.pickers[place]
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::yield_now;

    use super::*;

    #[test]
    fn a_worker_that_is_spawned_while_the_desk_closes_is_aborted() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let desk = Desk::<()>::new();
        let spawned = runtime.spawn(pending::<()>());
        // The desk is closed between the first check and the lock.
        desk.add(|| {
            desk.close();
            spawned.abort_handle()
        });
        // Lets the runtime drop the body. A body that is not aborted would never end.
        runtime.block_on(yield_now());
        assert!(spawned.is_finished());
    }
}
