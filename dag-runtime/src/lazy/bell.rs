//! The bell that tells the driver that an ask or a gate has changed.

use std::sync::PoisonError;
use std::task::Waker;

use super::sync::{AtomicBool, Mutex, MutexGuard, Ordering};
use crate::observe::observer::returns;

pub(super) struct Bell {
    pub(super) is_changed: AtomicBool,
    /// The waker of the driver, if askers run on other threads.
    driver: Mutex<Option<Waker>>,
}

impl Bell {
    pub(super) fn new() -> Self {
        Self { is_changed: AtomicBool::new(false), driver: Mutex::new(None) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn attend(&self, waker: &Waker) {
        if self.lock().as_ref().is_some_and(|known| known.will_wake(waker)) {
            return;
        }
        let waker = waker.clone();
        let left = self.lock().replace(waker);
        drop(left);
    }

    /// Notes a change of an ask or a gate. If the asker runs on another thread, wakes the driver.
    #[inline]
    pub(super) fn ring(&self, is_away: bool) {
        self.is_changed.store(true, Ordering::SeqCst);
        if is_away {
            self.wake();
        }
    }

    fn wake(&self) {
        let waker = self.lock().take();
        if let Some(waker) = waker {
            returns(|| waker.wake());
        }
    }
}
