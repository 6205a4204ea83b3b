//! The outcomes of many tasks, in the order in which they end.
//!
//! Each task has a bell as its waiter: a waker that puts the key of the task into the inbox when the task ends, and wakes
//! the future that waits for the next outcome. A key is in the inbox at most once, so the inbox has at most as many keys as
//! there are tasks. Results stay in their tasks until they are taken out.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use slab::Slab;

use super::all::TaskHandle;
use crate::dynamic::lock;
use crate::dynamic::node::{Held, Wait, WaiterKey};
use crate::dynamic::sealed::Token;
use crate::dynamic::work::current::Waiting;
use crate::dynamic::work::worker;
use crate::error::TaskError;

/// The outcomes of tasks in the order in which they end; [`outcomes`] returns it.
///
/// With the feature `stream` it is a `Stream`. It holds one entry for each task whose outcome has not been returned.
/// Dropping it does not affect the tasks.
pub struct Outcomes<T> {
    tasks: Slab<Entry<T>>,
    inbox: Arc<Inbox>,
    waiting: Option<Waiting>,
}

struct Entry<T> {
    task: Held<T>,
    waiter: Option<WaiterKey>,
}

#[derive(Default)]
struct Inbox(Mutex<Arrived>);

#[derive(Default)]
struct Arrived {
    ended: VecDeque<usize>,
    waker: Option<Waker>,
}

struct Bell {
    inbox: Arc<Inbox>,
    key: usize,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.inbox.add(self.key);
    }
}

impl Inbox {
    fn add(&self, key: usize) {
        let mut arrived = lock(&self.0);
        arrived.ended.push_back(key);
        let waker = arrived.waker.take();
        drop(arrived);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns the next key, or has `waker` woken when there is one.
    fn poll(&self, waker: &Waker) -> Poll<usize> {
        // A waker is foreign code: it is cloned and dropped without the lock.
        let fresh = waker.clone();
        let mut arrived = lock(&self.0);
        let key = arrived.ended.pop_front();
        let previous = if key.is_none() { arrived.waker.replace(fresh) } else { arrived.waker.take() };
        drop(arrived);
        drop(previous);
        key.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Returns the outcomes of tasks, each as soon as the task has ended. Their failures are values, as with
/// [`Task::caught`](crate::Task::caught): they do not fail the scope if `outcomes` is called before the next `.await`
/// after the tasks were created.
///
/// A task that waits here for its own outcome, or for that of a task that waits for it, does not panic: another outcome may
/// come first. If only such tasks are left, it waits forever.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Task, outcomes};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let texts = ["1", "x", "3"];
/// let mut numbers = outcomes(texts.map(|text| Task::try_spawn(async { text.parse::<u32>() })));
/// let (mut sum, mut failures) = (0, 0);
/// while let Some(number) = numbers.next().await {
///     match number {
///         Ok(number) => sum += number,
///         Err(_) => failures += 1,
///     }
/// }
/// assert_eq!((sum, failures), (4, 1));
/// # }
/// ```
#[must_use = "a failure whose outcome nobody takes is lost"]
pub fn outcomes<H: TaskHandle>(tasks: impl IntoIterator<Item = H>) -> Outcomes<H::Value> {
    let mut outcomes = Outcomes { tasks: Slab::new(), inbox: Arc::default(), waiting: None };
    for task in tasks {
        outcomes.push(task);
    }
    outcomes
}

impl<T: Send + Sync + 'static> Outcomes<T> {
    /// Adds a task. As with [`outcomes`], its failure does not fail the scope if `push` is called before the next `.await`
    /// after the task was created.
    ///
    /// # Examples
    /// ```
    /// # use dag_runtime as adagio;
    /// use adagio::{Task, outcomes};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // Each number leads to the next one.
    /// let mut numbers = outcomes([Task::value(1)]);
    /// let mut last = 0;
    /// while let Some(Ok(number)) = numbers.next().await {
    ///     last = number;
    ///     if number < 100 {
    ///         numbers.push(Task::spawn(async move { 2 * number }));
    ///     }
    /// }
    /// assert_eq!(last, 128);
    /// # }
    /// ```
    pub fn push(&mut self, task: impl TaskHandle<Value = T>) {
        let task = task.into_task(Token).0;
        task.head().is_caught.store(true, Ordering::Release);
        let vacant = self.tasks.vacant_entry();
        let key = vacant.key();
        let bell = Waker::from(Arc::new(Bell { inbox: Arc::clone(&self.inbox), key }));
        let entry = vacant.insert(Entry { task, waiter: None });
        if let Wait::IsOver = entry.task.poll_ended(&mut entry.waiter, &bell) {
            self.inbox.add(key);
        }
    }

    /// Aborts the tasks whose outcomes have not been returned.
    pub(super) fn abort_all(&self) {
        for (_, Entry { task, .. }) in &self.tasks {
            worker::fail(task.node(), task.head().aborted());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }
}

impl<T: Clone> Outcomes<T> {
    /// Waits until one more task has ended, and returns its outcome; `None` once there is none left.
    ///
    /// # Cancel safety
    /// Dropping the future loses no outcome.
    pub async fn next(&mut self) -> Option<Result<T, TaskError>> {
        /// Ends the wait, also if the future is dropped while it waits.
        struct Next<'o, T>(&'o mut Outcomes<T>);

        impl<T> Drop for Next<'_, T> {
            fn drop(&mut self) {
                self.0.waiting = None;
            }
        }

        let next = Next(self);
        poll_fn(|cx| next.0.poll_next(cx)).await
    }

    /// Polls for the next outcome, as [`next`](Self::next) does.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, TaskError>>> {
        if self.tasks.is_empty() {
            return Poll::Ready(None);
        }
        match self.inbox.poll(cx.waker()) {
            Poll::Ready(key) => {
                self.waiting = None;
                let Entry { task, .. } = self.tasks.remove(key);
                Poll::Ready(Some(task.into_outcome()))
            }
            Poll::Pending => {
                // The task that polls now may not be the one that has polled before.
                self.waiting = Waiting::begin();
                Poll::Pending
            }
        }
    }
}

#[cfg(feature = "stream")]
impl<T: Clone> futures_core::Stream for Outcomes<T> {
    type Item = Result<T, TaskError>;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Outcomes::poll_next(&mut self, cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.tasks.len(), Some(self.tasks.len()))
    }
}

impl<T> Drop for Outcomes<T> {
    fn drop(&mut self) {
        for (_, Entry { task, waiter }) in &mut self.tasks {
            if let Some(waiter) = waiter.take() {
                task.stop_waiting(waiter);
            }
        }
    }
}

impl<T> fmt::Debug for Outcomes<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Outcomes").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Unpin>() {}
    assert::<Outcomes<u64>>();
};
