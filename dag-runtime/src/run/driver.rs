//! The boxed driver of a run. It is created at the first poll; only the waiter that has claimed it polls it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Waker};

use super::board::Board;
use super::owned::Hand;
use super::scheduler::Seed;
use crate::cell::ArcWriter;

/// The function that creates the driver of a run.
pub type Start<O, C, D, const WORDS: usize> = fn(O, ArcWriter<C>, Seed<WORDS>) -> Pin<Box<D>>;

pub(crate) struct Driver<O, C, D: ?Sized, const WORDS: usize> {
    stage: Mutex<Stage<O, C, D, WORDS>>,
}

enum Stage<O, C, D: ?Sized, const WORDS: usize> {
    Before {
        writer: ArcWriter<C>,
        seed: Seed<WORDS>,
        begin: Begin<O, C, D, WORDS>,
    },
    Running {
        driver: Pin<Box<D>>,
        waker: Waker,
    },
    /// Dropped by a panic, or because the run was stopped.
    Gone,
}

/// How the driver begins.
pub(crate) enum Begin<O, C, D: ?Sized, const WORDS: usize> {
    /// It is created with the object.
    Start(O, Start<O, C, D, WORDS>),
    /// It is there, and owns a share of the object.
    Owned(Pin<Box<D>>, Hand<C, WORDS>),
}

impl<O, C, D: ?Sized, const WORDS: usize> Begin<O, C, D, WORDS> {
    fn driver(self, writer: ArcWriter<C>, seed: Seed<WORDS>) -> Pin<Box<D>> {
        match self {
            Self::Start(object, start) => start(object, writer, seed),
            Self::Owned(driver, hand) => {
                hand.give(writer, seed);
                driver
            }
        }
    }
}

impl<O, C, D: ?Sized, const WORDS: usize> Stage<O, C, D, WORDS> {
    fn before_start(&mut self) -> Option<(&mut ArcWriter<C>, &mut Seed<WORDS>)> {
        match self {
            Self::Before { writer, seed, .. } if !seed.board.lock().is_awaited => Some((writer, seed)),
            _ => None,
        }
    }
}

#[track_caller]
fn has_started(what: &str) -> ! {
    panic!("{what} before the first await of the run: it has started")
}

impl<O, C, D: ?Sized, const WORDS: usize> Driver<O, C, D, WORDS>
where
    D: Future<Output = ()>,
{
    pub(crate) fn new(begin: Begin<O, C, D, WORDS>, writer: ArcWriter<C>, seed: Seed<WORDS>) -> Self {
        Self { stage: Mutex::new(Stage::Before { writer, seed, begin }) }
    }

    /// Returns the settings that may be changed until a goal is awaited.
    #[track_caller]
    pub(crate) fn before_start(&mut self, what: &str) -> (&mut ArcWriter<C>, &mut Seed<WORDS>) {
        let stage = self.stage.get_mut().unwrap_or_else(PoisonError::into_inner);
        stage.before_start().unwrap_or_else(|| has_started(what))
    }

    /// The same through a shared reference, which `with_<task>` has. `change` must call no foreign code: the lock is
    /// held while it runs.
    #[track_caller]
    pub(crate) fn change_before_start<R>(
        &self,
        what: &str,
        change: impl FnOnce(&mut ArcWriter<C>, &mut Seed<WORDS>) -> R,
    ) -> R {
        // If the lock is held, the driver is being polled.
        let mut stage = self.stage.try_lock().ok();
        let before = stage.as_mut().and_then(|stage| stage.before_start());
        let changed = before.map(|(writer, seed)| change(writer, seed));
        drop(stage);
        changed.unwrap_or_else(|| has_started(what))
    }

    /// Drops the driver and all that is under way. Returns the payload if a drop panics.
    pub(crate) fn end(self) -> Option<Box<dyn Any + Send>> {
        let mut stage = self.stage.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Stage::Before { seed, .. } = &mut stage {
            // Its observers are told about results that were injected.
            _ = seed.announcer();
        }
        catch_unwind(AssertUnwindSafe(|| drop(stage))).err()
    }

    /// Polls the driver once. A panic of a task drops the driver and ends the run.
    ///
    /// The lock is held during the poll, but no thread waits for it: only one waiter at a time can claim the driver,
    /// and a body that awaits its own run finds the driver claimed.
    pub(crate) fn poll(&self, board: &Arc<Board<WORDS>>) {
        let stage = self.stage.try_lock().unwrap_or_else(|error| match error {
            TryLockError::Poisoned(error) => error.into_inner(),
            TryLockError::WouldBlock => unreachable!("one waiter at a time claims the driver"),
        });
        let mut stage = GoneOnUnwind { stage, board, is_polled: false };
        if let Stage::Before { .. } = *stage.stage {
            if let Stage::Before { writer, seed, begin } = std::mem::replace(&mut *stage.stage, Stage::Gone) {
                let waker = Waker::from(Arc::clone(board));
                *stage.stage = Stage::Running { driver: begin.driver(writer, seed), waker };
            }
        }
        if let Stage::Running { driver, waker } = &mut *stage.stage {
            _ = driver.as_mut().poll(&mut Context::from_waker(waker));
        }
        stage.is_polled = true;
        drop(stage);
        #[cfg(feature = "durable")]
        self.drop_if_stopped(board);
    }

    /// Drops the driver of a run that was stopped. The thread that polls the driver has the lock: it looks again after
    /// its poll, so that one of the two threads drops the driver.
    #[cfg(feature = "durable")]
    pub(crate) fn drop_if_stopped(&self, board: &Board<WORDS>) {
        if !board.is_stopped() {
            return;
        }
        let stage = match self.stage.try_lock() {
            Ok(mut stage) => std::mem::replace(&mut *stage, Stage::Gone),
            Err(TryLockError::Poisoned(error)) => std::mem::replace(&mut *error.into_inner(), Stage::Gone),
            Err(TryLockError::WouldBlock) => return,
        };
        // Foreign code, and so outside of the lock.
        drop(stage);
    }
}

/// Drops the driver and ends the run if a task panics.
struct GoneOnUnwind<'r, O, C, D: ?Sized, const WORDS: usize> {
    stage: MutexGuard<'r, Stage<O, C, D, WORDS>>,
    board: &'r Board<WORDS>,
    is_polled: bool,
}

impl<O, C, D: ?Sized, const WORDS: usize> Drop for GoneOnUnwind<'_, O, C, D, WORDS> {
    fn drop(&mut self) {
        if !self.is_polled {
            let stage = std::mem::replace(&mut *self.stage, Stage::Gone);
            drop(stage);
            self.board.poison();
        }
    }
}
