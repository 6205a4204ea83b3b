//! The driver of a run, in its place in the frame. It begins at its first poll, and only the waiter that has claimed it
//! polls it.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::Context;

use super::board::Board;
use super::scheduler::Seed;
use super::{Begins, Drive, NewRun, Run, SendRun, Stage};
use crate::cell::ArcWriter;
use crate::check::IfSend;

/// What may be changed until a goal is awaited.
pub struct Settings<C, const WORDS: usize> {
    pub(super) writer: ArcWriter<C>,
    pub(super) seed: Seed<WORDS>,
}

/// Creates the driver with the object.
pub struct Begin<O, S> {
    pub(super) object: O,
    pub(super) start: S,
}

impl<O, C, S, F, const WORDS: usize> Begins<Settings<C, WORDS>, F> for Begin<O, S>
where
    S: FnOnce(O, ArcWriter<C>, Seed<WORDS>) -> F,
{
    #[inline]
    fn begin(self, Settings { writer, seed }: Settings<C, WORDS>) -> F {
        (self.start)(self.object, writer, seed)
    }
}

#[track_caller]
fn has_started(what: &str) -> ! {
    panic!("{what} before the first await of the run: it has started")
}

impl<O, C, D, const WORDS: usize> Run<O, C, D, WORDS>
where
    D: Drive<Settings<C, WORDS>> + ?Sized,
{
    /// Returns the settings that may be changed until a goal is awaited.
    #[track_caller]
    pub(super) fn before_start(&mut self, what: &str) -> &mut Seed<WORDS> {
        let is_awaited = self.board().is_awaited();
        // In a closure, the location would be that of the closure.
        match self.owner.driver_mut().settings() {
            Some(settings) if !is_awaited => &mut settings.seed,
            _ => has_started(what),
        }
    }

    /// The same through a shared reference, which `with_<task>` has. `change` must call no foreign code: the driver is
    /// lent while it runs.
    #[track_caller]
    pub(super) fn change_before_start<R>(
        &self,
        what: &str,
        change: impl FnOnce(&mut ArcWriter<C>, &mut Seed<WORDS>) -> R,
    ) -> R {
        // If the driver is lent, it is being polled.
        let changed = self.owner.driver(|driver, _| {
            let settings = driver.settings().filter(|_| !self.board().is_awaited());
            settings.map(|Settings { writer, seed }| change(writer, seed))
        });
        // In a closure, the location would be that of the closure.
        match changed.flatten() {
            Some(changed) => changed,
            None => has_started(what),
        }
    }

    /// Polls the driver once. A panic of a task drops the driver and ends the run.
    ///
    /// Only one waiter at a time can claim the driver, and a body that awaits its own run finds the driver claimed. So it is
    /// not lent to anyone else, except to a thread that stops the run.
    pub(super) fn drive(&self) {
        let polled = self.owner.driver(|driver, waker| {
            let mut polled = GoneOnUnwind { driver, board: self.board(), is_polled: false, cells: PhantomData };
            polled.driver.as_mut().poll(&mut Context::from_waker(waker));
            polled.is_polled = true;
        });
        #[cfg(feature = "durable")]
        if self.board().is_stopped() {
            return self.drop_if_stopped();
        }
        assert!(polled.is_some(), "one waiter at a time claims the driver");
    }

    /// Drops the driver of a run that was stopped. The thread that polls the driver looks again after its poll, so that one
    /// of the two threads drops the driver.
    #[cfg(feature = "durable")]
    #[cold]
    pub(super) fn drop_if_stopped(&self) {
        if self.board().is_stopped() {
            _ = self.owner.driver(|driver, _| driver.end());
        }
    }
}

/// Drops the driver and ends the run if a task panics.
struct GoneOnUnwind<'r, C, D: Drive<Settings<C, WORDS>> + ?Sized, const WORDS: usize> {
    driver: Pin<&'r mut D>,
    board: &'r Board<WORDS>,
    is_polled: bool,
    cells: PhantomData<fn() -> C>,
}

impl<C, D: Drive<Settings<C, WORDS>> + ?Sized, const WORDS: usize> Drop for GoneOnUnwind<'_, C, D, WORDS> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_polled {
            self.driver.as_mut().end();
            self.board.poison();
        }
    }
}

impl<O, C, S, F, const WORDS: usize> IfSend<NewRun<O, C, S, F, WORDS>>
where
    S: FnOnce(O, ArcWriter<C>, Seed<WORDS>) -> F,
    F: Future<Output = ()>,
    Stage<Settings<C, WORDS>, Begin<O, S>, F>: Send,
{
    /// Returns a run that any thread may drive.
    #[must_use]
    #[inline]
    pub fn erased<'f, P>(self, run: NewRun<O, C, S, F, WORDS>) -> SendRun<'f, P, C, WORDS>
    where
        Stage<Settings<C, WORDS>, Begin<O, S>, F>: 'f,
    {
        Run { owner: run.owner.of_any_thread(), object: PhantomData }
    }
}
