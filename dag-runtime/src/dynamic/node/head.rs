//! What a task has whatever it gives: its name, how many inputs it waits for, and where it belongs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::dynamic::members::Membership;
use crate::dynamic::work::current::Waits;
use crate::observe::observer::Outcome;
use crate::observe::watch::Watch;

/// What a node has whatever its type.
pub(in crate::dynamic) struct Head {
    pub(in crate::dynamic) name: &'static str,
    /// Inputs that are not done, and one more while the task is made.
    pub(in crate::dynamic) missing: AtomicUsize,
    pub(in crate::dynamic) membership: Option<Membership>,
    /// Present if the scope has observers.
    pub(in crate::dynamic) watch: Option<Arc<Watch>>,
    /// Present if the scope has a limit or observers.
    pub(in crate::dynamic) waits: Option<Arc<Waits>>,
}

impl Head {
    /// Notes that one more input is done; tells whether it was the last.
    pub(in crate::dynamic) fn input_is_done(&self) -> bool {
        self.missing.fetch_sub(1, Ordering::AcqRel) == 1
    }

    pub(in crate::dynamic) fn is_closed(&self) -> bool {
        self.membership.as_ref().is_some_and(|membership| membership.members.is_closed())
    }

    pub(in crate::dynamic) fn tell_started(&self) {
        if let Some(watch) = &self.watch {
            watch.started();
        }
    }

    /// Tells that the task waits for another one, or goes on.
    pub(in crate::dynamic) fn tell_paused(&self, is_paused: bool) {
        if let Some(watch) = &self.watch {
            watch.pause(is_paused);
        }
    }

    pub(in crate::dynamic) fn tell_finished(&self, outcome: &Outcome) {
        if let Some(watch) = &self.watch {
            watch.finished(outcome);
        }
    }
}
