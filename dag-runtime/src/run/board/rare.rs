//! The parts of a board that few runs need. Most boards do without them, and are smaller for it.

use std::sync::{Arc, OnceLock};

use super::Board;
#[cfg(feature = "tokio")]
use crate::close::{Exit, Leave};
#[cfg(feature = "durable")]
use crate::durable::Kept;
use crate::observe::announcer::Announcer;
use crate::schedule::inner::Retries;

/// Each part is made when it is first used.
#[derive(Default)]
pub(super) struct Rare {
    /// How often failures have been forgotten, for inner graphs that catch failures.
    retries: OnceLock<Retries>,
    /// Tells the observers that results are closed; present only in a run that may be closed.
    announcer: OnceLock<Arc<Announcer>>,
    /// Has the failures that bodies are told; present only in a run with a keeper.
    #[cfg(feature = "durable")]
    kept: OnceLock<Arc<Kept>>,
    /// Where the caller of `close()` waits for the other threads.
    #[cfg(feature = "tokio")]
    exit: OnceLock<Arc<Exit>>,
}

impl<const WORDS: usize> Board<WORDS> {
    fn made_rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    /// Returns the counter by which inner graphs learn that failures are forgotten.
    #[cold]
    pub(crate) fn retries(&self) -> Retries {
        self.made_rare().retries.get_or_init(Retries::default).clone()
    }

    /// Returns the same counter, if an inner graph has it.
    pub(super) fn known_retries(&self) -> Option<&Retries> {
        self.rare.get()?.retries.get()
    }

    /// Takes the failures that bodies are told: they are forgotten together with all others.
    #[cfg(feature = "durable")]
    pub(crate) fn keep_causes(&self, kept: &Arc<Kept>) {
        _ = self.made_rare().kept.set(Arc::clone(kept));
    }

    /// Forgets the failures that bodies are told.
    #[cfg(feature = "durable")]
    pub(super) fn forget_causes(&self) {
        if let Some(kept) = self.rare.get().and_then(|rare| rare.kept.get()) {
            kept.forget_causes();
        }
    }

    /// Keeps the announcer for the end of the run.
    pub(crate) fn keep_announcer(&self, announcer: &Arc<Announcer>) {
        _ = self.made_rare().announcer.set(Arc::clone(announcer));
    }

    /// Returns the announcer that was kept.
    pub(crate) fn announcer(&self) -> Option<Arc<Announcer>> {
        self.rare.get()?.announcer.get().cloned()
    }

    /// Returns a guard with which the other threads leave the run.
    #[cfg(feature = "tokio")]
    pub(crate) fn leave_by_exit(&self) -> Leave {
        Leave(Arc::clone(self.made_rare().exit.get_or_init(Arc::default)))
    }

    /// Returns where the other threads leave the run, if they do so.
    #[cfg(feature = "tokio")]
    pub(crate) fn exit(&self) -> Option<Arc<Exit>> {
        self.rare.get()?.exit.get().cloned()
    }
}
