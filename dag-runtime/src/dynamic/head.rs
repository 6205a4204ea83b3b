//! What a task has whatever it gives: its name, how many inputs it waits for, and where it belongs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::current::Waits;
use super::members::Membership;
use super::watch::Watch;
use crate::observe::observer::Outcome;

/// What a node has whatever its type.
pub(super) struct Head {
    pub(super) name: &'static str,
    /// Inputs that are not done, and one more while the task is made.
    pub(super) missing: AtomicUsize,
    pub(super) membership: Option<Membership>,
    /// Present if the scope has observers.
    pub(super) watch: Option<Arc<Watch>>,
    /// Present if the scope has a limit or observers.
    pub(super) waits: Option<Arc<Waits>>,
}

impl Head {
    /// Notes that one more input is done; tells whether it was the last.
    pub(super) fn input_is_done(&self) -> bool {
        self.missing.fetch_sub(1, Ordering::AcqRel) == 1
    }

    pub(super) fn is_closed(&self) -> bool {
        self.membership.as_ref().is_some_and(|membership| membership.members.is_closed())
    }

    pub(super) fn tell_started(&self) {
        if let Some(watch) = &self.watch {
            watch.started();
        }
    }

    /// Tells that the task waits for another one, or goes on.
    pub(super) fn tell_paused(&self, is_paused: bool) {
        if let Some(watch) = &self.watch {
            watch.pause(is_paused);
        }
    }

    pub(super) fn tell_finished(&self, outcome: &Outcome) {
        if let Some(watch) = &self.watch {
            watch.finished(outcome);
        }
    }
}
