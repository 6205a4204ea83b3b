//! A run that owns a share of its object.
//!
//! A driver borrows the object, so the future that owns the share contains the driver. It is created with the run, and the
//! driver inside at its first poll: by then the run has left the right to write the cells and the settings in the [`Hand`].

use std::sync::{Arc, Mutex, PoisonError};

use super::scheduler::Seed;
use crate::cell::ArcWriter;
use crate::error::Defer;

/// What a driver takes from its run before its first poll.
pub struct Hand<C, const WORDS: usize>(Arc<Mutex<Option<Handed<C, WORDS>>>>);

struct Handed<C, const WORDS: usize> {
    writer: ArcWriter<C>,
    seed: Seed<WORDS>,
}

impl<C, const WORDS: usize> Clone for Hand<C, WORDS> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C, const WORDS: usize> Hand<C, WORDS> {
    /// Passes on the right to write the cells, and the settings of the run.
    pub(super) fn give(&self, writer: ArcWriter<C>, seed: Seed<WORDS>) {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(Handed { writer, seed });
        drop(left);
    }

    fn take(&self) -> Option<Handed<C, WORDS>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// An object of which a run may own a share. It is checked where `run_owned()` is called, not in every block.
#[diagnostic::on_unimplemented(
    message = "a run cannot own a share of `{T}`, which is not `Send + Sync`",
    label = "not `Send + Sync`",
    note = "`.run()` borrows the object and needs only `Sync`; for single-threaded objects use `#[dag(local)]`"
)]
pub trait OwnedObject<T> {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> OwnedObject<T> for Defer<'_, T> {}

/// Creates a driver that owns a share of the object, and the hand from which it takes the rest.
pub fn owned<T, C, D: Future, const WORDS: usize>(
    object: Arc<T>,
    start: impl FnOnce(Arc<T>, ArcWriter<C>, Seed<WORDS>) -> D,
) -> (impl Future<Output = ()>, Hand<C, WORDS>) {
    let hand = Hand(Arc::default());
    let own = hand.clone();
    let driver = async move {
        let begin = own.take();
        drop(own);
        if let Some(Handed { writer, seed }) = begin {
            start(object, writer, seed).await;
        }
    };
    (driver, hand)
}
