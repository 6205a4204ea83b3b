//! In: wakes of single bodies, from any thread. Out: the bodies to poll, in the order in which they were woken.
//!
//! Each place has a waker of its own; those of 32 places are in one allocation, made when the first of them is polled. A
//! wake notes the place in a list, unless the place is in it already, and wakes the task if this is the first wake since
//! the last poll began. So a wake costs the poll of one body, however many are under way. A wake that is late is one of
//! the next body in the place, which is polled in vain then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::cell::{LentWaker, ROW, WakeOne, WakerRow};

/// The wakers of all places of a group.
pub(super) struct PlaceWakers {
    shared: Arc<Shared>,
    rows: Vec<WakerRow<Places>>,
    /// The places that were woken before this poll began, or before an earlier one that stopped early; up to `polled`, those
    /// that were polled since.
    woken: Vec<usize>,
    polled: usize,
}

struct Shared {
    noted: Mutex<Noted>,
}

struct Noted {
    places: Vec<usize>,
    /// Taken by the first wake after a poll has begun.
    parent: Option<Waker>,
}

/// Some places that follow one another.
struct Places {
    first: usize,
    /// Whether each place is in a list of woken ones.
    are_woken: [AtomicBool; ROW],
    shared: Arc<Shared>,
}

impl PlaceWakers {
    pub(super) fn new() -> Self {
        let noted = Mutex::new(Noted { places: Vec::new(), parent: None });
        Self { shared: Arc::new(Shared { noted }), rows: Vec::new(), woken: Vec::new(), polled: 0 }
    }

    /// Begins a poll: from now on, wakes reach `parent`. The first place is then the next woken one after `tired_from`.
    pub(super) fn begin(&mut self, parent: &Waker, tired_from: Option<usize>) {
        let is_known = self.shared.lock().parent.as_ref().is_some_and(|known| known.will_wake(parent));
        // Cloning and dropping a waker run foreign code, so both happen outside the lock.
        let new = (!is_known).then(|| parent.clone());
        // Few are moved, however often a poll stops early.
        if self.polled > self.woken.len() / 2 {
            self.woken.drain(..std::mem::take(&mut self.polled));
        }
        let mut noted = self.shared.lock();
        if self.woken.is_empty() {
            // The two lists take turns.
            std::mem::swap(&mut self.woken, &mut noted.places);
        } else {
            self.woken.append(&mut noted.places);
        }
        let old = new.and_then(|new| noted.parent.replace(new));
        drop(noted);
        drop(old);
        if let Some(first) = tired_from {
            let woken = &mut self.woken[self.polled..];
            let next = (0..woken.len()).min_by_key(|&it| (woken[it] <= first, woken[it]));
            woken.rotate_left(next.unwrap_or(0));
        }
    }

    /// Returns the next place that was woken. From now on, it may be woken again.
    pub(super) fn next_woken(&mut self) -> Option<usize> {
        let place = *self.woken.get(self.polled)?;
        self.polled += 1;
        self.is_woken_of(place).swap(false, Ordering::AcqRel);
        Some(place)
    }

    /// Returns whether a place was woken and has not been polled since.
    pub(super) fn is_woken(&self, place: usize) -> bool {
        self.is_woken_of(place).load(Ordering::Relaxed)
    }

    fn is_woken_of(&self, place: usize) -> &AtomicBool {
        &self.rows[place / ROW].common().are_woken[place % ROW]
    }

    /// Returns the waker of a place, which is the next new one or older.
    pub(super) fn waker(&mut self, place: usize) -> LentWaker<'_> {
        let row = place / ROW;
        if row == self.rows.len() {
            let are_woken = [const { AtomicBool::new(false) }; ROW];
            let places = Places { first: row * ROW, are_woken, shared: Arc::clone(&self.shared) };
            self.rows.push(WakerRow::new(places));
        }
        self.rows[row].waker(place % ROW)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WakeOne for Places {
    fn wake(&self, number: usize) {
        if self.are_woken[number].swap(true, Ordering::AcqRel) {
            return;
        }
        let mut noted = self.shared.lock();
        noted.places.push(self.first + number);
        let parent = noted.parent.take();
        drop(noted);
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}
