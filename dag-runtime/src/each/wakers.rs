//! In: wakes of single bodies, from any thread. Out: the bodies to poll, in the order in which they were woken.
//!
//! Each place has a waker of its own, made when its first body is polled. A wake notes the place in a list, unless the
//! place is in it already, and wakes the task if this is the first wake since the last poll began. So a wake costs the
//! poll of one body, however many are under way. A wake that is late is one of the next body in the place, which is
//! polled in vain then.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The wakers of all places of a group.
pub(super) struct PlaceWakers {
    shared: Arc<Shared>,
    places: Vec<(Arc<PlaceWaker>, Waker)>,
    /// The places that were woken before this poll began, or before an earlier one that stopped early.
    woken: VecDeque<usize>,
}

struct Shared {
    noted: Mutex<Noted>,
}

struct Noted {
    places: Vec<usize>,
    /// Taken by the first wake after a poll has begun.
    parent: Option<Waker>,
}

struct PlaceWaker {
    place: usize,
    /// The place is in a list of woken ones.
    is_woken: AtomicBool,
    shared: Arc<Shared>,
}

impl PlaceWakers {
    pub(super) fn new() -> Self {
        let noted = Mutex::new(Noted { places: Vec::new(), parent: None });
        Self { shared: Arc::new(Shared { noted }), places: Vec::new(), woken: VecDeque::new() }
    }

    /// Begins a poll: from now on, wakes reach `parent`. The first place is then the next woken one after `tired_from`.
    pub(super) fn begin(&mut self, parent: &Waker, tired_from: Option<usize>) {
        let is_known = self.shared.lock().parent.as_ref().is_some_and(|known| known.will_wake(parent));
        // Cloning and dropping a waker run foreign code, so both happen outside the lock.
        let new = (!is_known).then(|| parent.clone());
        let mut noted = self.shared.lock();
        self.woken.extend(noted.places.drain(..));
        if let Some(first) = tired_from {
            let next = (0..self.woken.len()).min_by_key(|&it| (self.woken[it] <= first, self.woken[it]));
            self.woken.rotate_left(next.unwrap_or(0));
        }
        let old = new.and_then(|new| noted.parent.replace(new));
        drop(noted);
        drop(old);
    }

    /// Returns the next place that was woken. From now on, it may be woken again.
    pub(super) fn next_woken(&mut self) -> Option<usize> {
        let place = self.woken.pop_front()?;
        self.places[place].0.is_woken.swap(false, Ordering::AcqRel);
        Some(place)
    }

    /// Returns whether a place was woken and has not been polled since.
    pub(super) fn is_woken(&self, place: usize) -> bool {
        self.places[place].0.is_woken.load(Ordering::Relaxed)
    }

    /// Returns the waker of a place, which is the next new one or older.
    pub(super) fn waker(&mut self, place: usize) -> &Waker {
        if place == self.places.len() {
            let shared = Arc::clone(&self.shared);
            let own = Arc::new(PlaceWaker { place, is_woken: AtomicBool::new(false), shared });
            self.places.push((Arc::clone(&own), Waker::from(own)));
        }
        &self.places[place].1
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for PlaceWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_woken.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut noted = self.shared.lock();
        noted.places.push(self.place);
        let parent = noted.parent.take();
        drop(noted);
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}
