//! The events of a run, for a reader that may be slow.
//!
//! The observer and the reader share a queue of limited length under a short lock. If the queue is full, a new event
//! replaces the oldest one, which is counted as missed. So the run never waits for the reader.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::observe::observer::{Observer, Outcome, TaskEvent, returns};

/// The events of a run or of a scope while it runs, to be read by one reader: for progress in a terminal or over server-sent
/// events.
///
/// It keeps a limited number of events. If the reader is slower than the run, the oldest events are dropped, and the reader
/// learns how many: the run never waits for the reader. With the feature `stream` it is a `Stream`.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Event, Events};
///
/// # async fn read() {
/// let mut events = Events::new(64);
/// // let run = checkout.run().observe(events.observer());
/// # let observer: Box<dyn adagio::Observer> = Box::new(events.observer());
/// # drop(observer);
/// // Beside the run; ends when the run is dropped.
/// while let Some(event) = events.next().await {
///     match event {
///         Event::Started { task, .. } => println!("{task} starts"),
///         Event::Finished { task, outcome, .. } => println!("{task}: {outcome:?}"),
///         Event::Missed(events) => println!("{events} events were not read in time"),
///         _ => {}
///     }
/// }
/// # }
/// # let mut read = std::pin::pin!(read());
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(read.as_mut().poll(&mut context).is_ready());
/// ```
pub struct Events {
    queue: Arc<Queue>,
}

/// An event of a run, as [`Events`] returns it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// An attempt of a task starts.
    #[non_exhaustive]
    Started {
        /// The name of the task.
        task: String,
        /// The number of the task, unique in its run.
        id: u64,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// An attempt of a task has ended. A skipped task has only this event.
    #[non_exhaustive]
    Finished {
        /// The name of the task.
        task: String,
        /// The number of the task, unique in its run.
        id: u64,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// How it ended.
        outcome: Outcome,
        /// The name of the task because of which it is skipped, as [`TaskEvent::because`] returns it.
        because: Option<String>,
    },
    /// This number of events before the next one was dropped, because the reader was slow.
    Missed(u64),
}

struct Queue {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    missed: u64,
    /// How many observers there are.
    tellers: usize,
    waker: Option<Waker>,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the queue, and wakes the reader.
    fn change(&self, change: impl FnOnce(&mut State) -> Option<Event>) {
        let mut state = self.state();
        let dropped = change(&mut state);
        let waker = state.waker.take();
        drop(state);
        drop(dropped);
        if let Some(waker) = waker {
            // An observer may be dropped in an unwind.
            returns(|| waker.wake());
        }
    }

    fn tell(&self, event: Event) {
        self.change(|state| {
            let oldest = if state.events.len() == self.capacity { state.events.pop_front() } else { None };
            state.missed += u64::from(oldest.is_some());
            state.events.push_back(event);
            oldest
        });
    }
}

impl Events {
    /// Creates a queue of at most `capacity` events.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "the capacity of `Events` is at least 1: with 0 every event would be missed");
        Self { queue: Arc::new(Queue { capacity, state: Mutex::default() }) }
    }

    /// Returns an observer that adds the events of a run to the queue; pass it to `observe`. Call this once for each run
    /// that is to be observed.
    #[must_use = "a run is not observed unless `observe` takes it"]
    pub fn observer(&self) -> impl Observer + use<> {
        self.queue.state().tellers += 1;
        Teller(Arc::clone(&self.queue))
    }

    /// Waits for the next event, and returns it. Returns `None` if no event is left and no observer exists: once every
    /// observed run has been dropped, or before [`observer`](Self::observer) is called.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Polls for the next event, as [`next`](Self::next) does.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        // A waker is foreign code: it is cloned and dropped without the lock.
        let fresh = cx.waker().clone();
        let mut state = self.queue.state();
        let event = match std::mem::take(&mut state.missed) {
            0 => state.events.pop_front(),
            missed => Some(Event::Missed(missed)),
        };
        if event.is_some() || state.tellers == 0 {
            return Poll::Ready(event);
        }
        let previous = state.waker.replace(fresh);
        drop(state);
        drop(previous);
        Poll::Pending
    }
}

#[cfg(feature = "stream")]
impl futures_core::Stream for Events {
    type Item = Event;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        Events::poll_next(&mut self, cx)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Events").field("capacity", &self.queue.capacity).finish_non_exhaustive()
    }
}

/// Adds the events of a run to the queue.
struct Teller(Arc<Queue>);

impl Observer for Teller {
    fn started(&self, task: &TaskEvent<'_>) {
        self.0.tell(Event::Started { task: task.name().to_owned(), id: task.id(), attempt: task.attempt() });
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let (name, because) = (task.name().to_owned(), task.because().map(str::to_owned));
        let outcome = outcome.clone();
        self.0.tell(Event::Finished { task: name, id: task.id(), attempt: task.attempt(), outcome, because });
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.0.change(|state| {
            state.tellers -= 1;
            None
        });
    }
}

const _: () = {
    const fn assert<T: Send + Sync + Unpin + 'static>() {}
    assert::<Events>();
    assert::<Event>();
};

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    use super::Events;

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker");
        }
    }

    #[test]
    fn a_waker_that_panics_does_not_reach_the_code_that_drops_the_observer() {
        let mut events = Events::new(1);
        let observer = events.observer();
        let panics = Waker::from(Arc::new(Panics));
        assert!(events.poll_next(&mut Context::from_waker(&panics)).is_pending());
        drop(observer);
        assert!(matches!(events.poll_next(&mut Context::from_waker(Waker::noop())), Poll::Ready(None)));
    }
}
